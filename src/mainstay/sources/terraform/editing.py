"""Edits of Terraform files: the attribute, block or resource that says what a property has to be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from mainstay.model.patches import Edit, NoPatch
from mainstay.model.places import Mark, Place
from mainstay.sources.originals import Original, Originals, merged, shown
from mainstay.sources.spelling.reverse import Spelled
from mainstay.sources.terraform.blocks import LITERAL, FileBlock, chain_at, is_literal, literal, name_of, top_blocks
from mainstay.sources.terraform.writing import Addition, added, appended

SUFFIXES = (".tf", ".tofu")
NOT_YOURS = ".terraform/"
ITEM = re.compile(LITERAL.pattern)
VARIABLE = re.compile(r"var\.([\w-]+)")


@dataclass(frozen=True, slots=True)
class Wish:
    """One property that should be said: the ways to say it, and where what is there now stands."""

    ways: tuple[Spelled, ...]
    mark: Mark | None
    indexed: bool
    name: str


@dataclass(frozen=True, slots=True)
class Home:
    """The block that a resource is declared in; `inside` are the nested blocks down to one that is one itself."""

    block: FileBlock
    labels: tuple[str, ...]
    inside: tuple[str, ...] = ()


def home(place: Place, originals: Originals) -> Home | NoPatch:
    """Where a resource stands, or why it cannot be edited there."""
    if f"/{place.file}".find(f"/{NOT_YOURS}") >= 0:
        return NoPatch("the module is not yours: it was downloaded")
    if place.file.endswith(".json"):
        return NoPatch("the resource is written in JSON; change it there")
    original = originals.read(place.file)
    if isinstance(original, NoPatch):
        return original
    chain = chain_at(original, place)
    if not chain or chain[0].type != "resource" or len(chain[0].labels) != 2:
        return NoPatch("its block was not found in the file")
    depth = next((n for n, block in enumerate(chain) if block.node.start_point[0] == place.line - 1), 0)
    return Home(chain[depth], chain[0].labels, tuple(block.type for block in chain[1 : depth + 1]))


def edits(home: Home, wishes: Iterable[Wish], originals: Originals) -> tuple[Edit, ...] | NoPatch:
    """The edits that make all the wishes true."""
    work = _Work(home, originals)
    for wish in wishes:
        refused = work.take(wish)
        if refused is not None:
            return refused
    return merged(work.edits())


@dataclass(slots=True)
class _Work:
    """The wishes of one resource, gathered by block before any text is made."""

    home: Home
    originals: Originals
    additions: dict[tuple[str, int], tuple[FileBlock, Addition]] = field(default_factory=dict)
    children: dict[str, tuple[Spelled, Addition]] = field(default_factory=dict)
    replaced: dict[tuple[str, int, int], Edit] = field(default_factory=dict)

    def edits(self) -> list[Edit]:
        made = list(self.replaced.values())
        for block, addition in self.additions.values():
            made += added(block, addition)
        for type, (_, addition) in self.children.items():
            name = self._free_name(type)
            made.append(appended(self.home.block, f'resource "{type}" "{name}" {{', addition))
        return made

    def take(self, wish: Wish) -> NoPatch | None:
        if not wish.ways:
            return NoPatch(f"Terraform's resource has no attribute of its own for {wish.name}")
        chain: list[FileBlock] = []
        if isinstance(wish.mark, Place) and wish.mark.file.endswith((".tf.json", ".tofu.json")):
            return NoPatch("the resource is written in JSON; change it there")
        if isinstance(wish.mark, Place) and wish.mark.file.endswith(SUFFIXES):
            original = self.originals.read(wish.mark.file)
            if isinstance(original, NoPatch):
                return original
            chain = chain_at(original, wish.mark)
            if not chain or chain[0].type != "resource":
                return NoPatch(f"it comes from {shown(wish.mark)}; change it there")
        own = [way for way in wish.ways if not way.is_piece]
        pieces = [way for way in wish.ways if way.is_piece]
        if chain and chain[0].labels != self.home.labels:
            named = [way for way in pieces if way.table.name == chain[0].labels[0]]
            if not named:
                return NoPatch(f"it is set by {'.'.join(chain[0].labels)} at {shown_block(chain[0])}; change it there")
            return self._below(chain[0], chain[1:], named, wish)
        top = chain[0] if chain and not self.home.inside else self.home.block
        if top.key != self.home.block.key and not any(top.attribute(way.path[0]) for way in own):
            top, chain = self.home.block, []  # an override file only where it says the very thing
        there = [way for way in own if _begun(top, way.path)]
        if there or (own and not pieces):
            depth = len(self.home.inside)
            return self._below(top, chain[1 + depth :], there or own, wish)
        return self._piece(pieces)

    def _below(self, top: FileBlock, inner: Sequence[FileBlock], ways: Sequence[Spelled], wish: Wish) -> NoPatch | None:
        """Says it in a block, or in the nested one that what is there stands in."""
        for depth in range(len(inner), -1, -1):
            names = tuple(block.type for block in inner[:depth])
            fitting = [way for way in ways if way.path[:depth] == names and len(way.path) > depth]
            if fitting:
                block = inner[depth - 1] if depth else top
                begun = [way for way in fitting if _begun(block, way.path[depth:])]
                fitting = begun or fitting
                if len(fitting) > 1:
                    return NoPatch(f"there is more than one place for {wish.name}; which is yours to decide")
                return self._say(block, fitting[0].path[depth:], fitting[0], not depth and wish.indexed)
        return NoPatch(f"{wish.name} is generated from {inner[0].type!r}; change it there")

    def _say(self, block: FileBlock, steps: tuple[str, ...], way: Spelled, indexed: bool) -> NoPatch | None:
        for depth, step in enumerate(steps[:-1]):
            if block.attribute(step) is not None:
                return NoPatch(f"{step} is written as a value at {shown_block(block)}; change it there")
            if block.generates(step):
                return NoPatch(f"a dynamic block generates {step}; change what it is generated from")
            blocks = block.blocks(step)
            if len(blocks) > 1:
                return NoPatch(f"there are several {step} blocks; which is yours to decide")
            if not blocks:
                if indexed:
                    return NoPatch(f"which {step} block it is about cannot be told")
                addition = self._addition(block)
                for name in steps[depth:-1]:
                    addition = addition.inner(name)
                _put(addition, steps[-1], way)
                return None
            block = blocks[0]
        return self._last(block, steps[-1], way)

    def _last(self, block: FileBlock, name: str, way: Spelled) -> NoPatch | None:
        if isinstance(way.value, dict):
            return self._element(block, name, way)
        node = block.attribute(name)
        if node is None:
            if block.blocks(name) or block.generates(name):
                return NoPatch(f"{name} is written as a block there; change it there")
            _put(self._addition(block), name, way)
            return None
        words = block.words(name)
        if not is_literal(words):
            return NoPatch(f"it is `{_short(words)}`{self._declared(block, words)}; change it there")
        start, end, text = node.start_byte, node.end_byte, literal(way.value)
        if (kept := words.rstrip("] \n\r\t,")) != "[" and words.startswith("["):
            wanted = way.value if isinstance(way.value, list) else [way.value]
            missing = [literal(one) for one in wanted if literal(one) not in ITEM.findall(words)]
            start = end = node.start_byte + len(kept.encode())
            text = "".join(f", {one}" for one in missing)
        edit = block.original.edit(start, end, text)
        self.replaced[(edit.file, edit.start, edit.end)] = edit
        return None

    def _element(self, block: FileBlock, name: str, way: Spelled) -> NoPatch | None:
        """A nested block beside its likes; where one of them has the same first field, that one is changed."""
        (key, wanted), *others = way.value.items()
        if block.generates(name) or block.attribute(name) is not None:
            return NoPatch(f"what {name} holds is generated; change it there")
        for one in block.blocks(name):
            if one.words(key) == literal(wanted):
                for other, value in others:
                    refused = self._last(one, other, Spelled(way.table, (*way.path, other), value))
                    if refused is not None:
                        return refused
                return None
        element = (name, Addition().set(way.value))
        elements = self._addition(block).elements
        if element not in elements:
            elements.append(element)
        return None

    def _piece(self, pieces: Sequence[Spelled]) -> NoPatch | None:
        """Says it in a resource of its own: one that is there and names this one, or a new one."""
        if len({way.table.name for way in pieces}) > 1:
            return NoPatch("there is more than one resource for it; which is yours to decide")
        way = pieces[0]
        assert way.table.merge is not None
        (by,) = way.table.merge.by
        for block in self._resources(way.table.name):
            belongs = self._belongs(block, by)
            if belongs:
                return self._say(block, way.path, way, False)
            if belongs is None:
                return NoPatch(f"{'.'.join(block.labels)} may be of this resource; change it there")
        known = self.children.get(way.table.name)
        if known is None:
            known = self.children[way.table.name] = way, Addition(self._owner(by))
        addition = known[1]
        for step in way.path[:-1]:
            addition = addition.inner(step)
        _put(addition, way.path[-1], way)
        return None

    def _belongs(self, piece: FileBlock, by: str) -> bool | None:
        """Whether a piece is of this resource, by what it says of its owner; None where that cannot be read."""
        words = piece.words(by)
        if words.startswith("each.value"):
            words = piece.words("for_each")
        if re.match(rf"{re.escape('.'.join(self.home.labels))}(?:\[|\.|$)", words):
            return True
        if is_literal(words):
            own = (child for child in self.home.block.children if child.type == "attribute")
            return any(self.home.block.words(name_of(child)) == words for child in own)
        return False if re.match(rf"{re.escape(self.home.labels[0])}\.", words) else None

    def _owner(self, by: str) -> dict[str, str]:
        """The attributes by which a new piece names this resource, instance by instance where it has several."""
        address, block = ".".join(self.home.labels), self.home.block
        attribute = "arn" if by == "arn" or by.endswith("_arn") else by if by == "domain_name" else "id"
        if block.attribute("for_each") is not None:
            return {"for_each": address, by: f"each.value.{attribute}"}
        if block.attribute("count") is not None:
            return {"count": f"length({address})", by: f"{address}[count.index].{attribute}"}
        return {by: f"{address}.{attribute}"}

    def _resources(self, type: str) -> list[FileBlock]:
        beside = self.originals.beside(self.home.block.original.file, SUFFIXES)
        found = (block for one in beside if type.encode() in one.text for block in top_blocks(one))
        return [block for block in found if block.type == "resource" and block.labels[:1] == (type,)]

    def _free_name(self, type: str) -> str:
        name = self.home.labels[1]
        taken = {block.labels[-1] for block in self._resources(type)}
        free = name
        number = 2
        while free in taken:
            free, number = f"{name}_{number}", number + 1
        return free

    def _addition(self, block: FileBlock) -> Addition:
        return self.additions.setdefault(block.key, (block, Addition()))[1]

    def _declared(self, block: FileBlock, words: str) -> str:
        """Where the variable that an expression is stands."""
        match = VARIABLE.fullmatch(words)
        if match is None:
            return ""
        for one in self.originals.beside(block.original.file, SUFFIXES):
            for declared in top_blocks(one):
                if declared.type == "variable" and declared.labels == (match[1],):
                    return f", declared at {shown_block(declared)}"
        return ""


def _put(addition: Addition, name: str, way: Spelled) -> None:
    if isinstance(way.value, dict):
        addition.elements.append((name, Addition().set(way.value)))
    else:
        addition.attributes[name] = literal(way.value)


def _begun(block: FileBlock, path: Sequence[str]) -> bool:
    """Whether the first step of a path is written in a block."""
    return block.attribute(path[0]) is not None or bool(block.blocks(path[0])) or block.generates(path[0])


def _short(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= 60 else f"{line[:57]}..."


def shown_block(block: FileBlock) -> str:
    original: Original = block.original
    return f"{original.file}:{block.node.start_point[0] + 1}"
