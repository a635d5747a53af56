"""Which properties a source can spell at all, so that silence about the others is not taken for absence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mainstay.model.shapes import Shape
from mainstay.sources.spelling.routes import Route, is_free, is_tags, route
from mainstay.sources.spelling.tables import PathOf, Table, split_path


def unspelled(reads: Iterable[str], main: Table, others: Iterable[Table], shape: Shape) -> list[str]:
    """The paths among `reads` that neither the table nor those of `others` that are its pieces spell or do `without`.

    A path is spelled where the table spells it, something inside it, or a free map, a document or a list of plain
    elements around it.
    """
    way = route(main, shape)
    spelled = dict(_canonical(way))
    for piece in others:
        if piece.merge is not None and piece.type == main.type:
            spelled.update(_canonical(route(piece, shape)))
    declared = [split_path(path) for path in main.without | main.opaque]
    missing = []
    for path in sorted(reads):
        steps = split_path(path.replace(".*", ""))
        if steps[0] in ("related", "derived", "raw") or any(_begins(steps, known) for known in declared):
            continue
        if not any(_covers(known, whole, steps) for known, whole in spelled.items()):
            missing.append(path)
    return missing


def _begins(steps: PathOf, known: PathOf) -> bool:
    return steps[: len(known)] == known


def _covers(known: PathOf, whole: bool, steps: PathOf) -> bool:
    return _begins(known, steps) or (whole and _begins(steps, known))


def _canonical(way: Route) -> Iterator[tuple[PathOf, bool]]:
    """The canonical paths that a table vouches for, and whether all that is below them is spelled with them."""
    table = way.table
    if table.merge is not None and (table.merge.append or table.merge.append_by is not None):
        for path in table.merge.append_by[1].values() if table.merge.append_by else [table.merge.append]:
            yield path, True
        return
    for target in (*table.rename.values(), *table.constant):
        yield _plain(target), _is_whole(way, target)
    for path, _ in table.pairs.values():
        yield path, True
    for path in (*table.decode.values(), *(keyed.target for keyed in table.keyed.values())):
        yield path, True
    for source in (*table.same, *_defaults(table), *_splits(table)):
        found = vouched(way, source)
        if found is not None:
            yield _plain(found), _is_whole(way, found)


def _defaults(table: Table) -> Iterator[str]:
    for block, attributes in table.default.items():
        for name in attributes:
            yield f"{block}.{name}" if block else name


def _splits(table: Table) -> Iterator[str]:
    for block, attributes in table.split.items():
        for name in attributes:
            yield f"{block}.{name}" if block else name


def _is_whole(way: Route, target: PathOf) -> bool:
    shape = way.shape_at(target)
    return is_free(shape) or is_tags(shape) or target in way.table.document


def _plain(path: PathOf) -> PathOf:
    return tuple(step for step in path if step != "*")


def vouched(way: Route, source: str) -> PathOf | None:
    """Where a source name goes, block by block; None where the schema has nothing for it."""
    target: PathOf | None = way.table.under
    steps = source.split(".")
    for length in range(1, len(steps) + 1):
        walked = ".".join(steps[:length])
        target = (*way.table.keyed[walked].target, "*") if walked in way.table.keyed else way.target(walked, target)
    return target
