"""The review as a GitLab code quality report, which a merge request shows beside its changes."""

from __future__ import annotations

import json
from typing import Any, TextIO

from mainstay.model.controls import Severity
from mainstay.model.findings import Finding, Gap, Review
from mainstay.outputs.style import Style
from mainstay.outputs.wording import found, where

SEVERITIES: dict[Severity, str] = {"critical": "blocker", "high": "critical", "medium": "major", "low": "minor"}


def write_gitlab(review: Review, stream: TextIO, style: Style) -> None:
    """Write all failures; GitLab tells by itself which of them are new, by their fingerprints."""
    entries = [_finding(finding) for finding in review.findings if finding.verdict == "fail"]
    entries += [_gap(gap) for gap in review.gaps]
    stream.write("[" + ",".join(f"\n{json.dumps(entry)}" for entry in entries) + "\n]\n")


def _finding(finding: Finding) -> dict[str, Any]:
    control, place = finding.control, where(finding)
    return {
        "description": f"{control.title}: {finding.subject.address}: {found(finding)}. Fix: {control.fix}",
        "check_name": control.id,
        "fingerprint": finding.fingerprint,
        "severity": SEVERITIES[control.severity],
        "location": {
            "path": place.file if place else finding.subject.scope,
            "lines": {"begin": place.line if place else 1},
        },
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "description": f"Not read: {gap.reason}",
        "check_name": f"gap-{gap.kind}",
        "fingerprint": gap.fingerprint,
        "severity": "info",
        "location": {
            "path": gap.place.file if gap.place else ".",
            "lines": {"begin": gap.place.line if gap.place else 1},
        },
    }
