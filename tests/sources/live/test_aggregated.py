"""What an aggregator of AWS Config tells, and what it must not be taken to tell."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from mainstay.catalog import load, load_shapes
from mainstay.model.values import ABSENT, Record, Unknown, Value
from mainstay.sources.live.aggregated import Aggregate, fits
from mainstay.sources.live.calls import Failed, Refused
from mainstay.sources.live.collectors import load_collectors
from mainstay.verbs.aggregate import review_aggregate

TYPE = "AWS::DynamoDB::Table"
NATIVE = {
    "resourceId": "orders", "resourceName": "orders", "resourceType": TYPE, "accountId": "111111111111",
    "awsRegion": "eu-west-1", "arn": "arn:aws:dynamodb:eu-west-1:111111111111:table/orders",
    "tags": [{"key": "owner", "value": "shop"}],
    "configuration": {
        "tableName": "orders", "deletionProtectionEnabled": True,
        "attributeDefinitions": [{"attributeName": "id", "attributeType": "S"}], "streamSpecification": "NEW_IMAGE",
    },
}  # fmt: skip


class Config:
    """A Config that holds items, and answers a query for a type in pages of one."""

    account, partition = "999999999999", "aws"

    def __init__(self, *items: Mapping[str, Any], error: Exception | None = None) -> None:
        self.items = items
        self.error = error
        self.asked: list[str] = []

    def pages(
        self, service: str, operation: str, region: str, parameters: Mapping[str, Value], tokens: Any = None
    ) -> Iterator[Record]:
        assert (service, operation) == ("config", "select_aggregate_resource_config")
        assert parameters["ConfigurationAggregatorName"] == "all"
        self.asked.append(str(parameters["Expression"]))
        for item in self.items:
            if f"'{item['resourceType']}'" in self.asked[-1]:
                yield Record({"Results": [json.dumps(item)]})
        if self.error is not None:
            raise self.error


def aggregate(config: Config) -> Aggregate:
    return Aggregate(config, "all", "eu-west-1", load_shapes(), lambda type: ("some-control",))


def test_what_is_spelled_alike_and_has_the_right_form_is_told() -> None:
    [read] = aggregate(Config(NATIVE)).read(TYPE)
    [table] = read.resources
    assert (read.unit.scope, read.unit.region, table.address) == ("111111111111", "eu-west-1", NATIVE["arn"])
    assert table.properties["DeletionProtectionEnabled"] is True
    assert table.properties["AttributeDefinitions"] == [{"AttributeName": "id", "AttributeType": "S"}]
    assert table.properties["Tags"] == [{"Key": "owner", "Value": "shop"}]


def test_what_has_another_form_or_is_not_said_is_unknown_and_never_absent() -> None:
    [table] = aggregate(Config(NATIVE)).read(TYPE)[0].resources
    assert isinstance(table.properties["StreamSpecification"], Unknown)
    assert isinstance(table.properties.look_up("PointInTimeRecoverySpecification"), Unknown)


def test_no_resources_of_a_type_may_mean_that_it_is_not_recorded() -> None:
    [read] = aggregate(Config()).read(TYPE)
    assert (read.complete, read.gaps) == (False, ())


@pytest.mark.parametrize(
    ("error", "kind"), [(Refused("AccessDenied", ""), "denied"), (Failed("Timeout", ""), "failed")]
)
def test_a_query_that_is_not_answered_is_a_gap_and_what_came_before_is_kept(error: Exception, kind: str) -> None:
    told, rest = aggregate(Config(NATIVE, error=error)).read(TYPE)
    assert len(told.resources) == 1
    [gap] = rest.gaps
    assert (gap.kind, gap.controls, bool(gap.permission)) == (kind, ("some-control",), kind == "denied")


def test_accounts_are_judged_apart_and_nothing_fails_for_what_config_leaves_out() -> None:
    other = {**NATIVE, "accountId": "222222222222", "arn": "arn:aws:dynamodb:eu-west-1:222222222222:table/orders"}
    other["configuration"] = {"tableName": "orders", "deletionProtectionEnabled": False}
    controls = [control for control in load().controls if control.applies_to == (TYPE,)]
    review = review_aggregate(Config(NATIVE, other), "all", ["eu-west-1"], controls)
    assert sorted(review.accounts) == ["111111111111", "222222222222"]
    failing = {(one.control.id, one.subject.scope) for one in review.findings if one.verdict == "fail"}
    assert failing == {("dynamodb-withstands-a-mistaken-delete", "222222222222")}
    assert any(one.verdict == "unknown" for one in review.findings)


def test_only_the_types_that_controls_look_at_are_asked_for() -> None:
    config = Config(NATIVE)
    controls = [control for control in load().controls if control.id == "dynamodb-withstands-a-mistaken-delete"]
    review_aggregate(config, "all", ["eu-west-1"], controls)
    assert len(config.asked) == 1
    assert TYPE in load_collectors()


@pytest.mark.parametrize(
    ("value", "shape", "expected"),
    [
        (True, "boolean", True), ("true", "boolean", False), (True, "integer", False), (1, "number", True),
        (["a"], ["string"], True), ("a", ["string"], False), ([{"A": 1}], [{"A": "integer"}], True),
        ({"B": 1}, {"A": "integer"}, False), ({"x": "y"}, {"*": "string"}, True), (ABSENT, "string", False),
    ],
)  # fmt: skip
def test_a_value_fits_a_shape_all_the_way_down_or_not_at_all(value: Value, shape: Any, expected: bool) -> None:
    assert fits(value, shape) is expected
