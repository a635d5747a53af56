"""The review as CSV, one row a verdict, for a spreadsheet."""

from __future__ import annotations

import csv
from typing import TextIO

from mainstay.model.findings import Finding, Review
from mainstay.outputs.paint import visible
from mainstay.outputs.style import Style
from mainstay.outputs.wording import found, settling, where

HEADINGS = (
    "verdict", "severity", "control", "title", "type", "address", "module", "scope", "file", "line", "found", "settle",
    "practices", "pillars", "layer", "waiver", "owner", "until", "change", "fix", "fingerprint",
)  # fmt: skip

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(review: Review, stream: TextIO, style: Style) -> None:
    """Write every verdict but `pass` and `not_applicable`; `--verbose` writes those as well."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(HEADINGS)
    for finding in review.findings:
        if style.verbose or finding.verdict not in ("pass", "not_applicable"):
            writer.writerow([cell(value) for value in _row(finding)])


def _row(finding: Finding) -> tuple[str, ...]:
    control, subject, waiver, place = finding.control, finding.subject, finding.waiver, where(finding)
    return (
        finding.verdict,
        control.severity,
        control.id,
        control.title,
        subject.type,
        subject.address,
        subject.module,
        subject.scope,
        place.file if place else "",
        str(place.line) if place else "",
        found(finding) if finding.reasons else "",
        settling(finding) if finding.verdict == "unknown" else "",
        " ".join(control.practices),
        " ".join(control.pillars),
        control.layer,
        waiver.reason if waiver else "",
        waiver.owner if waiver else "",
        waiver.until.isoformat() if waiver and waiver.until else "",
        finding.change or "",
        control.fix,
        finding.fingerprint,
    )


def cell(text: str) -> str:
    """What would be a formula to a spreadsheet is kept from being one; control characters become escapes."""
    shown = "\n".join(map(visible, text.split("\n")))
    safe = f"'{shown}" if text.startswith(FORMULA) else shown
    return safe.encode("utf-8", "backslashreplace").decode("utf-8")
