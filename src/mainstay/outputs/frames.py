"""Code frames: the lines of source that a finding is about, with the stretch that matters underlined.

    41 |   publicly_accessible = var.public
       |                         ^^^^^^^^^^ = true

The files are read again here. One that has vanished or changed since costs its frame and nothing else.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from mainstay.model.places import Place
from mainstay.outputs.paint import Line, Tone, cells, shorten, visible

FILES_KEPT = 64
LARGEST_FILE_BYTES = 8_000_000
TAB = "    "
CUT = "..."
NARROWEST = 20

KEY = re.compile(r"""\s*["']?[\w.:*/-]+["']?\s*(?:=(?![=>])|:(?=\s|$))\s*""")
VALUE = re.compile(r"""\"[^"]*"|'[^']*'|[{\[].*(?<!,)|(?:[^\s,}\]]|,(?=\S)| (?!\#|//))+""")
WORD = re.compile(r"""["']?[\w.:*/-]+["']?""")


@dataclass(frozen=True, slots=True)
class Note:
    """A stretch of source to underline, and what to say beside the underline."""

    place: Place
    label: str = ""


class SourceLines:
    """The lines of the files under `base`, kept for the last few files that were asked for."""

    def __init__(self, base: Path) -> None:
        self._base = base
        self._files: dict[str, list[str]] = {}

    def __call__(self, file: str) -> list[str]:
        """The file's lines; none where it can't be read."""
        lines = self._files.pop(file, None)
        if lines is None:
            lines = _read(self._base / file)
            if len(self._files) >= FILES_KEPT:
                del self._files[next(iter(self._files))]
        self._files[file] = lines
        return lines


def _read(path: Path) -> list[str]:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST_FILE_BYTES:
            return []
        text = path.read_bytes().decode("utf-8-sig", errors="replace")
    except (OSError, ValueError):  # ValueError: a path with a null byte
        return []
    # Not splitlines, which also splits at form feeds and the like and so would count other lines than the readers.
    return text.replace("\r\n", "\n").split("\n")


def extent(line: str, place: Place) -> tuple[int, int]:
    """Where the underlined stretch begins and ends in its first line, as indices; empty where the line changed."""
    start = max(place.column - 1, 0)
    if place.end_line == place.line and place.end_column > place.column:
        end = place.end_column - 1
    elif place.end_line > place.line:
        end = len(line)
    else:
        word = WORD.match(line, start)
        end = word.end() if word else start + 1
    end = min(end, len(line))
    while end > start + 1 and line[end - 1] in " \t\r{[(":
        end -= 1
    return start, max(start, end)


def value_extent(line: str, place: Place) -> tuple[int, int]:
    """The same for the value alone: what follows `=` or `:`, where the stretch is a property or its key."""
    start, end = extent(line, place)
    key = KEY.match(line, start)
    if key is None or key.end() == len(line):
        return start, end
    if key.end() < end:
        return key.end(), end
    value = VALUE.match(line, key.end())
    return key.end(), value.end() if value else len(line)


def code_frame(lines: Sequence[str], notes: Sequence[Note], block: Place | None, width: int, tone: Tone) -> list[Line]:
    """The lines that the notes stand on, a little around them, and the header of the block that they stand in.

    All places are of one file, whose `lines` are given. Empty where the file no longer has such lines.
    """
    notes = [note for note in notes if 0 < note.place.line <= len(lines) and _is_there(lines, note.place)]
    if not notes:
        return []
    notes.sort(key=lambda note: (note.place.line, note.place.column))
    shown = _lines_shown(lines, [note.place.line for note in notes], block)
    gutter = len(str(shown[-1]))
    room = max(width - gutter - 5, NARROWEST)
    frame: list[Line] = []
    for number, following in pairwise([*shown, 0]):
        here = [note for note in notes if note.place.line == number]
        text = lines[number - 1]
        if not here:
            frame.append(_row(str(number), _crop(_expand(text), 0, room)[0], gutter))
        for note in here:
            # A label speaks of the value, so it stands under the value.
            start, end = value_extent(text, note.place) if note.label else extent(text, note.place)
            left, right = cells(_expand(text[:start])), cells(_expand(text[:end]))
            source, moved = _crop(_expand(text), left, room)
            if note is here[0]:
                frame.append(_row(str(number), source, gutter))
            elif moved:
                frame.append(_row("", source, gutter))
            frame += _underline(left - moved, right - moved, note.label, gutter, room, tone)
        if following > number + 1:
            frame.append(_row("", CUT, gutter))
    return frame


def _is_there(lines: Sequence[str], place: Place) -> bool:
    start, end = extent(lines[place.line - 1], place)
    return end > start


def _lines_shown(lines: Sequence[str], marked: Sequence[int], block: Place | None) -> list[int]:
    """The numbers of the lines to show; a single line is never left out between two others."""
    first, last = 1, len(lines)
    shown = set(marked)
    if block is not None and 0 < block.line <= min(marked):
        first = block.line
        shown.add(first)
        if block.end_line > block.line:
            last = min(max(block.end_line, *marked), last)
    for line in marked:
        # A header says what it is by itself; a property is easier to find beside its neighbours.
        before, after = (0, 2) if line == first else (1, 1)
        depth = _depth(lines[line - 1])
        shown.update(
            number
            for number in range(max(line - before, first), min(line + after, last) + 1)
            if number > first
            and _says_something(lines[number - 1])
            and _depth(lines[number - 1]) >= depth + (line == first)
        )
    for one, other in pairwise(sorted(shown)):
        if other == one + 2:
            shown.add(one + 1)
    return sorted(shown)


def _depth(line: str) -> int:
    expanded = line.expandtabs(4)
    return len(expanded) - len(expanded.lstrip())


def _says_something(line: str) -> bool:
    return any(character.isalnum() for character in line)


def _row(number: str, source: str, gutter: int) -> Line:
    return ((f"  {number:>{gutter}} | ", "quiet"), (source, "plain"))


def _expand(text: str) -> str:
    return visible(text.rstrip("\r").replace("\t", TAB))


def _crop(source: str, start: int, room: int) -> tuple[str, int]:
    """A window of `room` cells on the line in which the cell `start` stands, and how far the window moved the text."""
    source = source.rstrip()
    if cells(source) <= room:
        return source, 0
    moved = 0
    if start > room * 2 // 3:
        skipped = 0
        goal = start - room // 3
        while skipped < len(source) and moved < goal:
            moved += cells(source[skipped])
            skipped += 1
        source = CUT + source[skipped:]
        moved -= len(CUT)
    if cells(source) <= room:
        return source, moved
    while cells(source) > room - len(CUT):
        source = source[: -max(1, (cells(source) - room + len(CUT)) // 2)]
    return source + CUT, moved


def _underline(left: int, right: int, label: str, gutter: int, room: int, tone: Tone) -> list[Line]:
    right = max(min(right, room), left + 1)
    label = shorten(visible(label), room)
    beside = f" {label}" if label and right + 1 + cells(label) <= room else ""
    bar = f"  {'':>{gutter}} | "
    rows: list[Line] = [((bar, "quiet"), (" " * left, "plain"), ("^" * (right - left) + beside, tone))]
    if label and not beside:
        rows.append(((bar, "quiet"), (" " * max(0, min(left, room - cells(label))), "plain"), (label, tone)))
    return rows
