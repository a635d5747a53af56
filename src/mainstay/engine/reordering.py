"""Puts what arrives a little out of order into the order in which it happened."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")

FARTHEST_US = 86_400_000_000
"""What lies more than a day ahead of all before it is a clock that is wrong, unless others leap as well."""


class Reordering(Generic[T]):
    """A buffer that gives each thing back when nothing before it is to be expected: `lateness_us` after it, in the time
    of what arrives. With a lateness of 0 nothing waits.

    `late` counts what arrived after something behind it had been given back; it comes back at once. One clock that is
    days ahead does not carry the others with it.
    """

    def __init__(self, lateness_us: int) -> None:
        self.lateness_us = lateness_us
        self.late = 0
        self._waiting: list[tuple[int, str, int, T]] = []
        self._newest: int | None = None
        self._ahead: int | None = None
        self._given: tuple[int, str] = (-(2**63), "")
        self._count = 0

    def add(self, time_us: int, id: str, thing: T) -> Sequence[T]:
        """Takes one in, and gives back those whose time has come."""
        self._count += 1
        until = self._see(time_us) - self.lateness_us
        if (time_us, id) < self._given:
            self.late += 1
            return (thing,)
        waiting = self._waiting
        heapq.heappush(waiting, (time_us, id, self._count, thing))
        return () if waiting[0][0] > until else list(self._until(until))

    def flush(self) -> Iterator[T]:
        """Gives back everything: nothing earlier is to be expected."""
        yield from self._until(2**63)

    def __len__(self) -> int:
        return len(self._waiting)

    def waiting(self) -> Iterator[T]:
        """What waits for its turn, in no order."""
        return (thing for _, _, _, thing in self._waiting)

    def restore(self, time_us: int, id: str, thing: T) -> None:
        """Takes in what has waited before, in another run."""
        self._count += 1
        self._see(time_us)
        heapq.heappush(self._waiting, (time_us, id, self._count, thing))

    def _until(self, time_us: int) -> Iterator[T]:
        while self._waiting and self._waiting[0][0] <= time_us:
            when, id, _, thing = heapq.heappop(self._waiting)
            self._given = max(self._given, (when, id))
            yield thing

    def _see(self, time_us: int) -> int:
        """Moves the clock on; by a leap of more than a day only when two have made one, to the nearer."""
        newest = self._newest
        if newest is None or time_us <= newest + FARTHEST_US:
            newest = time_us if newest is None else max(newest, time_us)
        elif self._ahead is None:
            self._ahead = time_us
        else:
            newest, self._ahead = min(time_us, self._ahead), None
        self._newest = newest
        return newest
