"""Derived facts in a catalogue: a name that is none, or not of the type, is told with its place and what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from mainstay.catalog import load
from mainstay.catalog.wording import in_words
from mainstay.model.conditions import Count
from mainstay.model.errors import DataError

CONTROL = """\
- id: lb-survives-zone-loss
  title: Load balancers stand in two zones
  applies_to: [AWS::ElasticLoadBalancingV2::LoadBalancer, AWS::ElasticLoadBalancing::LoadBalancer]
  expect: {derived.availability_zones|count|gte: 2}
  severity: high
  layer: load-balancer
  practices: [REL10-BP01]
  why: One zone less is an outage.
  fix: Add a subnet in another zone.
  examples:
    pass: [{derived: {availability_zones: [eu-west-1a, eu-west-1b]}}]
    fail: [{derived: {availability_zones: [eu-west-1a]}}, {}]
"""
WRITTEN = "expect: {derived.availability_zones|count|gte: 2}"


def complaints(directory: Path, text: str) -> list[str]:
    path = directory / "lb.yaml"
    path.write_text(text)
    with pytest.raises(DataError) as caught:
        load([directory], builtin=False)
    return [str(fault).removeprefix(f"{path}:") for fault in caught.value.faults]


def test_a_fact_is_read_like_a_property(tmp_path: Path) -> None:
    (tmp_path / "lb.yaml").write_text(CONTROL)
    (control,) = load([tmp_path], builtin=False).controls
    assert control.expect == Count(("derived", "availability_zones"), "gte", 2, control.expect.place)


def test_a_name_that_is_no_fact_is_told_once_with_what_was_meant(tmp_path: Path) -> None:
    text = CONTROL.replace(WRITTEN, "expect: {derived.availability_zone|count|gte: 2}")
    assert complaints(tmp_path, text) == [
        "4:3: there is no derived fact 'availability_zone' (did you mean 'availability_zones'?)"
    ]


def test_there_is_nothing_inside_a_fact(tmp_path: Path) -> None:
    text = CONTROL.replace(WRITTEN, "expect: {derived.availability_zones.name: eu-west-1a}")
    assert "there is no derived fact 'availability_zones.name'" in complaints(tmp_path, text)[0]


def test_a_fact_of_other_types_is_told_with_those_that_the_type_has(tmp_path: Path) -> None:
    text = CONTROL.replace(WRITTEN, "expect: {derived.subnet_zones|count|gte: 2}")
    assert complaints(tmp_path, text)[0] == (
        "4:3: 'derived.subnet_zones' is not a fact of AWS::ElasticLoadBalancingV2::LoadBalancer"
        " (its facts are availability_zones, public_subnets)"
    )


def test_a_fact_of_a_related_resource_is_checked_as_one_of_its_type(tmp_path: Path) -> None:
    text = CONTROL.replace(WRITTEN, "expect: {related.AWS::S3::Bucket.derived.availability_zones|count: 1}")
    assert "'derived.availability_zones' is not a fact of AWS::S3::Bucket (no fact is derived" in "".join(
        complaints(tmp_path, text)
    )


def test_the_facts_of_examples_are_checked_where_they_stand(tmp_path: Path) -> None:
    text = CONTROL.replace("pass: [{derived: {availability_zones:", "pass: [{derived: {zones:")
    assert [one.partition(" (")[0] for one in complaints(tmp_path, text)] == ["11:23: there is no derived fact 'zones'"]
    text = CONTROL.replace("fail: [{derived: {availability_zones: [eu-west-1a]}}", "fail: [{derived: [eu-west-1a]}")
    assert complaints(tmp_path, text) == ["12:13: 'derived' is a map from the names of facts to their values"]


def test_a_fact_is_told_in_words() -> None:
    assert in_words(Count(("derived", "availability_zones"), "gte", 2)) == (
        "there are at least 2 of the fact `availability_zones`"
        " (the distinct availability zones of the subnets that it stands in)"
    )
