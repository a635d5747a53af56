"""Logs of the other sources, as AWS writes them, through an archive: the same events and findings as of the files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mainstay.catalog.sigma import load_rules
from mainstay.verbs.hunt import hunt
from mainstay.verbs.hunting import Judging
from mainstay.verbs.ingest import ingest

ACCOUNT, REGION = "111122223333", "eu-central-1"
BALANCER = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/orders/73e2d6bc24d8a067"
ALB = (
    f'https 2026-03-02T09:00:01.186641Z app/orders/50dc6c495c0c9188 192.0.2.7:51234 10.0.0.66:9000 0.001 0.021 0.000 '
    f'200 200 218 5120 "POST https://shop.example.com:443/orders?id=7&q=%27%20OR%201=1 HTTP/2.0" "curl/8.5.0" '
    f'ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 {BALANCER} "Root=1-67c41e01-364122221ac2d83f0badc0de" "shop.example.com" '
    f'"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/12345678-1234-1234-1234-123456789012" 1 '
    f'2026-03-02T09:00:01.164000Z "waf,forward" "-" "-" "10.0.0.66:9000" "200" "-" "-" TID_1234abcd5678ef90\n'
    f'h2 2026-03-02T09:00:02.000000Z app/orders/50dc6c495c0c9188 [2001:db8::17]:40000 - -1 -1 -1 503 - 34 366 '
    f'"GET https://shop.example.com:443/ HTTP/2.0" "Mozilla/5.0 (\\"x\\")" - - {BALANCER} "-" "-" "-" 0 '
    f'2026-03-02T09:00:01.900000Z "forward" "-" "-" "-" "-" "-" "-" TID_1234abcd5678ef91\n'
)  # fmt: skip
GUARDDUTY: dict[str, Any] = {
    "schemaVersion": "2.0", "accountId": ACCOUNT, "region": REGION, "partition": "aws",
    "id": "16afba5c5c43e07c9e3e5e2e544e95df",
    "arn": f"arn:aws:guardduty:{REGION}:{ACCOUNT}:detector/1eaf/finding/16afba5c5c43e07c9e3e5e2e544e95df",
    "type": "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS",
    "resource": {"resourceType": "AccessKey", "accessKeyDetails": {
        "accessKeyId": "ASIAIOSFODNN7EXAMPLE", "principalId": "AROAEXAMPLE:i-0123456789abcdef0",
        "userType": "AssumedRole", "userName": "orders"}},
    "service": {
        "serviceName": "guardduty", "detectorId": "1eaf", "archived": False, "count": 3, "resourceRole": "TARGET",
        "eventFirstSeen": "2026-03-02T08:55:00.000Z", "eventLastSeen": "2026-03-02T09:00:03.000Z",
        "action": {"actionType": "AWS_API_CALL", "awsApiCallAction": {
            "api": "ListBuckets", "serviceName": "s3.amazonaws.com", "callerType": "Remote IP",
            "remoteIpDetails": {"ipAddressV4": "198.51.100.4", "country": {"countryName": "Portugal"},
                                "geoLocation": {"lat": 38.7, "lon": -9.1}}}}},
    "severity": 8, "createdAt": "2026-03-02T09:05:00.000Z", "updatedAt": "2026-03-02T09:10:00.000Z",
    "title": "Credentials of an instance are used outside of AWS", "description": "They are used from 198.51.100.4.",
}  # fmt: skip
SECURITYHUB: dict[str, Any] = {
    "SchemaVersion": "2018-10-08", "Id": f"arn:aws:securityhub:{REGION}:{ACCOUNT}:security-control/S3.8/finding/1",
    "ProductArn": f"arn:aws:securityhub:{REGION}::product/aws/securityhub", "GeneratorId": "security-control/S3.8",
    "AwsAccountId": ACCOUNT, "Region": REGION, "Types": ["Software and Configuration Checks"],
    "CreatedAt": "2026-03-01T10:00:00.000Z", "UpdatedAt": "2026-03-02T09:00:04.000Z",
    "Severity": {"Label": "HIGH", "Normalized": 70, "Original": "HIGH"}, "Title": "Public access is not blocked",
    "Description": "A bucket does not block public access.", "Compliance": {"Status": "FAILED"},
    "Resources": [{"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::orders", "Partition": "aws", "Region": REGION}],
    "WorkflowState": "NEW", "Workflow": {"Status": "NEW"}, "RecordState": "ACTIVE",
}  # fmt: skip
ENVELOPE = {
    "version": "0", "id": "8e5622f9-d81c-4d81-612a-9319e7ee2506", "detail-type": "Security Hub Findings - Imported",
    "source": "aws.securityhub", "account": ACCOUNT, "time": "2026-03-02T09:00:05Z", "region": REGION,
    "resources": [SECURITYHUB["Id"]], "detail": {"findings": [SECURITYHUB]},
}  # fmt: skip
CONFIG = {
    "fileVersion": "1.0", "configSnapshotId": "0f8a3c1e-0000-4000-8000-000000000001",
    "configurationItems": [{
        "configurationItemVersion": "1.3", "configurationItemCaptureTime": "2026-03-02T09:00:06.123Z",
        "configurationStateId": 1772442006123, "awsAccountId": ACCOUNT, "configurationItemStatus": "ResourceDiscovered",
        "resourceType": "AWS::EC2::SecurityGroup", "resourceId": "sg-0123456789abcdef0", "resourceName": "orders",
        "ARN": f"arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/sg-0123456789abcdef0", "awsRegion": REGION,
        "availabilityZone": "Not Applicable", "configurationStateMd5Hash": "", "tags": {"team": "orders"},
        "relatedEvents": [], "relationships": [{"resourceId": "vpc-1", "resourceType": "AWS::EC2::VPC"}],
        "configuration": {"ipPermissions": [{"fromPort": 22, "ipRanges": ["0.0.0.0/0"]}], "vpcId": "vpc-1"},
    }],
}  # fmt: skip
JSON = {"timestamp": "2026-03-02T09:00:07.5Z", "id": "order-7", "user": {"name": "ada"}, "action": "refund", "cents": 5}

RULE = """\
title: Seen in {service}
name: {name}
logsource: {logsource}
detection:
  seen: {{{tests}}}
  condition: seen
