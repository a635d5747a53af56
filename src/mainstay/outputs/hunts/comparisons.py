"""What another set of rules changes: for a person, a program, or the pull request that changes the rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, TextIO

from mainstay.model.controls import SEVERITIES, Severity
from mainstay.model.detections import About, EventFinding
from mainstay.model.findings import Gap
from mainstay.model.hunts import Change, Comparison
from mainstay.outputs.hunts.console import BLANK, NARROWEST, written
from mainstay.outputs.hunts.entries import encode, finding_entry, gap_entry, summary_entry
from mainstay.outputs.hunts.listing import LONGEST, finding_lines, gap_lines
from mainstay.outputs.hunts.markdown import finding_line
from mainstay.outputs.hunts.telling import extent
from mainstay.outputs.json import write_list
from mainstay.outputs.markdown import MARKER, plain
from mainstay.outputs.paint import Line, Tone, shorten, wrap
from mainstay.outputs.style import Style
from mainstay.outputs.wording import count

SCHEMA = "mainstay/hunt-comparison/v1"
SHOWN = 3


def write_console(comparison: Comparison, stream: TextIO, style: Style) -> None:
    """Write what changes for a person."""
    style = replace(style, width=max(style.width, NARROWEST))
    written(_page(comparison, style), stream, style.color)


def write_json(comparison: Comparison, stream: TextIO, style: Style) -> None:
    """Write what changes for a program: `hunt.schema.json` has it as `comparison`."""
    stream.write(f'{{\n"schema": {encode(SCHEMA)},\n')
    write_list(stream, "changes", (encode(_entry(change, comparison)) for change in _ordered(comparison)))
    write_list(stream, "gaps", (encode(gap_entry(gap)) for gap in _gaps(comparison)))
    summary = {"old": summary_entry(comparison.old), "new": summary_entry(comparison.new)}
    stream.write(f'"summary": {encode(summary)}\n}}\n')


def write_markdown(comparison: Comparison, stream: TextIO, style: Style) -> None:
    """Write what changes for a comment."""
    text = "\n".join(_markdown(comparison)) + "\n"
    stream.write(text.encode("utf-8", "backslashreplace").decode("utf-8"))


def told(comparison: Comparison) -> str:
    """The comparison in one line."""
    changes, read = comparison.changes, extent(comparison.new)
    if not changes:
        return f"Nothing changes: both find the same in {read}"
    new, lost = sum(len(one.new) for one in changes), sum(len(one.lost) for one in changes)
    said = f"{count(len(changes), 'rule')} changed: {new:,} new and {lost:,} lost in {read}"
    noisy = sum(one.noisy for one in changes)
    gaps = len(_gaps(comparison))
    return "; ".join(
        [said, *([f"{noisy:,} got noisy"] if noisy else []), *([count(gaps, "gap")] if gaps else [])],
    )


def _about(change: Change, comparison: Comparison) -> About:
    """The rule as it is now; as it was, where it is there no more."""
    for hunt in (comparison.new, comparison.old):
        for rule in hunt.rules:
            if rule.about.id == change.id:
                return rule.about
    return next((finding.rule.about for finding in (*change.new, *change.lost)), About(change.id, change.id, "low"))


def _state(change: Change, comparison: Comparison) -> str:
    """Whether the rule itself came or went: `new`, `gone`, or empty where both have it."""
    was, now = (
        any(rule.about.id == change.id for rule in hunt.rules) for hunt in (comparison.old, comparison.new)
    )  # fmt: skip
    return "" if was == now else "new" if now else "gone"


def _ordered(comparison: Comparison) -> list[Change]:
    """The noisy first, then the worst."""

    def rank(change: Change) -> tuple[bool, int, str]:
        return not change.noisy, -SEVERITIES.index(_about(change, comparison).severity), change.id

    return sorted(comparison.changes, key=rank)


def _gaps(comparison: Comparison) -> list[Gap]:
    """The gaps of both, each once: the same logs were read twice."""
    return list(dict.fromkeys([*comparison.old.gaps, *comparison.new.gaps]))


def _numbers(change: Change, comparison: Comparison) -> str:
    state = _state(change, comparison)
    parts = [f"{len(change.new):,} new", f"{len(change.lost):,} lost", f"{change.kept_count:,} kept"]
    return ", ".join([*parts, *([f"the rule is {state}"] if state else []), *(["noisy"] if change.noisy else [])])


def _page(comparison: Comparison, style: Style) -> Iterator[Line]:
    for change in _ordered(comparison):
        about = _about(change, comparison)
        severity: Severity = about.severity
        for number, line in enumerate(wrap(shorten(about.title, LONGEST), style.width - len(severity) - 2)):
            tone: Tone = "plain" if number else severity
            head = " " * len(severity) if number else severity.upper()
            yield (head, tone), ("  ", "plain"), (line, "strong")
        tone = "medium" if change.noisy else "plain"
        for line in wrap(f"{shorten(about.id, LONGEST)}: {_numbers(change, comparison)}", style.width - 2, "  "):
            yield ("  ", "plain"), (line, tone)
        yield from _listed("new", change.new, style)
        yield from _listed("lost", change.lost, style)
        yield BLANK
    gaps = list(gap_lines(_gaps(comparison), style))
    yield from [*gaps, BLANK] if gaps else []
    yield from (((line, "strong"),) for line in wrap(told(comparison), style.width))


def _listed(name: str, findings: Sequence[EventFinding], style: Style) -> Iterator[Line]:
    shown = findings if style.verbose else findings[:SHOWN]
    if shown:
        yield ((f"  {name}", "quiet"),)
    for finding in shown:
        yield from finding_lines(finding, style)
    if len(findings) > len(shown):
        yield ((f"  and {len(findings) - len(shown):,} more; -v shows them", "quiet"),)


def _entry(change: Change, comparison: Comparison) -> dict[str, Any]:
    about = _about(change, comparison)
    return {
        "control": change.id,
        "title": about.title,
        "severity": about.severity,
        "rule": _state(change, comparison) or "kept",
        "noisy": change.noisy,
        "kept": change.kept_count,
        "new": [finding_entry(finding) for finding in change.new],
        "lost": [finding_entry(finding) for finding in change.lost],
    }


def _markdown(comparison: Comparison) -> Iterator[str]:
    yield MARKER
    yield f"**mainstay**: {plain(told(comparison))}"
    for change in _ordered(comparison):
        about = _about(change, comparison)
        title, id = plain(shorten(about.title, LONGEST)), plain(shorten(about.id, LONGEST))
        yield from ("", f"**{about.severity}** {title} ({id}): {plain(_numbers(change, comparison))}", "")
        for name, findings in (("new", change.new), ("lost", change.lost)):
            yield from (f"- {name}: {finding_line(finding)}" for finding in findings[:SHOWN])
            if len(findings) > SHOWN:
                yield f"- and {len(findings) - SHOWN:,} more {name}"
    gaps = _gaps(comparison)
    if gaps:
        yield from ("", f"{count(len(gaps), 'thing')} could not be read, so nothing is said of what is in it.")
