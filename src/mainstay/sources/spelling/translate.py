"""One raw resource into the model's vocabulary, by its table."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from mainstay.model.places import Mark, Place
from mainstay.model.shapes import Shape
from mainstay.model.values import ABSENT, Items, OneOf, Record, Text, Unknown, Value, unknowns
from mainstay.sources.spelling.forms import respelled, shaped, text
from mainstay.sources.spelling.joining import Positions, join
from mainstay.sources.spelling.routes import Route, is_free, is_list, is_tags, route
from mainstay.sources.spelling.splitting import as_record, split_block, split_elements
from mainstay.sources.spelling.tables import PathOf, Table, split_path
from mainstay.sources.spelling.texts import document
from mainstay.sources.spelling.writing import Page, blot_out


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the walk is: the source's prefix, the canonical path that the rule works from (None: nowhere), and the
    positions in lists and keyed maps that it has come through."""

    prefix: str = ""
    target: PathOf | None = ()
    positions: Positions = field(default_factory=dict)
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class _Doubtful:
    """What may be there besides: a page written apart, and where the block around it stands in the page proper."""

    root: Record
    positions: Positions
    doubt: Unknown


def translate(body: Record, table: Table, shape: Shape) -> Value:
    """The canonical properties: a Record. For a piece whose element is one value (`rename: {x: ""}`), that value."""
    walk = _Walk(route(table, shape))
    spot = Spot(target=table.under, place=body.place)
    walk.root.place = body.place
    walk.block(body, spot)
    for path, value in table.constant.items():
        walk.put(path, value, body.place, spot)
    walk.finish()
    for name in table.opaque:
        blot_out(
            walk.root, split_path(name), Unknown(f"{table.name} does not spell {name} yet", body.place, "pass a plan")
        )
    return walk.element if walk.element is not ABSENT else walk.root


