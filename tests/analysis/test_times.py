"""What an account tells that code does not: ages, ends, and security groups that nothing uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analysis.twin import live
from tests.analysis.workload import EVERY_FACT, resource

from mainstay.analysis import derive, linked
from mainstay.analysis.relations import Unseen
from mainstay.model.resources import Resource
from mainstay.model.values import ABSENT, Record, Unknown, Value

KEY, CERTIFICATE, GROUP = "AWS::IAM::AccessKey", "AWS::CertificateManager::Certificate", "AWS::EC2::SecurityGroup"
INTERFACE = "AWS::EC2::NetworkInterface"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
REFUSED = Unknown("DescribeThings was refused")
NOTHING: Unseen = {}


def fact(name: str, one: Resource, now: datetime | None = NOW) -> Value:
    (found,) = derive([one], EVERY_FACT, now=now)
    return found.properties["derived"].get(name, ABSENT)


@pytest.mark.parametrize(
    ("ends", "left"),
    [
        ("2026-12-23T12:00:00+00:00", 30),
        ("2026-12-23T11:59:59Z", 29),
        ("2026-11-23T12:00:00", 0),
        ("2026-11-23T11:00:00+00:00", -1),
        ("2026-11-24T13:59:59+02:00", 0),
    ],
)
def test_days_are_whole_and_counted_down_whatever_the_zone(ends: str, left: int) -> None:
    assert fact("days_left", live(CERTIFICATE, "c", NotAfter=ends)) == left


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(st.integers(0, 10_000_000), st.integers(-14, 14))
def test_an_age_is_the_same_in_every_zone(minutes: int, hours: int) -> None:
    made = (NOW - timedelta(minutes=minutes)).astimezone(timezone(timedelta(hours=hours)))
    assert fact("age_days", live(KEY, "k", CreateDate=made.isoformat())) == minutes // (24 * 60)


def test_a_time_that_nobody_tells_is_absent_and_one_that_could_not_be_read_unknown() -> None:
    assert fact("age_days", resource(KEY, "key.k")) is ABSENT
    assert fact("age_days", live(KEY, "k", CreateDate="2026-01-01T00:00:00Z"), None) is ABSENT
    assert fact("age_days", live(KEY, "k", CreateDate=REFUSED)) is REFUSED
    assert isinstance(fact("age_days", live(KEY, "k", CreateDate="yesterday")), Unknown)


# -- security groups

ID = "sg-0a1b2c3d4e5f6a7b8"
OTHER = live(GROUP, "sg-0f0f0f0f0f0f0f0f0", SecurityGroupIngress=[Record({"SourceSecurityGroupId": ID})])


def in_use(*others: Resource, unseen: Unseen = NOTHING, own: Sequence[Value] = ()) -> Value:
    found = derive(linked([live(GROUP, ID, SecurityGroupIngress=list(own)), *others]), EVERY_FACT, unseen)[0]
    return found.properties["derived"]["in_use"]


def test_a_group_is_in_use_where_an_interface_or_another_group_names_it() -> None:
    assert in_use(live(INTERFACE, "eni-1", GroupSet=[ID])) is True
    assert in_use(OTHER) is True
    assert in_use(live(INTERFACE, "eni-1", GroupSet=["sg-0f0f0f0f0f0f0f0f0"])) is False


def test_a_group_does_not_use_itself() -> None:
    assert in_use(own=[Record({"SourceSecurityGroupId": ID})]) is False


def test_whether_a_group_is_in_use_is_unknown_where_something_that_may_use_it_was_not_seen() -> None:
    assert in_use(unseen={INTERFACE: REFUSED}) is REFUSED
    assert in_use(OTHER, unseen={INTERFACE: REFUSED}) is True
    function = live("AWS::Lambda::Function", "f", VpcConfig=REFUSED)
    assert in_use(function) is REFUSED
    assert in_use(replace(function, properties=Record(rest=REFUSED))) is REFUSED


def test_code_does_not_tell_whether_a_group_is_in_use() -> None:
    (found,) = derive([resource(GROUP, "sg.a")], EVERY_FACT)
    assert "in_use" not in found.properties["derived"]
