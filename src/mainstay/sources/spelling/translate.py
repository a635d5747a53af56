"""One raw resource into the model's vocabulary, by its table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mainstay.model import shapes
from mainstay.model.places import Mark, Place
from mainstay.model.shapes import Shape
from mainstay.model.values import ABSENT, Document, Items, OneOf, Record, Set, Unknown, Value
from mainstay.sources.spelling.names import property_for
from mainstay.sources.spelling.tables import PathOf, Table

Positions = Mapping[PathOf, int | str]
"""Where in the lists and keyed maps on the way a block's properties belong."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the walk is: the source's prefix, the canonical path that the rule works from (None: nowhere), the
    positions in lists that it has come through, and the positions of blocks that have no canonical path."""

    prefix: str = ""
    target: PathOf | None = ()
    positions: Positions = ()  # type: ignore[assignment]
    floating: tuple[int, ...] = ()
    place: Place | None = None


def translate(body: Record, table: Table, shape: Shape) -> Value:
    """The canonical properties: a Record. For a piece whose element is one value (`rename: {x: ""}`), that value."""
    writer = _Writer(table, shape)
    writer.block(body, Spot("", table.under, {}, (), body.place))
    for path, value in table.constant.items():
        writer.put(path, value, body.place, Spot(positions={}))
    for name in table.opaque:
        unknown = Unknown(f"{table.name} does not spell {name} yet", body.place, "pass a plan")
        _blot_out(writer.root, tuple(name.split(".")), unknown)
    return writer.element if writer.element is not ABSENT else writer.root


class _Writer:
    """Fills one canonical record."""

    def __init__(self, table: Table, shape: Shape) -> None:
        self.table = table
        self.shape = shape
        self.root = Record(marks={})
        self.element: Value = ABSENT

    # -- reading the source

    def block(self, record: Record, spot: Spot) -> None:
        """Writes all attributes and blocks of a source block, and the defaults of those that are not there."""
        if not self.root.place:
            self.root.place = record.place
        marks, prefix = record.marks, spot.prefix
        for name, value in record.items():
            self.attribute(name, value, marks.get(name) or spot.place, spot)
        defaults = self.table.default.get(prefix[:-1])
        if defaults:
            for name, default in defaults.items():
                if name not in record and record.rest is ABSENT:
                    self.attribute(name, default.value, default.mark, spot)

    def attribute(self, name: str, value: Value, mark: Mark | None, spot: Spot) -> None:
        source = spot.prefix + name
        table = self.table
        if source in table.pairs:
            self.pair(source, value, mark, spot)
            return
        if source in table.keyed:
            self.keyed(source, value, spot)
            return
        target = self._target(name, source, spot)
        if source in table.split or source in table.renamed_inside or _is_blocks(value):
            self.blocks(source, target, value, mark, spot)
        elif target is not None:
            self.put(target, value, mark, spot)

    def _target(self, name: str, source: str, spot: Spot) -> PathOf | None:
        renamed = self.table.rename.get(source)
        if renamed is not None:
            return renamed
        if spot.target is None:
            return None
        apart = self.table.split.get(spot.prefix[:-1], {}).get(name)
        if apart is not None:
            return (*spot.target, apart)
        shape: Shape | None = self.shape
        for step in spot.target:
            shape = shapes.step(shape, step) if shape is not None else None
        found = property_for(name, shape) if shape is not None else None
        return None if found is None else (*spot.target, found)

    def blocks(self, source: str, target: PathOf | None, value: Value, mark: Mark | None, spot: Spot) -> None:
        """Writes nested blocks (or an attribute that holds maps): into a list, an object, or path by path."""
        shape = self._shape(target) if target is not None else None
        if target is not None and (_is_free(shape) or _is_tags(shape)) and source not in self.table.renamed_inside:
            self.put(target, value, mark, spot)
            return
        if isinstance(value, OneOf) and target is not None:
            options = [self._alone(source, target, option, mark, spot) for option in value.options]
            self._store(target, OneOf(options, value.reason, value.place, value.settle), mark, spot)
            return
        if isinstance(value, Unknown) or not isinstance(value, list | dict):
            self._all_unknown(source, target, value, mark, spot)
            return
        elements = value if isinstance(value, list) else [value]
        rest = value.rest if isinstance(value, Items) else ABSENT
        if target is not None and not elements and _is_list(shape):
            self._container(target, spot, mark)  # an empty list says that there are none
        sure, perhaps = self._split(source, elements)
        if rest is not ABSENT:
            more_sure, more = self._split(source, [rest])
            perhaps = [*perhaps, *more_sure, *more]
        for position, element in enumerate(sure):
            self._one_block(source, target, element, position, mark, spot)
        for element in perhaps:
            self._perhaps(source, target, element, mark, spot)

    def _one_block(
        self, source: str, target: PathOf | None, element: Value, position: int, mark: Mark | None, spot: Spot
    ) -> None:
        if not isinstance(element, dict):
            if target is not None:
                self._element(target, element, mark, spot)
            return
        record = element if isinstance(element, Record) else Record(element)
        place = record.place or (mark if isinstance(mark, Place) else spot.place)
        positions, floating = spot.positions, spot.floating
        if target is not None:
            if _is_list(self._shape(target)):
                offset = self._length(target, spot)
                positions = {**positions, target: offset}
                self._container(target, spot, mark).append(Record(place=place, marks={}))
            else:
                self._store_missing(target, Record(place=place, marks={}), mark, spot)
        else:
            floating = (*floating, position)
        self.block(record, Spot(f"{source}.", target, positions, floating, place))

    def _split(self, source: str, elements: list[Value]) -> tuple[list[Value], list[Value]]:
        """Elements with one value each of the attributes that are split; those that are sure, and those that may be."""
        attributes = self.table.split.get(source)
        if not attributes:
            return list(elements), []
        sure: list[Value] = []
        perhaps: list[Value] = []
        for element in elements:
            if not isinstance(element, dict):
                (perhaps if isinstance(element, Unknown) else sure).append(element)
                continue
            more_sure, more = split_block(element, attributes)
            sure.extend(more_sure)
            perhaps.extend(more)
        return sure, perhaps

    def _perhaps(self, source: str, target: PathOf | None, element: Value, mark: Mark | None, spot: Spot) -> None:
        """A block that may be there: what a list may go on with, an object that may be absent."""
        scratch = _Writer(self.table, self.shape)
        if isinstance(element, dict):
            scratch._one_block(source, target, element, 0, mark, Spot(spot.prefix, spot.target, {}, (), spot.place))
        elif target is not None:
            scratch.put(target, element, mark, Spot(positions={}))
        for name, value in scratch.root.items():
            known = self.root.get(name, ABSENT)
            if isinstance(value, list) and (known is ABSENT or isinstance(known, list)):
                pattern = value[0] if len(value) == 1 else Unknown("the list may go on")
                self.root[name] = Items(known if isinstance(known, list) else [], pattern)
            elif known is ABSENT:
                doubt = next(iter(_doubts(element)), None)
                reason = doubt.reason if doubt else "the block may not be there"
                self.root[name] = OneOf([None, value], reason, None, doubt.settle if doubt else "pass a plan")
            else:
                self.root[name] = Unknown(f"{name} may be set by a further block", None, "pass a plan")
            self.root.marks.setdefault(name, mark)  # type: ignore[attr-defined]

    def _alone(self, source: str, target: PathOf, value: Value, mark: Mark | None, spot: Spot) -> Value:
        """What one option of a value that is one of several would write at `target`."""
        if value is None or isinstance(value, Unknown):
            return value
        scratch = _Writer(self.table, self.shape)
        scratch.blocks(source, target, value, mark, Spot(spot.prefix, spot.target, {}, (), spot.place))
        found: Value = scratch.root
        for step in target:
            found = found.get(step) if isinstance(found, dict) else None
        return found

    def _all_unknown(self, source: str, target: PathOf | None, value: Value, mark: Mark | None, spot: Spot) -> None:
        """An unknown in the place of blocks makes everything that they would spell unknown."""
        if target is not None:
            self.put(target, value, mark, spot)
        elif isinstance(value, Unknown):
            for name, path in self.table.rename.items():
                if name.startswith(f"{source}.") and path and path[0] not in self.root:
                    self._store(path[:1], value, mark, Spot(positions={}))

    def pair(self, source: str, value: Value, mark: Mark | None, spot: Spot) -> None:
        target, key = self.table.pairs[source]
        place = mark if isinstance(mark, Place) else spot.place
        text = value if isinstance(value, Unknown) else _text(value)
        marks: dict[str, Mark] = {} if mark is None else {"Key": mark, "Value": mark}
        self._container(target, Spot(positions={}), mark).append(Record({"Key": key, "Value": text}, place, marks))

    def keyed(self, source: str, value: Value, spot: Spot) -> None:
        """Blocks into a map, by the value of one of their attributes."""
        target, attribute = self.table.keyed[source]
        if isinstance(value, Unknown):
            self._store(target, value, None, spot)
            return
        holder = Record(place=spot.place, marks={})
        self._store_missing(target, holder, spot.place, spot)
        for element in value if isinstance(value, list) else [value]:
            if not isinstance(element, dict):
                continue
            record = element if isinstance(element, Record) else Record(element)
            key = record.get(attribute)
            if not isinstance(key, str):
                self._open(target, Unknown(f"{attribute} is not known", record.place, "pass a plan"))
                continue
            inner = Record({name: item for name, item in record.items() if name != attribute}, record.place, record.marks)
            positions = {**spot.positions, (*target, "*"): key}
            self.block(inner, Spot(f"{source}.", (*target, "*"), positions, (), record.place))
        if isinstance(value, Items) and value.rest is not ABSENT:
            self._open(target, Unknown("further blocks may be generated", spot.place, "pass a plan"))

    def _open(self, target: PathOf, doubt: Unknown) -> None:
        found: Value = self.root
        for step in target:
            found = found.get(step) if isinstance(found, dict) else None
        if isinstance(found, Record):
            found.rest = doubt

    # -- writing the target

    def put(self, path: PathOf, value: Value, mark: Mark | None, spot: Spot) -> None:
        """Writes a value at a canonical path, in the form that the schema wants there."""
        if value is None:
            return
        shaped = self._shaped(path, value, self._shape(path))
        if not path:
            self.element = shaped
        else:
            self._store(path, shaped, mark, spot)

    def _shaped(self, path: PathOf, value: Value, shape: Shape | None) -> Value:
        if isinstance(value, OneOf):
            options = [self._shaped(path, option, shape) for option in value.options]
            return OneOf(options, value.reason, value.place, value.settle)
        choices = self.table.value.get(path)
        if choices is not None:
            return _chosen(value, choices)
        if shape == "json" or path in self.table.document:
            return _document(value)
        if isinstance(shape, list):
            if _is_tags(shape) and isinstance(value, dict):
                return _tag_list(value)
            if isinstance(value, list):
                rest = value.rest if isinstance(value, Items) else ABSENT
                return Items(value, rest) if rest is not ABSENT or isinstance(value, Set) else value
            return value if isinstance(value, Unknown) else [value]
        if shape is not None and isinstance(value, list) and len(value) == 1:
            return value[0]
        return value

    def _shape(self, path: PathOf) -> Shape | None:
        shape: Shape | None = self.shape
        for step in path:
            shape = shapes.step(shape, step) if shape is not None else None
        return shape

    def _element(self, target: PathOf, element: Value, mark: Mark | None, spot: Spot) -> None:
        """An element that is no block, of an attribute that may hold blocks."""
        if _is_list(self._shape(target)):
            self._container(target, spot, mark).append(element)
        else:
            self.put(target, element, mark, spot)

    def _length(self, path: PathOf, spot: Spot) -> int:
        return len(self._container(path, spot, None))

    def _container(self, path: PathOf, spot: Spot, mark: Mark | None) -> list[Value]:
        """The list at `path`, made where it is not there."""
        holder, key = self._holder(path, spot, mark)
        found = holder.get(key)
        if not isinstance(found, list):
            found = holder[key] = Items(rest=found if isinstance(found, Unknown) else ABSENT)
            if mark is not None:
                holder.marks[key] = mark  # type: ignore[index]
        return found

    def _store(self, path: PathOf, value: Value, mark: Mark | None, spot: Spot) -> None:
        holder, key = self._holder(path, spot, mark)
        holder[key] = value
        if mark is not None:
            holder.marks[key] = mark  # type: ignore[index]

    def _store_missing(self, path: PathOf, value: Value, mark: Mark | None, spot: Spot) -> None:
        holder, key = self._holder(path, spot, mark)
        if key not in holder:
            holder[key] = value
            if mark is not None:
                holder.marks[key] = mark  # type: ignore[index]

    def _holder(self, path: PathOf, spot: Spot, mark: Mark | None) -> tuple[Record, str]:
        """The record that holds the last step of `path`; what is missing on the way is made."""
        record, shape = self.root, self.shape
        floating = iter(spot.floating)
        place = spot.place
        for depth, step in enumerate(path[:-1]):
            here = path[: depth + 1]
            key = str(spot.positions.get(here, step)) if step == "*" else step
            inner = shapes.step(shape, step)
            shape = inner if inner is not None else "json"
            found = record.get(key)
            if _is_list(shape):
                position = spot.positions.get(here)
                index = position if isinstance(position, int) else next(floating, 0)
                if not isinstance(found, list):
                    found = Items()
                    self._keep(record, key, found, mark)
                while len(found) <= index:
                    found.append(Record(place=place, marks={}))
                following = found[index]
                if not isinstance(following, Record):
                    following = found[index] = Record(place=place, marks={})
            else:
                following = found
                if not isinstance(following, Record) or not isinstance(following.marks, dict):
                    following = Record(following if isinstance(following, dict) else (), place=place, marks={})
                    self._keep(record, key, following, mark)
            record = following
        last = path[-1]
        return record, str(spot.positions.get(path, last)) if last == "*" else last

    @staticmethod
    def _keep(record: Record, key: str, value: Value, mark: Mark | None) -> None:
        record[key] = value
        if mark is not None:
            record.marks[key] = mark  # type: ignore[index]


def _blot_out(value: Value, path: PathOf, unknown: Unknown) -> None:
    """Makes a property unknown, in all the elements of the lists on the way."""
    if isinstance(value, list):
        for element in value:
            _blot_out(element, path, unknown)
    elif isinstance(value, dict) and len(path) > 1:
        _blot_out(value.get(path[0]), path[1:], unknown)
    elif isinstance(value, dict):
        value[path[0]] = unknown


def split_block(element: Mapping[str, Value], attributes: Mapping[str, str]) -> tuple[list[Value], list[Value]]:
    """A block whose list attributes are split: a copy for each value; those that are sure and those that may be."""
    plain = {name: value for name, value in element.items() if name not in attributes}
    place, marks = (element.place, element.marks) if isinstance(element, Record) else (None, {})
    sure: list[Value] = []
    perhaps: list[Value] = []
    for name in attributes:
        value = element.get(name)
        if value is None:
            continue
        if isinstance(value, OneOf):
            lists = [option for option in value.options if isinstance(option, list)]
            perhaps.extend(Record({**plain, name: item}, place, marks) for items in lists for item in items)
            if len(lists) < len([option for option in value.options if option is not None]):
                perhaps.append(Record({**plain, name: Unknown(value.reason, value.place, value.settle)}, place, marks))
        elif isinstance(value, Unknown):
            perhaps.append(Record({**plain, name: value}, place, marks))
        else:
            items = value if isinstance(value, list) else [value]
            sure.extend(Record({**plain, name: item}, place, marks) for item in items)
            if isinstance(value, Items) and value.rest is not ABSENT:
                perhaps.append(Record({**plain, name: value.rest}, place, marks))
    if not sure and not perhaps:
        sure.append(Record(plain, place, marks))
    return sure, perhaps


def _is_list(shape: Shape | None) -> bool:
    return isinstance(shape, list)


def _is_free(shape: Shape | None) -> bool:
    """True where the schema lets a map have any keys: what is in it is nobody's spelling."""
    return shape == "json" or (isinstance(shape, dict) and "*" in shape and len(shape) == 1)


