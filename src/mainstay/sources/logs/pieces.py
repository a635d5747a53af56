"""The elements of a JSON list, told apart by quotes and brackets alone: of text that breaks off, or that no decoder
takes as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mainstay.model.places import Place

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[{\[]|[}\]]|,', re.DOTALL)
_FURTHER = re.compile(rb'\]\s*\}\s*\{\s*"Records"\s*:\s*\[')
"""Another file behind this one: what `zcat *.json.gz` gives."""
_CLOSED = re.compile(rb"\]\s*(?:\}?\s*\Z|,)")
_BETWEEN = re.compile(rb"[\s,]*")


class Pieces:
    """The elements of the list that begins at `start`, those that are whole.

    After the last one, `end` is the place up to which the text was good, `count` how many there were, and `fault` says
    what is wrong there; it is empty where the list ends as it should.
    """

    def __init__(self, data: bytes, start: int) -> None:
        self.data = data
        self.end = start
        self.count = 0
        self.fault = ""

    def __iter__(self) -> Iterator[bytes]:
        data = self.data
        while True:
            start = _BETWEEN.match(data, self.end).end()  # type: ignore[union-attr] # it matches anywhere
            if data[start : start + 1] == b"]":
                if further := _FURTHER.match(data, start):
                    self.end = further.end()
                    continue
                if not _CLOSED.match(data, start):
                    self.fault = "the file does not end behind its list of records"
                return
            if data[start : start + 1] != b"{":
                self.fault = "the file breaks off" if start >= len(data) else "no record begins here"
                return
            end = _end(data, start)
            if end is None:
                self.fault = "the file breaks off in the middle of a record"
                return
            self.count += 1
            self.end = end
            yield data[start:end]


def _end(data: bytes, start: int) -> int | None:
    """Behind the bracket that closes the one at `start`."""
    depth = 0
    for token in _TOKEN.finditer(data, start):
        first = data[token.start()]
        if first in b"{[":
            depth += 1
        elif first in b"}]":
            depth -= 1
            if depth == 0:
                return token.end()
    return None


def place_at(file: str, data: bytes, offset: int) -> Place:
    """The place of an offset in a file."""
    line = data.count(b"\n", 0, offset)
    return Place(file, line + 1, len(data[data.rfind(b"\n", 0, offset) + 1 : offset].decode("utf-8", "replace")) + 1)
