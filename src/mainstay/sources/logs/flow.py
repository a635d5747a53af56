"""VPC flow logs: text, a flow a line, its fields by the header of the file or in the order of the default format."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

import msgspec

from mainstay.model.events import KEYS, Batch, Event, LogSource, moved
from mainstay.model.findings import Gap
from mainstay.model.places import Place
from mainstay.model.values import Value
from mainstay.sources.logs.times import moment

SOURCE: LogSource = "vpcflow"

DEFAULT = [
    "version",
    "account-id",
    "interface-id",
    "srcaddr",
    "dstaddr",
    "srcport",
    "dstport",
    "protocol",
    "packets",
    "bytes",
    "start",
    "end",
    "action",
    "log-status",
]
"""The default format, in which files without a header are."""

NUMBERS = frozenset(
    [
        "version",
        "srcport",
        "dstport",
        "protocol",
        "packets",
        "bytes",
        "start",
        "end",
        "tcp-flags",
        "traffic-path",
        "packets-lost-no-route",
        "packets-lost-blackhole",
        "packets-lost-mtu-exceeded",
        "packets-lost-ttl-expired",
        "encryption-status",
    ]
)

_TELLING = frozenset([*DEFAULT, "flow-direction", "pkt-srcaddr", "pkt-dstaddr", "vpc-id", "tcp-flags", "subnet-id"])
_STRETCH = 1 << 20
_LONGEST = 64 << 10


class Layout:
    """Which field stands where in a line, and where those stand that every line is looked at for."""

    __slots__ = ("groups", "names", "opening", "singles", "spaces", "splits", "start", "status")

    def __init__(self, names: list[str]) -> None:
        self.names = tuple((name, name in NUMBERS) for name in names)
        self.opening = " ".join(names)[:7]
        self.spaces = len(names) - 1
        at = {name: index for index, name in enumerate(names)}
        self.start = at.get("start", at.get("end"))
        self.status = at.get("log-status")
        self.groups = tuple(tuple((at.get(one), one in NUMBERS) for one in group) for group in KEYS[SOURCE])
        alone = [(at[group[0]], group[0] in NUMBERS) for group in KEYS[SOURCE] if len(group) == 1 and group[0] in at]
        self.singles = alone if len(alone) == len(self.groups) else None
        read = [place for group in self.groups for place, _ in group]
        self.splits = max((one for one in (*read, self.start, self.status) if one is not None), default=0) + 1


_DEFAULT = Layout(DEFAULT)
_EXPORTED = Layout(["", *DEFAULT])  # CloudWatch's exports begin each line with the time of its ingestion


class Flow:
    """A line of a flow log, split as far as its keys need it."""

    __slots__ = ("_file", "_layout", "_line", "_number", "_parts", "time_us")

    def __init__(self, layout: Layout, line: str, parts: list[str], time_us: int, file: str, number: int) -> None:
        self._layout = layout
        self._line = line
        self._parts = parts
        self.time_us = time_us
        self._file = file
        self._number = number

    def keys(self) -> tuple[Hashable, ...]:
        parts = self._parts
        if (singles := self._layout.singles) is not None:
            return tuple([_value(parts[at], number) for at, number in singles])
        found: list[Hashable] = []
        for group in self._layout.groups:
            told = [None if at is None else _value(parts[at], number) for at, number in group]
            found.append(told[0] if len(told) == 1 else tuple(told))
        return tuple(found)

    def text(self) -> bytes:
        return msgspec.json.encode(self._fields())

    def told(self) -> tuple[str, str, int]:
        return f"{self._file}:{self._number}", self._file, self._number

    def moved(self) -> float | None:
        return moved(SOURCE, self._fields())

    def event(self) -> Event:
        fields = self._fields()
        return Event(SOURCE, self.time_us, self.told()[0], fields, self._file, self._number)

    def _fields(self) -> dict[str, Value]:
        return {
            name: _value(text, number)
            for (name, number), text in zip(self._layout.names, self._line.split(" "), strict=True)
            if text != "-" and name
        }


def _value(text: str, number: bool) -> str | int | None:
    if number and text.isdecimal() and len(text) < 20 and text.isascii():
        return int(text)
    return None if text == "-" else text


def recognise(name: str, head: bytes) -> bool:
    if head.startswith(b"PAR1"):
        return "vpcflowlogs" in name
    line = head.lstrip(b"\xef\xbb\xbf\r\n").split(b"\n", 1)[0].decode("utf-8", "replace").rstrip("\r")
    parts = line.split(" ")
    return _header(parts) is not None or _headless(parts) is not None


def _header(parts: list[str]) -> Layout | None:
    known = len(_TELLING.intersection(parts))
    if known and known >= min(len(parts), 3) and len(set(parts)) == len(parts) and not any(map(str.isdecimal, parts)):
        return Layout(parts)
    return None


def _headless(parts: list[str]) -> Layout | None:
    """The layout of a line in the default format."""
    layout = {_DEFAULT.spaces: _DEFAULT, _EXPORTED.spaces: _EXPORTED}.get(len(parts) - 1)
    if layout is None or parts[-1] not in ("OK", "NODATA", "SKIPDATA") or parts[-14] != "2":
        return None
    return layout if layout is _DEFAULT or moment(parts[0]) is not None else None


class _Reading:
    """What is known of a file while it is read."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.layout: Layout | None = None
        self.times: dict[str, int] = {}
        self.number = self.rejected = self.skipped = self.first_skipped = self.timeless = 0

    def stretch(self, lines: list[str]) -> list[Flow]:
        """The flows of some lines. The loop is what flow logs cost, so it looks at two fields only."""
        flows: list[Flow] = []
        name, number, times, layout = self.name, self.number, self.times, self.layout
        for line in lines:
            number += 1
            if layout is None or line.count(" ") != layout.spaces or layout.start is None or line[:7] == layout.opening:
                is_event = self._is_event(line)
                layout = self.layout
                if not is_event or layout is None or layout.start is None:
                    continue
            parts = line.split(" ", layout.splits)
            if layout.status is not None and parts[layout.status] != "OK" and self._is_dataless(parts, layout, number):
                continue
            time_us = times.get(parts[layout.start])
            if time_us is None:
                time_us = self._moment(parts[layout.start])
                if time_us is None:
                    self.rejected += 1
                    continue
            flows.append(Flow(layout, line, parts, time_us, name, number))
        self.number = number
        return flows

    def _is_event(self, line: str) -> bool:
        """Whether a line that is not of the layout so far begins a layout and is of it; a header begins one only."""
        if not line.strip():
            return False
        parts = line.split(" ")
        if (header := _header(parts)) is not None:
            self.layout = header
            return False
        if (layout := _headless(parts)) is not None and (self.layout is None or self.layout.spaces != layout.spaces):
            self.layout = layout
            return True
        if self.layout is not None and self.layout.start is None and len(parts) == self.layout.spaces + 1:
            self.timeless += 1
        else:
            self.rejected += 1
        return False

    def _is_dataless(self, parts: list[str], layout: Layout, number: int) -> bool:
        status = parts[layout.status or 0]
        if status == "SKIPDATA":
            self.skipped += 1
            self.first_skipped = self.first_skipped or number
        return status in ("SKIPDATA", "NODATA")

    def _moment(self, text: str) -> int | None:
        if not (text.isascii() and text.isdecimal() and len(text) < 12):
            return None
        found = moment(int(text))
        if found is not None:
            if len(self.times) > 50_000:
                self.times.clear()
            self.times[text] = found
        return found

    def gaps(self) -> Iterator[Gap]:
        if self.skipped:
            reason = f"{self.skipped} capture windows were skipped by AWS (SKIPDATA): the flows in them are lost"
            yield Gap("failed", reason, Place(self.name, self.first_skipped, 1))
        if self.timeless:
            reason = f"the format of the flow log has neither start nor end: {self.timeless} flows have no time"
            yield Gap("unsupported", reason, Place(self.name, 1, 1))


