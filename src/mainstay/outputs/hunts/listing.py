"""The console's blocks for rules that fired and for what could not be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mainstay.model.detections import EventFinding
from mainstay.model.findings import Gap
from mainstay.outputs.blocks import labelled
from mainstay.outputs.hunts.telling import Group, alike, author, events_line, place, short_time, where_from
from mainstay.outputs.paint import Line, cells, shorten, visible, wrap
from mainstay.outputs.style import Style
from mainstay.outputs.wording import count

FINDINGS_SHOWN = 3
VALUES_SHOWN = 3
GAPS_SHOWN = 20
EXAMPLES_SHOWN = 3
LONGEST = 200
"""The most characters of a text that a log holds; `verbose` shows all of it."""


def group_lines(group: Group, style: Style) -> Iterator[Line]:
    """What a rule found: its meaning first, then who did what, and when."""
    about = group.about
    start = len(about.severity) + 2
    for number, line in enumerate(_broken(_short(about.title, style), style.width - start)):
        if number == 0:
            yield (about.severity.upper(), about.severity), ("  ", "plain"), (line, "strong")
        else:
            yield (" " * start, "plain"), (line, "strong")
    times = len(group.findings)
    yield from labelled("rule", _short(about.id, style) + (f", {times:,} times" if times > 1 else ""), style)
    for label, text in (
        ("author", author(about)),
        ("proves", ", ".join(about.practices)),
        ("attack", ", ".join(about.attack)),
        ("do", about.response),
    ):
        if text:
            yield from labelled(label, _short(text, style), style)
    shown = group.findings if style.verbose else group.findings[:FINDINGS_SHOWN]
    for finding in shown:
        yield from finding_lines(finding, style)
    if times > len(shown):
        yield ((f"  and {times - len(shown):,} more; -v shows them", "quiet"),)


def finding_lines(finding: EventFinding, style: Style) -> Iterator[Line]:
    """When and who on the first line, where there is room; then from where, and the fields that matter."""
    time, who = short_time(finding.time_us), _short(finding.principal, style) or "nobody named"
    if cells(time) + cells(visible(who)) + 4 <= style.width:
        yield (f"  {time}  ", "place"), (who, "strong")
    else:
        yield ((f"  {time}", "place"),)
        yield from (((f"    {line}", "strong"),) for line in _broken(who, style.width - 4))
    told = [_short(where_from(finding), style), events_line(finding)]
    yield from _indented(", ".join(filter(None, told)), style)
    values = finding.values if style.verbose else finding.values[:VALUES_SHOWN]
    for path, value in values:
        yield from _indented(_short(f"{path} = {value}", style), style)
    if style.verbose:
        yield from _indented(f"event {finding.event_id} in {place(finding)}", style)
        if len(finding.group) > 1:
            yield from _indented(f"events {', '.join(finding.group)}", style)


def gap_lines(gaps: Sequence[Gap], style: Style) -> Iterator[Line]:
    """What could not be read, equal reasons together; nothing where everything could be."""
    if not gaps:
        return
    together = alike(gaps)
    shown = together if style.verbose else together[:GAPS_SHOWN]
    yield ("Gaps", "strong"), (f": {count(len(gaps), 'thing')} that could not be read", "plain")
    for kind, reason, members in shown:
        for number, line in enumerate(_broken(_short(f"{kind}: {reason}", style), style.width - 4)):
            yield (("  " if number == 0 else "    ", "plain"), (line, "plain"))
        places = [gap.where for gap in members if gap.where]
        listed = places if style.verbose else places[:EXAMPLES_SHOWN]
        for one in listed:
            yield from ((("      ", "plain"), (line, "place")) for line in _broken(_short(one, style), style.width - 6))
        if len(places) > len(listed):
            yield ((f"      and {len(places) - len(listed):,} more", "quiet"),)
    if len(together) > len(shown):
        yield ((f"  and {len(together) - len(shown):,} more", "quiet"),)


def _indented(text: str, style: Style) -> Iterator[Line]:
    yield from (((f"    {line}", "plain"),) for line in _broken(text, style.width - 4, "  "))


def _short(text: str, style: Style) -> str:
    """What a log holds, as long as a person reads."""
    return " ".join(text.split()) if style.verbose else shorten(text, LONGEST)


def _broken(text: str, width: int, hanging: str = "") -> Iterator[str]:
    """The text in lines of the width, with words that are longer (ARNs, keys) broken wherever the line ends."""
    for line in wrap(text, width, hanging):
        while cells(line) > width:
            end = width
            while cells(line[:end]) > width:
                end -= 1
            yield line[:end]
            line = hanging + line[end:]
        yield line
