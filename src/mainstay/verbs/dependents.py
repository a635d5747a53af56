"""Which controls are left unknown when resources of a type cannot be read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping

from mainstay.model.controls import Control
from mainstay.sources.live import Collector, load_collectors
from mainstay.sources.live.registry import load_registry
from mainstay.verbs.judging import Judge


def dependents(controls: Iterable[Control]) -> Callable[[str], tuple[str, ...]]:
    """By type, the ids of the controls that need it: to judge it, what is made of it or listed for it, or facts.

    Needed are also the types that a control relates to, and those that a derived fact is worked out from.
    """
    needing: dict[str, set[str]] = defaultdict(set)
    for control in controls:
        for type in Judge([control]).types:
            needing[type].add(control.id)
    below = _below(load_collectors(), set(needing))
    known: dict[str, tuple[str, ...]] = {}

    def of(type: str) -> tuple[str, ...]:
        if type not in known:
            found = set[str]().union(*(needing.get(one, ()) for one in _all_below(type, below)))
            known[type] = tuple(sorted(found))
        return known[type]

    return of


def _below(collectors: Mapping[str, Collector], types: Collection[str]) -> Mapping[str, set[str]]:
    """By type, the types whose resources come out of it or are listed for it."""
    below: dict[str, set[str]] = defaultdict(set)
    for type, collector in collectors.items():
        below[type] |= collector.types
        if collector.parent:
            below[collector.parent] |= collector.types
    registry = load_registry()
    for type in types:
        if type not in collectors and type in registry:
            for parent in registry[type].parents:
                below[parent].add(type)
    return below


def _all_below(type: str, below: Mapping[str, set[str]]) -> set[str]:
    found = {type}
    open_ = [type]
    while open_:
        for one in below.get(open_.pop(), ()):
            if one not in found:
                found.add(one)
                open_.append(one)
    return found
