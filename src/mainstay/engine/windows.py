"""Sliding windows: which events of a correlation's rules come together, group by group.

An event looks at itself and at what happened up to `timespan` before it, an event of exactly that age included (as in
pySigma's SQLite back end). The condition is asked at each event. A firing comes when it becomes true for a group, and
again only after it was false or the window had run empty. For temporal correlations the episode also ends once all
events up to the firing have left: what comes then is a new sequence.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt, ne
from typing import Final

from mainstay.engine.aggregates import Aggregate, Average, Events, Member, Metric, Percentile, Rules, Sum, Values
from mainstay.engine.ordering import InOrder
from mainstay.engine.tracking import MOST_ENTRIES, Entry, Key, ends, number, text_of, value_of
from mainstay.model.detections import Bound, Correlation, CorrelationType

COMPARES: Final[Mapping[Bound, Callable[[Metric, float], bool]]] = {
    "gt": gt,
    "gte": ge,
    "lt": lt,
    "lte": le,
    "eq": eq,
    "neq": ne,
}
NUMBERS: Final[tuple[CorrelationType, ...]] = ("value_sum", "value_avg", "value_percentile", "value_median")
TEMPORAL: Final[tuple[CorrelationType, ...]] = ("temporal", "temporal_ordered")
MOST_EVENTS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Firing:
    """A condition that became true for the group `key`.

    `ids` are the window's events, of many the first and the last 100; `count` is how many there were. `metric` is what
    was compared.
    """

    time_us: int
    key: Key
    ids: tuple[str, ...]
    count: int
    metric: float


class Group:
    """The window of one group."""

    __slots__ = ("active", "aggregate", "by_id", "fired_us", "members")

    def __init__(self, aggregate: Aggregate) -> None:
        self.aggregate = aggregate
        self.members: deque[Member] = deque()
        self.by_id: dict[str, Member] = {}
        self.active = False
        self.fired_us = 0

    def insert(self, member: Member) -> None:
        """In its place in time, which is the end but for events that come late."""
        self.by_id[member.id] = member
        at = len(self.members)
        while at and self.members[at - 1].time_us > member.time_us:
            at -= 1
        if at == len(self.members):
            self.members.append(member)
            self.aggregate.add(member)
        else:
            self.members.insert(at, member)
            self.aggregate.insert(member, self.members)

    def remove_oldest(self) -> Member:
        member = self.members.popleft()
        del self.by_id[member.id]
        self.aggregate.remove(member)
        return member


class Windows:
    """The windows of one correlation, one for each group that has events in it.

    `late` counts events that came when their window was over, `dropped` those that had to go before, because a window
    held more than `most_events` or there were more than `most_groups`. With `kept`, changes are noted for `changes`.
    """

    def __init__(
        self,
        correlation: Correlation,
        *,
        kept: bool = False,
        most_groups: int = MOST_ENTRIES,
        most_events: int = MOST_EVENTS,
    ) -> None:
        self.dropped = 0
        self.late = 0
        self._correlation = correlation
        self._most = (most_groups, most_events)
        self._temporal = correlation.type in TEMPORAL
        self._bits = _bits(correlation.rules)
        self._condition = tuple((COMPARES[bound], limit) for bound, limit in _condition(correlation))
        self._groups: OrderedDict[Key, Group] = OrderedDict()  # the one that had no event for longest is first
        self._changed: dict[tuple[Key, str | None], None] | None = {} if kept else None

    def __len__(self) -> int:
        """How many groups there are."""
        return len(self._groups)

    def add(self, time_us: int, rule: int | str, key: Key, event_id: str, value: Hashable = None) -> Firing | None:
        """Takes in an event that `rule` (its id, or its number in the correlation) names. The same one again changes
        nothing, or adds a rule that names it.

        Values are compared as given. What is no number, where one is needed, or is None is passed over with its event.
        """
        if self._correlation.type in NUMBERS:
            value = number(value)
        if value is None and self._correlation.type.startswith("value"):
            return None
        self._forget(time_us - self._correlation.timespan_us)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = Group(_aggregate(self._correlation))
            if len(self._groups) > self._most[0]:
                self._drop_group()
        if not self._take(group, key, time_us, self._bits[rule], event_id, value):
            return None
        return self._ask(group, key)

    def changes(self) -> Iterator[tuple[str, str | None]]:
        """One entry for each event in a window, and one for each group that has fired."""
        changed, self._changed = self._changed or {}, None if self._changed is None else {}
        for key, event_id in changed:
            group = self._groups.get(key)
            if event_id is None:
                yield text_of([key]), text_of(group.fired_us) if group and group.active else None
            else:
                member = group.by_id.get(event_id) if group else None
                written = text_of([member.time_us, member.value, member.rules]) if member else None
                yield text_of([key, event_id]), written

    def load(self, entries: Iterable[Entry]) -> None:
        """Takes over what `changes` gave."""
        members, fired = [], {}
        for name, written in entries:
            key, *event_id = value_of(name)
            if event_id:
                time_us, value, rules = value_of(written)
                members.append((key, Member(time_us, event_id[0], value, rules)))
            else:
                fired[key] = value_of(written)
        for key, member in sorted(members, key=lambda one: (one[1].time_us, one[1].id)):
            group = self._groups.setdefault(key, Group(_aggregate(self._correlation)))
            group.insert(member)
            self._groups.move_to_end(key)
        for key, time_us in fired.items():
            if key in self._groups:
                self._groups[key].active, self._groups[key].fired_us = True, time_us

    # -- one event

    def _take(self, group: Group, key: Key, time_us: int, rules: int, event_id: str, value: Hashable) -> bool:
        """False where the event changes nothing."""
        known = group.by_id.get(event_id)
        if known is not None:
            more = rules & ~known.rules
            known.rules |= more
            self._note(key, event_id)
            return more != 0 and group.aggregate.widen(known, more, group.members)
        newest = max(time_us, group.members[-1].time_us) if group.members else time_us
        if time_us < newest - self._correlation.timespan_us:
            self.late += 1
            return False
        self._leave(group, key, newest - self._correlation.timespan_us)
        group.insert(Member(time_us, event_id, value, rules))
        self._groups.move_to_end(key)
        self._note(key, event_id)
        if len(group.members) > self._most[1]:
            self._note(key, group.remove_oldest().id)
            self.dropped += 1
        return True

    def _leave(self, group: Group, key: Key, since_us: int) -> None:
        while group.members and group.members[0].time_us < since_us:
            self._note(key, group.remove_oldest().id)
        if group.active and (not group.members or (self._temporal and group.members[0].time_us > group.fired_us)):
            group.active = False
            self._note(key, None)

    def _ask(self, group: Group, key: Key) -> Firing | None:
        metric = group.aggregate.metric()
        holds = metric is not None and all(compare(metric, limit) for compare, limit in self._condition)
        if metric is None or holds == group.active:
            return None
        group.active = holds
        group.fired_us = group.members[-1].time_us
        self._note(key, None)
        if not holds:
            return None
        count = len(group.members)
        ids = ends((one.id for one in group.members), count, (one.id for one in reversed(group.members)))
        return Firing(group.fired_us, key, ids, count, float(metric))

    # -- what is over

    def _forget(self, since_us: int) -> None:
        """Groups whose last event is too old for any window go, the oldest first: no other has to be looked at."""
        while self._groups:
            key, group = next(iter(self._groups.items()))
            if group.members and group.members[-1].time_us >= since_us:
                return
            self._remove_group(key, group)

    def _drop_group(self) -> None:
        key, group = next(iter(self._groups.items()))
        self.dropped += len(group.members)
        self._remove_group(key, group)

    def _remove_group(self, key: Key, group: Group) -> None:
        del self._groups[key]
        if group.active:
            self._note(key, None)
        if self._changed is not None:
            for member in group.members:
                self._note(key, member.id)

    def _note(self, key: Key, event_id: str | None) -> None:
        if self._changed is not None:
            self._changed[key, event_id] = None


def _aggregate(correlation: Correlation) -> Aggregate:
    match correlation.type:
        case "event_count":
            return Events()
        case "value_count":
            return Values()
        case "temporal":
            return Rules()
        case "temporal_ordered":
            return InOrder(len(correlation.rules))
        case "value_sum":
            return Sum()
        case "value_avg":
            return Average()
        case "value_percentile":
            return Percentile(correlation.percentile)
        case "value_median":
            return Percentile(50)


def _condition(correlation: Correlation) -> tuple[tuple[Bound, float], ...]:
    """Of a temporal correlation without one: all rules."""
    if correlation.type in TEMPORAL and not correlation.condition:
        return (("gte", len(correlation.rules)),)
    return correlation.condition


def _bits(rules: tuple[str, ...]) -> dict[int | str, int]:
    """For a rule's id and its number, its places among the rules as bits; a rule may be named more than once."""
    bits: dict[int | str, int] = {}
    for at, rule in enumerate(rules):
        bits[rule] = bits.get(rule, 0) | 1 << at
    return bits | {at: bits[rule] for at, rule in enumerate(rules)}
