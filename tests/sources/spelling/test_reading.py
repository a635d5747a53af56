"""Pieces and owners through the real reader of Terraform: modules, conditions, and names that nobody knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from mainstay import sources
from mainstay.catalog import load_shapes
from mainstay.model.resources import Resource
from mainstay.model.values import Value, find_mark
from mainstay.sources import Options
from mainstay.sources.spelling import Spelling

Read = Callable[[Mapping[str, str]], Mapping[str, Resource]]
Show = Callable[[Value], Value]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def run(files: Mapping[str, str]) -> Mapping[str, Resource]:
        for name, text in files.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(dedent(text), encoding="utf-8")
        scopes = list(sources.read([tmp_path], Options(), Spelling(load_shapes())))
        return {one.address: one for scope in scopes for one in scope.resources}

    return run


def bucket_and_versioning(bucket: str, versioning: str) -> dict[str, str]:
    return {
        "main.tf": f"""
        variable "on" {{}}
        variable "off" {{}}
        variable "name" {{}}
        resource "aws_s3_bucket" "b" {{
          {bucket}
        }}
        resource "aws_s3_bucket_versioning" "v" {{
          {versioning}
          versioning_configuration {{
            status = "Enabled"
          }}
        }}
        """
    }


@pytest.mark.parametrize(
    ("bucket", "versioning", "status"),
    [
        ("", "bucket = aws_s3_bucket.b.id", "Enabled"),
        ('bucket = "n"', "bucket = aws_s3_bucket.b.bucket", "Enabled"),
        ("bucket = var.name", "bucket = var.name", "Enabled"),
        ('bucket = "x-${var.name}"', 'bucket = "x-${var.name}"', "Enabled"),
        ("count = var.on ? 1 : 0", "count = var.on ? 1 : 0\n bucket = aws_s3_bucket.b[0].id", "Enabled"),
        ("", "count = var.on ? 1 : 0\n bucket = aws_s3_bucket.b.id", ("one of", None, {"Status": "Enabled"})),
        ('bucket = "n"', "bucket = var.name", ("one of", None, {"Status": "Enabled"})),
        ('bucket = "n"', 'bucket = "m"', None),
    ],
)
def test_what_a_bucket_knows_of_its_versioning(
    read: Read, showing: Show, bucket: str, versioning: str, status: Value
) -> None:
    resources = read(bucket_and_versioning(bucket, versioning))
    found = next(one for address, one in resources.items() if address.startswith("aws_s3_bucket.b"))
    configuration = showing(found.properties.get("VersioningConfiguration"))
    assert configuration == ({"Status": status} if status == "Enabled" else status)


def test_a_piece_in_a_module_belongs_to_a_bucket_outside(read: Read) -> None:
    resources = read(
        {
            "main.tf": """
                resource "aws_s3_bucket" "b" {}
                module "m" {
                  source = "./m"
                  bucket = aws_s3_bucket.b.id
                }
            """,
            "m/main.tf": """
                variable "bucket" {}
                resource "aws_s3_bucket_versioning" "v" {
                  bucket = var.bucket
                  versioning_configuration {
                    status = "Enabled"
                  }
                }
            """,
        }
    )
    assert list(resources) == ["aws_s3_bucket.b"]
    properties = resources["aws_s3_bucket.b"].properties
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert str(find_mark(properties, ["VersioningConfiguration", "Status"])).endswith("m/main.tf:6:5")


def test_containers_of_a_task_are_spelled_as_in_templates(read: Read, showing: Show) -> None:
    resources = read(
        {
            "main.tf": """
                variable "image" {}
                resource "aws_ecs_task_definition" "t" {
                  family = "f"
                  container_definitions = jsonencode([{
                    name                   = "web"
                    image                  = var.image
                    readonlyRootFilesystem = true
                    portMappings           = [{ containerPort = 80 }]
                    logConfiguration       = { logDriver = "awslogs", options = { "awslogs-group" = "g" } }
                  }])
                }
            """
        }
    )
    assert showing(resources["aws_ecs_task_definition.t"].properties["ContainerDefinitions"]) == [
        {
            "Name": "web",
            "Image": "?",
            "ReadonlyRootFilesystem": True,
            "PortMappings": [{"ContainerPort": 80}],
            "LogConfiguration": {"LogDriver": "awslogs", "Options": {"awslogs-group": "g"}},
        }
    ]
