"""Service defaults: what holds where nothing is said, filled in with its provenance."""

from __future__ import annotations

from mainstay.model.values import ABSENT, Items, OneOf, Record, Value
from mainstay.sources.spelling.joining import copied, keep
from mainstay.sources.spelling.tables import Default, PathOf, TypeFacts


def fill_in(properties: Record, facts: TypeFacts) -> None:
    """Sets what the service does by default. A nested property is set where the record around it is there.

    Only `properties` itself is changed; what is in it is replaced, since it may belong to others as well.
    """
    for path, default in facts.default.items():
        _fill(properties, path, default)


def _fill(holder: Record, path: PathOf, default: Default) -> None:
    known = holder.look_up(path[0])
    if len(path) > 1:
        if path[0] in holder and known is not None:
            holder[path[0]] = _filled(known, path[1:], default)
    elif known is ABSENT or known is None:
        keep(holder, path[0], default.value, default.mark)
    elif isinstance(known, OneOf) and None in known.options:
        options = [default.value if option is None else option for option in known.options]
        holder[path[0]] = OneOf(options, known.reason, known.place, known.settle)


def _filled(value: Value, path: PathOf, default: Default) -> Value:
    """The value with the default in every record of it."""
    if isinstance(value, OneOf):
        options = [_filled(option, path, default) for option in value.options]
        return OneOf(options, value.reason, value.place, value.settle)
    if isinstance(value, list):
        elements = [_filled(element, path, default) for element in value]
        return (
            Items(elements, _filled(value.rest, path, default), value.doubt) if isinstance(value, Items) else elements
        )
    if not isinstance(value, dict):
        return value
    record = copied(value)
    _fill(record, path, default)
    return record
