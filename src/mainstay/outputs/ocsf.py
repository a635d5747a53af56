"""The review as OCSF, the form that security lakes keep: one list of Compliance Findings, one a line.

Every verdict is an event, and so is every gap: a lake that does not hear of what could not be read takes it for sound.
Only ASCII is written, without what is no Unicode at all: readers of the form demand UTF-8.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from json import JSONEncoder
from typing import Any, TextIO

from mainstay import __version__
from mainstay.catalog import load_practices
from mainstay.model.controls import PILLARS, Control, Severity
from mainstay.model.decisions import Known
from mainstay.model.findings import Finding, Gap, Review, Subject, Verdict
from mainstay.model.places import Place
from mainstay.outputs.accounts import Home, home_of
from mainstay.outputs.moments import moment
from mainstay.outputs.style import Style
from mainstay.outputs.texts import clean
from mainstay.outputs.wording import found, sentence, settling, waived, where

VERSION = "1.8.0"
"""Of the schema; `tools/build_ocsf_schema.py` makes what the tests validate by."""

CLASS, CATEGORY = 2003, 2
FRAMEWORK = "AWS Well-Architected Framework"


@dataclass(frozen=True, slots=True)
class State:
    """How a verdict is told: what a check gave, and what is left to be done about it, by OCSF's numbers and words."""

    result: tuple[int, str]
    lifecycle: tuple[int, str]


NEW, SUPPRESSED, RESOLVED = (1, "New"), (3, "Suppressed"), (4, "Resolved")
STATES: Mapping[Verdict, State] = {
    "pass": State((1, "Pass"), RESOLVED),
    "fail": State((3, "Fail"), NEW),
    "unknown": State((2, "Warning"), NEW),
    "not_applicable": State((99, "Not Applicable"), RESOLVED),
    "waived": State((3, "Fail"), SUPPRESSED),
}
UNREAD = State((0, "Unknown"), NEW)
CREATE, UPDATE, CLOSE = (1, "Create"), (2, "Update"), (3, "Close")
SEVERITIES: Mapping[Severity, tuple[int, str]] = {
    "low": (2, "Low"),
    "medium": (3, "Medium"),
    "high": (4, "High"),
    "critical": (5, "Critical"),
}
INFORMATIONAL = (1, "Informational")
ESCAPE = "\\"
"""Stands in JSON wherever a text holds what is not plain ASCII."""

encode = JSONEncoder().encode

Event = dict[str, Any]


def write_ocsf(review: Review, stream: TextIO, style: Style) -> None:
    """Write the verdicts, the gaps, and the failures that were known and whose resources are gone."""
    milliseconds = int(moment().timestamp()) * 1000
    seen = {finding.fingerprint for finding in review.findings} if review.fixed else set()
    gone = (known for known in review.fixed if known.fingerprint not in seen)
    events: Iterable[Event] = chain(
        (_finding(finding) for finding in review.findings),
        (_gap(gap, gap in review.known_gaps) for gap in review.gaps),
        _closed(gone, {control.id: control for control in review.controls}),
    )
    separator = "["
    for event in events:
        text = encode({"time": milliseconds, **event})
        if ESCAPE in text:  # rare, and looking at every text is dear
            text = encode(clean({"time": milliseconds, **event}))
        stream.write(f"{separator}\n{text}")
        separator = ","
    stream.write("[]\n" if separator == "[" else "\n]\n")


def _finding(finding: Finding) -> Event:
    control, subject = finding.control, finding.subject
    state, home = STATES[finding.verdict], home_of(subject)
    said = _said(finding)
    return {
        **_head(UPDATE if finding.change == "unchanged" else CREATE, state, home, control.id),
        **_pair("severity", SEVERITIES[control.severity]),
        "status_code": finding.verdict.upper(),
        "status_detail": said,
        "message": f"{subject.address}: {said}",
        "finding_info": {
            "uid": finding.fingerprint,
            "title": control.title,
            "desc": control.why,
            "types": [PILLARS[pillar] for pillar in control.pillars],
            "analytic": {"uid": control.id, "name": control.title, "type_id": 1, "type": "Rule"},
            "data_sources": [subject.source],
        },
        "compliance": _compliance(control, state, [*map(sentence, finding.reasons)]),
        "remediation": {"desc": control.fix, "references": _pages(control)},
        "resources": [_resource(subject, home)],
        **_evidences(finding),
        "unmapped": _unmapped(finding),
    }


def _said(finding: Finding) -> str:
    match finding.verdict:
        case "pass" | "not_applicable":
            return f"{finding.control.title}: {'met' if finding.verdict == 'pass' else 'does not apply'}"
        case "unknown":
            return f"undecided: {settling(finding)}"
        case "waived" if finding.waiver:
            return f"{found(finding)}; {waived(finding.waiver)}"
        case _:
            return found(finding)


