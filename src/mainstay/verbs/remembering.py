"""Remembers a review of code in the ledger, beside what was seen in accounts."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mainstay import __version__
from mainstay.model.findings import Finding, Review
from mainstay.model.places import Unit
from mainstay.sources import project_of
from mainstay.verbs.drift import DECLARED

if TYPE_CHECKING:
    from mainstay.evidence import Ledger

ACCOUNT = re.compile(r"[0-9]{12}")


def remember(ledger: Ledger, review: Review, paths: Sequence[Path], tree: Path | None, now: datetime) -> None:
    """Appends a pass over the paths: what was found in their code, and what is not there any more.

    Scopes of code are named with the directory of their project in front, since several projects may share a ledger.
    """
    project = project_of(paths, tree)
    below = [_within(project.name, os.path.relpath(path.resolve(), project)) for path in paths]
    ids = {control.id for control in review.controls}

    def covered(scope: str, region: str, type: str, control: str) -> bool:
        if control not in ids:
            return False
        if ACCOUNT.fullmatch(scope):
            return control == DECLARED and scope in review.accounts
        return any(scope == path or scope.startswith(f"{path}/") for path in below)

    findings = [_named(finding, project.name) for finding in review.findings]
    pass_ = ledger.begin("code", " ".join(sorted(below)), __version__, now)
    for scope in sorted({finding.subject.scope for finding in findings}):
        ledger.record_unit(pass_, Unit(scope), (), (), now)
    ledger.record_findings(pass_, findings, covered, review.gaps, now)
    ledger.end(pass_, "complete", now)


def _named(finding: Finding, project: str) -> Finding:
    subject = finding.subject
    if subject.source == "live":
        return finding
    return replace(finding, subject=replace(subject, scope=_within(project, subject.scope)))


def _within(project: str, scope: str) -> str:
    return project if scope in (".", "") else f"{project}/{scope}"
