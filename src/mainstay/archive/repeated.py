"""Columns that repeat themselves, and the digests of the KEYS."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final

import msgspec
import pyarrow as pa

from mainstay.archive.columns import FIELDS, HOMES, KEY, REPEATED, column_of
from mainstay.archive.nested import ARROW, Nested
from mainstay.model.events import KEYS, LogSource

KEPT: Final = 100_000
"""How many different keys are remembered."""


class Repeated:
    """The columns that repeat themselves, taken together, with the digests of the KEYS: what was met, each once."""

    def __init__(self, source: LogSource, salt: bytes, places: Mapping[str, str], objects: Sequence[Nested]) -> None:
        self._salt = salt
        self._groups = KEYS[source]
        of_keys = [name for group in self._groups for name in group]
        self._home = HOMES.get(source, ())
        self.scalars = [name for name in places if name in {*of_keys, *self._home, *REPEATED.get(source, ())}]
        self._told = _getter([places[name] for name in self.scalars])
        self._objects = [(at, each) for at, each in enumerate(objects) if each.name in of_keys]
        keys = [KEY, *(f"{KEY}_{at + 1}" for at in range(len(self._groups)))]
        self.names = [*map(column_of, self.scalars), *keys]
        self.types = [ARROW[FIELDS[source][name]] for name in self.scalars] + [pa.int64()] * len(keys)
        self._no_keys = (0,) * len(keys)
        self._by_group: dict[tuple[Any, ...], bytes] = {}
        self._known: dict[tuple[Any, ...], int] = {}
        self.values: list[tuple[Any, ...]] = []
        self._own_homes: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        self.homes: list[tuple[Any, ...]] = []
        """Of each of the values the account and the region."""

    def indices(self, rows: Sequence[Any], objects: Sequence[list[int]], plain: Sequence[bool]) -> list[int]:
        """The place in `values` of what each row has."""
        known = self._known
        told = list(zip(map(self._told, rows), plain, *[objects[at] for at, _ in self._objects], strict=True))
        found: list[Any] = list(map(known.get, told))
        if None in found:
            for each in told:
                if each not in known:
                    self._add(each)
            found = list(map(known.__getitem__, told))
        return found

    def _add(self, told: tuple[Any, ...]) -> None:
        self._known[told] = len(self.values)
        scalars: dict[str, Any] = dict(zip(self.scalars, told[0], strict=True))
        self.values.append((*told[0], *(self._digests(scalars, told) if told[1] else self._no_keys)))
        home = tuple([scalars[name] for name in self._home]) or (None, None)
        self.homes.append(self._own_homes.setdefault(home, home))

    def clear(self) -> None:
        self._known.clear()
        self.values.clear()
        self.homes.clear()
        self._own_homes.clear()
        if len(self._by_group) > KEPT:
            self._by_group.clear()

    def _digests(self, scalars: Mapping[str, Any], told: tuple[Any, ...]) -> tuple[int, ...]:
        """The digests of all keys and of those of each group."""
        values = dict(scalars)
        for (_, each), index in zip(self._objects, told[2:], strict=True):
            values[each.name] = each.values[index][-1]
        found: list[bytes] = []
        for at, group in enumerate(self._groups):
            own = (at, *[values[name] for name in group])
            digest = self._by_group.get(own)
            if digest is None:
                digest = self._by_group[own] = self._hash(msgspec.json.encode(own[1:]))
            found.append(digest)
        every = self._hash(b"".join(found))
        return tuple([int.from_bytes(each, "little", signed=True) for each in (every, *found)])

    def _hash(self, text: bytes) -> bytes:
        return hashlib.blake2b(text, digest_size=8, key=self._salt).digest()


def _getter(names: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """What gives the attributes as a tuple, however few they are."""
    if not names:
        return lambda _: ()
    one = attrgetter(names[0])
    return attrgetter(*names) if len(names) > 1 else lambda value: (one(value),)
