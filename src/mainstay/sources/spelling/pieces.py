"""Pieces: resources that other sources keep apart from the resource that they belong to, put together again."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from mainstay.model.values import ABSENT, Items, Record, Ref, Text, Unknown, Value, references
from mainstay.sources.raw import RawResource
from mainstay.sources.spelling.joining import copied, join
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
    """A resource while pieces are still being put to it. `pieces` are the raw ones, by type."""

    raw: RawResource
    type: str
    properties: Record
    references: set[str] = field(default_factory=set)
    pieces: dict[str, Items] = field(default_factory=dict)


class Workshop:
    """The drafts of one scope, and which of them a piece belongs to."""

    def __init__(self, drafts: Iterable[Draft], pieces: Iterable[Piece]) -> None:
        self.by_address: dict[str, Draft] = {}
        self.by_type: dict[str, list[Draft]] = {}
        for draft in drafts:
            self.by_address[draft.raw.address] = draft
            self.by_type.setdefault(draft.type, []).append(draft)
        self.pieces = {piece.raw.address: piece for piece in pieces}
        self.moved: dict[str, str] = {}
        """Where the pieces went: references to them are references to their owner."""
        self._named: dict[tuple[str, str], _Names] = {}

    def place(self, piece: Piece) -> bool:
        """Puts a piece to its owner, or to those that may be it; False where it surely belongs to none of the scope."""
        sure, perhaps = self._owners(piece)
        if len(sure) == 1:
            owner = sure[0]
            doubt = None if _together(piece.raw, owner.raw) else piece.raw.may_exist
            put(owner, piece, doubt)
            owner.references.update(address for addresses in piece.raw.links.values() for address in addresses)
            owner.references.discard(owner.raw.address)
            self.moved[piece.raw.address] = owner.raw.address
            return True
        for owner in sure or perhaps:
            put(owner, piece, Unknown(f"{piece.raw.address} may belong to it", piece.raw.origin.place, "pass a plan"))
        return bool(sure)

    def _owners(self, piece: Piece) -> tuple[list[Draft], list[Draft]]:
        """Those that all the linking attributes name, and those that they may name."""
        ranks: list[dict[str, bool]] = []
        for attribute, name in piece.by.items():
            if piece.raw.body.get(attribute) is not None or piece.raw.links.get(attribute):
                ranks.append(self._named_by(piece, attribute, name))
        if not ranks:
            return [], []
        shared = [address for address in ranks[0] if all(address in rank for rank in ranks[1:])]
        sure = [address for address in shared if all(rank[address] for rank in ranks)]
        perhaps = [address for address in shared if address not in set(sure)]
        return [self.by_address[address] for address in sure], [self.by_address[address] for address in perhaps]

    def _named_by(self, piece: Piece, attribute: str, name: str) -> dict[str, bool]:
        """The addresses of those that one attribute names (True), or may name (False)."""
        value = piece.raw.body.get(attribute)
        linked = [address for address in self._linked(piece, attribute) if self._is(address, piece.type)]
        if linked:
            return dict.fromkeys(linked, True)
        known = self._names(piece.type, name)
        equal = known.by_key.get(_key(value), ()) if value is not None else ()
        if equal:
            return dict.fromkeys((draft.raw.address for draft in equal), True)
        if isinstance(value, Ref):
            # of something else in the code, which the owner may be named by as well
            return {}
        if isinstance(value, Unknown):
            # a plan does not tell an owner's name before it is applied: it may be any of its type
            planned = piece.raw.origin.source == "terraform-plan"
            drafts = self.by_type.get(piece.type, ()) if planned else known.drafts
            return dict.fromkeys((draft.raw.address for draft in drafts), False)
        return dict.fromkeys((draft.raw.address for draft in known.unknown), False)

    def _linked(self, piece: Piece, attribute: str) -> dict[str, None]:
        """The addresses that an attribute refers to; for those of pieces, also what the pieces refer to."""
        found: dict[str, None] = {}
        waiting = [(piece, attribute)]
        while waiting:
            one, name = waiting.pop()
            value = one.raw.body.get(name)
            addresses = {*one.raw.links.get(name, ()), *(ref.address for ref in references(value))}
            for address in sorted(addresses):
                if address not in found:
                    found[address] = None
                    next_piece = self.pieces.get(address)
                    if next_piece is not None and next_piece.type == piece.type:
                        waiting.extend((next_piece, inner) for inner in next_piece.by)
        return found

    def _is(self, address: str, type: str) -> bool:
        return address in self.by_address and self.by_address[address].type == type

    def _names(self, type: str, name: str) -> _Names:
        key = (type, name)
        if key not in self._named:
            self._named[key] = _Names(self.by_type.get(type, ()), name)
        return self._named[key]


class _Names:
    """The drafts of a type that have a value for a property (or an attribute of the source), by that value."""

    def __init__(self, drafts: Iterable[Draft], name: str) -> None:
        self.by_key: dict[Hashable, list[Draft]] = {}
        self.drafts: list[Draft] = []
        self.unknown: list[Draft] = []
        for draft in drafts:
            value = draft.properties.get(name)
            value = draft.raw.body.get(name) if value is None else value
            if value is None:
                continue
            self.drafts.append(draft)
            self.by_key.setdefault(_key(value), []).append(draft)
            if isinstance(value, Unknown):
                self.unknown.append(draft)


def _key(value: Value) -> Hashable:
    """Equal for values that are surely equal: the same unknown is one, two unknowns are not."""
    if isinstance(value, Ref):
        return (value.address, value.path)
    if isinstance(value, Text):
        return tuple(map(_key, value.parts))
    return ("unknown", id(value)) if isinstance(value, Unknown | dict | list) else str(value)


def _together(piece: RawResource, owner: RawResource) -> bool:
    """True where the piece is surely there whenever its owner is."""
    if piece.may_exist is None or piece.may_exist is owner.may_exist:
        return True
    if owner.may_exist is None:
        return False
    if not piece.condition:  # it is there whenever its module is
        return not piece.origin.module or f"{owner.origin.module}.".startswith(f"{piece.origin.module}.")
    return piece.origin.module == owner.origin.module and piece.condition == owner.condition


def put(draft: Draft, piece: Piece, doubt: Unknown | None) -> None:
    """Puts a piece to a draft; with a doubt, as something that may be so."""
    add(draft.properties, piece, doubt)
    bodies = draft.pieces.setdefault(piece.raw.type, Items())
    if doubt is None:
        bodies.append(piece.raw.body)
    else:
        bodies.rest = Unknown(doubt.reason, doubt.place, doubt.settle)


def add(properties: Record, piece: Piece, doubt: Unknown | None = None) -> None:
    """Adds what a piece says to the properties of its owner."""
    if not piece.append:
        if isinstance(piece.content, Record):
            join(properties, piece.content, doubt)
        return
    if doubt is None and len(piece.append) > 1:
        doubt = Unknown(f"where {piece.raw.address} belongs is not known", piece.raw.origin.place, "pass a plan")
    for path in piece.append:
        content: Value = [piece.content]
        for step in reversed(path):
            content = Record({step: content}, piece.raw.origin.place)
        join(properties, content, doubt)


def moved(addresses: Iterable[str], moves: Mapping[str, str]) -> Iterator[str]:
    """Addresses, those of pieces replaced by their owners'."""
    return (moves.get(address, address) for address in addresses)


def with_pieces(draft: Draft) -> Record:
    """The source's own attributes, those around the body too, and the pieces' by their type."""
    raw, around = draft.raw.body, draft.raw.around
    if not draft.pieces and not around:
        return raw
    return Record({**raw, **around, **draft.pieces}, raw.place, {**raw.marks, **around.marks}, raw.rest)


def owner_of(piece: Piece) -> Draft:
    """A piece whose owner is declared elsewhere, as the part of its owner that it is; the rest of it is unknown."""
    raw = piece.raw
    more = Unknown(f"{raw.address} is all that is declared of it here", raw.origin.place)
    draft = Draft(raw, piece.type, Record(place=raw.origin.place, marks={}))
    put(draft, piece, None)
    draft.properties.rest = more
    for path in piece.append:
        _open(draft.properties, path, more)
    return draft


def _open(properties: Record, path: PathOf, more: Unknown) -> None:
    inner = properties.get(path[0], ABSENT)
    if len(path) == 1 and isinstance(inner, list):
        properties[path[0]] = Items(inner, more)
    elif len(path) > 1 and isinstance(inner, dict):
        record = properties[path[0]] = copied(inner)
        record.rest = more
        _open(record, path[1:], more)
