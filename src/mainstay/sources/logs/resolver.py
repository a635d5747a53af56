"""Query logs of the Route 53 resolver: a JSON object a line, one for each name that a network asked for."""

from __future__ import annotations

from collections.abc import Iterator

from mainstay.model.events import Batch, LogSource
from mainstay.sources.logs.records import Fields, Told, batches, outline, values
from mainstay.sources.logs.times import moment

SOURCE: LogSource = "resolver"


def recognise(name: str, head: bytes) -> bool:
    found = outline(head)
    return {"query_timestamp", "query_name"} <= found.keys() or (bool(found) and "vpcdnsquerylogs" in name)


def read(name: str, data: bytes) -> Iterator[Batch]:
    return batches(SOURCE, name, values(data), _told)


def _told(fields: Fields, place: str) -> Told | None:
    time_us = moment(fields.get("query_timestamp"))
    if time_us is None or not isinstance(fields.get("query_name"), str):
        return None
    return time_us, place
