"""How well the pack tells attacks from what looks like them: recall, decoys and noise on seeds of the simulation.

    python -m benchmarks.pack --seeds 101-110,115 --each 4

The rules have to be judged on seeds that nobody looked at while writing them. An incident counts as touched when a
finding's events are among its own, or, of incidents that leave their traces in flow or resolver logs, when a finding
from these logs falls into its time and account. A finding about an attack's and a decoy's events at once, such as two
sign-ins of one user, is the attack's. The configuration is what the simulated company would write. Flow and
resolver logs have a rate of noise of their own, so that their many quiet lines do not dilute CloudTrail's. Ends with 1
when a target is missed.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
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
TOUCHED, DECOYS_FOUND, NOISE = 0.95, 0.02, 1.0
"""The targets: the least part of each kind's incidents, the greatest part of decoys, findings in 10,000 events."""


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
        self.events: Counter[str] = Counter()
        self.touched: dict[str, list[set[str]]] = defaultdict(list)
        self.decoys: dict[str, list[set[str]]] = defaultdict(list)
        self.misses: list[str] = []
        self.noise: Counter[tuple[str, str]] = Counter()
        self.examples: dict[str, EventFinding] = {}

    def add(self, made: Simulation, found: Sequence[EventFinding], events: Mapping[str, int]) -> None:
        self.events.update(events)
        whose = {id: incident for incident in made.incidents for id in incident.event_ids}
        decoys = {incident.id for incident in made.incidents if incident.is_decoy}
        hit: dict[str, set[str]] = defaultdict(set)
        for finding in found:
            incidents = {whose[id].id for id in (*finding.group, finding.event_id) if id in whose}
            if finding.source != "cloudtrail":
                incidents = {one.id for one in made.incidents if _in_time(one, finding)}
            attacks = incidents - decoys
            for id in attacks or incidents:
                hit[id].add(finding.rule.about.id)
            if not incidents:
                self.noise[finding.source, finding.rule.about.id] += 1
                self.examples.setdefault(finding.rule.about.id, finding)
        for incident in made.incidents:
            (self.decoys if incident.is_decoy else self.touched)[incident.kind].append(hit[incident.id])
            if bool(hit[incident.id]) is incident.is_decoy:
                self.misses.append(f"  seed {made.company.seed}: {incident.id}, {incident.start:%Y-%m-%d %H:%M}")

    def noisy(self, source: str) -> float:
        """The findings of a source in 10,000 of its events."""
        found = sum(count for (of, _), count in self.noise.items() if of == source)
        return 1e4 * found / self.events[source]

    def missed_targets(self) -> Iterator[str]:
        for kind, each in sorted(self.touched.items()):
            if sum(map(bool, each)) < TOUCHED * len(each):
                yield f"{kind} is touched in {sum(map(bool, each))} of {len(each)}"
        decoys = [one for each in self.decoys.values() for one in each]
        if decoys and sum(map(bool, decoys)) >= DECOYS_FOUND * len(decoys):
            yield f"{sum(map(bool, decoys))} of {len(decoys)} decoys have a finding"
        for source in sorted(self.events):
            if self.noisy(source) > NOISE:
                yield f"{self.noisy(source):.3f} findings in 10,000 background events of {source}"

    def report(self, every_kind: bool = False) -> Iterator[str]:
        for title, kinds in (("attacks touched", self.touched), ("decoys with a finding", self.decoys)):
            every = [one for each in kinds.values() for one in each]
            share = 100 * sum(map(bool, every)) / max(len(every), 1)
            yield f"{title}: {sum(map(bool, every))} of {len(every)} ({share:.1f} %)"
            for kind, each in sorted(kinds.items()):
                if every_kind or (any(each) if kinds is self.decoys else not all(each)):
                    rules = Counter(rule for one in each for rule in one)
                    by = ", ".join(f"{rule} {count}" for rule, count in rules.most_common(6))
                    yield f"  {kind}: {sum(map(bool, each))} of {len(each)}, by {len(rules)}: {by or 'none'}"
        if self.misses:
            yield from ("attacks without a finding, and decoys with one:", *self.misses)
        for source, count in sorted(self.events.items()):
            found = sum(number for (of, _), number in self.noise.items() if of == source)
            yield f"findings on the background of {source}: {found} in {count:,} ({self.noisy(source):.3f} in 10,000)"
        for (_, rule), count in self.noise.most_common():
            one = self.examples[rule]
            yield f"  {rule} {count}: {one.event_name} by {one.principal} from {one.source_ip} {one.values}"
        missed = list(self.missed_targets())
        yield "targets missed: " + "; ".join(missed) if missed else "every target is reached"


def _in_time(incident: Incident, finding: EventFinding) -> bool:
    at = finding.time_us / MICROSECONDS
    within = (incident.start - SLACK).timestamp() <= at <= (incident.end + timedelta(hours=1)).timestamp()
    return within and bool(incident.flows or incident.queries) and finding.account in (None, "", incident.account)


def run(seed: int, days: float, events_per_day: int, wires: bool, each: int, outcome: Outcome) -> None:
    """One seed: each kind of attack and of decoy so many times."""
    attacks, decoys = list(ATTACKS) * each, list(DECOYS) * each
    made = generate(seed, START, days, events_per_day, attacks, decoys, quiet=min(0.6, 8 / days))
    detector = judging(made).detector(HOUR_US)
    found: list[EventFinding] = []
    events: Counter[str] = Counter()
    with TemporaryDirectory() as folder:
        for batch in batches(made, Path(folder), wires):
            events[batch.source] += len(batch.records)
            found += detector.take(batch.source, batch.records)
    found += detector.flush()
    events["cloudtrail"] -= len(made.played)
    outcome.add(made, found, events)


def seeds(text: str) -> Iterator[int]:
    """The numbers that `201-203,301` names."""
    for part in text.split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="101-105", help="FIRST-LAST, several with commas")
    parser.add_argument("--each", type=int, default=1, help="how many incidents of every kind a seed has")
    parser.add_argument("--days", type=float, default=16)
    parser.add_argument("--events-per-day", type=int, default=8000)
    parser.add_argument("--no-wires", action="store_true", help="CloudTrail only")
    parser.add_argument("--every-kind", action="store_true", help="also the kinds of which all is well")
    asked = parser.parse_args()
    outcome = Outcome()
    for seed in seeds(asked.seeds):
        run(seed, asked.days, asked.events_per_day, not asked.no_wires, asked.each, outcome)
    print("\n".join(outcome.report(asked.every_kind)))
    return 1 if any(outcome.missed_targets()) else 0


if __name__ == "__main__":
    sys.exit(main())
