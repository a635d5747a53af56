"""The review as one Parquet file with typed columns, for analysis in DuckDB and whatever else reads the format.

One row a verdict, a gap, or a failure that was known and is gone, told apart by `kind`: a query by `verdict` sees no
gaps, and one that counts gaps needs no second file. Written by DuckDB itself, the extra `mainstay[parquet]`, in one
thread: the order of rows, and so every byte, is the same for the same review and version of DuckDB.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from json import JSONEncoder
from pathlib import Path
from typing import Any, TextIO

from mainstay import __version__
from mainstay.model.decisions import Known, Waiver
from mainstay.model.errors import UsageError
from mainstay.model.findings import Finding, Gap, Reason, Review
from mainstay.model.places import Place, ServiceDefault
from mainstay.outputs.accounts import home_of
from mainstay.outputs.style import Style
from mainstay.outputs.texts import clean
from mainstay.outputs.wording import found, settling, where

SCHEMA = "mainstay/findings/v1"
COLUMNS: Mapping[str, str] = {
    "kind": "VARCHAR",
    "fingerprint": "VARCHAR",
    "verdict": "VARCHAR",
    "severity": "VARCHAR",
    "control": "VARCHAR",
    "title": "VARCHAR",
    "layer": "VARCHAR",
    "practices": "VARCHAR[]",
    "pillars": "VARCHAR[]",
    "type": "VARCHAR",
    "address": "VARCHAR",
    "scope": "VARCHAR",
    "account": "VARCHAR",
    "region": "VARCHAR",
    "module": "VARCHAR",
    "construct": "VARCHAR",
    "source": "VARCHAR",
    "file": "VARCHAR",
    "line": "INTEGER",
    "col": "INTEGER",
    "found": "VARCHAR",
    "settle": "VARCHAR",
    "may_exist": "VARCHAR",
    "fix": "VARCHAR",
    "reasons": (
        "STRUCT(path VARCHAR, expected VARCHAR, actual VARCHAR, settle VARCHAR, service_default VARCHAR, "
        "file VARCHAR, line INTEGER, col INTEGER)[]"
    ),
    "waiver": (
        'STRUCT(reason VARCHAR, source VARCHAR, owner VARCHAR, "until" DATE, expired BOOLEAN, file VARCHAR, '
        "line INTEGER)"
    ),
    "change": "VARCHAR",
    "gap": "STRUCT(kind VARCHAR, reason VARCHAR, call VARCHAR, permission VARCHAR, controls VARCHAR[], known BOOLEAN)",
}
"""What is not there is NULL, never an empty text."""

MISSING = "the format parquet is written by DuckDB, which is not installed: pip install 'mainstay[parquet]'"
TERMINAL = "parquet is not for a terminal: name a file by -f parquet=FILE"
ROWS, TABLE = "rows.ndjson", "findings.parquet"
encode = JSONEncoder(ensure_ascii=False).encode

Row = dict[str, Any]


def write_parquet(review: Review, stream: TextIO, style: Style) -> None:
    """Write the review. Raises UsageError for a terminal, and where DuckDB is not installed."""
    told = {"schema": SCHEMA, "resources": str(review.resource_count), "files": str(review.file_count)}
    write_table(_rows(review), COLUMNS, told, stream)


def write_table(rows: Iterable[Row], columns: Mapping[str, str], told: Mapping[str, str], stream: TextIO) -> None:
    """Write rows as a Parquet file with `told` in its metadata: bytes, below the text stream. What is not there, None
    or an empty text, is NULL.

    Raises UsageError for a terminal, and where DuckDB is not installed.
    """
    if stream.isatty():
        raise UsageError(TERMINAL)
    try:
        import duckdb
    except ImportError:
        raise UsageError(MISSING) from None
    with tempfile.TemporaryDirectory(prefix="mainstay-") as name:
        folder = Path(name)
        with (folder / ROWS).open("w", encoding="utf-8") as lines:
            for row in rows:
                held = clean({name: value for name, value in row.items() if value not in (None, "")})
                lines.write(f"{encode(held)}\n")
        # Nothing is fetched: all that this needs is inside of DuckDB's wheel.
        with duckdb.connect(config={"threads": 1, "autoinstall_known_extensions": "false"}) as connection:
            connection.execute(_copy(folder, columns, told))
        stream.flush()
        with (folder / TABLE).open("rb") as table:
            shutil.copyfileobj(table, stream.buffer)
        stream.buffer.flush()


def _copy(folder: Path, columns: Mapping[str, str], told: Mapping[str, str]) -> str:
    kinds = ", ".join(f"{_text(name)}: {_text(kind)}" for name, kind in columns.items())
    rows = f"read_json({_text(str(folder / ROWS))}, format = 'newline_delimited', columns = {{{kinds}}})"
    keyed = {"version": __version__, **told}
    metadata = ", ".join(f"{_text(f'mainstay.{name}')}: {_text(value)}" for name, value in keyed.items())
    target = _text(str(folder / TABLE))
    return f"COPY (FROM {rows}) TO {target} (FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{metadata}}})"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _rows(review: Review) -> Iterator[Row]:
    return chain(
        map(_finding, review.findings),
        (_gap(gap, gap in review.known_gaps) for gap in review.gaps),
        map(_fixed, review.fixed),
    )


def _finding(finding: Finding) -> Row:
    control, subject, home, place = finding.control, finding.subject, home_of(finding.subject), where(finding)
    return {
        "kind": "finding",
        "fingerprint": finding.fingerprint,
        "verdict": finding.verdict,
        "severity": control.severity,
        "control": control.id,
        "title": control.title,
        "layer": control.layer,
        "practices": list(control.practices),
        "pillars": list(control.pillars),
        "type": subject.type,
        "address": subject.address,
        "scope": subject.scope,
        "account": home.account if home else None,
        "region": subject.region,
        "module": subject.module,
        "construct": subject.construct,
        "source": subject.source,
        **_place(place),
        "found": found(finding) if finding.reasons else None,
        "settle": settling(finding) if finding.verdict == "unknown" else None,
        "may_exist": subject.may_exist,
        "fix": control.fix,
        "reasons": [_reason(reason) for reason in finding.reasons],
        "waiver": _waiver(finding.waiver, finding.verdict != "waived") if finding.waiver else None,
        "change": finding.change,
    }


def _reason(reason: Reason) -> Row:
    mark = reason.mark
    return {
        "path": reason.path,
        "expected": reason.expected or None,
        "actual": reason.actual,
        "settle": reason.settle or None,
        "service_default": mark.since if isinstance(mark, ServiceDefault) else None,
        **_place(mark if isinstance(mark, Place) else None),
    }


def _waiver(waiver: Waiver, expired: bool) -> Row:
    return {
        "reason": waiver.reason,
        "source": waiver.source,
        "owner": waiver.owner or None,
        "until": waiver.until.isoformat() if waiver.until else None,
        "expired": expired,
        "file": waiver.place.file if waiver.place else None,
        "line": waiver.place.line if waiver.place else None,
    }


def _gap(gap: Gap, known: bool) -> Row:
    unit, home = gap.unit, home_of(gap)
    return {
        "kind": "gap",
        "fingerprint": gap.fingerprint,
        "type": unit.type if unit else None,
        "scope": unit.scope if unit else None,
        "account": home.account if home else None,
        "region": unit.region if unit else None,
        **_place(gap.place),
        "gap": {
            "kind": gap.kind,
            "reason": gap.reason,
            "call": gap.call or None,
            "permission": gap.permission or None,
            "controls": list(gap.controls),
            "known": known,
        },
    }


def _fixed(known: Known) -> Row:
    return {
        "kind": "fixed",
        "fingerprint": known.fingerprint,
        "control": known.control,
        "type": known.type,
        "address": known.address,
        "scope": known.scope,
    }


def _place(place: Place | None) -> Row:
    if place is None:
        return {"file": None, "line": None, "col": None}
    return {"file": place.file, "line": place.line, "col": place.column}
