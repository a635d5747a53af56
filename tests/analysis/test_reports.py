"""Results of other scanners are joined to resources where it is certain which one they are about."""

from __future__ import annotations

import pytest

from mainstay.analysis.reports import Resources, bearers, block_end
from mainstay.model.findings import Subject
from mainstay.model.places import Place
from mainstay.model.reports import Result
from mainstay.model.resources import Origin, Resource
from mainstay.model.values import Record, Unknown

TERRAFORM = """\
resource "aws_s3_bucket" "orders" {
  bucket = "orders"

  tags = {
    Owner = "shop"
  }
}

variable "stage" {
}
resource "aws_sqs_queue" "jobs" {}
"""

TEMPLATE = """\
Resources:
  Assets:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: assets
  Queue:
    Type: AWS::SQS::Queue
"""


def subject(address: str, line: int, scope: str = "infra", file: str = "infra/main.tf", column: int = 1) -> Subject:
    return Subject("AWS::S3::Bucket", address, scope, "", "terraform", Place(file, line, column, line, column + 8))


SUBJECTS = (
    subject("aws_s3_bucket.orders", 1),
    subject("aws_sqs_queue.jobs", 11),
    subject("aws_s3_bucket.orders", 1, "other", "other/main.tf"),
    subject("Assets", 2, "web.yaml", "web.yaml", 3),
    subject("Queue", 6, "web.yaml", "web.yaml", 3),
    subject("module.a[0].aws_s3_bucket.b", 1, "infra", "m/main.tf"),
    subject("module.a[1].aws_s3_bucket.b", 1, "infra", "m/main.tf"),
)


def lines(file: str) -> list[str]:
    text = TEMPLATE if file == "web.yaml" else TERRAFORM if file in ("infra/main.tf", "m/main.tf") else ""
    return text.split("\n")


def joined(place: Place | None = None, *names: str, held: dict[str, set[tuple[str, str]]] | None = None) -> str:
    result = Result("scanner", "r", "m", "low", "operations", place)
    found = Resources(SUBJECTS, lines, held or {}).joined(result, names)
    return f"{found.scope}:{found.resource}" if found.resource else ""


@pytest.mark.parametrize(
    ("file", "line", "owner"),
    [
        ("infra/main.tf", 1, "infra:aws_s3_bucket.orders"),
        ("./infra/main.tf", 5, "infra:aws_s3_bucket.orders"),
        ("infra/main.tf", 7, "infra:aws_s3_bucket.orders"),
        ("infra/main.tf", 9, ""),
        ("infra/main.tf", 11, "infra:aws_sqs_queue.jobs"),
        ("web.yaml", 5, "web.yaml:Assets"),
        ("web.yaml", 7, "web.yaml:Queue"),
        ("web.yaml", 1, ""),
        ("other/main.tf", 1, "other:aws_s3_bucket.orders"),
        ("other/main.tf", 2, ""),
        ("m/main.tf", 2, ""),
        ("elsewhere.tf", 1, ""),
    ],
)
def test_a_result_belongs_to_the_one_resource_in_whose_block_it_stands(file: str, line: int, owner: str) -> None:
    assert joined(Place(file, line, 1)) == owner


def test_a_name_goes_before_a_place_and_a_place_settles_between_namesakes() -> None:
    assert joined(Place("infra/main.tf", 11, 1), "Assets") == "web.yaml:Assets"
    assert joined(Place("infra/main.tf", 2, 1), "aws_s3_bucket.orders") == "infra:aws_s3_bucket.orders"
    assert joined(Place("m/main.tf", 2, 1), "module.a[1].aws_s3_bucket.b") == "infra:module.a[1].aws_s3_bucket.b"
    assert joined(None, "aws_s3_bucket.orders") == ""
    assert joined(None, "nobody", "Queue") == "web.yaml:Queue"


def test_a_name_that_a_property_holds_leads_to_its_resource() -> None:
    one, two = ("infra", "aws_s3_bucket.orders"), ("infra", "aws_sqs_queue.jobs")
    assert joined(None, "arn:aws:s3:::orders", held={"arn:aws:s3:::orders": {one}}) == "infra:aws_s3_bucket.orders"
    assert joined(None, "image:1", held={"image:1": {one, two}}) == ""


def test_a_block_ends_where_its_lines_do() -> None:
    assert block_end(lines("infra/main.tf"), 1, 1) == 7
    assert block_end(lines("web.yaml"), 2, 3) == 5
    assert block_end(lines("web.yaml"), 6, 3) == 7
    assert block_end([], 3, 1) == 3


def resource(type: str, address: str, **properties: object) -> Resource:
    return Resource(type, address, Record(properties), Origin("terraform", "infra", None))


def test_resources_bear_the_names_and_run_the_images_that_their_properties_hold() -> None:
    resources = [
        resource("AWS::S3::Bucket", "bucket", BucketName="shop"),
        resource("AWS::S3::BucketPolicy", "policy", Bucket="shop"),
        resource("AWS::Lambda::Function", "function", FunctionName="shop", Code={"ImageUri": "shop:1"}),
        resource("AWS::IAM::Role", "role", RoleName="shop"),
        resource("AWS::IAM::User", "user", UserName="shop"),
        resource("AWS::ECS::TaskDefinition", "task", ContainerDefinitions=[{"Image": "shop:1", "Name": "shop"}]),
        resource("AWS::RDS::DBInstance", "database", DBInstanceIdentifier="shop"),
        resource("AWS::SQS::Queue", "queue", QueueName=Unknown("depends on var.name")),
    ]
    account = "eu-west-1:123456789012"
    names = {
        "arn:aws:s3:::shop": {"bucket"},
        f"arn:aws:lambda:{account}:function:shop": {"function"},
        "arn:aws:iam::123456789012:role/shop": {"role"},
        f"arn:aws:rds:{account}:db:shop": {"database"},
        f"arn:aws:sqs:{account}:shop": set(),
        "shop:1": {"function", "task"},
        "shop": {"bucket", "function", "role", "user", "database"},
    }
    found = bearers(resources, names)
    assert {name: {address for _, address in found.get(name, ())} for name in names} == names
