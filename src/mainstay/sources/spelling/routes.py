"""Routes: where the names of a source go in the shape of a canonical type."""

from __future__ import annotations

from mainstay.model import shapes
from mainstay.model.shapes import Shape
from mainstay.sources.spelling.names import property_for
from mainstay.sources.spelling.tables import PathOf, Table

_ROUTES: dict[tuple[int, int], Route] = {}


class Route:
    """One table's ways into one shape. Every answer is remembered: a table translates thousands of resources."""

    def __init__(self, table: Table, shape: Shape) -> None:
        self.table = table
        self.shape = shape
        self._shapes: dict[PathOf, Shape | None] = {(): shape}
        self._targets: dict[tuple[str, PathOf | None], PathOf | None] = {}
        self._outside: dict[tuple[str, PathOf | None], list[PathOf]] = {}

    def shape_at(self, path: PathOf) -> Shape | None:
        """The shape at a canonical path; None where the schema has nothing there."""
        if path not in self._shapes:
            around = self.shape_at(path[:-1])
            self._shapes[path] = None if around is None else shapes.step(around, path[-1])
        return self._shapes[path]

    def target(self, source: str, base: PathOf | None) -> PathOf | None:
        """The canonical path of a source name; `base` is that of the block around it, None where that has none."""
        key = (source, base)
        if key not in self._targets:
            self._targets[key] = self._target(source, base)
        return self._targets[key]

    def outside(self, source: str, target: PathOf | None) -> list[PathOf]:
        """The canonical paths that a block spells elsewhere than below its own `target`."""
        key = (source, target)
        if key not in self._outside:
            self._outside[key] = [
                path for path in self._inside(source) if target is None or path[: len(target)] != target
            ]
        return self._outside[key]

    def _target(self, source: str, base: PathOf | None) -> PathOf | None:
        table = self.table
        renamed = table.rename.get(source) or table.decode.get(source)
        if renamed is not None or source in table.rename:
            return renamed or ()
        block, _, name = source.rpartition(".")
        if base is not None:
            apart = table.split.get(block, {}).get(name)
            if apart is not None:
                return (*base, apart)
            shape = self.shape_at(base)
            found = property_for(name, shape) if shape is not None else None
            if found is not None:
                return (*base, found)
        return self._implied(source, base or ()) if source in table.renamed_inside else None

    def _implied(self, source: str, base: PathOf) -> PathOf | None:
        """A block that no name fits goes where all that is renamed inside it goes."""
        around = [path[:-1] for path in self._inside(source)]
        shared = _common(around) if around else ()
        if not shared or shared[: len(base)] != base:
            return None
        for length in range(len(base) + 1, len(shared) + 1):
            if is_list(self.shape_at(shared[:length])):
                return shared[:length]
        return shared

    def _inside(self, source: str) -> list[PathOf]:
        return [path for name, path in self.table.rename.items() if path and name.startswith(f"{source}.")]


def route(table: Table, shape: Shape) -> Route:
    """The route of a table into a shape. Kept by identity: tables and shapes live as long as their route."""
    key = (id(table), id(shape))
    known = _ROUTES.get(key)
    if known is None:
        known = _ROUTES[key] = Route(table, shape)
    return known


def is_list(shape: Shape | None) -> bool:
    return isinstance(shape, list)


def is_free(shape: Shape | None) -> bool:
    """True where the schema lets a map have any keys: what is in it is nobody's spelling."""
    return shape == "json" or (isinstance(shape, dict) and "*" in shape and len(shape) == 1)


def is_tags(shape: Shape | None) -> bool:
    """True for a list of keys, or names, with values: what sources often write as a map."""
    return key_name(shape) is not None


def key_name(shape: Shape | None) -> str | None:
    """What a list of keys with values calls its keys: `Key` or `Name`; None for other shapes."""
    if isinstance(shape, list) and isinstance(shape[0], dict) and "Value" in shape[0]:
        return next((name for name in ("Key", "Name") if name in shape[0]), None)
    return None


def _common(paths: list[PathOf]) -> PathOf:
    shared = []
    for steps in zip(*paths, strict=False):
        if len(set(steps)) > 1:
            break
        shared.append(steps[0])
    return tuple(shared)
