"""The hunt as findings of AWS Security Hub (ASFF), in the batches that `batch-import-findings` takes: one a line.

A batch holds findings of one account and region, and at most 100. Events of no account are written where a home is
given for them, and left out otherwise; `left_out` counts those.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from itertools import islice
from typing import TextIO

from mainstay import __version__
from mainstay.catalog import load_practices
from mainstay.model.detections import Detection, EventFinding
from mainstay.model.findings import Gap
from mainstay.model.hunts import Hunt
from mainstay.outputs.accounts import NUMBER, REGION, Home, home_of
from mainstay.outputs.asff import (
    ADVICE,
    BATCH,
    DESCRIPTION,
    FIELD,
    GLOBAL_REGIONS,
    ID,
    LABELS,
    SCHEMA_VERSION,
    TITLE,
    Entry,
    encode,
)
from mainstay.outputs.hunts.telling import author, events_line, fingerprint, instant, where_from
from mainstay.outputs.moments import moment
from mainstay.outputs.style import Style
from mainstay.outputs.texts import cut

ARN = re.compile(r"arn:(aws[a-z-]*):(iam|sts)::[0-9]{12}:(user|role|assumed-role)/")
KINDS = {"user": "AwsIamUser", "role": "AwsIamRole"}
TTP, UNUSUAL, UNREAD = "TTPs", "Unusual Behaviors", "Software and Configuration Checks"
PARTITIONS = (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"))


def write_asff(hunt: Hunt, stream: TextIO, style: Style) -> None:
    """Write the findings of accounts, and what belongs to none where `style` has a home for it."""
    at = moment().isoformat().replace("+00:00", "Z")
    owned: dict[tuple[str, str], list[tuple[EventFinding | Gap, Home]]] = {}
    for about, owner in _owned(hunt, style.home):
        if owner is not None:
            owned.setdefault((owner.account, _region(owner)), []).append((about, owner))
    for key in sorted(owned):
        entries = (_entry(about, owner, at) for about, owner in owned[key])
        while batch := list(islice(entries, BATCH)):
            stream.write(f"{encode({'Findings': batch})}\n")


def left_out(hunt: Hunt, home: Home | None = None) -> int:
    """How many findings and gaps belong to no account, so that Security Hub cannot take them."""
    return sum(owner is None for _, owner in _owned(hunt, home))


def _owned(hunt: Hunt, home: Home | None) -> Iterator[tuple[EventFinding | Gap, Home | None]]:
    for finding in hunt.findings:
        yield finding, _home(finding) or home
    for gap in hunt.gaps:
        yield gap, home_of(gap) or home


def _home(finding: EventFinding) -> Home | None:
    if not NUMBER.fullmatch(finding.account):
        return None
    region = finding.region if REGION.fullmatch(finding.region) else ""
    partition = next((name for start, name in PARTITIONS if region.startswith(start)), "aws")
    return Home(finding.account, region, partition)


def _region(home: Home) -> str:
    return home.region or GLOBAL_REGIONS.get(home.partition, GLOBAL_REGIONS["aws"])


def _entry(about: EventFinding | Gap, owner: Home, at: str) -> Entry:
    region = _region(owner)
    told = _finding(about, region) if isinstance(about, EventFinding) else _gap(about, owner)
    name = fingerprint(about) if isinstance(about, EventFinding) else about.fingerprint
    return {
        "SchemaVersion": SCHEMA_VERSION,
        "Id": f"mainstay/{owner.account}/{region}/{name}",
        "ProductArn": f"arn:{owner.partition}:securityhub:{region}:{owner.account}:product/{owner.account}/default",
        "ProductName": "mainstay",
        "CompanyName": "mainstay",
        "AwsAccountId": owner.account,
        "CreatedAt": at,
        "UpdatedAt": at,
        "RecordState": "ACTIVE",
        "Workflow": {"Status": "NEW"},
        **told,
        # Security Hub changes these two on a later import only where they are named as the provider's.
        "FindingProviderFields": {"Severity": told["Severity"], "Types": told["Types"]},
    }


def _finding(finding: EventFinding, region: str) -> Entry:
    about = finding.rule.about
    unusual = isinstance(finding.rule, Detection) and finding.rule.state is not None
    practices = load_practices()
    pages = [practices[name].url for name in about.practices if name in practices]
    said = ", ".join(filter(None, (finding.principal, where_from(finding), events_line(finding))))
    seen = instant(finding.time_us).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    advice = about.response or "Find out who did this, and whether it was meant to be done."
    return {
        "GeneratorId": cut(about.id, ID),
        "Types": [TTP, UNUSUAL] if unusual else [TTP],
        "Severity": {"Label": LABELS[about.severity], "Original": about.severity},
        "Title": cut(about.title, TITLE),
        "Description": cut(f"{said}. {about.description}", DESCRIPTION),
        "LastObservedAt": seen,
        "Remediation": {"Recommendation": {"Text": cut(advice, ADVICE), **({"Url": pages[0]} if pages else {})}},
        "ProductFields": _fields(finding),
        "Resources": [_resource(finding, region)],
        **_action(finding),
    }


def _fields(finding: EventFinding) -> dict[str, str]:
    about = finding.rule.about
    told = {
        "Version": __version__,
        "Author": author(about),
        "RuleId": about.uuid,
        "Practices": " ".join(about.practices),
        "Attack": " ".join(about.attack),
        "Source": finding.source,
        "EventId": finding.event_id,
        "EventName": finding.event_name,
        "Principal": finding.principal,
        "SourceIp": finding.source_ip,
        "File": finding.file,
        "Number": str(finding.number),
        "Count": str(finding.count),
        "Events": " ".join(finding.group),
        "Values": "; ".join(f"{path}={value}" for path, value in finding.values),
    }
    return {f"mainstay/{name}": cut(value, FIELD) for name, value in told.items() if value}


def _resource(finding: EventFinding, region: str) -> Entry:
    """Who acted: a user or a role by its ARN, the account where nobody is named."""
    if not finding.principal:
        return {"Type": "AwsAccount", "Id": f"AWS::::Account:{finding.account or 'unknown'}", "Region": region}
    named = ARN.match(finding.principal)
    kind = KINDS.get(named[3], "Other") if named else "Other"
    return {"Type": kind, "Id": cut(finding.principal, ID), "Region": region}


def _action(finding: EventFinding) -> Entry:
    """The call of CloudTrail and the address that it came from."""
    if finding.source != "cloudtrail" or not finding.event_name:
        return {}
    call: Entry = {"Api": cut(finding.event_name, FIELD)}
    try:
        address = ipaddress.ip_address(finding.source_ip)
    except ValueError:
        pass  # an AWS service acted
    else:
        call["CallerType"] = "remoteIp"
        if address.version == 4:
            call["RemoteIpDetails"] = {"IpAddressV4": str(address)}
    return {"Action": {"ActionType": "AWS_API_CALL", "AwsApiCallAction": call}}


def _gap(gap: Gap, home: Home) -> Entry:
    told = {"Version": __version__, "Call": gap.call, "Permission": gap.permission, "Place": gap.where}
    return {
        "GeneratorId": f"gap-{gap.kind}",
        "Types": [UNREAD],
        "Severity": {"Label": "INFORMATIONAL"},
        "Title": cut(f"Not read: {gap.call or gap.kind}", TITLE),
        "Description": cut(gap.reason, DESCRIPTION),
        "ProductFields": {f"mainstay/{name}": cut(value, FIELD) for name, value in told.items() if value},
        "Resources": [{"Type": "AwsAccount", "Id": f"AWS::::Account:{home.account}", "Region": _region(home)}],
    }
