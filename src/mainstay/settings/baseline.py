"""Baselines: what was known on the day when one was written, so that only what is new counts.

A baseline keeps fingerprints and no lines, one entry a line and sorted, so that it changes as little as the findings
do and git can merge it.
"""

from __future__ import annotations

import errno
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mainstay.documents import decode, read_json
from mainstay.model.decisions import Known
from mainstay.model.errors import DataError, Fault, UsageError
from mainstay.model.findings import Finding, Gap, Review
from mainstay.model.places import Place
from mainstay.model.values import Record, Value

SCHEMA = "mainstay/baseline/v1"
DEFAULT_FILE = ".mainstay/baseline.json"
_FINDING = ("control", "type", "address", "scope", "fingerprint")
_GAP = ("kind", "reason", "file")

GapKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Baseline:
    """What was known: failures, and gaps by kind, reason and file. One that stands twice was there twice."""

    findings: tuple[Known, ...] = ()
    gaps: tuple[GapKey, ...] = ()


def as_it_is(file: str) -> str:
    return file


def baseline_of(review: Review, name: Callable[[str], str] = as_it_is) -> Baseline:
    """What a baseline keeps of a review: its failures and its gaps. `name` makes a gap's file independent of where the
    user stands."""
    findings = sorted(map(known, (one for one in review.findings if one.verdict == "fail")), key=_order)
    return Baseline(tuple(findings), tuple(sorted(gap_key(gap, name) for gap in review.gaps)))


def known(finding: Finding) -> Known:
    subject = finding.subject
    return Known(finding.fingerprint, finding.control.id, subject.type, subject.address, subject.scope)


def gap_key(gap: Gap, name: Callable[[str], str]) -> GapKey:
    return gap.kind, gap.reason, name(gap.place.file) if gap.place else ""


def _order(one: Known) -> tuple[str, str, str, str]:
    return one.scope, one.address, one.control, one.fingerprint


def write_baseline(baseline: Baseline, file: Path) -> None:
    """Writes the file whole or not at all, also when the machine stops in between. Raises UsageError."""
    findings = [{key: getattr(one, key) for key in _FINDING} for one in baseline.findings]
    gaps = [dict(zip(_GAP, gap, strict=True)) for gap in baseline.gaps]
    lists = ",\n".join(f'"{name}": {_lines(items)}' for name, items in (("findings", findings), ("gaps", gaps)))
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        _replace(file, f'{{\n"schema": {json.dumps(SCHEMA)},\n{lists}\n}}\n')
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}") from None


def _lines(items: Sequence[dict[str, str]]) -> str:
    return "[\n" + ",\n".join(map(json.dumps, items)) + "\n]" if items else "[]"


def _replace(file: Path, text: str) -> None:
    target = file.resolve()  # a link stays one
    if target.exists() and not target.is_file():
        raise OSError(errno.EINVAL, "it is no file")  # a device or a pipe must not be replaced by one
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        unfinished.unlink(missing_ok=True)
        with unfinished.open("x", encoding="ascii") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        if target.exists():
            unfinished.chmod(target.stat().st_mode & 0o777)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def read_baseline(file: Path, shown: str) -> Baseline:
    """The baseline in a file. Raises DataError with all that is wrong."""
    try:
        text, unreadable = decode(file.read_bytes(), shown)
    except OSError as error:
        raise DataError([Fault(f"cannot be read: {error.strerror}", Place(shown, 1, 1))]) from None
    baseline, faults = parse_baseline(text, shown)
    if unreadable or faults:
        raise DataError([*([unreadable] if unreadable else []), *faults])
    return baseline


