"""The OCSF output: valid by the schema of its version, whole, and read back by our own reader.

`ocsf_compliance_finding.schema.json` is compiled from the official schema by `tools/build_ocsf_schema.py`, and is
stricter: attributes whose objects are never written are not allowed.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest

from mainstay.model.decisions import Known, Waiver
from mainstay.model.errors import UsageError
from mainstay.model.findings import Gap, Review, Subject, Verdict
from mainstay.model.places import Unit
from mainstay.outputs import FORMATS, Style
from mainstay.outputs.ocsf import STATES
from mainstay.sources.reports import read_report

SCHEMA = json.loads((Path(__file__).parent / "ocsf_compliance_finding.schema.json").read_text())
VALID = jsonschema.Draft202012Validator(SCHEMA)
ARN = "arn:aws-cn:rds:cn-north-1:123456789012:db:orders"
DENIED = Gap(
    "denied", "AccessDenied: s3:GetBucketPolicy", unit=Unit("123456789012", "global", "AWS::S3::Bucket"),
    call="s3:GetBucketPolicy", permission="s3:GetBucketPolicy", controls=("s3-blocks-public-access",),
)  # fmt: skip


def text_of(review: Review) -> str:
    stream = io.StringIO()
    FORMATS["ocsf"](review, stream, Style())
    return stream.getvalue()


def events_of(review: Review) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = json.loads(text_of(review))
    return events


def live(review: Review) -> Review:
    """The review with its first finding on a resource of an account, and a call that was refused."""
    subject = Subject("AWS::RDS::DBInstance", ARN, "123456789012", "", "live", region="cn-north-1")
    reasons = tuple(replace(reason, mark=None) for reason in review.findings[0].reasons)
    first = replace(review.findings[0], subject=subject, reasons=reasons)
    return replace(review, findings=[first], gaps=[DENIED])


def test_the_document_is_valid_by_the_schema_of_its_version(weak: Review, sound: Callable[..., Review]) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for review in (weak, live(weak), sound(get_args(Verdict)), Review([], [], [], 0, 0)):
        VALID.validate(events_of(review))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["status"], "Resolved"),
        (["compliance", "status_id"], 4),
        (["compliance", "status"], "Warning"),
        (["resources", 0, "region"], 1),
        (["resources", 0, "arn"], "arn:aws:s3:::x"),
        (["metadata", "version"], "1.0.0"),
        (["metadata", "profiles"], []),
        (["time"], "2026-11-23T00:00:00Z"),
    ],
)
def test_the_schema_of_the_tests_refuses_what_is_wrong(weak: Review, path: list[str | int], value: object) -> None:
    events = events_of(live(weak))
    target: Any = events[0]
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        VALID.validate(events)


def test_every_verdict_and_every_gap_is_an_event(weak: Review) -> None:
    events = events_of(weak)
    uids = [event["finding_info"]["uid"] for event in events]
    assert uids == [*(f.fingerprint for f in weak.findings), *(gap.fingerprint for gap in weak.gaps)]
    assert [event["status_code"] for event in events[len(weak.findings) :]] == ["UNKNOWN"] * 3


@pytest.mark.parametrize(
    ("verdict", "result", "lifecycle"),
    [
        ("pass", "Pass", "Resolved"),
        ("fail", "Fail", "New"),
        ("unknown", "Warning", "New"),
        ("not_applicable", "Not Applicable", "Resolved"),
        ("waived", "Fail", "Suppressed"),
    ],
)
def test_a_verdict_has_its_status(sound: Callable[..., Review], verdict: Verdict, result: str, lifecycle: str) -> None:
    assert set(STATES) == set(get_args(Verdict))
    (event,) = events_of(sound((verdict,)))
    assert (event["compliance"]["status"], event["status"]) == (result, lifecycle)
    assert event["status_code"] == verdict.upper()


def test_a_live_resource_has_its_account_region_and_arn(weak: Review) -> None:
    event, gap = events_of(live(weak))
    assert event["cloud"]["account"]["uid"] == "123456789012"
    assert (event["cloud"]["region"], event["cloud"]["cloud_partition"]) == ("cn-north-1", "aws-cn")
    (resource,) = event["resources"]
    assert (resource["uid"], resource["region"], resource["type"]) == (ARN, "cn-north-1", "AWS::RDS::DBInstance")
    assert "evidences" not in event
    assert gap["cloud"] == {
        "provider": "AWS",
        "cloud_partition": "aws",
        "account": {"uid": "123456789012", "type_id": 10, "type": "AWS Account"},
    }
    assert gap["unmapped"]["permission"] == "s3:GetBucketPolicy"
    assert gap["unmapped"]["controls"] == ["s3-blocks-public-access"]


def test_a_gap_of_a_whole_account_has_its_account(weak: Review) -> None:
    gaps = [Gap("failed", "ExpiredToken", unit=Unit("123456789012")), weak.gaps[0]]
    whole, code = events_of(replace(weak, findings=[], gaps=gaps))
    assert whole["cloud"]["account"]["uid"] == "123456789012"
    assert "cloud" not in code


def test_code_has_its_places_and_no_account(weak: Review) -> None:
    event = events_of(weak)[0]
    assert "cloud" not in event
    (evidence,) = event["evidences"]
    assert (evidence["file"]["path"], evidence["data"]["line"]) == ("infra/database.tf", 14)


def test_a_directory_that_is_named_like_an_account_is_none(weak: Review) -> None:
    subject = replace(weak.findings[0].subject, scope="123456789012")
    (event,) = events_of(replace(weak, findings=[replace(weak.findings[0], subject=subject)], gaps=[]))
    assert "cloud" not in event


def test_a_waiver_is_told_with_who_and_until_when(weak: Review) -> None:
    waiver = Waiver("moves away", "file", "data-team", date(2027, 5, 1))
    (event,) = events_of(replace(weak, gaps=[], findings=[replace(weak.findings[0], verdict="waived", waiver=waiver)]))
    assert "waived by data-team until 2027-05-01: moves away" in event["status_detail"]
    assert event["unmapped"]["waiver"] == {
        "reason": "moves away", "source": "file", "expired": False, "owner": "data-team", "until": "2027-05-01",
    }  # fmt: skip


def test_a_known_failure_is_closed_only_where_its_resource_is_gone(weak: Review) -> None:
    first = weak.findings[0]
    still = Known(first.fingerprint, first.control.id, first.subject.type, first.subject.address, first.subject.scope)
    gone = Known("0" * 16, "rds-is-private", "AWS::RDS::DBInstance", "aws_db_instance.old", "infra")
    events = events_of(replace(weak, fixed=[still, gone]))
    VALID.validate(events)
    (closed,) = (event for event in events if event["activity_name"] == "Close")
    assert (closed["finding_info"]["uid"], closed["status"], closed["type_uid"]) == ("0" * 16, "Resolved", 200303)


def test_our_own_reader_takes_it_as_it_takes_other_scanners(weak: Review, tmp_path: Path) -> None:
    first, *rest = weak.findings
    review = replace(weak, findings=[replace(first, verdict="waived"), *rest])
    file = tmp_path / "mainstay.ocsf.json"
    file.write_text(text_of(review), "utf-8")
    reading = read_report(file, file.name)
    assert (reading.gaps, reading.remarks) == ((), ())
    (run,) = reading.runs
    assert run.tool == "mainstay"
    told = [one for one in review.findings if one.verdict not in ("pass", "not_applicable")]
    expected = [(one.control.id, one.control.severity, one.subject.address) for one in told]
    gaps = [
        ("gap-syntax", "low", "infra/cache.tf"),
        *(("gap-module", "low", gap.place.file) for gap in weak.gaps[1:] if gap.place),
    ]
    read = [(one.result.rule, one.result.severity, one.names[0]) for one in run.sightings]
    assert Counter(read) == Counter(expected + gaps)
    assert [one.result.rule for one in run.sightings if one.result.suppressed] == [first.control.id]


def test_the_time_is_what_a_reproducible_build_says(weak: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert {event["time"] for event in events_of(weak)} == {1700000000000}
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH is 'yesterday'"):
        text_of(weak)
