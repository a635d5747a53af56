"""Conditions in words."""

from __future__ import annotations

import pytest

from mainstay.catalog import in_words
from mainstay.model.conditions import All, Any, Condition, Count, Each, Keywords, Not, Operator
from mainstay.model.conditions import Test as Compare

MULTI_AZ = Compare(("MultiAZ",), "equals", (True,))
OPEN = Compare(("CidrIp",), "equals", ("0.0.0.0/0", "::/0"))
LOW = Compare(("FromPort",), "lte", (22,))


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (MULTI_AZ, "`MultiAZ` is true"),
        (Not(MULTI_AZ), "`MultiAZ` is not true"),
        (OPEN, "`CidrIp` is `0.0.0.0/0` or `::/0`"),
        (Compare(("A", "B"), "contains", ("x", "y", "z"), every_value=True), "`A.B` contains `x`, `y` and `z`"),
        (Not(Compare(("A",), "contains", ("x",))), "`A` does not contain `x`"),
        (Not(LOW), "`FromPort` is not at most 22"),
        (Compare(("KmsKeyId",), "exists", (True,)), "`KmsKeyId` is set"),
        (Not(Compare(("KmsKeyId",), "exists", (True,))), "`KmsKeyId` is not set"),
        (Compare(("KmsKeyId",), "equals", (None,)), "`KmsKeyId` is not set"),
        (Compare(("KmsKeyId",), "neq", (None,)), "`KmsKeyId` is set"),
        (Not(Compare(("A",), "neq", ("x",))), "`A` is `x`"),
        (Compare(("A",), "fieldref", ("B.C",)), "`A` is the same as `B.C`"),
        (Not(Compare(("A",), "fieldref", ("B",), flags="contains")), "`A` does not contain the value of `B`"),
        (All((MULTI_AZ, LOW)), "`MultiAZ` is true and `FromPort` is at most 22"),
        (
            All((MULTI_AZ, Any((OPEN, LOW)))),
            "`MultiAZ` is true and (`CidrIp` is `0.0.0.0/0` or `::/0` or `FromPort` is at most 22)",
        ),
        (Not(All((MULTI_AZ, LOW))), "it is not so that (`MultiAZ` is true and `FromPort` is at most 22)"),
        (All((MULTI_AZ,)), "`MultiAZ` is true"),
        (All(()), "always"),
        (Any(()), "never"),
        (
            Each(("SecurityGroupIngress",), "none", All((OPEN, LOW))),
            "none of `SecurityGroupIngress` has: (`CidrIp` is `0.0.0.0/0` or `::/0` and `FromPort` is at most 22)",
        ),
        (
            Each(("Subnets",), "every", Compare((), "startswith", ("subnet-",))),
            "each of `Subnets` starts with `subnet-`",
        ),
        (
            Each(("related", "AWS::EC2::FlowLog"), "any", MULTI_AZ),
            "one of the `AWS::EC2::FlowLog` that point at it has: `MultiAZ` is true",
        ),
        (
            Compare(("related", "AWS::EC2::FlowLog", "Status"), "equals", ("on",)),
            "`Status` of the `AWS::EC2::FlowLog` that point at it is `on`",
        ),
        (Compare(("derived", "public"), "equals", (False,)), "the fact `public` is false"),
        (Compare(("raw", "acl"), "equals", (1,)), "the attribute `acl` is 1"),
        (Count(("Subnets",), "gte", 2), "there are at least 2 of `Subnets`"),
        (Count(("Subnets",), "equals", 1), "there is exactly 1 of `Subnets`"),
        (Keywords(("password", "secret")), "`password` or `secret` occurs anywhere"),
    ],
)
def test_a_condition_reads_as_a_clause(condition: Condition, words: str) -> None:
    assert in_words(condition) == words


@pytest.mark.parametrize("operator", Operator.__args__)  # type: ignore[attr-defined] # what Literal keeps its words in
def test_every_operator_has_words_and_their_opposite(operator: Operator) -> None:
    test = Compare(("A",), operator, (True,) if operator == "exists" else ("1",))
    assert in_words(test).startswith("`A` ")
    assert in_words(Not(test)) != in_words(test)
