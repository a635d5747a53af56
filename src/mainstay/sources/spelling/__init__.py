"""Spelling: raw resources, in their source's words, into resources in the model's vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from mainstay.model import shapes as shape_steps
from mainstay.model.resources import Resource
from mainstay.model.shapes import Shape
from mainstay.model.values import Record, Unknown, references
from mainstay.sources.raw import RawResource
from mainstay.sources.spelling.checks import check_tables
from mainstay.sources.spelling.coverage import unspelled
from mainstay.sources.spelling.defaults import fill_in
from mainstay.sources.spelling.emitting import parts
from mainstay.sources.spelling.joining import copied
from mainstay.sources.spelling.pieces import Draft, Piece, Workshop, moved, owner_of, with_pieces
from mainstay.sources.spelling.splitting import split_block, why_split
from mainstay.sources.spelling.tables import (
    Merge,
    PathOf,
    Table,
    Tables,
    load_tables,
    read_table,
    read_tables,
    split_path,
)
from mainstay.sources.spelling.texts import read_encoded
from mainstay.sources.spelling.translate import translate
from mainstay.sources.spelling.writing import blot_out

__all__ = [
    "Spelling",
    "Table",
    "Tables",
    "check_tables",
    "links_of",
    "load_tables",
    "read_table",
    "read_tables",
    "unspelled",
]

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
        self._raw: dict[str, bool] = {}

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
        workshop = Workshop(drafts, pieces)
        orphans = [piece for piece in pieces if not workshop.place(piece)]
        resources = [self._finish(draft, workshop.moved) for draft in drafts]
        resources.extend(self._orphan(piece, workshop.moved) for piece in orphans)
        return resources

    def with_defaults(self, resource: Resource) -> Resource:
        """The resource with the service's defaults filled in, as every source's resources have them."""
        facts = self.tables.types.get(resource.type)
        if facts is None:
            return resource
        properties = copied(resource.properties)
        fill_in(properties, facts)
        read_encoded(properties, facts.encoded)
        return replace(resource, properties=properties)

    # -- one resource

    def _draft(self, raw: RawResource) -> Iterator[Draft | Piece]:
        cloudformation = raw.origin.source == "cloudformation"
        table = self.tables.of(raw.origin.source).get(raw.type)
        if table is None:
            yield Draft(raw, raw.type, _own(raw.body) if cloudformation else Record(place=raw.origin.place))
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
            self._cannot_spell(properties, path, raw)
        yield Draft(raw, table.type, properties)

    @staticmethod
    def _cannot_spell(properties: Record, path: str, raw: RawResource) -> None:
        steps = split_path(path.replace(".*", ""))
        settle = "" if raw.origin.source == "live" else "pass a plan"
        unknown = Unknown(f"{raw.type} has no spelling for {path}", raw.origin.place, settle)
        if properties.get(steps[0]) is None:
            properties[steps[0]] = unknown
        elif len(steps) > 1:
            blot_out(properties, steps, unknown)

    def _unspelled(self, name: str, table: Table, shape: Shape) -> list[str]:
        if name not in self._missing:
            pieces = () if name in self.tables.live else self.tables.terraform.values()
            self._missing[name] = unspelled(self.reads.get(table.type, ()), table, pieces, shape)
        return self._missing[name]

    def _piece(self, raw: RawResource, table: Table, merge: Merge, shape: Shape) -> Iterator[Piece]:
        append = _append_paths(raw, merge)
        inner: Shape | None = shape
        for step in append[0] if append else ():
            inner = shape_steps.step(inner, step) if inner is not None else None
        while append and isinstance(inner, list):
            inner = inner[0]
        left = {name: value for name, value in raw.body.items() if name not in merge.by}
        body = Record(left, raw.body.place, raw.body.marks, raw.body.rest)
        split = table.split.get("")
        sure, perhaps = split_block(body, split) if append and split else ([body], [])
        for element in sure:
            yield Piece(raw, table.type, translate(element, table, inner or "json"), merge.by, append)
        for element in perhaps:
            doubtful = replace(raw, may_exist=why_split(raw.body, split or ()), condition="?")
            yield Piece(doubtful, table.type, translate(element, table, inner or "json"), merge.by, append)

    def _emitted(self, raw: RawResource, table: Table) -> Iterator[Draft]:
        """Inline blocks and attributes that are resources of their own."""
        for name, inner in table.emit.items():
            shape = self.shapes.get(inner.type)
            value = raw.body.get(name)
            if shape is None or value is None:
                continue
            for part in parts(raw.body, name, value, inner):
                links = {name: frozenset({raw.address}) | raw.links.get(name, frozenset())}
                origin = replace(raw.origin, place=part.body.place or raw.origin.place)
                may_exist = raw.may_exist or part.doubt
                condition = raw.condition if part.doubt is None else "?"
                address = f"{raw.address}.{part.suffix}"
                one = RawResource(inner.name, address, part.body, origin, links, may_exist, condition)
                properties = translate(part.body, inner, shape)
                assert isinstance(properties, Record)
                yield Draft(one, inner.type, properties)

    def _finish(self, draft: Draft, moves: Mapping[str, str]) -> Resource:
        raw = draft.raw
        facts = self.tables.types.get(draft.type)
        if facts is not None:
            fill_in(draft.properties, facts)
            read_encoded(draft.properties, facts.encoded)
        addresses = set(moved(draft.references, moves))
        for linked in raw.links.values():
            addresses.update(moved(linked, moves))
        addresses.discard(raw.address)
        body = with_pieces(draft) if self._reads_raw(draft.type) else raw.body
        return Resource(
            draft.type,
            raw.address,
            draft.properties,
            raw.origin,
            body,
            raw.may_exist,
            frozenset(addresses),
            names=raw.names,
        )

    def _reads_raw(self, type: str) -> bool:
        """True where a control asks for the source's own attributes: only then are those of pieces put to them."""
        if type not in self._raw:
            self._raw[type] = any(path.startswith("raw.") for path in self.reads.get(type, ()))
        return self._raw[type]

    def _orphan(self, piece: Piece, moves: Mapping[str, str]) -> Resource:
        """A piece whose owner is declared elsewhere, as the part of its owner that it is."""
        resource = self._finish(owner_of(piece), moves)
        if self._reads_raw(piece.type):
            resource.raw.rest = resource.properties.rest
        return replace(resource, partial=True)


def _append_paths(raw: RawResource, merge: Merge) -> tuple[PathOf, ...]:
    if merge.append_by is None:
        return (merge.append,) if merge.append else ()
    attribute, choices = merge.append_by
    value = raw.body.get(attribute)
    chosen = choices.get(str(value).lower())
    return (chosen,) if chosen is not None else tuple(choices.values())


def _own(body: Record) -> Record:
    """A template's properties, to be added to; what is in them is never changed."""
    return Record(body, body.place, body.marks, body.rest)


def links_of(properties: Record) -> dict[str, frozenset[str]]:
    """The addresses that each property refers to, for a source whose references can be seen in its values."""
    links = {}
    for name, value in properties.items():
        addresses = frozenset(ref.address for ref in references(value))
        if addresses:
            links[name] = addresses
    return links
