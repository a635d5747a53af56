"""What is left to ask of a condition once some fields are known: most of it has been answered then."""

from __future__ import annotations

from collections.abc import Callable

from mainstay.engine.compile import compile
from mainstay.engine.walk import Judge
from mainstay.model.conditions import All, Any, Condition, Not
from mainstay.model.values import Record

_HOLDS, _FAILS = All(()), Any(())


def simplified(condition: Condition, known: Record, judge: Callable[[Condition], Judge] = compile) -> Condition:
    """A condition that says the same of every subject that agrees with `known`, without the parts that it decides.

    What is unknown in `known` is asked as before. `judge` compiles, where the caller has the parts' judges already.
    """
    match condition:
        case All(parts):
            return _joined([simplified(part, known, judge) for part in parts], _FAILS, _HOLDS, All)
        case Any(parts):
            return _joined([simplified(part, known, judge) for part in parts], _HOLDS, _FAILS, Any)
        case Not(part):
            inner = simplified(part, known, judge)
            return _FAILS if inner == _HOLDS else _HOLDS if inner == _FAILS else Not(inner)
    answer = judge(condition)(known)
    return condition if answer is None else _HOLDS if answer else _FAILS


def _joined(parts: list[Condition], decides: Condition, neutral: Condition, kind: type[All] | type[Any]) -> Condition:
    if decides in parts:
        return decides
    left = tuple(part for part in parts if part != neutral)
    return neutral if not left else left[0] if len(left) == 1 else kind(left)
