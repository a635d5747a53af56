"""Where the keys of a TOML document stand: the standard library's reader keeps no places.

Reads only documents that `tomllib` has taken, so that it need not tell good from bad.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping

from mainstay.model.places import Place

KeyPath = tuple[str, ...]

_SPACE = re.compile(r"[ \t]*")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_PART = re.compile(r"""[A-Za-z0-9_-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*'""")
_TEXT = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|"(?:\\.|[^"\\\n])*"' r"|'''.*?'{3,5}|'[^'\n]*'",
    re.DOTALL,
)
_PLAIN = re.compile(r"[^,\]}\r\n#]*")


def key_places(text: str, file: str) -> Mapping[KeyPath, Place]:
    """The place of every key and table, by its path. Of tables in an array the first counts."""
    reader = _Reader(text, file)
    reader.document()
    return reader.places


class _Reader:
    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self.position = 0
        self.places: dict[KeyPath, Place] = {}

    def skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.position)
        if match is not None:
            self.position = match.end()

    def at(self, mark: str) -> bool:
        return self.text.startswith(mark, self.position)

    def document(self) -> None:
        table: KeyPath = ()
        self.skip(_BLANK)
        while self.position < len(self.text):
            if self.at("["):
                self.position += 2 if self.at("[[") else 1
                table = self.key(())
                self.position += 2 if self.at("]]") else 1
            else:
                self.entry(table)
            self.skip(_BLANK)

    def entry(self, table: KeyPath) -> None:
        """`key = value`, the keys of the value included where it is a table."""
        path = self.key(table)
        self.position += 1
        self.skip(_SPACE)
        self.value(path)

    def key(self, table: KeyPath) -> KeyPath:
        """A dotted key, noted with all that it goes through; what stands behind it comes next."""
        path = table
        while True:
            self.skip(_SPACE)
            match = _PART.match(self.text, self.position)
            assert match is not None, "tomllib has found a key here"
            line = bisect_right(self.starts, match.start())
            column = match.start() - self.starts[line - 1] + 1
            path = (*path, _name(match.group()))
            self.places.setdefault(path, Place(self.file, line, column, line, column + len(match.group())))
            self.position = match.end()
            self.skip(_SPACE)
            if not self.at("."):
                return path
            self.position += 1

    def value(self, path: KeyPath) -> None:
        if self.at("{"):
            self.members(path, "}")
        elif self.at("["):
            self.members(path, "]")
        elif (text := _TEXT.match(self.text, self.position)) is not None:
            self.position = text.end()
        else:
            self.skip(_PLAIN)

    def members(self, path: KeyPath, end: str) -> None:
        """What an inline table or an array holds."""
        self.position += 1
        self.skip(_BLANK)
        while not self.at(end):
            if end == "}":
                self.entry(path)
            else:
                self.value(path)
            self.skip(_BLANK)
            self.position += self.at(",")
            self.skip(_BLANK)
        self.position += 1


def _name(written: str) -> str:
    """The key that a bare or quoted one is."""
    if written[0] not in "\"'":
        return written
    return str(tomllib.loads(f"k = {written}")["k"])
