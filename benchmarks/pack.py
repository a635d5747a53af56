"""How well the pack tells attacks from what looks like them: recall, decoys and noise on seeds of the simulation.

    python -m benchmarks.pack --seeds 101-110 --days 16 --events-per-day 8000

The rules have to be judged on seeds that nobody looked at while writing them. An incident counts as touched when a
finding's events are among its own, or, of incidents that leave their traces in flow or resolver logs, when a finding
from these logs falls into its time and account. The configuration is what the simulated company would write.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from tempfile import TemporaryDirectory

from mainstay.catalog.sigma import declared_lists, load_rules
from mainstay.model.detections import MICROSECONDS, EventFinding
from mainstay.model.events import Batch
from mainstay.model.locations import Location, Places
from mainstay.simulation import ATTACKS, DECOYS, Incident, Simulation, deliver, deliver_flows, deliver_queries, generate
from mainstay.sources import logs
from mainstay.verbs import log_files
from mainstay.verbs.hunting import Judging
from mainstay.verbs.simulate import POSITIONS, START

HOUR_US = 3600 * MICROSECONDS
SLACK = timedelta(minutes=10)


def judging(made: Simulation, rules: Sequence[Path] = ()) -> Judging:
    """The pack, as the simulated company would configure it."""
    known = declared_lists()
    lists = {name: values for name, values in made.lists().items() if name in known}
    located = (
        (ip_network(network), Location(country, *POSITIONS[country]))
        for network, country in made.places().items()
        if country in POSITIONS
    )
    return Judging(load_rules(rules, lists), lists, Places(located))


def batches(made: Simulation, folder: Path, wires: bool) -> Iterator[Batch]:
    """The logs as they are delivered, read back."""
    deliver(made, folder)
    if wires:
        deliver_flows(made, folder, 5000)
        deliver_queries(made, folder, 3000)
    for file in log_files.found([str(folder)]):
        yield from logs.read(file)


class Outcome:
    """What was found on one seed, or on several added up."""

    def __init__(self) -> None:
        self.events = 0
        self.touched: dict[str, list[bool]] = defaultdict(list)
        self.decoys: dict[str, list[bool]] = defaultdict(list)
        self.by_decoy: Counter[tuple[str, str]] = Counter()
        self.noise: Counter[str] = Counter()
        self.examples: dict[str, EventFinding] = {}

    def add(self, made: Simulation, found: Sequence[EventFinding], events: int) -> None:
        self.events += events
        whose = {id: incident for incident in made.incidents for id in incident.event_ids}
        hit: dict[str, set[str]] = defaultdict(set)
        for finding in found:
            incidents = {whose[id].id for id in (*finding.group, finding.event_id) if id in whose}
            if finding.source != "cloudtrail":
                incidents = {one.id for one in made.incidents if _in_time(one, finding)}
            for id in incidents:
                hit[id].add(finding.rule.about.id)
            if not incidents:
                self.noise[finding.rule.about.id] += 1
                self.examples.setdefault(finding.rule.about.id, finding)
        for incident in made.incidents:
            (self.decoys if incident.is_decoy else self.touched)[incident.kind].append(bool(hit[incident.id]))
            if incident.is_decoy:
                self.by_decoy.update((incident.kind, rule) for rule in hit[incident.id])

    def report(self) -> Iterator[str]:
        touched = [one for kind in self.touched.values() for one in kind]
        decoys = [one for kind in self.decoys.values() for one in kind]
        noise = sum(self.noise.values())
        yield f"attacks touched: {sum(touched)} of {len(touched)}"
        for kind, each in sorted(self.touched.items()):
            if not all(each):
                yield f"  {kind}: {sum(each)} of {len(each)}"
        yield f"decoys with a finding: {sum(decoys)} of {len(decoys)} ({100 * sum(decoys) / max(len(decoys), 1):.1f} %)"
        for (kind, rule), count in self.by_decoy.most_common():
            yield f"  {kind}: {rule} {count}"
        rate = 1e4 * noise / self.events
        yield f"findings on the background: {noise} in {self.events:,} events ({rate:.3f} in 10,000)"
        for rule, count in self.noise.most_common():
            one = self.examples[rule]
            yield f"  {rule} {count}: {one.event_name} by {one.principal} from {one.source_ip} {one.values}"


def _in_time(incident: Incident, finding: EventFinding) -> bool:
    at = finding.time_us / MICROSECONDS
    within = (incident.start - SLACK).timestamp() <= at <= (incident.end + timedelta(hours=1)).timestamp()
    return within and bool(incident.flows or incident.queries)


def run(seed: int, days: float, events_per_day: int, wires: bool, outcome: Outcome) -> None:
    """One seed: each attack and each decoy once."""
    made = generate(seed, START, days, events_per_day, list(ATTACKS), list(DECOYS), quiet=min(0.6, 8 / days))
    detector = judging(made).detector(HOUR_US)
    found: list[EventFinding] = []
    events = 0
    with TemporaryDirectory() as folder:
        for batch in batches(made, Path(folder), wires):
            events += len(batch.records)
            found += detector.take(batch.source, batch.records)
    found += detector.flush()
    outcome.add(made, found, events)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="101-105", help="FIRST-LAST")
    parser.add_argument("--days", type=float, default=16)
    parser.add_argument("--events-per-day", type=int, default=8000)
    parser.add_argument("--no-wires", action="store_true", help="CloudTrail only")
    asked = parser.parse_args()
    first, _, last = asked.seeds.partition("-")
    outcome = Outcome()
    for seed in range(int(first), int(last or first) + 1):
        run(seed, asked.days, asked.events_per_day, not asked.no_wires, outcome)
    print("\n".join(outcome.report()))


if __name__ == "__main__":
    main()
