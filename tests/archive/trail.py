"""Made-up CloudTrail for the tests of the archive, and records as a reader gives them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from mainstay.model.events import Batch, Event, LogSource

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
CALLS = [
    ("s3.amazonaws.com", "GetObject"), ("s3.amazonaws.com", "PutObject"), ("ec2.amazonaws.com", "DescribeInstances"),
    ("ec2.amazonaws.com", "RunInstances"), ("sts.amazonaws.com", "AssumeRole"), ("kms.amazonaws.com", "Decrypt"),
    ("iam.amazonaws.com", "ListUsers"), ("logs.amazonaws.com", "PutLogEvents"), ("lambda.amazonaws.com", "Invoke"),
]  # fmt: skip
RARE = [
    ("iam.amazonaws.com", "CreateUser"),
    ("cloudtrail.amazonaws.com", "StopLogging"),
    ("kms.amazonaws.com", "ScheduleKeyDeletion"),
]


@dataclass(frozen=True, slots=True)
class Delivered:
    """A record that keeps its text."""

    source: LogSource
    file: str
    number: int
    raw: bytes

    def keys(self) -> tuple[()]:
        return ()

    def text(self) -> bytes:
        return self.raw

    @property
    def time_us(self) -> int:
        return self.event().time_us

    def told(self) -> tuple[str, str, int]:
        return self.event().id, self.file, self.number

    def event(self) -> Event:
        fields = msgspec.json.decode(self.raw)
        time_us = int(datetime.fromisoformat(fields.get("eventTime", START.isoformat())).timestamp()) * 1_000_000
        return Event(self.source, time_us, fields.get("eventID", ""), fields, self.file, self.number)


def batch(
    records: Sequence[dict[str, Any] | bytes], file: str = "trail.json", source: LogSource = "cloudtrail"
) -> Batch:
    texts = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in records]
    return Batch(source, file, [Delivered(source, file, at + 1, text) for at, text in enumerate(texts)])


def trail(count: int, seed: int = 1, seconds: float = 1.0) -> Iterator[dict[str, Any]]:
    """Records of two accounts and two regions, `seconds` apart: a few users, roles and machines at their calls."""
    draw = random.Random(seed)
    for number in range(count):
        at = START + timedelta(seconds=int(number * seconds))
        account = draw.choice(("111122223333", "444455556666"))
        service, call = draw.choice(RARE) if draw.random() < 0.002 else draw.choice(CALLS)
        who = draw.randrange(40)
        issuer = f"arn:aws:iam::{account}:role/worker-{who}"
        identity: dict[str, Any] = {
            "type": "IAMUser", "principalId": f"AIDAEXAMPLE{who}", "arn": f"arn:aws:iam::{account}:user/person-{who}",
            "accountId": account, "accessKeyId": f"AKIAEXAMPLE{who}", "userName": f"person-{who}",
        } if who < 8 else {
            "type": "AssumedRole", "principalId": f"AROAEXAMPLE{who}:i-{who:04}",
            "arn": f"arn:aws:sts::{account}:assumed-role/worker-{who}/i-{who:04}", "accountId": account,
            "accessKeyId": f"ASIAEXAMPLE{who}", "sessionContext": {
                "sessionIssuer": {"type": "Role", "principalId": f"AROAEXAMPLE{who}", "arn": issuer,
                                  "accountId": account,
                                  "userName": f"worker-{who}"},
                "attributes": {"creationDate": START.isoformat(), "mfaAuthenticated": "false"}},
        }  # fmt: skip
        record: dict[str, Any] = {
            "eventVersion": "1.11", "userIdentity": identity, "eventTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "eventSource": service, "eventName": call, "awsRegion": draw.choice(("eu-central-1", "us-east-1")),
            "sourceIPAddress": f"203.0.113.{who}" if draw.random() < 0.999 else f"198.51.100.{draw.randrange(200)}",
            "userAgent": "aws-cli/2.17.0" if who < 8 else "Boto3/1.42.0",
            "requestParameters": {"bucketName": f"data-{draw.randrange(50)}", "key": f"{draw.random():.12f}"},
            "responseElements": None, "requestID": f"{draw.getrandbits(64):016x}",
            "eventID": f"{draw.getrandbits(96):024x}",
            "readOnly": call.startswith(("Get", "List", "Describe")),
            "eventType": "AwsApiCall", "managementEvent": True,
            "recipientAccountId": account, "eventCategory": "Management",
        }  # fmt: skip
        if draw.random() < 0.03:
            record["errorCode"], record["errorMessage"] = "AccessDenied", "not authorized to perform"
        yield record
