"""Findings as they happen: two lines of console or one of JSON each; gaps among them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TextIO

from mainstay.model.detections import EventFinding
from mainstay.model.findings import Gap
from mainstay.outputs.hunts.entries import encode, finding_entry, gap_entry
from mainstay.outputs.hunts.telling import events_line, short_time, where_from
from mainstay.outputs.paint import Line, painter, shorten
from mainstay.outputs.style import Style

LONGEST = 300
"""The most characters of a line: an alert is for a glance, and the log holds the rest."""

_painter = lru_cache(maxsize=2)(painter)


def write_console(news: EventFinding | Gap, stream: TextIO, style: Style) -> None:
    """Write one alert, or one gap, for a person."""
    paint = _painter(style.color)
    encoding = getattr(stream, "encoding", None) or "utf-8"
    for line in _gap(news) if isinstance(news, Gap) else _finding(news):
        stream.write(paint(line).encode(encoding, "backslashreplace").decode(encoding) + "\n")


def write_jsonl(news: EventFinding | Gap, stream: TextIO, style: Style) -> None:
    """Write one alert, or one gap as `{"gap": ...}`, as a line of JSON."""
    entry = {"gap": gap_entry(news)} if isinstance(news, Gap) else finding_entry(news)
    stream.write(f"{encode(entry)}\n")


def _finding(finding: EventFinding) -> Iterator[Line]:
    about = finding.rule.about
    yield (
        (f"{short_time(finding.time_us)}  ", "place"),
        (about.severity.upper(), about.severity),
        (f"  {shorten(about.title, LONGEST)}", "strong"),
        (f"  {shorten(about.id, LONGEST)}", "quiet"),
    )
    said = filter(None, (finding.principal, where_from(finding), events_line(finding)))
    yield (("  ", "plain"), (shorten(", ".join(said), LONGEST), "plain"))


def _gap(gap: Gap) -> Iterator[Line]:
    where = f" ({shorten(gap.where, LONGEST)})" if gap.where else ""
    yield ("GAP  ", "medium"), (f"{gap.kind}: {shorten(gap.reason, LONGEST)}{where}", "plain")
