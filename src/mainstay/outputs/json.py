"""The review as JSON, all verdicts included: `review.schema.json` is the contract, `docs/reference/json.md` tells it.

One finding a line, written as it comes: a million findings need no second copy in memory, and line tools can read it.
Only ASCII is written, so that every stream can take it and a broken file name can't break the document.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import islice
from json import JSONEncoder
from typing import Any, TextIO

from mainstay.analysis.practices import Answer, Coverage
from mainstay.model.controls import Control
from mainstay.model.decisions import Known
from mainstay.model.findings import Finding, Gap, Reason, Review, Subject
from mainstay.model.patches import Patch
from mainstay.model.places import Place, ServiceDefault
from mainstay.model.reports import Report, Result
from mainstay.outputs.style import Style
from mainstay.outputs.summary import Summary, Tally, summarize

SCHEMA = "mainstay/review/v1"
CHUNK = 2_000
encode = JSONEncoder().encode


def write_json(review: Review, stream: TextIO, style: Style) -> None:
    """Write the review for a program."""
    stream.write(f'{{\n"schema": {encode(SCHEMA)},\n')
    write_list(stream, "findings", _findings(review.findings))
    write_list(stream, "gaps", (encode(_gap(gap, review.known_gaps)) for gap in review.gaps))
    write_list(stream, "fixed", (encode(_known(known)) for known in review.fixed))
    write_list(stream, "reports", (encode(_report(report)) for report in review.reports))
    write_list(
        stream,
        "remarks",
        (encode({"message": str(remark.message), **_place(remark.place)}) for remark in review.remarks),
    )
    stream.write(f'"summary": {encode(_summary(review, summarize(review)))}\n}}\n')


def write_list(stream: TextIO, name: str, items: Iterator[str]) -> None:
    """Write a property that is a list, one item a line, while the items come."""
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
            f'{existence}, {_decided(finding)}"fingerprint": "{finding.fingerprint}"}}'
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
        "construct": subject.construct or None,
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


def _decided(finding: Finding) -> str:
    """What was decided about the finding and what would mend it; nothing where there is nothing to say."""
    said: dict[str, Any] = {}
    if (waiver := finding.waiver) is not None:
        until = waiver.until.isoformat() if waiver.until else None
        said["waiver"] = {
            "reason": waiver.reason,
            "source": waiver.source,
            "owner": waiver.owner or None,
            "until": until,
            "expired": finding.verdict != "waived",
            **_place(waiver.place),
        }
    if finding.change is not None:
        said["change"] = finding.change
    if isinstance(finding.patch, Patch):
        edits = [{"file": e.file, "start": e.start, "end": e.end, "text": e.text} for e in finding.patch.edits]
        said["patch"] = {"summary": finding.patch.summary, "edits": edits}
    elif finding.patch is not None:
        said["no_patch"] = finding.patch.reason
    return f"{encode(said)[1:-1]}, " if said else ""


def _gap(gap: Gap, known: Collection[Gap]) -> dict[str, Any]:
    return {
        "kind": gap.kind,
        "reason": gap.reason,
        **_place(gap.place),
        "known": gap in known,
        "account": gap.unit.scope if gap.unit else None,
        "region": gap.unit.region if gap.unit else None,
        "type": gap.unit.type if gap.unit else None,
        "call": gap.call or None,
        "permission": gap.permission or None,
        "controls": gap.controls,
    }


def _known(known: Known) -> dict[str, Any]:
    return {
        "control": known.control,
        "type": known.type,
        "address": known.address,
        "scope": known.scope,
        "fingerprint": known.fingerprint,
    }


def _report(report: Report) -> dict[str, Any]:
    return {
        "tool": report.tool,
        "version": report.version or None,
        "file": report.file,
        "layers": report.layers,
        "results": [_result(result) for result in report.results],
    }


def _result(result: Result) -> dict[str, Any]:
    return {
        "rule": result.rule,
        "message": result.message,
        "severity": result.severity,
        "layer": result.layer,
        "suppressed": result.suppressed,
        "resource": result.resource or None,
        "scope": result.scope or None,
        "url": result.url or None,
        **_place(result.place),
    }


def _place(place: Place | None) -> dict[str, Any]:
    if place is None:
        return {"file": None, "line": None, "column": None}
    return {"file": place.file, "line": place.line, "column": place.column}


def _summary(review: Review, summary: Summary) -> dict[str, Any]:
    return {
        "resources": review.resource_count,
        "files": review.file_count,
        "accounts": {account: list(regions) for account, regions in review.accounts.items()},
        "findings": len(review.findings),
        "gaps": len(review.gaps),
        "controls_loaded": len(review.controls),
        **_tally(summary.total),
        "severities": dict(summary.severities),
        "pillars": {pillar: _tally(tally) for pillar, tally in summary.pillars.items()},
        "layers": {layer: _tally(tally) for layer, tally in summary.layers.items()},
        "practices": [_answer(answer) for answer in summary.answers.values() if answer.controls],
        "coverage": {pillar: _coverage(coverage) for pillar, coverage in summary.coverage.items()},
        "results": dict(summary.results),
        "unjudged_types": dict(sorted(review.unjudged_types.items())),
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "controls": tally.controls,
        "verdicts": dict(tally.verdicts),
        "worst": tally.worst,
        "unknown_share": round(tally.unknown_share, 4),
    }


def _answer(answer: Answer) -> dict[str, Any]:
    return {
        "practice": answer.practice.id,
        "state": answer.state,
        "controls": answer.controls,
        "failing": answer.failing,
        "open": answer.open,
        "lacking": answer.lacking,
    }


def _coverage(coverage: Coverage) -> dict[str, Any]:
    return {
        "practices": coverage.practices,
        "answerable": coverage.answerable,
        "served": coverage.served,
        "judged": coverage.judged,
        **{str(state): number for state, number in coverage.states.items()},
    }
