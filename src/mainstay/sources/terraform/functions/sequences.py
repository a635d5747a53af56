"""Terraform's functions of lists, around elements that are unknown.

A list of which some elements may or may not be there has no sure positions after them: it is an open `Set`, which
stands for a list of unknown order. Every function here takes such a one for a list.
"""

from __future__ import annotations

from mainstay.model.values import ABSENT, Document, Items, OneOf, Ref, Set, Text, Unknown, Value, is_known
from mainstay.sources.alternatives import one_of
from mainstay.sources.terraform.functions.calling import blurred
from mainstay.sources.terraform.functions.graphemes import graphemes
from mainstay.sources.terraform.functions.numbers import whole
from mainstay.sources.terraform.types import (
    Constraint,
    EvaluationError,
    convert,
    equal,
    is_open,
    kind_of,
    look_alike,
)

_MOST_ELEMENTS = 100_000


def open_elements(value: Value, element: Constraint = "any", sets: bool = False) -> tuple[list[Value], Value]:
    """A list's known elements, and what it may hold besides (ABSENT where that is nothing).

    Without `sets`, a set is refused, unless it stands for a list of unknown order.
    """
    if isinstance(value, Unknown) and not isinstance(value, Text | Document):
        return [], blurred(value)
    if not isinstance(value, list) or (isinstance(value, Set) and not sets and not is_open(value)):
        raise EvaluationError(f"a list is required, not {kind_of(value)}")
    if element != "any":
        value = convert(value, ("list", element))
    return list(value), value.rest if isinstance(value, Items) else ABSENT


def _listed(sure: list[Value], loose: list[Value], later: list[Value]) -> Value:
    """The list of `sure` elements, then any number like `loose`, with `later` somewhere among them."""
    rest = look_alike(loose)
    if rest is ABSENT:
        return sure + later
    return Set(sure + later, rest) if later else Items(sure, rest)


class _Growing:
    """A list in the making: elements that are surely there, and those that may be."""

    __slots__ = ("later", "loose", "ordered", "sure")

    def __init__(self) -> None:
        self.sure: list[Value] = []
        self.loose: list[Value] = []
        self.later: list[Value] = []
        self.ordered = True

    def add(self, element: Value) -> None:
        (self.later if self.loose else self.sure).append(element)

    def add_loose(self, rest: Value) -> None:
        if rest is not ABSENT:
            self.loose.append(rest)

    def add_list(self, value: Value, elements: list[Value], rest: Value) -> None:
        """The elements of an open list, whose own order is unknown when it is a Set."""
        if isinstance(value, Set) and rest is not ABSENT:
            self.add_loose(rest)
        for element in elements:
            self.add(element)
        if not isinstance(value, Set):
            self.add_loose(rest)

    def finish(self) -> Value:
        return _listed(self.sure, self.loose, self.later)


def concat(*lists: Value) -> Value:
    growing = _Growing()
    for each in lists:
        growing.add_list(each, *open_elements(each))
    return growing.finish()


def flatten(value: Value) -> Value:
    elements, _ = open_elements(value, sets=True)
    if isinstance(value, Unknown):
        return blurred(value)
    growing = _Growing()
    _flatten(value, elements, growing)
    return growing.finish()


def _flatten(value: Value, elements: list[Value], growing: _Growing) -> None:
    rest = value.rest if isinstance(value, Items) else ABSENT
    inner = rest if rest is ABSENT or _is_scalar(rest) else OneOf((rest, blurred([rest])), blurred([rest]).reason)
    if isinstance(value, Set):
        growing.add_loose(inner)
    for element in elements:
        if isinstance(element, list):
            _flatten(element, list(element), growing)
        elif _is_scalar(element):
            growing.add(element)
        else:
            cause = blurred(element)
            growing.add_loose(OneOf((element, cause), cause.reason, cause.place, cause.settle))
    if not isinstance(value, Set):
        growing.add_loose(inner)


def _is_scalar(value: Value) -> bool:
    """True where the value is surely no list. A Ref's name tells: attributes that hold lists have plural names."""
    if isinstance(value, Ref):
        return value.path.endswith(("id", "arn", "name"))
    return not isinstance(value, list | Unknown) or isinstance(value, Text | Document)


