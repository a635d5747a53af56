"""The console's block for a weakness: what is wrong, where, why it matters, and how to mend it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from mainstay.model.controls import SEVERITIES
from mainstay.model.findings import Finding, Reason
from mainstay.model.places import Place
from mainstay.outputs.frames import Note, SourceLines, code_frame, value_extent
from mainstay.outputs.paint import Line, Span, Tone, cells, shorten, wrap
from mainstay.outputs.style import Style
from mainstay.outputs.wording import by_place, count, sentence, where

ADDRESSES_SHOWN = 3
FRAME_FILES = 2
FRAME_NOTES = 4
REASONS_SHOWN = 6
VALUE_LENGTH = 120
LABEL_LENGTH = 48
INDENT = 9
HANGING = "  "
WIDEST_PROSE = 100
QUOTES_AND_BRACKETS = tuple("\"'[{")
EXPRESSION = re.compile(r"[$%]\{|\b(?:var|local|module|data|each|self)\.|\bFn::|\bRef\b")
UNSET = {"absent", "not set", "unset", "null", "missing", ""}


@dataclass(frozen=True, slots=True)
class Group:
    """Findings that say the same of the same place: one block of code that is used several times."""

    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        return self.findings[0]


def group(findings: Iterable[Finding]) -> list[Group]:
    """The findings by what they say and where, the worst first, then in the order of files, lines and addresses."""
    alike: dict[object, list[Finding]] = {}
    for finding in findings:
        subject = finding.subject
        place = where(finding)
        # of accounts, resources that lack the same are told together
        alone = place is None and subject.source != "live"
        apart = (subject.scope, subject.address) if alone else ""
        key = (finding.control.id, subject.place, finding.reasons, subject.may_exist, apart)
        alike.setdefault(key, []).append(finding)
    groups = [Group(tuple(sorted(members, key=_by_address))) for members in alike.values()]
    return sorted(groups, key=_by_severity)


def _by_address(finding: Finding) -> tuple[str, str]:
    return finding.subject.address, finding.subject.scope


def _by_severity(group: Group) -> tuple[int, tuple[str, int, int, str, str, str]]:
    return -SEVERITIES.index(group.first.control.severity), by_place(group.first)


def weakness(group: Group, sources: SourceLines, style: Style) -> Iterator[Line]:
    """The lines of the block for one group of failures."""
    finding = group.first
    control = finding.control
    title = wrap(f"not met: {control.title}", style.width - len(control.severity) - 2)
    yield (control.severity.upper(), control.severity), ("  ", "plain"), (title[0], "strong")
    for line in title[1:]:
        yield (" " * (len(control.severity) + 2), "plain"), (line, "strong")
    yield from _addresses(group, style)
    yield from _frames(finding, sources, style)
    reasons = finding.reasons if style.verbose else finding.reasons[:REASONS_SHOWN]
    for number, reason in enumerate(reasons):
        yield from _reason("" if number else "found", reason, style)
    if len(finding.reasons) > len(reasons):
        yield from labelled("", f"and {count(len(finding.reasons) - len(reasons), 'more reason')}", style)
    if finding.subject.construct:
        yield from labelled("cdk", finding.subject.construct, style)
    if finding.subject.may_exist is not None:
        yield from labelled("note", f"if it exists: {finding.subject.may_exist}", style)
    yield from labelled("why", control.why, style)
    yield from labelled("fix", control.fix, style)
    yield from labelled("see", ", ".join(control.practices), style)


def _reason(label: str, reason: Reason, style: Style) -> Iterator[Line]:
    """What is and what should be: on one line where both fit, on one each where each does, wrapped otherwise."""
    if not style.verbose:
        actual, wanted = shorten(reason.actual, VALUE_LENGTH), shorten(reason.expected, VALUE_LENGTH)
        reason = replace(reason, actual=actual, expected=wanted)
    said = sentence(reason)
    expected = f"expected {reason.expected}"
    found = said.removesuffix(expected).rstrip()
    room = style.width - INDENT
    if cells(said) > room >= max(cells(found), cells(expected) + len(HANGING)):
        yield from labelled(label, found, style)
        yield from labelled("", HANGING + expected, style)
    else:
        yield from labelled(label, said, style, HANGING)


def labelled(label: str, text: str, style: Style, hanging: str = "") -> Iterator[Line]:
    """The text, wrapped, beside its label; all lines but the first begin with `hanging`."""
    for number, line in enumerate(wrap(text, min(style.width, WIDEST_PROSE) - INDENT, hanging)):
        yield (f"  {label if number == 0 else '':<{INDENT - 2}}", "quiet"), (line, "plain")


def _addresses(group: Group, style: Style) -> Iterator[Line]:
    control = group.first.control.id
    scopes = {finding.subject.scope for finding in group.findings}
    shown = group.findings if style.verbose else group.findings[:ADDRESSES_SHOWN]
    names = [
        f"{f.subject.address} in {f.subject.scope or '.'}" if len(scopes) > 1 else f.subject.address for f in shown
    ]
    start: Span = (f"  {control}", "plain")
    if len(names) == 1 and len(control) + len(names[0]) + 6 <= style.width:
        yield start, (" on ", "quiet"), (names[0], "strong")
        return
    yield start, (f" on {count(len(group.findings), 'resource')}" if len(names) > 1 else " on", "quiet")
    for name in names:
        yield ("    ", "plain"), (name, "strong")
    if len(group.findings) > len(shown):
        yield (("    ", "plain"), (f"and {len(group.findings) - len(shown):,} more", "quiet"))


def _frames(finding: Finding, sources: SourceLines, style: Style) -> Iterator[Line]:
    """An arrow to each file that has a reason, with its frame; properties that nobody set point at the resource."""
    reasons: dict[Place, list[Reason]] = {}
    for reason in finding.reasons:
        if isinstance(reason.mark, Place):
            reasons.setdefault(reason.mark, []).append(reason)
    if not reasons and finding.subject.place is not None:
        reasons[finding.subject.place] = []
    best = where(finding)
    files = sorted(dict.fromkeys(place.file for place in reasons), key=lambda file: best is None or file != best.file)
    for file in files[:FRAME_FILES]:
        lines = sources(file)
        here = [
            Note(place, _label(lines, place, said, alone=len(reasons) == 1))
            for place, said in reasons.items()
            if place.file == file
        ]
        block = finding.subject.place if finding.subject.place and finding.subject.place.file == file else None
        first = best if best is not None and best.file == file else here[0].place
        yield ("  --> ", "quiet"), (str(first), "place")
        severity = finding.control.severity
        # The headline's background would shout over the source.
        tone: Tone = "high" if severity == "critical" else severity
        yield from code_frame(lines, here[:FRAME_NOTES], block, style.width, tone)


def _label(lines: Sequence[str], place: Place, reasons: Sequence[Reason], alone: bool) -> str:
    """What the underlined expression came to, or what is missing there; nothing where the source says so itself."""
    missing = [reason.path.rpartition(".")[2] for reason in reasons if reason.actual.lower() in UNSET]
    if missing:
        return "" if alone else f"without {', '.join(missing)}"
    if not reasons or not 0 < place.line <= len(lines) or place.end_line > place.line:
        return ""
    actual = reasons[0].actual
    line = lines[place.line - 1]
    start, end = value_extent(line, place)
    written = line[start:end].strip()
    is_literal = written[:1] in QUOTES_AND_BRACKETS and not EXPRESSION.search(written)
    if not written or is_literal or written.strip("\"'").lower() == actual.strip("\"'").lower():
        return ""
    return f"= {shorten(actual, LABEL_LENGTH)}"
