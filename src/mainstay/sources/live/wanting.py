"""Which calls a pass needs: those that tell something that a control of it reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping

from mainstay.model.shapes import Shape
from mainstay.sources.live.collectors import Collector, Detail, load_collectors
from mainstay.sources.live.filling import slots
from mainstay.sources.spelling.routes import route
from mainstay.sources.spelling.tables import PathOf, TypeFacts, split_path

TAGS = "Tags"
"""What the names of properties end with that say who owns a resource, which is asked of all of them."""

Reads = Mapping[str, frozenset[str]]


def wanted_by(
    reads: Reads, shapes: Mapping[str, Shape], facts: Mapping[str, TypeFacts], whole: Collection[str] = ()
) -> Callable[[Collector, Detail], bool]:
    """Says of a detail whether its answer is needed by something that reads `reads`, or to link resources.

    A detail that does not say what it tells is always needed, and so is every detail of the types in `whole`.
    """
    known: dict[tuple[str, int], bool] = {}
    names = _names_read()

    def wanted(collector: Collector, detail: Detail) -> bool:
        key = (collector.type, id(detail))
        if key not in known:
            told = _told(collector, detail, shapes)
            known[key] = (
                not told
                or not collector.types.isdisjoint(whole)
                or _helps(collector, detail, names.get(collector.type, frozenset()))
                or any(_asked(type, path) for type, path in told)
            )
        return known[key]

    def _asked(type: str, path: PathOf) -> bool:
        if not path:
            return type in reads
        if path[0].endswith(TAGS):
            return True
        links = facts[type].links if type in facts else {}
        asked = [split_path(one.replace(".*", "")) for one in reads.get(type, ())]
        return any(_meet(path, one) for one in (*asked, *links))

    return wanted


def _helps(collector: Collector, detail: Detail, names: frozenset[str]) -> bool:
    """Whether other calls, names or the choice of resources may need what the detail tells."""
    return detail.into in names if detail.into else collector.keep is not None


def _names_read() -> Mapping[str, frozenset[str]]:
    """By type, the keys of a body that a collector itself looks at, or one that is listed for its resources."""
    found: dict[str, set[str]] = defaultdict(set)
    for type, collector in load_collectors().items():
        details = collector.details
        for expression in (collector.keep, *(detail.when for detail in details)):
            found[type] |= expression.reads if expression is not None else frozenset()
        calls = [collector.listing, *(detail.call for detail in details)]
        templates = [collector.id, collector.arn, collector.region, *collector.add.values()]
        templates += [detail.batch.of for detail in details if detail.batch is not None]
        for path in slots([*templates, *(call.parameters for call in calls if call is not None)]):
            step, _, rest = path.partition(".")
            if step == "parent" and collector.parent:
                found[collector.parent].add(rest.split(".")[0])
            else:
                found[type].add(step)
    return {type: frozenset(names) for type, names in found.items()}


def _told(collector: Collector, detail: Detail, shapes: Mapping[str, Shape]) -> list[tuple[str, PathOf]]:
    """The types and canonical paths that a detail tells; a type alone where it tells that there is such a resource."""
    if detail.tells:
        return [(name, ()) if "::" in name else (collector.type, split_path(name)) for name in detail.tells]
    if not detail.into or collector.type not in shapes:
        return []
    table = collector.table
    if detail.into in table.emit:
        return [(table.emit[detail.into].type, ())]
    paths = [path for name, path in table.rename.items() if name.split(".")[0] == detail.into]
    paths += [path for name, (path, _) in table.pairs.items() if name.split(".")[0] == detail.into]
    paths += [keyed.target for name, keyed in table.keyed.items() if name.split(".")[0] == detail.into]
    target = route(table, shapes[collector.type]).target(detail.into, table.under)
    return [(collector.type, path) for path in (*paths, *([target] if target else ()))]


def _meet(one: PathOf, other: PathOf) -> bool:
    length = min(len(one), len(other))
    return one[:length] == other[:length]
