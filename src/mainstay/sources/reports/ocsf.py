"""Findings of the Open Cybersecurity Schema Framework, versions 1.0 and on: events of the classes 2001 to 2007."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mainstay.model.controls import Layer, Severity
from mainstay.model.errors import Fault
from mainstay.model.findings import Gap
from mainstay.model.places import Place
from mainstay.model.reports import Result
from mainstay.sources.reports.fields import SEVERITY_WORDS, at, items, number, text, texts, web_address
from mainstay.sources.reports.layers import Table
from mainstay.sources.reports.paths import Files
from mainstay.sources.reports.sighting import Run, Sighting, Unfit, in_order

CLASSES = range(2001, 2008)
"""Security, vulnerability, compliance, detection, incident, data security, and application security posture."""

SEVERITIES: dict[int, Severity] = {1: "low", 2: "low", 3: "medium", 4: "high", 5: "critical", 6: "critical"}
SUPPRESSED, RESOLVED, CLOSED = 3, 4, 3
PASSED = {"pass", "passed", "compliant"}
OS_PACKAGES = {"alpm", "apk", "apt", "deb", "dnf", "dpkg", "os", "portage", "rpm", "yum", "zypper"}
LOGICAL_ID = "aws:cloudformation:logical-id"

Read = tuple[tuple[Run, ...], tuple[Gap, ...], tuple[Fault, ...]]


def read_events(events: Sequence[dict[str, Any]], shown: str, files: Files, table: Table) -> Read:
    """The findings among some events, by product. Raises Unfit where there are events and none is a finding."""
    findings = [event for event in events if event["class_uid"] in CLASSES]
    if events and not findings:
        raise Unfit(f"none of {len(events)} events of OCSF is a finding (class_uid {CLASSES[0]} to {CLASSES[-1]})")
    remarks = []
    if len(findings) < len(events):
        left = f"{len(events) - len(findings)} of {len(events)} events are no findings and are left out"
        remarks.append(Fault(left, Place(shown, 1, 1)))
    if not events:
        remarks.append(Fault("there is no event in it: which scanner found nothing is not known", Place(shown, 1, 1)))
    by_product: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for event in findings:
        product = at(event, "metadata", "product")
        name = text(product, "name") or text(product, "vendor_name") or text(product, "uid") or "unnamed"
        by_product.setdefault((name, text(product, "version")), []).append(event)
    runs = tuple(_run(name, version, own, shown, files, table) for (name, version), own in by_product.items())
    return runs, (), tuple(remarks)


def _run(tool: str, version: str, events: Sequence[dict[str, Any]], shown: str, files: Files, table: Table) -> Run:
    sightings, looked_at = [], set[Layer]()
    for event in events:
        layer = _layer(event, tool, table)
        looked_at.add(layer)
        if _is_there(event):
            sightings.append(Sighting(_result(event, tool, layer, files), tuple(dict.fromkeys(_names(event)))))
    return Run(tool, version, shown, in_order(looked_at), tuple(sightings))


def _is_there(event: dict[str, Any]) -> bool:
    """Whether the event tells of a weakness that is there: it did not pass, and is neither resolved nor closed."""
    words = {text(event, "status_code").lower(), text(event, "compliance", "status").lower()}
    if words & PASSED or number(event, "compliance", "status_id") == 1:
        return False
    return number(event, "status_id") != RESOLVED and number(event, "activity_id") != CLOSED


def _result(event: dict[str, Any], tool: str, layer: Layer, files: Files) -> Result:
    told = at(event, "finding_info") or at(event, "finding")
    weak = at(event, "vulnerabilities", 0)
    title = text(told, "title") or text(weak, "title") or text(event, "message")
    detail = text(event, "status_detail") or text(told, "desc") or text(weak, "desc")
    return Result(
        tool=tool,
        rule=_rule(event, told, weak),
        message=text(": ".join(dict.fromkeys(filter(None, (title, detail))))) or "no message",
        severity=_severity(event),
        layer=layer,
        place=_place(event, files),
        url=web_address(
            text(told, "src_url"), text(weak, "cve", "references", 0), text(weak, "references", 0),
            text(event, "remediation", "references", 0), text(event, "remediation", "kb_articles", 0),
        ),
        suppressed=number(event, "status_id") == SUPPRESSED,
    )  # fmt: skip


def _rule(event: dict[str, Any], told: Any, weak: Any) -> str:
    """The scanner's own id of what it looks for: the check, the weakness, or the analytic; else the finding's type."""
    return (
        text(event, "metadata", "event_code")
        or text(weak, "cve", "uid")
        or text(weak, "advisory", "uid")
        or text(event, "compliance", "control")
        or text(told, "analytic", "uid")
        or text(told, "analytic", "name")
        or text(told, "types", 0)
        or text(event, "class_name")
        or text(event, "class_uid")
    )


def _severity(event: dict[str, Any]) -> Severity:
    known = SEVERITIES.get(number(event, "severity_id") or 0)
    return known or SEVERITY_WORDS.get(text(event, "severity").lower(), "medium")


def _layer(event: dict[str, Any], tool: str, table: Table) -> Layer:
    """What was found decides before who found it: packages of the system and of the application, and code."""
    for weak in items(event, "vulnerabilities"):
        if isinstance(at(weak, "affected_code"), list) and at(weak, "affected_code"):
            return "code"
        packages = list(items(weak, "affected_packages"))
        if packages:
            return "os" if any(map(_is_of_system, packages)) else "application"
    scanner = table.scanner(tool)
    if scanner is None:
        return table.classes[event["class_uid"]]
    told = at(event, "finding_info") or at(event, "finding")
    return scanner.layer_of([text(event, "metadata", "event_code"), text(told, "title"), *texts(told, "types")])


def _is_of_system(package: dict[str, Any]) -> bool:
    kind = text(package, "purl").removeprefix("pkg:").partition("/")[0]
    manager = text(package, "package_manager") or kind or text(package, "type")
    return number(package, "type_id") == 2 or manager.lower() in OS_PACKAGES


def _place(event: dict[str, Any], files: Files) -> Place | None:
    """The code that is affected, where a finding names some."""
    for weak in items(event, "vulnerabilities"):
        for code in items(weak, "affected_code"):
            file = files.shown(text(code, "file", "path") or text(code, "file", "name"))
            if file:
                return Place(file, max(number(code, "start_line") or 1, 1), 1)
    return None


def _names(event: dict[str, Any]) -> Iterator[str]:
    """The names of the resources that the finding is about."""
    single = at(event, "resource")
    for resource in [*items(event, "resources"), *([single] if isinstance(single, dict) else [])]:
        yield from filter(None, (text(resource, "uid"), text(resource, "name"), text(resource, "data", "resource_id")))
        for tag in items(resource, "tags"):
            if text(tag, "name") == LOGICAL_ID:
                yield text(tag, "value")
        for label in texts(resource, "labels"):
            if label.startswith(f"{LOGICAL_ID}:"):
                yield label.removeprefix(f"{LOGICAL_ID}:").strip()
