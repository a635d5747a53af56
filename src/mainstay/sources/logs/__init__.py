"""Logs: which file is of which source, and its records in batches.

A reader is a module with `SOURCE`, `recognise(name, head)`, which tells by the first bytes whether a file is its own,
and `read(name, data)`, which gives what it holds. They are asked in the order of READERS, the surest first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Protocol, cast

from mainstay.model.events import Batch, Delivered, LogSource
from mainstay.model.findings import Gap
from mainstay.model.places import Place
from mainstay.sources.logs import alb, cloudtrail, config, digests, flow, guardduty, lines, resolver, securityhub
from mainstay.sources.logs.files import LogFile, log_files
from mainstay.sources.logs.moments import moment_us
from mainstay.sources.logs.streams import LONG, shifted, stretches

__all__ = ["READERS", "LogFile", "detect_source", "log_files", "read", "read_pages"]

HEAD = 65_536


class Reader(Protocol):
    """Reads the logs of one source."""

    SOURCE: LogSource

    def recognise(self, name: str, head: bytes) -> bool:
        """Whether a file is of the source, by its first bytes, and by its name where they do not tell."""

    def read(self, name: str, data: bytes) -> Iterator[Batch]:
        """What a file holds. Raises nothing: what cannot be read is a Gap or counted as rejected."""


READERS: tuple[Reader, ...] = tuple(
    cast(Reader, module) for module in (cloudtrail, flow, resolver, guardduty, securityhub, config, alb, lines)
)


def detect_source(name: str, head: bytes) -> LogSource | None:
    """Which source a file is of; None where no reader knows it."""
    reader = _reader(name, head)
    return reader.SOURCE if reader is not None else None


def _reader(name: str, head: bytes) -> Reader | None:
    return next((reader for reader in READERS if reader.recognise(name, head)), None)


def read(file: LogFile, before_lines: int = 0) -> Iterator[Batch]:
    """The records of a file, whatever its source is; of a digest of CloudTrail there are none.

    `before_lines` is how many lines came before, of what is given in parts. A file that no reader knows is a Gap, and
    so is one that could not be read to its end.
    """
    for found in _read(file, before_lines, False):
        assert isinstance(found, Batch)
        yield found


def read_pages(file: LogFile) -> Iterator[Batch | Delivered]:
    """As `read`, but what is as CloudTrail delivers it is not looked into."""
    return _read(file, 0, True)


def _read(file: LogFile, before_lines: int, pages: bool) -> Iterator[Batch | Delivered]:
    reader: Reader | None = None
    seen = 0
    for stretch in stretches(file):
        head = stretch.data[:HEAD]
        if reader is None and head.strip() and not digests.recognise(file.name, head):
            reader = _reader(file.name, head)
            if reader is None:
                reason = "it is no log of a kind that mainstay reads"
                yield Batch("json", file.name, (), (Gap("unsupported", reason, Place(file.name, 1, 1)),))
                return
        if reader is not None:
            before = before_lines + max(stretch.before, seen)  # a line may hold several records
            whole = pages and reader is READERS[0] and not before and len(stretch.data) < LONG
            if whole and cloudtrail.is_delivered(stretch.data):
                again = partial(reader.read, file.name, stretch.data)
                yield Delivered(reader.SOURCE, file.name, stretch.data, moment_us, again)
                continue
            for batch in reader.read(file.name, stretch.data):
                seen += len(batch.records) + batch.rejected
                yield replace(batch, records=shifted(batch.records, before)) if before else batch
        if stretch.gap is not None:
            yield Batch(reader.SOURCE if reader is not None else "json", file.name, (), (stretch.gap,))
