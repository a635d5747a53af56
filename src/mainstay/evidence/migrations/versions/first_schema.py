"""The first schema: chained tables, contents, and the derived tables over them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

CHAINED = {
    "passes": "#number source target version started",
    "pass_ends": "#pass at state counts",
    "units": "#pass scope region type at #resources #gaps #listed",
    "observations": "#pass scope region unit type address names owner digest? at first_seen",
    "findings": "#pass fingerprint control scope region type address owner verdict severity body at first_seen since"
    " #failing #failures",
    "gaps": "#pass kind scope region type call permission reason body at",
    "attestations": "practice scope by state body at",
    "milestones": "name at head note",
    "prunes": "at before runs #rows",
}
"""Columns in order: a number has a `#` before it, what may be null a `?` behind it, all others are text."""

DERIVED = {
    "standing": ("fingerprint", "#seq #pass control scope region type address owner verdict severity #rank at"
                 " first_seen since #failing #failures"),
    "present": ("scope region type address", "unit #seq owner digest? first_seen"),
    "coverage": ("scope region type", "#seq #pass at"),
}  # fmt: skip
"""The columns of the key, and the others."""

INDEXES = {
    "pass_ends_by_pass": ("pass_ends", ["pass"]),
    "units_by_pass": ("units", ["pass"]),
    "units_by_unit": ("units", ["scope", "region", "type"]),
    "observations_by_address": ("observations", ["address", "seq"]),
    "observations_by_digest": ("observations", ["digest"]),
    "findings_by_fingerprint": ("findings", ["fingerprint", "seq"]),
    "gaps_by_pass": ("gaps", ["pass"]),
    "standing_by_address": ("standing", ["scope", "address"]),
    "standing_by_control": ("standing", ["control", "verdict", "severity"]),
    "standing_by_list": ("standing", ["verdict", "rank"]),
    "present_by_address": ("present", ["scope", "address", "region", "unit"]),
    "present_by_unit": ("present", ["scope", "region", "unit"]),
}


def upgrade() -> None:
    for table, names in CHAINED.items():
        seq = sa.Column("seq", NUMBER, primary_key=True, autoincrement=False)
        op.create_table(table, seq, *map(_column, names.split()), _column("hash"))
    op.create_table("contents", _column("digest", key=True), sa.Column("body", sa.LargeBinary, nullable=False))
    for table, (keys, others) in DERIVED.items():
        columns = [*(_column(key, key=True) for key in keys.split()), *map(_column, others.split())]
        op.create_table(table, *columns, sqlite_with_rowid=table == "standing")
    for index, (table, indexed) in INDEXES.items():
        op.create_index(index, table, indexed)


def _column(spelled: str, key: bool = False) -> sa.Column[Any]:
    kind: Any = NUMBER if spelled.startswith("#") else WORDS
    return sa.Column(spelled.strip("#?"), kind, primary_key=key, nullable=spelled.endswith("?"))
