"""Findings of GuardDuty: as it exports them to S3, a JSON object a line, or in EventBridge's envelope."""

from __future__ import annotations

from collections.abc import Iterator

from mainstay.model.events import Batch, LogSource
from mainstay.sources.logs.findings import first_moment, told_by, unwrapped, version_id
from mainstay.sources.logs.records import Fields, Told, batches, outline, values
from mainstay.sources.logs.times import moment

SOURCE: LogSource = "guardduty"


def recognise(name: str, head: bytes) -> bool:
    found = outline(head)
    if "detail-type" in found:
        return found["detail-type"] == "GuardDuty Finding"
    return {"schemaVersion", "accountId", "type"} <= found.keys() or (bool(found) and "/GuardDuty/" in name)


def read(name: str, data: bytes) -> Iterator[Batch]:
    return batches(SOURCE, name, unwrapped(values(data), ("findings",)), _told)


def _told(fields: Fields, place: str) -> Told | None:
    """Its time is when the activity was last seen: GuardDuty writes of it minutes or hours later."""
    if not isinstance(fields.get("type"), str):
        return None
    service = fields.get("service")
    time_us = moment(service.get("eventLastSeen")) if isinstance(service, dict) else None
    if time_us is None:
        time_us = first_moment(fields, ("updatedAt", "createdAt"))
    return told_by(time_us, version_id(fields, "id", "updatedAt", place))
