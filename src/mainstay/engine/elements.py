"""The elements at the end of a path, one by one, each with its own path: what reasons point at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from mainstay.engine.walk import STAR
from mainstay.model.conditions import Path
from mainstay.model.values import ABSENT, Document, Items, OneOf, Record, Unknown, Value


@dataclass(frozen=True, slots=True)
class Element:
    """Something that stands at the end of a path, or perhaps does.

    `path` has the indexes of the lists on the way. `unsure` is the unknown for which the element may not be there, or
    may be another: an open list, one option of several, something unknown on the way.
    """

    path: Path
    value: Value
    unsure: Unknown | None = None


def elements(value: Value, path: Path, at: Path = (), into_documents: bool = False) -> Iterator[Element]:
    """The elements at `path` of `value`, which itself stands at `at`; nothing that is absent or null."""
    if isinstance(value, list):
        for index, child in enumerate(value):
            yield from elements(child, path, (*at, str(index)), into_documents)
        yield from _further(value, path, at, into_documents)
    elif isinstance(value, OneOf):
        for option in value.options:
            for element in elements(option, path, at, into_documents):
                yield replace(element, unsure=element.unsure or value)
    elif isinstance(value, Document) and (path or into_documents):
        yield from elements(value.value, path, at, into_documents)
    elif isinstance(value, Unknown):
        yield Element(at, value, value if path or not value.is_set else None)
    elif value is not None and value is not ABSENT:
        if not path:
            yield Element(at, value)
        elif isinstance(value, dict):
            yield from _below(value, path, at, into_documents)


def _below(value: dict[str, Value], path: Path, at: Path, into_documents: bool) -> Iterator[Element]:
    name, *inner = path
    if name == STAR:
        for key, child in value.items():
            yield from elements(child, tuple(inner), (*at, key), into_documents)
        yield from _further(value, tuple(inner), at, into_documents)
    elif name in value:
        yield from elements(value[name], tuple(inner), (*at, name), into_documents)
    else:
        yield from _further(value, tuple(inner), (*at, name), into_documents)


def _further(value: Value, path: Path, at: Path, into_documents: bool) -> Iterator[Element]:
    """What an open list or map may hold besides."""
    if isinstance(value, Items | Record) and value.rest is not ABSENT:
        for element in elements(value.rest, path, at, into_documents):
            yield replace(element, unsure=element.unsure or value.why)
