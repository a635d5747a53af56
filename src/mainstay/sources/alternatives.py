"""Values that are one of several, and when two values are surely the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mainstay.model.places import Place
from mainstay.model.values import ABSENT, Document, Items, OneOf, Record, Ref, Text, Unknown, Value

MOST_OPTIONS = 8


def one_of(options: Iterable[Value], cause: Unknown, place: Place | None = None) -> Value:
    """The value that is one of `options`: itself where they agree, Unknown where they are too many."""
    found = distinct(options)
    if len(found) == 1:
        return found[0]
    if len(found) > MOST_OPTIONS:
        return Unknown(cause.reason, place or cause.place, cause.settle)
    return OneOf(found, cause.reason, place or cause.place, cause.settle)


def distinct(options: Iterable[Value], most: int = MOST_OPTIONS) -> list[Value]:
    """The options, those of options among them, each once; it stops when there are more than `most`."""
    found: list[Value] = []
    for option in options:
        for value in option.options if isinstance(option, OneOf) else (option,):
            if not any(same(value, seen) for seen in found):
                found.append(value)
                if len(found) > most:
                    return found
    return found


def each_option(value: OneOf, change: Callable[[Value], Value]) -> Value:
    """`value` with `change` applied to every option."""
    return one_of([change(option) for option in value.options], value)


def same(left: Value, right: Value) -> bool:
    """True where both are surely the same value; values of different types never are."""
    if left is right:
        return True
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        if type(left) is not type(right):
            return False
        if isinstance(left, Ref):
            return (left.address, left.path) == (right.address, right.path)
        if isinstance(left, Document):
            return same(left.value, right.value)
        if isinstance(left, Text):
            return len(left.parts) == len(right.parts) and all(map(same, left.parts, right.parts))
        return False
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return (
            left.keys() == right.keys()
            and same(rest_of(left), rest_of(right))
            and all(same(value, right[key]) for key, value in left.items())
        )
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and same(rest_of(left), rest_of(right)) and all(map(same, left, right))
    if left is None or right is None or isinstance(left, dict | list) or isinstance(right, dict | list):
        return False
    return isinstance(left, str) == isinstance(right, str) and bool(left == right)


def rest_of(value: Value) -> Value:
    """What a map or list may go on with; ABSENT where it ends."""
    return value.rest if isinstance(value, Items | Record) else ABSENT
