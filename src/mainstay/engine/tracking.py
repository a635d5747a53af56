"""What windows and states have in common: how they remember within bounds, and how that is written down and read."""

from __future__ import annotations

import json
import math
import re
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, Protocol, TypeVar

from mainstay.model.detections import MICROSECONDS

Key = tuple[Hashable, ...]
Measured = Key | float | str | None
"""What a state looks at: values, or a number."""

Entry = tuple[str, str]
"""A key and a value as JSON texts, as they lie on disk."""

HOUR_US: Final = 3600 * MICROSECONDS
MOST_ENTRIES: Final = 1_000_000
SHOWN: Final = 100
"""How many ids a firing holds from either end of what it is about."""

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
_NUMBER = re.compile(r"-?[0-9]{1,300}(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")


class Kept(Protocol):
    """What can be kept on disk from one run to the next."""

    def changes(self) -> Iterator[tuple[str, str | None]]:
        """The entries that changed since the last call (all, before the first), None for those that are gone."""

    def load(self, entries: Iterable[Entry]) -> None:
        """Takes over what was kept, once, before anything is added. Raises ValueError or TypeError on what was never
        written."""


@dataclass(frozen=True, slots=True)
class StateFiring:
    """Something out of the usual. `ids` are the events that matter, the present one last; `told` is for people."""

    time_us: int
    by: Key
    ids: tuple[str, ...]
    told: Mapping[str, str] = field(default_factory=dict)


class Tracker(Kept, Protocol):
    """What is remembered for one state of a rule.

    `dropped` counts what had to be forgotten because there was too much of it.
    """

    @property
    def dropped(self) -> int: ...

    def add(self, time_us: int, by: Key, of: Measured, event_id: str, learn: bool = False) -> StateFiring | None:
        """Takes in one event, in the order of time. With `learn` it is remembered and does not fire.

        What lacks a value that the state needs, or has one of another kind, is passed over.
        """


class Memory(Generic[K, V]):
    """A mapping in the order in which its entries were last put, the oldest of which make room for new ones.

    With `kept` it notes which keys changed, until `changed` is asked.
    """

    __slots__ = ("_changed", "dropped", "entries", "most")

    def __init__(self, most: int, kept: bool) -> None:
        self.entries: OrderedDict[K, V] = OrderedDict()
        self.most = most
        self.dropped = 0
        self._changed: dict[K, None] | None = {} if kept else None

    def put(self, key: K, value: V) -> list[tuple[K, V]]:
        """Remembers it as the newest; gives what had to go for it."""
        self.entries[key] = value
        self.entries.move_to_end(key)
        self.note(key)
        gone = []
        while len(self.entries) > self.most:
            oldest, old = self.entries.popitem(last=False)
            self.note(oldest)
            self.dropped += 1
            gone.append((oldest, old))
        return gone

    def oldest(self) -> tuple[K, V] | None:
        return next(iter(self.entries.items()), None)

    def remove(self, key: K) -> None:
        del self.entries[key]
        self.note(key)

    def note(self, key: K) -> None:
        """Says that the entry of a key is no longer what was written."""
        if self._changed is not None:
            self._changed[key] = None

    def changed(self, write: Callable[[V], object]) -> Iterator[tuple[K, str | None]]:
        """The changed entries, each written as `write` gives it."""
        keys, self._changed = self._changed or {}, None if self._changed is None else {}
        for key in keys:
            yield key, text_of(write(self.entries[key])) if key in self.entries else None


def text_of(value: object) -> str:
    """ASCII, so that no odd character of a log can make it unreadable."""
    return json.dumps(value, separators=(",", ":"))


def value_of(text: str) -> Any:
    """What `text_of` wrote, with tuples for lists."""
    return _hashable(json.loads(text))


def _hashable(value: Any) -> Any:
    return tuple(_hashable(one) for one in value) if isinstance(value, list) else value


def number(value: object) -> int | float | None:
    """A finite number, or the text of one as JSON writes it; None for anything else, as for true and false."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value) if set(value) & set(".eE") else int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value


def ends(ids: Iterable[str], count: int, last: Iterable[str]) -> tuple[str, ...]:
    """Of many ids the first and the last; `last` are the same, backwards."""
    first = [one for _, one in zip(range(SHOWN), ids, strict=False)]
    rest = [one for _, one in zip(range(min(SHOWN, max(0, count - SHOWN))), last, strict=False)]
    return (*first, *reversed(rest))
