"""Judges events by rules: the one way from records of logs to findings, for a stream and for a hunt alike.

    records ─► Selection ─► closures ─► findings of single events
                                  └───► in order of time ─► states ─► correlations ─► findings of several

`Selection` leaves the few rules that can fire at all; only for them the event is put together and conditions judged.
What feeds a state or a correlation is first put into order, since both ask what was before.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from mainstay.engine.at_work import CorrelationAtWork, DetectionAtWork, Match
from mainstay.engine.chains import Chains, is_handing_out
from mainstay.engine.plans import NOTHING, Noted, Plan, Plans
from mainstay.engine.reads import reads
from mainstay.engine.reordering import Reordering
from mainstay.engine.selecting import Meaning, keys_of
from mainstay.engine.sightings import shown
from mainstay.engine.tracking import Kept, Measured
from mainstay.engine.turns import Brief, Turn, Whole
from mainstay.engine.waiting import Waiting
from mainstay.engine.walk import split
from mainstay.model.detections import About, Correlation, Detection, EventFinding, Rule
from mainstay.model.event_facts import EVENT_FACTS
from mainstay.model.events import Event, Logged, LogSource, Occurrence

MOST_REMEMBERED = 131_072

HANDING_OUT = Detection(
    About("hands-out-a-session", "A session is handed out", "low"),
    {"product": "aws", "service": "cloudtrail"},
    "cloudtrail",
    is_handing_out,
    quiet=True,
)
"""Serves the chains of assumed roles: no rule of anybody's, and asked only where a rule reads what they teach."""

WAITING = replace(HANDING_OUT, about=About("waits-for-its-turn", "An event waits for its turn", "low"))
"""Stands for what waits to be put into order, which a state file keeps as well."""

Origins = Callable[[str, str], tuple[str, int]]
"""Of an access key's id and a session's ARN: the principal who began the chain, and over how many sessions."""


@dataclass(slots=True)
class Counts:
    """What a detector has seen and could not use."""

    events: Counter[LogSource] = field(default_factory=Counter)
    candidates: int = 0
    repeated: int = 0
    fired: Counter[str] = field(default_factory=Counter)


class Recent:
    """The last events that some rule may fire on, by source and id, so that one that is delivered twice counts once.

    At least `most` of them and at most twice as many: of two sets the older one is forgotten whenever the newer one is
    full. A dict that loses its first key time and again takes ever longer to find it.
    """

    __slots__ = ("_before", "_most", "_now")

    def __init__(self, most: int) -> None:
        self._most = most
        self._now: set[tuple[LogSource, str]] = set()
        self._before: set[tuple[LogSource, str]] = set()

    def see(self, source: LogSource, id: str) -> bool:
        """Takes one in; whether it was here before."""
        one = (source, id)
        if one in self._now or one in self._before:
            return True
        if len(self._now) >= self._most:
            self._before, self._now = self._now, set()
        self._now.add(one)
        return False

    def __len__(self) -> int:
        return len(self._now) + len(self._before)


class Planned(Occurrence, Protocol):
    """An occurrence whose plan is known."""

    @property
    def source(self) -> LogSource: ...

    @property
    def plan(self) -> Plan: ...


