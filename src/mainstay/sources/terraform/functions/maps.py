"""Terraform's functions of maps and sets, around keys and elements that are unknown."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

from mainstay.model.places import Mark
from mainstay.model.values import ABSENT, Document, Record, Set, Text, Unknown, Value, is_known
from mainstay.sources.alternatives import one_of
from mainstay.sources.terraform.functions.calling import blurred
from mainstay.sources.terraform.functions.sequences import open_elements
from mainstay.sources.terraform.types import (
    Constraint,
    EvaluationError,
    convert,
    equal,
    is_open,
    kind_of,
    make_set,
    to_string,
    type_of,
    unify,
)

_MOST_ELEMENTS = 100_000


def entries(value: Value) -> Record:
    """The map as a Record: one that may hold any key where nothing is known of it."""
    if isinstance(value, Unknown) and not isinstance(value, Text | Document):
        return Record(rest=blurred(value))
    if not isinstance(value, dict):
        raise EvaluationError(f"a map is required, not {kind_of(value)}")
    return value if isinstance(value, Record) else Record(value)


def merge(*maps: Value) -> Value:
    """All the keys, the later map's where several have one. What an open map may hold hides the keys before it."""
    merged: dict[str, Value] = {}
    marks: dict[str, Mark] = {}
    rest: Value = ABSENT
    place = None
    for each in maps:
        if each is None:
            continue
        record = entries(each)
        place = place or record.place
        if record.rest is not ABSENT:
            merged = {key: value if key in record else blurred([record.rest]) for key, value in merged.items()}
            rest = record.rest if rest is ABSENT else blurred([rest])
        merged.update(record)
        for key in record:
            marks.pop(key, None)
        marks.update((key, mark) for key, mark in record.marks.items() if key in record)
    return Record(merged, place, marks, rest)


def keys(value: Value) -> Value:
    record = entries(value)
    names = sorted(record)
    if isinstance(value, Unknown):
        return blurred(value)
    return names if record.rest is ABSENT else Set(names, blurred([record.rest]))


def values(value: Value) -> Value:
    record = entries(value)
    found = [record[name] for name in sorted(record)]
    if isinstance(value, Unknown):
        return blurred(value)
    return found if record.rest is ABSENT else Set(found, record.rest)


def lookup(value: Value, key: Value, *default: Value) -> Value:
    record = entries(value)
    if key is None:
        raise EvaluationError("the key must not be null")
    if isinstance(key, Unknown):
        open_rest = [] if record.rest is ABSENT else [record.rest]
        candidates = [*record.values(), *open_rest, *default]
        return one_of(candidates, blurred(key)) if default and candidates else blurred(key)
    found = record.get(to_string(key), ABSENT)
    if found is not ABSENT:
        return found
    if record.rest is not ABSENT:
        return one_of([record.look_up(to_string(key)), *default], blurred([record.rest]))
    if not default:
        raise EvaluationError(f'the map has no key "{key}"')
    return default[0]


def zip_map(names: Value, found: Value) -> Value:
    keys_known, keys_rest = open_elements(convert(names, ("list", "string")), sets=True)
    values_known, values_rest = open_elements(found)
    if any(isinstance(each, Unknown) or is_open(each) for each in (names, found)):
        return blurred([keys_rest, values_rest, names, found])
    if len(keys_known) != len(values_known):
        raise EvaluationError(f"{len(keys_known)} keys and {len(values_known)} values: they must be equally many")
    if any(key is None for key in keys_known):
        raise EvaluationError("a key must not be null")
    zipped: dict[str, Value] = {}
    rest: Value = ABSENT
    for key, value in zip(keys_known, values_known, strict=True):
        if isinstance(key, Unknown):
            cause = blurred(key)
            zipped = {name: one_of([old, value], cause) for name, old in zipped.items()}
            rest = one_of([value] if rest is ABSENT else [rest, value], cause)
        else:
            zipped[key] = value
    return zipped if rest is ABSENT else Record(zipped, rest=rest)


