from __future__ import annotations

from collections.abc import Callable
from textwrap import indent
from typing import Any

import pytest

from mainstay.model.places import Place
from mainstay.model.values import Text, Unknown, Value

TEMPLATE = """\
Parameters:
  Env: {Type: String, Default: prod}
  Open: {Type: String}
  Size: {Type: Number, Default: "3"}
  Zones: {Type: CommaDelimitedList, Default: "a, b,c"}
  Subnets: {Type: "List<AWS::EC2::Subnet::Id>"}
  Vpc: {Type: "AWS::EC2::VPC::Id"}
  Tier: {Type: String, AllowedValues: [gold, silver]}
  Ami: {Type: "AWS::SSM::Parameter::Value<String>", Default: /aws/ami}
  Password: {Type: String, NoEcho: true}
  Flag: {Type: String, Default: true}
Mappings:
  Sizes:
    prod: {type: m5.large, count: 2}
    dev: {type: t3.small, count: 1}
    gold: {type: same, nested: [1, 2]}
    silver: {type: same}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
  IsOpen: !Equals [!Ref Open, "yes"]
Resources:
  Bucket: {Type: "AWS::S3::Bucket"}
  Secret: {Type: "AWS::SecretsManager::Secret"}
  Thing:
    Type: AWS::X::Y
    Properties:
      Value:
"""

CASES: list[tuple[str, Value]] = [
    ("!Ref Env", "prod"),
    ("Ref: Size", 3),
    ("!Ref Zones", ["a", "b", "c"]),
    ("!Ref Flag", "true"),
    ("!Ref Open", "?"),
    ("!Ref Tier", "one of gold, silver"),
    ("!Ref Subnets", ["?", "..."]),
    ("!Ref Bucket", "<Bucket.id>"),
    ("!Ref AWS::Partition", "aws"),
    ("!Ref AWS::Region", "<.region>"),
    ("!Ref AWS::URLSuffix", "amazonaws.com"),
    ("!Ref AWS::NoValue", "ABSENT"),
    ("[1, !Ref AWS::NoValue, 2]", [1, 2]),
    ("!GetAtt Bucket.Arn", "<Bucket.Arn>"),
    ("!GetAtt [Bucket, Website.Url]", "<Bucket.Website.Url>"),
    ("Fn::GetAtt: [Bucket, !Ref Env]", "<Bucket.prod>"),
    ("!Sub '${Env}-${Size}-x'", "prod-3-x"),
    ("!Sub '${!Env}-${ Env }'", "${Env}-prod"),
    ("!Sub 'arn:${AWS::Partition}:s3:::${Bucket}/*'", "arn:aws:s3:::<Bucket.id>/*"),
    ("!Sub '${Bucket.Arn}/*'", "<Bucket.Arn>/*"),
    ("!Sub '${Tier}-x'", "one of gold-x, silver-x"),
    ("!Sub ['${A}-${Env}', {A: !Ref Zones}]", "a,b,c-prod"),
    ("!Sub ['${Env}', {Env: own}]", "own"),
    ("!Sub plain", "plain"),
    ("!Join ['-', [a, !Ref Size, true, !Ref Env]]", "a-3-true-prod"),
    ("!Join ['', [arn, !Ref Open, z]]", "arn?z"),
    ("!Join [',', !Ref Zones]", "a,b,c"),
    ("!Join [',', !Ref Subnets]", "??"),
    ("!Join [',', []]", ""),
    ("!Select [1, [a, b]]", "b"),
    ("!Select ['0', !Split [':', 'x:y']]", "x"),
    ("!Select [0, !Ref Subnets]", "?"),
    ("!Select [!Ref Open, [a, a]]", "a"),
    ("!Select [!Ref Open, [a, b]]", "one of a, b"),
    ("!Select [4, !GetAZs '']", "<.availability_zones()[4]>"),
    ("!Split [',', 'a,b,']", ["a", "b", ""]),
    ("!Split [':', !Sub 'arn:aws:x-${Open}:y']", ["arn", "aws", "x-?", "..."]),
    ("!FindInMap [Sizes, !Ref Env, type]", "m5.large"),
    ("!FindInMap [Sizes, !Ref Tier, type]", "same"),
    ("!FindInMap [Sizes, !Ref Open, count]", "one of 2, 1"),
    ("!FindInMap [Sizes, nope, type, {DefaultValue: !Ref Env}]", "prod"),
    ("!FindInMap [Sizes, !FindInMap [Sizes, nope, x, {DefaultValue: dev}], count]", 1),
    ("!FindInMap [Sizes, gold, nested]", [1, 2]),
    ("!If [IsProd, yes, no]", "yes"),
    ("!If [IsOpen, same, same]", "same"),
    ("!If [IsOpen, a, b]", "one of a, b"),
    ("!If [IsOpen, !Ref Bucket, !Ref Bucket]", "<Bucket.id>"),
    ("!If [IsOpen, a, !Ref AWS::NoValue]", "one of a, None"),
    ("!If [IsOpen, !If [IsOpen, a, b], !If [IsOpen, c, d]]", "one of a, d"),
    ("!If [IsOpen, {K: [1, !Ref Size]}, {K: [1, 3]}]", {"K": [1, 3]}),
    ("[!If [IsOpen, a, !Ref AWS::NoValue], b]", ["b", "..."]),
    ("!Select [0, [!If [IsOpen, a, !Ref AWS::NoValue], b]]", "one of b, a"),
    ("!Join [',', [!If [IsOpen, a, !Ref AWS::NoValue], b]]", "?"),
    ("Fn::Length: [!If [IsOpen, a, !Ref AWS::NoValue], b]", "?"),
    ("!ImportValue net-vpc", "?"),
    ("!GetAZs ''", ["<.availability_zones()[0]>", "..."]),
    ("!Base64 hello", "hello"),
    ("Fn::Base64: !Sub 'export KEY=${Open}'", "export KEY=?"),
    ("!Cidr ['10.0.0.0/16', 2, 8]", ["10.0.0.0/24", "10.0.1.0/24"]),
    ("!Cidr ['10.0.0.0/24', '3', '5']", ["10.0.0.0/27", "10.0.0.32/27", "10.0.0.64/27"]),
    ("!Cidr ['2001:db8::/56', 1, 64]", ["2001:db8::/64"]),
    ("!Cidr [!GetAtt Bucket.CidrBlock, 2]", ["?", "?"]),
    ("Fn::Length: !Ref Zones", 3),
    ("Fn::Length: !Ref Subnets", "?"),
    ("Fn::ToJsonString: {a: [1, !Ref Env]}", '{"a":[1,"prod"]}'),
    ("Fn::ToJsonString: {a: !Ref Open, b: 1}", {"document": {"a": "?", "b": 1}}),
    ("'{{resolve:ssm:/db/name:1}}'", "?"),
    ("'{{resolve:ssm-secure:/db/password:1}}'", "{{resolve:ssm-secure:?}}"),
    ("!Sub 'x{{resolve:secretsmanager:${Secret}:SecretString:password}}y'", "x?y"),
    ("!Join ['', ['{{resolve:secretsmanager:', !Ref Secret, '}}']]", "{{resolve:secretsmanager:?}}"),
    ("'{{resolve:ssm:never closed'", "{{resolve:ssm:never closed"),
    ("2012-10-17", "2012-10-17"),
    ("{A: {Ref: Env, B: 1}}", {"A": {"Ref": "Env", "B": 1}}),
]