class Detector:
    """Rules at work. Give it the records of logs in any order that is right within `lateness_us`; `flush` in the end.

    `meaning` makes what tells the derived facts of an event, given what is known of chains. With `learn`, states
    remember and nothing fires; with `kept`, they note what changes. Only events since `since_us` and before `until_us`
    count.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        meaning: Callable[[Origins], Meaning],
        lateness_us: int = 0,
        learn: bool = False,
        since_us: int | None = None,
        until_us: int | None = None,
        kept: bool = False,
    ) -> None:
        self.chains = Chains(kept=kept)
        self.counts = Counts()
        self.meaning = meaning(lambda key, arn: self.chains.origin(key, arn, self._now_us))
        self._now_us = 0
        self._learn = learn
        self._span = (since_us if since_us is not None else -(2**63), until_us if until_us is not None else 2**63)
        self._order: Reordering[Turn] = Reordering(lateness_us)
        self._recent = Recent(MOST_REMEMBERED)
        self._correlations = [CorrelationAtWork(rule, kept) for rule in rules if isinstance(rule, Correlation)]
        self._consumers: dict[str, list[CorrelationAtWork]] = defaultdict(list)
        for correlation in self._correlations:
            for fed in correlation.correlation.rules:
                self._consumers[fed].append(correlation)
        self._by_source = self._at_work(rules, kept)
        consumed = frozenset(self._consumers)
        self.plans = {
            source: Plans(source, at_work, self.meaning, consumed, learn) for source, at_work in self._by_source.items()
        }
        self._waiting = Waiting(self._order, self._by_source, self.meaning, self._recent.see)

    @property
    def detections(self) -> tuple[Detection, ...]:
        """The rules that single events are judged by: all that a source of events has to answer for."""
        return tuple(one.detection for at_work in self._by_source.values() for one in at_work)

    def memories(self) -> Iterator[tuple[Rule, Kept]]:
        """What is remembered, and for which rule: states, windows, chains of sessions, and what waits for its turn."""
        for at_work in self._by_source.values():
            yield from ((one.detection, one.tracker) for one in at_work if one.tracker is not None)
        yield from ((one.correlation, one.windows) for one in self._correlations)
        yield HANDING_OUT, self.chains
        yield WAITING, self._waiting

    @property
    def dropped(self) -> int:
        """How much had to be forgotten because there was too much of it."""
        trackers = (one.tracker for at_work in self._by_source.values() for one in at_work if one.tracker is not None)
        windows = (one.windows for one in self._correlations)
        return sum(one.dropped for one in trackers) + sum(one.dropped for one in windows) + self.chains.dropped

    @property
    def lateness_us(self) -> int:
        return self._order.lateness_us

    def __len__(self) -> int:
        """How many events wait for their turn."""
        return len(self._order)

    @property
    def late(self) -> int:
        """How many events came too late to be counted in their order."""
        return self._order.late

    def take(self, source: LogSource, records: Sequence[Logged]) -> Iterator[EventFinding]:
        """Judges the records of a batch."""
        self.counts.events[source] += len(records)
        plans = self.plans.get(source)
        if plans is None:
            return
        known = plans.known
        since_us, until_us = self._span
        for record in records:
            keys = record.keys()
            plan = known.get(keys) or plans.plan(keys)
            if plan is not NOTHING and since_us <= record.time_us < until_us:
                yield from self._judge(source, plan, record)

    def take_planned(self, planned: Iterable[Planned]) -> Iterator[EventFinding]:
        """Judges what somebody has chosen already, such as rows of an archive; counts none of it."""
        for one in planned:
            yield from self._judge(one.source, one.plan, one)

    def take_events(self, events: Iterable[Event]) -> Iterator[EventFinding]:
        """Judges events that somebody has chosen already, such as the rows of an archive; counts none of them."""
        since_us, until_us = self._span
        for event in events:
            if (plans := self.plans.get(event.source)) and since_us <= event.time_us < until_us:
                keys = keys_of(event.source, event.fields)
                plan = plans.known.get(keys) or plans.plan(keys)
                if plan is not NOTHING:
                    yield from self._judge(event.source, plan, Whole(event))

    def flush(self) -> Iterator[EventFinding]:
        """What waits for its turn is judged: no earlier events are to be expected."""
        for turn in self._order.flush():
            yield from self._in_order(turn)

    def _at_work(self, rules: Sequence[Rule], kept: bool) -> dict[LogSource, list[DetectionAtWork]]:
        by_source: dict[LogSource, list[DetectionAtWork]] = defaultdict(list)
        chained = any(_asks_chains(_paths_of(one.correlation)) for one in self._correlations)
        for rule in rules:
            if isinstance(rule, Detection) and rule.source is not None:
                remembering = _asks_chains(reads(rule.condition))
                chained |= remembering or (rule.state is not None and _asks_chains(rule.state.by))
                ordered = rule.about.id in self._consumers
                by_source[rule.source].append(DetectionAtWork(rule, ordered, remembering, kept))
        if chained:
            by_source["cloudtrail"].append(DetectionAtWork(HANDING_OUT, True, False, kept))
        return dict(by_source)

    def _judge(self, source: LogSource, plan: Plan, record: Occurrence) -> Sequence[EventFinding]:
        """What an event of that plan makes at once, and what it brings about in order."""
        self.counts.candidates += 1
        if plan.surely or plan.asked:
            return self._judge_whole(source, plan, record)
        time_us = record.time_us
        noted: list[tuple[Noted, Measured]] = []
        moved = record.moved() if plan.asks_bytes else None
        for one in plan.noted:
            of = one.measured(time_us, moved)
            if of is not None:
                noted.append((one, of))
        if not (plan.at_once or noted):
            return ()
        id, file, number = record.told()
        if self._recent.see(source, id):
            self.counts.repeated += 1
            return ()
        found: list[EventFinding] = []
        for sighting in plan.at_once:
            found.append(sighting.finding(time_us, id, file, number))
            self.counts.fired[sighting.rule.about.id] += 1
        if noted:
            brief = Brief(source, plan, time_us, id, file, number, moved)
            for turn in self._order.add(time_us, id, Turn(brief, (), noted)):
                found += self._in_order(turn)
        return found

    def _judge_whole(self, source: LogSource, plan: Plan, record: Occurrence) -> Sequence[EventFinding]:
        """The same where more than the KEYS decides."""
        event = record.event()
        derived = event.fields["derived"] = self.meaning.of(event)
        derived |= plan.facts
        fired: list[DetectionAtWork] = []
        ordered: list[DetectionAtWork] = []
        for one in plan.surely:
            (ordered if one.ordered else fired).append(one)
        for one, judge in plan.asked:
            if judge(event.fields) is True:
                (ordered if one.ordered else fired).append(one)
        moved = derived.get("bytes") if plan.asks_bytes else None
        noted = [(one, of) for one in plan.noted if (of := one.measured(event.time_us, moved)) is not None]
        if not (plan.at_once or ordered or fired or noted) or self._is_repeated(event):
            _part(event)
            return ()
        found = [sighting.finding(event.time_us, event.id, event.file, event.number) for sighting in plan.at_once]
        if not self._learn:
            found += [one.teller.finding(event) for one in fired if not one.detection.quiet and not one.excepts(event)]
        for finding in found:
            self.counts.fired[finding.rule.about.id] += 1
        if not (ordered or noted):
            _part(event)
            return found
        for turn in self._order.add(event.time_us, event.id, Turn(Whole(event), ordered, noted)):
            found += self._in_order(turn)
        return found

    def _is_repeated(self, event: Event) -> bool:
        """Whether the event was delivered before; trails deliver some twice."""
        if self._recent.see(event.source, event.id):
            self.counts.repeated += 1
            return True
        return False

    def _in_order(self, turn: Turn) -> Iterator[EventFinding]:
        """Everything before the event has been here: states and correlations can be asked."""
        of = turn.of
        self._now_us = of.time_us
        id = of.told()[0]
        for note, measured in turn.noted:
            one = note.rule
            assert one.tracker is not None
            firing = one.tracker.add(of.time_us, note.by, measured, id, self._learn)
            if firing is not None:
                yield from self._unusual(one, self._whole(of), firing.ids, firing.told)
        if not turn.matched:
            return
        event = self._whole(of)
        for one in turn.matched:
            if one.detection is HANDING_OUT:
                self.chains.learn(event)
        for one in turn.matched:
            if one.detection is HANDING_OUT:
                continue
            if one.remembering:
                event.fields["derived"] = self.meaning.of(event)
                if one.judge(event.fields) is not True:
                    continue
            unusual = one.remember(event, self._learn)
            if unusual is not None:
                yield from self._unusual(one, event, *unusual)
        _part(event)

    def _whole(self, of: Whole | Brief) -> Event:
        event = of.event()
        if "derived" not in event.fields:
            event.fields["derived"] = self.meaning.of(event)
        return event

    def _unusual(
        self, one: DetectionAtWork, event: Event, ids: tuple[str, ...], told: Mapping[str, str]
    ) -> Iterator[EventFinding]:
        """What comes of a rule that fires on an event, whose state says so where it has one."""
        if self._learn or one.excepts(event):
            return
        if not one.detection.quiet:
            self.counts.fired[one.id] += 1
            yield one.teller.finding(event, ids, len(ids), told)
        yield from self._correlated(Match(one.id, event))

    def _correlated(self, match: Match) -> Iterator[EventFinding]:
        for one in self._consumers.get(match.rule, ()):
            fired = one.add(match)
            if fired is None:
                continue
            onward, ids, count = fired
            if not one.correlation.quiet:
                self.counts.fired[one.id] += 1
                told = {name: shown(value) for name, value in onward.given.items() if value is not None}
                yield one.teller(match.event.source).finding(match.event, ids, count, told)
            yield from self._correlated(onward)


def _part(event: Event) -> None:
    """Ends the circle of fields and facts, which otherwise waits for the collector."""
    dict.pop(event.fields, "derived", None)


_REMEMBERED = {("derived", name) for name, fact in EVENT_FACTS.items() if fact.remembered}


def _asks_chains(paths: Iterable[str]) -> bool:
    return any(split(path)[:2] in _REMEMBERED for path in paths)


def _paths_of(correlation: Correlation) -> Iterator[str]:
    yield from correlation.group_by
    yield from correlation.fields
    for by_rule in correlation.aliases.values():
        yield from by_rule.values()
