"""The ASFF output: within the limits of AWS's own service model, and taken by the service's double."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any, get_args

import boto3
import botocore.session
import pytest
from botocore.model import ListShape, Shape, StringShape, StructureShape
from botocore.validate import ParamValidator
from moto import mock_aws

from mainstay.catalog import load_shapes
from mainstay.model.decisions import Waiver
from mainstay.model.errors import UsageError
from mainstay.model.findings import Gap, Review, Subject, Verdict
from mainstay.model.places import Unit
from mainstay.outputs import FORMATS, Style
from mainstay.outputs.accounts import Home, stated_home
from mainstay.outputs.asff import STATUSES, left_out, resource_types, write_batches
from mainstay.outputs.texts import cut

MODEL = botocore.session.get_session().get_service_model("securityhub")
REQUEST = MODEL.operation_model("BatchImportFindings").input_shape
ACCOUNT, OTHER = "123456789012", "210987654321"
DENIED = Gap(
    "denied", "AccessDenied: ec2:DescribeVolumes", unit=Unit(ACCOUNT, "eu-west-1", "AWS::EC2::Volume"),
    call="ec2:DescribeVolumes", permission="ec2:DescribeVolumes", controls=("ebs-volume-is-encrypted",),
)  # fmt: skip
LENGTH = re.compile(r"Length Constraints: (?:Minimum.*?)?[Mm]aximum (?:length )?of (\d+)")


def subject(name: str, account: str = ACCOUNT, region: str = "eu-west-1") -> Subject:
    arn = f"arn:aws:rds:{region}:{account}:db:{name}"
    return Subject("AWS::RDS::DBInstance", arn, account, "", "live", region=region)


def live(review: Review, number: int = 1, **where: str) -> Review:
    """The review with its first finding on resources of an account, and a call that was refused."""
    first = replace(review.findings[0], reasons=tuple(replace(one, mark=None) for one in review.findings[0].reasons))
    return replace(
        review, findings=[replace(first, subject=subject(f"db-{n}", **where)) for n in range(number)], gaps=[DENIED]
    )


def batches(review: Review, home: Home | None = None) -> list[list[dict[str, Any]]]:
    stream = io.StringIO()
    if home is None:
        FORMATS["asff"](review, stream, Style())
    else:
        write_batches(review, stream, home)
    return [json.loads(line)["Findings"] for line in stream.getvalue().splitlines()]


def too_long(value: Any, shape: Shape, path: str = "") -> Iterator[str]:
    """The texts and lists that are longer than the prose of the service's model allows, which its types don't say."""
    told = re.sub("<[^>]+>", "", shape.documentation)
    if isinstance(shape, StringShape) and (limit := LENGTH.search(told)) and len(value) > int(limit[1]):
        yield path
    if isinstance(shape, ListShape):
        if (most := re.search(r"Maximum number of (\d+) item", told)) and len(value) > int(most[1]):
            yield path
        for one in value:
            yield from too_long(one, shape.member, f"{path}[]")
    if isinstance(shape, StructureShape):
        for name in value.keys() & shape.members.keys():
            yield from too_long(value[name], shape.members[name], f"{path}.{name}")


def faults(batch: list[dict[str, Any]]) -> list[str]:
    document = {"Findings": batch}
    report = ParamValidator().validate(document, REQUEST)
    longer = list(too_long(document, REQUEST))
    fields = [one for entry in batch for one in entry["ProductFields"].items()]
    longer += [key for key, value in fields if len(key) > 128 or len(value) > 2048]
    assert all(len(entry["ProductFields"]) <= 50 and len(json.dumps(entry)) < 240_000 for entry in batch)
    return [*([report.generate_report()] if report.has_errors() else []), *longer]


@pytest.mark.parametrize("length", [1, 5_000])
def test_every_finding_is_within_the_limits_of_the_service(weak: Review, length: int) -> None:
    first = replace(weak.findings[0], verdict="waived", waiver=Waiver("x" * length, "file", "o" * length, date.max))
    control = replace(
        first.control, id="i" * length, title="é" * length, why="w" * length, fix="f" * length,
        practices=tuple(f"SEC{number:02}-BP01" for number in range(1, 45)),
    )  # fmt: skip
    told = replace(subject("a" * length), may_exist="m" * length, module="m" * length)
    gap = replace(DENIED, reason="r" * length, controls=("c" * length,), call="c" * length)
    review = replace(weak, findings=[replace(first, control=control, subject=told)], gaps=[gap])
    (batch,) = batches(review)
    assert len(batch) == 2
    assert faults(batch) == []
    assert any(entry["Title"].endswith("…") for entry in batch) == (length > 1)


def test_the_check_of_the_limits_finds_what_is_wrong(weak: Review) -> None:
    ((entry, _),) = batches(live(weak))
    assert any("SchemaVersions" in one for one in faults([entry | {"SchemaVersions": "1"}]))
    assert faults([entry | {"Title": "t" * 257}]) == [".Findings[].Title"]
    assert faults([entry | {"Types": ["t"] * 51}]) == [".Findings[].Types"]


def test_the_service_takes_every_batch(weak: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    review = live(weak, 150)
    with mock_aws():
        hub = boto3.client("securityhub", region_name="eu-west-1")
        taken = [hub.batch_import_findings(Findings=batch) for batch in batches(review)]  # type: ignore[arg-type]
        assert [(one["SuccessCount"], one["FailedCount"]) for one in taken] == [(100, 0), (51, 0)]
        kept = [one for page in hub.get_paginator("get_findings").paginate() for one in page["Findings"]]
    assert {one["Resources"][0]["Id"] for one in kept} == {
        *(finding.subject.address for finding in review.findings), f"AWS::::Account:{ACCOUNT}",
    }  # fmt: skip


def test_a_batch_is_of_one_account_and_region_and_of_100_at_most(weak: Review) -> None:
    home, away = live(weak, 201), live(weak, 3, account=OTHER)
    there = live(weak, 2, region="us-east-1")
    review = replace(home, findings=[*home.findings, *away.findings, *there.findings])
    sizes = Counter()
    for batch in batches(review):
        assert len(batch) <= 100
        (product,) = {entry["ProductArn"] for entry in batch}
        sizes[product] += len(batch)
    assert sizes == {
        f"arn:aws:securityhub:eu-west-1:{ACCOUNT}:product/{ACCOUNT}/default": 202,
        f"arn:aws:securityhub:eu-west-1:{OTHER}:product/{OTHER}/default": 3,
        f"arn:aws:securityhub:us-east-1:{ACCOUNT}:product/{ACCOUNT}/default": 2,
    }


@pytest.mark.parametrize(
    ("region", "arn", "partition", "told"),
    [
        ("", "arn:aws:iam::123456789012:role/x", "aws", "us-east-1"),
        ("global", "arn:aws-us-gov:iam::123456789012:role/x", "aws-us-gov", "us-gov-west-1"),
        ("cn-north-1", "cn-north-1/AWS::X::Y/z", "aws-cn", "cn-north-1"),
    ],
)
def test_a_global_service_is_told_where_its_partition_tells_them(
    weak: Review, region: str, arn: str, partition: str, told: str
) -> None:
    one = replace(weak.findings[0], subject=replace(subject("x"), address=arn, region=region))
    ((entry,),) = batches(replace(weak, findings=[one], gaps=[]))
    assert entry["ProductArn"] == f"arn:{partition}:securityhub:{told}:{ACCOUNT}:product/{ACCOUNT}/default"
    assert entry["Resources"][0]["Region"] == told


def test_code_is_written_only_for_the_account_that_it_is_said_to_be_of(weak: Review) -> None:
    assert batches(weak) == []
    assert left_out(weak) == len(weak.findings) + len(weak.gaps)
    home = Home(ACCOUNT, "eu-west-1")
    assert left_out(weak, home) == 0
    (batch,) = batches(weak, home)
    assert len(batch) == left_out(weak)
    assert faults(batch) == []
    assert batch[0]["ProductFields"]["mainstay/Place"] == "infra/database.tf:14:3"


def test_a_home_for_code_is_an_account_and_a_region() -> None:
    assert stated_home(ACCOUNT, "cn-north-1", "aws-cn") == Home(ACCOUNT, "cn-north-1", "aws-cn")
    assert stated_home(ACCOUNT, None) is None
    assert stated_home(None, "eu-west-1") is None
    with pytest.raises(UsageError, match="'prod' is no account"):
        stated_home("prod", "eu-west-1")


@pytest.mark.parametrize(
    ("verdict", "status", "work", "label"),
    [
        ("pass", "PASSED", "RESOLVED", "INFORMATIONAL"),
        ("fail", "FAILED", "NEW", "CRITICAL"),
        ("unknown", "WARNING", "NEW", "CRITICAL"),
        ("not_applicable", "NOT_AVAILABLE", "RESOLVED", "INFORMATIONAL"),
        ("waived", "FAILED", "SUPPRESSED", "CRITICAL"),
    ],
)
def test_a_verdict_has_its_status(weak: Review, verdict: Verdict, status: str, work: str, label: str) -> None:
    assert set(STATUSES) == set(get_args(Verdict))
    one = replace(live(weak).findings[0], verdict=verdict)
    ((entry,),) = batches(replace(weak, findings=[one], gaps=[]))
    assert (entry["Compliance"]["Status"], entry["Workflow"]["Status"]) == (status, work)
    assert entry["Severity"]["Label"] == entry["FindingProviderFields"]["Severity"]["Label"] == label


def test_a_gap_is_a_finding_about_the_account(weak: Review) -> None:
    ((_, entry),) = batches(live(weak))
    assert entry["Compliance"]["Status"] == "NOT_AVAILABLE"
    assert entry["Resources"][0]["Type"] == "AwsAccount"
    assert entry["ProductFields"]["mainstay/Permission"] == "ec2:DescribeVolumes"


def test_a_resource_has_the_services_name_of_its_type() -> None:
    known = set(MODEL.shape_for("ResourceDetails").members) | {"AwsAccount"}
    types = resource_types()
    assert set(types.values()) <= known
    shapes = load_shapes()
    assert [name for name in types if name not in shapes and name != "AWS::Account"] == []
    assert (types["AWS::EC2::Instance"], types["AWS::ElasticLoadBalancingV2::LoadBalancer"]) == (
        "AwsEc2Instance",
        "AwsElbv2LoadBalancer",
    )


def test_a_type_that_the_service_has_no_name_for_is_told_beside(weak: Review) -> None:
    one = replace(weak.findings[0], subject=replace(subject("x"), type="AWS::AppRunner::Service"))
    ((entry,),) = batches(replace(weak, findings=[one], gaps=[]))
    (resource,) = entry["Resources"]
    assert (resource["Type"], resource["Details"]) == ("Other", {"Other": {"type": "AWS::AppRunner::Service"}})


@pytest.mark.parametrize(
    ("text", "most", "kept"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("  a\n b\t", 9, "a b"),
        ("", 5, "-"),
        ("\U0001f600\U0001f600", 4, "\U0001f600\U0001f600"),
        ("\U0001f600\U0001f600\U0001f600", 4, "\U0001f600…"),
        ("ae\u0301x", 3, "a…"),
        ("\udc80\x1b", 40, "\\udc80\\x1b"),
    ],
)
def test_a_text_is_cut_between_characters(text: str, most: int, kept: str) -> None:
    assert cut(text, most) == kept
