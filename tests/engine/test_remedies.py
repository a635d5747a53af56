"""Conditions read backwards: what a failing resource has to have, and what only a person can say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mainstay.engine import explain, parse
from mainstay.engine.remedies import agreed, can_remedy, remedy
from mainstay.model.controls import Control
from mainstay.model.patches import NoPatch
from mainstay.model.values import Record, Value


def control(expect: Any) -> Control:
    condition = parse(_recorded(expect))
    return Control("x-is-so", "X", ("T::T::T",), condition, "low", "data", (), "", "")


def _recorded(value: Any) -> Value:
    if isinstance(value, dict):
        return Record({key: _recorded(inner) for key, inner in value.items()})
    return [_recorded(inner) for inner in value] if isinstance(value, list) else value


def settings(expect: Any, subject: Any) -> dict[str, Any] | str:
    """What is to be set, by dotted path, or why a person has to."""
    one, value = control(expect), _recorded(subject)
    found = remedy(one, explain(one.expect, value))
    if isinstance(found, NoPatch):
        return found.reason
    return {".".join(each.path): each.fields or each.value for each in found}


FIXABLE: list[tuple[Any, Any, dict[str, Any]]] = [
    ({"On": True}, {}, {"On": True}),
    ({"On": True, "Size": 3}, {"On": True, "Size": 1}, {"Size": 3}),
    ({"A.B": "x"}, {}, {"A.B": "x"}),
    ({"Mode": ["strict", "loose"]}, {"Mode": "off"}, {"Mode": "strict"}),
    ({"Days|gte": 7}, {"Days": 1}, {"Days": 7}),
    ({"Days|gt": 7}, {"Days": 7}, {"Days": 8}),
    ({"Days|lte": 90, "Days|gte": 1}, {"Days": 0}, {"Days": 90}),
    ({"Public|neq": True}, {"Public": True}, {"Public": False}),
    ({"Rules|every": {"On": True}}, {"Rules": [{"On": True}, {"On": False}, {}]},
     {"Rules.1.On": True, "Rules.2.On": True}),
    ({"Rules|none": {"Open": True}}, {"Rules": [{"Open": True}, {}]}, {"Rules.0.Open": False}),
    ({"Pairs|any": {"Key": "a", "Value": "1"}}, {}, {"Pairs": {"Key": "a", "Value": "1"}}),
    ({"Pairs|any": {"Key": "a", "Value": "1"}}, {"Pairs": [{"Key": "b", "Value": "1"}]},
     {"Pairs": {"Key": "a", "Value": "1"}}),
    ({"Logs|all": ["a", "b"]}, {}, {"Logs": ("a", "b")}),
    ([{"On": True}, {"Key|exists": True}], {}, {"On": True}),
]  # fmt: skip

FOR_A_PERSON: list[tuple[Any, Any, str]] = [
    ({"KmsKeyId|exists": True}, {}, "which key to use is yours to decide"),
    ({"SubnetId|exists": True}, {}, "which SubnetId to use is yours to decide"),
    ({"Days|gte": 1}, {}, "which value Days takes is yours to decide"),
    ({"Name|startswith": "prod-"}, {"Name": "x"}, "which value Name takes is yours to decide"),
    ({"Name": "prod-*"}, {"Name": "x"}, "which value Name takes is yours to decide"),
    ({"Actions|count|gte": 1}, {}, "which Actions, and how many, is yours to decide"),
    ({"Users": None}, {"Users": ["a"]}, "whether Users can go is yours to decide"),
    ({"Rules|none": {"Cidr|endswith": "/0"}}, {"Rules": [{"Cidr": "0.0.0.0/0"}]},
     "what is there has to be taken away or narrowed; how far is yours to decide"),
    ([{"A": True}, {"B": True}], {}, "there is more than one way to meet it; which is yours to decide"),
    ([{"Key|exists": True}, {"On": True}], {}, "there is more than one way to meet it; which is yours to decide"),
    ({"On": True, "Arn|exists": True}, {}, "which Arn to use is yours to decide"),
    ({"Tags.Key|exists": True}, {}, "which Tags.Key to use is yours to decide"),
    ({"related.T::T::Alarm|count|gte": 1}, {}, "it takes another resource (T::T::Alarm), which is yours to declare"),
    ({"derived.reachable": False}, {"derived": {"reachable": True}}, "it follows from more than one property"),
]  # fmt: skip


@pytest.mark.parametrize(("expect", "subject", "wanted"), FIXABLE)
def test_a_plain_fact_says_what_to_set(expect: Any, subject: Any, wanted: dict[str, Any]) -> None:
    assert settings(expect, subject) == wanted


@pytest.mark.parametrize(("expect", "subject", "reason"), FOR_A_PERSON)
def test_what_depends_on_the_readers_world_is_never_invented(expect: Any, subject: Any, reason: str) -> None:
    assert settings(expect, subject) == reason


def test_what_holds_already_is_left_as_it_is() -> None:
    assert settings({"On": True, "Key|exists": True}, {"Key": "k"}) == {"On": True}


def test_several_controls_agree_on_a_value_where_one_does_for_all() -> None:
    week, month = control({"Days|gte": 7}), control({"Days|gte": 30})
    at_most = replace(month, expect=control({"Days|lte": 14}).expect)
    assert agreed([week, month], ("Days",), (7, 30)) == 30
    assert agreed([month, at_most], ("Days",), (30, 14)) is None


def test_a_control_that_names_no_value_has_no_remedy() -> None:
    assert can_remedy(control({"On": True, "Key|exists": True}))
    assert not can_remedy(control({"Key|exists": True}))
