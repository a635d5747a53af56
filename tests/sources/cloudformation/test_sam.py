from __future__ import annotations

import copy
import json
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainstay.model.findings import Gap
from mainstay.model.resources import Resource
from mainstay.model.values import Value, find_mark
from mainstay.sources import files
from mainstay.sources.cloudformation import Options, nested_templates, read
from mainstay.sources.discovery import explore

SHOP = """\
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: String}
  Memory: {Type: Number, Default: 512}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Globals:
  Function:
    Timeout: 30
    Runtime: python3.13
    Environment:
      Variables: {SHARED: "yes"}
    Tags:
      team: shop
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Metadata: {Owner: shop}
    Properties:
      CodeUri: src/
      Handler: app.handler
      MemorySize: !Ref Memory
      Tracing: Active
      Environment:
        Variables:
          TABLE: !Ref Table
          WHERE: !Sub "${AWS::Region}/orders"
      Policies:
        - DynamoDBReadPolicy: {TableName: !Ref Table}
      FunctionUrlConfig:
        AuthType: AWS_IAM
      Events:
        Get:
          Type: Api
          Properties: {Path: /orders, Method: get}
        Work:
          Type: SQS
          Properties:
            Queue: !GetAtt Queue.Arn
            BatchSize: 5
  Report:
    Type: AWS::Serverless::Function
    Condition: IsProd
    Properties:
      CodeUri: s3://shop-artifacts/report.zip
      Handler: report.handler
      Timeout: 60
  Table:
    Type: AWS::Serverless::SimpleTable
    Properties:
      SSESpecification: {SSEEnabled: true}
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      KmsMasterKeyId: alias/shop
Outputs:
  Url: {Value: !Sub "https://${ServerlessRestApi}.execute-api.${AWS::Region}.amazonaws.com/Prod"}
"""


def line(resource: Resource, path: str) -> str:
    """The line of SHOP that a property points at."""
    mark: Any = find_mark(resource.properties, path.split("."))
    return SHOP.splitlines()[mark.line - 1].strip()


@pytest.mark.parametrize(
    ("address", "path", "shown"),
    [
        ("Orders", "MemorySize", "MemorySize: !Ref Memory"),
        ("Orders", "TracingConfig.Mode", "Tracing: Active"),
        ("Orders", "Environment.Variables.TABLE", "TABLE: !Ref Table"),
        ("Orders", "Code.S3Key", "CodeUri: src/"),
        ("Orders", "Timeout", "Timeout: 30"),
        ("Orders", "Environment.Variables.SHARED", 'Variables: {SHARED: "yes"}'),
        ("Orders", "Tags.1.Value", "team: shop"),
        ("Orders", "VpcConfig", "CodeUri: src/"),
        ("Report", "Timeout", "Timeout: 60"),
        ("Report", "Runtime", "Runtime: python3.13"),
        ("OrdersRole", "Policies.0.PolicyDocument", "Policies:"),
        ("OrdersWork", "BatchSize", "BatchSize: 5"),
        ("OrdersWork", "FunctionName", "Work:"),
        ("OrdersUrl", "AuthType", "AuthType: AWS_IAM"),
        ("Table", "SSESpecification.SSEEnabled", "SSESpecification: {SSEEnabled: true}"),
        ("Queue", "KmsMasterKeyId", "KmsMasterKeyId: alias/shop"),
    ],
)
def test_what_comes_from_the_source_stands_where_it_stood(
    reading: Callable[..., Any], address: str, path: str, shown: str
) -> None:
    assert line(reading(SHOP).resources[address], path) == shown


