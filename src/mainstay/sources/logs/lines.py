"""Any other log of JSON objects, one a line."""

from __future__ import annotations

from collections.abc import Iterator

from mainstay.model.events import Batch, LogSource
from mainstay.sources.logs.findings import first_moment, told_by
from mainstay.sources.logs.records import Fields, Told, batches, outline, values

SOURCE: LogSource = "json"

TIMES = (
    "time", "timestamp", "@timestamp", "eventTime", "event_time", "ts", "datetime", "date", "createdAt", "created_at",
)  # fmt: skip
"""Where a record may tell its time; the first that has one does."""

IDS = ("id", "event_id", "eventID", "eventId", "uuid", "_id")


def recognise(name: str, head: bytes) -> bool:
    """Whether it is JSON at all: to be asked after all other readers."""
    return bool(outline(head))


def read(name: str, data: bytes) -> Iterator[Batch]:
    return batches(SOURCE, name, values(data), _told)


def _told(fields: Fields, place: str) -> Told | None:
    own = next((one for name in IDS if isinstance(one := fields.get(name), str) and one), place)
    return told_by(first_moment(fields, TIMES), own)
