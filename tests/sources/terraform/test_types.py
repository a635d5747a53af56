"""Type conversion as Terraform does it, and what equals what."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mainstay.model.places import Place
from mainstay.model.values import ABSENT, Document, Items, OneOf, Record, Ref, Set, Text, Unknown, Value
from mainstay.sources.terraform.types import (
    Constraint,
    EvaluationError,
    convert,
    equal,
    make_set,
    number_text,
    tidy,
    type_of,
    unify,
)

U = Unknown("var.u has no value", None, "set var.u")
ID = Ref("aws_vpc.v", "id")
NAMED = Text(["web-", U])


def thing(**attributes: tuple[Constraint, bool, Value]) -> Constraint:
    return ("object", attributes)


NAME = ("string", False, ABSENT)
PORT = ("number", True, 443)
NOTE = ("string", True, ABSENT)
INNER = thing(port=PORT)

CONVERSIONS: list[tuple[Value, Constraint, Value]] = [
    (1, "any", 1),
    (1, "string", "1"),
    (1.5, "string", "1.5"),
    (10**21, "string", "1000000000000000000000"),
    (1e-7, "string", "0.0000001"),
    (True, "string", "true"),
    ("1", "number", 1),
    ("1.50", "number", 1.5),
    ("1e3", "number", 1000),
    (2.0, "number", 2),
    ("true", "bool", True),
    ("0", "bool", False),
    (None, "string", None),
    (None, ("list", "string"), None),
    ([1, "a"], ("list", "string"), ["1", "a"]),
    ([1, None], ("list", "string"), ["1", None]),
    ([1, "a"], ("list", "any"), ["1", "a"]),
    ([1, 2], ("list", "any"), [1, 2]),
    ([{"a": 1}, {"a": "x"}], ("list", "any"), [{"a": "1"}, {"a": "x"}]),
    ([{"a": 1}, {"b": "x"}], ("list", "any"), [{"a": "1"}, {"b": "x"}]),
    ([[1], ["a", "b"]], ("list", "any"), [["1"], ["a", "b"]]),
    (["b", "a", "b"], ("set", "string"), Set(["a", "b"])),
    ([1, "1"], ("set", "any"), Set(["1"])),
    (Set(["a"]), ("list", "string"), ["a"]),
    ({"a": 1}, ("map", "string"), {"a": "1"}),
    ({"a": 1, "b": "x"}, ("map", "any"), {"a": "1", "b": "x"}),
    ({"a": ["1"]}, ("map", ("list", "number")), {"a": [1]}),
    ([1, "2"], ("tuple", ("string", "number")), ["1", 2]),
    ({"name": 1, "extra": 2}, thing(name=NAME), {"name": "1"}),
    ({"name": "a"}, thing(name=NAME, port=PORT), {"name": "a", "port": 443}),
    ({"name": "a", "port": None}, thing(name=NAME, port=PORT), {"name": "a", "port": 443}),
    ({"name": "a", "port": "80"}, thing(name=NAME, port=PORT), {"name": "a", "port": 80}),
    ({"name": None}, thing(name=NAME, note=NOTE), {"name": None, "note": None}),
    ({}, thing(inner=(INNER, True, {})), {"inner": {"port": 443}}),
    ({}, thing(inner=(INNER, True, ABSENT)), {"inner": None}),
    ({"inner": {}}, thing(inner=(INNER, False, ABSENT)), {"inner": {"port": 443}}),
    ([{}, {"port": 1}], ("list", INNER), [{"port": 443}, {"port": 1}]),
    ({"a": {}}, ("map", INNER), {"a": {"port": 443}}),
    ({}, thing(ports=(("set", "number"), True, ["2", 1])), {"ports": Set([1, 2])}),
]


def exactly(value: Value) -> Value:
    """The value so that 1, 1.0 and true differ, and so do lists and sets."""
    if isinstance(value, dict):
        return {key: exactly(child) for key, child in value.items()}
    if isinstance(value, list):
        return (isinstance(value, Set), [exactly(child) for child in value])
    return (type(value).__name__, value)


@pytest.mark.parametrize(("value", "constraint", "result"), CONVERSIONS)
def test_a_value_converts(value: Value, constraint: Constraint, result: Value) -> None:
    assert exactly(convert(value, constraint)) == exactly(result)


@pytest.mark.parametrize(("value", "constraint", "result"), CONVERSIONS)
def test_a_converted_value_converts_to_itself(value: Value, constraint: Constraint, result: Value) -> None:
    assert exactly(convert(convert(value, constraint), constraint)) == exactly(result)


@pytest.mark.parametrize(
    ("value", "constraint", "reason"),
    [
        ([], "string", "a string is required, not a list"),
        ({}, "number", "a number is required, not a map"),
        ("0x1", "number", 'a number is required, not the string "0x1"'),
        ("", "number", "a number is required"),
        (True, "number", "a number is required, not a bool"),
        (1, "bool", "a bool is required, not a number"),
        ("yes", "bool", "a bool is required"),
        ("a", ("list", "string"), "a list is required"),
        ({}, ("set", "string"), "a set is required, not a map"),
        ([], ("map", "string"), "a map is required, not a list"),
        ([], thing(name=NAME), "an object is required, not a list"),
        ({}, thing(name=NAME), 'attribute "name" is required'),
        ({"name": []}, thing(name=NAME), 'attribute "name": a string is required, not a list'),
        ([1], ("tuple", ("number", "number")), "a tuple of 2 elements is required, not of 1"),
        ([1, 2], ("tuple", ("number",)), "a tuple of 1 elements is required, not of 2"),
        ([1, True], ("list", "any"), "all elements of a list must have the same type"),
        ([1, [1]], ("set", "any"), "all elements of a set must have the same type"),
        ({"a": 1, "b": {}}, ("map", "any"), "all elements of a map must have the same type"),
        (["a"], ("list", "number"), "a number is required"),
        (NAMED, ("list", "string"), "a list is required, not a string"),
        (Document({"a": U}), ("map", "any"), "a map is required, not a string"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(value: Value, constraint: Constraint, reason: str) -> None:
    with pytest.raises(EvaluationError, match=f"^{reason}"):
        convert(value, constraint)


@pytest.mark.parametrize("constraint", ["any", "string", "number", ("list", "string"), ("map", "any"), INNER])
@pytest.mark.parametrize("value", [U, ID])
def test_an_unknown_stays_what_it_is(value: Unknown, constraint: Constraint) -> None:
    assert convert(value, constraint) is value


def test_a_string_known_in_part_keeps_its_parts_only_as_a_string() -> None:
    assert convert(NAMED, "string") is NAMED
    number = convert(NAMED, "number")
    assert type(number) is Unknown
    assert (number.reason, number.settle) == (U.reason, U.settle)


def test_every_alternative_is_converted() -> None:
    converted = convert(OneOf([1, "2"], "either"), "string")
    assert isinstance(converted, OneOf)
    assert converted.options == ("1", "2")
    assert convert(OneOf([1, "1"], "either"), "string") == "1"


def test_an_alternative_that_does_not_fit_makes_the_value_unknown() -> None:
    assert type(convert(OneOf(["1", "x"], "either"), "number")) is Unknown


def test_a_default_takes_the_place_of_an_alternative_that_is_null() -> None:
    converted = convert({"port": OneOf([None, 80], "either")}, INNER)
    assert converted["port"].options == (443, 80)


def test_containers_convert_around_unknown_leaves() -> None:
    assert convert([1, U], ("list", "string")) == ["1", U]
    assert convert({"a": 1, "b": U}, ("map", "string")) == {"a": "1", "b": U}
    assert convert([1, U], ("list", "any")) == [1, U]


def test_unknown_elements_of_a_set_join_what_it_may_hold_besides() -> None:
    converted = convert(["b", U, "a"], ("set", "string"))
    assert isinstance(converted, Set)
    assert list(converted) == ["a", "b"]
    assert converted.rest is U


def test_an_open_list_stays_open() -> None:
    converted = convert(Items([1], U), ("list", "string"))
    assert isinstance(converted, Items)
    assert (list(converted), converted.rest) == (["1"], U)
    assert convert(Items([1], U), ("tuple", ("string", "any"))) == ["1", U]


def test_the_list_of_an_open_set_has_no_order_and_stays_a_set() -> None:
    assert isinstance(convert(Set(["a"], U), ("list", "string")), Set)


def test_a_missing_attribute_of_an_open_map_is_unknown() -> None:
    converted = convert(Record({"name": "a"}, rest=U), thing(name=NAME, port=PORT))
    assert converted["port"] is U
    assert converted.rest is ABSENT


def test_an_object_keeps_its_places() -> None:
    place = Place("main.tf", 2, 3)
    record = Record({"name": 1, "extra": 2}, place, {"name": place, "extra": place})
    converted = convert(record, thing(name=NAME, port=PORT))
    assert (converted.place, converted.marks) == (place, {"name": place})


@pytest.mark.parametrize(
    ("left", "right", "answer"),
    [
        (1, 1.0, True),
        (1, "1", False),
        (True, 1, False),
        (None, None, True),
        (None, "", False),
        ([1, "a"], [1, "a"], True),
        ([1], Set([1]), False),
        (Set([1, 2]), Set([2, 1]), True),
        ({"a": True}, {"a": 1}, False),
        (U, U, None),
        (U, "a", None),
        (ID, Ref("aws_vpc.v", "id"), True),
        (ID, Ref("aws_vpc.w", "id"), None),
        (ID, None, False),
        (U, None, None),
        (NAMED, "web-1", None),
        (NAMED, "db-1", False),
        (NAMED, 5, False),
        (OneOf(["a", "b"], "either"), "c", False),
        (OneOf(["a", "b"], "either"), "a", None),
        ([1, U], [2, 3], False),
        ([1, U], [1, 3], None),
        ([1, U], [1], False),
        (Items([1], U), [1], None),
        ({"a": 1, "b": U}, {"a": 2, "b": 1}, False),
        ({"a": U}, {"b": 1}, False),
        (Record({"a": 1}, rest=U), {"a": 1, "b": 2}, None),
        (Record({"a": 1}, rest=U), {"a": 2}, False),
        ({"a": U}, [1], False),
    ],
)
def test_equality_is_told_where_it_can_be(left: Value, right: Value, answer: bool | None) -> None:
    assert equal(left, right) is answer
    assert equal(right, left) is answer


@pytest.mark.parametrize(
    ("values", "result"),
    [
        ([], "any"),
        ([None, U], "any"),
        ([1, None], "number"),
        ([1, "a", True], "string"),
        ([1, True], None),
        ([NAMED, 1], "string"),
        ([[1], ["a"]], ("tuple", ("string",))),
        ([[1], ["a", "b"]], ("list", "string")),
        ([Set(["a"]), Set([1])], ("set", "string")),
        ([Set(["a"]), ["b"]], ("list", "string")),
        ([{"a": 1}, {"b": "x"}], ("map", "string")),
        ([{"a": 1}, {"b": []}], None),
        ([{"a": 1}, [1]], None),
        ([1, [1]], None),
        ([Items([], U), [1]], "any"),
        ([Record({"a": 1}, rest=U), {"a": "x"}], "any"),
    ],
)
def test_types_unify_as_in_a_list(values: list[Value], result: Constraint | None) -> None:
    assert unify(type_of(value) for value in values) == result


def test_sets_are_sorted_and_hold_nothing_twice() -> None:
    assert make_set(["b", "a", "b"]) == ["a", "b"]
    assert make_set([10, 9, 9.0]) == [9, 10]
    assert make_set([None, "a"]) == ["a", None]
    assert make_set([[1], [1]]) == [[1]]
    assert len(make_set([True, 1, "1"])) == 3


@pytest.mark.parametrize(
    ("number", "text"), [(1, "1"), (1.5, "1.5"), (-0.1, "-0.1"), (2.0, "2"), (1e-9, "0.000000001")]
)
def test_numbers_are_written_without_exponent(number: float, text: str) -> None:
    assert number_text(number) == text


def test_whole_numbers_are_ints() -> None:
    assert isinstance(tidy(Decimal("1e3")), int)
    assert isinstance(tidy(2.0), int)
    assert isinstance(tidy(0.5), float)
    with pytest.raises(EvaluationError, match="finite"):
        tidy(float("inf"))
