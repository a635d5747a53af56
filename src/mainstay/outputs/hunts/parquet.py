"""The hunt as one Parquet file with typed columns: one row a finding or a gap, told apart by `kind`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, TextIO

from mainstay.model.detections import EventFinding
from mainstay.model.findings import Gap
from mainstay.model.hunts import Hunt
from mainstay.outputs.hunts.telling import fingerprint, iso
from mainstay.outputs.parquet import write_table
from mainstay.outputs.style import Style

SCHEMA = "mainstay/hunt-findings/v1"
COLUMNS: Mapping[str, str] = {
    "kind": "VARCHAR",
    "fingerprint": "VARCHAR",
    "severity": "VARCHAR",
    "control": "VARCHAR",
    "title": "VARCHAR",
    "author": "VARCHAR",
    "rule_id": "VARCHAR",
    "practices": "VARCHAR[]",
    "attack": "VARCHAR[]",
    "time": "TIMESTAMP",
    "source": "VARCHAR",
    "event_id": "VARCHAR",
    "event_name": "VARCHAR",
    "principal": "VARCHAR",
    "source_ip": "VARCHAR",
    "account": "VARCHAR",
    "region": "VARCHAR",
    "file": "VARCHAR",
    "number": "BIGINT",
    "count": "BIGINT",
    "event_ids": "VARCHAR[]",
    "fields": "STRUCT(path VARCHAR, shown VARCHAR)[]",
    "gap": "STRUCT(kind VARCHAR, reason VARCHAR, call VARCHAR, permission VARCHAR)",
}
"""Times are of UTC. What is not there is NULL, never an empty text."""

Row = dict[str, Any]


def write_parquet(hunt: Hunt, stream: TextIO, style: Style) -> None:
    """Write the hunt. Raises UsageError for a terminal, and where DuckDB is not installed."""
    told = {"schema": SCHEMA, "events": str(sum(hunt.event_counts.values())), "files": str(hunt.file_count)}
    write_table(_rows(hunt), COLUMNS, told, stream)


def _rows(hunt: Hunt) -> Iterator[Row]:
    return chain(map(_finding, hunt.findings), map(_gap, hunt.gaps))


def _finding(finding: EventFinding) -> Row:
    about = finding.rule.about
    return {
        "kind": "finding",
        "fingerprint": fingerprint(finding),
        "severity": about.severity,
        "control": about.id,
        "title": about.title,
        "author": about.author,
        "rule_id": about.uuid,
        "practices": list(about.practices),
        "attack": list(about.attack),
        "time": iso(finding.time_us).removesuffix("Z"),
        "source": finding.source,
        "event_id": finding.event_id,
        "event_name": finding.event_name,
        "principal": finding.principal,
        "source_ip": finding.source_ip,
        "account": finding.account,
        "region": finding.region,
        "file": finding.file,
        "number": finding.number,
        "count": finding.count,
        "event_ids": list(finding.group),
        "fields": [{"path": path, "shown": value} for path, value in finding.values],
    }


def _gap(gap: Gap) -> Row:
    unit = gap.unit
    return {
        "kind": "gap",
        "fingerprint": gap.fingerprint,
        "account": unit.scope if unit else None,
        "region": unit.region if unit else None,
        "file": gap.place.file if gap.place else None,
        "number": gap.place.line if gap.place else None,
        "gap": {
            "kind": gap.kind,
            "reason": gap.reason,
            "call": gap.call or None,
            "permission": gap.permission or None,
        },
    }
