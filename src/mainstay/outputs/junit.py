"""The review as JUnit XML: one suite a control, one case a resource.

A failure is a failure; what is undecided, waived or known from before is skipped and says why; what could not be read
is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import TextIO

from mainstay.model.findings import Finding, Gap, Review
from mainstay.outputs.style import Style
from mainstay.outputs.wording import found, settling, waived, where

# what XML 1.0 cannot hold, not even as a reference
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_junit(review: Review, stream: TextIO, style: Style) -> None:
    """Write every verdict but `not_applicable`."""
    suites: dict[str, list[Finding]] = {}
    for finding in review.findings:
        if finding.verdict != "not_applicable":
            suites.setdefault(finding.control.id, []).append(finding)
    judged = [finding for findings in suites.values() for finding in findings]
    totals = _counts(judged, len(review.gaps))
    stream.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="mainstay" {totals}>\n')
    for name in sorted(suites):
        stream.write(f"  <testsuite name={_quoted(name)} {_counts(suites[name], 0)}>\n")
        for finding in suites[name]:
            stream.write(_case(finding))
        stream.write("  </testsuite>\n")
    if review.gaps:
        stream.write(f'  <testsuite name="gaps" {_counts([], len(review.gaps))}>\n')
        for gap in review.gaps:
            stream.write(_gap(gap))
        stream.write("  </testsuite>\n")
    stream.write("</testsuites>\n")


def _counts(findings: Iterable[Finding], gaps: int) -> str:
    listed = list(findings)
    failures = sum(1 for one in listed if one.verdict == "fail" and one.change != "unchanged")
    skipped = sum(1 for one in listed if one.verdict != "pass") - failures
    return f'tests="{len(listed) + gaps}" failures="{failures}" errors="{gaps}" skipped="{skipped}"'


def _case(finding: Finding) -> str:
    control, subject, place = finding.control, finding.subject, where(finding)
    at = f' file={_quoted(place.file)} line="{place.line}"' if place else ""
    begin = f"    <testcase name={_quoted(subject.address)} classname={_quoted(subject.scope or subject.type)}{at}"
    if finding.verdict == "fail" and finding.change == "unchanged":
        said = f"<skipped message={_quoted(f'known before: {found(finding)}')}/>"
    elif finding.verdict == "fail":
        text = f"{place or subject.scope}\n{found(finding)}\nwhy: {control.why}\nfix: {control.fix}\n"
        said = f'<failure type="{control.severity}" message={_quoted(control.title)}>{_escaped(text)}</failure>'
    elif finding.verdict == "unknown":
        said = f"<skipped message={_quoted(f'undecided: {settling(finding)}')}/>"
    elif finding.waiver is not None:
        said = f"<skipped message={_quoted(waived(finding.waiver))}/>"
    else:
        return f"{begin}/>\n"
    return f"{begin}>\n      {said}\n    </testcase>\n"


def _gap(gap: Gap) -> str:
    name = gap.where or gap.kind
    said = f'<error type="{gap.kind}" message={_quoted(gap.reason)}/>'
    return f'    <testcase name={_quoted(name)} classname="gaps">\n      {said}\n    </testcase>\n'


def _escaped(text: str) -> str:
    return escape(_FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text), quote=False)


def _quoted(text: str) -> str:
    """Text as an attribute, quotes around it; white space in it stays what it is."""
    safe = escape(_FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text))
    return '"' + safe.replace("\n", "&#10;").replace("\r", "&#13;").replace("\t", "&#9;") + '"'
