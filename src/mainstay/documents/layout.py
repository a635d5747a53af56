"""Where the parts of a YAML or JSON text stand, to the character: for those who change the text and keep the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from mainstay.documents.parsed import MAX_DEPTH
from mainstay.documents.yaml_text import Parser


@dataclass(slots=True)
class Part:
    """A scalar, map or list, from line and column to line and column, all from 1 and the end exclusive.

    `flow` says that it is written in brackets, `shared` that an alias, an anchor or a merge key makes other parts of
    the text depend on it. `quote` is the sign that a scalar is put in.
    """

    kind: str
    start: tuple[int, int]
    end: tuple[int, int]
    text: str = ""
    tag: str = ""
    flow: bool = False
    shared: bool = False
    quote: str = ""
    entries: list[tuple[Part, Part]] = field(default_factory=list)
    items: list[Part] = field(default_factory=list)

    def find(self, key: str) -> tuple[Part, Part] | None:
        """The key and the value of an entry."""
        return next(((name, value) for name, value in self.entries if name.text == key), None)

    @property
    def last(self) -> Part:
        """The innermost part that it ends with: a map or list in block style goes on to whatever stands next."""
        part = self
        while not part.flow and (part.entries or part.items):
            part = part.entries[-1][1] if part.entries else part.items[-1]
        return part


def layout(text: str) -> Part | None:
    """The first document of a text; None where it cannot be read."""
    try:
        parser = Parser(text)
        event = parser.get_event()
        while event is not None and type(event) is not yaml.DocumentStartEvent:
            event = parser.get_event()
        return None if event is None else _part(parser.get_event(), parser.get_event, 0)
    except (yaml.MarkedYAMLError, yaml.reader.ReaderError, UnicodeEncodeError, _TooDeep):
        return None


class _TooDeep(Exception):
    """It nests more deeply than anybody writes."""


def _part(event: Any, next_event: Callable[[], Any], depth: int) -> Part:
    if depth > MAX_DEPTH:
        raise _TooDeep
    kind = type(event)
    if kind is yaml.AliasEvent:
        return Part("alias", _at(event.start_mark), _at(event.end_mark), shared=True)
    shared = event.anchor is not None
    if kind is yaml.ScalarEvent:
        quote = event.style or ""
        return Part(
            "scalar", _at(event.start_mark), _at(event.end_mark), event.value, event.tag or "", False, shared, quote
        )
    part = Part("map" if kind is yaml.MappingStartEvent else "list", _at(event.start_mark), (0, 0))
    part.tag, part.flow, part.shared = event.tag or "", bool(event.flow_style), shared
    closing = _entries(part, next_event, depth) if part.kind == "map" else _items(part, next_event, depth)
    part.end = _at(closing.end_mark)
    return part


def _entries(part: Part, next_event: Callable[[], Any], depth: int) -> Any:
    event = next_event()
    while type(event) is not yaml.MappingEndEvent:
        key = _part(event, next_event, depth + 1)
        part.entries.append((key, _part(next_event(), next_event, depth + 1)))
        part.shared = part.shared or key.text == "<<"
        event = next_event()
    return event


def _items(part: Part, next_event: Callable[[], Any], depth: int) -> Any:
    event = next_event()
    while type(event) is not yaml.SequenceEndEvent:
        part.items.append(_part(event, next_event, depth + 1))
        event = next_event()
    return event


def _at(mark: Any) -> tuple[int, int]:
    return mark.line + 1, mark.column + 1


def parts(part: Part) -> Iterator[Part]:
    """A part and all that is in it."""
    yield part
    for key, value in part.entries:
        yield from (key, *parts(value))
    for item in part.items:
        yield from parts(item)
