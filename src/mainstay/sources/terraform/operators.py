"""Terraform's operators over three-valued operands."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import Decimal, DivisionByZero, InvalidOperation, localcontext

from mainstay.model.values import OneOf, Ref, Unknown, Value, unknowns
from mainstay.sources.alternatives import one_of
from mainstay.sources.terraform import types
from mainstay.sources.terraform.types import EvaluationError, convert

DIGITS = 60
LARGE = 10**30


def to_bool(value: Value) -> bool | Unknown:
    """The value as a condition takes it; an unknown one without its options, whose answers may agree."""
    if isinstance(value, OneOf):
        answer = each_answer(value, to_bool)
        return answer if isinstance(answer, bool) else plain_unknown(value)
    if isinstance(value, Unknown):
        return plain_unknown(value)
    if isinstance(value, bool):
        return value
    if value is None:
        raise EvaluationError("a condition must not be null")
    converted = convert(value, "bool")
    assert isinstance(converted, bool)
    return converted


def plain_unknown(value: Unknown) -> Unknown:
    """What is computed from an unknown: no longer that attribute or text, but unknown for the same reason."""
    return Unknown(value.reason, value.place, value.settle)


def each_answer(value: OneOf, change: Callable[[Value], Value]) -> Value:
    """`value` with `change` applied to every option; one that Terraform would refuse it for becomes unknown."""
    answers: list[Value] = []
    error: EvaluationError | None = None
    for option in value.options:
        try:
            answers.append(change(option))
        except EvaluationError as caught:
            error = caught
    if error is not None and not answers:
        raise error
    if error is not None:
        answers.append(Unknown(str(error), value.place, value.settle))
    return one_of(answers, value)


def both(left: Value, right: Callable[[], Value]) -> Value:
    """`&&`, Kleene's: a false side decides. The right side is not looked at where the left one is false."""
    return _decide(to_bool(left), right, False)


def either(left: Value, right: Callable[[], Value]) -> Value:
    """`||`, Kleene's: a true side decides. The right side is not looked at where the left one is true."""
    return _decide(to_bool(left), right, True)


def _decide(left: bool | Unknown, right: Callable[[], Value], decisive: bool) -> Value:
    if left is decisive:
        return decisive
    if not isinstance(left, Unknown):
        return to_bool(right())
    try:
        return decisive if to_bool(right()) is decisive else left
    except EvaluationError:
        return left  # whether the right side is looked at is not known


def negate(value: Value) -> Value:
    decision = to_bool(value)
    return decision if isinstance(decision, Unknown) else not decision


def minus(value: Value) -> Value:
    if isinstance(value, OneOf):
        return each_answer(value, minus)
    return plain_unknown(value) if isinstance(value, Unknown) else -_number(value)


def equal(left: Value, right: Value) -> Value:
    """`==`: values of different types are not equal; two references are equal where they surely are the same."""
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Ref) and isinstance(other, str) and not other.startswith(one.prefix):
            return False
    answer = types.equal(left, right)
    return plain_unknown(next(unknowns([left, right]))) if answer is None else answer


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
    rounded = float(number)
    if math.isinf(rounded):
        raise EvaluationError("the number is too large")
    return rounded


def _over_known(compute: Callable[[Value, Value], Value]) -> Callable[[Value, Value], Value]:
    """`compute` for operands that may not be known."""

    def operate(left: Value, right: Value) -> Value:
        if isinstance(left, OneOf):
            return each_answer(left, lambda option: operate(option, right))
        if isinstance(right, OneOf):
            return each_answer(right, lambda option: operate(left, option))
        for operand in (left, right):
            if isinstance(operand, Unknown):
                return plain_unknown(operand)
        return compute(left, right)

    return operate


def _arithmetic(compute: Callable[[Decimal, Decimal], Decimal]) -> Callable[[Value, Value], Value]:
    def operate(left: Value, right: Value) -> Value:
        if type(left) is int and type(right) is int and compute in _WHOLE and max(abs(left), abs(right)) < LARGE:
            return _WHOLE[compute](left, right)
        with localcontext() as context:
            context.prec = DIGITS
            try:
                return plain(compute(_decimal(left), _decimal(right)))
            except (DivisionByZero, InvalidOperation, OverflowError):
                raise EvaluationError("division by zero, or a number too large") from None

    return _over_known(operate)


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
    return _over_known(lambda left, right: compare(_decimal(left), _decimal(right)))


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
