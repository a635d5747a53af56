"""What was there before: values never seen, many different ones, more than usual. `travel.py` has the fourth state.

An event that comes again changes nothing that was counted: a value is known or not, and of a volume the last events of
the present window are remembered by their ids.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Final

from mainstay.engine.tracking import (
    HOUR_US,
    MOST_ENTRIES,
    Entry,
    Key,
    Measured,
    Memory,
    StateFiring,
    Tracker,
    ends,
    number,
    text_of,
    value_of,
)
from mainstay.engine.travel import TravelTracker
from mainstay.model.detections import MICROSECONDS, Distinct, FirstSeen, State, Travel, Volume

__all__ = ["StateFiring", "Tracker", "tracker"]

LAST_IDS: Final = 20
"""How many ids of a window a volume remembers."""


def tracker(state: State, *, kept: bool = False, most: int = MOST_ENTRIES) -> Tracker:
    """What remembers for a state. With `kept`, changes are noted for `changes`."""
    make: Callable[..., Tracker]
    match state:
        case FirstSeen():
            make = partial(FirstSeenTracker, state)
        case Distinct():
            make = partial(DistinctTracker, state)
        case Volume():
            make = partial(VolumeTracker, state)
        case Travel():
            make = partial(TravelTracker, state)
    return make(kept=kept, most=most)


class FirstSeenTracker:
    """Which values each `by` has had.

    When a value was last seen is known to the hour (to a 24th of `forget_us`, where that is shorter) and rounded up, so
    that it is forgotten by so much late, never early. `by` is known from its first event on, until there are too many:
    one that sleeps for longer than `forget_us` has forgotten its values and fires when it comes back.
    """

    def __init__(self, state: FirstSeen, *, kept: bool, most: int) -> None:
        self._learn_us = state.learn_us
        self._grain = max(1, min(HOUR_US, state.forget_us // 24))
        self._keep = -(-state.forget_us // self._grain)  # in grains
        self._seen: Memory[tuple[Key, Key], int] = Memory(most, kept)
        self._since: Memory[Key, tuple[int, int]] = Memory(most, kept)  # known since, last seen in grain

    @property
    def dropped(self) -> int:
        return self._seen.dropped + self._since.dropped

    def add(self, time_us: int, by: Key, of: Measured, event_id: str, learn: bool = False) -> StateFiring | None:
        now = time_us // self._grain
        last = self._seen.entries.get((by, of))  # type: ignore[arg-type]  # what is no tuple is never there
        if last == now or not isinstance(of, tuple):
            return None
        if last is not None and now < last:
            return None
        self._forget(now)
        since, _ = self._since.entries.get(by, (time_us, now))
        self._since.put(by, (since, now))
        self._seen.put((by, of), now)
        if learn or time_us - since < self._learn_us or (last is not None and now - last <= self._keep):
            return None
        told = {"known since": _moment(since)}
        if last is not None:
            told["last seen"] = _moment(last * self._grain)
        return StateFiring(time_us, by, (event_id,), told)

    def _forget(self, now: int) -> None:
        while (oldest := self._seen.oldest()) and now - oldest[1] > self._keep:
            self._seen.remove(oldest[0])

    def changes(self) -> Iterator[tuple[str, str | None]]:
        for pair, written in self._seen.changed(int):
            yield text_of(pair), written
        for by, written in self._since.changed(tuple):
            yield text_of([by]), written

    def load(self, entries: Iterable[Entry]) -> None:
        seen, since = {}, {}
        for name, written in entries:
            by, *of = value_of(name)
            if of:
                seen[by, of[0]] = int(value_of(written))
            else:
                known, last = value_of(written)
                since[by] = (known, last)
        self._seen.entries.update(sorted(seen.items(), key=lambda one: one[1]))
        self._since.entries.update(sorted(since.items(), key=lambda one: one[1][1]))


class DistinctTracker:
    """The different values of each `by`, each with its last event: as many as sliding windows would show."""

    def __init__(self, state: Distinct, *, kept: bool, most: int) -> None:
        self._within_us, self._at_least = state.within_us, state.at_least
        self._seen: Memory[tuple[Key, Key], tuple[int, str]] = Memory(most, kept)
        self._values: dict[Key, OrderedDict[Key, str]] = {}
        self._fired: Memory[Key, bool] = Memory(most, kept)

    @property
    def dropped(self) -> int:
        return self._seen.dropped

    def add(self, time_us: int, by: Key, of: Measured, event_id: str, learn: bool = False) -> StateFiring | None:
        if not isinstance(of, tuple):
            return None
        while (oldest := self._seen.oldest()) and oldest[1][0] < time_us - self._within_us:
            self._seen.remove(oldest[0])
            self._leave(*oldest[0])
        known = self._seen.entries.get((by, of))
        if known is not None and known[0] >= time_us:
            return None
        values = self._values.setdefault(by, OrderedDict())
        values[of] = event_id
        values.move_to_end(of)
        for pair, _ in self._seen.put((by, of), (time_us, event_id)):
            self._leave(*pair)
        return self._ask(time_us, by, values, learn)

    def _ask(self, time_us: int, by: Key, values: OrderedDict[Key, str], learn: bool) -> StateFiring | None:
        if len(values) < self._at_least:
            if by in self._fired.entries:
                self._fired.remove(by)
            return None
        if learn or by in self._fired.entries:
            return None
        self._fired.put(by, True)
        shown = [", ".join(map(str, one)) for one, _ in zip(reversed(values), range(5), strict=False)]
        told = {"different values": str(len(values)), "the last": "; ".join(reversed(shown))}
        return StateFiring(time_us, by, ends(values.values(), len(values), reversed(values.values())), told)

    def _leave(self, by: Key, of: Key) -> None:
        values = self._values[by]
        del values[of]
        if not values:
            del self._values[by]
            if by in self._fired.entries:
                self._fired.remove(by)

    def changes(self) -> Iterator[tuple[str, str | None]]:
        for pair, written in self._seen.changed(tuple):
            yield text_of(pair), written
        for by, written in self._fired.changed(bool):
            yield text_of([by]), written

    def load(self, entries: Iterable[Entry]) -> None:
        seen = {}
        for name, written in entries:
            by, *of = value_of(name)
            if of:
                time_us, event_id = value_of(written)
                seen[by, of[0]] = (time_us, event_id)
            else:
                self._fired.entries[by] = value_of(written)
        for (by, value), (time_us, event_id) in sorted(seen.items(), key=lambda one: one[1]):
            self._seen.entries[by, value] = (time_us, event_id)
            self._values.setdefault(by, OrderedDict())[value] = event_id


@dataclass(slots=True)
class Usage:
    """What one `by` sums up. `past` holds the windows that may be the greatest one day, each smaller than before it;
    the last one before the present stands apart, since it may be the beginning of what is out of the usual."""

    since_us: int
    window: int
    sum: int | float = 0
    count: int = 0
    fired: bool = False
    past: deque[tuple[int, int | float]] = field(default_factory=deque)
    last: tuple[int, int | float] | None = None
    ids: deque[str] = field(default_factory=lambda: deque(maxlen=LAST_IDS))

    def turn(self, window: int) -> None:
        """Closes the window, for another begins."""
        if self.last is not None:
            while self.past and self.past[-1][1] <= self.last[1]:
                self.past.pop()
            self.past.append(self.last)
        self.last = self.window, self.sum
        self.window, self.sum, self.count, self.fired = window, 0, 0, False
        self.ids.clear()


class VolumeTracker:
    """What each `by` sums up in the present window, and the sums of the windows before."""

    def __init__(self, state: Volume, *, kept: bool, most: int) -> None:
        self._state = state
        self._windows = max(1, -(-state.learn_us // state.within_us))
        self._usage: Memory[Key, Usage] = Memory(most, kept)

    @property
    def dropped(self) -> int:
        return self._usage.dropped

    def add(self, time_us: int, by: Key, of: Measured, event_id: str, learn: bool = False) -> StateFiring | None:
        amount = 1 if self._state.of is None else number(of)
        window = time_us // self._state.within_us
        usage = self._usage.entries.get(by) or Usage(time_us, window)
        if amount is None or window < usage.window or (window == usage.window and event_id in usage.ids):
            return None
        if window > usage.window:
            usage.turn(window)
        while usage.past and usage.past[0][0] < window - self._windows:
            usage.past.popleft()
        usage.sum += amount
        usage.count += 1
        usage.ids.append(event_id)
        self._usage.put(by, usage)
        return self._ask(time_us, by, usage, learn)

    def _ask(self, time_us: int, by: Key, usage: Usage, learn: bool) -> StateFiring | None:
        usual = usage.past[0][1] if usage.past else 0
        if usage.last is not None and self._is_past(usage.last, usage.window):
            usual = max(usual, usage.last[1])
        known = self._state.new or time_us - usage.since_us >= self._state.learn_us
        unusual = usage.sum >= self._state.at_least and usage.sum >= self._state.times * usual
        if learn or usage.fired or not known or not unusual:
            return None
        usage.fired = True
        began = _moment(usage.window * self._state.within_us)
        told = {"sum": f"{usage.sum:g}", "usual": f"{usual:g}", "events": str(usage.count), "since": began}
        return StateFiring(time_us, by, tuple(usage.ids), told)

    def _is_past(self, last: tuple[int, int | float], window: int) -> bool:
        """Whether the last window says what is usual: a little right before this one may be its beginning."""
        began, amount = last
        return began >= window - self._windows and (began < window - 1 or amount >= self._state.at_least)

    def changes(self) -> Iterator[tuple[str, str | None]]:
        for by, written in self._usage.changed(_usage_written):
            yield text_of(by), written

    def load(self, entries: Iterable[Entry]) -> None:
        read = []
        for name, written in entries:
            since_us, window, total, count, fired, past, last, ids = value_of(written)
            usage = Usage(since_us, window, total, count, fired, deque(past), last, deque(ids, LAST_IDS))
            read.append((value_of(name), usage))
        self._usage.entries.update(sorted(read, key=lambda one: one[1].window))


def _usage_written(usage: Usage) -> object:
    return [
        usage.since_us,
        usage.window,
        usage.sum,
        usage.count,
        usage.fired,
        list(usage.past),
        usage.last,
        list(usage.ids),
    ]


def _moment(time_us: int) -> str:
    try:
        return datetime.fromtimestamp(time_us / MICROSECONDS, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, ValueError, OSError):
        return f"{time_us} us"  # a log may hold any year
