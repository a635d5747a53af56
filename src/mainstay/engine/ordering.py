"""The longest ordered sequence of rules in a window that slides, without looking at its events anew.

A stretch of events is summed up in a table: for any first and last rule, how many rules between them occur in order.
Tables of neighbouring stretches can be joined, so that a window is a queue of two stacks, as for any sum that cannot be
subtracted from. Events of one time make one stretch, for nobody knows their order: logs often tell seconds only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from mainstay.engine.aggregates import Aggregate, Member, Metric

Table = list[list[int]]
"""`table[first][last]`: the length of the longest sequence of rules from `first` to `last` (both included)."""


@dataclass(slots=True)
class Moment:
    """The events of one time: by the bits of the rules that name them, how many."""

    time_us: int
    counts: dict[int, int] = field(default_factory=dict)
    table: Table = field(default_factory=list)

    def count(self, rules: int, by: int) -> None:
        self.counts[rules] = self.counts.get(rules, 0) + by
        if not self.counts[rules]:
            del self.counts[rules]


class InOrder(Aggregate):
    """temporal_ordered: the most rules that occur in the order in which the correlation names them.

    An event stands for one rule of a sequence; events of one time stand in whichever order serves.
    """

    def __init__(self, rules: int) -> None:
        self._rules = rules
        self._leaving: list[
            tuple[Moment, Table]
        ] = []  # the oldest last, each with the table from it to the newest here
        self._come: list[Moment] = []
        self._behind: Table = self._nothing()  # of all that have come, the newest moment left out

    def add(self, member: Member) -> None:
        if not self._come or self._come[-1].time_us != member.time_us:
            if self._come:
                self._behind = self._join(self._behind, self._come[-1].table)
            self._come.append(Moment(member.time_us))
        self._come[-1].count(member.rules, 1)
        self._come[-1].table = self._table(self._come[-1].counts)

    def insert(self, member: Member, members: Iterable[Member]) -> None:
        self._leaving, self._come, self._behind = [], [], self._nothing()
        for one in members:
            self.add(one)

    def widen(self, member: Member, more: int, members: Iterable[Member]) -> bool:
        newest = self._come[-1] if self._come else None
        if newest is not None and newest.time_us == member.time_us:
            newest.count(member.rules & ~more, -1)
            newest.count(member.rules, 1)
            newest.table = self._table(newest.counts)
        else:
            self.insert(member, members)
        return True

    def remove(self, member: Member) -> None:
        if not self._leaving and len(self._come) > 1:
            self._turn()
        if not self._leaving:  # the newest moment stays where it can grow
            newest = self._come[0]
            newest.count(member.rules, -1)
            newest.table = self._table(newest.counts)
            if not newest.counts:
                self._come.clear()
            return
        oldest, _ = self._leaving.pop()
        oldest.count(member.rules, -1)
        if oldest.counts:
            self._leave(oldest)

    def metric(self) -> Metric | None:
        table = self._leaving[-1][1] if self._leaving else self._nothing()
        if self._come:
            table = self._join(self._join(table, self._behind), self._come[-1].table)
        return table[0][-1]

    def _turn(self) -> None:
        *older, newest = self._come
        self._come, self._behind = [newest], self._nothing()
        for moment in reversed(older):
            self._leave(moment)

    def _leave(self, moment: Moment) -> None:
        after = self._leaving[-1][1] if self._leaving else self._nothing()
        moment.table = self._table(moment.counts)
        self._leaving.append((moment, self._join(moment.table, after)))

    def _nothing(self) -> Table:
        return [[0] * self._rules for _ in range(self._rules)]

    def _join(self, earlier: Table, later: Table) -> Table:
        joined = self._nothing()
        for first in range(self._rules):
            before = earlier[first]
            for last in range(first, self._rules):
                best = max(before[last], later[first][last])
                for turn in range(first, last):
                    best = max(best, before[turn] + later[turn + 1][last])
                joined[first][last] = best
        return joined

    def _table(self, counts: dict[int, int]) -> Table:
        """Of one moment, any order serves: as many rules as there are different events for."""
        single = not any(rules & (rules - 1) for rules in counts)
        events = [rules for rules, count in counts.items() for _ in range(min(count, self._rules))]
        present = 0
        for rules in counts:
            present |= rules
        table = self._nothing()
        for first in range(self._rules):
            for last in range(first, self._rules):
                span = ((1 << (last + 1)) - 1) & ~((1 << first) - 1)
                if single:
                    table[first][last] = (present & span).bit_count()
                else:
                    table[first][last] = _most(present & span, events)
        return table


def _most(rules: int, events: list[int]) -> int:
    """For how many of `rules` there is an event of its own (a matching, by augmenting paths)."""
    taken: dict[int, int] = {}  # which rule an event stands for

    def place(rule: int, tried: set[int]) -> bool:
        for at, named in enumerate(events):
            if named & rule and at not in tried:
                tried.add(at)
                if at not in taken or place(taken[at], tried):
                    taken[at] = rule
                    return True
        return False

    return sum(place(1 << at, set()) for at in range(rules.bit_length()) if rules >> at & 1)