def read(name: str, data: bytes) -> Iterator[Batch]:
    if data.startswith(b"PAR1"):
        reason = "flow logs in Parquet are not read: deliver them as text"
        yield Batch(SOURCE, name, (), (Gap("unsupported", reason, Place(name, 1, 1)),))
        return
    reading, rejected = _Reading(name), 0
    for lines in _stretches(data.removeprefix(b"\xef\xbb\xbf")):
        flows = reading.stretch(lines)
        if flows:
            yield Batch(SOURCE, name, flows, (), reading.rejected - rejected)
            rejected = reading.rejected
    gaps = tuple(reading.gaps())
    if gaps or reading.rejected > rejected:
        yield Batch(SOURCE, name, (), gaps, reading.rejected - rejected)


def _stretches(data: bytes) -> Iterator[list[str]]:
    """The lines of a file, some thousands at a time. What is no line of a log comes as a line that is rejected."""
    start, size = 0, len(data)
    while start < size:
        end = data.find(b"\n", min(start + _STRETCH, size))
        end = size if end < 0 else end
        text = data[start:end].decode("utf-8", "replace").replace("\r\n", "\n").removesuffix("\r")
        found = text.split("\n")
        if end - start > _STRETCH + _LONGEST or max(map(len, found)) > _LONGEST:
            found = [line if len(line) <= _LONGEST else "too long" for line in found]
        if end == size and found[-1] == "":
            found.pop()
        yield found
        start = end + 1
