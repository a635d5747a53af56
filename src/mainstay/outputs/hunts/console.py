"""The hunt as a person reads it in a terminal, a pipe or a log: findings, gaps, a timeline, and a summary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TextIO

from mainstay.model.hunts import Aside, Hunt
from mainstay.outputs.hunts.listing import gap_lines, group_lines
from mainstay.outputs.hunts.telling import groups, short_time, told
from mainstay.outputs.hunts.timeline import timeline
from mainstay.outputs.paint import Line, Tone, cells, painter, wrap
from mainstay.outputs.style import Style
from mainstay.outputs.wording import count

NARROWEST = 40
BLANK: Line = ()
BLOCKS, ASCII_BLOCKS = "▁▂▃▄▅▆▇█", ".:-=+*%#"
NOTHING = " "
LABEL = 10


def write_console(hunt: Hunt, stream: TextIO, style: Style) -> None:
    """Write the hunt for a person."""
    style = replace(style, width=max(style.width, NARROWEST))
    written(_page(hunt, style, _blocks(stream)), stream, style.color)


def written(lines: Iterable[Line], stream: TextIO, color: bool) -> None:
    """Write lines. What the stream's encoding lacks is written as an escape, and so is every control character."""
    paint = painter(color)
    encoding = getattr(stream, "encoding", None) or "utf-8"
    for line in lines:
        stream.write(paint(line).encode(encoding, "backslashreplace").decode(encoding) + "\n")


def _blocks(stream: TextIO) -> str:
    """The characters of bars, the lowest first, that the stream can take."""
    try:
        BLOCKS.encode(getattr(stream, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return ASCII_BLOCKS
    return BLOCKS


def _page(hunt: Hunt, style: Style, blocks: str) -> Iterator[Line]:
    for group in groups(hunt.findings):
        yield from group_lines(group, style)
        yield BLANK
    for section in (
        list(gap_lines(hunt.gaps, style)),
        list(_asides(hunt.asides, style)),
        list(_remarks(hunt, style)),
        list(_timeline(hunt, style, blocks)),
    ):
        if section:
            yield from section
            yield BLANK
    yield from _verdict(hunt, style)


def _asides(asides: Sequence[Aside], style: Style) -> Iterator[Line]:
    """The rules that judged nothing, by the reason; each of them only when asked for."""
    if not asides:
        return
    reasons: dict[str, list[Aside]] = {}
    for aside in asides:
        reasons.setdefault(aside.reason, []).append(aside)
    hint = "" if style.verbose else "; -v lists them"
    whole = f"Aside: {count(len(asides), 'rule')} that judged nothing{hint}"
    yield from (((line, "strong"),) for line in wrap(whole, style.width, "  "))
    for reason, members in sorted(reasons.items(), key=lambda item: (-len(item[1]), item[0])):
        for number, line in enumerate(wrap(f"{count(len(members), 'rule')}: {reason}", style.width - 4, "  ")):
            yield ("  " if number == 0 else "", "plain"), (line, "plain")
        if style.verbose:
            for aside in members:
                for line in wrap(f"{aside.id}: {aside.title}", style.width - 6, "  "):
                    yield ("      ", "plain"), (line, "quiet")


def _remarks(hunt: Hunt, style: Style) -> Iterator[Line]:
    if not hunt.remarks:
        return
    yield (("Remarks", "strong"),)
    for remark in hunt.remarks:
        for number, line in enumerate(wrap(str(remark), style.width - 4)):
            yield ("  " if number == 0 else "    ", "plain"), (line, "plain")


def _timeline(hunt: Hunt, style: Style, blocks: str) -> Iterator[Line]:
    """A row of bars a severity, all of one scale."""
    chart = timeline(hunt.findings, style.width - LABEL - 8)
    if chart is None:
        return
    step = f"a {chart.step}" if chart.step[:1].isalpha() else chart.step
    for line in wrap(f"Timeline: a bar is {step}, the highest {count(chart.most, 'finding')}", style.width, "  "):
        yield ((line, "strong"),)
    for severity, row in chart.counts.items():
        bars = "".join(_bar(number, chart.most, blocks) for number in row)
        tone: Tone = "high" if severity == "critical" else severity  # a background would hide how high a bar is
        yield (f"{severity:<{LABEL}}", "plain"), (bars, tone), (f"  {sum(row):,}", "plain")
    start, end = short_time(chart.start_us), short_time(chart.end_us)
    room = len(row) - cells(start)
    if room >= cells(end) + 2:
        yield ((f"{'':<{LABEL}}{start}{end:>{room}}", "quiet"),)
    else:
        yield ((f"{'':<{LABEL}}{start}", "quiet"),)
        yield ((f"{'':<{LABEL - 3}}to {end}", "quiet"),)


def _bar(number: int, most: int, blocks: str) -> str:
    """One step: empty only where there is nothing at all."""
    return blocks[max(1, round(number * len(blocks) / most)) - 1] if number else NOTHING


def _verdict(hunt: Hunt, style: Style) -> Iterator[Line]:
    """The last line: what was found in how much, and what stays open."""
    whole = told(hunt)
    said, *rest = whole.split("; ")
    judged = sum(hunt.event_counts.values()) and hunt.rules
    tone: Tone = "good" if judged and not hunt.findings and not hunt.gaps else "strong"
    for part in [whole] if cells(whole) <= style.width else [said, "; ".join(rest)]:
        for line in wrap(part, style.width) if part else ():
            yield ((line, tone),)
