"""The chain: each row has the hash of itself and of the row before it, so that none can be changed unnoticed."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any, Final, TypeVar, cast

from sqlalchemy import Connection, Executable, Table, bindparam, func, select, union_all
from sqlalchemy.dialects import sqlite

from mainstay.evidence.schema import CHAINED, contents

T = TypeVar("T")
Row = dict[str, Any]

START: Final = "0" * 64
"""What stands in the place of the hash before the first row."""

BATCH: Final = 2_000
"""How many rows go to the database at once."""


_ENCODER: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def canonical(value: Any) -> str:
    """JSON that is the same for equal values: keys sorted, no spaces, ASCII only."""
    return _ENCODER.encode(value)


def link(before: str, table: str, row: Mapping[str, Any]) -> str:
    """The hash of a row whose predecessor has the hash `before`. The row's own hash is not part of it."""
    content = canonical([table, {name: value for name, value in row.items() if name != "hash"}])
    return hashlib.sha256(f"{before}\n{content}".encode()).hexdigest()


# statements are made once: making one takes longer than running it
_LAST_SEQ: Final = select(
    func.max(union_all(*(select(func.max(table.c.seq).label("seq")) for table in CHAINED)).subquery().c.seq)
)
_LAST_HASH: Final = union_all(*(select(table.c.hash).where(table.c.seq == bindparam("last")) for table in CHAINED))


def last_row(connection: Connection) -> tuple[int, str]:
    """Number and hash of the last row of all."""
    last = connection.execute(_LAST_SEQ).scalar()
    return (0, START) if last is None else (last, connection.execute(_LAST_HASH, {"last": last}).scalars().one())


class Appender:
    """Appends rows within one transaction that holds the ledger's write lock. `flush` sends what is still kept back."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.seq, self.hash = last_row(connection)
        self._rows: dict[Table, list[Row]] = defaultdict(list)

    def append(self, table: Table, row: Row) -> Row:
        """Gives the row its number and its hash, and returns it."""
        self.seq += 1
        row["seq"] = self.seq
        self.hash = row["hash"] = link(self.hash, table.name, row)
        waiting = self._rows[table]
        waiting.append(row)
        if len(waiting) >= BATCH:
            self.flush()
        return row

    def flush(self) -> None:
        for table, rows in self._rows.items():
            if rows:
                _send(self.connection, _insert(table, self.connection.dialect.name), table, rows)
        self._rows.clear()


def put(connection: Connection, table: Table, rows: list[Row]) -> None:
    """Writes rows of a derived table: the row with the same key is replaced. Other columns are left out."""
    if not rows:
        return
    statement = _upsert(table, connection.dialect.name)
    for chunk in chunks(rows):
        _send(connection, statement, table, chunk)


def _send(connection: Connection, statement: Executable, table: Table, rows: list[Row]) -> None:
    names = table.columns.keys()
    if connection.dialect.name == "postgresql":
        connection.execute(statement, {name: [row[name] for row in rows] for name in names})
    else:
        connection.execute(statement, [{name: row[name] for name in names} for row in rows])


@cache
def _insert(table: Table, dialect: str) -> Any:
    """To PostgreSQL go columns, each as one array: a statement for each row would take ten times as long."""
    if dialect == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # a quarter of SQLAlchemy's imports, for those who use it

    columns = [func.unnest(bindparam(column.name, type_=postgresql.ARRAY(column.type))) for column in table.columns]
    return postgresql.insert(table).from_select(table.columns.keys(), select(*columns))


@cache
def _upsert(table: Table, dialect: str) -> Executable:
    keys = [column.name for column in table.primary_key]
    statement = _insert(table, dialect)  # both dialects have the same clauses, under two classes
    others = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in keys}
    if not others or table is contents:  # content goes by its digest: what is there is the same
        return cast(Executable, statement.on_conflict_do_nothing(index_elements=keys))
    return cast(Executable, statement.on_conflict_do_update(index_elements=keys, set_=others))


def chunks(things: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    """The things in lists of `size`, the last one shorter."""
    remaining = iter(things)
    while chunk := list(islice(remaining, size)):
        yield chunk
