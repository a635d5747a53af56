"""Steps of a traversal, `.name`, `[key]` and splats, taken from any value."""

from __future__ import annotations

from collections.abc import Callable

from mainstay.model.values import ABSENT, Document, Items, OneOf, Record, Set, Text, Unknown, Value
from mainstay.sources.terraform.alternatives import each_option, one_of
from mainstay.sources.terraform.scope import Run
from mainstay.sources.terraform.types import EvaluationError

Step = Callable[[Value, Run], Value]


def attribute(value: Value, name: str, run: Run) -> Value:
    """`value.name`, and `value["name"]` of a map."""
    if isinstance(value, Record):
        found = value.get(name, ABSENT)
        if found is ABSENT:
            found = value.look_up(name)
            if isinstance(found, Unknown) and value.rest is found:
                run.doubts += 1
        if found is not ABSENT:
            return found
    elif isinstance(value, dict):
        if name in value:
            return value[name]
    elif isinstance(value, OneOf):
        return _any_option(value, lambda option: attribute(option, name, run), run)
    elif isinstance(value, Text | Document):
        raise EvaluationError(f"a string has no attribute {name!r}")
    elif isinstance(value, Unknown):
        return value
    elif isinstance(value, list) and name.isdigit():
        return index(value, int(name), run)
    elif value is None:
        raise EvaluationError(f"there is no attribute {name!r}: the value is null")
    raise EvaluationError(f"there is no attribute {name!r} in {_kind(value)}")


def index(value: Value, key: Value, run: Run) -> Value:
    """`value[key]`."""
    if isinstance(value, OneOf):
        return _any_option(value, lambda option: index(option, key, run), run)
    if isinstance(key, OneOf):
        return _any_option(key, lambda option: index(value, option, run), run)
    if isinstance(key, Unknown):
        run.doubts += 1
        return _some_element(value, key)
    if isinstance(value, dict):
        if isinstance(key, bool | int | float):
            key = str(key).lower()
        return attribute(value, key, run)
    if isinstance(value, list):
        return _element(value, key, run)
    if isinstance(value, Unknown):
        return value
    raise EvaluationError(f"{_kind(value)} has no elements")


def _element(value: list[Value], key: Value, run: Run) -> Value:
    if isinstance(value, Set):
        raise EvaluationError("a set's elements have no index")
    try:
        position = int(key)
    except (TypeError, ValueError):
        raise EvaluationError(f"a list has no element {key!r}") from None
    if 0 <= position < len(value):
        return value[position]
    if isinstance(value, Items) and value.rest is not ABSENT and position >= 0:
        run.doubts += 1
        return value.rest
    raise EvaluationError(f"the list has {len(value)} elements, there is no [{position}]")


def _some_element(value: Value, key: Unknown) -> Value:
    """What an unknown key may give: one of the elements."""
    if isinstance(value, dict):
        elements, rest = list(value.values()), value.rest if isinstance(value, Record) else ABSENT
    elif isinstance(value, list):
        elements, rest = list(value), value.rest if isinstance(value, Items) else ABSENT
    else:
        return value if isinstance(value, Unknown) else key
    if rest is not ABSENT:
        elements.append(rest)
    return one_of(elements, key) if elements else key


def splat(value: Value, step: Step, run: Run) -> Value:
    """`value[*].step`: null is no element, a single value one."""
    if value is None:
        return []
    if isinstance(value, OneOf):
        return each_option(value, lambda option: splat(option, step, run))
    if isinstance(value, list):
        elements = [step(element, run) for element in value]
        if isinstance(value, Items) and value.rest is not ABSENT:
            return Items(elements, step(value.rest, run))
        return elements
    if isinstance(value, Unknown):
        return Unknown(value.reason, value.place, value.settle)
    return [step(value, run)]


def _any_option(value: OneOf, step: Callable[[Value], Value], run: Run) -> Value:
    """A step from one of several values: an option from which it cannot be taken raises a doubt."""
    results: list[Value] = []
    error: EvaluationError | None = None
    for option in value.options:
        try:
            results.append(step(option))
        except EvaluationError as caught:
            error = caught
    if not results:
        raise error or EvaluationError("there is no value")
    if error is not None:
        run.doubts += 1
    return one_of(results, value)


def _kind(value: Value) -> str:
    if isinstance(value, bool):
        return "a bool"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, int | float):
        return "a number"
    return "a map" if isinstance(value, dict) else "a list" if isinstance(value, list) else "null"
