"""Long files of lines, and standard input: they are read by stretches, so that memory stays flat."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace

from mainstay.model.errors import AccountError
from mainstay.model.events import Event, Logged
from mainstay.model.findings import Gap
from mainstay.model.places import Place
from mainstay.sources.logs.files import LARGEST, Damaged, LogFile, inflated

LONG = 16 << 20
"""The bytes that are read as one; a file of more lines is read by stretches of them."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some lines of a file, or all of it; `before` is what to add to the number of a line. `gap`: what is missing."""

    data: bytes
    before: int = 0
    gap: Gap | None = None


def stretches(file: LogFile) -> Iterator[Stretch]:
    """What a file holds, inflated: all of it, or stretches that end with a line.

    Standard input is given line by line as they come. A stretch of a flow log begins with the header of the file.
    """
    found, header, gap, before = bytearray(), None, None, 0
    live = file.name == "-"
    try:
        for piece in inflated(file.opened()[0]):
            found += piece
            if header is None and (len(found) >= LONG or live):
                header = _header(found)
            if header is not None and (len(found) >= LONG or (live and b"\n" in piece)):
                end = found.rfind(b"\n") + 1
                if end > 0:
                    data = bytes(found[:end])
                    yield Stretch(data, before)
                    before += data.count(b"\n") - header.count(b"\n")
                    found = bytearray(header) + found[end:]
            if len(found) > LARGEST:
                reason = f"the file has more than {LARGEST:,} bytes when it is inflated: the rest is not read"
                gap = Gap("limit", reason, Place(file.name, 1, 1))
                break
    except Damaged as error:
        gap = Gap("syntax", str(error), Place(file.name, 1, 1))
    except (OSError, AccountError) as error:
        gap = Gap("unreadable", str(error), Place(file.name, 1, 1))
    if gap is not None or bytes(found) != (header or b""):
        yield Stretch(bytes(found), before, gap)


def _header(found: bytearray) -> bytes | None:
    """The line that every stretch has to begin with, mostly none; None where the file is not one of lines."""
    first, end, _ = bytes(found[: 1 << 20]).partition(b"\n")
    text = first.strip()
    if not end or (text.startswith(b"{") and not text.endswith(b"}")) or text.startswith(b"["):
        return None
    if text.startswith(b"{") and text[1:].lstrip().startswith(b'"Records"'):
        return b"" if text.endswith(b"}") else None
    return first + end if b"srcaddr" in text and not text.startswith(b"{") else b""


class _Further:
    """A record of a stretch that is not the first of its file."""

    __slots__ = ("_by", "_record")

    def __init__(self, record: Logged, by: int) -> None:
        self._record = record
        self._by = by

    def keys(self) -> Sequence[Hashable]:
        return self._record.keys()

    @property
    def time_us(self) -> int:
        return self._record.time_us

    def text(self) -> bytes:
        return self._record.text()

    def told(self) -> tuple[str, str, int]:
        id, file, number = self._record.told()
        own = id != f"{file}:{number}"  # what has no id of its own is called by its place
        return id if own else f"{file}:{number + self._by}", file, number + self._by

    def moved(self) -> float | None:
        return self._record.moved()

    def event(self) -> Event:
        id, _, number = self.told()
        return replace(self._record.event(), number=number, id=id)


def shifted(records: Sequence[Logged], by: int) -> Sequence[Logged]:
    """The records of a stretch, numbered as those of the file."""
    return [_Further(record, by) for record in records]
