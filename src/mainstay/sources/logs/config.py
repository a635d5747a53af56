"""Items of AWS Config: files of configuration history and snapshots, or changes in EventBridge's envelope."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mainstay.model.events import Batch, LogSource
from mainstay.model.values import Value
from mainstay.sources.logs.records import Fields, Told, batches, decoded, outline, unreadable, values
from mainstay.sources.logs.times import moment

SOURCE: LogSource = "config"


class _File(msgspec.Struct):
    """A file of history or a snapshot. Its items stay text until their batch is read: snapshots are large."""

    items: list[msgspec.Raw] = msgspec.field(name="configurationItems")


_decoder = msgspec.json.Decoder(_File)


def recognise(name: str, head: bytes) -> bool:
    found = outline(head)
    if "detail-type" in found:
        return found["detail-type"] == "Config Configuration Item Change"
    if "configurationItems" in found or {"configurationItemCaptureTime", "resourceType"} <= found.keys():
        return True
    return bool(found) and ("_ConfigHistory_" in name or "_ConfigSnapshot_" in name)


def read(name: str, data: bytes) -> Iterator[Batch]:
    if "configurationItems" not in outline(data[:65_536]):
        return batches(SOURCE, name, _changes(data), _told)
    try:
        items = _decoder.decode(data.removeprefix(b"\xef\xbb\xbf")).items
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        return batches(SOURCE, name, (), _told, (unreadable(name, f"the file is no whole JSON: {error}"),))
    return batches(SOURCE, name, ((number, decoded(item)) for number, item in enumerate(items, 1)), _told)


def _changes(data: bytes) -> Iterator[tuple[int, Value]]:
    for number, value in values(data):
        detail = value.get("detail") if isinstance(value, dict) else None
        item = detail.get("configurationItem") if isinstance(detail, dict) else None
        yield number, value if item is None else item


def _told(fields: Fields, place: str) -> Told | None:
    time_us = moment(fields.get("configurationItemCaptureTime"))
    kind, resource, state = (fields.get(one) for one in ("resourceType", "resourceId", "configurationStateId"))
    if time_us is None or not isinstance(kind, str):
        return None
    known = isinstance(resource, str) and isinstance(state, str | int)
    return time_us, f"{kind}/{resource}@{state}" if known else place