def parse_baseline(text: str, shown: str) -> tuple[Baseline, list[Fault]]:
    """The baseline in a text, and all that is wrong with it."""
    parsed = read_json(text, shown)
    faults = list(parsed.faults)
    start = Place(shown, 1, 1)
    if not parsed.complete:
        if "<<<<<<<" in text:
            faults.append(Fault("a merge has left conflicts in it", start, "write it anew with --write-baseline"))
        return Baseline(), faults
    value = parsed.value
    if not isinstance(value, Record) or value.get("schema") != SCHEMA:
        return Baseline(), [*faults, Fault(f"is no baseline of the schema {SCHEMA}", start)]
    findings = [Known(**texts) for texts in _entries(value, "findings", _FINDING, start, faults)]
    gaps = [(one["kind"], one["reason"], one["file"]) for one in _entries(value, "gaps", _GAP, start, faults)]
    return Baseline(tuple(findings), tuple(gaps)), faults


def _entries(
    value: Record, name: str, keys: Sequence[str], start: Place, faults: list[Fault]
) -> Iterable[dict[str, str]]:
    """The entries of a list that have all their keys as text; the others are faults."""
    items: Value = value.get(name, [])
    if not isinstance(items, list):
        mark = value.marks.get(name)
        faults.append(Fault(f"'{name}' has to be a list", mark if isinstance(mark, Place) else start))
        return
    for item in items:
        texts = {key: text for key in keys if isinstance(item, Record) and isinstance(text := item.get(key), str)}
        if len(texts) == len(keys):
            yield texts
        else:
            place = item.place if isinstance(item, Record) else None
            faults.append(Fault(f"an entry of '{name}' has the texts {', '.join(keys)}", place or start))


def compare(
    review: Review,
    baseline: Baseline,
    judged: Callable[[str], bool] = lambda scope: True,
    name: Callable[[str], str] = as_it_is,
) -> Review:
    """The review with what is new and what is fixed since the baseline.

    Of failures with one fingerprint, as many are unchanged as were known; waived and unknown ones use them up as well,
    for they are not fixed. What was known counts as fixed where its control was asked, its scope was `judged`, and
    nothing that was readable before hides it.
    """
    left = Counter(one.fingerprint for one in baseline.findings)
    findings: list[Finding] = []
    for finding in review.findings:
        if finding.verdict == "fail":
            finding = replace(finding, change="unchanged" if left[finding.fingerprint] > 0 else "new")
            left[finding.fingerprint] -= 1
        findings.append(finding)
    for finding in review.findings if +left else ():
        if finding.verdict in ("unknown", "waived"):
            left[finding.fingerprint] -= 1
    known_gaps, new_gaps = _sorted_out(review.gaps, baseline.gaps, name)
    asked = {control.id for control in review.controls}
    unread = [name(gap.place.file) if gap.place else "" for gap in new_gaps]
    hidden = _hidden(unread, {finding.subject.scope for finding in review.findings})
    fixed: list[Known] = []
    for one in baseline.findings:
        if left[one.fingerprint] > 0 and one.control in asked and judged(one.scope) and not hidden(one.scope):
            left[one.fingerprint] -= 1
            fixed.append(one)
    return replace(review, findings=findings, fixed=sorted(fixed, key=_order), known_gaps=frozenset(known_gaps))


def _sorted_out(
    gaps: Iterable[Gap], known_before: Iterable[GapKey], name: Callable[[str], str]
) -> tuple[list[Gap], list[Gap]]:
    """The gaps that were known, and those that are new."""
    left = Counter(known_before)
    before: list[Gap] = []
    new: list[Gap] = []
    for gap in gaps:
        (before if left[gap_key(gap, name)] > 0 else new).append(gap)
        left[gap_key(gap, name)] -= 1
    return before, new


def _hidden(files: Sequence[str], scopes: Iterable[str]) -> Callable[[str], bool]:
    """Whether a scope may hold failures that can't be seen: a file of it can no longer be read, or one of a module
    that it may use."""
    others = set(scopes)

    def hides(file: str, scope: str) -> bool:
        if _below(file, scope):
            return True
        return not any(_below(file, other) for other in others)  # what lies in no scope may be a module of any

    return lambda scope: any(hides(file, scope) for file in files)


def _below(file: str, scope: str) -> bool:
    return scope == "." or file == scope or file.startswith(f"{scope}/")