def test_what_is_generated_points_at_what_it_was_generated_from_and_says_its_type(reading: Callable[..., Any]) -> None:
    resources = reading(SHOP).resources
    made = {
        address: (one.type, one.origin.spelling, SHOP.splitlines()[one.origin.place.line - 1].strip())
        for address, one in resources.items()
        if "Deployment" not in address
    }
    function, orders = "AWS::Serverless::Function", "Orders:"
    assert made == {
        "Orders": ("AWS::Lambda::Function", function, orders),
        "OrdersRole": ("AWS::IAM::Role", function, orders),
        "OrdersUrl": ("AWS::Lambda::Url", function, orders),
        "OrdersGetPermissionProd": ("AWS::Lambda::Permission", function, orders),
        "OrdersWork": ("AWS::Lambda::EventSourceMapping", function, orders),
        "ServerlessRestApi": ("AWS::ApiGateway::RestApi", function, orders),
        "ServerlessRestApiProdStage": ("AWS::ApiGateway::Stage", function, orders),
        "Report": ("AWS::Lambda::Function", function, "Report:"),
        "ReportRole": ("AWS::IAM::Role", function, "Report:"),
        "Table": ("AWS::DynamoDB::Table", "AWS::Serverless::SimpleTable", "Table:"),
        "Queue": ("AWS::SQS::Queue", "AWS::SQS::Queue", "Queue:"),
    }


def test_parameters_conditions_and_functions_are_evaluated_as_in_any_template(
    reading: Callable[..., Any], showing: Callable[[Value], Value]
) -> None:
    result = reading(SHOP)
    assert result.messages == []
    orders = result.resources["Orders"]
    assert orders.properties["MemorySize"] == 512
    assert showing(orders.properties["Environment"]) == {
        "Variables": {"SHARED": "yes", "TABLE": "<Table.id>", "WHERE": "<.region>/orders"}
    }
    assert result.resources["Report"].may_exist.reason == "condition IsProd depends on parameter Stage"
    assert orders.may_exist is None
    assert {"Table", "OrdersRole"} <= orders.references
    assert reading(SHOP, parameters={"Memory": "1024"}).resources["Orders"].properties["MemorySize"] == 1024
    assert "Report" not in reading(SHOP, parameters={"Stage": "test"}).resources
    assert orders.raw["Metadata"] == {"Owner": "shop"}
    assert "Metadata" not in result.resources["OrdersRole"].raw


def test_what_sam_adds_to_a_resource_of_the_cdk_has_its_construct(reading: Callable[..., Any]) -> None:
    text = SHOP.replace("{Owner: shop}", '{Owner: shop, "aws:cdk:path": Shop/Orders/Resource}')
    constructs = {address: one.origin.construct for address, one in reading(text).resources.items()}
    assert (constructs["Orders"], constructs["OrdersRole"], constructs["Table"]) == ("Shop/Orders", "Shop/Orders", "")


def test_a_region_is_put_where_it_is_known_and_open_where_it_is_not(
    reading: Callable[..., Any], showing: Callable[[Value], Value]
) -> None:
    text = """\
    Transform: AWS::Serverless-2016-10-31
    Resources:
      F:
        Type: AWS::Serverless::Function
        Properties:
          InlineCode: pass
          Handler: i.h
          Runtime: python3.13
          VersionDescription: x
          AutoPublishAlias: live
          Description: !Sub "runs in ${AWS::Region}"
    """
    function = reading(text).resources["F"].properties
    assert showing(function["Description"]) == "runs in <.region>"
    assert not any("mainstay" in str(showing(one.properties)) for one in reading(text).resources.values())
    assert reading(text, region="eu-west-1").resources["F"].properties["Description"] == "runs in eu-west-1"
    chinese = reading(text, region="cn-north-1", partition="aws-cn").resources["FRole"].properties
    assert chinese["ManagedPolicyArns"][0].startswith("arn:aws-cn:")


