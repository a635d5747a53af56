"""Terraform's types: conversion between them, and what equals what, around values that are known in part.

A constraint is plain data: "any" | "string" | "number" | "bool" | ("list", T) | ("set", T) | ("map", T)
| ("tuple", (T, ...)) | ("object", {name: (T, optional, default)}).

Two surprises. A list and a tuple are the same Python list, and so are a map and an object. And an unknown element is
taken to have the type of its neighbours: `tolist([1, var.x])` stays a list of numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, Union

from mainstay.model.values import (
    ABSENT,
    Document,
    Items,
    OneOf,
    Record,
    Ref,
    Set,
    Text,
    Unknown,
    Value,
    is_known,
    unknowns,
)
from mainstay.sources.alternatives import each_option, one_of

# Recursive data of mixed shape, which mypy can't follow into; `convert` is the one that reads it.
Constraint = Union[str, tuple[Any, ...]]

_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
# Python writes no whole number of more than 4300 digits.
_MOST_DIGITS: Final = 4000
_BOOLS: Final = {"true": True, "1": True, "false": False, "0": False}


class EvaluationError(Exception):
    """A call or conversion that Terraform itself would refuse; the message is the reason."""


# Numbers


def tidy(number: Decimal | float) -> int | float:
    """The number as values hold it: an int where it is whole, a float otherwise."""
    exact = number if isinstance(number, Decimal) else Decimal(repr(number))
    if not exact.is_finite() or exact.adjusted() > _MOST_DIGITS:
        raise EvaluationError("the number is not finite, or too large")
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def exact(number: float) -> Decimal:
    """The decimal number that `number` is written as, so that 0.1 + 0.2 is 0.3."""
    return Decimal(number) if isinstance(number, int) else Decimal(repr(number))


def number_text(number: float) -> str:
    """The number as Terraform writes it into a string: never with an exponent."""
    return str(number) if isinstance(number, int) else format(exact(number), "f").removesuffix(".0")


def is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


# Primitive conversions


def to_string(value: Value) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value)
    raise EvaluationError(f"a string is required, not {kind_of(value)}")


def to_number(value: Value) -> int | float:
    if is_number(value):
        return tidy(value) if isinstance(value, float) else int(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return tidy(Decimal(value))
    raise EvaluationError(f"a number is required, not {kind_of(value)}")


def to_bool(value: Value) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in _BOOLS:
        return _BOOLS[value]
    raise EvaluationError(f"a bool is required, not {kind_of(value)}")


_PRIMITIVES: Final[Mapping[str, Callable[[Value], Value]]] = {
    "string": to_string,
    "number": to_number,
    "bool": to_bool,
}


def kind_of(value: Value) -> str:
    """The value's kind in words, for messages."""
    if value is None:
        return "null"
    if isinstance(value, Text | Document):
        return "a string"
    if isinstance(value, Unknown):
        return "an unknown value"
    if isinstance(value, bool):
        return "a bool"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return f'the string "{value[:40]}"'
    return "a set" if isinstance(value, Set) else "a list" if isinstance(value, list) else "a map"


# Comparison


def identity(value: Value) -> Hashable:
    """A key that two fully known values share if and only if Terraform finds them equal."""
    if isinstance(value, bool) or value is None:
        return (type(value).__name__, value)
    if isinstance(value, int | float):
        return ("number", value)
    if isinstance(value, Set):
        return ("set", frozenset(identity(child) for child in value))
    if isinstance(value, list):
        return ("list", tuple(identity(child) for child in value))
    if isinstance(value, dict):
        return ("map", frozenset((key, identity(child)) for key, child in value.items()))
    return ("string", value)


def equal(left: Value, right: Value) -> bool | None:
    """Whether two values are equal; None where it can't be told."""
    if isinstance(left, OneOf) or isinstance(right, OneOf):
        one, other = (left, right) if isinstance(left, OneOf) else (right, left)
        answers = {equal(option, other) for option in one.options}
        return answers.pop() if len(answers) == 1 else None
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return _equal_unknown(left, right)
    if isinstance(left, dict) and isinstance(right, dict):
        return _equal_maps(left, right)
    if isinstance(left, list) and isinstance(right, list) and not (is_known(left) and is_known(right)):
        if is_open(left) or is_open(right) or isinstance(left, Set) or isinstance(right, Set):
            return None
        return False if len(left) != len(right) else _every(equal(*pair) for pair in zip(left, right, strict=True))
    return identity(left) == identity(right)


