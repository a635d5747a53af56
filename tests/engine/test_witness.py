"""Witnesses: what a condition asks for is found, and never where it contradicts itself."""

from __future__ import annotations

from typing import Any

import pytest

from mainstay.catalog.sigma import declared_lists, load_rules
from mainstay.engine import compile, parse
from mainstay.engine.witness import witness
from mainstay.model.detections import Detection

POSSIBLE: list[Any] = [
    {"A": "x*y?"},
    {"A": ["x", None]},
    {"A": None, "B|exists": True},
    {"A|contains|all": ["x", "y", "z"], "A|startswith": "b", "A|endswith": "e"},
    {"A|re": "^arn:aws:(iam|sts)::[0-9]{12}:user/[a-z]+$"},
    {"A|re": r"(?i)\bselect\s+.{3,9}\s+from\b"},
    {"A|re": r"([ab])x\1[^a-z]+(?:c|d)*?$"},
    {"A|re": ".{1000,}"},
    {"A|cidr": "203.0.113.0/24", "A|neq": "203.0.113.1"},
    {"A|gt": 5, "A|lt": 6},
    {"A|gte": 5, "A|neq": 5},
    {"A|hour": 3, "B|minute": 59, "C|week": 53, "D|month": 2},
    {"A|fieldref": "B.C", "A|startswith": "x", "B.C|endswith": "y"},
    {"A|fieldref|neq": "B", "A": "x"},
    {"A|cased": "X", "B|neq": ["x", "X"]},
    {"A|windash|contains": "-x", "B|base64offset|contains": "http://"},
    {"A|any": {"B": 1, "C|contains": "x"}, "A|every": {"B|lte": 1}, "A|none": {"C": "x"}},
    {"A|any": ["x"], "A|none|startswith": "y"},
    {"A|count|gte": 3},
    {"A|count": 2, "A|any|contains": "x"},
    {"A.*.B": "x", "derived.grants|contains": "administration"},
    {"A": "x", "A.B": "y"},
    {"s": ["one", "two"], "t": {"|all": ["three", "four"]}, "condition": "s and t"},
    {"s": ["one"], "t": ["two"], "f": {"A": "x"}, "condition": "s and not t and f"},
    {"s": {"A": "x"}, "t": {"A|startswith": "x"}, "condition": "not s and t"},
    {
        "s": {"A|contains": "x"},
        "t": {"A|startswith": "x"},
        "u": {"A|endswith": "x"},
        "condition": "s and not 1 of t* and not u",
    },
    {"s": {"A": "x", "B": "y"}, "t": {"A": "x"}, "condition": "not s and t"},
]
IMPOSSIBLE: list[Any] = [
    {"s": {"A": "x"}, "condition": "s and not s"},
    {"s": {"A|startswith": "ab"}, "t": {"A|contains": "a"}, "condition": "s and not t"},
    {"A|exists": True, "B": None, "B|exists": True},
    {"A|gt": 5, "A|every|lt": 5},
    {"A|re": "(?=x)(?!x)"},
    {"s": {"A": "x"}, "t": {"B": "y"}, "condition": "s and not (s or t)"},
    {"s": {"A|count|gt": 3}, "t": {"A|count|gte": 2}, "condition": "s and not t"},
    {"A|expand": "%nothing%"},
]


@pytest.mark.parametrize("document", POSSIBLE, ids=str)
def test_a_witness_is_found(document: Any) -> None:
    condition = parse(document)
    event = witness(condition)
    assert event is not None
    assert compile(condition)(event) is True


@pytest.mark.parametrize("document", IMPOSSIBLE, ids=str)
def test_a_condition_that_cannot_hold_has_no_witness(document: Any) -> None:
    assert witness(parse(document)) is None


def test_every_detection_of_the_pack_can_fire() -> None:
    """With something in each list, as an organisation has it."""
    lists = {name: ["203.0.113.0/24"] if "network" in name else ["x"] for name in declared_lists()}
    rules = [rule for rule in load_rules([], lists).rules if isinstance(rule, Detection)]
    assert [rule.about.id for rule in rules if witness(rule.condition) is None] == []
