"""The registry: which types Cloud Control lists and reads, what their lists must be given, what it never tells."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from mainstay.model.values import Value

FILE = Path(__file__).with_name("registry.json")
CALLS = ("cloudformation:GetResource", "cloudformation:ListResources")
"""What IAM calls Cloud Control's own operations; the handlers use the caller's permissions besides."""


@dataclass(frozen=True, slots=True)
class Given:
    """Where a list finds what it must be given: a property of every resource of `type`, or `values`, or the account.

    The values that are also in `globally` are asked for once in an account, at the partition's home.
    """

    type: str = ""
    property: str = ""
    values: tuple[str, ...] = ()
    account: bool = False
    globally: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Registered:
    """What the registry says of a type.

    `identifier` are the properties that Cloud Control's identifier is made of, with bars between them, and `also` other
    properties that name the resource alone. `lists` and `reads` are the actions that the handlers use; None without a
    handler.

    `needs` are sets of properties, one of which a list must be given; `given` says where each of them comes from,
    where that is known. `at` is the region of a global service: "home" for the partition's. `blind` are the paths that
    AWS takes and never tells, lists seen through.
    """

    type: str
    identifier: tuple[str, ...]
    also: tuple[str, ...]
    lists: tuple[str, ...] | None
    reads: tuple[str, ...] | None
    needs: tuple[tuple[str, ...], ...]
    given: Mapping[str, Given]
    at: str
    tags: str
    blind: tuple[tuple[str, ...], ...]

    @property
    def way(self) -> tuple[str, ...] | None:
        """The properties to give to the list: none, or the first set of which every one can be found."""
        if not self.needs:
            return ()
        return next((way for way in self.needs if all(need in self.given for need in way)), None)

    @property
    def parents(self) -> frozenset[str]:
        """The types whose resources must be known before this one can be listed."""
        return frozenset(self.given[need].type for need in self.way or () if self.given[need].type)

    @property
    def is_global(self) -> bool:
        """True where an account has some that are of no region."""
        return bool(self.at) or any(one.globally for one in self.given.values())

    @property
    def is_readable(self) -> bool:
        return self.lists is not None and self.reads is not None and self.way is not None

    @property
    def actions(self) -> frozenset[str]:
        """The IAM actions that reading all resources of the type needs, where it can be read."""
        return frozenset({*CALLS, *(self.lists or ()), *(self.reads or ())}) if self.is_readable else frozenset()


class Registry(Mapping[str, Registered]):
    """By type; an entry is made when it is asked for."""

    def __init__(self, entries: Mapping[str, Mapping[str, Value]]) -> None:
        self._entries = entries

    def __getitem__(self, name: str) -> Registered:
        return _registered(name, self._entries[name])

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def _registered(name: str, entry: Mapping[str, Value]) -> Registered:
    return Registered(
        type=name,
        identifier=tuple(entry["identifier"]),
        also=tuple(entry.get("also", ())),
        lists=tuple(entry["list"]) if "list" in entry else None,
        reads=tuple(entry["read"]) if "read" in entry else None,
        needs=tuple(tuple(way) for way in entry.get("needs", ())),
        given={need: _given(source) for need, source in entry.get("from", {}).items()},
        at=entry.get("at", ""),
        tags=entry.get("tags", ""),
        blind=tuple(tuple(path.split(".")) for path in entry.get("blind", ())),
    )


def _given(entry: Mapping[str, Value]) -> Given:
    return Given(
        type=entry.get("type", ""),
        property=entry.get("property", ""),
        values=tuple(entry.get("values", ())),
        account=bool(entry.get("account", False)),
        globally=tuple(entry.get("globally", ())),
    )


@lru_cache(maxsize=1)
def load_registry() -> Registry:
    """The registry of the package, which `tools/build_registry.py` makes."""
    return Registry(json.loads(FILE.read_bytes()))