def test_local_artifacts_lie_somewhere_and_packaged_ones_where_they_lie(
    reading: Callable[..., Any], showing: Callable[[Value], Value]
) -> None:
    resources = reading(SHOP).resources
    assert showing(resources["Orders"].properties["Code"]) == {"S3Bucket": "?", "S3Key": "?"}
    assert resources["Orders"].properties["Code"]["S3Bucket"].is_set
    assert resources["Report"].properties["Code"] == {"S3Bucket": "shop-artifacts", "S3Key": "report.zip"}


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("Function", "PackageType: Image"),
        ("Function", "{Handler: i.h, Runtime: python3.13}"),
        ("Function", "{Handler: i.h, Runtime: python3.13, CodeUri: !Sub '${AWS::Region}/code'}"),
        ("LayerVersion", "ContentUri: layer/"),
        ("Api", "{StageName: live, DefinitionUri: api.yaml}"),
        ("HttpApi", "DefinitionUri: api.yaml"),
        ("StateMachine", "DefinitionUri: states.asl.json"),
    ],
)
def test_everything_that_a_tool_would_package_is_expanded(
    reading: Callable[..., Any], kind: str, properties: str
) -> None:
    text = f"""\
    Transform: AWS::Serverless-2016-10-31
    Resources:
      Thing:
        Type: AWS::Serverless::{kind}
        Properties: {properties if properties.startswith("{") else "{" + properties + "}"}
    """
    result = reading(text)
    assert result.messages == []
    assert {one.origin.spelling for one in result.resources.values()} == {f"AWS::Serverless::{kind}"}
    assert not any(one.type.startswith("AWS::Serverless") for one in result.resources.values())


def test_plain_resources_are_read_as_they_are_without_the_transform(reading: Callable[..., Any]) -> None:
    text = """\
    Transform: AWS::Serverless-2016-10-31
    Resources:
      Table: {Type: "AWS::Serverless::SimpleTable"}
      Role:
        Type: AWS::IAM::Role
        Properties:
          RoleName: !Join [-, [a, !Ref "AWS::Region"]]
          AssumeRolePolicyDocument: {Statement: [{Action: "sts:AssumeRole", Effect: Allow, Principal: {AWS: "*"}}]}
    """
    with_it, without = reading(text).resources["Role"], reading(text.replace("Transform", "Description"))
    assert (with_it.origin, with_it.references) == (without.resources["Role"].origin, with_it.references)
    for path in (("RoleName",), ("AssumeRolePolicyDocument", "Statement", "0", "Effect")):
        assert find_mark(with_it.properties, path) == find_mark(without.resources["Role"].properties, path)


def test_a_resource_that_is_refused_is_a_gap_at_its_place_and_the_others_are_expanded(
    reading: Callable[..., Any],
) -> None:
    text = """\
    Transform: AWS::Serverless-2016-10-31
    Resources:
      Bad: {Type: "AWS::Serverless::Function", Properties: {CodeUri: src/, Handler: [1]}}
      Odd: {Type: "AWS::Serverless::Nothing"}
      Good: {Type: "AWS::Serverless::SimpleTable"}
      Bucket: {Type: "AWS::S3::Bucket"}
    """
    result = reading(text)
    assert len(result.messages) == 2
    assert result.messages[0].startswith("evaluation t.yaml:3:3: Bad is not expanded: ")
    assert result.messages[1].startswith("unsupported t.yaml:4:3: Odd is not expanded: ")
    types = {address: one.type for address, one in result.resources.items()}
    assert types == {
        "Bad": "AWS::Serverless::Function",
        "Odd": "AWS::Serverless::Nothing",
        "Good": "AWS::DynamoDB::Table",
        "Bucket": "AWS::S3::Bucket",
    }


def test_globals_that_sam_does_not_know_are_a_gap_at_the_section(reading: Callable[..., Any]) -> None:
    result = reading(SHOP.replace("    Timeout: 30\n", "    Tmeout: 30\n"))
    assert len(result.messages) == 1
    assert "t.yaml:7:1: the resources of SAM are not expanded" in result.messages[0]
    assert "Tmeout" in result.messages[0]
    assert list(result.resources) == ["Orders", "Report", "Table", "Queue"]


