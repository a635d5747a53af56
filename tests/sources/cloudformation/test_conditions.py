from __future__ import annotations

from collections.abc import Callable
from itertools import product
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainstay.model.errors import Fault
from mainstay.model.places import Place
from mainstay.model.values import OneOf, Unknown, Value
from mainstay.sources.cloudformation.budget import Budget
from mainstay.sources.cloudformation.conditions import MAX_SCENARIOS, Conditions

HEAD = """\
Parameters:
  Env: {Type: String}
  Tier: {Type: String, AllowedValues: [gold, silver, tin]}
  Known: {Type: String, Default: "on"}
Conditions:
  Prod: !Equals [!Ref Env, prod]
  Dev: !Equals [dev, !Ref Env]
  Either: !Or [!Condition Prod, !Condition Dev]
  Neither: !Not [!Condition Either]
  Both: !And [!Condition Prod, !Condition Dev]
  Gold: !Equals [!Ref Tier, gold]
  Metal: !Or [!Condition Gold, !Equals [!Ref Tier, silver], !Equals [!Ref Tier, tin]]
  On: !Equals [!Ref Known, "on"]
  Off: !Not [!Condition On]
  Odd: !Equals [!Join ["", [!Ref Env, x]], prodx]
  OddAgain: !Equals [!Join ["", [!Ref Env, x]], prodx]
Resources:
"""


@pytest.mark.parametrize(
    ("condition", "exists"),
    [
        ("On", True), ("Off", False), ("Both", False), ("Metal", True), ("Prod", None), ("Neither", None),
        ("Gold", None), ("Odd", None),
    ],
)  # fmt: skip
def test_a_condition_says_whether_there_is_a_resource(
    condition: str, exists: bool | None, reading: Callable[..., Any]
) -> None:
    result = reading(HEAD + f"  R: {{Type: 'AWS::A::B', Condition: {condition}}}\n")
    assert result.messages == []
    assert ("R" in result.resources) is (exists is not False)
    if exists is not False:
        assert (result.resources["R"].may_exist is None) is (exists is True)


def test_a_resource_that_may_exist_says_which_parameter_tells(reading: Callable[..., Any]) -> None:
    may_exist = reading(HEAD + "  R: {Type: 'AWS::A::B', Condition: Neither}\n").resources["R"].may_exist
    assert may_exist.reason == "condition Neither depends on parameter Env"
    assert may_exist.settle == "set parameter Env with --parameter Env=..."
    assert may_exist.place == Place("t.yaml", 18, 26, 18, 35)


@pytest.mark.parametrize(
    ("condition", "value", "expected"),
    [
        ("Prod", "!If [Prod, a, b]", "a"),
        ("Prod", "!If [Dev, a, b]", "b"),
        ("Prod", "!If [Either, a, b]", "a"),
        ("Neither", "!If [Prod, a, !If [Dev, b, c]]", "c"),
        ("Either", "!If [Prod, a, !If [Dev, b, c]]", "one of a, b"),
        ("Either", "!Ref Env", "one of prod, dev"),
        ("Prod", "!Ref Env", "prod"),
        ("Neither", "!Ref Env", "?"),
        ("Gold", "!Sub 'is-${Tier}'", "is-gold"),
        ("Odd", "!If [OddAgain, a, b]", "a"),
        ("On", "!If [Prod, !Ref Env, other]", "one of prod, other"),
        ("On", "!If [Gold, 1, !Ref Tier]", "one of 1, silver, tin"),
    ],
)
def test_values_agree_with_the_condition_of_the_resource_they_stand_in(
    condition: str, value: str, expected: Value, reading: Callable[..., Any], showing: Callable[[Value], Value]
) -> None:
    text = HEAD + f"  R:\n    Type: AWS::A::B\n    Condition: {condition}\n    Properties:\n      V: {value}\n"
    result = reading(text)
    assert result.messages == []
    assert showing(result.resources["R"].properties["V"]) == expected


