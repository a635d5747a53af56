"""The shapes of resource types: as the pinned schemas have them, quick to get at, and reproducible."""

from __future__ import annotations

import importlib.util
import time
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from mainstay.catalog import load_shapes
from mainstay.catalog.shapes import ARCHIVE, ShapeArchive
from mainstay.model.errors import DataError
from mainstay.model.shapes import step

TOOL = Path(__file__).parents[2] / "tools/build_shapes.py"
COMMON = """
    S3::Bucket RDS::DBInstance RDS::DBCluster EC2::Instance EC2::VPC EC2::SecurityGroup EC2::Subnet EC2::FlowLog
    EC2::Volume EC2::LaunchTemplate IAM::Role IAM::Policy IAM::ManagedPolicy IAM::User Lambda::Function
    Lambda::Permission SQS::Queue SQS::QueuePolicy SNS::Topic SNS::TopicPolicy KMS::Key CloudTrail::Trail
    CloudFront::Distribution ElasticLoadBalancingV2::LoadBalancer ElasticLoadBalancingV2::Listener EKS::Cluster
    EKS::Nodegroup ECS::Service ECS::TaskDefinition ECS::Cluster ECR::Repository DynamoDB::Table EFS::FileSystem
    ElastiCache::ReplicationGroup Redshift::Cluster OpenSearchService::Domain Kinesis::Stream MSK::Cluster
    ApiGateway::Stage ApiGateway::RestApi ApiGatewayV2::Stage WAFv2::WebACL SageMaker::NotebookInstance
    Neptune::DBCluster DocDB::DBCluster Logs::LogGroup SecretsManager::Secret CodeBuild::Project SSM::Parameter
    AutoScaling::AutoScalingGroup
"""


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_shapes", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_archive_is_what_the_pinned_schemas_give(tool: ModuleType) -> None:
    # texts and not bytes: another version of zlib may pack the same text otherwise
    with zipfile.ZipFile(ARCHIVE) as archive:
        packed = {info.filename: archive.read(info).decode() for info in archive.infolist()}
        assert {info.date_time for info in archive.infolist()} == {tool.EPOCH}
    assert packed == tool.lines_by_service(tool.read_schemas())


def test_building_twice_gives_the_same_bytes(tool: ModuleType, tmp_path: Path) -> None:
    members = {"EC2.txt": 'AWS::EC2::VPC {"CidrBlock":"string"}\n'}
    tool.write_archive(tmp_path / "one.zip", members)
    tool.write_archive(tmp_path / "two.zip", members)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_the_archive_stays_under_a_megabyte() -> None:
    assert ARCHIVE.stat().st_size < 1_000_000


def test_fifty_types_are_read_in_a_few_milliseconds() -> None:
    started = time.process_time()
    shapes = ShapeArchive()
    read = [shapes[f"AWS::{name}"] for name in COMMON.split()]
    spent = time.process_time() - started
    assert len(read) == 50
    assert spent < 0.05, "7 ms where it was measured; more than 50 says that something reads all of it"


def test_every_type_of_the_registry_sam_and_the_extensions_is_there() -> None:
    shapes = load_shapes()
    names = list(shapes)
    assert len(names) == len(set(names)) == len(shapes) > 1_890
    assert {"AWS::S3::Bucket", "AWS::Serverless::Function", "AWS::OpsWorks::App"} <= set(names)
    assert {"AWS::EC2::DefaultSecurityGroup", "AWS::IAM::AccountPasswordPolicy"} <= set(names)


@pytest.mark.parametrize(
    "name", ["AWS::EC2::Nothing", "AWS::Nowhere::Thing", "aws_s3_bucket", "", "::", "Custom::Thing"]
)
def test_what_is_no_type_has_no_shape(name: str) -> None:
    shapes = load_shapes()
    assert name not in shapes
    with pytest.raises(KeyError):
        shapes[name]


@pytest.mark.parametrize(
    ("name", "path", "shape"),
    [
        ("AWS::S3::Bucket", "VersioningConfiguration.Status", "string"),
        ("AWS::EC2::SecurityGroup", "SecurityGroupIngress.FromPort", "integer"),
        ("AWS::EC2::SecurityGroup", "Tags", [{"Key": "string", "Value": "string"}]),
        ("AWS::IAM::ManagedPolicy", "PolicyDocument", "json"),
        ("AWS::IAM::Role", "Policies.PolicyDocument.Statement.Effect", "json"),
        ("AWS::SQS::Queue", "RedrivePolicy", "json"),
        ("AWS::Lambda::Function", "Environment.Variables", {"*": "string"}),
        ("AWS::Lambda::Function", "Environment.Variables.PASSWORD", "string"),
        ("AWS::CloudFront::Distribution", "DistributionConfig.DefaultCacheBehavior.ViewerProtocolPolicy", "string"),
        ("AWS::WAFv2::WebACL", "Rules.Statement.AndStatement.Statements", ["json"]),
        ("AWS::EC2::Subnet", "MapPublicIpOnLaunch", "boolean"),
        ("AWS::IAM::AccountPasswordPolicy", "MinimumPasswordLength", "integer"),
        ("AWS::EC2::DefaultSecurityGroup", "SecurityGroupIngress.CidrIp", "string"),
    ],
)
def test_a_shape_says_what_the_schema_says(name: str, path: str, shape: object) -> None:
    found = load_shapes()[name]
    for part in path.split("."):
        inner = step(found, part)
        assert inner is not None, part
        found = inner
    assert found == shape


def test_alternatives_and_views_of_a_schema_become_one_shape(tool: ModuleType) -> None:
    schema = {
        "properties": {
            "Target": {"oneOf": [{"$ref": "#/definitions/Queue"}, {"$ref": "#/definitions/Topic"}]},
            "Size": {"type": ["integer", "string"]},
            "Mode": {"enum": ["on", "off"]},
            "Names": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
            "Labels": {"type": "object", "patternProperties": {".*": {"type": "string"}}},
            "Bag": {"type": "object"},
            "Tree": {"$ref": "#/definitions/Tree"},
            "Loose": {"oneOf": [{"required": ["A"]}, {"required": ["B"]}], "properties": {"A": {"type": "number"}}},
        },
        "definitions": {
            "Queue": {"type": "object", "properties": {"Arn": {"type": "string"}, "Delay": {"type": "integer"}}},
            "Topic": {"type": "object", "properties": {"Arn": {"type": "string"}, "Subject": {"type": "string"}}},
            "Tree": {
                "type": "object",
                "properties": {"Leaf": {"type": "boolean"}, "Tree": {"$ref": "#/definitions/Tree"}},
            },
        },
    }
    assert tool.shape_of(schema) == {
        "Target": {"Arn": "string", "Delay": "integer", "Subject": "string"},
        "Size": "string",
        "Mode": "string",
        "Names": ["string"],
        "Labels": {"*": "string"},
        "Bag": "json",
        "Tree": {"Leaf": "boolean", "Tree": "json"},
        "Loose": {"A": "number"},
    }


def test_faults_in_the_extensions_have_places(tmp_path: Path) -> None:
    extensions = tmp_path / "extensions.yaml"
    extensions.write_text("AWS::A::B: {X: string}\nAWS::A::B: {Y: string}\n")
    with pytest.raises(DataError, match=r"extensions\.yaml:2:1"):
        ShapeArchive(extensions=extensions)["AWS::A::B"]
