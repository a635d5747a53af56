"""Paths: what stands at the end of one, through lists, open lists and maps, alternatives and documents.

Everything that is asked of a path is asked as "some element at its end satisfies a predicate": `every` is that no
element satisfies the opposite, null that none is there. `some` is the walk that answers; it is the one place that
knows the ways in which elements may or may not be there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from mainstay.engine.matching import text_tokens
from mainstay.model.conditions import Comparison, Path
from mainstay.model.values import ABSENT, Document, Items, OneOf, Record, Set, Unknown, Value, is_known

Judge = Callable[[Value], bool | None]
Bounds = tuple[float, float]

STAR = "*"

_OPPOSITES: Mapping[Comparison, Comparison] = {"neq": "equals", "lt": "gte", "lte": "gt"}


def split(dotted: str) -> Path:
    r"""The names of a dotted path; `\\.` is a dot inside a name."""
    return tuple(name.replace("\\.", ".") for name in re.split(r"(?<!\\)\.", dotted)) if dotted else ()


def join(path: Iterable[str]) -> str:
    """The dotted path of some names: what `split` takes apart."""
    return ".".join(name.replace(".", "\\.") for name in path)


def some(path: Path, judge: Judge, into_documents: bool = False) -> Judge:
    """The function that tells of a subject whether `judge` holds of some element at `path`.

    `judge` is asked of elements that are there, one by one, each list opened and each alternative tried; absent and
    null are no elements. With `into_documents` a document at the end is the value that it holds.
    """
    walk = _end(judge, into_documents)
    for name in reversed(path):
        walk = _step_everywhere(walk) if name == STAR else _step(name, walk)
    return walk


def bounds(value: Value, path: Path) -> Bounds:
    """The least and the greatest number of elements that may stand at `path`."""
    if isinstance(value, list):
        return _bounds_of_list(value, path)
    if isinstance(value, OneOf):
        options = [bounds(option, path) for option in value.options]
        return min(low for low, _ in options), max(high for _, high in options)
    if isinstance(value, Document):
        return bounds(value.value, path)
    if value is None or value is ABSENT:
        return 0, 0
    if isinstance(value, Unknown):
        if path or not value.is_set:
            return 0, math.inf
        return 1, (math.inf if text_tokens(value) is None else 1)
    if not path:
        return 1, 1
    return _bounds_of_map(value, path) if isinstance(value, dict) else (0, 0)


def between(low: float, high: float, comparison: Comparison, number: int) -> bool | None:
    """How a count that lies between two bounds compares with a number."""
    if comparison in ("neq", "lt", "lte"):
        answer = between(low, high, _OPPOSITES[comparison], number)
        return None if answer is None else not answer
    if comparison == "equals":
        return (low == high or None) if low <= number <= high else False
    least = number if comparison == "gte" else number + 1
    return True if low >= least else None if high >= least else False


def _bounds_of_list(value: Sequence[Value], path: Path) -> Bounds:
    parts = [(bounds(element, path), element) for element in value]
    low = sum(least for (least, _), _ in parts)
    high = sum(most for (_, most), _ in parts)
    if isinstance(value, Set):
        # Elements that are not known may turn out to be the same, or the same as a known one.
        known = sum(least for (least, _), element in parts if is_known(element))
        low = max([known, *(least for (least, _), _ in parts)])
    if isinstance(value, Items) and value.rest is not ABSENT and bounds(value.rest, path)[1]:
        high = math.inf
    return low, high


def _bounds_of_map(value: dict[str, Value], path: Path) -> Bounds:
    name, *inner = path
    rest = value.rest if isinstance(value, Record) else ABSENT
    if name == STAR:
        return _bounds_of_list(Items(value.values(), rest), tuple(inner))
    if name in value:
        return bounds(value[name], tuple(inner))
    return 0, (0 if rest is ABSENT else bounds(rest, tuple(inner))[1])


def _end(judge: Judge, into_documents: bool) -> Judge:
    def at_end(value: Value) -> bool | None:
        if isinstance(value, str | bool | dict):
            return judge(value)
        if value is None or value is ABSENT:
            return False
        if isinstance(value, list):
            return _among(value, at_end)
        if isinstance(value, OneOf):
            return _agreed(at_end, value)
        if isinstance(value, Unknown):
            if into_documents and isinstance(value, Document):
                return at_end(value.value)
            return judge(value) if value.is_set else _perhaps(judge(value))
        return judge(value)

    return at_end


def _step(name: str, onward: Judge) -> Judge:
    def step(value: Value) -> bool | None:
        if isinstance(value, dict):
            child = value.get(name, ABSENT)
            if child is not ABSENT:
                return onward(child)
            if isinstance(value, Record) and value.rest is not ABSENT:
                return _perhaps(onward(value.rest))
            return False
        return _step_otherwise(value, step)

    return step


def _step_everywhere(onward: Judge) -> Judge:
    def step(value: Value) -> bool | None:
        if isinstance(value, dict):
            return _among(Items(value.values(), value.rest if isinstance(value, Record) else ABSENT), onward)
        return _step_otherwise(value, step)

    return step


def _step_otherwise(value: Value, step: Judge) -> bool | None:
    """A step from what is not a map: into each element, each option, the document; nothing is below a scalar."""
    if isinstance(value, list):
        return _among(value, step)
    if isinstance(value, OneOf):
        return _agreed(step, value)
    if isinstance(value, Document):
        return step(value.value)
    return None if isinstance(value, Unknown) else False


def _among(values: list[Value], judge: Judge) -> bool | None:
    answer: bool | None = False
    for value in values:
        held = judge(value)
        if held:
            return True
        if held is None:
            answer = None
    # Further elements may be there: they change nothing only where what they look like does not satisfy the judge.
    if isinstance(values, Items) and values.rest is not ABSENT and judge(values.rest) is not False:
        return None
    return answer


def _agreed(judge: Judge, value: OneOf) -> bool | None:
    answers = {judge(option) for option in value.options}
    return answers.pop() if len(answers) == 1 else None


def _perhaps(answer: bool | None) -> bool | None:
    """The answer of an element that may not be there at all."""
    return None if answer else answer
