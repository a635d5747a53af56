"""Spelling: raw resources, in their source's words, into resources in the model's vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from mainstay.model import shapes as shape_steps
from mainstay.model.places import Place
from mainstay.model.resources import Resource
from mainstay.model.shapes import Shape
from mainstay.model.values import Record, Unknown, Value, references
from mainstay.sources.raw import RawResource
from mainstay.sources.spelling.coverage import unspelled
from mainstay.sources.spelling.defaults import fill_in
from mainstay.sources.spelling.pieces import Draft, Piece, Workshop, add, moved
from mainstay.sources.spelling.tables import Merge, PathOf, Table, Tables, TypeFacts, load_tables, read_tables
from mainstay.sources.spelling.translate import split_block, translate

__all__ = ["Spelling", "Table", "Tables", "links_of", "load_tables", "read_tables", "unspelled"]

Reads = Mapping[str, frozenset[str]]
"""By canonical type, the property paths that the chosen controls read."""


class Spelling:
    """Translates the resources of one scope at a time.

    `reads` makes the properties that a source cannot spell unknown, instead of absent, where a control asks for them.
    """

    def __init__(self, shapes: Mapping[str, Shape], reads: Reads | None = None, tables: Tables | None = None) -> None:
        self.shapes = shapes
        self.reads = reads or {}
        self.tables = tables or load_tables()
        self._missing: dict[str, list[str]] = {}

    def resources(self, raws: Iterable[RawResource]) -> list[Resource]:
        """The resources of a scope, pieces put to their owners; a piece without an owner becomes a partial one.

        A type that no table spells keeps its source's name and has no properties.
        """
        drafts: list[Draft] = []
        pieces: list[Piece] = []
        for raw in raws:
            for made in self._draft(raw):
                if isinstance(made, Piece):
                    pieces.append(made)
                else:
                    drafts.append(made)
        workshop = Workshop(drafts)
        orphans = [piece for piece in pieces if not workshop.place(piece)]
        resources = [self._finish(draft, workshop.moved) for draft in drafts]
        resources.extend(self._orphan(piece, workshop.moved) for piece in orphans)
        return resources

    def with_defaults(self, resource: Resource) -> Resource:
        """The resource with the service's defaults filled in, as every source's resources have them."""
        facts = self.tables.types.get(resource.type)
        if facts is None:
            return resource
        properties = _copy(resource.properties)
        fill_in(properties, facts)
        return replace(resource, properties=properties)

    # -- one resource

    def _draft(self, raw: RawResource) -> Iterator[Draft | Piece]:
        cloudformation = raw.origin.source == "cloudformation"
        table = (self.tables.cloudformation if cloudformation else self.tables.terraform).get(raw.type)
        if table is None:
            yield Draft(raw, raw.type, raw.body if cloudformation else Record(place=raw.origin.place))
            return
        shape = self.shapes.get(table.type)
        if shape is None:
            yield Draft(raw, raw.type, Record(place=raw.origin.place))
            return
        if table.merge is not None:
            yield from self._piece(raw, table, table.merge, shape)
            return
        yield from self._emitted(raw, table)
        properties = translate(raw.body, table, shape)
        assert isinstance(properties, Record)
        for path in self._unspelled(raw.type, table, shape):
            name = path.split(".")[0]
            if name not in properties:
                properties[name] = Unknown(f"{raw.type} has no spelling for {path}", raw.origin.place, "pass a plan")
        yield Draft(raw, table.type, properties)

    def _unspelled(self, name: str, table: Table, shape: Shape) -> list[str]:
        if name not in self._missing:
            self._missing[name] = unspelled(self.reads.get(table.type, ()), table, self.tables, shape)
        return self._missing[name]

    def _piece(self, raw: RawResource, table: Table, merge: Merge, shape: Shape) -> Iterator[Piece]:
        append = _append_paths(raw, merge)
        inner: Shape | None = shape
        for step in append[0] if append else ():
            inner = shape_steps.step(inner, step) if inner is not None else None
        while append and isinstance(inner, list):
            inner = inner[0]
        body = Record({k: v for k, v in raw.body.items() if k not in merge.by}, raw.body.place, raw.body.marks)
        split = table.split.get("")
        elements, perhaps = split_block(body, split) if append and split else ([body], [])
        for element in elements:
            yield Piece(raw, table.type, translate(element, table, inner or "json"), merge.by, append)
        for element in perhaps:
            doubtful = replace(raw, may_exist=Unknown("the list is not known", raw.origin.place), condition="?")
            yield Piece(doubtful, table.type, translate(element, table, inner or "json"), merge.by, append)

    def _emitted(self, raw: RawResource, table: Table) -> Iterator[Draft]:
        """Inline blocks and attributes that are resources of their own."""
        for name, inner in table.emit.items():
            shape = self.shapes.get(inner.type)
            value = raw.body.get(name)
            if shape is None or value is None:
                continue
            for suffix, part in _parts(raw, name, value, inner):
                origin = replace(raw.origin, place=part.place or raw.origin.place)
                links = {name: frozenset({raw.address}) | raw.links.get(name, frozenset())}
                address = f"{raw.address}.{suffix}"
                one = RawResource(inner.name, address, part, origin, links, raw.may_exist, raw.condition)
                properties = translate(part, inner, shape)
                assert isinstance(properties, Record)
                yield Draft(one, inner.type, properties)

    def _finish(self, draft: Draft, moves: Mapping[str, str]) -> Resource:
        raw = draft.raw
        facts = self.tables.types.get(draft.type)
        if facts is not None:
            fill_in(draft.properties, facts)
        addresses = set(moved(draft.references, moves))
        for linked in raw.links.values():
            addresses.update(moved(linked, moves))
        addresses.discard(raw.address)
        return Resource(
            draft.type, raw.address, draft.properties, raw.origin, raw.body, raw.may_exist, frozenset(addresses)
        )

    def _orphan(self, piece: Piece, moves: Mapping[str, str]) -> Resource:
        """A piece whose owner is declared elsewhere, as the part of its owner that it is."""
        owner = Record(place=piece.raw.origin.place, marks={})
        add(owner, piece)
        owner.rest = Unknown(f"{piece.raw.address} is all that is declared of it here", piece.raw.origin.place)
        facts = self.tables.types.get(piece.type, TypeFacts())
        for path, default in facts.default.items():
            if len(path) > 1 and path[0] in owner:
                fill_in(owner, TypeFacts({path: default}))
        return replace(self._finish(Draft(piece.raw, "", owner), moves), type=piece.type, partial=True)


def _append_paths(raw: RawResource, merge: Merge) -> tuple[PathOf, ...]:
    if merge.append_by is None:
        return (merge.append,) if merge.append else ()
    attribute, choices = merge.append_by
    value = raw.body.get(attribute)
    chosen = choices.get(str(value).lower())
    return (chosen,) if chosen is not None else tuple(choices.values())


def _parts(raw: RawResource, name: str, value: Value, table: Table) -> Iterator[tuple[str, Record]]:
    """The records that an inline block or attribute gives, each with what it adds to the address.

    Blocks that only may be there are left out: what they would say cannot be told apart from their not being there.
    """
    blocks = [element for element in value if isinstance(element, dict)] if isinstance(value, list) else []
    if not blocks and not isinstance(value, list):
        mark = raw.body.marks.get(name)
        yield name, Record({"": value}, mark if isinstance(mark, Place) else raw.body.place)
    for position, element in enumerate(blocks):
        record = element if isinstance(element, Record) else Record(element)
        split = table.split.get("")
        for part in split_block(record, split)[0] if split else [record]:
            assert isinstance(part, Record)
            yield f"{name}[{position}]", part


def links_of(properties: Record) -> dict[str, frozenset[str]]:
    """The addresses that each property refers to, for a source whose references can be seen in its values."""
    links = {}
    for name, value in properties.items():
        addresses = frozenset(ref.address for ref in references(value))
        if addresses:
            links[name] = addresses
    return links


def _copy(value: Value) -> Value:
    """Records copied deep enough to be filled in."""
    if isinstance(value, Record):
        return Record({key: _copy(item) for key, item in value.items()}, value.place, dict(value.marks), value.rest)
    if isinstance(value, dict):
        return Record({key: _copy(item) for key, item in value.items()}, marks={})
    if type(value) is list:
        return [_copy(item) for item in value]
    return value

