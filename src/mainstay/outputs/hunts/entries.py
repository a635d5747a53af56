"""Findings, gaps and counts as the JSON formats have them: `hunt.schema.json` is the contract."""

from __future__ import annotations

from collections import Counter
from json import JSONEncoder
from typing import Any

from mainstay.model.detections import EventFinding
from mainstay.model.findings import Gap
from mainstay.model.hunts import Aside, Hunt
from mainstay.model.places import Place
from mainstay.outputs.hunts.telling import iso, severities

encode = JSONEncoder().encode
"""Writes ASCII only: nothing that a log holds reaches a terminal, and broken code points can't break the document."""

Entry = dict[str, Any]


def finding_entry(finding: EventFinding) -> Entry:
    """The finding with what a reader needs of its rule."""
    about = finding.rule.about
    return {
        "control": about.id,
        "author": about.author,
        "severity": about.severity,
        "time": iso(finding.time_us),
        "event_id": finding.event_id,
        "event_name": finding.event_name,
        "principal": finding.principal,
        "source_ip": finding.source_ip,
        "account": finding.account,
        "region": finding.region,
        "file": finding.file,
        "practices": list(about.practices),
        "attack": list(about.attack),
        "group": list(finding.group),
        "title": about.title,
        "rule_id": about.uuid or None,
        "source": finding.source,
        "number": finding.number,
        "count": finding.count,
        "values": [{"path": path, "value": value} for path, value in finding.values],
        "license": about.license,
        "references": list(about.references),
        "response": about.response,
    }


def gap_entry(gap: Gap) -> Entry:
    """The gap, with its place in a file or in an account."""
    unit = gap.unit
    return {
        "kind": gap.kind,
        "reason": gap.reason,
        **_place(gap.place),
        "account": unit.scope or None if unit else None,
        "region": unit.region or None if unit else None,
        "call": gap.call or None,
        "permission": gap.permission or None,
    }


def aside_entry(aside: Aside) -> Entry:
    return {"control": aside.id, "title": aside.title, "reason": aside.reason, **_place(aside.place)}


def _place(place: Place | None) -> Entry:
    return {"file": place.file if place else None, "line": place.line if place else None}


def remark_entries(hunt: Hunt) -> list[Entry]:
    return [{"message": str(remark.message), **_place(remark.place)} for remark in hunt.remarks]


def summary_entry(hunt: Hunt) -> Entry:
    """What was read, and how much came of it."""
    times = [finding.time_us for finding in hunt.findings]
    controls = Counter(finding.rule.about.id for finding in hunt.findings)
    return {
        "engine": hunt.engine,
        "events": {source: number for source, number in hunt.event_counts.items() if number},
        "files": hunt.file_count,
        "rejected": hunt.rejected_count,
        "repeated": hunt.repeated_count,
        "late": hunt.late_count,
        "rules": len(hunt.rules),
        "asides": len(hunt.asides),
        "gaps": len(hunt.gaps),
        "findings": len(hunt.findings),
        "severities": severities(hunt.findings),
        "controls": dict(sorted(controls.items(), key=lambda item: (-item[1], item[0]))),
        "first": iso(min(times)) if times else None,
        "last": iso(max(times)) if times else None,
    }
