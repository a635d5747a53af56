"""One module with every construct that readers of Terraform get wrong, and the right answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from mainstay.model.findings import Gap
from mainstay.model.values import ABSENT, Document, Items, OneOf, Ref, Text, Unknown
from mainstay.sources.raw import RawResource
from mainstay.sources.terraform import Library, Options, read_root

TREE = Path(__file__).with_name("torture")


@pytest.fixture(scope="module")
def items() -> list[RawResource | Gap]:
    return list(read_root(TREE, Library(TREE, lambda path: path.name), Options()))


@pytest.fixture(scope="module")
def found(items: list[RawResource | Gap]) -> dict[str, RawResource]:
    return {item.address: item for item in items if isinstance(item, RawResource)}


def test_every_instance_is_there_and_those_that_may_not_exist_say_so(found: dict[str, RawResource]) -> None:
    assert {address for address, item in found.items() if item.may_exist is not None} == {
        "aws_ebs_volume.maybe[0]",
        "aws_ebs_volume.maybe[1]",
        "aws_ebs_volume.zone[?]",
    }
    assert {address for address, item in found.items() if item.may_exist is None} == {
        "aws_s3_bucket.known",
        "aws_s3_bucket_versioning.undecided",
        "aws_s3_bucket_versioning.same",
        'aws_ebs_volume.both["a"]',
        'aws_ebs_volume.both["b"]',
        "aws_security_group.known",
        "aws_security_group.unknown",
        "aws_iam_policy.encoded",
        "aws_iam_policy.rendered",
        "aws_db_instance.tried",
        "aws_instance.uses",
    }


def test_what_is_known_is_known(found: dict[str, RawResource]) -> None:
    assert found["aws_s3_bucket.known"].body["bucket"] == "a-Enabled"
    assert found["aws_s3_bucket.known"].body["tags"] == {"Owner": "platform"}
    assert found["aws_s3_bucket_versioning.same"].body["versioning_configuration"] == [{"status": "Enabled"}]
    assert found['aws_ebs_volume.both["a"]'].body["encrypted"] is True
    assert found["aws_ebs_volume.maybe[0]"].body["encrypted"] is False
    assert found["aws_db_instance.tried"].body["storage_encrypted"] is True
    assert found["aws_instance.uses"].body["size"] == 16
    assert found["aws_security_group.known"].body["ingress"] == [
        {"from_port": 443, "protocol": "tcp"},
        {"from_port": 80, "protocol": "tcp"},
    ]


def test_what_is_not_known_keeps_what_is_known_of_it(found: dict[str, RawResource]) -> None:
    status = found["aws_s3_bucket_versioning.undecided"].body["versioning_configuration"][0]["status"]
    assert isinstance(status, OneOf)
    assert (status.options, status.settle) == (("Enabled", "Suspended"), "set var.env or pass a plan")
    bucket = found["aws_s3_bucket_versioning.same"].body["bucket"]
    assert isinstance(bucket, Ref)
    assert (bucket.address, bucket.path) == ("aws_s3_bucket.known", "id")
    ingress = found["aws_security_group.unknown"].body["ingress"]
    assert isinstance(ingress, Items)
    assert ingress.rest is not ABSENT
    assert ingress.rest["cidr_blocks"] == ["0.0.0.0/0"]
    for name in ("encoded", "rendered"):
        policy = found[f"aws_iam_policy.{name}"].body["policy"]
        assert isinstance(policy, Document)
        assert isinstance(policy.value["Statement"][0]["Resource"], Text)
    subnet = found["aws_instance.uses"].body["subnet"]
    assert isinstance(subnet, Unknown)
    assert subnet.settle == "run terraform init"


def test_what_could_not_be_read_is_said(items: list[RawResource | Gap]) -> None:
    gaps = [item for item in items if isinstance(item, Gap)]
    assert sorted(gap.kind for gap in gaps) == ["module", "syntax"]
    assert all(gap.place is not None for gap in gaps)
