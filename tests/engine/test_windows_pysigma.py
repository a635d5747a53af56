"""Windows against the queries of pySigma's SQLite back end, run in SQLite: which groups fire, and when first.

They agree on all types, an event exactly as old as the window included. What differs, and is kept out of the events:

- The back end looks at all events of one time at once; here they come one after the other, by id. That shows where a
  condition can end to hold (`lt`, `eq`, averages, negative numbers), and in `temporal_ordered`, where it wants rising
  times and here events of one time stand in either order. So times differ here.
- It asks its condition also at events that lack the value. So all have one here.
- It compares groups and values without case; `Windows` as they are given. So all is in small letters.
- Of an event that two rules name with different values (by aliases) it counts both; here an event counts once.
- It tells every time at which the condition holds; here it is told once an episode. So first firings are compared.
- It counts a sequence of some of the rules only for `gt` and `gte`; for other bounds it counts the rules that occur.
"""

from __future__ import annotations

import json
import random
import sqlite3
from typing import get_args

import pytest
from sigma.backends.sqlite import sqliteBackend
from sigma.collection import SigmaCollection

from mainstay.engine.windows import Windows
from mainstay.model.detections import MICROSECONDS, About, Bound, Correlation, CorrelationType

SPAN = 10
RULES = "abc"
Happened = list[tuple[int, str, str, int]]


def query(type: CorrelationType, bound: str, limit: int, percentile: int) -> str:
    base = "".join(
        f"title: {rule}\nname: {rule}\nlogsource: {{product: aws}}\n"
        f"detection:\n  selection:\n    kind: {rule}\n  condition: selection\n---\n"
        for rule in RULES
    )
    condition: dict[str, object] = {bound: limit}
    if type.startswith("value"):
        condition["field"] = "value"
    if type == "value_percentile":
        condition["percentile"] = percentile
    correlation = {
        "type": type, "rules": list(RULES), "group-by": ["user"], "timespan": f"{SPAN}s", "condition": condition,
    }  # fmt: skip
    rules = SigmaCollection.from_yaml(base + json.dumps({"title": "C", "correlation": correlation}))
    backend = sqliteBackend(timestamp_format="unix")
    backend.table = "logs"
    queries = backend.convert(rules)
    return str(queries[-1])


def theirs(asked: str, events: Happened) -> dict[str, int]:
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE TABLE logs (timestamp INTEGER, user TEXT, kind TEXT, value INTEGER)")
        connection.executemany("INSERT INTO logs VALUES (?, ?, ?, ?)", events)
        rows = connection.execute(asked).fetchall()
    connection.close()
    first: dict[str, int] = {}
    for row in rows:
        user = json.loads(row[1])["user"]
        first[user] = min(first.get(user, row[2]), int(row[2]))
    return first


def ours(correlation: Correlation, events: Happened) -> dict[str, int]:
    windows, first = Windows(correlation), dict[str, int]()
    for number, (time, user, kind, value) in enumerate(events):
        firing = windows.add(time * MICROSECONDS, kind, (user,), f"e{number:03}", value)
        if firing is not None:
            first.setdefault(user, firing.time_us // MICROSECONDS)
    return first


BOUNDS: tuple[tuple[Bound, int], ...] = (("gte", 3), ("gt", 1), ("lt", 3), ("eq", 2), ("neq", 1))
ASKED: list[tuple[CorrelationType, Bound, int]] = [
    (type, bound, limit)
    for type in get_args(CorrelationType)
    for bound, limit in BOUNDS
    if type != "temporal_ordered" or bound in ("gte", "gt")
]


def logs(seed: int) -> Happened:
    """Of many groups each a few events, at rising times."""
    chosen, made = random.Random(seed), []
    for number in range(60):
        time = number
        for _ in range(chosen.randrange(12)):
            time += chosen.choice([1, 1, 2, 5, 9, 10, 11])
            made.append((time, f"user {number}", chosen.choice(RULES), chosen.randint(-1, 4)))
    return sorted(made)


@pytest.mark.parametrize(("type", "bound", "limit"), ASKED)
def test_the_first_firing_of_each_group_is_the_same(type: CorrelationType, bound: Bound, limit: int) -> None:
    correlation = Correlation(
        About("c", "C", "low"), type, tuple(RULES), ("user",), SPAN * MICROSECONDS, ((bound, limit),), ("value",), 90
    )
    asked = query(type, bound, limit, 90)
    events = logs(seed=5)
    found = ours(correlation, events)
    assert found == theirs(asked, events)
    assert 0 < len(found) < 60
