"""Whatever the unknown parts of the arguments turn out to be, they never contradict what a call said is known."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainstay.model.values import ABSENT, Document, Items, OneOf, Record, Ref, Set, Text, Unknown, Value
from mainstay.sources.terraform.functions import FUNCTIONS, Context, EvaluationError, call
from mainstay.sources.terraform.types import make_set, to_string

WORDS = ["a", "b", "ab", "", "c-a", "1", "true"]
WHY = "it is not known"

word = st.sampled_from(WORDS)
number = st.sampled_from([0, 1, 2, 3, -1, 1.5])
scalar = st.one_of(word, number, st.booleans(), st.none())
words = st.lists(word, max_size=4)
scalars = st.lists(scalar, max_size=4)
string_set = words.map(make_set)
key = st.sampled_from(["a", "b", "c", "d"])
dictionary = st.dictionaries(key, st.one_of(scalar, words, st.dictionaries(key, scalar, max_size=2)), max_size=4)
anything = st.one_of(scalar, scalars, words, string_set, dictionary, st.lists(words, max_size=3))
nested = st.recursive(scalar, lambda inner: st.lists(inner, max_size=3), max_leaves=8)

ARGUMENTS: dict[str, st.SearchStrategy[list[Value]]] = {
    "alltrue": st.tuples(st.lists(st.sampled_from([True, False, None, "true"]), max_size=3)).map(list),
    "anytrue": st.tuples(st.lists(st.sampled_from([True, False, None, "true"]), max_size=3)).map(list),
    "base64encode": st.tuples(word).map(list),
    "chunklist": st.tuples(scalars, number).map(list),
    "coalesce": st.lists(st.one_of(word, st.none(), number), min_size=1, max_size=4),
    "coalescelist": st.lists(words, min_size=1, max_size=3),
    "compact": st.tuples(st.lists(st.one_of(word, st.none()), max_size=4)).map(list),
    "concat": st.lists(scalars, min_size=1, max_size=3),
    "contains": st.tuples(st.one_of(scalars, string_set), scalar).map(list),
    "distinct": st.tuples(st.one_of(words, st.lists(words, max_size=3))).map(list),
    "element": st.tuples(scalars, st.integers(0, 5)).map(list),
    "flatten": st.tuples(st.lists(nested, max_size=3)).map(list),
    "format": st.one_of(
        st.tuples(st.just("%s-%v"), scalar, anything).map(list),
        st.tuples(st.just("%5s|%q|%d"), word, word, number).map(list),
        st.tuples(word, scalar).map(list),
    ),
    "formatlist": st.tuples(st.just("%s/%v"), words, st.one_of(word, words)).map(list),
    "index": st.tuples(scalars, scalar).map(list),
    "join": st.tuples(word, words, words).map(list),
    "jsondecode": st.tuples(anything.map(json.dumps)).map(list),
    "jsonencode": st.tuples(anything).map(list),
    "keys": st.tuples(dictionary).map(list),
    "length": st.tuples(anything).map(list),
    "lookup": st.one_of(st.tuples(dictionary, key, scalar).map(list), st.tuples(dictionary, key).map(list)),
    "matchkeys": st.integers(0, 3).flatmap(
        lambda size: st.tuples(
            st.lists(scalar, min_size=size, max_size=size), st.lists(word, min_size=size, max_size=size), words
        ).map(list)
    ),
    "merge": st.lists(st.one_of(dictionary, st.none()), max_size=4),
    "one": st.tuples(st.one_of(st.lists(scalar, max_size=2), string_set)).map(list),
    "provider::aws::arn_build": st.tuples(word, word, word, word, word).map(list),
    "replace": st.tuples(word, word, word).map(list),
    "reverse": st.tuples(scalars).map(list),
    "setintersection": st.lists(string_set, min_size=1, max_size=3),
    "setproduct": st.lists(st.one_of(words, string_set), min_size=2, max_size=2),
    "setsubtract": st.tuples(string_set, string_set).map(list),
    "setunion": st.lists(string_set, min_size=1, max_size=3),
    "slice": st.tuples(scalars, st.integers(0, 2), st.integers(1, 4)).map(list),
    "regexall": st.tuples(st.sampled_from(["^[a-z]{2}", "^a", "a", "^.*$"]), word).map(list),
    "sort": st.tuples(words).map(list),
    "tobool": st.tuples(scalar).map(list),
    "tolist": st.tuples(st.one_of(scalars, string_set)).map(list),
    "tomap": st.tuples(dictionary).map(list),
    "tonumber": st.tuples(scalar).map(list),
    "toset": st.tuples(scalars).map(list),
    "tostring": st.tuples(scalar).map(list),
    "upper": st.tuples(word).map(list),
    "values": st.tuples(dictionary).map(list),
    "zipmap": st.integers(0, 3).flatmap(
        lambda size: st.tuples(
            st.lists(key, min_size=size, max_size=size), st.lists(scalar, min_size=size, max_size=size)
        ).map(list)
    ),
}


@st.composite
def hidden(draw: st.DrawFn, value: Value, odds: int = 3) -> Value:
    """`value` with parts of it unknown, so that it remains one of the values that the result stands for."""
    if draw(st.integers(0, odds)) == 0:
        return draw(st.sampled_from(_covers(value, draw(scalar))))
    if isinstance(value, Set):
        return make_set([draw(hidden(child)) for child in value])
    if isinstance(value, list):
        children = [draw(hidden(child)) for child in value]
        if draw(st.integers(0, 4)) == 0:
            return Items(children[: draw(st.integers(0, len(children)))], Unknown(WHY))
        return children
    if isinstance(value, dict):
        kept = {name: draw(hidden(child)) for name, child in value.items()}
        if draw(st.integers(0, 3)) == 0:
            return Record({name: child for name, child in kept.items() if draw(st.booleans())}, rest=Unknown(WHY))
        return kept
    return value


def _covers(value: Value, other: Value) -> list[Value]:
    """Ways to say less than `value`."""
    found: list[Value] = [Unknown(WHY), OneOf([value, other], WHY)]
    if isinstance(value, str):
        found += [Text([value, Unknown(WHY)]), Text([value[:1], Unknown(WHY), value[1:]]), Text([Unknown(WHY)])]
        if value:
            found.append(Ref(f"aws_vpc.{value}", "id"))
    return found


def fits(said: Value, fact: Value) -> bool:
    """True where `fact` is one of the values that `said` stands for, but for conversions between primitive types."""
    if isinstance(said, OneOf):
        return any(fits(option, fact) for option in said.options)
    if isinstance(said, Text):
        parts = [re.escape(part) if isinstance(part, str) else ".*" for part in said.parts]
        return isinstance(fact, str) and re.fullmatch("".join(parts), fact, re.DOTALL) is not None
    if isinstance(said, Document):
        return isinstance(fact, str) and fits(said.value, json.loads(fact))
    if isinstance(said, Unknown):
        return not (said.is_set and fact is None)
    if isinstance(said, dict):
        return isinstance(fact, dict) and _map_fits(said, fact)
    if isinstance(said, list):
        return isinstance(fact, list) and _list_fits(said, fact)
    if said is None or fact is None or isinstance(fact, list | dict):
        return said is fact
    return to_string(said) == to_string(fact)


def _map_fits(said: dict[str, Value], fact: dict[str, Value]) -> bool:
    rest = said.rest if isinstance(said, Record) else ABSENT
    further = [value for name, value in fact.items() if name not in said]
    return all(name in fact and fits(value, fact[name]) for name, value in said.items()) and (
        not further or (rest is not ABSENT and all(fits(rest, value) for value in further))
    )


def _list_fits(said: list[Value], fact: list[Value]) -> bool:
    rest = said.rest if isinstance(said, Items) else ABSENT
    if isinstance(said, Set):
        present = all(any(fits(value, each) for each in fact) for value in said)
        return present and all(
            any(fits(value, each) for value in said) or (rest is not ABSENT and fits(rest, each)) for each in fact
        )
    enough = len(said) == len(fact) if rest is ABSENT else len(said) <= len(fact)
    return enough and all(fits(rest if index >= len(said) else said[index], each) for index, each in enumerate(fact))


def ask(name: str, arguments: list[Value]) -> Value:
    nowhere = Path("/nowhere")
    return call(name, arguments, Context(nowhere, nowhere, lambda text, _: text), None)


@pytest.mark.parametrize("name", ARGUMENTS)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(data=st.data())
def test_what_is_known_of_a_result_holds_whatever_the_unknown_is(name: str, data: st.DataObject) -> None:
    arguments = data.draw(ARGUMENTS[name])
    partial = [data.draw(hidden(argument, 2)) for argument in arguments]
    try:
        fact = ask(name, arguments)
    except EvaluationError:
        return
    said = ask(name, partial)
    assert fits(said, fact), f"{name}({partial}) says {said!r}, and {name}({arguments}) is {fact!r}"


odd = st.one_of(
    anything,
    nested,
    st.sampled_from(
        [1e300, -(10**30), 0.1, "\0", "\U0001f469\u200d", "%", "a/../..", "(", "10.0.0.0/8", "2020-01-01T00:00:00Z"]
    ),
    st.text(max_size=6),
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_call_ends_in_a_value_or_an_evaluation_error_whatever_it_is_given(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(FUNCTIONS)))
    arguments = data.draw(st.lists(odd.flatmap(hidden), min_size=len(FUNCTIONS[name].parameters), max_size=5))
    if FUNCTIONS[name].variadic is None:
        arguments = arguments[: len(FUNCTIONS[name].parameters)]
    try:
        result = ask(name, arguments)
    except EvaluationError:
        return
    assert result is None or isinstance(result, bool | int | float | str | list | dict | Unknown)


def test_every_structural_function_is_tried() -> None:
    structural = {name for name, function in FUNCTIONS.items() if function.kind == "structural"}
    marks = {"ephemeralasnull", "flipsensitive", "nonsensitive", "sensitive"}
    assert structural - marks <= ARGUMENTS.keys()


def test_a_contradiction_is_noticed() -> None:
    assert not fits(["a", Unknown(WHY)], ["b", "c"])
    assert not fits(Text(["x", Unknown(WHY)]), "y")
    assert not fits(Set(["a"], Unknown(WHY)), ["b"])
    assert not fits(Record({}, rest=ABSENT), {"a": 1})
    assert not fits(OneOf(["a", "b"], WHY), "c")
