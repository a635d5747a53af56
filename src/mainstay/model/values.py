"""The values that properties have: JSON, and the several ways of not knowing.

    Value = None | bool | int | float | str | list | dict      known, as in JSON
          | Record | Items                                      a map or list that knows its place, or may hold more
          | Unknown                                             nothing is known
              | OneOf                                           one of a few values
              | Ref                                             an attribute of a resource, set, known after apply
              | Text                                            a string of which some stretches are known
              | Document                                        JSON text, of which the decoded value is known in part
              | Encoded                                         base64 of a string that is known in part

Every kind of not knowing is an `Unknown`, so that one `isinstance` finds it. Absent is not unknown: a property that
nobody set is missing from its map, or None.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from mainstay.model.places import Mark, Place


class Absent:
    """The type of ABSENT."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False

    def __reduce__(self) -> str:
        return "ABSENT"  # copies and pickles of it are it


ABSENT: Final = Absent()

# Recursive, and mypy's recursive aliases make every `isinstance` chain unreadable: the alias names the intent.
Value = Any

LOOKED_UP: Final = re.compile(r"(?:module\.[\w-]+(?:\[[^\]]*\])?\.)*data\.[\w-]+\.[\w-]+(?:\[[^\]]*\])?$")
"""The address of a data source: of something that the code does not declare."""


class Unknown:
    """A value that could not be told. `reason` says why, `settle` which fact would tell it ("set var.encrypt")."""

    __slots__ = ("place", "reason", "settle")

    def __init__(self, reason: str, place: Place | None = None, settle: str = "") -> None:
        self.reason = reason
        self.place = place
        self.settle = settle

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.reason!r})"

    @property
    def is_set(self) -> bool:
        """True where the value, whatever it is, is surely there and not null."""
        return False


class OneOf(Unknown):
    """One of `options` (two or more, known or not), it is not known which; None among them means perhaps unset."""

    __slots__ = ("options",)

    def __init__(self, options: Iterable[Value], reason: str, place: Place | None = None, settle: str = "") -> None:
        super().__init__(reason, place, settle)
        self.options = tuple(options)

    @property
    def is_set(self) -> bool:
        return all(
            option.is_set if isinstance(option, Unknown) else option is not None and option is not ABSENT
            for option in self.options
        )


class Ref(Unknown):
    """An attribute of a resource or data source of the code, which the provider sets when the code is applied.

    Without an address it is a fact of the account or the stack, such as the region.
    """

    __slots__ = ("address", "path")

    def __init__(
        self, address: str, path: str, place: Place | None = None, reason: str = "", settle: str = "pass a plan"
    ) -> None:
        super().__init__(reason or f"{address}.{path} is known after apply", place, settle)
        self.address = address
        self.path = path

    @property
    def is_set(self) -> bool:
        return True

    @property
    def is_own(self) -> bool:
        """True for the id or ARN of a resource that the code declares: AWS makes it up, and owns not what it names."""
        if not self.address:
            return True
        return (self.path == "id" or bool(self.prefix)) and LOOKED_UP.match(self.address) is None

    @property
    def prefix(self) -> str:
        """What the string begins with for certain: every ARN begins with `arn:aws`."""
        return "arn:aws" if self.path.rpartition(".")[2].lower().endswith("arn") else ""


class Text(Unknown):
    """A string put together from known and unknown stretches: `"arn:aws:s3:::${var.name}/*"`."""

    __slots__ = ("parts",)

    def __init__(self, parts: Iterable[str | Unknown], place: Place | None = None) -> None:
        self.parts = tuple(parts)
        unknown = next(part for part in self.parts if isinstance(part, Unknown))
        super().__init__(unknown.reason, place or unknown.place, unknown.settle)

    @property
    def is_set(self) -> bool:
        return True

    @property
    def prefix(self) -> str:
        first = self.parts[0]
        return first if isinstance(first, str) else first.prefix if isinstance(first, Ref) else ""

    @property
    def suffix(self) -> str:
        last = self.parts[-1]
        return last if isinstance(last, str) else ""


class Document(Unknown):
    """JSON text whose decoded `value` holds unknown leaves: what `jsonencode` makes of a partly known value."""

    __slots__ = ("value",)

    def __init__(self, value: Value, place: Place | None = None) -> None:
        leaf = next(unknowns(value))
        super().__init__(leaf.reason, place or leaf.place, leaf.settle)
        self.value = value

    @property
    def is_set(self) -> bool:
        return True


class Encoded(Unknown):
    """The base64 form of a string that is known in part: `plain` is that string."""

    __slots__ = ("plain",)

    def __init__(self, plain: Text, place: Place | None = None) -> None:
        super().__init__(plain.reason, place or plain.place, plain.settle)
        self.plain = plain

    @property
    def is_set(self) -> bool:
        return True


