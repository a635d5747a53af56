"""Guard says of every example of the catalogue what mainstay says of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import pytest
from tests.exports.examples import PIECES, Judge, examples_of, exports_of, has_examples, hidden_parts

from mainstay.catalog import load_shapes
from mainstay.exports.guard import rule_name
from mainstay.model.shapes import Shape

guard = pytest.importorskip("cfn_guard_rs", reason="no evaluator for Guard: install cfn-guard-rs")

EXPORTED = exports_of("guard")
PROVEN_AT_LEAST = 400


def failed(rules: str, resources: Mapping[str, Any]) -> set[str]:
    """The names of the rules that fail. The long report is asked for: the short one may come cut off."""
    report = json.loads(guard.cfn_guard_rs.run_checks_rs(json.dumps({"Resources": resources}), rules, True))
    checks = [child["container"]["RuleCheck"] for child in report["children"]]
    return {check["name"] for check in checks if check["status"] == "FAIL"}


@cache
def judge() -> Judge:
    return Judge()


@cache
def text(id: str) -> str:
    return EXPORTED.text([EXPORTED.controls[id]])


@pytest.mark.parametrize("id", EXPORTED.controls)
def test_a_rule_fails_where_its_control_does_and_nowhere_else(id: str) -> None:
    control = EXPORTED.controls[id]
    for type in control.applies_to:
        for example, properties in examples_of(control, type):
            if not lists_are_lists(properties, load_shapes()[type]):
                continue  # Guard leaves undecided what is a single map where the schema has a list
            said = rule_name(control, type) in failed(text(id), {"it": {"Type": type, "Properties": properties}})
            assert said == (id in judge().fails([control], type, properties)), (example.place, said)


def lists_are_lists(value: Any, shape: Shape | None) -> bool:
    if isinstance(shape, Sequence) and not isinstance(shape, str):
        return isinstance(value, list) and all(lists_are_lists(each, shape[0]) for each in value)
    if isinstance(shape, Mapping) and isinstance(value, dict):
        return all(lists_are_lists(child, shape.get(name)) for name, child in value.items())
    return True


def test_most_controls_are_proven() -> None:
    assert sum(map(has_examples, EXPORTED.controls.values())) >= PROVEN_AT_LEAST


def test_what_a_function_makes_fails_no_rule() -> None:
    """Whatever part of a resource that passes is made by a function: it may be as it should, so no rule fails."""
    wrong = []
    for id, control in EXPORTED.controls.items():
        for type in control.applies_to:
            resources = hidden_parts(control, type)
            if resources and rule_name(control, type) in failed(text(id), resources):
                wrong.append((id, type))
    assert wrong == []


def test_rules_of_types_that_a_template_has_not_are_skipped() -> None:
    assert failed(text("ebs-encrypts-volumes"), {"Topic": {"Type": "AWS::SNS::Topic"}}) == set()


def test_a_rule_that_is_a_resource_of_its_own_fails_where_it_stands() -> None:
    name = "security_group_keeps_ssh_private"
    assert failed(text("security-group-keeps-ssh-private"), PIECES) == {f"{name}__securitygroupingress"}
