"""The data of the completions: every call is one that the service has, with parameters that it has."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from botocore import xform_name
from botocore.session import Session

from mainstay.catalog import load_shapes
from mainstay.model.shapes import names
from mainstay.sandbox.completing import Call, Completing, load_completing
from mainstay.sandbox.expressions import evaluate, properties_read
from mainstay.sandbox.fitting import Words, fit

ENTRIES = load_completing()
BOTOCORE = Session()


@cache
def operations(service: str) -> dict[str, Any]:
    model = BOTOCORE.get_service_model(service)
    return {xform_name(name): model.operation_model(name).input_shape for name in model.operation_names}


def calls(entry: Completing) -> Iterator[Call]:
    for call in (entry.create, entry.look, *entry.then):
        if call is not None:
            yield call
            if call.find is not None:
                yield call.find


@pytest.mark.parametrize("name", ENTRIES)
def test_every_call_and_parameter_is_one_of_the_service(name: str) -> None:
    for call in calls(ENTRIES[name]):
        service, _, operation = call.call.partition(".")
        shape = operations(service).get(operation)
        assert shape is not None, call.call
        members = {member.lower() for member in shape.members}
        parameters = {*(call.take or ()), *call.rename.values(), *call.default, *call.give} - set(call.rename)
        assert {parameter.lower() for parameter in parameters} <= members, call.call


@pytest.mark.parametrize("name", ENTRIES)
def test_every_property_is_one_of_the_type(name: str) -> None:
    known = set(names(load_shapes()[name]))
    entry = ENTRIES[name]
    read = set().union(*(call.read() for call in calls(entry)), properties_read(dict(entry.attributes)), entry.withhold)
    kept = {keep.partition("=")[0] for keep in entry.keeps | entry.settings}
    lost = {path.partition(".")[0] for path in entry.lost}
    assert read | kept | lost <= known


def test_a_property_takes_the_shape_that_the_call_wants() -> None:
    shape = operations("cloudfront")["create_distribution"].members["DistributionConfig"]
    lost: list[str] = []
    words = Words({"IPV6Enabled": "IsIPV6Enabled", "CachedMethods": "AllowedMethods.CachedMethods"})
    value = {
        "Aliases": ["a", "b"],
        "IPV6Enabled": "true",
        "DefaultCacheBehavior": {"AllowedMethods": ["GET"], "CachedMethods": ["GET"], "Nonsense": 1},
    }
    assert fit(value, shape, words, lost.append) == {
        "Aliases": {"Quantity": 2, "Items": ["a", "b"]},
        "IsIPV6Enabled": True,
        "DefaultCacheBehavior": {
            "AllowedMethods": {
                "Quantity": 1, "Items": ["GET"], "CachedMethods": {"Quantity": 1, "Items": ["GET"]},
            },
        },
    }  # fmt: skip
    assert lost == ["DefaultCacheBehavior.Nonsense"]
    policy = operations("s3")["put_bucket_policy"].members["Policy"]
    assert fit({"Version": 1}, policy, Words(), lost.append) == '{"Version": 1}'
    tags = operations("lambda")["create_function"].members["Tags"]
    assert fit([{"Key": "a", "Value": "b"}], tags, Words(), lost.append) == {"a": "b"}


def test_an_expression_without_an_answer_leaves_nothing_behind() -> None:
    scope = {"properties": {"CidrIp": "10.0.0.0/8"}, "id": "sg-1", "region": "eu-west-1"}
    rule = {
        "GroupId": "$id",
        "IpRanges": [{"$if": "$.CidrIp", "CidrIp": "$.CidrIp", "Description": "$.Description"}],
        "Ipv6Ranges": [{"$if": "$.CidrIpv6", "Description": "none"}],
        "Arn": "arn:aws:ec2:{region}:{id}",
    }
    assert evaluate(rule, scope) == {
        "GroupId": "sg-1",
        "IpRanges": [{"CidrIp": "10.0.0.0/8"}],
        "Arn": "arn:aws:ec2:eu-west-1:sg-1",
    }
    assert set(properties_read(rule)) == {"CidrIp", "CidrIpv6", "Description"}
