"""The examples of controls as the code that a reader of the catalogue would write: Terraform, YAML and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import yaml

from mainstay.model.shapes import Shape
from mainstay.model.values import Value
from mainstay.sources.spelling import Table, Tables
from mainstay.sources.spelling.coverage import vouched
from mainstay.sources.spelling.reverse import Spelled, shape_at, spellings
from mainstay.sources.spelling.routes import is_tags, route
from mainstay.sources.terraform.blocks import literal

NOT_CODE = ("related", "derived", "raw", "type")


def plain(value: Value) -> Value:
    """A value without places, as a dumper takes it."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def template(type: str, properties: Mapping[str, Value], as_json: bool) -> str:
    """A template with the one resource; what follows it has to stay as it is."""
    body = {key: plain(value) for key, value in properties.items() if key not in NOT_CODE}
    resource = {"Type": type, **({"Properties": body} if body else {})}
    document = {"Resources": {"Subject": resource}, "Outputs": {"Name": {"Value": {"Ref": "Subject"}}}}
    if as_json:
        return json.dumps(document, indent=2) + "\n"
    return "# kept\n" + yaml.safe_dump(document, sort_keys=False)


@dataclass
class Body:
    """A block while it is written; nested blocks by their name and their positions in lists."""

    attributes: dict[str, str] = field(default_factory=dict)
    blocks: dict[tuple[str, tuple[str, ...]], Body] = field(default_factory=dict)

    def lines(self, indent: str) -> Iterator[str]:
        yield from (f"{indent}{name} = {value}" for name, value in self.attributes.items())
        for (name, _), block in self.blocks.items():
            yield from (f"{indent}{name} {{", *block.lines(indent + "  "), f"{indent}}}")


def terraform(tables: Tables, shape: Shape, type: str, properties: Mapping[str, Value]) -> Iterator[str]:
    """The resource in each of the source types that the model's type has; what has no spelling is left out."""
    for name, table in tables.terraform.items():
        if table.name == name and table.type == type and table.merge is None:
            own, pieces = Body(), dict[str, Body]()
            for path, value in _leaves(shape, properties, ()):
                _write(tables, table, shape, path, value, own, pieces)
            yield "\n".join(_text(table, own, pieces, tables))


def _text(table: Table, own: Body, pieces: Mapping[str, Body], tables: Tables) -> Iterator[str]:
    yield from (f'resource "{table.name}" "subject" {{', *own.lines("  "), "}", "")
    for name, body in pieces.items():
        merge = tables.terraform[name].merge
        assert merge is not None
        (by,) = merge.by
        yield from (f'resource "{name}" "of_it" {{', f"  {by} = {table.name}.subject.id", *body.lines("  "), "}", "")


def _leaves(shape: Shape, value: Value, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Value]]:
    at = shape_at(shape, tuple(step for step in path if not step.isdigit()))
    if isinstance(value, dict) and at != "json":
        for key, inner in value.items():
            if path or key not in NOT_CODE:
                yield from _leaves(shape, inner, (*path, key))
    elif isinstance(value, list) and any(isinstance(one, dict) for one in value) and not is_tags(at):
        for number, inner in enumerate(value):
            yield from _leaves(shape, inner, (*path, str(number)))
    elif value != []:
        yield path, plain(value)


def _write(
    tables: Tables, table: Table, shape: Shape, path: tuple[str, ...], value: Value, own: Body, pieces: dict[str, Body]
) -> None:
    bare = tuple(step for step in path if not step.isdigit())
    if isinstance(value, list) and is_tags(shape_at(shape, bare)):
        for pair in value:
            for way in spellings(tables, table, shape, bare, None, pair)[:1]:
                _put(way, shape, path, own if not way.is_piece else pieces.setdefault(way.table.name, Body()))
        return
    said = tuple(value) if isinstance(value, list) else value
    ways = spellings(tables, table, shape, bare, said)
    for way in sorted(ways, key=lambda way: way.is_piece)[:1]:
        _put(way, shape, path, own if not way.is_piece else pieces.setdefault(way.table.name, Body()))


def _put(way: Spelled, shape: Shape, path: tuple[str, ...], body: Body) -> None:
    for depth in range(1, len(way.path)):
        target = vouched(route(way.table, shape), ".".join(way.path[:depth])) or ()
        body = body.blocks.setdefault((way.path[depth - 1], _positions(path, len(target), shape)), Body())
    if isinstance(way.value, dict):
        inner = body.blocks.setdefault((way.path[-1], (str(len(body.blocks)),)), Body())
        inner.attributes.update((name, literal(value)) for name, value in way.value.items())
    else:
        body.attributes[way.path[-1]] = literal(way.value)


def _positions(path: tuple[str, ...], depth: int, shape: Shape) -> tuple[str, ...]:
    """The indexes on the first `depth` steps of a path."""
    found: list[str] = []
    for step in path:
        if step.isdigit():
            found.append(step)
        elif depth == 0:
            break
        else:
            depth -= 1
    return tuple(found)
