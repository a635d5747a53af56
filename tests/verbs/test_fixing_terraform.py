"""Fixes in Terraform: what is written where, in the style of what stands around it, and what is left to a person."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from tests.verbs.repairs import fixed, refusals, reviewed, written

from mainstay.verbs.fixing import fixes, rewritten

BACKUPS, STANDBY, PROTECTED = (
    "rds-keeps-backups-for-a-week",
    "rds-survives-zone-loss",
    "rds-withstands-a-mistaken-delete",
)
VERSIONS, ROTATES, RECOVERS = "s3-keeps-versions", "kms-key-rotates", "dynamodb-recovers-to-a-point-in-time"
CLOSED = (
    "s3-blocks-public-acls",
    "s3-blocks-public-policies",
    "s3-ignores-public-acls",
    "s3-restricts-public-policies",
)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


CASES = {
    "a literal is replaced and its comment kept": (
        (BACKUPS,),
        """\
        resource "aws_db_instance" "orders" {
          engine                  = "postgres"
          backup_retention_period = 1 # one is enough
        }
        """,
        """\
        resource "aws_db_instance" "orders" {
          engine                  = "postgres"
          backup_retention_period = 7 # one is enough
        }
        """,
    ),
    "attributes are added behind the last one, aligned as it is": (
        (BACKUPS, STANDBY, PROTECTED),
        """\
        resource "aws_db_instance" "orders" {
          identifier                = "orders"
          engine                    = "postgres"
          final_snapshot_identifier = "orders" # the last one

          timeouts {
            create = "2h"
          }
        }
        """,
        """\
        resource "aws_db_instance" "orders" {
          identifier                = "orders"
          engine                    = "postgres"
          final_snapshot_identifier = "orders" # the last one
          backup_retention_period   = 7
          multi_az                  = true
          deletion_protection       = true

          timeouts {
            create = "2h"
          }
        }
        """,
    ),
    "a nested block is added at the end": (
        (RECOVERS,),
        """\
        resource "aws_dynamodb_table" "orders" {
          name = "orders"
          # more to come
        }
        """,
        """\
        resource "aws_dynamodb_table" "orders" {
          name = "orders"
          # more to come

          point_in_time_recovery {
            enabled = true
          }
        }
        """,
    ),
    "blocks on one line are opened up": (
        (ROTATES, RECOVERS),
        """\
        resource "aws_kms_key" "data" {}
        resource "aws_dynamodb_table" "orders" { name = "orders" }
        """,
        """\
        resource "aws_kms_key" "data" {
          enable_key_rotation = true
        }
        resource "aws_dynamodb_table" "orders" {
          name = "orders"

          point_in_time_recovery {
            enabled = true
          }
        }
        """,
    ),
    "windows line ends and a missing last one stay": (
        (ROTATES,),
        'resource "aws_kms_key" "data" {\r\n  description = "data"\r\n}',
        'resource "aws_kms_key" "data" {\r\n  description = "data"\r\n  enable_key_rotation = true\r\n}',
    ),
    "a heredoc is no place to write in": (
        ("ec2-instance-reports-every-minute",),
        """\
        resource "aws_instance" "web" {
          user_data = <<-END
            monitoring = false
          END
        }
        """,
        """\
        resource "aws_instance" "web" {
          user_data = <<-END
            monitoring = false
          END
          monitoring = true
        }
        """,
    ),
    "each element of a list is set in its own block": (
        ("cloudfront-compresses",),
        """\
        resource "aws_cloudfront_distribution" "web" {
          default_cache_behavior {
            target_origin_id = "web"
          }

          ordered_cache_behavior {
            path_pattern = "/a"
            compress     = true
          }
          ordered_cache_behavior { path_pattern = "/b" }
        }
        """,
        """\
        resource "aws_cloudfront_distribution" "web" {
          default_cache_behavior {
            target_origin_id = "web"
            compress         = true
          }

          ordered_cache_behavior {
            path_pattern = "/a"
            compress     = true
          }
          ordered_cache_behavior {
            path_pattern = "/b"
            compress = true
          }
        }
        """,
    ),
    "what is missing is added to a list": (
        ("docdb-ships-logs",),
        """\
        resource "aws_docdb_cluster" "orders" {
          enabled_cloudwatch_logs_exports = ["audit"]
        }
        """,
        """\
        resource "aws_docdb_cluster" "orders" {
          enabled_cloudwatch_logs_exports = ["audit", "profiler"]
        }
        """,
    ),
    "a pair of key and value is the attribute that stands for it": (
        ("elb-withstands-a-mistaken-delete",),
        """\
        resource "aws_lb" "shop" {
          internal = true
        }
        """,
        """\
        resource "aws_lb" "shop" {
          internal = true
          enable_deletion_protection = true
        }
        """,
    ),
    "a property with a resource of its own gets one, once for all findings": (
        (VERSIONS, *CLOSED),
        """\
        resource "aws_s3_bucket" "data" {
          bucket = "data"
        }

        resource "aws_s3_bucket_public_access_block" "this" {
          bucket            = "data"
          block_public_acls = true
        }
        """,
        """\
        resource "aws_s3_bucket" "data" {
          bucket = "data"
        }

        resource "aws_s3_bucket_versioning" "data" {
          bucket = aws_s3_bucket.data.id

          versioning_configuration {
            status = "Enabled"
          }
        }

        resource "aws_s3_bucket_public_access_block" "this" {
          bucket            = "data"
          block_public_acls = true
          block_public_policy     = true
          ignore_public_acls      = true
          restrict_public_buckets = true
        }
        """,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_fix_reads_as_if_written_by_hand(name: str) -> None:
    ids, before, after = CASES[name]
    assert fixed("main.tf", before, *ids) == dedent(after)


def test_a_new_resource_goes_by_count_and_for_each_of_its_owner() -> None:
    text = fixed(
        "main.tf",
        """\
        resource "aws_s3_bucket" "counted" {
          count  = 2
          bucket = "data-${count.index}"
        }
        resource "aws_s3_bucket" "named" {
          for_each = toset(["a", "b"])
          bucket   = each.key
        }
        resource "aws_s3_bucket_versioning" "named" {
          bucket = "somewhere-else"
          versioning_configuration { status = "Enabled" }
        }
        """,
        VERSIONS,
    )
    assert "  count  = length(aws_s3_bucket.counted)\n  bucket = aws_s3_bucket.counted[count.index].id\n" in text
    assert 'resource "aws_s3_bucket_versioning" "named_2" {\n  for_each = aws_s3_bucket.named\n' in text


def test_a_resource_of_its_own_that_goes_over_its_owners_is_found() -> None:
    text = fixed(
        "main.tf",
        """\
        resource "aws_s3_bucket" "data" {
          for_each = toset(["a", "b"])
          bucket   = each.key
        }

        resource "aws_s3_bucket_public_access_block" "data" {
          for_each          = aws_s3_bucket.data
          bucket            = each.value.id
          block_public_acls = true
        }
        """,
        "s3-blocks-public-acls",
        "s3-blocks-public-policies",
    )
    assert text.count("public_access_block") == 1
    assert "  block_public_acls = true\n  block_public_policy = true\n}" in text


MODULE = {
    "main.tf": """\
        module "live" {
          source  = "./database"
          protect = true
        }
        module "test" {
          source  = "./database"
          protect = false
        }
        """,
    "database/main.tf": """\
        variable "protect" {}
        resource "aws_db_instance" "this" {
          engine              = "postgres"
          deletion_protection = var.protect
        }
        """,
}


def test_a_module_is_changed_once_where_all_its_instances_fail_alike() -> None:
    written(Path(), MODULE)
    changed = rewritten(fixes(reviewed(STANDBY)))
    assert list(changed) == ["database/main.tf"]
    assert changed["database/main.tf"].count(b"multi_az            = true") == 1


REFUSED = {
    "it is `var.days`, declared at main.tf:1; change it there": """\
        variable "days" { default = 1 }
        resource "aws_db_instance" "orders" {
          engine                  = "postgres"
          backup_retention_period = var.days
        }
        """,
    "it is `local.days`; change it there": """\
        locals { days = 1 }
        resource "aws_db_instance" "orders" {
          engine                  = "postgres"
          backup_retention_period = local.days
        }
        """,
}


@pytest.mark.parametrize("reason", REFUSED)
def test_an_expression_is_left_to_whoever_knows_what_else_it_says(reason: str) -> None:
    assert refusals({"main.tf": REFUSED[reason]}, BACKUPS) == [reason]


def test_a_module_whose_instances_differ_is_left() -> None:
    (reason,) = refusals(MODULE, PROTECTED)
    assert reason == "module.live.aws_db_instance.this is declared by the same block, and is not alike"


def test_a_downloaded_module_is_left() -> None:
    files = {
        "main.tf": 'module "data" { source = "registry.example/data/aws" }\n',
        ".terraform/modules/modules.json": '{"Modules": [{"Key": "data", "Dir": ".terraform/modules/data"}]}',
        ".terraform/modules/data/main.tf": 'resource "aws_kms_key" "data" {}\n',
    }
    assert refusals(files, ROTATES) == ["the module is not yours: it was downloaded"]


def test_what_a_dynamic_block_generates_is_left() -> None:
    text = """\
        locals { states = ["Suspended"] }
        resource "aws_s3_bucket" "data" {
          bucket = "data"
          dynamic "versioning" {
            for_each = local.states
            content {
              enabled = false
            }
          }
        }
        """
    (reason,) = refusals({"main.tf": text}, VERSIONS)
    assert reason == "a dynamic block generates versioning; change what it is generated from"


def test_json_syntax_is_left() -> None:
    text = '{"resource": {"aws_kms_key": {"data": {"enable_key_rotation": false}}}}'
    assert refusals({"main.tf.json": text}, ROTATES) == ["the resource is written in JSON; change it there"]


def test_an_override_file_is_changed_where_it_says_the_very_thing() -> None:
    files = {
        "main.tf": 'resource "aws_kms_key" "data" {\n  enable_key_rotation = true\n}\n',
        "override.tf": 'resource "aws_kms_key" "data" {\n  enable_key_rotation = false\n}\n',
    }
    written(Path(), files)
    assert list(rewritten(fixes(reviewed(ROTATES)))) == ["override.tf"]