def distinct(value: Value) -> Value:
    """The elements without those that equal an earlier one.

    A known element is surely there, itself or as what an unknown one before it turns out to be.
    """
    elements, rest = open_elements(convert(value, ("list", "any")), sets=True)
    kept: list[Value] = []
    certain = rest is ABSENT
    for element in elements:
        answers = [equal(element, other) for other in kept]
        if not any(answers):
            kept.append(element)
            certain = certain and None not in answers
    if certain:
        return kept
    known = [each for each in kept if is_known(each)]
    loose = [each for each in kept if not is_known(each)] + ([] if rest is ABSENT else [rest])
    in_front = not isinstance(value, Set) and is_known(kept[: len(known)])
    return (Items if in_front else Set)(known, look_alike(loose))


def compact(value: Value) -> Value:
    """The strings that are neither null nor empty."""
    elements, rest = open_elements(value, "string", sets=True)
    if isinstance(value, Unknown):
        return blurred(value)
    growing = _Growing()
    if isinstance(value, Set):
        growing.add_loose(rest)
    for element in elements:
        if is_surely_filled(element):
            growing.add(element)
        elif isinstance(element, Unknown):
            growing.add_loose(element)
    growing.add_loose(rest)
    return growing.finish()


def is_surely_filled(value: Value) -> bool:
    """True where the value, whatever it is, is neither null nor the empty string."""
    if isinstance(value, Ref):
        return value.path.endswith(("id", "arn"))
    if isinstance(value, Text):
        return any(is_surely_filled(part) for part in value.parts)
    if isinstance(value, OneOf):
        return all(is_surely_filled(option) for option in value.options)
    if isinstance(value, Unknown):
        return isinstance(value, Document)
    return value is not None and value != ""


def element(value: Value, index: Value) -> Value:
    """The element at `index`, counted round and round; a negative one counts from the end, as newer versions do."""
    elements, rest = open_elements(value)
    if isinstance(value, Unknown):
        return blurred(value)
    if not elements and rest is ABSENT:
        raise EvaluationError("cannot use element with an empty list")
    if index is None:
        raise EvaluationError("the index must not be null")
    if isinstance(index, Unknown) or isinstance(value, Set):
        return one_of([*elements, *([] if rest is ABSENT else [rest])], blurred([index, *elements, rest]))
    position = whole(index, "index")
    if rest is ABSENT:
        return elements[position % len(elements)]
    if 0 <= position < len(elements):
        return elements[position]
    return one_of([*elements, rest], blurred([rest]))


def slice_of(value: Value, start: Value, end: Value) -> Value:
    elements, rest = open_elements(value)
    if isinstance(value, Unknown | Set) or isinstance(start, Unknown) or isinstance(end, Unknown):
        return blurred([start, end, value])
    first, last = whole(start, "start"), whole(end, "end")
    if first < 0 or first > last or (last > len(elements) and rest is ABSENT):
        raise EvaluationError(f"there is no slice from {first} to {last} of {len(elements)} elements")
    if last <= len(elements):
        return elements[first:last]
    if last > _MOST_ELEMENTS:
        return blurred(value)
    return (elements + [rest] * (last - len(elements)))[first:last]


def reverse(value: Value) -> Value:
    elements, rest = open_elements(value, sets=True)
    if isinstance(value, Unknown):
        return blurred(value)
    return Set(elements, rest) if rest is not ABSENT else elements[::-1]


def sort(value: Value) -> Value:
    elements, rest = open_elements(value, "string", sets=True)
    if any(each is None for each in elements):
        raise EvaluationError("a null string cannot be sorted")
    if isinstance(value, Unknown):
        return blurred(value)
    loose = [each for each in elements if not is_known(each)]
    if len(loose) == len(elements) == 1 and rest is ABSENT:
        return elements
    known = sorted(each for each in elements if is_known(each))
    return known if not loose and rest is ABSENT else Set(known, look_alike(loose + ([] if rest is ABSENT else [rest])))


def chunk(value: Value, size: Value) -> Value:
    elements, rest = open_elements(value, sets=True)
    if isinstance(size, Unknown) or rest is not ABSENT:
        return blurred([size, rest])
    length = whole(size, "size")
    if length < 0:
        raise EvaluationError("the size must not be negative")
    length = length or max(1, len(elements))
    return [elements[at : at + length] for at in range(0, len(elements), length)]


