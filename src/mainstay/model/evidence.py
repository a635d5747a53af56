"""Evidence: what was observed, when and by whom, as the ledger remembers it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from mainstay.model.controls import Control
from mainstay.model.findings import Verdict
from mainstay.model.places import Place
from mainstay.model.practices import EvidenceKind

PassSource = Literal["live", "code"]
PassState = Literal["running", "complete", "interrupted"]


@dataclass(frozen=True, slots=True)
class Pass:
    """One look at the world: what was asked for, by which version, and how it ended. Times are in UTC."""

    number: int
    source: PassSource
    target: str
    version: str
    started: datetime
    ended: datetime | None = None
    state: PassState = "running"


@dataclass(frozen=True, slots=True)
class Attestation:
    """A person's signed statement that a practice is followed, where no machine can see it. It expires.

    `applies` is False where it says that the practice does not concern the workload.
    """

    practice: str
    statement: str
    by: str
    on: date
    expires: date
    applies: bool = True
    link: str = ""
    scope: str = ""
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Milestone:
    """A moment with a name, to compare with. `head` is the hash of the ledger's last entry at that moment."""

    name: str
    at: datetime
    head: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one control found on all subjects of one source: which verdicts, and when it last looked at each of them.

    `at` is the oldest of those moments: evidence is as fresh as the part of it that was looked at longest ago.
    """

    control: Control
    kind: EvidenceKind
    verdicts: frozenset[Verdict]
    at: datetime
