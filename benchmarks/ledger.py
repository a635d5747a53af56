"""How fast the ledger is: passes of 50,000 findings appended, changed and unchanged, and lists of what stands.

    python benchmarks/ledger.py [findings] [postgresql://...]

Without a URL, on a SQLite file in a temporary directory. Exits with 1 where a list of 50,000 takes 300 ms or more.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mainstay.engine import parse
from mainstay.evidence import Ledger, Query, open_ledger
from mainstay.model.controls import LAYERS, SEVERITIES, Control
from mainstay.model.findings import Finding, Reason, Subject
from mainstay.model.places import Unit
from mainstay.model.resources import Origin, Resource
from mainstay.model.values import Record

ACCOUNTS = tuple(f"{number:012}" for number in range(111111111111, 111111111121))
REGIONS = ("eu-central-1", "eu-west-1", "us-east-1")
TYPES = 40
CONTROLS_A_TYPE = 10
LIMIT_MS = 300
START = datetime(2026, 1, 1, tzinfo=UTC)


def controls() -> list[list[Control]]:
    """The controls of each type."""
    chosen = random.Random(1)
    return [
        [
            Control(
                id=f"service{kind}-keeps-promise-{index}",
                title="A thing is well built",
                applies_to=(f"AWS::Service{kind}::Thing",),
                expect=parse({"Encrypted": True}),
                severity=chosen.choice(SEVERITIES),
                layer=chosen.choice(LAYERS),
                practices=("REL10-BP01",),
                why="It would break.",
                fix="Build it well.",
            )
            for index in range(CONTROLS_A_TYPE)
        ]
        for kind in range(TYPES)
    ]


def units(count: int) -> Iterator[tuple[Unit, list[Resource]]]:
    """Things with tags and a few dozen properties, spread over accounts, regions and types."""
    everywhere = [
        Unit(account, region, f"AWS::Service{kind}::Thing")
        for account in ACCOUNTS
        for region in REGIONS
        for kind in range(TYPES)
    ]
    each, left = divmod(count, len(everywhere))
    for position, unit in enumerate(everywhere):
        yield unit, [thing(unit, number) for number in range(each + (position < left))]


def thing(unit: Unit, number: int) -> Resource:
    arn = f"arn:aws:service:{unit.region}:{unit.scope}:thing/{unit.type[12:]}-{number}"
    tags = [{"Key": "Owner", "Value": f"team-{number % 7}"}, {"Key": "Name", "Value": f"thing-{number}"}]
    properties = {f"Property{index}": f"value {index} of {number}" for index in range(24)}
    origin = Origin("live", unit.scope, None, region=unit.region)
    return Resource(unit.type, arn, Record({**properties, "Tags": tags}), origin, names=frozenset({arn, f"t-{number}"}))


def findings(resources: list[Resource], by_type: list[list[Control]], failing: float) -> Iterator[Finding]:
    chosen = random.Random(3)
    for one in resources:
        subject = Subject(one.type, one.address, one.origin.scope, "", "live", region=one.origin.region)
        for control in by_type[int(one.type.split("::")[1].removeprefix("Service"))]:
            fails = chosen.random() < failing
            reasons = (Reason("Property1", "be 'encrypted'", f"is 'value 1 of {one.address}'"),) if fails else ()
            yield Finding(control, "fail" if fails else "pass", subject, reasons)


def timed(name: str, work: Callable[[], object], repeat: int = 1) -> float:
    """Prints wall and CPU time in milliseconds, the least of each, and returns the wall time."""
    walls, cpus = [], []
    for _ in range(repeat):
        started, before = time.perf_counter(), time.process_time()
        result = work()
        walls.append((time.perf_counter() - started) * 1_000)
        cpus.append((time.process_time() - before) * 1_000)
    rows = f"{len(result):>6} rows" if isinstance(result, list | tuple | dict) else ""
    print(f"{name:<48} {min(walls):>9.1f} ms, {min(cpus):>9.1f} ms of CPU {rows}")
    return min(walls)


def look(ledger: Ledger, at: datetime, by_type: list[list[Control]], count: int, failing: float) -> None:
    """One pass: everything is collected, and everything judged."""
    pass_ = ledger.begin("live", "benchmark", "0", at)
    collected = list(units(count // CONTROLS_A_TYPE))
    timed(f"{len(collected)} units recorded", lambda: [record(ledger, pass_, unit, at) for unit in collected])
    everything = [one for _, found in collected for one in found]
    judged = list(findings(everything, by_type, failing))
    timed(f"{len(judged)} findings recorded", lambda: ledger.record_findings(pass_, judged, lambda *_: True, at=at))
    ledger.end(pass_, "complete", at)


def record(ledger: Ledger, pass_, unit: tuple[Unit, list[Resource]], at: datetime) -> None:  # type: ignore[no-untyped-def] # reads as a pass
    ledger.record_unit(pass_, unit[0], unit[1], (), at)


def lists(ledger: Ledger, by_type: list[list[Control]]) -> float:
    ids = {control.id: control for some in by_type for control in some}
    half = frozenset(sorted(ids)[::2])
    queries = {
        "failures, the first 100": Query(verdicts=frozenset({"fail"}), limit=100),
        "failures, 100 after 5,000": Query(verdicts=frozenset({"fail"}), limit=100, offset=5_000),
        "critical failures": Query(verdicts=frozenset({"fail"}), severities=frozenset({"critical"}), limit=1_000),
        "of a practice (half of the controls)": Query(controls=half, limit=1_000),
        "of an account and region": Query(scopes=frozenset(ACCOUNTS[:1]), regions=frozenset(REGIONS[:1])),
        "of a type": Query(types=frozenset({"AWS::Service3::Thing"})),
        "of an owner": Query(owners=frozenset({"team-3"}), limit=1_000),
        "whose address matches": Query(address="*thing/ice7::Thing-1*"),
        "everything, the first 1,000": Query(limit=1_000),
    }
    slowest = max(timed(name, lambda q=query: ledger.findings(q), 3) for name, query in queries.items())
    slowest = max(slowest, timed("counts by control and verdict", lambda: ledger.counts(("control", "verdict")), 3))
    slowest = max(slowest, timed("counts by owner", lambda: ledger.counts(("owner",)), 3))
    changes = ledger.passes()[-1]
    slowest = max(slowest, timed("changes in the last pass", lambda: ledger.changes(changes).new, 3))
    slowest = max(slowest, timed("evidence by control", lambda: ledger.evidence(ids), 3))
    timed("all of them, without a limit", lambda: ledger.findings(), 3)
    timed("as they stood before the last pass, 1,000", lambda: ledger.findings(Query(limit=1_000), at=changes), 3)
    return slowest


def main(count: int, where: str) -> int:
    by_type = controls()
    print(f"{count} findings of {count // CONTROLS_A_TYPE} resources")
    with open_ledger(where, write=True) as ledger:
        for number, (title, failing) in enumerate((("first", 0.2), ("unchanged", 0.2), ("a third changed", 0.4))):
            print(f"-- the {title} pass")
            look(ledger, START + timedelta(days=number), by_type, count, failing)
            if "://" not in where:
                size = sum(path.stat().st_size for path in Path(where).parent.iterdir())
                print(f"{'size':<48} {size / 1e6:>9.1f} MB")
        print("-- questions")
        slowest = lists(ledger, by_type)
        timed("verify", ledger.verify)
        timed("prune", lambda: ledger.prune(START + timedelta(days=9), START + timedelta(days=9)).contents)
        timed("verify after that", ledger.verify)
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024:.0f} MB")
    return int(count <= 50_000 and slowest >= LIMIT_MS)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    with tempfile.TemporaryDirectory() as home:
        place = next((one for one in arguments if "://" in one), f"{home}/ledger.db")
        sys.exit(main(next((int(one) for one in arguments if one.isdigit()), 50_000), place))
