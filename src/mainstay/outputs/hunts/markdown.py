"""The hunt as Markdown for an issue, a chat or a comment, within the size that code hosts take."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TextIO

from mainstay.model.detections import EventFinding
from mainstay.model.hunts import Hunt
from mainstay.outputs.hunts.telling import (
    Group,
    alike,
    author,
    events_line,
    groups,
    severities,
    short_time,
    told,
    where_from,
)
from mainstay.outputs.markdown import MARKER, MOST_CHARACTERS, code, plain
from mainstay.outputs.paint import shorten, visible
from mainstay.outputs.style import Style
from mainstay.outputs.wording import count

FINDINGS_SHOWN = 5
GAPS_SHOWN = 5
VALUES_SHOWN = 3
LONGEST = 300


def write_markdown(hunt: Hunt, stream: TextIO, style: Style) -> None:
    """Write the rules that fired, the worst first, until the room is used up; then say how many were left out."""
    text = "\n".join([MARKER, f"**mainstay**: {plain(told(hunt))}", "", *_table(hunt), *_gaps(hunt)]) + "\n"
    room = MOST_CHARACTERS - len(text) - 200
    left = 0
    for group in groups(hunt.findings):
        block = "\n".join(_block(group))
        if left or len(block) > room:
            left += 1
            continue
        text += block
        room -= len(block)
    if left:
        text += f"\nand {count(left, 'more rule')} with findings, for which there is no room here.\n"
    stream.write(text.encode("utf-8", "backslashreplace").decode("utf-8"))


def _table(hunt: Hunt) -> Iterator[str]:
    if not hunt.findings:
        return
    counted = {severity: number for severity, number in severities(hunt.findings).items() if number}
    yield f"| {' | '.join(counted)} |"
    yield "|" + "--:|" * len(counted)
    yield f"| {' | '.join(f'{number:,}' for number in counted.values())} |"
    yield ""


def _gaps(hunt: Hunt) -> Iterator[str]:
    if not hunt.gaps:
        return
    together = alike(hunt.gaps)
    yield f"{count(len(hunt.gaps), 'thing')} could not be read, so nothing is said of what is in it:"
    yield ""
    for _, reason, members in together[:GAPS_SHOWN]:
        where = members[0].where
        more = f" and {len(members) - 1:,} more" if len(members) > 1 else ""
        at = f"{code(shorten(where, LONGEST))}{more}: " if where else ""
        yield f"- {at}{plain(shorten(reason, LONGEST))}"
    if len(together) > GAPS_SHOWN:
        yield f"- and {len(together) - GAPS_SHOWN:,} more"
    yield ""


def _block(group: Group) -> Iterator[str]:
    about = group.about
    times = count(len(group.findings), "finding")
    yield f"<details><summary><b>{about.severity}</b> {_title(about.title)} ({times})</summary>"
    yield ""
    told = [
        ("Rule", code(shorten(about.id, LONGEST))),
        ("Author", plain(shorten(author(about), LONGEST)) if author(about) else ""),
        ("Practices", plain(", ".join(about.practices))),
        ("ATT&amp;CK", plain(", ".join(about.attack))),
        ("Do first", plain(shorten(about.response, LONGEST)) if about.response else ""),
    ]
    yield "  \n".join(f"{name}: {text}" for name, text in told if text)
    yield ""
    yield from (f"- {finding_line(finding)}" for finding in group.findings[:FINDINGS_SHOWN])
    if len(group.findings) > FINDINGS_SHOWN:
        yield f"- and {len(group.findings) - FINDINGS_SHOWN:,} more"
    yield from ("", "</details>", "", "")


def finding_line(finding: EventFinding) -> str:
    """One finding as an item of a list."""
    said = [f"{short_time(finding.time_us)} {code(shorten(finding.principal, LONGEST) or '-')}"]
    said.append(code(shorten(where_from(finding), LONGEST)))
    said += [code(shorten(f"{path} = {value}", LONGEST)) for path, value in finding.values[:VALUES_SHOWN]]
    return ", ".join([*said, *filter(None, [events_line(finding)])])


def _title(title: str) -> str:
    """Text inside of a summary, where HTML is read and Markdown is not; it calls nobody by an @."""
    return escape(visible(shorten(title, LONGEST))).replace("@", "@\N{ZERO WIDTH SPACE}")
