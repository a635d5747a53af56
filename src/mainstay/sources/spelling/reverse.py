"""Spelling backwards: how a source says that a canonical property has a value.

Derived from the tables, which stay the only place that knows a source's names. Whatever is found is spelled forwards
again, and only what gives the value back is an answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mainstay.model import shapes
from mainstay.model.shapes import Shape
from mainstay.model.values import Record, Value
from mainstay.sources.spelling.coverage import vouched
from mainstay.sources.spelling.forms import text
from mainstay.sources.spelling.routes import Route, is_free, is_list, route
from mainstay.sources.spelling.tables import PathOf, Table, Tables
from mainstay.sources.spelling.translate import translate


@dataclass(frozen=True, slots=True)
class Spelled:
    """One way to say it: `value` at the attribute `path` of a resource of the source's type `table.name`.

    All steps of `path` but the last are nested blocks. A piece is a resource of its own that names its owner.
    """

    table: Table
    path: tuple[str, ...]
    value: Value

    @property
    def is_piece(self) -> bool:
        return self.table.merge is not None


def spellings(
    tables: Tables, table: Table, shape: Shape, path: PathOf, value: Value, fields: Mapping[str, Value] | None = None
) -> list[Spelled]:
    """The ways in which a resource of `table`, or a piece of one, says that `path` has `value`.

    `path` has no indexes. With `fields` it is a list one element of which holds them all.
    """
    pieces = [one for one in tables.terraform.values() if one.merge is not None and one.type == table.type]
    found: dict[tuple[str, tuple[str, ...]], Spelled] = {}
    for one in (table, *pieces):
        if one.merge is not None and (one.merge.append or one.merge.append_by is not None or len(one.merge.by) != 1):
            continue
        way = route(one, shape)
        ways = _attributes(way, path, value) if fields is None else _elements(way, path, fields)
        for spelled in ways:
            if _gives_back(way, spelled, path, value, fields):
                found.setdefault((one.name, spelled.path), spelled)
    return list(found.values())


def _attributes(way: Route, path: PathOf, value: Value) -> Iterator[Spelled]:
    for source in _names(way.table):
        target = vouched(way, source)
        if target == path and source not in way.table.decode:
            steps = tuple(source.split("."))
            for said in _said(way, path, value):
                yield Spelled(way.table, steps, said)


def _elements(way: Route, path: PathOf, fields: Mapping[str, Value]) -> Iterator[Spelled]:
    """A pair of key and value that the source has an attribute for, or a nested block for each element."""
    for source, (target, key) in way.table.pairs.items():
        if target == path and fields.keys() == {"Key", "Value"} and fields["Key"] == key:
            yield Spelled(way.table, tuple(source.split(".")), _native(fields["Value"]))
    inside: dict[str, dict[str, Value]] = {}
    for source in _names(way.table):
        found = vouched(way, source)
        if found and found[:-1] == path and found[-1] in fields:
            block, _, name = source.rpartition(".")
            wanted = fields[found[-1]]
            inside.setdefault(block, {})[name] = next(_said(way, found, wanted), wanted)
    for block, said in inside.items():
        if block and len(said) == len(fields):
            yield Spelled(way.table, tuple(block.split(".")), said)


def _names(table: Table) -> list[str]:
    defaults = (f"{block}.{name}" if block else name for block, names in table.default.items() for name in names)
    return sorted({*table.same, *table.rename, *defaults} - {""})


def _said(way: Route, path: PathOf, value: Value) -> Iterator[Value]:
    """The source's words for a canonical value."""
    choices = way.table.value.get(path)
    shape = way.shape_at(path)
    if is_free(shape) or path in way.table.document:
        return
    if choices is not None:
        for said, canonical in choices.items():
            if said != "*" and same(canonical, value):
                yield {"true": True, "false": False}.get(said, said)
                if isinstance(value, str) and value.lower() == said:
                    yield value
    if is_list(shape) and not isinstance(value, list | tuple):
        yield [value]
    yield list(value) if isinstance(value, tuple) else value


def _native(value: Value) -> Value:
    """A text as the boolean or number that it spells: how attributes have what pairs have as text."""
    if isinstance(value, str):
        if value in ("true", "false"):
            return value == "true"
        if value.isdigit():
            return int(value)
    return value


def same(one: Value, other: Value) -> bool:
    """Equal as conditions compare: `"true"` is true, letters' case does not matter."""
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return text(one).lower() == text(other).lower()


def _gives_back(way: Route, spelled: Spelled, path: PathOf, value: Value, fields: Mapping[str, Value] | None) -> bool:
    said = [Record(spelled.value, marks={})] if isinstance(spelled.value, dict) else spelled.value
    properties = translate(nested(spelled.path, said), spelled.table, way.shape)
    found = list(values_at(properties, path))
    if fields is not None:
        return any(
            isinstance(one, dict) and all(same(one.get(name), wanted) for name, wanted in fields.items())
            for one in found
        )
    wanted = list(value) if isinstance(value, tuple) else [value]
    return all(any(same(one, each) for one in found) for each in wanted)


def nested(path: tuple[str, ...], value: Value) -> Record:
    """A resource's body with one attribute in its nested blocks."""
    body = Record({path[-1]: value}, marks={})
    for step in reversed(path[:-1]):
        body = Record({step: [body]}, marks={})
    return body


def values_at(value: Value, path: PathOf) -> Iterator[Value]:
    """What stands at a path, lists on the way and at its end opened."""
    if isinstance(value, list):
        for element in value:
            yield from values_at(element, path)
    elif not path:
        yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from values_at(value[path[0]], path[1:])


def shape_at(shape: Shape | None, path: PathOf) -> Shape | None:
    """The shape at a canonical path without indexes; None where the schema has nothing there."""
    for step in path:
        shape = shapes.step(shape, step) if shape is not None else None
    return shape
