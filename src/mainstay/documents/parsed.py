"""What reading a document gives: its value, and all that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from mainstay.model.errors import Fault
from mainstay.model.places import Place
from mainstay.model.values import Value

T = TypeVar("T")

MAX_DEPTH = 200
"""How deep maps and lists may nest; nothing that people write comes near, and everything downstream may recurse."""

MAX_EXPANSION = 200_000
"""How many nodes all aliases of a document may stand for together."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document's value and its faults.

    `complete` is False where a syntax error or a limit (`limited`) stopped the reading: `value` is None then. Other
    faults (a key that stands twice, a second document) leave a value that can be used.
    """

    value: Value
    faults: tuple[Fault, ...] = ()
    complete: bool = True
    limited: bool = False


class Marks(Mapping[str, Place]):
    """The places of a record's keys, made when somebody asks: few are ever asked for, and making them all would
    take a fifth of the reading. `spots` holds line, column, end line and end column by key."""

    __slots__ = ("file", "spots")

    def __init__(self, file: str) -> None:
        self.file = file
        self.spots: dict[str, tuple[int, int, int, int] | Place] = {}

    def __getitem__(self, key: str) -> Place:
        spot = self.spots[key]
        return spot if isinstance(spot, Place) else Place(self.file, *spot)

    def get(self, key: str, default: T = None) -> Place | T:  # type: ignore[assignment] # as dict.get
        return self[key] if key in self.spots else default

    def __contains__(self, key: object) -> bool:
        return key in self.spots

    def __iter__(self) -> Iterator[str]:
        return iter(self.spots)

    def __len__(self) -> int:
        return len(self.spots)
