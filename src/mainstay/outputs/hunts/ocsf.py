"""The hunt as OCSF, the form that security lakes keep: one list of Detection Findings, one a line.

Every finding is an event of the time when its last event happened. Gaps are events as well: a lake that does not hear
of what could not be read takes it for quiet.
"""

from __future__ import annotations

import ipaddress
from itertools import chain
from typing import Any, TextIO

from mainstay import __version__
from mainstay.catalog import load_practices
from mainstay.model.detections import About, Correlation, EventFinding
from mainstay.model.findings import Gap
from mainstay.model.hunts import Hunt
from mainstay.outputs.accounts import NUMBER, Home, home_of
from mainstay.outputs.hunts.telling import TECHNIQUE, fingerprint, instant, technique_url, where_from
from mainstay.outputs.moments import moment
from mainstay.outputs.ocsf import ESCAPE, INFORMATIONAL, SEVERITIES, VERSION, encode
from mainstay.outputs.style import Style
from mainstay.outputs.texts import clean

CLASS, CATEGORY = 2004, 2
CLOUD_TRAIL = "cloudtrail"
KEPT = 100
"""The most ids of events in one finding."""

Event = dict[str, Any]


def write_ocsf(hunt: Hunt, stream: TextIO, style: Style) -> None:
    """Write the findings and the gaps."""
    now = int(moment().timestamp()) * 1000
    events = chain(map(_finding, hunt.findings), (_gap(gap, now) for gap in hunt.gaps))
    separator = "["
    for event in events:
        text = encode(event)
        if ESCAPE in text:  # rare, and looking at every text is dear
            text = encode(clean(event))
        stream.write(f"{separator}\n{text}")
        separator = ","
    stream.write("[]\n" if separator == "[" else "\n]\n")


def _finding(finding: EventFinding) -> Event:
    about, milliseconds = finding.rule.about, int(instant(finding.time_us).timestamp() * 1000)
    home = Home(finding.account, finding.region) if NUMBER.fullmatch(finding.account) else None
    number, severity = SEVERITIES[about.severity]
    return {
        **_head(home, about.id, finding.source),
        "time": milliseconds,
        "severity_id": number,
        "severity": severity,
        "is_alert": True,
        "count": finding.count,
        "message": f"{about.title}: {finding.principal or 'nobody named'}, {where_from(finding)}",
        "finding_info": {
            "uid": fingerprint(finding),
            "title": about.title,
            **({"desc": about.description} if about.description else {}),
            "analytic": _analytic(finding),
            "attacks": [attack for one in about.attack if (attack := _attack(one))],
            "data_sources": [finding.source],
            "last_seen_time": milliseconds,
            "related_events_count": finding.count,
        },
        **_remediation(about),
        "evidences": [_evidence(finding)],
        "resources": [_resource(finding, home)],
        "unmapped": {
            "practices": list(about.practices),
            "group": list(finding.group[:KEPT]),
            **({"author": about.author} if about.author else {}),
            **({"license": about.license} if about.license else {}),
        },
    }


def _head(home: Home | None, code: str, source: str) -> Event:
    return {
        "activity_id": 1,
        "activity_name": "Create",
        "category_uid": CATEGORY,
        "category_name": "Findings",
        "class_uid": CLASS,
        "class_name": "Detection Finding",
        "type_uid": CLASS * 100 + 1,
        "type_name": "Detection Finding: Create",
        "status_id": 1,
        "status": "New",
        "metadata": {
            "version": VERSION,
            "product": {"name": "mainstay", "vendor_name": "mainstay", "version": __version__},
            "event_code": code,
            **({"log_name": source} if source else {}),
            **({"profiles": ["cloud"]} if home else {}),
        },
        **({"cloud": _cloud(home)} if home else {}),
    }


def _cloud(home: Home) -> Event:
    return {
        "provider": "AWS",
        **({"region": home.region} if home.region else {}),
        "account": {"uid": home.account, "type_id": 10, "type": "AWS Account"},
    }


def _analytic(finding: EventFinding) -> Event:
    about = finding.rule.about
    kind = (1, "Rule") if not isinstance(finding.rule, Correlation) else (99, "Correlation Rule")
    return {"uid": about.uuid or about.id, "name": about.title, "type_id": kind[0], "type": kind[1]}


def _attack(technique: str) -> Event | None:
    """The technique, and the part of it that is meant; None for what is no id of one."""
    found = TECHNIQUE.fullmatch(technique)
    if found is None:
        return None
    whole, part = found.groups()
    told = {"technique": {"uid": whole, "src_url": technique_url(whole)}}
    return told | ({"sub_technique": {"uid": technique, "src_url": technique_url(technique)}} if part else {})


def _remediation(about: About) -> Event:
    practices = load_practices()
    pages = [practices[name].url for name in about.practices if name in practices]
    return {"remediation": {"desc": about.response, "references": pages}} if about.response else {}


def _evidence(finding: EventFinding) -> Event:
    data = dict(finding.values)
    told = {"file": finding.file, "number": finding.number, **({"values": data} if data else {})}
    evidence: Event = {"uid": finding.event_id, "data": told}
    if finding.principal:
        evidence["actor"] = {"user": {"uid": finding.principal}}
    if finding.event_name and finding.source == CLOUD_TRAIL:
        evidence["api"] = {"operation": finding.event_name}
    if finding.source_ip:
        evidence["src_endpoint"] = _endpoint(finding.source_ip)
    return evidence


def _endpoint(source: str) -> Event:
    """An address; where AWS names one of its services instead, that."""
    try:
        return {"ip": str(ipaddress.ip_address(source))}
    except ValueError:
        return {"svc_name": source}


def _resource(finding: EventFinding, home: Home | None) -> Event:
    return {
        "uid": finding.principal or finding.account or finding.source,
        "role_id": 2,
        "role": "Actor",
        **({"provider": "AWS"} if home else {}),
        **({"region": finding.region} if finding.region else {}),
    }


def _gap(gap: Gap, now: int) -> Event:
    home, code = home_of(gap), f"gap-{gap.kind}"
    told = {"kind": gap.kind, "call": gap.call, "permission": gap.permission}
    number, severity = INFORMATIONAL
    data = {"file": gap.place.file, "line": gap.place.line} if gap.place else {"where": gap.where or "."}
    return {
        **_head(home, code, ""),
        "time": now,
        "severity_id": number,
        "severity": severity,
        "is_alert": False,
        "message": f"Not read: {gap.reason}",
        "finding_info": {"uid": gap.fingerprint, "title": "Not read", "desc": gap.reason, "types": [code]},
        "evidences": [{"data": data}],
        "unmapped": {name: value for name, value in told.items() if value},
    }
