"""Pieces: resources that other sources keep apart from the resource that they belong to, put together again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from mainstay.model.places import Mark
from mainstay.model.values import ABSENT, Items, OneOf, Record, Ref, Unknown, Value, references
from mainstay.sources.raw import RawResource
from mainstay.sources.spelling.tables import PathOf


@dataclass(frozen=True, slots=True)
class Piece:
    """A translated piece: what it adds to a resource of `type`, and what says to which one.

    `content` is a record of properties or, with `append`, an element of the lists at those paths; where they are
    several, it is not known which.
    """

    raw: RawResource
    type: str
    content: Value
    by: Mapping[str, str]
    append: tuple[PathOf, ...] = ()


@dataclass(slots=True)
class Draft:
    """A resource while pieces are still being put to it."""

    raw: RawResource
    type: str
    properties: Record
    references: set[str] = field(default_factory=set)


class Workshop:
    """The drafts of one scope, and which of them a piece belongs to."""

    def __init__(self, drafts: Iterable[Draft]) -> None:
        self.by_type: dict[str, list[Draft]] = {}
        self.by_address: dict[str, Draft] = {}
        for draft in drafts:
            self.by_type.setdefault(draft.type, []).append(draft)
            self.by_address[draft.raw.address] = draft
        self.moved: dict[str, str] = {}
        """Where the pieces went: references to them are references to their owner."""

    def place(self, piece: Piece) -> bool:
        """Puts a piece to its owner, or to those that may be it; False where it belongs to nothing in the scope."""
        owners = self._named(piece) or self._equal(piece)
        if len(owners) == 1:
            owner = owners[0]
            doubt = None if _together(piece.raw, owner.raw) else piece.raw.may_exist
            add(owner.properties, piece, doubt)
            owner.references.update(address for addresses in piece.raw.links.values() for address in addresses)
            owner.references.discard(owner.raw.address)
            self.moved[piece.raw.address] = owner.raw.address
            return True
        for owner in owners or self._possible(piece):
            doubt = Unknown(f"{piece.raw.address} may belong to it", piece.raw.origin.place, "pass a plan")
            add(owner.properties, piece, doubt)
        return bool(owners)

    def _named(self, piece: Piece) -> list[Draft]:
        """The owners that the linking attributes refer to: by their values or, where these do not tell, their text."""
        refs = (ref for attribute in piece.by for ref in references(piece.raw.body.get(attribute)))
        linked = (piece.raw.links.get(attribute, frozenset()) for attribute in piece.by)
        return self._drafts(piece.type, (ref.address for ref in refs)) or self._drafts(
            piece.type, (address for addresses in linked for address in sorted(addresses))
        )

    def _drafts(self, type: str, addresses: Iterable[str]) -> list[Draft]:
        found = (self.by_address.get(address) for address in dict.fromkeys(addresses))
        return [draft for draft in found if draft is not None and draft.type == type]

    def _equal(self, piece: Piece) -> list[Draft]:
        """The owners whose own property has the value that the piece names."""
        pairs = [(piece.raw.body.get(attribute), name) for attribute, name in piece.by.items()]
        known = [(value, name) for value, name in pairs if isinstance(value, str)]
        if not known or len(known) < len([value for value, _ in pairs if value is not None]):
            return []
        return [
            draft
            for draft in self.by_type.get(piece.type, ())
            if all(draft.properties.get(name) == value for value, name in known)
        ]

    def _possible(self, piece: Piece) -> list[Draft]:
        """The owners that an unknown link may mean: those that have a name which somebody chose."""
        unknown = [
            name
            for attribute, name in piece.by.items()
            if isinstance(value := piece.raw.body.get(attribute), Unknown) and not isinstance(value, Ref)
        ]
        if not unknown:
            return []
        return [
            draft
            for draft in self.by_type.get(piece.type, ())
            if any(name in draft.properties for name in unknown)
        ]


def _together(piece: RawResource, owner: RawResource) -> bool:
    """True where the piece is surely there whenever its owner is."""
    if piece.may_exist is None:
        return True
    if owner.may_exist is None:
        return False
    if piece.origin.module != owner.origin.module:
        return not piece.condition and piece.origin.module.startswith(owner.origin.module)
    return not piece.condition or piece.condition == owner.condition


def add(properties: Record, piece: Piece, doubt: Unknown | None = None) -> None:
    """Adds what a piece says; with a doubt, as something that may be so."""
    if piece.append:
        several = len(piece.append) > 1
        for path in piece.append:
            _append(properties, path, piece, doubt or (Unknown("the direction is not known") if several else None))
    elif isinstance(piece.content, Record):
        _merge(properties, piece.content, doubt)


def _append(properties: Record, path: PathOf, piece: Piece, doubt: Unknown | None) -> None:
    record = properties
    for step in path[:-1]:
        inner = record.get(step)
        if not isinstance(inner, Record):
            inner = Record(inner if isinstance(inner, dict) else (), place=piece.raw.origin.place, marks={})
            keep(record, step, inner, piece.raw.origin.place)
        record = inner
    last = path[-1]
    known = record.get(last, ABSENT)
    if isinstance(known, Unknown):
        return
    elements = known if isinstance(known, Items) else Items(known if isinstance(known, list) else [])
    if doubt is None:
        elements.append(piece.content)
    else:
        elements.rest = piece.content if elements.rest is ABSENT else Unknown(doubt.reason, doubt.place, doubt.settle)
    keep(record, last, elements, piece.raw.origin.place if known is ABSENT else None)


def _merge(properties: Record, content: Record, doubt: Unknown | None) -> None:
    for name, value in content.items():
        known = properties.get(name, ABSENT)
        mark = content.marks.get(name) or content.place
        if doubt is not None:
            keep(properties, name, _perhaps(known, value, doubt), mark)
        elif isinstance(known, Record) and isinstance(value, Record):
            _merge(known, value, None)
        elif isinstance(known, list) and isinstance(value, list):
            rest = _rest(value) if _rest(value) is not ABSENT else _rest(known)
            keep(properties, name, Items([*known, *value], rest), None)
        else:
            keep(properties, name, value, mark)


def _perhaps(known: Value, value: Value, doubt: Unknown) -> Value:
    """A property that a piece sets, if the piece is there."""
    if isinstance(value, list) and (known is ABSENT or isinstance(known, list)):
        before = known if isinstance(known, list) else []
        return Items(before, value[0] if len(value) == 1 and not before else Unknown(doubt.reason, None, doubt.settle))
    return OneOf([None if known is ABSENT else known, value], doubt.reason, doubt.place, doubt.settle)


def _rest(value: Value) -> Value:
    return value.rest if isinstance(value, Items) else ABSENT


def keep(record: Record, name: str, value: Value, mark: Mark | None) -> None:
    """Sets a property and its mark; a reader's shared marks are copied first."""
    record[name] = value
    if mark is not None:
        if not isinstance(record.marks, dict):
            record.marks = dict(record.marks)
        record.marks[name] = mark


def moved(addresses: Iterable[str], moves: Mapping[str, str]) -> Iterator[str]:
    """Addresses, those of pieces replaced by their owners'."""
    return (moves.get(address, address) for address in addresses)