def index_of(value: Value, wanted: Value) -> Value:
    elements, rest = open_elements(value)
    if isinstance(value, Unknown | Set):
        return blurred([value, wanted])
    for position, each in enumerate(elements):
        answer = equal(each, wanted)
        if answer is None:
            return blurred([each, wanted])
        if answer:
            return position
    if rest is not ABSENT:
        return blurred([rest])
    raise EvaluationError("the item is not in the list")


def contains(value: Value, wanted: Value) -> Value:
    elements, rest = open_elements(value, sets=True)
    if wanted is None:
        raise EvaluationError("the value to look for must not be null")
    answers = [equal(each, wanted) for each in elements]
    if True in answers:
        return True
    if rest is not ABSENT:
        answers.append(equal(rest, wanted) if isinstance(rest, Text) else None)
    return blurred([value, wanted]) if None in answers else False


def coalesce(*values: Value) -> Value:
    """The first that is neither null nor empty; one of a few where unknown ones come before it."""
    converted = convert(list(values), ("list", "any"))
    candidates: list[Value] = []
    for each in converted:
        if is_surely_filled(each) or isinstance(each, Ref):
            candidates.append(each)
            return _one_candidate(candidates)
        if isinstance(each, Unknown):
            candidates.append(each)
    return _one_candidate(candidates)


def coalesce_lists(*values: Value) -> Value:
    """The first list that is not empty."""
    candidates: list[Value] = []
    for each, (elements, rest) in [(each, open_elements(each)) for each in values]:
        if elements:
            candidates.append(each)
            return _one_candidate(candidates)
        if rest is not ABSENT:
            candidates.append(each)
    return _one_candidate(candidates)


def _one_candidate(candidates: list[Value]) -> Value:
    if not candidates:
        raise EvaluationError("every argument is null or empty")
    if len(candidates) == 1:
        return candidates[0]
    plain = [blurred(each) if isinstance(each, Unknown) and not each.is_set else each for each in candidates]
    return one_of(plain, blurred(candidates))


def one(value: Value) -> Value:
    """null of an empty list, the element of a list of one."""
    elements, rest = open_elements(value, sets=True)
    if isinstance(value, Unknown):
        return blurred(value)
    if len(elements) > 1:
        raise EvaluationError("the list has more than one element")
    if rest is not ABSENT:
        return blurred([rest]) if elements else one_of([None, rest], blurred([rest]))
    return elements[0] if elements else None


def length(value: Value) -> Value:
    if isinstance(value, str):
        return len(graphemes(value))
    if isinstance(value, Unknown) or is_open(value) or (isinstance(value, Set) and not is_known(value)):
        return blurred(value)
    if not isinstance(value, list | dict):
        raise EvaluationError(f"length takes a list, a map or a string, not {kind_of(value)}")
    return len(value)


def match_keys(values: Value, keys: Value, wanted: Value) -> Value:
    """The values whose key, at the same position, is among those wanted."""
    if any(isinstance(each, Unknown) or is_open(each) for each in (values, keys)):
        return blurred([values, keys, wanted])
    found, _ = open_elements(values)
    joined = convert([keys, convert(wanted, ("list", "any"))], ("list", "any"))
    names, _ = open_elements(joined[0])
    if len(found) != len(names):
        raise EvaluationError("the lists of keys and values must be of one length")
    growing = _Growing()
    for value, name in zip(found, names, strict=True):
        answer = name is not None and contains(joined[1], name)
        if isinstance(answer, Unknown):
            growing.add_loose(value)
        elif answer:
            growing.add(value)
    return growing.finish()


def all_true(values: Value) -> Value:
    return _decide(values, False)


def any_true(values: Value) -> Value:
    return _decide(values, True)


def _decide(values: Value, decisive: bool) -> Value:
    """The decisive answer where one element gives it, whatever is unknown besides; null counts as false."""
    elements, rest = open_elements(values, "bool", sets=True)
    if any(each is decisive or (each is None and not decisive) for each in elements):
        return decisive
    if rest is not ABSENT or not is_known(elements):
        return blurred([*elements, rest])
    return not decisive
