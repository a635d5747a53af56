"""Conditions as SQL: the rows that a rule may fire on, never fewer.

A condition is bound from both sides, since not all that it reads is in a column: `upper` holds wherever the condition
may hold, `lower` only where it surely does. What no column tells is bound by TRUE and FALSE; `not` swaps the bounds.
Both speak of rows that are `plain`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlglot import exp

from mainstay.archive.columns import PLAIN, Type, column_of, columns_of
from mainstay.engine.matching import ORDERS, POSITIONS, comparison, number, spell
from mainstay.engine.patterns import Token, Wild, tokens
from mainstay.engine.walk import join
from mainstay.model.conditions import All, Any, Condition, Not, Scalar, Test
from mainstay.model.events import LogSource

Sql = exp.Expr
_ESCAPE = "!"
_INTEGER = re.compile(r"-?[1-9]\d{0,17}|0")


class Bounds(NamedTuple):
    """What holds where a condition surely holds, and what holds wherever it may."""

    lower: Sql
    upper: Sql


def may_hold(condition: Condition, source: LogSource) -> Sql:
    """The WHERE of a superset of the rows that the condition holds of."""
    upper = bounds(condition, source).upper
    return upper if is_true(upper) else exp.or_(exp.Not(this=column(PLAIN)), upper)


def bounds(condition: Condition, source: LogSource) -> Bounds:
    """The bounds of a condition over the rows of a source that are plain. NULL stands for FALSE."""
    return _bounds(condition, columns_of(source))


def column(name: str) -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=True))


def is_true(sql: Sql) -> bool:
    return isinstance(sql, exp.Boolean) and bool(sql.this)


def is_false(sql: Sql) -> bool:
    return isinstance(sql, exp.Boolean) and not sql.this


def either(parts: list[Sql]) -> Sql:
    """`OR`, of what is not decided before."""
    if any(map(is_true, parts)):
        return exp.true()
    left = list(dict.fromkeys(part for part in parts if not is_false(part)))
    return exp.or_(*left) if left else exp.false()


def both(parts: list[Sql]) -> Sql:
    """`AND`, of what is not decided before."""
    if any(map(is_false, parts)):
        return exp.false()
    left = list(dict.fromkeys(part for part in parts if not is_true(part)))
    return exp.and_(*left) if left else exp.true()


def negated(part: Sql) -> Sql:
    """`NOT`, with NULL taken for FALSE."""
    if isinstance(part, exp.Boolean):
        return exp.false() if part.this else exp.true()
    return exp.Not(this=exp.Coalesce(this=part.copy(), expressions=[exp.false()]))


def _bounds(condition: Condition, columns: Mapping[str, Type]) -> Bounds:
    match condition:
        case All(parts):
            found = [_bounds(part, columns) for part in parts]
            return Bounds(both([each.lower for each in found]), both([each.upper for each in found]))
        case Any(parts):
            found = [_bounds(part, columns) for part in parts]
            return Bounds(either([each.lower for each in found]), either([each.upper for each in found]))
        case Not(part):
            inner = _bounds(part, columns)
            return Bounds(negated(inner.upper), negated(inner.lower))
        case Test():
            exact = _test(condition, columns)
            return Bounds(exact, exact) if exact is not None else _open()
        case _:
            return _open()


def _open() -> Bounds:
    return Bounds(exp.false(), exp.true())


def _test(test: Test, columns: Mapping[str, Type]) -> Sql | None:
    """Exactly what the test says of its column; None where no column tells."""
    kind = columns.get(join(test.path))
    if kind is None:
        return None
    own = column(column_of(join(test.path)))
    there = exp.Not(this=exp.Is(this=own.copy(), expression=exp.null()))
    if test.every_value and len(test.values) > 1:
        parts = [_test(replace(test, values=(value,), every_value=False), columns) for value in test.values]
        return both([part for part in parts if part is not None]) if None not in parts else None
    if test.operator == "exists":
        return there if test.values[0] else exp.Is(this=own, expression=exp.null())
    if test.operator == "fieldref":
        return _field_reference(test, own, kind, columns)
    if test.operator not in POSITIONS and test.operator not in ORDERS:
        return None
    some = _compared(test, own, kind)
    if some is None or test.operator not in ("equals", "neq"):
        return some
    if None in test.values:
        some = either([some, exp.Is(this=own.copy(), expression=exp.null())])
    return some if test.operator == "equals" else negated(some)


def _compared(test: Test, own: exp.Column, kind: Type) -> Sql | None:
    """That the column's value, which is there, compares with one of the values."""
    values = [value for value in test.values if value is not None]
    if not values:
        return exp.false()
    if kind == "boolean":
        compare = comparison(replace(test, values=tuple(values)))
        true, false = compare(True), compare(False)
        return either([own] * bool(true) + [negated_plainly(own)] * bool(false))
    if test.operator in ORDERS:
        return None if kind == "string" else _ordered(test.operator, own, values)
    if kind == "integer":
        own_text: Sql = exp.cast(own, exp.DataType.Type.TEXT)
        position = POSITIONS[test.operator]
        texts = [spell(value) or "" for value in values]
        if position == "equals" and not any(isinstance(token, Wild) for text in texts for token in tokens(text)):
            wanted = [int(plain) for text in texts if _INTEGER.fullmatch(plain := "".join(map(str, tokens(text))))]
            long = [text for text in texts if len(text) > 18]
            return None if long else _among(own, [_number(each) for each in wanted])
    else:
        own_text = own if test.cased else exp.Lower(this=own)
    return _matched(test, own_text, values)


