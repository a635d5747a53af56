"""Joining: what two parties say of one resource, surely or perhaps, in one value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mainstay.model.places import Mark, ServiceDefault
from mainstay.model.values import ABSENT, Items, OneOf, Record, Unknown, Value
from mainstay.sources.spelling.tables import PathOf

Positions = Mapping[PathOf, int | str]
"""By canonical path, the place in the list (the key of the map) there that something belongs to."""


class Gathered(Items):
    """A list that joining made, so that joining may extend it: five thousand rules are put to a group one by one."""

    __slots__ = ()


def join(
    properties: Record, more: Record, doubt: Unknown | None, positions: Positions | None = None, here: PathOf = ()
) -> None:
    """Adds `more` to the record; with a doubt, as something that may be so.

    Values inside are never changed, but replaced: they may belong to a source, and to other resources as well.
    """
    for name, value in more.items():
        known = properties.look_up(name)
        joined = _joined(known, value, doubt, positions or {}, (*here, name))
        unwritten = known is ABSENT or isinstance(properties.marks.get(name), ServiceDefault)
        moved = unwritten or (joined is value and joined is not known)
        keep(properties, name, joined, (more.marks.get(name) or more.place) if moved else None)
    if more.rest is not ABSENT:
        properties.rest = more.rest if isinstance(more.rest, Unknown) else Unknown("the map may hold further keys")


def _joined(known: Value, value: Value, doubt: Unknown | None, positions: Positions, here: PathOf) -> Value:
    if known is ABSENT or known is None:
        return value if doubt is None else _perhaps(value, doubt)
    if isinstance(known, dict) and isinstance(value, dict):
        record = copied(known)
        join(record, value if isinstance(value, Record) else Record(value), doubt, positions, here)
        return record
    if isinstance(known, list) and isinstance(value, list):
        return _lists(known, value, doubt, positions, here)
    if isinstance(known, OneOf) and isinstance(value, list | dict):
        options = [_joined(option, value, doubt, positions, here) for option in known.options]
        return OneOf(options, known.reason, known.place, known.settle)
    if isinstance(known, Unknown) and isinstance(value, list):
        certain = value if doubt is None else []
        return Items(certain, _plainly(known))
    if doubt is None:
        if isinstance(value, OneOf) and isinstance(known, list):
            options = [_joined(known, option, None, positions, here) for option in value.options]
            return OneOf(options, value.reason, value.place, value.settle)
        return known if value is None else value
    return known if type(known) is Unknown else OneOf([known, value], doubt.reason, doubt.place, doubt.settle)


def _lists(known: list[Value], value: list[Value], doubt: Unknown | None, positions: Positions, here: PathOf) -> Value:
    at = positions.get(here)
    if isinstance(at, int) and at < len(known) and value:
        changed = list(known)
        changed[at] = _joined(known[at], value[0], doubt, positions, here)
        return Items(changed, _rest(known), known.doubt if isinstance(known, Items) else None)
    certain, rests = (value, [_rest(value)]) if doubt is None else ([], [*value, _rest(value)])
    gathered = known if isinstance(known, Gathered) else Gathered(known, _rest(known))
    gathered.extend(certain)
    gathered.rest = either([gathered.rest, *rests], doubt)
    for cause in (known, value):
        gathered.doubt = gathered.doubt or doubt or (cause.doubt if isinstance(cause, Items) else None)
    return gathered


def _perhaps(value: Value, doubt: Unknown) -> Value:
    """Something that stands there or does not."""
    if isinstance(value, list):
        return Gathered([], either([*value, _rest(value)], doubt), doubt)
    return OneOf([None, value], doubt.reason, doubt.place, doubt.settle)


def either(options: Iterable[Value], doubt: Unknown | None) -> Value:
    """What a list goes on with, where it may be any of these; ABSENT ones do not count."""
    distinct: list[Value] = []
    for option in options:
        if option is not ABSENT and not any(option is known for known in distinct):
            distinct.append(option)
    if len(distinct) < 2:
        return distinct[0] if distinct else ABSENT
    plain = next((option for option in distinct if type(option) is Unknown), None)
    if plain is not None or len(distinct) > 8:
        why = doubt or plain or Unknown("the list may go on")
        return Unknown(why.reason, why.place, why.settle)
    nested = [inner for option in distinct for inner in (option.options if isinstance(option, OneOf) else [option])]
    why = doubt or next((option for option in distinct if isinstance(option, Unknown)), Unknown("the list may go on"))
    return OneOf(nested, why.reason, why.place, why.settle)


def _rest(value: Value) -> Value:
    return value.rest if isinstance(value, Items) else ABSENT


def _plainly(value: Unknown) -> Unknown:
    return value if type(value) is Unknown else Unknown(value.reason, value.place, value.settle)


def copied(value: Mapping[str, Value]) -> Record:
    """A record that may be changed; the values in it are the same."""
    if isinstance(value, Record):
        return Record(value, value.place, dict(value.marks), value.rest)
    return Record(value, marks={})


def keep(record: Record, name: str, value: Value, mark: Mark | None) -> None:
    """Sets a property and its mark; a reader's shared marks are copied first."""
    record[name] = value
    if mark is not None:
        if not isinstance(record.marks, dict):
            record.marks = dict(record.marks)
        record.marks[name] = mark
