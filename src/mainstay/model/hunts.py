"""Hunts: what came of judging logs by rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mainstay.model.detections import EventFinding, Rule
from mainstay.model.errors import Fault
from mainstay.model.events import LogSource
from mainstay.model.findings import Gap
from mainstay.model.places import Place


@dataclass(frozen=True, slots=True)
class Aside:
    """A rule that judged nothing, and why: it is for other logs, or asks for what the configuration does not say."""

    id: str
    title: str
    reason: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Hunt:
    """All that a hunt found, in the order of time.

    `event_counts` are the events that were read, by source; of an archive, those in the span that was asked for.
    `rejected_count` are records that are no events, `repeated_count` events that were delivered twice, `late_count`
    those that came too late to be put into their order. `first_us` and `last_us` are the times of the first and the
    last finding. `engine` is `stream`, `duckdb` or `spark`.
    """

    findings: Sequence[EventFinding]
    gaps: Sequence[Gap]
    rules: Sequence[Rule]
    asides: Sequence[Aside] = ()
    remarks: Sequence[Fault] = ()
    event_counts: Mapping[LogSource, int] = field(default_factory=dict)
    file_count: int = 0
    rejected_count: int = 0
    repeated_count: int = 0
    late_count: int = 0
    engine: str = "stream"


@dataclass(frozen=True, slots=True)
class Change:
    """What another set of rules does to one rule's findings: which come, which go, and whether it got noisy.

    `id` is the rule's. `noisy` where it fires more than ten times as often as before and on more than one event of
    10,000.
    """

    id: str
    new: Sequence[EventFinding]
    lost: Sequence[EventFinding]
    kept_count: int
    noisy: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two hunts over the same logs with different rules, rule by rule; only what changed."""

    changes: Sequence[Change]
    old: Hunt
    new: Hunt
