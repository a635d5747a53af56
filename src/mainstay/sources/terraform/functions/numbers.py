"""Terraform's functions of numbers."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from typing import Final

from mainstay.model.values import Value
from mainstay.sources.terraform.types import EvaluationError, exact, is_number, tidy, to_number

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LONGEST_RANGE: Final = 1024
_PRECISION: Final = 60
_MOST_DIGITS: Final = 2_000


def ceil(number: float) -> int:
    return math.ceil(exact(number))


def floor(number: float) -> int:
    return math.floor(exact(number))


def signum(number: float) -> int:
    if not isinstance(number, int):
        raise EvaluationError("signum takes a whole number")
    return (number > 0) - (number < 0)


def log(number: float, base: float) -> float:
    try:
        return tidy(math.log(number) / math.log(base))
    except (ValueError, ZeroDivisionError):
        raise EvaluationError(f"the logarithm of {number} to the base {base} is not a finite number") from None


def power(base: float, exponent: float) -> float:
    try:
        result = math.pow(base, exponent)
    except (ValueError, OverflowError):
        raise EvaluationError(f"{base} to the power of {exponent} is not a finite number") from None
    return int(result) if result.is_integer() else result


def largest(*numbers: float) -> float:
    if not numbers:
        raise EvaluationError("at least one number is required")
    return max(numbers)


def smallest(*numbers: float) -> float:
    if not numbers:
        raise EvaluationError("at least one number is required")
    return min(numbers)


def parse_int(text: Value, base: float) -> int:
    """The whole number that `text` spells; digits beyond 9 are letters, beyond base 36 capitals follow."""
    if not isinstance(text, str):
        raise EvaluationError("the first argument must be a string")
    if not isinstance(base, int) or not 2 <= base <= 62:
        raise EvaluationError("the base must be a whole number from 2 to 62")
    digits = text[1:] if text[:1] in ("+", "-") else text
    if base <= 36:
        digits = digits.lower()
    if not digits or len(digits) > _MOST_DIGITS or any(not 0 <= _DIGITS.find(digit) < base for digit in digits):
        raise EvaluationError(f'cannot parse "{text[:80]}" as a base {base} integer')
    number = 0
    for digit in digits:
        number = number * base + _DIGITS.index(digit)
    return -number if text.startswith("-") else number


def total(numbers: Value) -> float:
    if not isinstance(numbers, list):
        raise EvaluationError("sum takes a list or set of numbers")
    if not numbers:
        raise EvaluationError("cannot sum an empty list")
    with localcontext() as context:
        context.prec = _PRECISION
        return tidy(sum((exact(to_number(number)) for number in numbers), Decimal(0)))


def count_up(*bounds: float) -> list[Value]:
    """`range(limit)`, `range(start, limit)` or `range(start, limit, step)`; the limit itself is left out."""
    numbers = [exact(bound) for bound in bounds]
    start, limit = (Decimal(0), numbers[0]) if len(numbers) == 1 else (numbers[0], numbers[1])
    step = numbers[2] if len(numbers) == 3 else Decimal(-1 if limit < start else 1)
    if step == 0:
        raise EvaluationError("the step must not be zero")
    if (limit < start and step > 0) or (limit > start and step < 0):
        raise EvaluationError("the step leads away from the limit")
    found: list[Value] = []
    while start < limit if step > 0 else start > limit:
        if len(found) == _LONGEST_RANGE:
            raise EvaluationError(f"the range has more than {_LONGEST_RANGE} values")
        found.append(tidy(start))
        start += step
    return found


def absolute(number: float) -> float:
    return abs(number)


def whole(value: Value, name: str) -> int:
    """`value` as a whole number; `name` says in the message what it is."""
    number = to_number(value)
    if not is_number(number) or not isinstance(number, int):
        raise EvaluationError(f"the {name} must be a whole number")
    return number
