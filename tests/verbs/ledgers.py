"""A ledger with three passes over two buckets and a queue, and what they found; by the built-in catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from mainstay.catalog import Catalog, load
from mainstay.evidence import Ledger
from mainstay.model.controls import Control
from mainstay.model.decisions import Waiver
from mainstay.model.findings import Finding, Gap, Reason, Subject, Verdict
from mainstay.model.places import Unit
from mainstay.model.resources import Origin, Resource
from mainstay.model.values import Record, Value

ACCOUNT = "111122223333"
REGION = "eu-central-1"
BUCKET = "AWS::S3::Bucket"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAYS = (9, 3, 0)
"""How long ago the passes were."""

PUBLIC, VERSIONS, PLAIN_HTTP, LOGS = (
    "s3-acl-denies-public-read", "s3-keeps-versions", "s3-policy-refuses-plain-http", "s3-logs-access",
)  # fmt: skip
RETIRED = "s3-of-old-times"

Judged = dict[tuple[str, str], Verdict]

PASSES: tuple[Judged, ...] = (
    {
        ("orders", VERSIONS): "fail", ("logs", VERSIONS): "fail", ("orders", PUBLIC): "pass",
        ("orders", PLAIN_HTTP): "unknown", ("logs", LOGS): "waived", ("logs", RETIRED): "fail",
    },
    {
        ("orders", VERSIONS): "pass", ("logs", VERSIONS): "fail", ("orders", PUBLIC): "pass",
        ("orders", PLAIN_HTTP): "unknown", ("logs", LOGS): "waived", ("logs", RETIRED): "fail",
    },
    {
        ("orders", VERSIONS): "fail", ("orders", PUBLIC): "fail", ("orders", PLAIN_HTTP): "unknown",
        ("logs", VERSIONS): "pass", ("logs", LOGS): "waived", ("logs", RETIRED): "fail",
    },
)  # fmt: skip


@lru_cache(maxsize=1)
def catalog() -> Catalog:
    return load(examples=False)


def control(name: str) -> Control:
    by_id = {one.id: one for one in catalog().controls}
    return by_id.get(name) or replace(by_id[VERSIONS], id=name, severity="low")


def bucket(name: str, owner: str = "", **properties: Value) -> Resource:
    tags = {"Tags": [{"Key": "Owner", "Value": owner}]} if owner else {}
    arn = f"arn:aws:s3:::{name}"
    body = Record({"BucketName": name, **tags, **properties})
    return Resource(BUCKET, arn, body, Origin("live", ACCOUNT, None, region=REGION), names=frozenset({name, arn}))


def found(number: int, resources: dict[str, Resource]) -> Iterator[Finding]:
    for (name, id), verdict in PASSES[number].items():
        one = resources[name]
        subject = Subject(one.type, one.address, ACCOUNT, "", "live", region=REGION)
        reasons = () if verdict == "pass" else (Reason("VersioningConfiguration.Status", "'Enabled'", "'Suspended'"),)
        waiver = Waiver("logs expire in a week", "file", "web") if verdict == "waived" else None
        yield Finding(control(id), verdict, subject, reasons, waiver)


def fill(ledger: Ledger) -> Ledger:
    for number, days in enumerate(DAYS):
        at = NOW - timedelta(days=days, hours=1)
        pass_ = ledger.begin("live", f"{ACCOUNT} {REGION}", "0.1", at)
        status = ("Suspended", "Enabled", "Suspended")[number]
        resources = {
            "orders": bucket("orders", "payments", VersioningConfiguration={"Status": status}), "logs": bucket("logs"),
        }  # fmt: skip
        gap = Gap("refused", "AccessDenied", None, Unit(ACCOUNT, REGION, BUCKET), "s3:GetBucketPolicy",
                  "s3:GetBucketPolicy", (PLAIN_HTTP,))  # fmt: skip
        gaps = [gap, Gap("failed", "timed out", None, Unit(ACCOUNT, REGION, "AWS::SQS::Queue"))] if number == 2 else []
        ledger.record_unit(pass_, Unit(ACCOUNT, "global", BUCKET), resources.values(), gaps, at, listed=True)
        ledger.record_findings(pass_, found(number, resources), lambda *_: True, at=at)
        ledger.end(pass_, "complete" if number else "interrupted", at + timedelta(minutes=5))
        if number == 0:
            ledger.milestone("launch", "the first day", at + timedelta(minutes=6))
    return ledger
