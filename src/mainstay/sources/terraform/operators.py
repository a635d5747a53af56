"""Terraform's operators over three-valued operands."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import Decimal, DivisionByZero, InvalidOperation, localcontext

from mainstay.model.values import Document, OneOf, Record, Ref, Text, Unknown, Value, is_known
from mainstay.sources.terraform.alternatives import each_option, same
from mainstay.sources.terraform.types import EvaluationError, convert

DIGITS = 60


def to_bool(value: Value) -> bool | Unknown:
    if isinstance(value, bool | Unknown):
        return value
    if value is None:
        raise EvaluationError("a condition must not be null")
    converted = convert(value, "bool")
    assert isinstance(converted, bool)
    return converted


def both(left: Value, right: Callable[[], Value]) -> Value:
    """`&&`, Kleene's: a false side decides. The right side is evaluated always, as Terraform does."""
    a, b = to_bool(left), to_bool(right())
    if a is False or b is False:
        return False
    return a if isinstance(a, Unknown) else b


def either(left: Value, right: Callable[[], Value]) -> Value:
    """`||`, Kleene's: a true side decides."""
    a, b = to_bool(left), to_bool(right())
    if a is True or b is True:
        return True
    return a if isinstance(a, Unknown) else b


def negate(value: Value) -> Value:
    if isinstance(value, OneOf):
        return each_option(value, negate)
    value = to_bool(value)
    return value if isinstance(value, Unknown) else not value


def minus(value: Value) -> Value:
    if isinstance(value, OneOf):
        return each_option(value, minus)
    return value if isinstance(value, Unknown) else -_number(value)


def equal(left: Value, right: Value) -> Value:
    """`==`: values of different types are not equal; two references are equal where they surely are the same."""
    if same(left, right):
        return True
    for a, b in ((left, right), (right, left)):
        if isinstance(a, OneOf):
            return each_option(a, lambda option, b=b: equal(option, b))  # type: ignore[misc]
        if isinstance(a, Unknown):
            return False if _surely_differs(a, b) else Unknown(a.reason, a.place, a.settle)
    if isinstance(left, dict | list) and isinstance(right, dict | list):
        return _equal_collections(left, right)
    return False


def _surely_differs(unknown: Unknown, other: Value) -> bool:
    if other is None:
        return unknown.is_set
    if isinstance(unknown, Document) or isinstance(other, Unknown):
        return False
    if isinstance(unknown, Text | Ref) and isinstance(other, str):
        suffix = unknown.suffix if isinstance(unknown, Text) else ""
        return not (other.startswith(unknown.prefix) and other.endswith(suffix))
    return False


def _equal_collections(left: Value, right: Value) -> Value:
    if type(left) is not type(right) and isinstance(left, dict) != isinstance(right, dict):
        return False
    unknown = next((value for value in (left, right) if not is_known(value)), None)
    if unknown is None:
        return False  # `same` has compared them
    if isinstance(left, dict) and left.keys() != right.keys() and not (_is_open(left) or _is_open(right)):
        return False
    return Unknown("the values compared are known in part")


def _is_open(value: Value) -> bool:
    return isinstance(value, Record) and bool(value.rest)


def unequal(left: Value, right: Value) -> Value:
    return negate(equal(left, right))


def _number(value: Value) -> int | float:
    if value is None:
        raise EvaluationError("a number must not be null")
    number = convert(value, "number")
    assert isinstance(number, int | float)
    return number


def _decimal(value: Value) -> Decimal:
    number = _number(value)
    return Decimal(repr(number)) if isinstance(number, float) else Decimal(number)


def plain(number: Decimal) -> int | float:
    """A number as the evaluator keeps it: an int where it is whole."""
    if number == number.to_integral_value() and abs(number) < Decimal(10) ** DIGITS:
        return int(number)
    return float(number)


def _arithmetic(compute: Callable[[Decimal, Decimal], Decimal]) -> Callable[[Value, Value], Value]:
    def operate(left: Value, right: Value) -> Value:
        for position, operand in enumerate((left, right)):
            if isinstance(operand, OneOf):
                return each_option(
                    operand, lambda option: operate(option, right) if position == 0 else operate(left, option)
                )
            if isinstance(operand, Unknown):
                return Unknown(operand.reason, operand.place, operand.settle)
        if type(left) is int and type(right) is int and compute in _WHOLE:
            return _WHOLE[compute](left, right)
        with localcontext() as context:
            context.prec = DIGITS
            try:
                return plain(compute(_decimal(left), _decimal(right)))
            except (DivisionByZero, InvalidOperation, OverflowError):
                raise EvaluationError("division by zero, or a number too large") from None

    return operate


def _add(a: Decimal, b: Decimal) -> Decimal:
    return a + b


def _subtract(a: Decimal, b: Decimal) -> Decimal:
    return a - b


def _multiply(a: Decimal, b: Decimal) -> Decimal:
    return a * b


def _divide(a: Decimal, b: Decimal) -> Decimal:
    return a / b


def _modulo(a: Decimal, b: Decimal) -> Decimal:
    """Truncated, with the sign of the dividend."""
    return a - b * Decimal(math.trunc(a / b))


_WHOLE: Mapping[Callable[[Decimal, Decimal], Decimal], Callable[[int, int], int]] = {
    _add: lambda a, b: a + b,
    _subtract: lambda a, b: a - b,
    _multiply: lambda a, b: a * b,
}


def _comparing(compare: Callable[[Decimal, Decimal], bool]) -> Callable[[Value, Value], Value]:
    def operate(left: Value, right: Value) -> Value:
        for position, operand in enumerate((left, right)):
            if isinstance(operand, OneOf):
                return each_option(
                    operand, lambda option: operate(option, right) if position == 0 else operate(left, option)
                )
            if isinstance(operand, Unknown):
                return Unknown(operand.reason, operand.place, operand.settle)
        return compare(_decimal(left), _decimal(right))

    return operate


BINARY: Mapping[str, Callable[[Value, Value], Value]] = {
    "+": _arithmetic(_add),
    "-": _arithmetic(_subtract),
    "*": _arithmetic(_multiply),
    "/": _arithmetic(_divide),
    "%": _arithmetic(_modulo),
    "==": equal,
    "!=": unequal,
    "<": _comparing(lambda a, b: a < b),
    "<=": _comparing(lambda a, b: a <= b),
    ">": _comparing(lambda a, b: a > b),
    ">=": _comparing(lambda a, b: a >= b),
}
