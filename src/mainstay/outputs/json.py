"""The review as JSON, all verdicts included: `review.schema.json` is the contract, `docs/reference/json.md` tells it.

One finding a line, written as it comes: a million findings need no second copy in memory, and line tools can read it.
Only ASCII is written, so that every stream can take it and a broken file name can't break the document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from json import JSONEncoder
from typing import Any, TextIO

from mainstay.model.controls import Control
from mainstay.model.findings import Finding, Gap, Reason, Review, Subject
from mainstay.model.places import Place, ServiceDefault
from mainstay.outputs.style import Style
from mainstay.outputs.summary import Summary, Tally, summarize

SCHEMA = "mainstay/review/v1"
CHUNK = 2_000
encode = JSONEncoder().encode


def write_json(review: Review, stream: TextIO, style: Style) -> None:
    """Write the review for a program."""
    stream.write(f'{{\n"schema": {encode(SCHEMA)},\n')
    _write_list(stream, "findings", _findings(review.findings))
    _write_list(stream, "gaps", (encode(_gap(gap)) for gap in review.gaps))
    stream.write(f'"summary": {encode(_summary(review, summarize(review)))}\n}}\n')


def _write_list(stream: TextIO, name: str, items: Iterator[str]) -> None:
    stream.write(f'"{name}": [')
    separator = "\n"
    while chunk := list(islice(items, CHUNK)):
        stream.write(separator + ",\n".join(chunk))
        separator = ",\n"
    stream.write("\n],\n")


def _findings(findings: Iterable[Finding]) -> Iterator[str]:
    """Each finding as JSON. What is equal in many of them, the control and the subject, is encoded once."""
    head = _last_and_cached(_control_head)
    tail = _last_and_cached(_control_tail)
    resource: str = ""
    existence: str = ""
    last: Subject | None = None
    for finding in findings:
        control, subject = finding.control, finding.subject
        if subject is not last:
            resource, existence, last = encode(_resource(subject)), _existence(subject), subject
        reasons = encode([_reason(reason) for reason in finding.reasons]) if finding.reasons else "[]"
        yield (
            f'{head(control)}"{finding.verdict}", {tail(control)}, "resource": {resource}, "reasons": {reasons}, '
            f'{existence}, "fingerprint": "{finding.fingerprint}"}}'
        )


def _last_and_cached(fragment: Callable[[Control], str]) -> Callable[[Control], str]:
    cached: dict[str, str] = {}

    def look_up(control: Control) -> str:
        text = cached.get(control.id)
        if text is None:
            text = cached[control.id] = fragment(control)
        return text

    return look_up


def _control_head(control: Control) -> str:
    return f'{{"control": {encode(control.id)}, "title": {encode(control.title)}, "verdict": '


def _control_tail(control: Control) -> str:
    said = {"severity": control.severity, "layer": control.layer, "practices": control.practices}
    return encode(said)[1:-1]


def _resource(subject: Subject) -> dict[str, Any]:
    return {
        "type": subject.type,
        "address": subject.address,
        **_place(subject.place),
        "module": subject.module,
        "scope": subject.scope,
        "source": subject.source,
    }


def _existence(subject: Subject) -> str:
    return encode({"may_exist": subject.may_exist is not None, "may_exist_reason": subject.may_exist})[1:-1]


def _reason(reason: Reason) -> dict[str, Any]:
    mark = reason.mark
    return {
        "path": reason.path,
        "expected": reason.expected,
        "actual": reason.actual,
        **_place(mark if isinstance(mark, Place) else None),
        "service_default": mark.since if isinstance(mark, ServiceDefault) else None,
        "settle": reason.settle or None,
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {"kind": gap.kind, "reason": gap.reason, **_place(gap.place)}


def _place(place: Place | None) -> dict[str, Any]:
    if place is None:
        return {"file": None, "line": None, "column": None}
    return {"file": place.file, "line": place.line, "column": place.column}


def _summary(review: Review, summary: Summary) -> dict[str, Any]:
    return {
        "resources": review.resource_count,
        "files": review.file_count,
        "findings": len(review.findings),
        "gaps": len(review.gaps),
        "controls_loaded": len(review.controls),
        **_tally(summary.total),
        "severities": dict(summary.severities),
        "pillars": {pillar: _tally(tally) for pillar, tally in summary.pillars.items()},
        "layers": {layer: _tally(tally) for layer, tally in summary.layers.items()},
        "unjudged_types": dict(sorted(review.unjudged_types.items())),
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "controls": tally.controls,
        "verdicts": dict(tally.verdicts),
        "worst": tally.worst,
        "unknown_share": round(tally.unknown_share, 4),
    }