level: low
"""
WANTED = {
    "alb": '"request_url|contains": "OR%201=1", "elb_status_code|lt": 300, "client_ip|cidr": 192.0.2.0/24',
    "guardduty": '"service.action.awsApiCallAction.remoteIpDetails.ipAddressV4": 198.51.100.4, "severity|gte": 7',
    "securityhub": '"Compliance.Status": failed, "Resources.Id|endswith": ":orders"',
    "config": '"configuration.ipPermissions.ipRanges": 0.0.0.0/0, "tags.team": orders',
    "json": '"user.name": ADA, "cents|lte": 5',
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    owner = f"{ACCOUNT}_elasticloadbalancing_{REGION}_app.orders.50dc6c495c0c9188_20260302T0905Z_192.0.2.200_3abc.log"
    written = {
        owner: ALB,
        "guardduty.jsonl": json.dumps(GUARDDUTY) + "\n",
        "securityhub.jsonl": json.dumps(ENVELOPE) + "\n",
        f"{ACCOUNT}_Config_{REGION}_ConfigHistory_AWS__EC2__SecurityGroup_20260302T090006Z.json": json.dumps(CONFIG),
        "orders.jsonl": json.dumps(JSON) + "\n",
    }
    (tmp_path / "logs").mkdir()
    for name, text in written.items():
        (tmp_path / "logs" / name).write_text(text)
    (tmp_path / "rules").mkdir()
    for service, tests in WANTED.items():
        where = "{product: json}" if service == "json" else f"{{product: aws, service: {service}}}"
        (tmp_path / "rules" / f"{service}.yml").write_text(
            RULE.format(service=service, name=service, tests=tests, logsource=where)
        )
    return tmp_path


def test_every_source_gives_the_same_findings_out_of_an_archive(place: Path) -> None:
    done = ingest([str(place / "logs")], place / "archive")
    assert (done.file_count, done.event_count, done.rejected_count, done.gaps) == (5, 6, 0, ())
    assert done.line() == "6 events of 5 files came in"
    assert ingest([str(place / "logs")], place / "archive").line() == "0 events of 0 files came in; 5 files were there"
    by = Judging(load_rules([place / "rules"], {}, builtin=False))
    assert not by.rules.faults
    streamed, kept = hunt([str(place / "logs")], by), hunt([str(place / "archive")], by)
    assert [(one.rule.about.id, one.account, one.region) for one in kept.findings] == [
        (name, ACCOUNT, REGION) if name != "json" else (name, "", "") for name in WANTED
    ]
    assert list(kept.findings) == list(streamed.findings)
    assert kept.event_counts == streamed.event_counts == {**dict.fromkeys(WANTED, 1), "alb": 2}
