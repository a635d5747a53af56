"""`Fn::ForEach`: the copies that a loop makes of what stands in it."""

from __future__ import annotations

import re
from collections.abc import Callable

from mainstay.model.places import Mark
from mainstay.model.values import Record, Value
from mainstay.sources.cloudformation.budget import Budget, Wrong

PREFIX = "Fn::ForEach::"

Collection = Callable[[Value], list[str]]


def expand(key: str, loop: Value, collection: Collection, budget: Budget) -> Record:
    """What one loop makes: `[identifier, collection, {key: value, ...}]`, loops inside loops included."""
    if not isinstance(loop, list) or len(loop) != 3 or not isinstance(loop[0], str) or not isinstance(loop[2], Record):
        raise Wrong(f"{key} needs an identifier, a collection and a map")
    identifier, source, body = loop
    result = Record((), body.place, {})
    marks: dict[str, Mark] = {}
    for item in collection(source):
        turn = _substitute(body, identifier, item, budget)
        for name, value in turn.items():
            made = expand(name, value, collection, budget) if name.startswith(PREFIX) else None
            if made is None:
                result[name] = value
                marks[name] = turn.marks[name]
            else:
                result.update(made)
                marks.update(made.marks)
    result.marks = marks
    return result


def _substitute(value: Value, identifier: str, item: str, budget: Budget) -> Value:
    """A copy with the identifier replaced: `${X}`, `&{X}` (letters and digits only) and `{Ref: X}`."""
    if isinstance(value, str):
        return _replace(value, identifier, item, budget)
    budget.take_copy(0)
    if not isinstance(value, (list, Record)):
        return value
    with budget.levels:
        return _substitute_inside(value, identifier, item, budget)


def _substitute_inside(value: list[Value] | Record, identifier: str, item: str, budget: Budget) -> Value:
    if not isinstance(value, Record):
        copy = []
        for element in value:
            copy.append(_substitute(element, identifier, item, budget))
        return copy
    if len(value) == 1 and value.get("Ref") == identifier:
        return item
    record = Record((), value.place, {})
    marks: dict[str, Mark] = {}
    for key, child in value.items():
        name = _replace(key, identifier, item, budget)
        record[name] = _substitute(child, identifier, item, budget)
        if key in value.marks:
            marks[name] = value.marks[key]
    record.marks = marks
    return record


def _replace(text: str, identifier: str, item: str, budget: Budget) -> str:
    budget.take_copy(len(text) + text.count("{") * len(item))
    if "{" not in text:
        return text
    return text.replace(f"${{{identifier}}}", item).replace(f"&{{{identifier}}}", re.sub(r"[^A-Za-z0-9]", "", item))
