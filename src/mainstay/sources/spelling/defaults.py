"""Service defaults: what holds where nothing is said, filled in with its provenance."""

from __future__ import annotations

from mainstay.model.values import ABSENT, Record, Value
from mainstay.sources.spelling.pieces import keep
from mainstay.sources.spelling.tables import Default, PathOf, TypeFacts


def fill_in(properties: Record, facts: TypeFacts) -> None:
    """Sets what the service does by default. A nested property is set where the record around it is there."""
    for path, default in facts.default.items():
        _fill(properties, path, default)


def _fill(holder: Value, path: PathOf, default: Default) -> None:
    if isinstance(holder, list):
        for element in holder:
            _fill(element, path, default)
    elif isinstance(holder, Record):
        if len(path) > 1:
            _fill(holder.get(path[0]), path[1:], default)
        elif holder.look_up(path[0]) in (ABSENT, None):
            keep(holder, path[0], default.value, default.mark)
