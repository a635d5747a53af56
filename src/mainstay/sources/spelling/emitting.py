"""Emitting: inline blocks and attributes that are resources of their own (a bucket's `policy`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mainstay.model.places import Place
from mainstay.model.values import ABSENT, Items, OneOf, Record, Unknown, Value
from mainstay.sources.spelling.splitting import as_record, split_block
from mainstay.sources.spelling.tables import Table


@dataclass(frozen=True, slots=True)
class Part:
    """One resource that a block gives: what it adds to the address, its body, and why it may not be there."""

    suffix: str
    body: Record
    doubt: Unknown | None = None


def parts(body: Record, name: str, value: Value, table: Table) -> Iterator[Part]:
    """What the attribute or the blocks `name` of `body` give; an attribute's value is under the name \"\"."""
    mark = body.marks.get(name)
    place = mark if isinstance(mark, Place) else body.place
    if "" in table.rename:
        yield from _attribute(name, value, place)
    elif isinstance(value, Unknown):
        yield from _perhaps(name, value, table, place)
    else:
        yield from _blocks(name, value, table, place)


def _attribute(name: str, value: Value, place: Place | None) -> Iterator[Part]:
    doubt: Unknown | None = None
    if isinstance(value, OneOf) and None in value.options:
        doubt = value
        options = [option for option in value.options if option is not None]
        value = options[0] if len(options) == 1 else OneOf(options, value.reason, value.place, value.settle)
    elif isinstance(value, Unknown) and not value.is_set:
        doubt = value
    yield Part(name, Record({"": value}, place), doubt)


def _blocks(name: str, value: Value, table: Table, place: Place | None) -> Iterator[Part]:
    split = table.split.get("", {})
    for position, element in enumerate(value if isinstance(value, list) else [value]):
        if not isinstance(element, dict):
            yield from _perhaps(f"{name}[{position}]", element, table, place)
            continue
        sure, perhaps = split_block(element, split) if split else ([as_record(element)], [])
        for one in sure:
            yield Part(f"{name}[{position}]", one)
        for one in perhaps:
            yield Part(f"{name}[{position}]", one, Unknown("the list is not known", one.place or place, "pass a plan"))
    if isinstance(value, Items) and value.rest is not ABSENT:
        yield from _perhaps(f"{name}[?]", value.rest, table, place)


def _perhaps(suffix: str, value: Value, table: Table, place: Place | None) -> Iterator[Part]:
    """Blocks that may be there, of which nothing may be known."""
    if isinstance(value, OneOf):
        for option in value.options:
            for element in option if isinstance(option, list) else [option]:
                if element is not None:
                    yield from _perhaps(suffix, element, table, place)
    elif isinstance(value, dict):
        split = table.split.get("", {})
        sure, perhaps = split_block(value, split) if split else ([as_record(value)], [])
        for one in [*sure, *perhaps]:
            yield Part(suffix, one, Unknown("the block may not be there", one.place or place, "pass a plan"))
    elif isinstance(value, Unknown):
        yield Part(suffix, Record(place=place, rest=value), value)