class _Walk:
    """Goes through a source's blocks and writes what they say on a page."""

    def __init__(self, way: Route) -> None:
        self.route = way
        self.table = way.table
        self.page = Page(way)
        self.root = self.page.root
        self.element: Value = ABSENT
        self.doubtful: list[_Doubtful] = []

    def finish(self) -> None:
        """Adds what may be there, when all that surely is there has its position."""
        for more in self.doubtful:
            join(self.root, more.root, more.doubt, more.positions)

    def block(self, record: Record, spot: Spot) -> None:
        """Writes all attributes and blocks of a source block, and the defaults of those that are not there."""
        marks = record.marks
        defaults = self.table.default.get(spot.prefix[:-1], {})
        for name, value in record.items():
            if name in defaults and isinstance(value, OneOf) and None in value.options:
                options = [defaults[name].value if option is None else option for option in value.options]
                value = OneOf(options, value.reason, value.place, value.settle)
            if value is not None:
                self.attribute(name, value, marks.get(name) or spot.place, spot)
        for name, default in defaults.items():
            if record.look_up(name) in (ABSENT, None):
                self.attribute(name, default.value, default.mark, spot)
        if record.rest is not ABSENT:
            self.open(record, spot)

    def open(self, record: Record, spot: Spot) -> None:
        """A block that may hold more: what it does not say is unknown."""
        doubt = next(iter(unknowns(record.rest)), None) or Unknown("the map may hold further keys")
        if spot.target is not None:
            inner = self.page.record(spot.target, None, spot.positions, spot.place)
            if inner is not None:
                inner.rest = doubt
        self.unknown(spot.prefix[:-1], spot.target, doubt, spot)

    def attribute(self, name: str, value: Value, mark: Mark | None, spot: Spot) -> None:
        source = spot.prefix + name
        table = self.table
        if source in table.pairs:
            self.pair(source, value, mark, spot)
            return
        if source in table.keyed:
            self.keyed(source, value, mark, spot)
            return
        target = self.route.target(source, spot.target)
        if source in table.decode and target is not None:
            place = mark if isinstance(mark, Place) else spot.place
            self.put(target, respelled(_all_decoded(value), self.route.shape_at(target), place), mark, spot)
        elif source in table.split or source in table.renamed_inside or _is_blocks(value):
            self.blocks(source, target, value, mark, spot)
        elif target is not None:
            self.put(target, value, mark, spot)

    # -- nested blocks

    def blocks(self, source: str, target: PathOf | None, value: Value, mark: Mark | None, spot: Spot) -> None:
        """Writes nested blocks (or an attribute that holds maps): into a list, an object, or path by path."""
        shape = self.route.shape_at(target) if target is not None else None
        plain_tags = is_tags(shape) and not isinstance(value, list)
        if target is not None and (is_free(shape) or plain_tags) and source not in self.table.renamed_inside:
            self.put(target, value, mark, spot)
        elif isinstance(value, OneOf):
            self.one_of(source, target, value, mark, spot)
        elif isinstance(value, Unknown):
            own = target if target != spot.target else None
            if own is not None:
                self.put(own, value, mark, spot)
            self.unknown(source, own, value, spot)
        elif isinstance(value, list | dict):
            self.known_blocks(source, target, value, mark, spot)
        elif target is not None:
            self.put(target, value, mark, spot)

    def known_blocks(self, source: str, target: PathOf | None, value: Value, mark: Mark | None, spot: Spot) -> None:
        elements = value if isinstance(value, list) else [value]
        if target is not None and not elements and is_list(self.route.shape_at(target)):
            self.page.container(target, mark, spot.positions, spot.place)  # an empty list says that there are none
        attributes = self.table.split.get(source, {})
        sure, perhaps = split_elements(elements, attributes)
        if isinstance(value, Items) and value.rest is not ABSENT:
            perhaps = [*perhaps, value.rest]
        for element in sure:
            if isinstance(element, dict):
                record = as_record(element)
                self.one_block(source, target, record, mark, spot)
            elif isinstance(element, Unknown):
                perhaps = [*perhaps, element]
            elif target is not None and is_list(self.route.shape_at(target)):
                self.page.container(target, mark, spot.positions, spot.place).append(element)
            elif target is not None:
                self.put(target, element, mark, spot)
        why = value.why if isinstance(value, Items) and value.rest is not ABSENT else None
        for element in perhaps:
            self.perhaps(source, target, element, mark, spot, why)

    def one_block(self, source: str, target: PathOf | None, record: Record, mark: Mark | None, spot: Spot) -> None:
        place = record.place or (mark if isinstance(mark, Place) else spot.place)
        positions = spot.positions
        if target is not None and target != spot.target:
            if is_list(self.route.shape_at(target)):
                elements = self.page.container(target, mark, positions, place)
                elements.append(Record(place=place, marks={}))
                positions = {**positions, target: len(elements) - 1}
            elif self.page.record(target, mark, positions, place) is None:
                return  # inside something unknown
        self.block(record, Spot(f"{source}.", target, positions, place))

    def perhaps(
        self, source: str, target: PathOf | None, element: Value, mark: Mark | None, spot: Spot,
        why: Unknown | None = None,
    ) -> None:  # fmt: skip
        """A block that may be there: what a list may go on with, an object that may be absent."""
        if isinstance(element, OneOf):
            for option in element.options:
                if option is not None:
                    self.perhaps(source, target, option, mark, spot, why)
        elif isinstance(element, dict):
            doubt = why or next(iter(unknowns(element)), None)
            doubt = doubt or Unknown("the block may not be there", spot.place, "pass a plan")
            attributes = self.table.split.get(source)
            sure, perhaps = split_block(element, attributes) if attributes else ([as_record(element)], [])
            for record in (*sure, *perhaps):
                apart = self.apart()
                apart.one_block(source, target, record, mark, replace(spot, positions=_keys(spot.positions)))
                self.later(apart, spot, doubt)
        else:
            doubt = element if isinstance(element, Unknown) else Unknown("the block may not be there", spot.place)
            own = target if target != spot.target else None
            if own is not None:
                apart = self.apart()
                if is_list(self.route.shape_at(own)):
                    apart.page.container(own, mark, _keys(spot.positions), spot.place).append(element)
                else:
                    apart.put(own, element, mark, replace(spot, positions=_keys(spot.positions)))
                self.later(apart, spot, doubt)
            self.unknown(source, own, doubt, spot)

    def one_of(self, source: str, target: PathOf | None, value: OneOf, mark: Mark | None, spot: Spot) -> None:
        """Blocks of which it is not known which are there: the alternatives where they are all of one property."""
        if target is None or target == spot.target or self.route.outside(source, target):
            for option in value.options:
                for element in option if isinstance(option, list) else [option]:
                    if element is not None:
                        self.perhaps(source, target, element, mark, spot)
                if isinstance(option, Items) and option.rest is not ABSENT:
                    self.perhaps(source, target, option.rest, mark, spot)
            return
        options = [self.alone(source, target, option, mark, spot) for option in value.options]
        self.page.store(
            target, OneOf(options, value.reason, value.place, value.settle), mark, spot.positions, spot.place
        )

    def alone(self, source: str, target: PathOf, value: Value, mark: Mark | None, spot: Spot) -> Value:
        """What one option of a value that is one of several would write at `target`."""
        if value is None or isinstance(value, Unknown):
            return value
        apart = self.apart()
        positions = _keys(spot.positions)
        apart.blocks(source, target, value, mark, replace(spot, positions=positions))
        apart.finish()
        found: Value = apart.root
        for depth, step in enumerate(target, 1):
            if isinstance(found, list):
                found = found[0] if found else None
            key = str(positions.get(target[:depth], step))
            found = found.get(key) if isinstance(found, dict) else None
        return found

    def unknown(self, source: str, target: PathOf | None, doubt: Unknown, spot: Spot) -> None:
        """Makes unknown what a block would spell elsewhere than in its own place."""
        outside = self.route.outside(source, target) if source else []
        pairs = [pair for name, pair in self.table.pairs.items() if name.startswith(f"{source}.")] if source else []
        if not outside and not pairs:
            return
        apart = self.apart()
        for path in outside:
            apart.page.store(path, doubt, spot.place, _keys(spot.positions), spot.place)
        for path, key in pairs:
            elements = apart.page.container(path, spot.place, {}, spot.place)
            elements.append(Record({"Key": key, "Value": doubt}, spot.place))
        self.later(apart, spot, doubt)

    def apart(self) -> _Walk:
        return _Walk(self.route)

    def later(self, apart: _Walk, spot: Spot, doubt: Unknown) -> None:
        apart.finish()
        apart.root.place = apart.root.place or spot.place
        self.doubtful.append(_Doubtful(apart.root, spot.positions, doubt))

    # -- attributes

    def pair(self, source: str, value: Value, mark: Mark | None, spot: Spot) -> None:
        target, key = self.table.pairs[source]
        place = mark if isinstance(mark, Place) else spot.place
        marks: dict[str, Mark] = {} if mark is None else {"Key": mark, "Value": mark}
        record = Record({"Key": key, "Value": _texts(value)}, place, marks)
        elements = self.page.container(target, mark, {}, spot.place)
        if isinstance(value, OneOf) and None in value.options:
            options = [option for option in value.options if option is not None]
            only = options[0] if len(options) == 1 else OneOf(options, value.reason, value.place, value.settle)
            record["Value"] = _texts(only)
            apart = self.apart()
            apart.page.container(target, mark, {}, spot.place).append(record)
            self.later(apart, spot, value)
        else:
            elements.append(record)

    def keyed(self, source: str, value: Value, mark: Mark | None, spot: Spot) -> None:
        """Blocks into a map, by the value of one of their attributes."""
        keyed = self.table.keyed[source]
        further: list[Value] = []
        if isinstance(value, Items) and value.rest is not ABSENT:
            further.append(value.rest)
        holder = self.page.record(keyed.target, mark, spot.positions, spot.place)
        for element in value if isinstance(value, list) else [value]:
            key = as_record(element).look_up(keyed.key) if isinstance(element, dict) else None
            if not isinstance(element, dict) or isinstance(key, Unknown):
                further.append(element)
            elif key is not None and key is not ABSENT:
                record = as_record(element)
                self.keyed_one(source, text(key), record, spot)
        if holder is not None and further:
            why = next(iter(unknowns(further)), None)
            holder.rest = Unknown(why.reason if why else "further blocks may be generated", spot.place, "pass a plan")

    def keyed_one(self, source: str, key: str, record: Record, spot: Spot) -> None:
        keyed = self.table.keyed[source]
        path = (*keyed.target, "*")
        positions = {**spot.positions, path: key}
        if keyed.value:
            mark = record.marks.get(keyed.value) or record.place
            value = record.look_up(keyed.value)
            if value is not ABSENT:
                self.put(path, value, mark, replace(spot, positions=positions))
            return
        left = {name: item for name, item in record.items() if name != keyed.key}
        inner = Record(left, record.place, record.marks, record.rest)
        if self.page.record(path, record.place, positions, record.place) is not None:
            self.block(inner, Spot(f"{source}.", path, positions, record.place))

    def put(self, path: PathOf, value: Value, mark: Mark | None, spot: Spot) -> None:
        """Writes a value at a canonical path, in the form that the schema wants there."""
        table = self.table
        form = shaped(value, self.route.shape_at(path), table.value.get(path), path in table.document)
        if form is ABSENT or form is None:
            return
        if not path:
            self.element = form
        else:
            self.page.store(path, form, mark, spot.positions, spot.place)


def _keys(positions: Positions) -> Positions:
    """The positions in maps: on a page of its own, a block is the first of every list."""
    return {path: key for path, key in positions.items() if isinstance(key, str)}


def _texts(value: Value) -> Value:
    if isinstance(value, OneOf):
        return OneOf(map(_texts, value.options), value.reason, value.place, value.settle)
    return value if isinstance(value, Unknown) else text(value)


def _is_blocks(value: Value) -> bool:
    if isinstance(value, list):
        rest = value.rest if isinstance(value, Items) else ABSENT
        return any(isinstance(element, dict | OneOf) and _is_blocks(element) for element in (*value, rest))
    if isinstance(value, OneOf):
        return any(_is_blocks(option) for option in value.options)
    return isinstance(value, dict)


def _all_decoded(value: Value) -> Value:
    if isinstance(value, OneOf):
        return OneOf(map(_all_decoded, value.options), value.reason, value.place, value.settle)
    found = document(value)
    if isinstance(found, Text):
        return Unknown(found.reason, found.place, found.settle)
    return Unknown("the text is no JSON") if isinstance(found, str) else found
