"""The hunt as CSV, one row a finding, for a spreadsheet; gaps are rows of the severity `gap`."""

from __future__ import annotations

import csv
from typing import TextIO

from mainstay.model.detections import EventFinding
from mainstay.model.findings import Gap
from mainstay.model.hunts import Hunt
from mainstay.outputs.csv import cell
from mainstay.outputs.hunts.telling import iso
from mainstay.outputs.style import Style

HEADINGS = (
    "severity", "control", "title", "author", "time", "event_name", "principal", "source_ip", "account", "region",
    "values", "count", "practices", "attack", "source", "event_id", "file", "number", "group",
)  # fmt: skip


def write_csv(hunt: Hunt, stream: TextIO, style: Style) -> None:
    """Write every finding, and what could not be read."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(HEADINGS)
    for finding in hunt.findings:
        writer.writerow([cell(value) for value in _row(finding)])
    for gap in hunt.gaps:
        writer.writerow([cell(value) for value in _gap(gap)])


def _row(finding: EventFinding) -> tuple[str, ...]:
    about = finding.rule.about
    return (
        about.severity,
        about.id,
        about.title,
        about.author,
        iso(finding.time_us),
        finding.event_name,
        finding.principal,
        finding.source_ip,
        finding.account,
        finding.region,
        "; ".join(f"{path}={value}" for path, value in finding.values),
        str(finding.count),
        " ".join(about.practices),
        " ".join(about.attack),
        finding.source,
        finding.event_id,
        finding.file,
        str(finding.number),
        " ".join(finding.group),
    )


def _gap(gap: Gap) -> tuple[str, ...]:
    told = {"severity": "gap", "control": gap.kind, "title": gap.reason, "file": gap.where}
    return tuple(told.get(heading, "") for heading in HEADINGS)
