"""The conformance pack: rules of Guard over configuration items that have CloudFormation's properties."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
import yaml
from tests.exports.examples import Judge, examples_of, exports_of, has_examples

from mainstay.catalog import load_shapes
from mainstay.exports.config_rules import MAX_POLICY, MAX_RULES, recorded
from mainstay.exports.guard import rule_name

guard = pytest.importorskip("cfn_guard_rs", reason="no evaluator for Guard: install cfn-guard-rs")

EXPORTED = exports_of("config-rules")
PROVEN_AT_LEAST = 60


@cache
def rules() -> dict[str, Any]:
    pack = yaml.safe_load(EXPORTED.text(list(EXPORTED.controls.values())))["Resources"].values()
    return {rule["Properties"]["ConfigRuleName"]: rule["Properties"] for rule in pack}


def not_compliant(policy: str, type: str, configuration: Any) -> bool:
    item = json.dumps({"resourceType": type, "configuration": configuration})
    report = json.loads(guard.cfn_guard_rs.run_checks_rs(item, policy, True))
    return any(child["container"]["RuleCheck"]["status"] == "FAIL" for child in report["children"])


@pytest.mark.parametrize("id", EXPORTED.controls)
def test_an_item_is_not_compliant_where_the_control_fails(id: str) -> None:
    judge, control = Judge(), EXPORTED.controls[id]
    for type in control.applies_to:
        rule = rules()[rule_name(control, type).replace("_", "-")]
        assert rule["Scope"] == {"ComplianceResourceTypes": [type]}
        for example, properties in examples_of(control, type):
            said = not_compliant(rule["Source"]["CustomPolicyDetails"]["PolicyText"], type, properties)
            assert said == (id in judge.fails([control], type, properties)), example.place


def test_a_pack_keeps_within_the_limits_of_config() -> None:
    assert len(rules()) <= MAX_RULES
    for rule in rules().values():
        assert len(rule["Source"]["CustomPolicyDetails"]["PolicyText"]) <= MAX_POLICY
        assert len(rule["Description"]) <= 256


def test_many_controls_are_proven() -> None:
    assert sum(map(has_examples, EXPORTED.controls.values())) >= PROVEN_AT_LEAST


def test_what_is_said_of_recorded_types_is_in_their_schemas() -> None:
    for type, names in recorded().items():
        assert names <= set(load_shapes()[type]), type
