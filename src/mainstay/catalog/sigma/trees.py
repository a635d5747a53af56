"""Condition trees rebuilt: each test replaced, the rest as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from mainstay.model.conditions import All, Any, Condition, Count, Each, Keywords, Not, Test

Leaf = Test | Count | Keywords


def rebuilt(condition: Condition, change: Callable[[Leaf], Condition]) -> Condition:
    """The condition with `change` made to every test, count and keyword list in it."""
    match condition:
        case All(parts):
            return All(tuple(rebuilt(part, change) for part in parts))
        case Any(parts):
            return Any(tuple(rebuilt(part, change) for part in parts))
        case Not(part):
            return Not(rebuilt(part, change))
        case Each(condition=inner):
            return replace(condition, condition=rebuilt(inner, change))
        case Test() | Count() | Keywords():
            return change(condition)


def leaves(condition: Condition) -> Iterator[Leaf]:
    """The tests, counts and keyword lists of the condition."""
    match condition:
        case All(parts) | Any(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case Each(condition=inner):
            yield from leaves(inner)
        case Test() | Count() | Keywords():
            yield condition
