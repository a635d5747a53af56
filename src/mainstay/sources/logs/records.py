"""Records that are JSON objects: one a line, one after the other, or a whole file, and what their outline tells."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from functools import lru_cache

import msgspec

from mainstay.documents.plain_json import DEEPEST, is_deep
from mainstay.engine.selecting import keys_of
from mainstay.model.events import Batch, Event, LogSource, moved
from mainstay.model.findings import Gap
from mainstay.model.places import Place
from mainstay.model.values import Value

STRETCH = 4_000
"""How many records a batch holds at most."""

LONGEST = 8 << 20
"""How many bytes a record may have: what is longer is nothing that AWS writes, and is rejected unread."""

_decoder = msgspec.json.Decoder()
_plain = json.JSONDecoder()
_EXPORTED = re.compile(rb"\d{4}-\d\d-\d\dT[\d:.]+Z ")
_TOKEN = re.compile(rb'"((?:[^"\\]|\\.)*)"(\s*:)?|([{}\[\]])|[,\s:]+|[^\s{}\[\]",:]+|"')

Fields = dict[str, Value]
Told = tuple[int, str]


class Record:
    """A JSON object that tells its time and its id."""

    __slots__ = ("_fields", "_file", "_id", "_number", "_source", "time_us")

    def __init__(self, source: LogSource, told: Told, fields: Fields, file: str, number: int) -> None:
        self._source = source
        self.time_us, self._id = told
        self._fields = fields
        self._file = file
        self._number = number

    def keys(self) -> tuple[Hashable, ...]:
        return keys_of(self._source, self._fields)

    def text(self) -> bytes:
        try:
            return msgspec.json.encode(self._fields)
        except (OverflowError, UnicodeError):  # numbers and halves of characters that only the plain reader takes
            return json.dumps(self._fields).encode()

    def told(self) -> tuple[str, str, int]:
        return self._id, self._file, self._number

    def moved(self) -> float | None:
        return moved(self._source, self._fields)

    def event(self) -> Event:
        return Event(self._source, self.time_us, self._id, self._fields, self._file, self._number)


def batches(
    source: LogSource,
    name: str,
    found: Iterable[tuple[int, Value]],
    told: Callable[[Fields, str], Told | None],
    gaps: Iterable[Gap] = (),
) -> Iterator[Batch]:
    """Records of the (number, value) that were found; `told` says the time and the id of one, None where it has none.

    It is given the id of its place as well, for records without one of their own.
    """
    records: list[Record] = []
    rejected = 0
    for number, value in found:
        answer = told(value, f"{name}:{number}") if isinstance(value, dict) else None
        if answer is None:
            rejected += 1
            continue
        records.append(Record(source, answer, value, name, number))
        if len(records) == STRETCH:
            yield Batch(source, name, records, (), rejected)
            records, rejected = [], 0
    left = tuple(gaps)
    if records or rejected or left:
        yield Batch(source, name, records, left, rejected)


def decoded(text: bytes | memoryview | msgspec.Raw) -> Value:
    """The value of JSON text; None where it is none, is too long, or nests deeper than anything that is walked."""
    view = memoryview(text)
    if view.nbytes > LONGEST:
        return None
    try:
        value = _decoder.decode(view)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    plain = bytes(view)
    return None if plain.count(b"[") + plain.count(b"{") > DEEPEST and is_deep(value) else value


def values(data: bytes) -> Iterator[tuple[int, Value]]:
    """The JSON values of a file, with their numbers: of its lines, or all of it where it is one value over many lines.

    An element of a list counts as a value, and so does each of several objects without a line's end between them, as
    Firehose writes them. None stands for what could not be read.
    """
    if _is_one_value(data):
        whole = decoded(data)
        found = enumerate(whole, 1) if isinstance(whole, list) else ((1, whole),)
        yield from found
        return
    for number, line in enumerate(lines(data), 1):
        text = line.strip()
        if number == 1:
            text = text.removeprefix(b"\xef\xbb\xbf")
        if not text:
            continue
        text = text[_exported_to(text) :]
        value = decoded(text)
        if value is None and b"}{" in text and len(text) <= LONGEST:
            yield from ((number, one) for one in _side_by_side(text))
        elif isinstance(value, list):
            yield from ((number, one) for one in value)
        else:
            yield number, value


def _exported_to(text: bytes) -> int:
    """Where the record begins: CloudWatch's exports write the time of its ingestion before it."""
    prefix = _EXPORTED.match(text) if text[:1].isdigit() else None
    return prefix.end() if prefix else 0


def lines(data: bytes) -> Iterator[bytes]:
    """The lines of a file, one at a time."""
    start, size = 0, len(data)
    while start < size:
        end = data.find(b"\n", start)
        end = size if end < 0 else end
        yield data[start:end]
        start = end + 1


def _is_one_value(data: bytes) -> bool:
    """Whether the first line opens what a later one closes."""
    first = next((line.strip() for line in lines(data[:LONGEST]) if line.strip()), b"")
    return first in (b"{", b"[") or (first[:1] in (b"{", b"[") and first[-1:] in (b",", b"{", b"["))


def _side_by_side(text: bytes) -> Iterator[Value]:
    plain, at = text.decode("utf-8", "replace"), 0
    while at < len(plain):
        try:
            value, at = _plain.raw_decode(plain, at)
        except (ValueError, RecursionError):
            yield None
            return
        yield None if is_deep(value) else value
        while at < len(plain) and plain[at].isspace():
            at += 1


@lru_cache(maxsize=8)
def outline(head: bytes) -> Mapping[str, str]:
    """The names of the first object at the head of a file, whether or not it ends there, and its values that are texts.

    Empty where the file does not begin with an object, or with a list of them.
    """
    found: dict[str, str] = {}
    depth, own, name = 0, 1, ""
    opening = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:65_536]
    for token in _TOKEN.finditer(opening, _exported_to(opening)):
        text, colon, bracket = token.groups()
        if bracket in (b"{", b"["):
            own = 2 if depth == 0 and bracket == b"[" else own
            depth, name = depth + 1, ""
        elif bracket is not None:
            depth, name = depth - 1, ""
            if depth < own:
                break
        elif depth == 0:
            break
        elif text is not None and depth == own:
            plain = text.decode("utf-8", "replace")
            if colon is not None:
                found.setdefault(plain, "")
                name = plain
            elif name:
                found[name], name = plain, ""
    return found


def unreadable(name: str, reason: str) -> Gap:
    """A file of which nothing could be read."""
    return Gap("syntax", reason, Place(name, 1, 1))
