"""What differs between two views of a resource, and what only looks as if it did."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from mainstay.analysis.differences import Difference, differences
from mainstay.model.values import ABSENT, Document, Record, Unknown

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_nothing_differs_from_itself(value: object) -> None:
    assert differences(value, value) == []


@given(st.dictionaries(st.text(max_size=4), VALUES, max_size=4), st.text(max_size=4))
def test_what_is_not_known_differs_from_nothing(value: dict[str, object], key: str) -> None:
    assert [one for one in differences(value | {key: Unknown("?")}, value) if one.path.split(".")[0] == key] == []


def test_a_changed_property_is_named_with_both_values() -> None:
    before = {"VersioningConfiguration": {"Status": "Enabled"}, "BucketName": "orders"}
    after = {"VersioningConfiguration": {"Status": "Suspended"}, "BucketName": "orders"}
    steps = ("VersioningConfiguration", "Status")
    assert differences(before, after) == [Difference("VersioningConfiguration.Status", "Enabled", "Suspended", steps)]


def test_elements_with_keys_are_compared_by_them() -> None:
    before = {"Tags": [{"Key": "owner", "Value": "shop"}, {"Key": "class", "Value": "internal"}]}
    after = {
        "Tags": [{"Key": "class", "Value": "public"}, {"Key": "aws:made-by", "Value": "x"}, {"Key": "n", "Value": "1"}]
    }
    assert {(one.path, _known(one.before), _known(one.after)) for one in differences(before, after)} == {
        ("Tags[owner]", '{"Key": "owner", "Value": "shop"}', "absent"),
        ("Tags[class].Value", '"internal"', '"public"'),
        ("Tags[n]", "absent", '{"Key": "n", "Value": "1"}'),
    }


def test_the_order_of_a_list_and_the_form_of_a_number_are_no_difference() -> None:
    before = {"Ingress": [{"FromPort": 443}, {"FromPort": 80}], "Zones": ["b", "a"]}
    after = {"Ingress": [{"FromPort": "80"}, {"FromPort": 443.0}], "Zones": ["a", "b"]}
    assert differences(before, after) == []


def test_the_one_element_that_changed_is_looked_into() -> None:
    before = {"Ingress": [{"FromPort": 443, "CidrIp": "10.0.0.0/8"}, {"FromPort": 80}]}
    after = {"Ingress": [{"FromPort": 80}, {"FromPort": 443, "CidrIp": "0.0.0.0/0"}]}
    [one] = differences(before, after)
    assert (one.path, one.before, one.after) == ("Ingress[0].CidrIp", "10.0.0.0/8", "0.0.0.0/0")
    assert one.steps == ("Ingress", "0", "CidrIp")


def test_what_was_added_to_a_list_is_told_alone() -> None:
    rule, added = {"FromPort": 443}, {"FromPort": 22, "CidrIp": "0.0.0.0/0"}
    assert differences({"Ingress": [rule]}, {"Ingress": [rule, added]}) == [
        Difference("Ingress[]", ABSENT, added, ("Ingress",))
    ]


def test_a_list_of_one_is_its_element_in_a_policy() -> None:
    before = {"Statement": [{"Principal": {"Service": ["lambda.amazonaws.com"]}, "Action": ["a", "b"]}]}
    after = {"Statement": {"Principal": {"Service": "lambda.amazonaws.com"}, "Action": ["b", "a"]}}
    assert differences(before, after) == []


def test_a_policy_is_the_same_as_text_and_as_a_document() -> None:
    policy = {"Statement": [{"Effect": "Allow", "Action": "s3:*"}]}
    assert (
        differences({"Policy": Document(Record(policy | {"Id": Unknown("?")}))}, {"Policy": json.dumps(policy)}) == []
    )


def test_what_was_left_open_is_no_drift_but_is_a_change() -> None:
    before, after = {"A": 1}, {"A": 1, "B": {"C": 2}}
    assert differences(before, after, declared_only=True) == []
    assert [one.path for one in differences(before, after)] == ["B"]


def _known(value: object) -> str:
    return "absent" if value is ABSENT else json.dumps(value)
