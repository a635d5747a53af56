"""Findings of Security Hub: in its own format (ASFF) or OCSF, bare, in lists, or in EventBridge's envelope."""

from __future__ import annotations

from collections.abc import Iterator

from mainstay.model.events import Batch, LogSource
from mainstay.sources.logs.findings import first_moment, told_by, unwrapped, version_id
from mainstay.sources.logs.records import Fields, Told, batches, outline, values

SOURCE: LogSource = "securityhub"
_LISTS = ("findings", "Findings")


def recognise(name: str, head: bytes) -> bool:
    found = outline(head)
    if "detail-type" in found:
        return found.get("source") == "aws.securityhub"
    if {"ProductArn", "AwsAccountId"} <= found.keys() or {"class_uid", "finding_info"} <= found.keys():
        return True
    return any(one in found for one in _LISTS) and b'"ProductArn"' in head


def read(name: str, data: bytes) -> Iterator[Batch]:
    return batches(SOURCE, name, unwrapped(values(data), _LISTS), _told)


def _told(fields: Fields, place: str) -> Told | None:
    """Its time is when what it is about was last observed."""
    if isinstance(info := fields.get("finding_info"), dict) and "class_uid" in fields:
        time_us = first_moment(fields, ("time", "time_dt"))
        return told_by(time_us, version_id({**info, "time": fields.get("time")}, "uid", "time", place))
    if not isinstance(fields.get("ProductArn"), str):
        return None
    time_us = first_moment(fields, ("LastObservedAt", "UpdatedAt", "CreatedAt"))
    return told_by(time_us, version_id(fields, "Id", "UpdatedAt", place))