def transpose(value: Value) -> Value:
    turned: dict[str, list[Value]] = {}
    for name in sorted(value):
        if value[name] is None or any(key is None for key in value[name]):
            raise EvaluationError("a list to transpose must not be null, nor hold null")
        for key in value[name]:
            turned.setdefault(key, []).append(name)
    return {key: turned[key] for key in sorted(turned)}


def set_product(*collections: Value) -> Value:
    """Every combination of one element of each; a set where all the arguments are sets."""
    if len(collections) < 2:
        raise EvaluationError("setproduct takes at least two arguments")
    united = [each if isinstance(each, Unknown) else convert(each, ("list", "any")) for each in collections]
    parts = [open_elements(each, sets=True) for each in united]
    if math.prod(len(elements) for elements, _ in parts) > _MOST_ELEMENTS:
        raise EvaluationError(f"the product has more than {_MOST_ELEMENTS} elements")
    product: list[Value] = [list(choice) for choice in itertools.product(*(elements for elements, _ in parts))]
    if any(not elements and rest is ABSENT for elements, rest in parts):
        return []
    rests = [rest for _, rest in parts if rest is not ABSENT]
    if all(isinstance(each, Set) for each in collections):
        return make_set(product, blurred(rests) if rests else ABSENT)
    return Set(product, blurred(rests)) if rests else product


def set_union(first: Value, *others: Value) -> Value:
    def unite(left: Value, right: Value) -> Value:
        known, loose = open_elements(left, sets=True), open_elements(right, sets=True)
        return _merged_set(known[0] + loose[0], [rest for rest in (known[1], loose[1]) if rest is not ABSENT])

    return _fold(unite, first, others)


def set_intersection(first: Value, *others: Value) -> Value:
    def intersect(left: Value, right: Value) -> Value:
        (mine, rest), (theirs, further) = open_elements(left, sets=True), open_elements(right, sets=True)
        sure = [each for each in mine if any(equal(each, other) for other in theirs)]
        loose = [] if rest is ABSENT else [one_of([rest, *theirs], blurred([rest]))] if theirs else []
        if further is not ABSENT:
            loose += [each for each in mine if not any(each is other for other in sure)] + (
                [] if rest is ABSENT else [rest]
            )
        return _merged_set(sure, loose)

    return _fold(intersect, first, others)


def set_subtract(first: Value, other: Value) -> Value:
    def subtract(left: Value, right: Value) -> Value:
        (mine, rest), (theirs, further) = open_elements(left, sets=True), open_elements(right, sets=True)
        staying = [each for each in mine if not any(equal(each, gone) for gone in theirs)]
        loose = [] if rest is ABSENT else [rest]
        if further is not ABSENT:
            return _merged_set([], staying + loose)
        return _merged_set(staying, loose)

    return _fold(subtract, first, (other,))


def _merged_set(sure: list[Value], loose: list[Value]) -> Value:
    made = make_set(sure)
    if made.rest is not ABSENT:
        loose = [made.rest, *loose]
    if not loose:
        return made
    return Set(made, loose[0] if len(loose) == 1 else one_of(loose, blurred(loose)))


def _fold(step: Callable[[Value, Value], Value], first: Value, others: tuple[Value, ...]) -> Value:
    """`step` over the sets, their elements brought to one type first."""
    if any(each is None for each in (first, *others)):
        raise EvaluationError("a set must not be null")
    sets: list[Value] = [
        each if isinstance(each, Unknown) else convert(each, ("set", "any")) for each in (first, *others)
    ]
    if all(is_known(each) for each in sets):
        element = _common([child for each in sets for child in each])
        sets = [convert(each, ("set", element)) for each in sets]
    result = sets[0]
    for each in sets[1:]:
        result = step(result, each)
    return result


def _common(elements: list[Value]) -> Constraint:
    united = unify(type_of(element) for element in elements)
    if united is None:
        raise EvaluationError("the sets must have elements of one type")
    return united
