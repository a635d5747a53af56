"""The peer that pySigma makes: its SQLite back end over one table of the fields that the rules read.

It runs in an environment of its own, `python hunt_sqlite.py RULES EVENTS.jsonl OUT.json`, and imports nothing of ours.
Fields keep their whole paths as names of columns. As a back end's user would do it: text is compared without case.
"""

from __future__ import annotations

import json
import re
import resource
import sqlite3
import sys
from collections.abc import Iterable, Iterator

from sigma.backends.sqlite import sqliteBackend
from sigma.collection import SigmaCollection
from sigma.rule import SigmaDetection, SigmaDetectionItem, SigmaRule


def fields(items: Iterable[SigmaDetection | SigmaDetectionItem]) -> Iterator[str]:
    for item in items:
        if isinstance(item, SigmaDetection):
            yield from fields(item.detection_items)
        elif item.field:
            yield item.field
            for value in item.value:
                if (other := getattr(value, "field", None)) is not None:
                    yield other


def at(record: object, path: str) -> str | None:
    for name in path.split("."):
        record = record.get(name) if isinstance(record, dict) else None
    if record is None or isinstance(record, str):
        return record
    return json.dumps(record)


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(rules: str, events: str, out: str) -> None:
    loaded = [rule for rule in SigmaCollection.load_ruleset([rules]) if isinstance(rule, SigmaRule)]
    back_end = sqliteBackend()
    queries = {str(rule.id): back_end.convert_rule(rule)[0] for rule in loaded}
    names = sorted({name for rule in loaded for name in fields(rule.detection.detections.values())} | {"eventID"})
    start = cpu_seconds()
    database = sqlite3.connect(":memory:")
    database.create_function("REGEXP", 2, lambda text, value: value is not None and bool(re.search(text, value)))
    columns = ", ".join(f'"{name}" TEXT COLLATE NOCASE' for name in names)
    database.execute(f"CREATE TABLE logs ({columns})")
    marks = ", ".join("?" * len(names))
    count = 0
    with open(events, "rb") as lines:
        for line in lines:
            record = json.loads(line)
            database.execute(f"INSERT INTO logs VALUES ({marks})", [at(record, name) for name in names])
            count += 1
    matches, failed = {}, {}
    for id, query in queries.items():
        try:
            chosen = query.replace("SELECT *", "SELECT eventID", 1)
            matches[id] = sorted({row[0] for row in database.execute(chosen)})
        except sqlite3.Error as error:
            failed[id] = str(error)
    cpu = cpu_seconds() - start
    with open(out, "w") as stream:
        json.dump({"cpu": cpu, "start": start, "events": count, "matches": matches, "failed": failed}, stream)


if __name__ == "__main__":
    main(*sys.argv[1:4])