@pytest.mark.parametrize(("expression", "expected"), CASES, ids=[case[0] for case in CASES])
def test_intrinsics_keep_what_is_known(
    expression: str, expected: Value, reading: Callable[..., Any], showing: Callable[[Value], Value]
) -> None:
    result = reading(TEMPLATE + indent(expression, " " * 8) + "\n")
    assert result.messages == []
    assert showing(result.resources["Thing"].properties.get("Value", "ABSENT")) == expected


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("!Ref Nope", "Ref: there is no parameter or resource Nope"),
        ("!Ref [a]", "Ref: the name has to be a string"),
        ("!GetAtt Nope.Arn", "Fn::GetAtt: there is no resource Nope"),
        ("!GetAtt Bucket", "Fn::GetAtt: an attribute of Bucket is needed"),
        ("!GetAtt 3", "Fn::GetAtt: there is no resource 3"),
        ("!Sub 'a-${Nope}-b'", "Fn::Sub: ${Nope}: there is no parameter or resource Nope"),
        ("!Sub [1, 2, 3]", "Fn::Sub: a string is needed, or a string and a map"),
        ("!Join [a, b, c]", "Fn::Join: a list of 2 arguments is needed"),
        ("!Join [',', {a: 1}]", "Fn::Join: a list is needed, and this is a map"),
        ("!Join [',', [[1]]]", "Fn::Join: a string is needed, and this is a list"),
        ("!Select [7, [a]]", "Fn::Select: there is no element 7 in a list of 1"),
        ("!Select [-1, [a]]", "Fn::Select: the index has to be a whole number"),
        ("!Split ['', abc]", "Fn::Split: the delimiter has to be a string that is known and not empty"),
        ("!FindInMap [Sizes, nope, type]", "Fn::FindInMap: there is no Sizes / nope / type in Mappings"),
        ("!FindInMap [Nope]", "Fn::FindInMap: the name of a map and two keys are needed"),
        ("!If [IsProd, a]", "Fn::If: the name of a condition and two values are needed"),
        ("!If [Nope, a, b]", "there is no condition Nope"),
        ("!Cidr ['10.0.0.0/16', 900, 8]", "Fn::Cidr: the count has to be between 1 and 256"),
        ("!Cidr ['10.0.0.0/30', 9, 1]", "Fn::Cidr: 10.0.0.0/30 does not hold 9 blocks of 1 host bits"),
        ("!Equals [a, b]", "Fn::Equals can only stand in Conditions"),
        ("!Frobnicate x", "the function Fn::Frobnicate is not known"),
        ("Fn::ToJsonString: x", "Fn::ToJsonString: a map or a list is needed"),
    ],
)  # fmt: skip
def test_what_cloudformation_would_refuse_is_a_gap_with_its_place_and_nothing_else_is_lost(
    expression: str, reason: str, reading: Callable[..., Any]
) -> None:
    result = reading(TEMPLATE + indent(expression, " " * 8) + "\n      Kept: 1\n")
    assert [gap.reason for gap in result.gaps] == [reason]
    assert result.gaps[0].place == Place("t.yaml", 28, 9)
    thing = result.resources["Thing"].properties
    assert thing["Kept"] == 1
    assert isinstance(thing["Value"], Unknown)


