"""What the scopes of a review add up to."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence

from mainstay.model.controls import Control
from mainstay.model.findings import Finding, Gap, Review
from mainstay.verbs.judged import Judged

Progress = Callable[[int, int, str], None]
"""Told how many scopes, or units of accounts, were done, of how many known so far, and where the last one was."""


class Survey:
    """Takes in judged scopes, and is a review in the end."""

    def __init__(self, progress: Progress | None) -> None:
        self.progress = progress
        self._lock = threading.Lock()
        self.known = 0
        self.done = 0
        self.findings: list[Finding] = []
        self.gaps: dict[Gap, None] = {}
        self.unjudged: Counter[str] = Counter()
        self.inputs: set[str] = set()
        self.resource_count = 0
        self.files: dict[str, int] = {}
        self.accounts: dict[str, Sequence[str]] = {}

    def step(self, where: str = "") -> None:
        with self._lock:  # several accounts may be under way
            self.done += 1
            if self.progress is not None:
                self.progress(self.done, self.known, where)

    def add(self, judged: Judged) -> None:
        self.findings.extend(judged.findings)
        self.gaps.update(dict.fromkeys(judged.gaps))
        self.unjudged.update(judged.unjudged)
        self.inputs |= judged.inputs
        self.resource_count += judged.resource_count
        self.files.update((name, part.file_count) for name, part in judged.parts.items())

    def review(self, controls: Sequence[Control]) -> Review:
        return Review(
            findings=sorted(self.findings, key=_order),
            gaps=sorted(self.gaps, key=_gap_order),
            controls=controls,
            resource_count=self.resource_count,
            file_count=sum(self.files.values()),
            unjudged_types=dict(sorted(self.unjudged.items())),
            accounts=self.accounts,
        )


def _order(finding: Finding) -> tuple[str, str, int, str, str]:
    subject = finding.subject
    place = subject.place
    return (subject.scope, place.file if place else "", place.line if place else 0, subject.address, finding.control.id)


def _gap_order(gap: Gap) -> tuple[str, int, int, str, str]:
    place, unit = gap.place, gap.unit
    where = " ".join((unit.scope, unit.region, unit.type)) if unit else ""
    return (place.file, place.line, place.column, gap.reason, where) if place else ("", 0, 0, where, gap.reason)
