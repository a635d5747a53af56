"""Files as they stand on disk, for those who change them: their text, and byte offsets in it."""

from __future__ import annotations

import codecs
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mainstay.model.patches import Edit, NoPatch
from mainstay.model.places import Place

LARGEST = 10_000_000


@dataclass(frozen=True, slots=True)
class Original:
    """A file's bytes without its byte order mark, whose length is `shift`; `file` is named as places name it."""

    file: str
    text: bytes
    shift: int
    lines: tuple[int, ...]
    """Where each line begins."""
    parsed: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """What a reader has made of it, by the reader's name: the findings of one file come one after the other."""

    @property
    def eol(self) -> str:
        """The line ending that the file uses."""
        end = self.text.find(b"\n")
        return "\r\n" if end > 0 and self.text[end - 1 : end] == b"\r" else "\n"

    def edit(self, start: int, end: int, text: str) -> Edit:
        return Edit(self.file, start + self.shift, end + self.shift, text)

    def offset(self, line: int, column: int) -> int:
        """The offset of a line and a column in characters, both from 1."""
        start = self.lines[min(line, len(self.lines)) - 1]
        stop = self.lines[line] if line < len(self.lines) else len(self.text)
        return start + len(self.text[start:stop].decode()[: column - 1].encode())

    def line_start(self, offset: int) -> int:
        return self.lines[bisect_right(self.lines, offset) - 1]

    def line_end(self, offset: int) -> int:
        """Where the line at an offset ends, before its line ending."""
        end = self.text.find(b"\n", offset)
        if end < 0:
            return len(self.text)
        return end - 1 if end > offset and self.text[end - 1 : end] == b"\r" else end

    def indent(self, offset: int) -> str:
        """The white space that the line at an offset begins with."""
        start = self.line_start(offset)
        line = self.text[start : self.line_end(start)].decode()
        return line[: len(line) - len(line.lstrip(" \t"))]


@dataclass(slots=True)
class Originals:
    """The files of one run, each read once."""

    known: dict[str, Original | NoPatch] = field(default_factory=dict)

    def read(self, file: str) -> Original | NoPatch:
        if file not in self.known:
            self.known[file] = _read(file)
        return self.known[file]

    def beside(self, file: str, suffixes: tuple[str, ...]) -> list[Original]:
        """The files with one of the suffixes beside `file`, by name; those that cannot be edited are left out."""
        folder = Path(file).parent
        names = sorted(path.name for path in folder.iterdir() if path.name.endswith(suffixes) and path.is_file())
        around = file.rpartition("/")[0]
        read = (self.read(f"{around}/{name}" if around else name) for name in names)
        return [one for one in read if isinstance(one, Original)]


def _read(file: str) -> Original | NoPatch:
    path = Path(file)
    try:
        if path.stat().st_size > LARGEST:
            return NoPatch("the file is too large to be edited")
        data = path.read_bytes()
        shift = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
        text = data[shift:]
        text.decode()
    except OSError as error:
        return NoPatch(f"{file} cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        return NoPatch("the file is not UTF-8 text")
    starts = [0]
    position = text.find(b"\n")
    while position >= 0:
        starts.append(position + 1)
        position = text.find(b"\n", position + 1)
    return Original(file, text, shift, tuple(starts))


def merged(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """Edits in the order of their offsets; those at one place are made one, in the order in which they were made."""
    texts: dict[tuple[str, int, int], str] = {}
    for edit in edits:
        key = (edit.file, edit.start, edit.end)
        texts[key] = texts.get(key, "") + edit.text
    return tuple(sorted(Edit(*key, text) for key, text in texts.items()))


def shown(place: Place) -> str:
    return f"{place.file}:{place.line}"
