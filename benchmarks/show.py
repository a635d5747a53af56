"""How fast `mainstay show` answers on a ledger with 50,000 findings that stand.

    python benchmarks/show.py [findings] [postgresql://...]

Without a URL, on a SQLite file in a temporary directory. Each list is timed from the question to the last byte that is
written; the whole process of the command, with its imports, stands beside it. Exits with 1 where a list of 50,000 takes
300 ms or more.
"""

from __future__ import annotations

import gc
import io
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from mainstay.__main__ import GARBAGE
from mainstay.catalog import Catalog, load
from mainstay.evidence import Ledger, open_ledger
from mainstay.model.controls import Control
from mainstay.model.findings import Finding, Gap, Reason, Subject
from mainstay.model.places import Unit
from mainstay.model.resources import Origin, Resource
from mainstay.model.values import Record
from mainstay.outputs import Style
from mainstay.outputs.tables import LISTINGS, Page
from mainstay.verbs import show_findings, show_ledger, show_passes, show_practices, show_resource, show_trends, showing

ACCOUNTS = tuple(f"{number:012}" for number in range(111111111111, 111111111121))
REGIONS = ("eu-central-1", "eu-west-1", "us-east-1")
CONTROLS = 400
CONTROLS_A_RESOURCE = 10
PASSES = 3
LIMIT = 50
LIMIT_MS = 300
NOW = datetime.now(UTC).replace(microsecond=0)


@lru_cache(maxsize=1)
def catalog() -> Catalog:
    return load(examples=False)


def resources(count: int) -> Iterator[Resource]:
    """Things with tags and a few properties, spread over accounts and regions."""
    for number in range(count):
        account, region = ACCOUNTS[number % len(ACCOUNTS)], REGIONS[number % len(REGIONS)]
        arn = f"arn:aws:s3:::{account}-{region}-thing-{number}"
        tags = [{"Key": "Owner", "Value": f"team-{number % 7}"}] if number % 8 else []
        body = Record({**{f"Property{index}": f"value {index} of {number}" for index in range(12)}, "Tags": tags})
        origin = Origin("live", account, None, region=region)
        yield Resource("AWS::S3::Bucket", arn, body, origin, names=frozenset({arn, f"thing-{number}"}))


def findings(found: list[Resource], controls: list[Control], number: int) -> Iterator[Finding]:
    """A fifth fails. Each pass changes a tenth."""
    chosen, changed = random.Random(3), random.Random(number)
    for at, one in enumerate(found):
        subject = Subject(one.type, one.address, one.origin.scope, "", "live", region=one.origin.region)
        for index in range(CONTROLS_A_RESOURCE):
            control = controls[(at * CONTROLS_A_RESOURCE + index) % len(controls)]
            fails = (chosen.random() < 0.2) != (number > 0 and changed.random() < 0.1)
            reasons = (Reason("Property1", "'encrypted'", f"'value 1 of {one.address}'"),) if fails else ()
            yield Finding(control, "fail" if fails else "pass", subject, reasons)


