"""An account with buckets and queues in it, and what a pass over it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from mainstay.engine import parse
from mainstay.evidence import Ledger, Recorded
from mainstay.model.controls import Control, Severity
from mainstay.model.evidence import Pass
from mainstay.model.findings import Finding, Reason, Subject, Verdict
from mainstay.model.places import Unit
from mainstay.model.resources import Origin, Resource
from mainstay.model.values import Record, Value

ACCOUNT = "111122223333"
REGION = "eu-central-1"
BUCKET = "AWS::S3::Bucket"
QUEUE = "AWS::SQS::Queue"
BUCKETS = Unit(ACCOUNT, "global", BUCKET)
QUEUES = Unit(ACCOUNT, REGION, QUEUE)
START = datetime(2026, 1, 1, 12, tzinfo=UTC)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def control(id: str = "s3-keeps-versions", severity: Severity = "medium", type: str = BUCKET) -> Control:
    return Control(
        id, "Buckets keep versions", (type,), parse({"A": 1}), severity, "data", ("REL09-BP01",), "Lost.", "Keep them."
    )  # fmt: skip


def bucket(name: str, owner: str = "", **properties: Value) -> Resource:
    tags = {"Tags": [{"Key": "owner", "Value": owner}]} if owner else {}
    arn = f"arn:aws:s3:::{name}"
    body = Record({"BucketName": name, **tags, **properties})
    return Resource(BUCKET, arn, body, Origin("live", ACCOUNT, None, region=REGION), names=frozenset({name, arn}))


def queue(name: str) -> Resource:
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    origin = Origin("live", ACCOUNT, None, region=REGION)
    return Resource(QUEUE, arn, Record({"QueueName": name}), origin, names=frozenset({arn}))


def finding(of: Resource, verdict: Verdict = "fail", by: Control | None = None, actual: str = "is off") -> Finding:
    subject = Subject(of.type, of.address, of.origin.scope, "", "live", region=of.origin.region)
    reasons = () if verdict == "pass" else (Reason("VersioningConfiguration.Status", "be 'Enabled'", actual),)
    return Finding(by or control(), verdict, subject, reasons)


def everything(*_: str) -> bool:
    return True


def look(
    ledger: Ledger,
    at: datetime,
    resources: Iterable[Resource],
    findings: Iterable[Finding],
    covered: Callable[[str, str, str, str], bool] = everything,
) -> tuple[Pass, Recorded]:
    """A whole pass over the buckets."""
    pass_ = ledger.begin("live", ACCOUNT, "1.0", at)
    ledger.record_unit(pass_, BUCKETS, resources, (), at)
    recorded = ledger.record_findings(pass_, findings, covered, at=at)
    ledger.end(pass_, "complete", at)
    return pass_, recorded
