"""Following the chain from its first row to its last, and looking whether what is derived from it says the same."""

from __future__ import annotations

import heapq
import json
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, FromClause, Table, case, func, select

from mainstay.evidence.answers import Flaw
from mainstay.evidence.chain import BATCH, START, link
from mainstay.evidence.content import digest, unpack
from mainstay.evidence.judging import RANKS
from mainstay.evidence.schema import (
    CHAINED,
    contents,
    coverage,
    findings,
    observations,
    present,
    prunes,
    standing,
    units,
)

MOST: Final = 1_000
"""How many rows that do not fit are looked at together, to tell a moved row from a changed one."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A row whose hash is not that of its content after the row before it."""

    table: str
    row: Mapping[Any, Any]
    before: tuple[str, ...]
    """The hashes that the row before may have; empty where it is not known."""

    @property
    def seq(self) -> int:
        return int(self.row["seq"])


class Walk:
    """Goes along the chain. `before` are the hashes that the last row may have had: the one that it carries and the
    one that its content gives, so that one wrong row does not make all after it look wrong."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.runs = self._read_runs()
        self.starts = sorted(self.runs)
        self.flaws: list[Flaw] = []
        self.suspects: list[Suspect] = []
        self.before: tuple[str, ...] = (START,)
        self.next = 1

    def go(self, head: str | None) -> Iterator[Flaw]:
        seen = head is None or head == START
        for table, row in self._rows():
            seen = seen or row["hash"] == head
            self._step(table, row)
        seen = seen or any(name == head for _, name in self.runs.values())
        yield from self.flaws
        yield from self._look_again()
        if not seen:
            message = f"the entry with the hash {head} is missing; what came with it or after it was removed"
            yield Flaw("removed", "", self.next, message)

    def _step(self, table: Table, row: Mapping[Any, Any]) -> None:
        seq = row["seq"]
        if seq < self.next:
            self.flaws.append(
                Flaw("inserted", table.name, seq, "the number belongs to another row or was pruned; put in")
            )
            return
        self._cross_gap(seq)
        if self.next in self.runs:
            self.flaws.append(
                Flaw("inserted", table.name, seq, "it was put in: the number is of a row that was pruned")
            )
            return
        self.next = seq + 1
        expected = tuple(filter(None, (_link(before, table.name, row) for before in self.before)))
        if row["hash"] in expected:
            self.before = (row["hash"],)
            return
        self.suspects.append(Suspect(table.name, row, self.before))
        self.before = (str(row["hash"]), *expected)

    def _cross_gap(self, seq: int) -> None:
        """Moves up to the row, or to the pruned run that has its number; what is missing otherwise was removed."""
        while self.next < seq:
            run = self.runs.get(self.next)
            if run is not None:
                if run[0] >= seq:
                    return
                self.next, self.before = run[0] + 1, (run[1],)
                continue
            position = bisect_right(self.starts, self.next)
            last = min([seq, *self.starts[position : position + 1]]) - 1
            rows = "it is" if last == self.next else f"it and all rows to {last} are"
            message = f"{rows} missing, so that the row after cannot be checked"
            self.flaws.append(Flaw("removed", "", self.next, message))
            self.next, self.before = last + 1, ()

    def _look_again(self) -> Iterator[Flaw]:
        """Tells rows that were exchanged from rows that were changed, and clears those that only follow such a row."""
        suspects = self.suspects
        if len(suspects) > MOST:
            yield from (_changed(suspect) for suspect in suspects if suspect.before)
            return
        hashes = {before for suspect in suspects for before in (*suspect.before, str(suspect.row["hash"]))}
        places = [(suspect.seq, before) for suspect in suspects for before in {*suspect.before, *hashes}]
        for suspect in suspects:
            own = suspect.row["hash"]
            if any(_link(before, suspect.table, suspect.row) == own for before in hashes) or not suspect.before:
                continue
            for seq, before in places:
                if _link(before, suspect.table, {**suspect.row, "seq": seq}) == own:
                    yield Flaw("reordered", suspect.table, suspect.seq, f"it was row {seq}")
                    break
            else:
                yield _changed(suspect)

    def _rows(self) -> Iterator[tuple[Table, Mapping[Any, Any]]]:
        streams = [self._rows_of(table) for table in CHAINED]
        return heapq.merge(*streams, key=lambda entry: entry[1]["seq"])

    def _rows_of(self, table: Table) -> Iterator[tuple[Table, Mapping[Any, Any]]]:
        last: int | None = None
        while True:
            query = select(table).order_by(table.c.seq).limit(BATCH)
            page = self.connection.execute(query if last is None else query.where(table.c.seq > last)).mappings().all()
            if not page:
                return
            for row in page:
                yield table, row
            last = page[-1]["seq"]

    def _read_runs(self) -> dict[int, tuple[int, str]]:
        """Last number and hash of the runs that were pruned, by their first number."""
        runs = {}
        for text in self.connection.execute(select(prunes.c.runs)).scalars():
            try:
                runs.update({int(first): (int(last), str(name)) for first, last, name in json.loads(text)})
            except (TypeError, ValueError):
                continue  # somebody changed it: its own hash says so
        return runs


def _link(before: str, table: str, row: Mapping[Any, Any]) -> str:
    try:
        return link(before, table, row)
    except (TypeError, ValueError):
        return ""  # a value that JSON does not have, so that nothing of ours wrote it


def _changed(suspect: Suspect) -> Flaw:
    return Flaw("changed", suspect.table, suspect.seq, "it was changed or put in: its hash is not that of its content")


def check_contents(connection: Connection) -> Iterator[Flaw]:
    """Contents that are not what their digest says, that are missing, or that nothing refers to."""
    users = select(observations.c.digest, func.min(observations.c.seq).label("seq")).group_by(observations.c.digest)
    used = users.where(observations.c.digest.is_not(None)).subquery()
    lost = select(used.c.digest, used.c.seq).outerjoin(contents, contents.c.digest == used.c.digest)
    for name, seq in connection.execute(lost.where(contents.c.digest.is_(None)).order_by(used.c.seq)):
        yield Flaw("removed", "contents", seq, f"the content {name} of observation {seq} is missing")
    last = ""
    query = select(contents.c.digest, contents.c.body, used.c.seq).outerjoin(used, used.c.digest == contents.c.digest)
    query = query.order_by(contents.c.digest).limit(BATCH)
    while page := connection.execute(query.where(contents.c.digest > last)).all():
        for row in page:
            if row.seq is None:
                yield Flaw("inserted", "contents", 0, f"no observation has the content {row.digest}")
            elif not _is_content(row.body, row.digest):
                yield Flaw("content", "contents", row.seq, f"the content of observation {row.seq} was changed")
        last = page[-1].digest


def _is_content(body: Any, name: str) -> bool:
    try:
        return isinstance(body, bytes) and digest(unpack(body)) == name
    except ValueError:
        return False


def check_derived(connection: Connection) -> Iterator[Flaw]:
    """Rows of derived tables that are not the latest of their key in the chained one."""
    for table, expected in derivations():
        kept = select(*table.columns)
        wrong = connection.execute(kept.except_(select(*expected.columns))).mappings().all()
        missing = connection.execute(select(*expected.columns).except_(kept)).mappings().all()
        keys = [column.name for column in table.primary_key]
        known = {tuple(row[key] for key in keys): row["seq"] for row in (*wrong, *missing)}
        for key, seq in sorted(known.items(), key=str):
            yield Flaw(
                "projection", table.name, seq, f"{' '.join(map(str, key))} differs from the row it is derived from"
            )


@cache
def derivations() -> tuple[tuple[Table, FromClause], ...]:
    """The derived tables, each with the query that it is the answer of."""
    return (
        (standing, _latest(findings, standing, "fingerprint")),
        (present, _latest(observations, present, "scope", "region", "type", "address")),
        (coverage, _latest(units, coverage, "scope", "region", "type")),
    )


def _latest(table: Table, derived: Table, *keys: str) -> FromClause:
    query = select(func.max(table.c.seq))
    if table is units:
        query = query.where(units.c.listed == 1)
    latest = query.group_by(*(table.c[key] for key in keys))
    rank = case(RANKS, value=findings.c.severity, else_=-1).label("rank")
    columns = [rank if column.name == "rank" else table.c[column.name] for column in derived.columns]
    return select(*columns).where(table.c.seq.in_(latest)).subquery()


def rebuild(connection: Connection) -> None:
    """Makes the derived tables anew from the chained ones."""
    for table, expected in derivations():
        connection.execute(table.delete())
        connection.execute(
            table.insert().from_select([column.name for column in table.columns], select(*expected.columns))
        )
