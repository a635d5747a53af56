"""Findings and gaps: what was judged, and what could not be."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from mainstay.model.controls import Control
from mainstay.model.places import Mark, Place

Verdict = Literal["pass", "fail", "unknown", "not_applicable", "waived"]

GapKind = Literal["syntax", "unreadable", "module", "evaluation", "refused", "limit", "unsupported", "internal"]


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that could not be read, so that nothing can be said of what is in it."""

    kind: GapKind
    reason: str
    place: Place | None = None


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
    """What a finding is about: enough of a resource to find it again, without its properties."""

    type: str
    address: str
    scope: str
    module: str
    source: str
    place: Place | None = None
    may_exist: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict of one control on one subject."""

    control: Control
    verdict: Verdict
    subject: Subject
    reasons: tuple[Reason, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Names the finding across runs: the same while control, root module and address are, wherever lines move."""
        key = "\0".join((self.control.id, self.subject.scope, self.subject.address))
        # surrogatepass: a path that is not UTF-8 has code points that do not encode
        return hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Review:
    """All that a review found, in the order of files and addresses."""

    findings: Sequence[Finding]
    gaps: Sequence[Gap]
    controls: Sequence[Control]
    resource_count: int
    file_count: int
    unjudged_types: dict[str, int] = field(default_factory=dict)