@pytest.mark.parametrize(
    ("conditions", "reason"),
    [
        ("A: !Condition B\n  B: !Condition A", "condition B: it depends on itself: A -> B -> A"),
        ("A: !Not [!Condition A]", "condition A: it depends on itself: A -> A"),
        ("A: !Condition Nope", "there is no condition Nope"),
        ("A: hello", "condition A: a condition function is needed"),
        ("A: !Equals [a]", "condition A: Fn::Equals needs two arguments"),
        ("A: !And []", "condition A: Fn::And is no condition function, or has the wrong number of arguments"),
        ("A: !Join [a, b]", "condition A: Fn::Join is no condition function, or has the wrong number of arguments"),
        ("A: !Not x", "condition A: Fn::Not needs a list"),
    ],
)
def test_a_wrong_condition_is_a_gap_and_its_resource_may_exist(
    conditions: str, reason: str, reading: Callable[..., Any]
) -> None:
    result = reading(f"Conditions:\n  {conditions}\nResources:\n  R: {{Type: 'AWS::A::B', Condition: A}}\n")
    assert [gap.reason for gap in result.gaps] == [reason]
    assert result.gaps[0].place is not None
    assert result.resources["R"].may_exist is not None


def test_more_inputs_than_can_be_enumerated_leave_the_rest_undecided(reading: Callable[..., Any]) -> None:
    names = [f"P{i}" for i in range(40)]
    text = "Parameters:\n" + "".join(f"  {name}: {{Type: String}}\n" for name in names)
    text += "Conditions:\n" + "".join(f"  C{name}: !Equals [!Ref {name}, x]\n" for name in names)
    text += "  None: !And [!Condition CP0, !Equals [a, b]]\nResources:\n"
    text += "".join(f"  R{name}: {{Type: 'AWS::A::B', Condition: C{name}}}\n" for name in names)
    text += "  Never: {Type: 'AWS::A::B', Condition: None}\n"
    result = reading(text)
    assert set(result.resources) == {f"R{name}" for name in names}
    assert all(resource.may_exist is not None for resource in result.resources.values())


def test_a_reference_to_a_resource_that_is_left_out_is_a_gap(reading: Callable[..., Any]) -> None:
    text = HEAD + dedent("""\
      Gone: {Type: 'AWS::A::B', Condition: Off}
      R: {Type: 'AWS::A::B', Properties: {V: !Ref Gone, W: !If [Off, !Ref Gone, 1]}}
    """).replace("\n", "\n  ").replace("Gone: {T", "  Gone: {T", 1)
    result = reading(text)
    assert result.messages == ["evaluation t.yaml:19:42: Gone is not there where this is: its condition Off is false"]
    assert result.resources["R"].properties["W"] == 1


NAMES = ("A", "B", "C")
EXPRESSIONS = st.recursive(
    st.tuples(st.just("Fn::Equals"), st.sampled_from(NAMES), st.sampled_from(["x", "y"])),
    lambda inner: (
        st.tuples(st.just("Fn::Not"), inner) | st.tuples(st.sampled_from(["Fn::And", "Fn::Or"]), inner, inner)
    ),
    max_leaves=6,
)


def spelled(tree: Any) -> Value:
    if tree[0] == "Fn::Equals":
        return {"Fn::Equals": [{"Ref": tree[1]}, tree[2]]}
    return {tree[0]: [spelled(part) for part in tree[1:]]}


def holds(tree: Any, values: dict[str, str]) -> bool:
    if tree[0] == "Fn::Equals":
        return bool(values[tree[1]] == tree[2])
    parts = [holds(part, values) for part in tree[1:]]
    return not parts[0] if tree[0] == "Fn::Not" else all(parts) if tree[0] == "Fn::And" else any(parts)


@settings(max_examples=150)
@given(EXPRESSIONS)
def test_a_condition_is_decided_exactly_where_no_value_of_the_inputs_changes_it(tree: Any) -> None:
    inputs = {"A": Unknown("a"), "B": Unknown("b"), "C": OneOf(["x", "y"], "c")}
    faults: list[Fault] = []

    def evaluate(value: Value) -> Value:
        return inputs[value["Ref"]] if isinstance(value, dict) else value

    def fault(reason: str, place: Place | None, kind: str) -> Unknown:
        faults.append(Fault(reason, place))
        return Unknown(reason)

    conditions = Conditions({"T": spelled(tree)}, evaluate, fault, Budget())
    truth = conditions.truth("T", None)
    domains = [["x", "y", "z"], ["x", "y", "z"], ["x", "y"]]
    outcomes = {holds(tree, dict(zip(NAMES, values, strict=True))) for values in product(*domains)}
    assert faults == []
    assert conditions.all < 1 << MAX_SCENARIOS
    assert (truth.sure == conditions.all) == (outcomes == {True})
    assert (truth.maybe == 0) == (outcomes == {False})
