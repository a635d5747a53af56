"""Decisions about findings: what somebody chose to live with, and what was known before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from mainstay.model.places import Place

WaiverSource = Literal["file", "inline", "checkov", "trivy", "kics", "cfn-nag", "cdk-nag"]
"""Where a waiver was written: our own file or comment, or the ignore of another scanner that knows the same idea."""

Change = Literal["new", "unchanged"]
"""How a finding stands to what it was compared with: a baseline or an earlier state of the code."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """A decision to live with a finding. `until` is the last day on which it holds; None is for ever."""

    reason: str
    source: WaiverSource
    owner: str = ""
    until: date | None = None
    place: Place | None = None

    def expired(self, today: date) -> bool:
        return self.until is not None and today > self.until


@dataclass(frozen=True, slots=True)
class Known:
    """A failure that was seen before, as much of it as a baseline keeps."""

    fingerprint: str
    control: str
    type: str
    address: str
    scope: str
