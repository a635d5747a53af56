"""Service control policies: what is denied, and that each key and action is one that IAM has."""

from __future__ import annotations

import io
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from tests.exports.examples import exports_of

from mainstay import exports
from mainstay.catalog import load_shapes
from mainstay.exports.request_keys import FILE, request_keys
from mainstay.exports.scp import MAX_CHARACTERS, write_scp
from mainstay.model.shapes import step

EXPORTED = exports_of("scp")
SAID_AT_LEAST = 15


def statements(*ids: str) -> list[Any]:
    stream = io.StringIO()
    assert write_scp([EXPORTED.controls[id] for id in ids], stream) == []
    return [one for policy in stream.getvalue().splitlines() for one in json.loads(policy)["Statement"]]


@pytest.mark.parametrize(
    ("id", "conditions"),
    [
        ("efs-encrypts-files", [{"BoolIfExists": {"elasticfilesystem:Encrypted": "false"}}]),
        ("ec2-image-is-not-public", [{"StringEquals": {"ec2:Add/group": "all"}}]),
        ("sagemaker-notebook-uses-customer-key", [{"Null": {"sagemaker:VolumeKmsKey": "true"}}]),
        (
            "kms-key-leaves-time-to-take-deletion-back",
            [{"NumericLessThan": {"kms:ScheduleKeyDeletionPendingWindowInDays": "14"}}],
        ),
        (
            "lambda-url-asks-for-credentials",
            [
                {"StringNotEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}},
                {
                    "StringNotEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"},
                    "Null": {"lambda:FunctionUrlAuthType": "false"},
                },
            ],
        ),
        ("cloudtrail-is-logging", [None]),
    ],
)
def test_a_request_is_denied_where_what_it_says_would_fail(id: str, conditions: list[Any]) -> None:
    found = statements(id)
    assert [one.get("Condition") for one in found] == conditions
    assert {one["Effect"] for one in found} == {"Deny"}


def test_a_control_with_a_condition_of_its_own_is_left() -> None:
    assert "rds-survives-zone-loss" not in EXPORTED.controls
    assert len(EXPORTED.controls) >= SAID_AT_LEAST


def test_each_policy_is_one_that_organizations_takes() -> None:
    controls = [*EXPORTED.controls.values()] * 4
    stream = io.StringIO()
    write_scp(controls, stream)
    policies = stream.getvalue().splitlines()
    assert len(policies) > 1
    assert max(map(len, policies)) <= MAX_CHARACTERS
    assert sum(len(json.loads(policy)["Statement"]) for policy in policies) == 4 * len(statements(*EXPORTED.controls))


def test_the_table_of_keys_is_as_its_schema_says() -> None:
    schema = json.loads(Path(exports.__file__).with_name("request-keys.schema.json").read_text("utf-8"))
    jsonschema.validate(yaml.safe_load(FILE.read_text("utf-8")), schema)


def test_each_key_is_of_a_property_and_each_action_one_of_its_service() -> None:
    found_in = find_spec("cfnlint")
    assert found_in is not None
    assert found_in.origin is not None
    tables = Path(found_in.origin).parent / "data" / "AdditionalSpecs" / "Policies.json"
    services = json.loads(tables.read_text("utf-8"))
    for (type, path), keys in request_keys().items():
        shape = load_shapes()[type]
        for name in path:
            found = step(shape, name)
            assert found is not None, (type, path)
            shape = found
        for key in keys:
            for action in (*key.create, *key.change, *key.forbid):
                service, _, name = action.partition(":")
                assert name.lower() in services[service]["Actions"], action
                assert key.key == "" or key.key.startswith(f"{service}:")
