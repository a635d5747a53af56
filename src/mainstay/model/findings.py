"""Findings and gaps: what was judged, and what could not be."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from mainstay.model.controls import Control
from mainstay.model.decisions import Change, Known, Waiver
from mainstay.model.errors import Fault
from mainstay.model.patches import NoPatch, Patch
from mainstay.model.places import Mark, Place, Unit
from mainstay.model.reports import Report

Verdict = Literal["pass", "fail", "unknown", "not_applicable", "waived"]

GapKind = Literal[
    "syntax", "unreadable", "module", "evaluation", "refused", "denied", "failed", "limit", "unsupported", "internal"
]


def _digest(*parts: str) -> str:
    # surrogatepass: a path that is not UTF-8 has code points that do not encode
    return hashlib.sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that could not be read, so that nothing can be said of what is in it.

    Of a call that was refused or failed, `unit` says for which account, region and type, `call` which one it was
    (`s3:GetBucketPolicy`), `permission` the IAM action that it needs, and `controls` which controls it leaves unknown.
    """

    kind: GapKind
    reason: str
    place: Place | None = None
    unit: Unit | None = None
    call: str = ""
    permission: str = ""
    controls: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """The place, or the account, region and type that a call was about; empty where there is neither."""
        if self.place is not None:
            return str(self.place)
        return " ".join(filter(None, (self.unit.scope, self.unit.region, self.unit.type))) if self.unit else ""

    @property
    def fingerprint(self) -> str:
        """Names the gap across runs, wherever lines move in its file."""
        place = self.place.file if self.place else ""
        if self.unit is None:
            return _digest(self.kind, self.reason, place)
        return _digest(self.kind, self.call, self.unit.scope, self.unit.region, self.unit.type)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a verdict is not `pass`: the property at `path`, what it should be and what it is.

    `settle` names the fact that would tell an unknown one; empty in a failure.
    """

    path: str
    expected: str
    actual: str
    mark: Mark | None = None
    settle: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a finding is about: enough of a resource to find it again, without its properties.

    `calls` are the module blocks that it is reached by, from the root inwards; `construct` is the path of the CDK
    construct that made it. `region` is where a live resource is.
    """

    type: str
    address: str
    scope: str
    module: str
    source: str
    place: Place | None = None
    may_exist: str | None = None
    calls: tuple[Place, ...] = ()
    construct: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict of one control on one subject.

    `waiver` stands beside the verdict `waived`, and beside `fail` where it has expired. `change` is None where nothing
    was compared. `patch` is None where no fix was looked for.
    """

    control: Control
    verdict: Verdict
    subject: Subject
    reasons: tuple[Reason, ...] = ()
    waiver: Waiver | None = None
    change: Change | None = None
    patch: Patch | NoPatch | None = None

    @property
    def fingerprint(self) -> str:
        """Names the finding across runs: the same while control, root module and address are, wherever lines move."""
        return _digest(self.control.id, self.subject.scope, self.subject.address)


@dataclass(frozen=True, slots=True)
class Review:
    """All that a review found, in the order of files and addresses.

    `fixed` are failures that were known before and are gone. `remarks` are about what the user gave: a waiver that
    has expired or that nothing needs. `accounts` are those that were read, each with its regions.
    """

    findings: Sequence[Finding]
    gaps: Sequence[Gap]
    controls: Sequence[Control]
    resource_count: int
    file_count: int
    unjudged_types: dict[str, int] = field(default_factory=dict)
    fixed: Sequence[Known] = ()
    known_gaps: frozenset[Gap] = frozenset()
    reports: Sequence[Report] = ()
    remarks: Sequence[Fault] = ()
    accounts: Mapping[str, Sequence[str]] = field(default_factory=dict)