@pytest.mark.parametrize(
    "expression",
    [
        "'{{resolve:secretsmanager:x}}'", "!Ref Password", "!Ref Ami", "!Ref Vpc", "!Ref AWS::Region", "!ImportValue x",
        "!GetAtt Bucket.Arn", "!Sub '${Open}'",
    ],
)  # fmt: skip
def test_values_that_are_surely_there_say_that_they_are_set(expression: str, reading: Callable[..., Any]) -> None:
    value = reading(TEMPLATE + indent(expression, " " * 8)).resources["Thing"].properties["Value"]
    assert isinstance(value, Unknown)
    assert value.is_set


def test_what_is_unknown_says_what_would_settle_it(reading: Callable[..., Any]) -> None:
    text = TEMPLATE + "        [!Ref Open, !Ref Tier, !Ref AWS::Region, !If [IsOpen, a, b], !GetAtt Bucket.Arn,"
    text += " !ImportValue {'Fn::Sub': '${Open}-vpc'}]"
    values = reading(text).resources["Thing"].properties["Value"]
    assert [value.settle for value in values] == [
        "set parameter Open with --parameter Open=...",
        "set parameter Tier with --parameter Tier=...",
        "pass --region",
        "set parameter Open with --parameter Open=...",
        "review the deployed stack",
        "review the stack that exports ...-vpc",
    ]
    assert values[3].reason == "condition IsOpen depends on parameter Open"


def test_options_say_what_the_template_leaves_open(
    reading: Callable[..., Any], showing: Callable[[Value], Value]
) -> None:
    text = TEMPLATE + "        [!Ref Open, !Ref Env, !Ref Size, !Ref Subnets, !Sub '${AWS::Region}-${AWS::AccountId}']"
    given = {"Open": "yes", "Env": "dev", "Size": "4", "Subnets": "s-1,s-2", "Undeclared": "x"}
    values = reading(text, parameters=given, region="eu-west-1", account="123456789012").resources["Thing"].properties
    assert showing(values) == {"Value": ["yes", "dev", 4, ["s-1", "s-2"], "eu-west-1-123456789012"]}


def test_references_are_gathered_from_wherever_they_hide(reading: Callable[..., Any]) -> None:
    text = TEMPLATE + indent(
        "- !If [IsOpen, !Ref Bucket, x]\n"
        "- !Sub '{{resolve:secretsmanager:${Secret}}}'\n"
        "- !Base64 {'Fn::Sub': '${Other.Arn}'}\n",
        " " * 8,
    )
    text += "    DependsOn: Unmentioned\n  Other: {Type: 'AWS::A::B'}\n  Unmentioned: {Type: 'AWS::A::B'}\n"
    assert reading(text).resources["Thing"].references == {"Bucket", "Secret", "Other"}


def test_properties_know_where_they_stand(reading: Callable[..., Any]) -> None:
    thing = reading(TEMPLATE + "        {A: !Ref Open, B: {C: 1}}").resources["Thing"]
    assert thing.origin.place == Place("t.yaml", 24, 3, 24, 8)
    assert thing.properties.marks["Value"] == Place("t.yaml", 27, 7, 27, 12)
    inner = thing.properties["Value"]
    assert inner.place == Place("t.yaml", 28, 9)
    assert inner.marks["A"] == Place("t.yaml", 28, 10, 28, 11)
    assert inner["A"].place is not None
    assert inner["B"].marks["C"] == Place("t.yaml", 28, 28, 28, 29)


def test_a_default_password_is_kept_and_a_secret_parameter_without_one_is_set_and_unknown(
    reading: Callable[..., Any],
) -> None:
    text = """\
    Parameters:
      Weak: {Type: String, NoEcho: true, Default: hunter22}
      Strong: {Type: String, NoEcho: "true"}
    Resources:
      Db:
        Type: AWS::RDS::DBInstance
        Properties: {MasterUserPassword: !Ref Weak, Other: !Ref Strong}
    """
    properties = reading(text).resources["Db"].properties
    assert properties["MasterUserPassword"] == "hunter22"
    assert isinstance(properties["Other"], Text)
