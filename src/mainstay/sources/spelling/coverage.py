"""Which properties a source can spell at all, so that silence about the others is not taken for absence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mainstay.model import shapes
from mainstay.model.shapes import Shape
from mainstay.sources.spelling.names import property_for
from mainstay.sources.spelling.tables import PathOf, Table, Tables, split_path


def unspelled(reads: Iterable[str], main: Table, tables: Tables, shape: Shape) -> list[str]:
    """The paths among `reads` that neither the table nor the tables of its pieces spell or declare `without`.

    A path is spelled where the table spells it, something inside it, or a free map or document around it.
    """
    spelled = set(_canonical(main, shape))
    for piece in tables.terraform.values():
        if piece.merge is not None and piece.type == main.type:
            spelled.update(_canonical(piece, shape))
    missing = []
    for path in reads:
        steps = split_path(path.replace(".*", ""))
        if steps[0] in ("related", "derived", "raw") or steps[0] in main.without | main.opaque:
            continue
        if not any(_covers(known, steps) for known in spelled):
            missing.append(path)
    return missing


def _covers(known: PathOf, steps: PathOf) -> bool:
    length = min(len(known), len(steps))
    return known[:length] == steps[:length]


def _canonical(table: Table, shape: Shape) -> Iterable[PathOf]:
    """The canonical paths that a table vouches for."""
    inside: Shape | None = shape
    base: PathOf = ()
    if table.merge is not None:
        if table.merge.append_by is not None:
            yield from table.merge.append_by[1].values()
        if table.merge.append:
            yield table.merge.append
        if table.merge.append or table.merge.append_by is not None:
            return
    for target in (*table.rename.values(), *table.constant):
        yield tuple(step for step in (*base, *target) if step != "*")
    for path, _ in (*table.pairs.values(), *table.keyed.values()):
        yield path
    for source in table.same:
        found = _by_rule(source, table, inside)
        if found is not None:
            yield found
    for block, attributes in table.default.items():
        for name in attributes:
            found = _by_rule(f"{block}.{name}" if block else name, table, inside)
            if found is not None:
                yield found


def _by_rule(source: str, table: Table, shape: Shape | None) -> PathOf | None:
    """Where the rule puts a source attribute."""
    target: PathOf = table.under
    walked = ""
    for name in source.split("."):
        walked = f"{walked}.{name}" if walked else name
        renamed: Mapping[str, PathOf] = table.rename
        if walked in renamed:
            target = renamed[walked]
            continue
        here = shape
        for step in target:
            here = shapes.step(here, step) if here is not None and step != "*" else here
        found = property_for(name, here) if here is not None else None
        if found is None:
            return None
        target = (*target, found)
    return tuple(step for step in target if step != "*")
