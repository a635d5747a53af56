"""Fills in what a collector leaves open: `"{Name}"` in parameters, ids and ARNs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from mainstay.model.values import ABSENT, Unknown, Value

_SLOT = re.compile(r"\{([\w.-]+)\}")


class Missing(Exception):
    """What a slot asks for is not there; `why` says why it is not known, where it may be."""

    def __init__(self, path: str, why: Unknown | None = None) -> None:
        super().__init__(path)
        self.why = why


def fill(template: Value, known: Mapping[str, Value]) -> Value:
    """The template with each slot replaced by what is known under its dotted name.

    A string that is one slot becomes the value itself, whatever its type. Raises Missing where a slot has no value.
    """
    if isinstance(template, str):
        whole = _SLOT.fullmatch(template)
        if whole is not None:
            return _look_up(whole[1], known)
        return _SLOT.sub(lambda slot: str(_look_up(slot[1], known)), template)
    if isinstance(template, dict):
        return {key: fill(value, known) for key, value in template.items()}
    if isinstance(template, list):
        return [fill(value, known) for value in template]
    return template


def _look_up(path: str, known: Mapping[str, Value]) -> Value:
    value: Value = known
    for step in path.split("."):
        value = value.get(step, ABSENT) if isinstance(value, dict) else ABSENT
    if value is ABSENT or value is None or isinstance(value, Unknown):
        raise Missing(path, value if isinstance(value, Unknown) else None)
    return value


def slots(template: Value) -> Iterator[str]:
    """The dotted names that a template asks for."""
    if isinstance(template, str):
        yield from _SLOT.findall(template)
    elif isinstance(template, dict | list):
        for inner in template.values() if isinstance(template, dict) else template:
            yield from slots(inner)
