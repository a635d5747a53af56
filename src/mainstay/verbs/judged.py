"""What judging one scope gives, and its form on the way from another process or out of the cache."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from mainstay.model.controls import Control
from mainstay.model.findings import Finding, Gap, Reason, Subject, Verdict
from mainstay.model.places import Mark, Place, ServiceDefault
from mainstay.sources import Part

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


@dataclass(frozen=True, slots=True)
class Judged:
    """The findings and gaps of one scope, and what a review counts of it.

    `parts` are the module directories and files that it was made from. `inputs` are the names of its variables or
    parameters.
    """

    findings: Sequence[Finding]
    gaps: Sequence[Gap]
    resource_count: int = 0
    parts: Mapping[str, Part] = field(default_factory=dict)
    unjudged: Mapping[str, int] = field(default_factory=dict)
    inputs: frozenset[str] = frozenset()


def encode(judged: Judged, controls: Sequence[Control]) -> bytes:
    """The judged scope as JSON; controls go by their position among `controls`."""
    numbers = {control.id: number for number, control in enumerate(controls)}
    subjects: dict[int, int] = {}
    kept: list[Subject] = []
    findings = []
    for finding in judged.findings:
        number = subjects.get(id(finding.subject))
        if number is None:
            number = subjects[id(finding.subject)] = len(kept)
            kept.append(finding.subject)
        reasons = [(one.path, one.expected, one.actual, _mark(one.mark), one.settle) for one in finding.reasons]
        findings.append((numbers[finding.control.id], VERDICTS.index(finding.verdict), number, reasons))
    document = {
        "subjects": [_subject(subject) for subject in kept],
        "findings": findings,
        "gaps": [(gap.kind, gap.reason, _mark(gap.place)) for gap in judged.gaps],
        "resources": judged.resource_count,
        "parts": dict(judged.parts),
        "unjudged": dict(judged.unjudged),
        "inputs": sorted(judged.inputs),
    }
    return json.dumps(document, separators=(",", ":")).encode()


def decode(data: bytes, controls: Sequence[Control]) -> Judged:
    """The judged scope again, equal to the one that was encoded with the same controls.

    Raises ValueError, KeyError, IndexError or TypeError where the data is not such a document.
    """
    document = json.loads(data)
    subjects = [
        Subject(kind, address, scope, module, source, _place(place), doubt, tuple(map(_place_of, calls)), made_by)
        for kind, address, scope, module, source, place, doubt, calls, made_by in document["subjects"]
    ]
    findings = [
        Finding(
            controls[control],
            VERDICTS[verdict],
            subjects[subject],
            tuple(Reason(path, wanted, found, _read(mark), settle) for path, wanted, found, mark, settle in reasons),
        )
        for control, verdict, subject, reasons in document["findings"]
    ]
    return Judged(
        findings,
        [Gap(kind, reason, _place(place)) for kind, reason, place in document["gaps"]],
        document["resources"],
        {name: Part(file_count, tuple(calls)) for name, (file_count, calls) in document["parts"].items()},
        document["unjudged"],
        frozenset(document["inputs"]),
    )


def _subject(subject: Subject) -> tuple[Any, ...]:
    return (
        subject.type,
        subject.address,
        subject.scope,
        subject.module,
        subject.source,
        _mark(subject.place),
        subject.may_exist,
        [_mark(call) for call in subject.calls],
        subject.construct,
    )


def _mark(mark: Mark | None) -> Any:
    """A place as a list, a default as the day that it was seen, nothing as nothing."""
    if isinstance(mark, Place):
        return (mark.file, mark.line, mark.column, mark.end_line, mark.end_column)
    return mark.since if isinstance(mark, ServiceDefault) else None


def _read(mark: Any) -> Mark | None:
    return ServiceDefault(mark) if isinstance(mark, str) else _place(mark)


def _place(mark: Any) -> Place | None:
    return None if mark is None else _place_of(mark)


def _place_of(mark: Any) -> Place:
    return Place(*mark)