def negated_plainly(own: Sql) -> Sql:
    """`NOT`, which is NULL of NULL."""
    return exp.Not(this=own.copy())


def _matched(test: Test, own: Sql, values: Sequence[Scalar]) -> Sql:
    """That the text matches one of Sigma's patterns."""
    equal: list[Sql] = []
    parts: list[Sql] = []
    position = POSITIONS[test.operator]
    for value in values:
        pattern = _folded(tokens(spell(value) or ""), test.cased)
        before = [Wild.ANY] if position in ("contains", "endswith") else []
        after = [Wild.ANY] if position in ("contains", "startswith") else []
        whole: list[Token] = [*before, *pattern, *after]
        if any(isinstance(token, Wild) for token in whole):
            parts.append(_like(own, whole))
        else:
            equal.append(exp.Literal.string("".join(map(str, whole))))
    return either([*([_among(own, equal)] if equal else []), *parts])


def _folded(pattern: tuple[Token, ...], cased: bool) -> list[Token]:
    if cased:
        return list(pattern)
    folded: list[Token] = []
    for token in pattern:
        folded.extend([token] if isinstance(token, Wild) else token.casefold())
    return folded


def _like(own: Sql, pattern: list[Token]) -> Sql:
    special = any(token in ("%", "_", "\\", _ESCAPE) for token in pattern if isinstance(token, str))
    spelled = {Wild.ANY: "%", Wild.ONE: "_"}
    text = "".join(
        spelled[token] if isinstance(token, Wild) else f"{_ESCAPE}{token}" if special and token in "%_!" else token
        for token in pattern
    )
    like = exp.Like(this=own.copy(), expression=exp.Literal.string(text))
    # without an ESCAPE one dialect takes a backslash for one; with it, engines are slower
    return exp.Escape(this=like, expression=exp.Literal.string(_ESCAPE)) if special else like


def _among(own: Sql, literals: list[Sql]) -> Sql:
    if not literals:
        return exp.false()
    if len(literals) == 1:
        return exp.EQ(this=own.copy(), expression=literals[0])
    return exp.In(this=own.copy(), expressions=literals)


_ORDERED: Mapping[str, Callable[..., Sql]] = {"gt": exp.GT, "gte": exp.GTE, "lt": exp.LT, "lte": exp.LTE}


def _ordered(operator: str, own: Sql, values: Sequence[Scalar]) -> Sql | None:
    parts: list[Sql] = []
    for value in values:
        wanted = number(value)
        if wanted is None:
            continue
        if not abs(wanted) < 1e15 or "e" in repr(wanted):
            return None
        parts.append(_ORDERED[operator](this=own.copy(), expression=_number(wanted)))
    return either(parts)


def _number(value: float) -> Sql:
    spelled = str(int(value)) if float(value).is_integer() else repr(value)
    literal = exp.Literal.number(spelled.lstrip("-"))
    return exp.Neg(this=literal) if spelled.startswith("-") else literal


def _field_reference(test: Test, own: Sql, kind: Type, columns: Mapping[str, Type]) -> Sql | None:
    if kind != "string" or test.flags or any(columns.get(str(value)) != "string" for value in test.values):
        return None
    parts: list[Sql] = []
    for value in test.values:
        other: Sql = column(column_of(str(value)))
        sides = (own, other) if test.cased else (exp.Lower(this=own.copy()), exp.Lower(this=other))
        parts.append(exp.EQ(this=sides[0].copy(), expression=sides[1]))
    return either(parts)
