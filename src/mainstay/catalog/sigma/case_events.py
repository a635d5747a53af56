"""The events of a case: as they are written, with what every event of their log has besides."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from mainstay.documents import did_you_mean
from mainstay.model.detections import Case, Correlation, Detection, Rule
from mainstay.model.events import Event, LogSource
from mainstay.model.values import Value

BEGIN: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""When a case begins: on a Monday morning."""

MARKS: Final = ("@at", "@repeat", "@every")
_MOST_EVENTS = 100_000
_OFFSET = re.compile(r"(?=.)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?")
_PARTS = ("days", "hours", "minutes", "seconds", "milliseconds")
_SECOND = timedelta(seconds=1)

_OF_A_CALL: Final[Mapping[str, Value]] = {
    "eventVersion": "1.11",
    "awsRegion": "eu-central-1",
    "recipientAccountId": "111122223333",
    "eventType": "AwsApiCall",
    "sourceIPAddress": "203.0.113.10",
    "userAgent": "aws-cli/2.17.0 md/awscrt#0.20.11 ua/2.0 os/linux#6.8 lang/python#3.11.9",
}


def _written(moment: datetime) -> Value:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _seconds(moment: datetime) -> Value:
    return int(moment.timestamp())


_TIMES: Final[Mapping[LogSource, tuple[tuple[str, ...], Callable[[datetime], Value]]]] = {
    "cloudtrail": (("eventTime",), _written),
    "vpcflow": (("start", "end"), _seconds),
    "resolver": (("query_timestamp",), _written),
    "alb": (("time",), _written),
    "guardduty": (("createdAt", "updatedAt"), _written),
    "securityhub": (("CreatedAt", "UpdatedAt"), _written),
    "config": (("configurationItemCaptureTime",), _written),
    "json": (("time",), _written),
}
"""By source, the fields that hold an event's time, and how it is written there."""

_IDS: Final[Mapping[LogSource, str]] = {"cloudtrail": "eventID", "guardduty": "id", "securityhub": "Id"}


def source_of(rules: Iterable[Rule], by_id: Mapping[str, Rule]) -> LogSource:
    """The log that the events of a file's cases are of: that of its first detection, or of one referred to."""
    rules = list(rules)
    for rule in rules:
        if isinstance(rule, Detection) and rule.source:
            return rule.source
    referred = [by_id[name] for rule in rules if isinstance(rule, Correlation) for name in rule.rules]
    return source_of(referred, by_id) if referred else "cloudtrail"


def offset(text: object) -> timedelta | None:
    """The time that `2d3h` says; None where it says none."""
    found = _OFFSET.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    return timedelta(**{part: int(number) for part, number in zip(_PARTS, found.groups(), strict=True) if number})


def check_event(event: Mapping[str, Value]) -> Iterator[tuple[str, str]]:
    """What is wrong with the marks of an event, each as a message and a hint."""
    for key in event:
        if key.startswith("@") and key not in MARKS:
            yield f"there is no mark '{key}'", did_you_mean(key, MARKS) or f"there are {', '.join(MARKS)}"
    for key in ("@at", "@every"):
        if key in event and offset(event[key]) is None:
            yield f"'{key}' has to be a time such as 10s or 2d3h", ""
    repeat = event.get("@repeat", 1)
    if not isinstance(repeat, int) or isinstance(repeat, bool) or not 1 <= repeat <= _MOST_EVENTS:
        yield f"'@repeat' has to be a whole number from 1 to {_MOST_EVENTS}", ""


def case_events(case: Case, source: LogSource) -> list[Event]:
    """The events of a case in the order of their time, whole."""
    file = case.place.file if case.place else ""
    events: list[Event] = []
    moment = BEGIN - _SECOND
    for written in case.events:
        at, every = offset(written.get("@at")), offset(written.get("@every")) or _SECOND
        moment = moment + _SECOND if at is None else BEGIN + at
        repeat = written.get("@repeat", 1)
        body = {key: value for key, value in written.items() if key not in MARKS}
        for turn in range(1, (repeat if isinstance(repeat, int) else 1) + 1):
            if turn > 1:
                moment += every
            events.append(_event(_numbered(body, str(turn)), source, moment, file, len(events) + 1))
    return sorted(events, key=lambda event: event.time_us)


def _event(fields: dict[str, Value], source: LogSource, moment: datetime, file: str, number: int) -> Event:
    names, write = _TIMES[source]
    given = _moment(fields.get(names[0]))
    moment = given or moment
    for name in names:
        fields.setdefault(name, write(moment))
    identity = f"00000000-0000-4000-8000-{number:012d}"
    if source in _IDS:
        identity = str(fields.setdefault(_IDS[source], identity))
    if source == "cloudtrail":
        fields = {**_OF_A_CALL, **fields}
    time_us = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return Event(source, time_us, identity, fields, file, number)


def _moment(value: Value) -> datetime | None:
    """The moment that an event names itself, in seconds or as ISO 8601 has it."""
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except (ValueError, OverflowError, OSError):
        return None
    return found.replace(tzinfo=UTC) if found and found.tzinfo is None else found


def _numbered(value: Value, turn: str) -> Value:
    """The value with the number of the repetition in the place of each `{n}`."""
    if isinstance(value, str):
        return value.replace("{n}", turn)
    if isinstance(value, list):
        return [_numbered(each, turn) for each in value]
    if isinstance(value, dict):
        return {key: _numbered(each, turn) for key, each in value.items()}
    return value
