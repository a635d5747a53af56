"""Steps of a traversal, `.name`, `[key]` and splats, taken from any value."""

from __future__ import annotations

from collections.abc import Callable

from mainstay.model.values import ABSENT, Document, Items, OneOf, Record, Ref, Set, Text, Unknown, Value
from mainstay.sources.alternatives import one_of
from mainstay.sources.terraform.operators import each_answer, plain_unknown
from mainstay.sources.terraform.scope import Run
from mainstay.sources.terraform.types import EvaluationError, convert, is_number

Step = Callable[[Value, Run], Value]


def attribute(value: Value, name: str, run: Run) -> Value:
    """`value.name`, and `value["name"]` of a map."""
    if isinstance(value, Record):
        found = value.get(name, ABSENT)
        if found is ABSENT and type(value) is Record and value.rest is not ABSENT:
            run.doubts += 1
            return value.rest
        found = value.look_up(name) if found is ABSENT else found
        if found is not ABSENT:
            return found
    elif isinstance(value, dict):
        if name in value:
            return value[name]
    elif isinstance(value, OneOf):
        return _any_option(value, lambda option: attribute(option, name, run), run)
    elif isinstance(value, Unknown):
        return _inside(value, f".{name}", run)
    elif isinstance(value, list) and name.isdigit():
        return index(value, int(name), run)
    elif value is None:
        raise EvaluationError(f"there is no attribute {name!r}: the value is null")
    raise EvaluationError(f"there is no attribute {name!r} in {_kind(value)}")


def _inside(value: Unknown, step: str, run: Run) -> Value:
    """A part of something unknown, which may turn out not to have that part."""
    if isinstance(value, Text | Document):
        raise EvaluationError(f"a string has no {step}")
    if isinstance(value, Ref):
        return Ref(value.address, f"{value.path}{step}", value.place)
    run.doubts += 1
    return value


def index(value: Value, key: Value, run: Run) -> Value:
    """`value[key]`."""
    if isinstance(value, OneOf):
        return _any_option(value, lambda option: index(option, key, run), run)
    if isinstance(key, OneOf):
        return _any_option(key, lambda option: index(value, option, run), run)
    if key is None:
        raise EvaluationError("an index must not be null")
    if isinstance(key, Unknown):
        run.doubts += 1
        return _some_element(value, key)
    if isinstance(value, dict):
        return attribute(value, key if isinstance(key, str) else str(convert(key, "string")), run)
    if isinstance(value, list):
        return _element(value, key, run)
    if isinstance(value, Unknown):
        return _inside(value, f'["{key}"]' if isinstance(key, str) else f"[{key}]", run)
    raise EvaluationError(f"{_kind(value)} has no elements")


def _element(value: list[Value], key: Value, run: Run) -> Value:
    position = convert(key, "number")
    if isinstance(value, Set):
        raise EvaluationError("a set's elements have no index")
    if not is_number(position) or position != int(position):
        raise EvaluationError(f"a list has no element {key!r}")
    position = int(position)
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
        return plain_unknown(value if isinstance(value, Unknown) else key)
    if rest is not ABSENT:
        elements.append(rest)
    return one_of(elements, key) if elements else plain_unknown(key)


def splat(value: Value, step: Step, run: Run) -> Value:
    """`value[*].step`: null is no element, a single value one."""
    if value is None:
        return []
    if isinstance(value, OneOf):
        return each_answer(value, lambda option: splat(option, step, run))
    if isinstance(value, list):
        run.step(len(value))
        elements = [step(element, run) for element in value]
        if isinstance(value, Items) and value.rest is not ABSENT:
            return Items(elements, step(value.rest, run), value.doubt)
        return elements
    if isinstance(value, Unknown) and not isinstance(value, Text | Document):
        return plain_unknown(value)
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