def test_a_failure_of_the_translator_is_a_gap_at_the_resource_that_it_was_at(
    reading: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("odd")

    monkeypatch.setattr("samtranslator.model.sam_resources.SamSimpleTable.to_cloudformation", fail)
    result = reading(SHOP, parameters={"Stage": "prod"})
    assert result.messages == [
        "unsupported t.yaml:48:3: Table is not expanded: the translator of SAM fails with KeyError: 'odd'"
    ]
    assert result.resources["Orders"].type == "AWS::Lambda::Function"
    assert result.resources["Table"].type == "AWS::Serverless::SimpleTable"


def test_without_the_extra_a_gap_says_what_to_install_and_plain_resources_are_read(
    reading: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "samtranslator", None)
    with files.noting() as noted:
        result = reading(SHOP)
    assert [gap.kind for gap in result.gaps] == ["unsupported"]
    assert result.messages[0].endswith('pip install "mainstay[sam]"')
    assert result.gaps[0].place.line == 1
    assert list(result.resources) == ["Orders", "Report", "Table", "Queue"]
    # what is kept of the template is asked anew once the extra is there
    assert any(path.endswith("samtranslator/__init__.py") for path, _ in noted)


def test_nothing_is_asked_of_the_network_or_of_the_settings_of_aws(
    reading: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("offline")

    for name in ("client", "Session", "session.Session", "resource"):
        monkeypatch.setattr(f"boto3.{name}", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    text = """\
    Transform: AWS::Serverless-2016-10-31
    Resources:
      F:
        Type: AWS::Serverless::Function
        Properties:
          {InlineCode: pass, Handler: i.h, Runtime: python3.13, Policies: [NoSuchPolicy, AWSLambdaExecute]}
      Published:
        Type: AWS::Serverless::Application
        Properties: {Location: {ApplicationId: "arn:aws:serverlessrepo:us-east-1:1:x", SemanticVersion: 1.0.0}}
    """
    result = reading(text)
    assert result.messages == [
        "module t.yaml:7:3: the application Published is in a repository of applications, not here"
    ]
    assert result.resources["F"].type == "AWS::Lambda::Function"
    assert boto3.DEFAULT_SESSION is None


def test_loops_make_resources_of_sam_and_applications_here_are_nested_stacks(
    reading: Callable[..., Any], tmp_path: Path
) -> None:
    text = """\
    Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]
    Resources:
      Fn::ForEach::Tables: [Name, [A, B], {"Table${Name}": {Type: "AWS::Serverless::SimpleTable"}}]
      Inner: {Type: "AWS::Serverless::Application", Properties: {Location: inner/t.yaml}}
    """
    inner = """\
    Transform: AWS::Serverless-2016-10-31
    Resources: {Table: {Type: "AWS::Serverless::SimpleTable"}}
    """
    result = reading({"t.yaml": text, "inner/t.yaml": inner})
    assert result.messages == []
    assert {address: one.type for address, one in result.resources.items()} == {
        "TableA": "AWS::DynamoDB::Table",
        "TableB": "AWS::DynamoDB::Table",
        "Inner": "AWS::CloudFormation::Stack",
        "Inner/Table": "AWS::DynamoDB::Table",
    }
    tree = tmp_path / "tree"
    assert nested_templates(tree / "t.yaml") == {(tree / "inner/t.yaml").resolve()}


def test_a_definition_that_is_included_is_taken_in_before_sam_adds_to_it(reading: Callable[..., Any]) -> None:
    text = """\
    Transform: AWS::Serverless-2016-10-31
    Resources:
      Api:
        Type: AWS::Serverless::Api
        Properties:
          StageName: live
          Auth: {DefaultAuthorizer: AWS_IAM}
          DefinitionBody: {"Fn::Transform": {Name: AWS::Include, Parameters: {Location: api.yaml}}}
    """
    api = 'openapi: 3.0.1\ninfo: {title: x, version: "1"}\npaths:\n  /a: {get: {responses: {}}}\n'
    result = reading({"t.yaml": text, "api.yaml": api})
    assert result.messages == []
    body = result.resources["Api"].properties["Body"]
    assert "AWS_IAM" in body["components"]["securitySchemes"]
    place: Any = find_mark(body, ("paths", "/a", "get"))
    assert (place.file, place.line) == ("api.yaml", 4)


def test_what_sam_build_leaves_is_not_judged_beside_its_source(tmp_path: Path) -> None:
    for name in ("template.yaml", ".aws-sam/build/template.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(SHOP)
    assert explore(tmp_path).candidates == [tmp_path / "template.yaml"]
    assert explore(tmp_path / ".aws-sam").candidates == [tmp_path / ".aws-sam/build/template.yaml"]


LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2),
    st.sampled_from(["", "x", "s3://", "${", "AWS::Serverless::Api", "a" * 300]),
    st.sampled_from([[], {}, [[]], {"Ref": "Table"}, {"Ref": 1}, {"Fn::Sub": "${Nothing}"}, {"Fn::If": ["X", 1]}]),
)
SOUND: dict[str, Any] = {
    "Transform": "AWS::Serverless-2016-10-31",
    "Globals": {"Function": {"Timeout": 3, "Environment": {"Variables": {"A": "b"}}}, "Api": {"Auth": {}}},
    "Resources": {
        "F": {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "Handler": "i.h",
                "Runtime": "python3.13",
                "CodeUri": {"Bucket": "b", "Key": "k"},
                "AutoPublishAlias": "live",
                "DeploymentPreference": {"Type": "AllAtOnce"},
                "Policies": ["AWSLambdaExecute", {"Statement": [{"Effect": "Allow", "Action": "*"}]}],
                "Events": {
                    "E": {"Type": "Api", "Properties": {"Path": "/", "Method": "get", "RestApiId": {"Ref": "A"}}},
                    "S": {"Type": "Schedule", "Properties": {"Schedule": "rate(1 day)"}},
                },
            },
        },
        "A": {
            "Type": "AWS::Serverless::Api",
            "Properties": {"StageName": "live", "Cors": "'*'", "Auth": {"DefaultAuthorizer": "AWS_IAM"}},
        },
        "Table": {
            "Type": "AWS::Serverless::SimpleTable",
            "Properties": {"PrimaryKey": {"Name": "i", "Type": "String"}},
        },
    },
    "Outputs": {"Role": {"Value": {"Fn::GetAtt": ["FRole", "Arn"]}}},
}


def nodes(value: Value) -> list[tuple[Any, Any]]:
    """Every place in a document where something can be put: the container and the key."""
    pairs = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    return [found for key, child in pairs for found in [(value, key), *nodes(child)]]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.integers(0, 200), LEAVES), min_size=1, max_size=4))
def test_no_change_of_a_template_makes_reading_it_fail_or_loses_what_is_plain(
    tmp_path: Path, changes: list[tuple[int, Value]]
) -> None:
    template = copy.deepcopy(SOUND)
    for number, leaf in changes:
        places = nodes(template)
        if places:
            container, key = places[number % len(places)]
            container[key] = copy.deepcopy(leaf)
    plain = isinstance(template["Resources"], dict)
    if plain:
        template["Resources"]["Plain"] = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "b"}}
    path = tmp_path / "t.json"
    path.write_text(json.dumps(template))
    items = list(read(path, "t.json", Options(), tmp_path))
    found = {item.address: item for item in items if isinstance(item, Resource)}
    assert not plain or found["Plain"].properties == {"BucketName": "b"}
    assert all(one.origin.place is not None for one in found.values())
    assert all(item.place is not None for item in items if isinstance(item, Gap))
    left = any(one.type.startswith("AWS::Serverless") for one in found.values())
    assert not left or any(isinstance(item, Gap) for item in items) or template["Transform"] != SOUND["Transform"]
