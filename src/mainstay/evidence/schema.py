"""The tables of the ledger. `docs/reference/ledger.md` tells what each is for.

Chained tables are only ever appended to. Their rows share one numbering, `seq`, and each has the hash of itself and of
the row before it, whatever table that is in. Derived tables hold the latest row of each key, so that questions about
the present are fast; they can be made anew from the chained ones. Times are text (`2026-11-23T15:18:17.000000Z`), which
sorts as time does and is the same on every database.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import BigInteger, Column, Dialect, Index, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.types import TypeDecorator

VERSION_TABLE: Final = "mainstay_version"
NEWEST: Final = "0001"
"""The migration that this make of mainstay reads and writes."""

ESCAPED: Final = "\x1a"


class Words(TypeDecorator[str]):
    """Any text: what no database takes, NUL and what is not UTF-8, is kept as JSON behind a substitute character."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        # byte order, so that lists are sorted alike on both databases
        return dialect.type_descriptor(Text(collation="C") if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None or (value.isascii() and "\0" not in value and not value.startswith(ESCAPED)):
            return value
        try:
            value.encode()
        except UnicodeEncodeError:
            return ESCAPED + json.dumps(value)
        return ESCAPED + json.dumps(value) if "\0" in value or value.startswith(ESCAPED) else value

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        if isinstance(value, str) and value.startswith(ESCAPED):
            try:
                return str(json.loads(value[1:]))
            except ValueError:
                return value  # somebody wrote it there: verify says so
        return value


Number = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData()


def _words(name: str, *, key: bool = False, null: bool = False) -> Column[str]:
    return Column(name, Words(), primary_key=key, nullable=null)


def _plain(name: str, *, key: bool = False, null: bool = False) -> Column[str]:
    """Text of which it is known that any database takes it: digests, times, JSON, AWS's own names."""
    return Column(name, Text().with_variant(Text(collation="C"), "postgresql"), primary_key=key, nullable=null)


def _number(name: str, *, null: bool = False) -> Column[int]:
    return Column(name, Number, nullable=null)


def _chained(name: str, *columns: Column[Any]) -> Table:
    seq = Column("seq", Number, primary_key=True, autoincrement=False)
    return Table(name, metadata, seq, *columns, _plain("hash"))


passes = _chained("passes", _number("number"), _plain("source"), _words("target"), _words("version"), _plain("started"))
pass_ends = _chained("pass_ends", _number("pass"), _plain("at"), _plain("state"), _plain("counts"))
units = _chained(
    "units",
    _number("pass"), _words("scope"), _plain("region"), _plain("type"), _plain("at"),
    _number("resources"), _number("gaps"), _number("listed"),
)  # fmt: skip
observations = _chained(
    "observations",
    _number("pass"), _words("scope"), _plain("region"), _plain("unit"), _plain("type"), _words("address"),
    _plain("names"), _words("owner"), _plain("digest", null=True), _plain("at"), _plain("first_seen"),
)  # fmt: skip
findings = _chained(
    "findings",
    _number("pass"), _plain("fingerprint"), _words("control"), _words("scope"), _plain("region"), _plain("type"),
    _words("address"), _words("owner"), _plain("verdict"), _plain("severity"), _plain("body"), _plain("at"),
    _plain("first_seen"), _plain("since"), _number("failing"), _number("failures"),
)  # fmt: skip
gaps = _chained(
    "gaps",
    _number("pass"), _plain("kind"), _words("scope"), _plain("region"), _plain("type"), _words("call"),
    _words("permission"), _words("reason"), _plain("body"), _plain("at"),
)  # fmt: skip
attestations = _chained(
    "attestations", _words("practice"), _words("scope"), _words("by"), _plain("state"), _plain("body"), _plain("at")
)
milestones = _chained("milestones", _words("name"), _plain("at"), _plain("head"), _words("note"))
prunes = _chained("prunes", _plain("at"), _plain("before"), _plain("runs"), _number("rows"))

CHAINED: Final = (
    passes, pass_ends, units, observations, findings, gaps, attestations, milestones, prunes,
)  # fmt: skip

contents = Table("contents", metadata, _plain("digest", key=True), Column("body", LargeBinary, nullable=False))

standing = Table(
    "standing",
    metadata,
    _plain("fingerprint", key=True), _number("seq"), _number("pass"), _words("control"), _words("scope"),
    _plain("region"), _plain("type"), _words("address"), _words("owner"), _plain("verdict"), _plain("severity"),
    _number("rank"), _plain("at"), _plain("first_seen"), _plain("since"), _number("failing"), _number("failures"),
)  # fmt: skip
present = Table(
    "present",
    metadata,
    _words("scope", key=True), _plain("region", key=True), _plain("type", key=True), _words("address", key=True),
    _plain("unit"), _number("seq"), _words("owner"), _plain("digest", null=True), _plain("first_seen"),
    sqlite_with_rowid=False,  # it is asked by its key, which is most of it
)  # fmt: skip
coverage = Table(
    "coverage",
    metadata,
    _words("scope", key=True), _plain("region", key=True), _plain("type", key=True),
    _number("seq"), _number("pass"), _plain("at"),
    sqlite_with_rowid=False,  # it is asked by its key, which is most of it
)  # fmt: skip

Index("pass_ends_by_pass", pass_ends.c["pass"])
Index("units_by_pass", units.c["pass"])
Index("units_by_unit", units.c.scope, units.c.region, units.c.type)
Index("observations_by_address", observations.c.address, observations.c.seq)
Index("observations_by_digest", observations.c.digest)
Index("findings_by_fingerprint", findings.c.fingerprint, findings.c.seq)
Index("gaps_by_pass", gaps.c["pass"])
Index("standing_by_address", standing.c.scope, standing.c.address)
Index("present_by_address", present.c.scope, present.c.address, present.c.region, present.c.unit)
Index("present_by_unit", present.c.scope, present.c.region, present.c.unit)
Index("standing_by_control", standing.c.control, standing.c.verdict, standing.c.severity)
Index("standing_by_list", standing.c.verdict, standing.c.rank)


def stamp(at: datetime) -> str:
    """The time as the ledger writes it. A time without a zone is taken for UTC."""
    known = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return known.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@lru_cache(maxsize=4096)
def moment(text: str) -> datetime:
    """The time that `stamp` wrote."""
    return datetime.fromisoformat(text)
