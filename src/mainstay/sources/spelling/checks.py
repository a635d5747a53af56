"""What well-formed tables may still have wrong: types and properties that no schema has, names that lead nowhere.

It needs the schemas, which take longer to read than the tables; a review does without.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from mainstay.model.errors import Fault
from mainstay.model.shapes import Shape
from mainstay.sources.spelling.coverage import vouched
from mainstay.sources.spelling.routes import Route, is_list, route
from mainstay.sources.spelling.tables import PathOf, Table, Tables, TypeFacts

SLOT = re.compile(r"\{(\w+)\}")


def check_tables(tables: Tables, shapes: Mapping[str, Shape]) -> list[Fault]:
    """Everything wrong with tables that the files alone do not show."""
    faults: list[Fault] = []
    for section in (tables.terraform, tables.cloudformation, tables.live):
        for name, table in section.items():
            if name == table.name:  # not an alias
                faults.extend(_table(table, shapes))
    for type, facts in tables.types.items():
        shape = shapes.get(type)
        if shape is None:
            faults.append(Fault(f"{type} is no resource type"))
        else:
            faults.extend(_facts(type, facts, shape, shapes))
    return faults


def _table(table: Table, shapes: Mapping[str, Shape]) -> Iterator[Fault]:
    shape = shapes.get(table.type)
    if shape is None:
        yield Fault(f"{table.name}: {table.type} is no resource type", table.place)
        return
    whole = route(table, shape)
    if table.merge is not None:
        appended = list(table.merge.append_by[1].values()) if table.merge.append_by else [table.merge.append]
        for path in appended:
            if path and not is_list(whole.shape_at(path)):
                yield Fault(f"{table.name}: {table.type} has no list {'.'.join(path)}", table.place)
        inner = whole.shape_at(appended[0])
        while appended[0] and is_list(inner):
            inner = inner[0]  # type: ignore[index]
        shape = inner if inner is not None else shape
    way = route(table, shape)
    yield from _paths(table, way)
    yield from _names(table, way)
    for inner_table in table.emit.values():
        yield from _table(inner_table, shapes)


def _paths(table: Table, way: Route) -> Iterator[Fault]:
    """Canonical paths that the schema does not have."""
    keyed = [known.target for known in table.keyed.values()]
    paths: list[PathOf] = [*table.rename.values(), *table.value, *table.document, *table.constant, table.under]
    paths += [path for path, _ in table.pairs.values()]
    paths += [*keyed, *table.decode.values(), *(tuple(name.split(".")) for name in table.without | table.opaque)]
    for path in dict.fromkeys(paths):
        if way.shape_at(path) is None:
            yield Fault(f"{table.name}: {table.type} has no property {'.'.join(path)}", table.place)


def _names(table: Table, way: Route) -> Iterator[Fault]:
    """Source names that lead nowhere, or to two places."""
    for name in sorted(table.same):
        if name in table.rename or name in table.pairs or name in table.keyed:
            yield Fault(f"{table.name}: {name} is both `same` and spelled another way", table.place)
        elif vouched(way, name) is None:
            yield Fault(f"{table.name}: {table.type} has no property that {name} is the same as", table.place)
    for block, attributes in table.default.items():
        for attribute in attributes:
            name = f"{block}.{attribute}" if block else attribute
            if name not in table.pairs and vouched(way, name) is None:
                yield Fault(f"{table.name}: the default of {name} leads nowhere", table.place)
    for block, splits in table.split.items():
        base = vouched(way, block) if block else table.under
        for target in splits.values():
            if base is None or way.shape_at((*base, target)) is None:
                yield Fault(f"{table.name}: {table.type} has no property {target} to split {block} by", table.place)


def _facts(type: str, facts: TypeFacts, shape: Shape, shapes: Mapping[str, Shape]) -> Iterator[Fault]:
    way = Route(Table("", type), shape)
    paths = [path for link in facts.links for path in _read_by(link, way)]
    for path in (*facts.default, *paths, *((name,) for name in facts.also)):
        if way.shape_at(path) is None:
            yield Fault(f"{type} has no property {'.'.join(path)}")
    for targets in facts.links.values():
        for target in targets:
            if target not in shapes:
                yield Fault(f"{type} links to {target}, which is no resource type")


def _read_by(link: PathOf, way: Route) -> Iterator[PathOf]:
    """The properties that a link reads: those that it composes a name of, and the text whose JSON it looks into."""
    if "{" in link[-1]:
        yield from ((*link[:-1], name) for name in SLOT.findall(link[-1]))
        return
    inside = [link[:length] for length in range(1, len(link)) if way.shape_at(link[:length]) == "string"]
    yield inside[0] if inside else link
