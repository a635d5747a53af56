"""The hunt as findings of AWS Security Hub (ASFF), in the batches that `batch-import-findings` takes: one a line.

A batch holds findings of one account and region, and at most 100. Events of no account are written where a home is
given for them, and left out otherwise; `left_out` counts those.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import TextIO

from mainstay import __version__
from mainstay.catalog import load_practices
from mainstay.model.detections import Detection, EventFinding
from mainstay.model.findings import Gap
from mainstay.model.hunts import Hunt
from mainstay.outputs.accounts import NUMBER, REGION, Home, home_of
from mainstay.outputs.asff import (
    ADVICE,
    DESCRIPTION,
    FIELD,
    ID,
    LABELS,
    TITLE,
    Entry,
    batches,
    named,
    region_of,
)
from mainstay.outputs.hunts.telling import author, events_line, fingerprint, instant, where_from
from mainstay.outputs.style import Style
from mainstay.outputs.texts import cut

ARN = re.compile(r"arn:(aws[a-z-]*):(iam|sts)::[0-9]{12}:(user|role|assumed-role)/")
KINDS = {"user": "AwsIamUser", "role": "AwsIamRole"}
TTP, UNUSUAL, UNREAD = "TTPs", "Unusual Behaviors", "Software and Configuration Checks"
PARTITIONS = (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"))


def write_asff(hunt: Hunt, stream: TextIO, style: Style) -> None:
    """Write the findings of accounts, and what belongs to none where `style` has a home for it."""
    batches(_owned(hunt, style.home), _told, stream)


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


def _told(about: EventFinding | Gap, owner: Home, _: str) -> tuple[Entry, str]:
    if isinstance(about, EventFinding):
        return _finding(about, region_of(owner)), fingerprint(about)
    return _gap(about, owner), about.fingerprint


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
        "Workflow": {"Status": "NEW"},
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
    return named(told)


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
        "ProductFields": named(told),
        "Resources": [{"Type": "AwsAccount", "Id": f"AWS::::Account:{home.account}", "Region": region_of(home)}],
        "Workflow": {"Status": "NEW"},
    }
