"""Removing what was superseded long ago, so that the chain can still be followed across the gaps."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import Final

from sqlalchemy import Connection, Table, delete, func, select

from mainstay.evidence.answers import Pruned
from mainstay.evidence.chain import Appender, canonical, chunks
from mainstay.evidence.schema import (
    contents,
    coverage,
    findings,
    gaps,
    milestones,
    observations,
    pass_ends,
    passes,
    present,
    prunes,
    standing,
    units,
)

KEYS: Final[tuple[tuple[Table, Table, tuple[str, ...]], ...]] = (
    (findings, standing, ("fingerprint",)),
    (observations, present, ("scope", "region", "type", "address")),
)
"""The tables whose rows supersede each other, the table of those that stand, and what makes two rows the same thing."""


def prune(connection: Connection, before: str, at: str) -> Pruned:
    """Removes what was superseded before the time, and says so in a row of its own."""
    marks = sorted(connection.execute(select(milestones.c.seq)).scalars())
    removed = {table: _superseded(connection, table, keys, marks, before) for table, _, keys in KEYS}
    removed |= {table: _of_old_passes(connection, table, marks, before) for table in (units, gaps)}
    heads = {mark - 1 for mark in marks}
    removed = {table: [seq for seq in seqs if seq not in heads] for table, seqs in removed.items()}
    numbers = sorted(seq for seqs in removed.values() for seq in seqs)
    if not numbers:
        return Pruned({table.name: 0 for table in removed}, 0)
    runs = _with_hashes(connection, list(_runs(numbers)), list(removed))
    for table, seqs in removed.items():
        for chunk in chunks(seqs):
            connection.execute(delete(table).where(table.c.seq.in_(chunk)))
    for table, derived, _ in KEYS:
        for chunk in chunks(removed[table]):
            connection.execute(delete(derived).where(derived.c.seq.in_(chunk)))
    referred = select(observations.c.digest).where(observations.c.digest.is_not(None))
    orphans = connection.execute(delete(contents).where(contents.c.digest.not_in(referred)))
    appender = Appender(connection)
    appender.append(prunes, {"at": at, "before": before, "runs": canonical(runs), "rows": len(numbers)})
    appender.flush()
    return Pruned({table.name: len(seqs) for table, seqs in removed.items()}, orphans.rowcount)


def _superseded(
    connection: Connection, table: Table, keys: Sequence[str], marks: Sequence[int], before: str
) -> list[int]:
    """The rows that a later one replaced before the time, and those that said then that something is gone.

    What stood at a milestone is kept, so that milestones can be compared for ever.
    """
    heads = {mark - 1 for mark in marks}  # their hashes are the heads that milestones name
    columns = [table.c[key] for key in keys]
    gone = table.c.verdict == "gone" if table is findings else table.c.digest.is_(None)
    rows = connection.execute(
        select(*columns, table.c.seq, table.c.at, gone.label("gone")).order_by(*columns, table.c.seq)
    )
    found: list[int] = []
    for _, same in groupby(rows, key=lambda row: tuple(row[: len(keys)])):
        history = list(same)
        old = []
        for row, later in pairwise(history):
            mark = bisect_right(marks, row.seq)
            stood_at_mark = mark < len(marks) and marks[mark] < later.seq
            if later.at < before and not stood_at_mark and row.seq not in heads:
                old.append(row.seq)
        last = history[-1]
        # without the row, what is left of its history would stand again
        if last.gone and last.at < before and len(old) == len(history) - 1 and last.seq not in heads:
            old.append(last.seq)
        found += old
    return found


def _of_old_passes(connection: Connection, table: Table, marks: Sequence[int], before: str) -> list[int]:
    """The rows of passes before the time, save those of the last passes of each target and what coverage points at,
    now and at each milestone."""
    kept: set[int] = set()
    covered = set(connection.execute(select(coverage.c.seq)).scalars())
    for mark in (*marks, None):
        kept.update(_last_passes(connection, mark))
        if table is units and mark is not None:
            latest = select(func.max(units.c.seq)).where(units.c.listed == 1, units.c.seq < mark)
            covered.update(connection.execute(latest.group_by(units.c.scope, units.c.region, units.c.type)).scalars())
    query = select(table.c.seq, table.c["pass"]).join(passes, passes.c.number == table.c["pass"])
    rows = connection.execute(query.where(passes.c.started < before, table.c.at < before))
    return [seq for seq, number in rows if number not in kept and not (table is units and seq in covered)]


def _last_passes(connection: Connection, mark: int | None) -> Iterator[int]:
    """Of each target the last pass, and the last that was completed, as it was before row `mark`, or is now."""
    begun = select(func.max(passes.c.number))
    whole = begun.join(pass_ends, pass_ends.c["pass"] == passes.c.number).where(pass_ends.c.state == "complete")
    if mark is not None:
        begun, whole = begun.where(passes.c.seq < mark), whole.where(pass_ends.c.seq < mark)
    for query in (begun, whole):
        yield from connection.execute(query.group_by(passes.c.source, passes.c.target)).scalars()


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    first = last = numbers[0]
    for number in numbers[1:]:
        if number != last + 1:
            yield first, last
            first = number
        last = number
    yield first, last


def _with_hashes(
    connection: Connection, runs: Sequence[tuple[int, int]], tables: Sequence[Table]
) -> list[tuple[int, int, str]]:
    hashes: dict[int, str] = {}
    for chunk in chunks(last for _, last in runs):
        for table in tables:
            found = connection.execute(select(table.c.seq, table.c.hash).where(table.c.seq.in_(chunk)))
            hashes.update((row.seq, row.hash) for row in found)
    return [(first, last, hashes[last]) for first, last in runs]
