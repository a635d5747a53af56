"""How much there is: what passes read, how failures grew and shrank from pass to pass, how long the chain is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain

from sqlalchemy import Connection, func, select, union_all

from mainstay.evidence.answers import By, Extent
from mainstay.evidence.collecting import gaps_left
from mainstay.evidence.schema import CHAINED, findings, present, units


def read_extents(connection: Connection) -> dict[int, Extent]:
    """By the number of the pass; a unit that was read again when the pass went on counts once."""
    last = select(func.max(units.c.seq)).group_by(units.c["pass"], units.c.scope, units.c.region, units.c.type)
    counted = select(units.c["pass"], func.count(), func.coalesce(func.sum(units.c.resources), 0))
    counted = counted.where(units.c.seq.in_(last))
    unread = gaps_left().subquery()
    missed = select(unread.c["pass"], func.count()).group_by(unread.c["pass"])
    left = {row[0]: row[1] for row in connection.execute(missed)}
    read = {row[0]: (row[1], int(row[2])) for row in connection.execute(counted.group_by(units.c["pass"]))}
    return {number: Extent(*read.get(number, (0, 0)), left.get(number, 0)) for number in chain(read, left)}


def count_present(connection: Connection) -> int:
    return connection.execute(select(func.count()).where(present.c.digest.is_not(None))).scalar_one()


def count_rows(connection: Connection) -> int:
    counts = union_all(*(select(func.count().label("rows")).select_from(table) for table in CHAINED)).subquery()
    return int(connection.execute(select(func.sum(counts.c.rows))).scalar_one())


def read_growth(connection: Connection, by: Sequence[By]) -> dict[tuple[int, tuple[str, ...]], int]:
    """By how many failures a pass raised or lowered their number, by pass and the values of columns.

    Goes through the rows as they came: each takes back what the row before it said of the same finding.
    """
    columns = [findings.c[name] for name in by]
    rows = select(findings.c["pass"], findings.c.fingerprint, findings.c.verdict, *columns).order_by(findings.c.seq)
    failing: dict[str, tuple[str, ...]] = {}
    growth: Counter[tuple[int, tuple[str, ...]]] = Counter()
    for number, fingerprint, verdict, *values in connection.execute(rows):
        before = failing.pop(fingerprint, None)
        if before is not None:
            growth[number, before] -= 1
        if verdict == "fail":
            after = failing[fingerprint] = tuple(values)
            growth[number, after] += 1
    return {key: number for key, number in growth.items() if number}