class Record(dict[str, Value]):
    """A map that knows where it stands (`place`) and where each key stands (`marks`).

    `rest` is ABSENT for a closed map. Otherwise the map may hold keys besides those named, each looking like `rest`
    (an Unknown when nothing is known of them), so that a missing key is unknown and not absent. `doubt` says why it
    is not known which there are, where `rest` itself does not.
    """

    __slots__ = ("doubt", "marks", "place", "rest")

    def __init__(
        self,
        items: Mapping[str, Value] | Iterable[tuple[str, Value]] = (),
        place: Place | None = None,
        marks: Mapping[str, Mark] | None = None,
        rest: Value = ABSENT,
        doubt: Unknown | None = None,
    ) -> None:
        super().__init__(items)
        self.place = place
        self.marks: Mapping[str, Mark] = {} if marks is None else marks
        self.rest = rest
        self.doubt = doubt

    @property
    def why(self) -> Unknown:
        """Why it is not known which further keys there are; asked of an open map only."""
        return _why(self.doubt, self.rest, "the map may hold further keys")

    def look_up(self, key: str) -> Value:
        """The value under `key`; ABSENT when there is none, Unknown when there may be one."""
        value = self.get(key, ABSENT)
        if value is ABSENT and self.rest is not ABSENT:
            return self.rest if isinstance(self.rest, Unknown) else self.why
        return value


class Items(list[Value]):
    """A list that may go on: any number of further elements, none included, each looking like `rest`.

    `doubt` says why it is not known how many there are, where `rest` itself does not.
    """

    __slots__ = ("doubt", "rest")

    def __init__(self, items: Iterable[Value] = (), rest: Value = ABSENT, doubt: Unknown | None = None) -> None:
        super().__init__(items)
        self.rest = rest
        self.doubt = doubt

    @property
    def why(self) -> Unknown:
        """Why it is not known how the list goes on; asked of an open list only."""
        return _why(self.doubt, self.rest, "the list may hold further elements")


def _why(doubt: Unknown | None, rest: Value, otherwise: str) -> Unknown:
    if doubt is not None:
        return doubt
    return rest if isinstance(rest, Unknown) else Unknown(otherwise, None, "pass a plan")


class Set(Items):
    """A Terraform set: no order of its own, no element twice. Kept sorted where its elements can be compared."""

    __slots__ = ()


def unknowns(value: Value) -> Iterator[Unknown]:
    """Every unknown in `value`, itself included, leaf by leaf; what an open map or list may hold is one of them."""
    if isinstance(value, Unknown):
        yield value
    elif isinstance(value, dict):
        for child in value.values():
            yield from unknowns(child)
        if isinstance(value, Record) and value.rest is not ABSENT:
            yield value.rest if isinstance(value.rest, Unknown) else value.why
    elif isinstance(value, list):
        for child in value:
            yield from unknowns(child)
        if isinstance(value, Items) and value.rest is not ABSENT:
            yield value.rest if isinstance(value.rest, Unknown) else value.why


def is_known(value: Value) -> bool:
    """True where nothing in `value`, however deep, is unknown."""
    return next(unknowns(value), None) is None


def references(value: Value) -> Iterator[Ref]:
    """Every Ref inside `value`, those inside texts, documents and alternatives included."""
    for leaf in unknowns(value):
        if isinstance(leaf, Ref):
            if leaf.address:
                yield leaf
        elif isinstance(leaf, Text):
            yield from references(list(leaf.parts))
        elif isinstance(leaf, Document):
            yield from references(leaf.value)
        elif isinstance(leaf, Encoded):
            yield from references(leaf.plain)
        elif isinstance(leaf, OneOf):
            yield from references(list(leaf.options))


def find_mark(value: Value, path: Iterable[str]) -> Mark | None:
    """Where the property at `path` stands, or the nearest thing around it that has a place.

    `path` steps through maps by key and through lists by index (as decimal strings).
    """
    mark: Mark | None = value.place if isinstance(value, Record) else None
    for step in path:
        if isinstance(value, Document):
            value = value.value
        if isinstance(value, dict):
            if isinstance(value, Record):
                mark = value.marks.get(step) or mark
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            break
        if isinstance(value, Record) and value.place is not None and not _same_line(mark, value.place):
            mark = value.place
    return mark


def _same_line(mark: Mark | None, place: Place) -> bool:
    """A map that opens on its key's line is best shown by the key."""
    return isinstance(mark, Place) and (mark.file, mark.line) == (place.file, place.line)
