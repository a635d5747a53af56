"""Formulas over the clauses of Guard, brought into the form that Guard reads: lines that all hold, of alternatives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Union

from mainstay.exports.left import Inexpressible

MAX_LINES = 40
MAX_ALTERNATIVES = 24

ABSENT = " !exists"
NO_MAP = " !is_struct"

Line = frozenset[str]
"""Clauses of which one has to hold."""


@dataclass(frozen=True, slots=True)
class Literal:
    """What clauses can say outright: it holds where one of `yes` does, and does not hold where one of `no` does."""

    yes: tuple[str, ...]
    no: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Formula, ...]


Formula = Union[Literal, And, Or]
TRUE = And(())
FALSE = Or(())


def both(*parts: Formula) -> Formula:
    """The conjunction, without what goes without saying."""
    flat = list(dict.fromkeys(_opened(parts, And)))
    if FALSE in flat:
        return FALSE
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def either(*parts: Formula) -> Formula:
    """The disjunction, without what can't be."""
    flat = list(dict.fromkeys(_opened(parts, Or)))
    if TRUE in flat:
        return TRUE
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def negated(formula: Formula) -> Formula:
    match formula:
        case Literal(yes, no):
            return Literal(no, yes)
        case And(parts):
            return either(*map(negated, parts))
        case Or(parts):
            return both(*map(negated, parts))


def lines(formula: Formula) -> list[Line]:
    """The formula as lines. Raises Inexpressible where it takes too many of them to be read."""
    found = _lines(formula)
    return sorted(found, key=_order)


def written(formula: Formula, separator: str) -> str:
    return separator.join(" or ".join(sorted(line)) for line in lines(formula))


def _lines(formula: Formula) -> set[Line]:
    match formula:
        case Literal(yes, _):
            return {frozenset(yes)}
        case And(parts):
            return _needed(line for part in parts for line in _lines(part))
        case Or(parts):
            found: set[Line] = {frozenset()}
            for part in parts:
                found = _needed(left | right for left, right in product(found, _lines(part)))
            return found


def _needed(found: Iterable[Line]) -> set[Line]:
    """The lines that say more than another one does not say already."""
    kept: list[Line] = []
    for line in sorted(set(found), key=_order):
        if not any(_says(other, line) for other in kept):
            kept.append(line)
    if len(kept) > MAX_LINES or any(len(line) > MAX_ALTERNATIVES for line in kept):
        raise Inexpressible("its alternatives take more lines than can be read")
    return set(kept)


def _order(line: Line) -> tuple[int, list[str]]:
    return len(line), sorted(line)


def _says(line: Line, other: Line) -> bool:
    """Whether `other` holds wherever `line` does: what is not there is no map either."""
    return all(
        clause in other or (clause.endswith(ABSENT) and clause.removesuffix(ABSENT) + NO_MAP in other)
        for clause in line
    )


def _opened(parts: Sequence[Formula], kind: type[And] | type[Or]) -> Iterable[Formula]:
    for part in parts:
        if isinstance(part, kind):
            yield from part.parts
        else:
            yield part
