"""The review as Markdown for the comment of a pull request, within the size that code hosts take."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TextIO

from mainstay.model.controls import PILLARS
from mainstay.model.findings import Finding, Review
from mainstay.outputs.paint import visible
from mainstay.outputs.style import Style
from mainstay.outputs.summary import Summary, summarize
from mainstay.outputs.wording import count, found, fresh, told, where

MOST_CHARACTERS = 60_000
"""GitHub takes 65,536 characters in a comment; the rest is room for what is put around it."""

RESOURCES_SHOWN = 5
GAPS_SHOWN = 5
LONGEST = 300
MARKER = "<!-- mainstay -->"
"""Stands first, so that a job finds its own comment again and changes it."""

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|<>~])")


def write_markdown(review: Review, stream: TextIO, style: Style) -> None:
    """Write the new failures, the worst first, until the room is used up; then say how many were left out."""
    head = [MARKER, f"**mainstay**: {plain(told(review))}", "", *_table(summarize(review)), *_gaps(review)]
    text = "\n".join(head) + "\n"
    room = MOST_CHARACTERS - len(text) - 200
    written = left = 0
    for block in _blocks(review):
        if left or len(block) > room:
            left += 1
            continue
        text += block
        room -= len(block)
        written += 1
    if left:
        text += f"\nand {count(left, 'more control')} with failures, for which there is no room here.\n"
    stream.write(text.encode("utf-8", "backslashreplace").decode("utf-8"))


def _table(summary: Summary) -> Iterator[str]:
    if not summary.total.controls:
        return
    yield "| Pillar | pass | fail | unknown | practices met | partly | not met | not judged |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|"
    for pillar, tally in summary.pillars.items():
        verdicts, coverage = tally.verdicts, summary.coverage[pillar]
        states = coverage.states
        numbers = (
            verdicts["pass"], verdicts["fail"], verdicts["unknown"], states["met"], states["partial"],
            states["not_met"], states["unknown"],
        )  # fmt: skip
        yield f"| {PILLARS[pillar]} | " + " | ".join(f"{number:,}" for number in numbers) + " |"
    yield ""


def _blocks(review: Review) -> Iterator[str]:
    """One block a control, the resources in it."""
    by_control: dict[str, list[Finding]] = {}
    for finding in fresh(review):
        by_control.setdefault(finding.control.id, []).append(finding)
    for findings in by_control.values():
        control = findings[0].control
        lines = [
            f"<details><summary><b>{control.severity}</b> {_html(control.title)} ({len(findings):,})</summary>",
            "",
            f"`{control.id}`: {plain(control.why)}",
            "",
            *map(_resource, findings[:RESOURCES_SHOWN]),
        ]
        if len(findings) > RESOURCES_SHOWN:
            lines.append(f"- and {len(findings) - RESOURCES_SHOWN:,} more")
        practices = ", ".join(control.practices)
        lines += ["", f"**Fix:** {plain(control.fix)}", "", f"Practices: {practices}", "</details>", "", ""]
        yield "\n".join(lines)


def _resource(finding: Finding) -> str:
    place = where(finding)
    at = f" at {code(f'{place.file}:{place.line}')}" if place else ""
    return f"- {code(finding.subject.address)}{at}: {plain(_short(found(finding)))}"


def _gaps(review: Review) -> Iterator[str]:
    gaps = [gap for gap in review.gaps if gap not in review.known_gaps]
    if not gaps:
        return
    yield f"{count(len(gaps), 'thing')} could not be read, so nothing is said of what is in it:"
    yield ""
    for gap in gaps[:GAPS_SHOWN]:
        yield f"- {code(gap.where) + ': ' if gap.where else ''}{plain(_short(gap.reason))}"
    if len(gaps) > GAPS_SHOWN:
        yield f"- and {len(gaps) - GAPS_SHOWN:,} more"
    yield ""


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 4] + " ..."


def plain(text: str) -> str:
    """Text that Markdown shows as it is, and that calls nobody by an @."""
    return _SPECIAL.sub(r"\\\1", visible(" ".join(text.split()))).replace("@", "@\N{ZERO WIDTH SPACE}")


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def code(text: str) -> str:
    """Text as code, whatever backticks are in it; a pipe or a line break can't end it."""
    line = visible(" ".join(text.split()))
    ticks = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{pad}{line}{pad}{ticks}"
