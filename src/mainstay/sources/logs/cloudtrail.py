"""CloudTrail: files as AWS delivers them (`{"Records": [...]}`), and its records one a line, with or without the
envelope of EventBridge.

Only what tells which rules can fire is decoded of every record. The rest is decoded of the records that are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property

import msgspec
from msgspec import Raw

from mainstay.documents.lazy import LazyRecord, PartialRecord, decode_loosely, decode_part
from mainstay.documents.uncollected import uncollected
from mainstay.engine.selecting import key_of
from mainstay.model.events import MOVED, Batch, Event, LogSource, moved
from mainstay.model.findings import Gap
from mainstay.model.places import Place
from mainstay.model.values import Value
from mainstay.sources.logs.moments import moment_us
from mainstay.sources.logs.pieces import Pieces, place_at
from mainstay.sources.logs.records import lines, outline

SOURCE: LogSource = "cloudtrail"
STRETCH = 5_000
IDENTITIES = 4_096
"""How many identities are kept decoded: the same few act again and again."""

_BOM = b"\xef\xbb\xbf"
_OPENING = re.compile(rb'\s*\{\s*"Records"\s*:\s*\[')
_NULL = Raw(b"null")
_ADDITIONAL, _MOVED = MOVED[SOURCE][0], MOVED[SOURCE][1].encode()


class Row(msgspec.Struct, gc=False):
    """What is decoded of every record."""

    eventTime: str
    eventSource: str | None = None
    eventName: str | None = None
    errorCode: str | None = None
    sourceIPAddress: str | None = None
    userAgent: str | None = None
    recipientAccountId: str | None = None
    awsRegion: str | None = None
    eventID: str | None = None
    sessionCredentialFromConsole: str | bool | None = None
    userIdentity: Raw = _NULL
    requestParameters: Raw = _NULL
    responseElements: Raw = _NULL
    additionalEventData: Raw = _NULL


class _Delivery(msgspec.Struct, gc=False):
    records: list[Row] = msgspec.field(name="Records")


class _Undecoded(msgspec.Struct, gc=False):
    records: list[Raw] = msgspec.field(name="Records")


_KNOWN = frozenset(Row.__struct_fields__)
_delivery = msgspec.json.Decoder(_Delivery)
_undecoded = msgspec.json.Decoder(_Undecoded)
_identities: dict[bytes, Value] = {}


class Page:
    """The text of a file of records, split into them once somebody asks for a whole one."""

    def __init__(self, file: str, data: bytes) -> None:
        self.file = file
        self._data = data

    @cached_property
    def texts(self) -> Sequence[Raw]:
        return _undecoded.decode(self._data).records


class Trailed(msgspec.Struct, gc=False):  # thousands at a time, which nothing they hold points back at
    """A record of a file that is as AWS delivers it."""

    row: Row
    time_us: int
    page: Page
    number: int

    def keys(self) -> tuple[Hashable, ...]:
        row = self.row
        identity = bytes(row.userIdentity)
        return (
            (row.eventSource, row.eventName),
            row.errorCode,
            row.sourceIPAddress,
            (
                None if identity == b"null" else identity,
                row.userAgent,
                row.recipientAccountId,
                row.sessionCredentialFromConsole,
            ),
            row.awsRegion,
        )

    def text(self) -> bytes:
        return bytes(self.page.texts[self.number - 1])  # a copy: an event that is kept keeps no whole file

    def told(self) -> tuple[str, str, int]:
        file = self.page.file
        return self.row.eventID or f"{file}:{self.number}", file, self.number

    def moved(self) -> float | None:
        text = bytes(self.row.additionalEventData)
        if _MOVED not in text and b"\\" not in text:
            return None
        return moved(SOURCE, {_ADDITIONAL: decode_part(text)})

    def event(self) -> Event:
        id, file, number = self.told()
        return Event(SOURCE, self.time_us, id, PartialRecord(self.row, _KNOWN, self.text, _SHARED), file, number)


class Single:
    """A record that has a text of its own, or is of other types than AWS writes."""

    __slots__ = ("_fields", "_file", "_number", "_text", "time_us")

    def __init__(self, fields: dict[str, Value], text: bytes, time_us: int, file: str, number: int) -> None:
        self._fields = fields
        self._text = text
        self.time_us = time_us
        self._file = file
        self._number = number

    def keys(self) -> tuple[Hashable, ...]:
        name = self._key
        return (
            (name("eventSource"), name("eventName")),
            name("errorCode"),
            name("sourceIPAddress"),
            tuple(map(name, ("userIdentity", "userAgent", "recipientAccountId", "sessionCredentialFromConsole"))),
            name("awsRegion"),
        )

    def _key(self, name: str) -> Hashable:
        value = dict.get(self._fields, name)
        if type(value) is Raw:
            if bytes(value)[:1] in (b"{", b"["):
                return bytes(value)
            value = decode_part(value)
        return key_of(value)

    def text(self) -> bytes:
        return self._text or msgspec.json.encode(dict(self._fields))

    def told(self) -> tuple[str, str, int]:
        id = self._fields.get("eventID")
        return id if isinstance(id, str) and id else f"{self._file}:{self._number}", self._file, self._number

    def moved(self) -> float | None:
        return moved(SOURCE, self._fields)

    def event(self) -> Event:
        fields = self._fields
        identity = dict.get(fields, "userIdentity")
        if type(identity) is Raw:
            fields["userIdentity"] = _identity(bytes(identity))
        return Event(SOURCE, self.time_us, self.told()[0], fields, self._file, self._number)


def _identity(text: bytes) -> Value:
    """The identity that the text is; events share it, so nobody may change it."""
    found = _identities.get(text)
    if found is None:
        if len(_identities) >= IDENTITIES:
            _identities.clear()
        found = _identities[text] = decode_part(text)
    return found


_SHARED: Mapping[str, Callable[[bytes], Value]] = {"userIdentity": _identity}


def recognise(name: str, head: bytes) -> bool:
    """Whether a file holds records of CloudTrail, by what it begins with; by its name where it begins with none."""
    text = head.removeprefix(_BOM).lstrip()
    if text.startswith(b"{") and text[1:].lstrip().startswith(b'"Records"'):
        return b'"eventVersion"' in text or b'"userIdentity"' in text or "_CloudTrail_" in name or _is_empty(text)
    found = outline(head)
    if "detail-type" in found:
        return found["detail-type"].endswith("via CloudTrail") and b'"detail"' in head
    return {"eventTime", "eventName"} <= found.keys() and bool({"eventSource", "userIdentity"} & found.keys())


def _is_empty(text: bytes) -> bool:
    return b"".join(text.split()) == b'{"Records":[]}'


def is_delivered(data: bytes) -> bool:
    """Whether a text begins as the files do that AWS delivers."""
    head = data[:4096].lstrip()
    return head.startswith(b"{") and head[1:].lstrip().startswith(b'"Records"')


def read(name: str, data: bytes) -> Iterator[Batch]:
    """The records of a file. What is wrong with one of them leaves the others as they are; where the text itself breaks
    off, those before are given, and a Gap tells the place."""
    data = data.removeprefix(_BOM)
    if is_delivered(data):
        yield from _delivered(name, data)
    elif data[:4096].lstrip().startswith(b"["):
        yield from _piecewise(name, Pieces(data, data.index(b"[") + 1))
    else:
        yield from _batched(
            name, ((number, text) for number, text in enumerate(map(bytes.strip, lines(data)), 1) if text)
        )


def _delivered(name: str, data: bytes) -> Iterator[Batch]:
    with uncollected():
        rows: list[Row] | None = None
        with suppress(ValueError, RecursionError):
            rows = _delivery.decode(data).records
        if rows is not None:
            page, moments = Page(name, data), moment_us
            found = [
                Trailed(row, time_us, page, number)
                for number, row in enumerate(rows, 1)
                if (time_us := moments(row.eventTime)) is not None
            ]
    if rows is not None:
        yield Batch(SOURCE, name, found, (), len(rows) - len(found))
        return
    try:
        texts = _undecoded.decode(data).records
    except (ValueError, RecursionError):
        opened = _OPENING.match(data)
        yield from _piecewise(name, Pieces(data, opened.end() if opened else len(data)))
    else:
        yield from _batched(name, ((number, bytes(text)) for number, text in enumerate(texts, 1)))


def _piecewise(name: str, pieces: Pieces) -> Iterator[Batch]:
    """Records of text that is no whole JSON, one after the other until it breaks off."""
    yield from _batched(name, enumerate(pieces, 1))
    if pieces.fault:
        reason = f"{pieces.fault}: the {pieces.count} records before are read, what follows is not"
        yield Batch(SOURCE, name, (), (Gap("syntax", reason, place_at(name, pieces.data, pieces.end)),))


def _batched(name: str, texts: Iterable[tuple[int, bytes]]) -> Iterator[Batch]:
    found: list[Single] = []
    rejected, last = 0, (0, b"")
    for number, text in texts:
        last = (number, text)
        record = _single(text, name, number)
        if record is None:
            rejected += 1
            continue
        found.append(record)
        if len(found) == STRETCH:
            yield Batch(SOURCE, name, found, (), rejected)
            found, rejected = [], 0
    gaps: tuple[Gap, ...] = ()
    if last[1] and last[1][:1] == b"{" and last[1][-1:] != b"}":
        gaps = (Gap("syntax", "the last record breaks off", Place(name, last[0], 1)),)
    if found or rejected or gaps:
        yield Batch(SOURCE, name, found, gaps, rejected)


def _single(text: bytes, file: str, number: int) -> Single | None:
    """The record that a text is; None where it is no event."""
    fields = _fields(text)
    if fields is not None and "detail-type" in fields and "detail" in fields:
        detail = dict.get(fields, "detail")
        text = bytes(detail) if type(detail) is Raw else b""
        fields = _fields(text) if text else detail
    if not isinstance(fields, dict):
        return None
    moment = fields.get("eventTime")
    time_us = moment_us(moment) if isinstance(moment, str) else None
    kept = text if isinstance(fields, LazyRecord) else b""  # what was read loosely is written anew
    return None if time_us is None else Single(fields, kept, time_us, file, number)


def _fields(text: bytes) -> dict[str, Value] | None:
    try:
        return LazyRecord.of(text)
    except (ValueError, RecursionError):
        try:
            value = decode_loosely(text)
        except ValueError:
            return None
        return value if isinstance(value, dict) else None
