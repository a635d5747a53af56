"""The review as SARIF 2.1.0, the format that code hosts and editors read.

Failures are results, and so are waived ones, as suppressed; a module's resource has the calls that lead to it as a code
flow, and a patch is a fix. What was not decided and what could not be read is no result of an analysis but a limit of
it: both are tool execution notifications, with their places.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from json import JSONEncoder
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote

from mainstay import __version__
from mainstay.model.controls import Control, Severity
from mainstay.model.decisions import Waiver
from mainstay.model.findings import Finding, Gap, Review, Subject
from mainstay.model.patches import Patch
from mainstay.model.places import Place
from mainstay.outputs.style import Style
from mainstay.outputs.wording import found, settling, waived, where

SCHEMA_URI = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "%SRCROOT%"
LEVELS: dict[Severity, str] = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
# In the middle of the bands that code hosts cut at 9.0, 7.0 and 4.0.
SCORES: dict[Severity, str] = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}
UNDECIDED = "undecided"
GAP_MEANINGS = {
    "syntax": "A stretch of a file does not parse.",
    "unreadable": "A file can't be read.",
    "module": "A module's code is not here.",
    "evaluation": "An expression can't be evaluated.",
    "refused": "The code asks for something that a review does not do.",
    "denied": "AWS refused a call: the identity may not make it.",
    "failed": "A call of AWS gave no answer.",
    "limit": "A limit that protects the review was reached.",
    "unsupported": "The code uses something that mainstay does not read yet.",
    "internal": "mainstay itself failed on this; the rest is judged.",
}
encode = JSONEncoder().encode


def write_sarif(review: Review, stream: TextIO, style: Style) -> None:
    """Write the failures of the review as SARIF results, one a line."""
    loaded = {control.id: control for control in review.controls}
    loaded |= {finding.control.id: finding.control for finding in review.findings}
    controls = sorted(loaded.values(), key=lambda control: control.id)
    indices = {control.id: index for index, control in enumerate(controls)}
    stream.write(f'{{\n"$schema": {encode(SCHEMA_URI)},\n"version": "2.1.0",\n"runs": [{{\n')
    stream.write(f'"tool": {{"driver": {encode(_driver(controls))}}},\n')
    stream.write('"columnKind": "unicodeCodePoints",\n')
    root = {"description": {"text": "The directory that the review was started in."}}
    stream.write(f'"originalUriBaseIds": {encode({ROOT: root})},\n')
    stream.write('"invocations": [{"executionSuccessful": true, "toolExecutionNotifications": [')
    _write_items(stream, _notifications(review, indices, style.base))
    stream.write(']}],\n"results": [')
    results = (finding for finding in review.findings if finding.verdict in ("fail", "waived"))
    _write_items(stream, (_result(finding, indices, style.base) for finding in results))
    stream.write("]\n}]\n}\n")


def _write_items(stream: TextIO, items: Iterable[dict[str, Any]]) -> None:
    separator = "\n"
    for item in items:
        stream.write(separator + encode(item))
        separator = ",\n"
    stream.write("\n")


def _driver(controls: Iterable[Control]) -> dict[str, Any]:
    notifications = {UNDECIDED: "A verdict that the code alone does not decide.", **_gap_descriptors()}
    return {
        "name": "mainstay",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(control) for control in controls],
        "notifications": [{"id": name, "shortDescription": {"text": text}} for name, text in notifications.items()],
    }


def _gap_descriptors() -> dict[str, str]:
    return {f"gap-{kind}": meaning for kind, meaning in GAP_MEANINGS.items()}


def _rule(control: Control) -> dict[str, Any]:
    practices = ", ".join(control.practices)
    markdown = f"{control.why}\n\n**Fix:** {control.fix}\n\n**Well-Architected practices:** {practices}\n"
    security = ("security",) if "SEC" in control.pillars else ()
    return {
        "id": control.id,
        "shortDescription": {"text": f"{control.title}."},
        "fullDescription": {"text": control.why},
        "help": {"text": f"{control.why}\n\nFix: {control.fix}\n\nPractices: {practices}\n", "markdown": markdown},
        "defaultConfiguration": {"level": LEVELS[control.severity]},
        "properties": {
            "security-severity": SCORES[control.severity],
            "severity": control.severity,
            "layer": control.layer,
            "tags": [*security, *dict.fromkeys((*control.practices, control.layer))],
        },
    }


def _result(finding: Finding, indices: dict[str, int], base: Path) -> dict[str, Any]:
    control, subject = finding.control, finding.subject
    primary = where(finding)
    others = dict.fromkeys(reason.mark for reason in finding.reasons if isinstance(reason.mark, Place))
    related = [
        {"id": number, "physicalLocation": _physical(place, base)}
        for number, place in enumerate((place for place in others if place != primary), start=1)
    ]
    return {
        "ruleId": control.id,
        "ruleIndex": indices[control.id],
        "level": LEVELS[control.severity],
        "message": {"text": f"{subject.address}: {found(finding)}. Fix: {control.fix}"},
        "locations": [_location(primary, subject, base)],
        **({"relatedLocations": related} if related else {}),
        **({"codeFlows": [_code_flow(finding, primary, base)]} if subject.calls else {}),
        **({"suppressions": [_suppression(finding.waiver, base)]} if finding.verdict == "waived" else {}),
        **({"baselineState": finding.change} if finding.change else {}),
        **({"fixes": [_fix(finding.patch, base)]} if isinstance(finding.patch, Patch) else {}),
        "partialFingerprints": {"mainstay/v1": finding.fingerprint},
        "properties": {"severity": control.severity, "scope": subject.scope, "type": subject.type},
    }


def _code_flow(finding: Finding, primary: Place | None, base: Path) -> dict[str, Any]:
    """The calls from the root module to the resource, step by step."""
    subject = finding.subject
    steps = [(call, "calls the module") for call in subject.calls]
    steps += [(place, text) for place, text in ((subject.place, "declares the resource"),) if place is not None]
    if primary is not None and primary != subject.place:
        steps.append((primary, "sets the property"))
    flow = [
        {"location": {"physicalLocation": _physical(place, base), "message": {"text": text}}, "nestingLevel": number}
        for number, (place, text) in enumerate(steps)
    ]
    return {"threadFlows": [{"locations": flow}]}


def _suppression(waiver: Waiver | None, base: Path) -> dict[str, Any]:
    if waiver is None:
        return {"kind": "external"}
    place = {"location": {"physicalLocation": _physical(waiver.place, base)}} if waiver.place else {}
    return {"kind": "external" if waiver.source == "file" else "inSource", "justification": waived(waiver), **place}


def _fix(patch: Patch, base: Path) -> dict[str, Any]:
    files: dict[str, list[dict[str, Any]]] = {}
    for edit in patch.edits:
        region = {"byteOffset": edit.start, "byteLength": edit.end - edit.start}
        change: dict[str, Any] = {"deletedRegion": region}
        if edit.text:
            change["insertedContent"] = {"text": edit.text}
        files.setdefault(edit.file, []).append(change)
    changes = [{"artifactLocation": _artifact(file, base), "replacements": made} for file, made in files.items()]
    return {"description": {"text": patch.summary}, "artifactChanges": changes}


def _notifications(review: Review, indices: dict[str, int], base: Path) -> Iterator[dict[str, Any]]:
    for gap in review.gaps:
        yield _gap(gap, base)
    for finding in review.findings:
        if finding.verdict == "unknown":
            control, subject = finding.control, finding.subject
            yield {
                "descriptor": {"id": UNDECIDED},
                "associatedRule": {"id": control.id, "index": indices[control.id]},
                "level": "note",
                "message": {"text": f"{control.id} on {subject.address} is undecided: {settling(finding)}"},
                "locations": [_location(where(finding), subject, base)],
            }


def _gap(gap: Gap, base: Path) -> dict[str, Any]:
    return {
        "descriptor": {"id": f"gap-{gap.kind}"},
        "level": "warning",
        "message": {"text": gap.reason},
        **({"locations": [{"physicalLocation": _physical(gap.place, base)}]} if gap.place else {}),
        **({"locations": [{"logicalLocations": [{"fullyQualifiedName": gap.where}]}]} if gap.unit else {}),
    }


def _location(place: Place | None, subject: Subject, base: Path) -> dict[str, Any]:
    named = {"fullyQualifiedName": subject.address, "kind": "resource"}
    physical = {"physicalLocation": _physical(place, base)} if place else {}
    return {**physical, "logicalLocations": [named]}


def _physical(place: Place, base: Path) -> dict[str, Any]:
    region = {"startLine": place.line, "startColumn": place.column}
    if (place.end_line, place.end_column) > (place.line, place.column):
        region |= {"endLine": place.end_line, "endColumn": place.end_column}
    return {"artifactLocation": _artifact(place.file, base), "region": region}


def _artifact(file: str, base: Path) -> dict[str, str]:
    """The file as a URI: relative to the root where it lies under it, absolute otherwise."""
    path = Path(file)
    if path.is_absolute() or ".." in path.parts:
        return {"uri": "file://" + quote(os.fsencode(os.path.abspath(base / path)))}
    return {"uri": quote(os.fsencode(path.as_posix())), "uriBaseId": ROOT}