def _equal_unknown(left: Value, right: Value) -> bool | None:
    if isinstance(left, Ref) and isinstance(right, Ref) and left.address == right.address and left.path == right.path:
        return True
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Unknown) and one.is_set and other is None:
            return False
        if isinstance(one, Text):
            if isinstance(other, bool | int | float | list | dict):
                return False
            if isinstance(other, str) and not (other.startswith(one.prefix) and other.endswith(one.suffix)):
                return False
    return None


def _equal_maps(left: dict[str, Value], right: dict[str, Value]) -> bool | None:
    open_left, open_right = is_open(left), is_open(right)
    if (left.keys() - right.keys() and not open_right) or (right.keys() - left.keys() and not open_left):
        return False
    answer = _every(equal(left[key], right[key]) for key in left.keys() & right.keys())
    return None if answer and (open_left or open_right) else answer


def _every(answers: Iterable[bool | None]) -> bool | None:
    found = set(answers)
    return False if False in found else None if None in found else True


def is_open(value: Value) -> bool:
    """True of a list or map that may hold more than is named."""
    return isinstance(value, Record | Items) and value.rest is not ABSENT


# Sets


def make_set(elements: Iterable[Value], rest: Value = ABSENT) -> Set:
    """A set of the known `elements`; those that are unknown, even in part, join what the set may hold besides."""
    known: dict[Hashable, Value] = {}
    loose: list[Value] = [] if rest is ABSENT else [rest]
    for element in elements:
        if is_known(element):
            known.setdefault(identity(element), element)
        else:
            loose.append(element)
    return Set(_sorted(list(known.values())), rest=look_alike(loose))


def _sorted(elements: list[Value]) -> list[Value]:
    present = [element for element in elements if element is not None]
    for kind in (str, int | float):
        if all(isinstance(element, kind) for element in present):
            return sorted(present) + [None] * (len(elements) - len(present))
    return elements


def look_alike(values: list[Value]) -> Value:
    """What stands for any number of elements, each looking like one of `values`; ABSENT for none."""
    if len(values) < 2:
        return values[0] if values else ABSENT
    return one_of(values, next(unknowns(values), Unknown("one of several values")))


# Inference


def type_of(value: Value) -> Constraint:
    """The constraint that the value meets as it stands; "any" for null and for what is unknown.

    An open container is "open": it may have any shape, so that neither it nor what it unifies with is converted.
    """
    if is_open(value):
        return "open"
    if value is None or (isinstance(value, Unknown) and not isinstance(value, Text | Document)):
        return "any"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, Set):
        return ("set", unify(type_of(child) for child in value) or "any")
    if isinstance(value, list):
        return ("tuple", tuple(type_of(child) for child in value))
    if isinstance(value, dict):
        return ("object", {key: (type_of(child), False, ABSENT) for key, child in value.items()})
    return "string"


def unify(types: Iterable[Constraint]) -> Constraint | None:
    """The one type that values of all `types` convert to, as Terraform finds it; None where there is none."""
    distinct: list[Constraint] = []
    for each in types:
        if each != "any" and each not in distinct:
            distinct.append(each)
    if not distinct or "open" in distinct:
        return "any"
    if len(distinct) == 1:
        return distinct[0]
    kinds = {each if isinstance(each, str) else str(each[0]) for each in distinct}
    if kinds <= {"string", "number", "bool"}:
        return "string" if "string" in kinds else None
    if kinds <= {"object", "map"}:
        return _unify_maps(distinct, kinds)
    if kinds <= {"tuple", "list", "set"}:
        return _unify_lists(distinct, kinds)
    return None


def _unify_maps(types: list[Constraint], kinds: set[str]) -> Constraint | None:
    shapes: list[Any] = [each[1] for each in types if each[0] == "object"]
    if kinds == {"object"} and all(shape.keys() == shapes[0].keys() for shape in shapes):
        united = {key: unify(shape[key][0] for shape in shapes) for key in shapes[0]}
        if None not in united.values():
            return ("object", {key: (each, False, ABSENT) for key, each in united.items()})
    inner = [entry[0] for shape in shapes for entry in shape.values()]
    element = unify([*inner, *(each[1] for each in types if each[0] == "map")])
    return None if element is None else ("map", element)


def _unify_lists(types: list[Constraint], kinds: set[str]) -> Constraint | None:
    tuples: list[Any] = [each[1] for each in types if each[0] == "tuple"]
    if kinds == {"tuple"} and all(len(each) == len(tuples[0]) for each in tuples):
        united = [unify(column) for column in zip(*tuples, strict=True)]
        if None not in united:
            return ("tuple", tuple(united))
    inner = [entry for each in tuples for entry in each]
    element = unify([*inner, *(each[1] for each in types if each[0] != "tuple")])
    return None if element is None else ("set" if kinds == {"set"} else "list", element)


