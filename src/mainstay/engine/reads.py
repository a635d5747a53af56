"""Which properties a condition reads, for the checks of schemas and spelling tables."""

from __future__ import annotations

from collections.abc import Iterator

from mainstay.engine.walk import join, split
from mainstay.model.conditions import All, Any, Condition, Count, Each, Not, Path, Test


def reads(condition: Condition) -> frozenset[str]:
    """The dotted paths of the properties that the condition reads, from the top of the subject.

    Keywords read everything and name no path.
    """
    return frozenset(join(path) for path in _reads(condition, ()) if path)


def _reads(condition: Condition, above: Path) -> Iterator[Path]:
    match condition:
        case All(parts) | Any(parts):
            for part in parts:
                yield from _reads(part, above)
        case Not(part):
            yield from _reads(part, above)
        case Test(path, "fieldref", values):
            yield above + path
            for dotted in values:
                yield above + split(str(dotted))
        case Test(path) | Count(path):
            yield above + path
        case Each(path, _, inner):
            inside = list(_reads(inner, above + path))
            yield from inside or [above + path]
