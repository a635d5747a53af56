"""What a correlation makes of the events of a window: numbers that follow as events come and leave.

Sums, averages and percentiles are exact, so that they do not depend on what has been in the window before.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left, insort
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

Metric = int | float | Fraction


@dataclass(slots=True)
class Member:
    """An event in a window. `rules` has a bit for each rule of the correlation that names it."""

    time_us: int
    id: str
    value: Any
    rules: int


class Aggregate(ABC):
    """One number about the events of a window."""

    @abstractmethod
    def add(self, member: Member) -> None:
        """Takes in an event that is not older than any there."""

    @abstractmethod
    def remove(self, member: Member) -> None:
        """Lets the oldest event go."""

    @abstractmethod
    def metric(self) -> Metric | None:
        """The number; None where there is none, which fulfils no condition."""

    def insert(self, member: Member, members: Iterable[Member]) -> None:
        """Takes in an event that came late. `members` are all, in order."""
        self.add(member)

    def widen(self, member: Member, more: int, members: Iterable[Member]) -> bool:
        """Takes note that `more` rules name an event that is there. False where it counts once, so nothing changes."""
        return False


class Events(Aggregate):
    """event_count: how many events there are."""

    def __init__(self) -> None:
        self.count = 0

    def add(self, member: Member) -> None:
        self.count += 1

    def remove(self, member: Member) -> None:
        self.count -= 1

    def metric(self) -> Metric | None:
        return self.count


class Values(Aggregate):
    """value_count: how many different values."""

    def __init__(self) -> None:
        self.counts: dict[Hashable, int] = {}

    def add(self, member: Member) -> None:
        self.counts[member.value] = self.counts.get(member.value, 0) + 1

    def remove(self, member: Member) -> None:
        left = self.counts[member.value] - 1
        if left:
            self.counts[member.value] = left
        else:
            del self.counts[member.value]

    def metric(self) -> Metric | None:
        return len(self.counts)


class Rules(Aggregate):
    """temporal: how many different rules name an event."""

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}

    def add(self, member: Member) -> None:
        self._count(member.rules, 1)

    def remove(self, member: Member) -> None:
        self._count(member.rules, -1)

    def widen(self, member: Member, more: int, members: Iterable[Member]) -> bool:
        self._count(more, 1)
        return True

    def metric(self) -> Metric | None:
        return len(self.counts)

    def _count(self, rules: int, by: int) -> None:
        while rules:
            one = rules & -rules
            rules ^= one
            count = self.counts.get(one, 0) + by
            if count:
                self.counts[one] = count
            else:
                del self.counts[one]


class Sum(Aggregate):
    """value_sum"""

    def __init__(self) -> None:
        self.sum: int | Fraction = 0
        self.count = 0

    def add(self, member: Member) -> None:
        self.sum += _exact(member.value)
        self.count += 1

    def remove(self, member: Member) -> None:
        self.sum -= _exact(member.value)
        self.count -= 1

    def metric(self) -> Metric | None:
        return self.sum if self.count else None


class Average(Sum):
    """value_avg"""

    def metric(self) -> Metric | None:
        return Fraction(self.sum) / self.count if self.count else None


class Percentile(Aggregate):
    """value_percentile and value_median: between two values it lies in proportion, as SQL's PERCENTILE_CONT has it."""

    def __init__(self, percentile: float) -> None:
        self.part = Fraction(percentile) / 100
        self.values: list[int | float] = []

    def add(self, member: Member) -> None:
        insort(self.values, member.value)

    def remove(self, member: Member) -> None:
        del self.values[bisect_left(self.values, member.value)]

    def metric(self) -> Metric | None:
        if not self.values:
            return None
        position = (len(self.values) - 1) * self.part
        below = position.numerator // position.denominator
        low, between = self.values[below], position - below
        return _exact(low) + (_exact(self.values[below + 1]) - _exact(low)) * between if between else low


def _exact(value: int | float) -> int | Fraction:
    return value if isinstance(value, int) else Fraction(value)
