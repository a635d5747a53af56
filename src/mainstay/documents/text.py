"""Bytes into text: byte order marks, UTF-16 and UTF-32, and what to do about bytes that are none of them."""

from __future__ import annotations

import codecs

from mainstay.model.errors import Fault
from mainstay.model.places import Place

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode(data: bytes, file: str) -> tuple[str, Fault | None]:
    """The text of a file. Bytes that are not text become U+FFFD, and a fault points at the first of them."""
    encoding, start = _encoding(data)
    body = data[start:]
    try:
        return body.decode(encoding), None
    except UnicodeDecodeError as error:
        before = body[: error.start].decode(encoding, "replace")
        line = before.count("\n") + 1
        place = Place(file, line, len(before) - (before.rfind("\n") + 1) + 1)
        return body.decode(encoding, "replace"), Fault(f"not valid {encoding.upper()} text: {error.reason}", place)


def _encoding(data: bytes) -> tuple[str, int]:
    """The encoding and the length of its byte order mark; without one, zero bytes among the first four tell."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding, len(mark)
    if len(data) >= 2 and len(data) % 2 == 0:
        if data[0] and not data[1]:
            return "utf-16-le", 0
        if data[1] and not data[0]:
            return "utf-16-be", 0
    return "utf-8", 0