# Conversion


def convert(value: Value, constraint: Constraint) -> Value:
    """`value` as Terraform converts it to the type; unknown leaves stay, places and marks stay.

    Raises EvaluationError where the value does not fit.
    """
    if constraint in ("any", "open") or value is None:
        return value
    if isinstance(value, Unknown):
        return _convert_unknown(value, constraint)
    if isinstance(constraint, str):
        return _PRIMITIVES[constraint](value)
    return _CONTAINERS[constraint[0]](value, constraint[1])


def _convert_unknown(value: Unknown, constraint: Constraint) -> Value:
    if isinstance(value, OneOf):
        try:
            return each_option(value, lambda option: convert(option, constraint))
        except EvaluationError:
            return Unknown(value.reason, value.place, value.settle)
    if isinstance(value, Text | Document) and constraint != "string":
        if not isinstance(constraint, str):
            raise EvaluationError(f"a {constraint[0]} is required, not a string")
        return Unknown(value.reason, value.place, value.settle)
    return value


def _elements(value: Value, kind: str) -> tuple[list[Value], Value]:
    if not isinstance(value, list):
        raise EvaluationError(f"a {kind} is required, not {kind_of(value)}")
    return value, value.rest if isinstance(value, Items) else ABSENT


def _convert_all(elements: list[Value], inner: Constraint, kind: str) -> list[Value]:
    if inner == "any":
        united = unify(type_of(element) for element in elements)
        if united is None and is_known(elements):
            raise EvaluationError(f"all elements of a {kind} must have the same type")
        if united is None:
            return elements
        inner = united
    if isinstance(inner, str) and inner != "any" and all(type_of(element) == inner for element in elements):
        return elements
    return [convert(element, inner) for element in elements]


def _to_list(value: Value, inner: Constraint) -> Value:
    elements, rest = _elements(value, "list")
    converted = _convert_all(elements, inner, "list")
    if rest is ABSENT:
        return list(converted)
    # An open set has no order to give the list: as a Set it stands for a list of unknown order.
    return (Set if isinstance(value, Set) else Items)(converted, convert(rest, inner))


def _to_set(value: Value, inner: Constraint) -> Value:
    elements, rest = _elements(value, "set")
    return make_set(_convert_all(elements, inner, "set"), rest if rest is ABSENT else convert(rest, inner))


def _to_tuple(value: Value, inner: tuple[Constraint, ...]) -> Value:
    elements, rest = _elements(value, "tuple")
    if len(elements) > len(inner) or (len(elements) < len(inner) and rest is ABSENT):
        raise EvaluationError(f"a tuple of {len(inner)} elements is required, not of {len(elements)}")
    missing = len(inner) - len(elements)
    return [convert(*pair) for pair in zip([*elements, *[rest] * missing], inner, strict=True)]


def _to_map(value: Value, inner: Constraint) -> Value:
    if not isinstance(value, dict):
        raise EvaluationError(f"a map is required, not {kind_of(value)}")
    converted = dict(zip(value, _convert_all(list(value.values()), inner, "map"), strict=True))
    if not isinstance(value, Record):
        return converted
    rest = value.rest if value.rest is ABSENT else convert(value.rest, inner)
    return Record(converted, value.place, value.marks, rest)


def _to_object(value: Value, inner: Mapping[str, tuple[Constraint, bool, Value]]) -> Value:
    if not isinstance(value, dict):
        raise EvaluationError(f"an object is required, not {kind_of(value)}")
    record = value if isinstance(value, Record) else Record(value)
    attributes = {name: _attribute(name, record.look_up(name), *entry) for name, entry in inner.items()}
    marks = {name: mark for name, mark in record.marks.items() if name in attributes}
    return Record(attributes, record.place, marks)


def _attribute(name: str, value: Value, constraint: Constraint, optional: bool, default: Value) -> Value:
    if value is ABSENT and not optional:
        raise EvaluationError(f'attribute "{name}" is required')
    if optional and default is not ABSENT:
        if value is ABSENT or value is None:
            value = default
        elif isinstance(value, OneOf):
            value = each_option(value, lambda option: default if option is None else option)
    try:
        return convert(None if value is ABSENT else value, constraint)
    except EvaluationError as error:
        raise EvaluationError(f'attribute "{name}": {error}') from None


_CONTAINERS: Final[Mapping[str, Callable[[Value, Any], Value]]] = {
    "list": _to_list,
    "set": _to_set,
    "map": _to_map,
    "tuple": _to_tuple,
    "object": _to_object,
}