def _head(activity: tuple[int, str], state: State, home: Home | None, code: str) -> Event:
    return {
        **_pair("activity", activity, "activity_name"),
        "category_uid": CATEGORY,
        "category_name": "Findings",
        "class_uid": CLASS,
        "class_name": "Compliance Finding",
        "type_uid": CLASS * 100 + activity[0],
        "type_name": f"Compliance Finding: {activity[1]}",
        **_pair("status", state.lifecycle),
        "metadata": {
            "version": VERSION,
            "product": {"name": "mainstay", "vendor_name": "mainstay", "version": __version__},
            "event_code": code,
            **({"profiles": ["cloud"]} if home else {}),
        },
        **({"cloud": _cloud(home)} if home else {}),
    }


def _pair(name: str, value: tuple[int, str], label: str = "") -> Event:
    return {f"{name}_id": value[0], label or name: value[1]}


def _cloud(home: Home) -> Event:
    return {
        "provider": "AWS",
        "cloud_partition": home.partition,
        **({"region": home.region} if home.region else {}),
        "account": {"uid": home.account, "type_id": 10, "type": "AWS Account"},
    }


def _compliance(control: Control, state: State, details: list[str]) -> Event:
    return {
        "standards": [FRAMEWORK],
        "control": control.id,
        "desc": control.title,
        "requirements": list(control.practices),
        **_pair("status", state.result),
        **({"status_details": details} if details else {}),
    }


def _pages(control: Control) -> list[str]:
    practices = load_practices()
    return [practices[name].url for name in control.practices if name in practices]


def _resource(subject: Subject, home: Home | None) -> Event:
    labels = {"scope": subject.scope, "module": subject.module, "construct": subject.construct}
    return {
        "uid": subject.address,
        "type": subject.type,
        **_pair("role", (3, "Affected")),
        "labels": [f"{name}:{value}" for name, value in labels.items() if value],
        **({"cloud_partition": home.partition, "provider": "AWS"} if home else {}),
        **({"region": home.region} if home and home.region else {}),
    }


def _evidences(finding: Finding) -> Event:
    """The code places: of each property that was judged, and of the resource where there is none."""
    marked = [(reason.mark, reason.path) for reason in finding.reasons if isinstance(reason.mark, Place)]
    place = where(finding)
    marked = marked or ([(place, "")] if place else [])
    told = [_evidence(mark, path) for mark, path in dict.fromkeys(marked)]
    return {"evidences": told} if told else {}


def _evidence(place: Place, path: str) -> Event:
    data = {"line": place.line, "column": place.column, **({"property": path} if path else {})}
    file = {"name": place.file.rpartition("/")[2] or place.file, "path": place.file, "type_id": 1}
    return {"name": str(place), "file": {**file, "type": "Regular File"}, "data": data}


def _unmapped(finding: Finding) -> Event:
    """What the class has no attribute for."""
    waiver, doubt = finding.waiver, finding.subject.may_exist
    told: Event = {"verdict": finding.verdict, "layer": finding.control.layer}
    if finding.change is not None:
        told["change"] = finding.change
    if doubt is not None:
        told["may_exist"] = doubt
    if waiver is not None:
        told["waiver"] = {
            "reason": waiver.reason,
            "source": waiver.source,
            "expired": finding.verdict != "waived",
            **({"owner": waiver.owner} if waiver.owner else {}),
            **({"until": waiver.until.isoformat()} if waiver.until else {}),
            **({"place": str(waiver.place)} if waiver.place else {}),
        }
    return told


def _gap(gap: Gap, known: bool) -> Event:
    home, unit, code = home_of(gap), gap.unit, f"gap-{gap.kind}"
    told = {"kind": gap.kind, "call": gap.call, "permission": gap.permission, "controls": list(gap.controls)}
    scope = unit.scope if unit else gap.place.file if gap.place else "."
    resource = {"uid": scope, **({"type": unit.type} if unit and unit.type else {})}
    return {
        **_head(UPDATE if known else CREATE, UNREAD, home, code),
        **_pair("severity", INFORMATIONAL),
        "status_code": "UNKNOWN",
        "status_detail": gap.reason,
        "message": f"Not read: {gap.reason}",
        "finding_info": {"uid": gap.fingerprint, "title": "Not read", "desc": gap.reason, "types": [code]},
        "compliance": {"standards": [FRAMEWORK], "control": code, **_pair("status", UNREAD.result)},
        "resources": [resource],
        **({"evidences": [_evidence(gap.place, "")]} if gap.place else {}),
        "unmapped": {name: value for name, value in told.items() if value},
    }


def _closed(gone: Iterable[Known], controls: Mapping[str, Control]) -> Iterator[Event]:
    """Failures of resources that are there no more: nothing was checked, so there is no result of a check."""
    for known in gone:
        control = controls.get(known.control)
        yield {
            **_head(CLOSE, State((0, "Unknown"), RESOLVED), None, known.control),
            **_pair("severity", SEVERITIES[control.severity] if control else (0, "Unknown")),
            "message": f"{known.address}: the resource is there no more",
            "finding_info": {"uid": known.fingerprint, "title": control.title if control else known.control},
            "compliance": {"standards": [FRAMEWORK], "control": known.control},
            "resources": [{"uid": known.address, "type": known.type, "labels": [f"scope:{known.scope}"]}],
        }
