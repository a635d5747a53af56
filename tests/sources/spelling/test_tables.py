"""The tables of the package: well formed, true to the schemas, and complete for what the controls read."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from types import FrameType

import pytest
import yaml

from mainstay.catalog import load, load_shapes
from mainstay.model.errors import DataError
from mainstay.sources.spelling import Table, Tables, check_tables, load_tables, read_tables, unspelled
from mainstay.sources.spelling.tables import DIRECTORY
from mainstay.verbs.judging import reads_by_type

ONLY_IN_TEMPLATES = {
    "AWS::Account": "Terraform has its settings, each a resource of its own: pieces of it",
    "AWS::DynamoDB::GlobalTable": "Terraform's aws_dynamodb_table has replicas",
    "AWS::IAM::Policy": "Terraform's policies of a role, a user or a group are types of their own",
    "AWS::SecretsManager::SecretTargetAttachment": "Terraform has no resource that ties a secret to its database",
    "AWS::SNS::TopicInlinePolicy": "Terraform's aws_sns_topic_policy is the policy proper",
    "AWS::SQS::QueueInlinePolicy": "Terraform's aws_sqs_queue_policy is the policy proper",
}
"""Types that controls judge and Terraform has no resource for, with what it has instead."""


def read_paths() -> Mapping[str, frozenset[str]]:
    """By type, all paths that the built-in controls read, those of related resources at their own types."""
    reads = {type: set(paths) for type, paths in reads_by_type(load().controls).items()}
    for paths in list(reads.values()):
        for path in sorted(paths):
            if path.startswith("related."):
                type, _, inner = path.removeprefix("related.").partition(".")
                reads.setdefault(type, set()).update([inner] if inner else [])
    return {type: frozenset(paths) for type, paths in reads.items()}


READS = read_paths()


def main_tables(tables: Tables, type: str) -> list[Table]:
    """Terraform's tables of a type, those of inline blocks and attributes among them."""
    every = [*tables.terraform.values()]
    every += [inner for table in tables.terraform.values() for inner in table.emit.values()]
    return [table for table in every if table.type == type and table.merge is None]


@pytest.mark.parametrize("type", sorted(READS))
def test_terraform_spells_every_property_that_a_control_reads(type: str) -> None:
    tables = load_tables()
    spelling = main_tables(tables, type)
    assert bool(spelling) is (type not in ONLY_IN_TEMPLATES)
    for table in spelling:
        assert unspelled(sorted(READS[type]), table, tables.terraform.values(), load_shapes()[type]) == [], table.name


def test_the_tables_are_true_to_the_schemas() -> None:
    assert [str(fault) for fault in check_tables(load_tables(), load_shapes())] == []


def test_a_property_that_is_not_spelled_is_found() -> None:
    tables, shape = load_tables(), load_shapes()["AWS::RDS::DBInstance"]
    table = tables.terraform["aws_db_instance"]
    less, others = replace(table, same=table.same - {"multi_az"}), tables.terraform.values()
    assert unspelled(["MultiAZ"], less, others, shape) == ["MultiAZ"]
    assert unspelled(["StorageEncrypted.Deep"], table, others, shape) == ["StorageEncrypted.Deep"]


def test_reading_the_tables_costs_little_more_than_their_yaml() -> None:
    """Every start pays for it. Calls are counted, which are the same on any machine; a tenth of a second is 125,000."""
    files = sorted(DIRECTORY.glob("*.yaml"))
    events = sum(1 for file in files for _ in yaml.parse(file.read_text(encoding="utf-8"), yaml.CLoader))
    calls = 0

    def count(_: FrameType, event: str, __: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        read_tables(files)
    finally:
        sys.setprofile(None)
    assert calls < 9 * events


def faults(directory: Path, text: str) -> list[str]:
    file = directory / "t.yaml"
    file.write_text(dedent(text), encoding="utf-8")
    try:
        return [str(fault) for fault in check_tables(read_tables([file]), load_shapes())]
    except DataError as error:
        return [str(fault) for fault in error.faults]


def test_faults_have_places_and_are_collected(tmp_path: Path) -> None:
    text = """\
    terraform:
      aws_a:
        type: AWS::S3::Bucket
        colour: red
        default: {acl: {value: 1}}
        pairs: {x: {in: Tags}}
        same: [acl, acl]
      aws_b: {type: nothing}
      aws_c: {type: AWS::S3::Bucket, merge_into: {append: Tags}}
      aws_d: red
      aws_e: {alias: aws_z}
    """
    assert faults(tmp_path, text) == [
        "t.yaml:4:5: unknown key 'colour'",
        "t.yaml:6:16: pairs of x needs `in` and `key`",
        "t.yaml:5:20: a default needs `value` and `since`",
        "t.yaml:7:5: acl stands twice in same",
        "t.yaml:8:10: aws_b names no type",
        "t.yaml:9:10: a piece needs `by`",
        "t.yaml:10:3: aws_d must be a map",
        "aws_e is an alias of aws_z, which has no table",
    ]


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ("{type: AWS::S3::Basket}", "AWS::S3::Basket is no resource type"),
        ("{type: AWS::S3::Bucket, rename: {a: Colour}}", "AWS::S3::Bucket has no property Colour"),
        ("{type: AWS::S3::Bucket, value: {Tags.Colour: {a: b}}}", "AWS::S3::Bucket has no property Tags.Colour"),
        ("{type: AWS::S3::Bucket, without: [Colour]}", "AWS::S3::Bucket has no property Colour"),
        ("{type: AWS::S3::Bucket, same: [colour]}", "AWS::S3::Bucket has no property that colour is the same as"),
        (
            "{type: AWS::S3::Bucket, same: [tags], rename: {tags: Tags}}",
            "tags is both `same` and spelled another way",
        ),
        (
            "{type: AWS::S3::Bucket, default: {colour: {value: 1, since: x}}}",
            "the default of colour leads nowhere",
        ),
        (
            "{type: AWS::S3::Bucket, rename: {t: Tags}, split: {t.list: Colour}}",
            "AWS::S3::Bucket has no property Colour to split t by",
        ),
        (
            "{type: AWS::S3::Bucket, merge_into: {by: {b: BucketName}, append: BucketName}}",
            "AWS::S3::Bucket has no list BucketName",
        ),
    ],
)
def test_what_the_schemas_do_not_have_is_a_fault(tmp_path: Path, entry: str, fault: str) -> None:
    assert faults(tmp_path, f"terraform:\n  aws_t: {entry}\n") == [f"t.yaml:2:10: aws_t: {fault}"]


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        ("{default: {Colour: {value: 1, since: x}}}", "AWS::S3::Bucket has no property Colour"),
        (
            "{links: {BucketName: [AWS::S3::Basket]}}",
            "AWS::S3::Bucket links to AWS::S3::Basket, which is no resource type",
        ),
    ],
)
def test_facts_of_what_the_schemas_do_not_have_are_faults(tmp_path: Path, facts: str, fault: str) -> None:
    assert faults(tmp_path, f"types:\n  AWS::S3::Bucket: {facts}\n") == [fault]


def test_a_type_has_one_table(tmp_path: Path) -> None:
    one, other = tmp_path / "a.yaml", tmp_path / "b.yaml"
    for file in (one, other):
        file.write_text("terraform:\n  aws_a: {type: AWS::S3::Bucket}\n", encoding="utf-8")
    with pytest.raises(DataError) as error:
        read_tables([one, other])
    assert [str(fault) for fault in error.value.faults] == ["b.yaml:2:10: aws_a has two tables"]
