"""`new control`: what it writes loads, and its examples run, for whatever type there is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mainstay.catalog import load, load_shapes
from mainstay.model.errors import UsageError
from mainstay.model.resources import Resource
from mainstay.model.values import Record
from mainstay.verbs.examples import run_examples
from mainstay.verbs.scaffold import new_control

TYPES = (
    "AWS::S3::Bucket",
    "AWS::RDS::DBInstance",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::VPC",
    "AWS::IAM::Role",
    "AWS::IAM::ManagedPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::CloudFront::Distribution",
    "AWS::WAFv2::IPSet",
    "AWS::EC2::EIP",
    "AWS::Serverless::Function",
    "AWS::IAM::AccountPasswordPolicy",
)


def untouched(resource: Resource) -> Resource:
    return resource


def defaults_on(resource: Resource) -> Resource:
    """A service that encrypts and protects databases when nothing is said."""
    filled = {
        "DeletionProtection": True,
        "StorageEncrypted": True,
        "MultiAZ": True,
        "EnableIAMDatabaseAuthentication": True,
    }
    return replace(resource, properties=Record({**filled, **resource.properties}))


@pytest.mark.parametrize("kind", TYPES)
def test_the_skeleton_loads_and_its_examples_run(tmp_path: Path, kind: str) -> None:
    file = new_control(tmp_path / "mine", "example-is-safe", kind)
    assert file == tmp_path / "mine/example-is-safe.yaml"
    catalog = load([tmp_path / "mine"], builtin=False)
    assert [(control.id, control.applies_to) for control in catalog.controls] == [("example-is-safe", (kind,))]
    report = run_examples(catalog, untouched)
    assert (report.example_count >= 2, report.mismatches) == (True, ())


def test_the_examples_of_the_skeleton_know_what_the_service_does(tmp_path: Path) -> None:
    new_control(tmp_path, "rds-is-safe", "AWS::RDS::DBInstance", prepare=defaults_on)
    assert run_examples(load([tmp_path], builtin=False), defaults_on).mismatches == ()


def test_a_telling_property_is_proposed(tmp_path: Path) -> None:
    text = new_control(tmp_path, "volume-is-safe", "AWS::EC2::Volume").read_text()
    assert "  expect: {Encrypted: true}\n" in text
    assert "      - {}\n" in text


def test_the_skeleton_goes_into_the_controls_folder_where_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "controls").mkdir()
    assert new_control(tmp_path, "vpc-is-safe", "AWS::EC2::VPC") == tmp_path / "controls/vpc-is-safe.yaml"


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    file = new_control(tmp_path, "vpc-is-safe", "AWS::EC2::VPC")
    file.write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        new_control(tmp_path, "vpc-is-safe", "AWS::EC2::VPC")
    assert file.read_text() == "mine"


def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        new_control(tmp_path / "file", "vpc-is-safe", "AWS::EC2::VPC")


@pytest.mark.parametrize("id", ["", "vpc", "VPC-is-safe", "vpc is safe", "../vpc-is-safe", "vpc-", "a-" + "b" * 100])
def test_an_id_that_is_no_kebab_sentence_is_refused(tmp_path: Path, id: str) -> None:
    with pytest.raises(UsageError, match="kebab-case"):
        new_control(tmp_path, id, "AWS::EC2::VPC")
    assert list(tmp_path.iterdir()) == []


def test_an_id_of_the_builtin_catalogue_is_refused(tmp_path: Path) -> None:
    taken = load().controls[0].id
    with pytest.raises(UsageError, match=f"`mainstay explain {taken}` shows it"):
        new_control(tmp_path, taken, "AWS::EC2::VPC")


def test_a_type_that_does_not_exist_is_refused_with_a_suggestion(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"did you mean 'AWS::S3::Bucket'\?"):
        new_control(tmp_path, "s3-is-safe", "AWS::S3::Buckett")


@pytest.mark.slow
def test_a_skeleton_can_be_written_for_every_type(tmp_path: Path) -> None:
    bare = 0
    for number, kind in enumerate(load_shapes()):
        directory = tmp_path / str(number)
        try:
            new_control(directory, "example-is-safe", kind)
        except UsageError:
            bare += 1
            continue
        assert run_examples(load([directory], builtin=False), untouched).mismatches == (), kind
    assert bare < 10
