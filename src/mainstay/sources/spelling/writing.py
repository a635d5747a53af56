"""The canonical record that is being filled: where its lists and maps are, and what is made on the way to them."""

from __future__ import annotations

from mainstay.model.places import Mark, Place
from mainstay.model.values import ABSENT, Items, Record, Unknown, Value
from mainstay.sources.spelling.joining import Positions, keep
from mainstay.sources.spelling.routes import Route, is_list
from mainstay.sources.spelling.tables import PathOf


class Page:
    """A canonical record and the ways to write in it. All the records below it are its own."""

    def __init__(self, route: Route) -> None:
        self.route = route
        self.root = Record(marks={})

    def store(self, path: PathOf, value: Value, mark: Mark | None, positions: Positions, place: Place | None) -> None:
        """Writes a value. What is unknown already stays so, and everything in it."""
        found = self._holder(path, mark, positions, place)
        if found is not None:
            keep(*found, value, mark)

    def container(self, path: PathOf, mark: Mark | None, positions: Positions, place: Place | None) -> list[Value]:
        """The list at `path`, made where it is not there."""
        found = self._holder(path, mark, positions, place)
        if found is None:
            return []  # inside something unknown: nobody will see it
        holder, key = found
        known = holder.get(key)
        if not isinstance(known, list):
            known = Items(
                rest=Unknown(known.reason, known.place, known.settle) if isinstance(known, Unknown) else ABSENT
            )
            keep(holder, key, known, mark)
        return known

    def record(self, path: PathOf, mark: Mark | None, positions: Positions, place: Place | None) -> Record | None:
        """The record at `path` (of a list, the element at its position), made where it is not there; None inside
        something unknown."""
        found = self._holder(path, mark, positions, place) if path else None
        if found is None:
            return None if path else self.root
        if is_list(self.route.shape_at(path)):
            return self._element(*found, _position(path, positions), mark, place)
        return self._step(*found, mark, place)

    def _holder(
        self, path: PathOf, mark: Mark | None, positions: Positions, place: Place | None
    ) -> tuple[Record, str] | None:
        """The record that holds the last step of `path`, and its key there; what is missing on the way is made."""
        record = self.root
        for depth in range(1, len(path)):
            here = path[:depth]
            key = _key(here, positions)
            if is_list(self.route.shape_at(here)):
                following = self._element(record, key, _position(here, positions), mark, place)
            else:
                following = self._step(record, key, mark, place)
            if following is None:
                return None
            record = following
        return record, _key(path, positions)

    @staticmethod
    def _step(record: Record, key: str, mark: Mark | None, place: Place | None) -> Record | None:
        found = record.get(key)
        if isinstance(found, Unknown):
            return None
        if not isinstance(found, Record) or not isinstance(found.marks, dict):
            found = Record(found if isinstance(found, dict) else (), place=place, marks={})
            keep(record, key, found, mark)
        return found

    @staticmethod
    def _element(record: Record, key: str, position: int, mark: Mark | None, place: Place | None) -> Record | None:
        found = record.get(key)
        if isinstance(found, Unknown):
            return None
        if not isinstance(found, list):
            found = Items()
            keep(record, key, found, mark)
        while len(found) <= position:
            found.append(Record(place=place, marks={}))
        element = found[position]
        return element if isinstance(element, Record) else None


def _position(path: PathOf, positions: Positions) -> int:
    position = positions.get(path, 0)
    return position if isinstance(position, int) else 0


def _key(path: PathOf, positions: Positions) -> str:
    last = path[-1]
    return str(positions.get(path, last)) if last == "*" else last


def blot_out(value: Value, path: PathOf, unknown: Unknown) -> None:
    """Makes a property unknown, in all the elements of the lists on the way, where the record around it is there."""
    if isinstance(value, list):
        for element in value:
            blot_out(element, path, unknown)
        if isinstance(value, Items):
            blot_out(value.rest, path, unknown)
    elif isinstance(value, Record) and len(path) > 1:
        blot_out(value.get(path[0]), path[1:], unknown)
    elif isinstance(value, Record):
        value[path[0]] = unknown