def fill(ledger: Ledger, count: int) -> None:
    controls = list(catalog().controls[:CONTROLS])
    found = list(resources(count // CONTROLS_A_RESOURCE))
    for number in range(PASSES):
        at = NOW - timedelta(days=PASSES - number - 1, hours=1)
        pass_ = ledger.begin("live", "benchmark", "0", at)
        for account in ACCOUNTS:
            for region in REGIONS:
                unit = Unit(account, region, "AWS::S3::Bucket")
                mine = [one for one in found if (one.origin.scope, one.origin.region) == (account, region)]
                gaps = [Gap("refused", "AccessDenied", None, unit, "s3:GetBucketPolicy", "s3:GetBucketPolicy",
                            (controls[0].id,))]  # fmt: skip
                ledger.record_unit(pass_, unit, mine, gaps, at, listed=True)
        ledger.record_findings(pass_, findings(found, controls, number), lambda *_: True, at=at)
        ledger.end(pass_, "complete", at + timedelta(minutes=5))
        if number == 0:
            ledger.milestone("first", "", at + timedelta(minutes=6))


def lists(ledger: Ledger, count: int) -> dict[str, tuple[str, Callable[[], Page]]]:
    """Each question: what the command line asks it by, and the verb that answers."""

    def listed(at: str | None = None, limit: int | None = LIMIT, **filters: object) -> Callable[[], Page]:
        def run() -> Page:
            chosen = show_findings.Filters(**filters)  # type: ignore[arg-type] # the filters of the command line
            query = show_findings.query_of(chosen, ledger, catalog, limit)
            return show_findings.findings(ledger, query, showing.moment(ledger, at, NOW) if at else None)

        return run

    def grouped(by: show_findings.Group) -> Callable[[], Page]:
        def run() -> Page:
            query = show_findings.query_of(show_findings.Filters(), ledger, catalog)
            return show_findings.grouped(ledger, query, by, catalog, LIMIT, None)

        return run

    milestone = next(one for one in ledger.milestones() if one.name == "first")
    account, region = ACCOUNTS[3], REGIONS[0]
    return {
        "": ("the overview", lambda: showing.overview(ledger, catalog, NOW)),
        "findings": ("failures", listed()),
        "findings --severity critical": ("by severity", listed(severity="critical")),
        "findings --verdict all": ("of every verdict", listed(verdicts=show_findings.VERDICTS)),
        "findings --pillar SEC": ("by pillar", listed(pillars=("SEC",))),
        "findings --practice SEC08": ("by practice", listed(practices=("SEC08",))),
        f"findings --account {account}": ("by account", listed(accounts=(account,), regions=(region,))),
        "findings --owner team-3": ("by owner", listed(owners=("team-3",))),
        "findings --address *thing-77*": ("by address", listed(address="*thing-77*")),
        "findings --at first": ("at a milestone", listed(at="first")),
        "findings --group-by owner": ("by owner, counted", grouped("owner")),
        "findings --group-by practice": ("by practice, counted", grouped("practice")),
        "changes": ("changes of the last pass", lambda: show_passes.changes(ledger, None, LIMIT)),
        "changes --since first": ("since a milestone", lambda: show_passes.changes(ledger, milestone, LIMIT)),
        "resource thing-77": ("a resource", lambda: show_resource.resource(ledger, "thing-77")),
        "passes": ("passes", lambda: show_passes.passes(ledger, LIMIT)),
        "gaps": ("gaps", lambda: show_passes.gaps(ledger, None, LIMIT)),
        "trends": ("trends", lambda: show_trends.trends(ledger, "severity", catalog, LIMIT)),
        "trends --by pillar": ("trends by pillar", lambda: show_trends.trends(ledger, "pillar", catalog, LIMIT)),
        "owners": ("owners", lambda: show_passes.owners(ledger, LIMIT)),
        "practices": ("practices", lambda: show_practices.practices(ledger, catalog, NOW, limit=LIMIT)),
        "practices SEC08": ("a question", lambda: show_practices.practices(ledger, catalog, NOW, "SEC08")),
        "practices --since first": ("moved", lambda: show_practices.moved(ledger, catalog, NOW, milestone)),
        "plan": ("the plan", lambda: show_practices.improvement_plan(ledger, catalog, NOW, 10)),
        "milestones": ("milestones", lambda: show_ledger.milestones(ledger, LIMIT)),
        "findings --all": (f"all of {count:,}", listed(limit=None, verdicts=show_findings.VERDICTS)),
        "verify": ("every row checked", lambda: show_ledger.verify(ledger)),
    }


LONG = {"findings --all", "verify"}
"""What is no list for a screen: timed, and not limited."""


def timed(work: Callable[[], Page], format_name: str, repeat: int = 3) -> float:
    """The least wall time in milliseconds, to the last byte."""
    best = float("inf")
    for _ in range(repeat):
        started = time.perf_counter()
        LISTINGS[format_name](work(), io.StringIO(), Style())
        best = min(best, (time.perf_counter() - started) * 1_000)
    return best


def process(where: str, words: list[str]) -> tuple[float, float]:
    """Wall and CPU time of the whole command, in milliseconds."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    run = subprocess.run([sys.executable, "-m", "mainstay", "show", *words, "--ledger", where], capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if run.returncode not in (0, 1):
        raise SystemExit(run.stderr.decode())
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return (time.perf_counter() - started) * 1_000, cpu * 1_000


def main(count: int, where: str) -> int:
    gc.set_threshold(*GARBAGE)  # as the command has it
    started = time.process_time()
    catalog()
    print(f"the catalogue, read once by what needs it: {(time.process_time() - started) * 1_000:.0f} ms of CPU")
    with open_ledger(where, write=True) as ledger:
        if not ledger.passes():
            fill(ledger, count)
    slowest = 0.0
    with open_ledger(where, write=False) as ledger:
        print(f"{'mainstay show ...':34} {'console':>9} {'json':>9}   {'process':>9} {'its CPU':>9}")
        for words, (_, work) in lists(ledger, count).items():
            console, json = timed(work, "console"), timed(work, "json")
            wall, cpu = process(where, words.split())
            print(f"{words:34} {console:6.0f} ms {json:6.0f} ms   {wall:6.0f} ms {cpu:6.0f} ms", flush=True)
            if words not in LONG:
                slowest = max(slowest, console, json)
    print(f"slowest list: {slowest:.0f} ms")
    return int(count <= 50_000 and slowest >= LIMIT_MS)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    with tempfile.TemporaryDirectory() as home:
        place = next((one for one in arguments if "://" in one or "/" in one), f"{home}/ledger.sqlite")
        sys.exit(main(next((int(one) for one in arguments if one.isdigit()), 50_000), place))