def _is_tags(shape: Shape | None) -> bool:
    return isinstance(shape, list) and isinstance(shape[0], dict) and set(shape[0]) >= {"Key", "Value"}


def _is_blocks(value: Value) -> bool:
    if isinstance(value, list):
        return any(isinstance(element, dict) for element in value) or (
            isinstance(value, Items) and isinstance(value.rest, dict)
        )
    if isinstance(value, OneOf):
        return any(_is_blocks(option) for option in value.options)
    return isinstance(value, dict)


def _doubts(value: Value) -> Iterator[Unknown]:
    from mainstay.model.values import unknowns

    return unknowns(value)


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _chosen(value: Value, choices: Mapping[str, Value]) -> Value:
    if isinstance(value, Unknown):
        return choices["*"] if value.is_set and choices.keys() == {"*"} else value
    if isinstance(value, list):
        return [_chosen(element, choices) for element in value]
    found = choices.get(_text(value).lower(), ABSENT)
    if found is ABSENT:
        found = choices.get("*", ABSENT)
    return value if found is ABSENT else found


def _document(value: Value) -> Value:
    """JSON text as what it says; text that is none stays text."""
    if isinstance(value, Document):
        return value.value
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _tag_list(tags: Mapping[str, Value]) -> Items:
    rest = tags.rest if isinstance(tags, Record) else ABSENT
    place, marks = (tags.place, tags.marks) if isinstance(tags, Record) else (None, {})
    items = []
    for key, value in tags.items():
        mark = marks.get(key)
        where = mark if isinstance(mark, Place) else place
        items.append(Record({"Key": key, "Value": value}, where))
    further = ABSENT if rest is ABSENT else Unknown("the tags may go on", place, "pass a plan")
    return Items(items, further)
