"""Terraform's functions of points in time, which are RFC 3339 strings."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from mainstay.sources.terraform.types import EvaluationError

_MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)", re.ASCII)
_DURATION: Final = re.compile(r"([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)", re.ASCII)
_STEP: Final = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_NANOSECONDS: Final = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "μs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_LONGEST: Final = 2**63
_TOKEN: Final = re.compile(r"''|'(?:[^']|'')*'|'|([A-Za-z])\1*|[^A-Za-z']+")
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _read(text: str) -> tuple[datetime, int]:
    """The moment to the second, and the nanoseconds past it."""
    match = _MOMENT.fullmatch(text)
    if match is None:
        raise EvaluationError(f'"{text[:60]}" is not an RFC 3339 timestamp')
    try:
        moment = datetime.fromisoformat(match[1] + ("+00:00" if match[3] == "Z" else match[3]))
    except ValueError as error:
        raise EvaluationError(f'"{text[:60]}" is not an RFC 3339 timestamp: {error}') from None
    return moment, int((match[2] or "0")[:9].ljust(9, "0"))


def _offset(moment: datetime, separator: str) -> str:
    minutes = int((moment.utcoffset() or timedelta()).total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}{separator}{abs(minutes) % 60:02d}"


def _stamp(moment: datetime) -> str:
    zone = "Z" if not moment.utcoffset() else _offset(moment, ":")
    return f"{moment.year:04d}{moment:-%m-%dT%H:%M:%S}{zone}"


def add(timestamp: str, duration: str) -> str:
    moment, past = _read(timestamp)
    whole = moment.astimezone(UTC)
    try:
        whole += timedelta(seconds=(past + _nanoseconds(duration)) // 10**9)
        return _stamp(whole.astimezone(moment.tzinfo))
    except OverflowError:
        raise EvaluationError("the time is outside the years 1 to 9999") from None


def _nanoseconds(duration: str) -> int:
    match = _DURATION.fullmatch(duration)
    if match is None:
        if duration in ("0", "+0", "-0"):
            return 0
        raise EvaluationError(f'"{duration[:60]}" is not a duration')
    total = sum(int(Decimal(number) * _NANOSECONDS[unit]) for number, unit in _STEP.findall(match[2]))
    if total > _LONGEST:
        raise EvaluationError(f'"{duration[:60]}" is too long a duration')
    return -total if match[1] == "-" else total


def compare(left: str, right: str) -> int:
    first, second = _read(left), _read(right)
    return (first > second) - (first < second)


def format_date(specification: str, timestamp: str) -> str:
    moment, _ = _read(timestamp)
    written: list[str] = []
    for match in _TOKEN.finditer(specification):
        token = match[0]
        if token == "''":
            written.append("'")
        elif token == "'":
            raise EvaluationError("a quote in the date format is not closed")
        elif token.startswith("'"):
            written.append(token[1:-1].replace("''", "'"))
        elif match[1]:
            written.append(_field(token, moment))
        else:
            written.append(token)
    return "".join(written)


def _field(token: str, moment: datetime) -> str:
    utc = not moment.utcoffset()
    fields = {
        "YYYY": f"{moment.year:04d}",
        "YY": f"{moment.year % 100:02d}",
        "MMMM": _MONTHS[moment.month - 1],
        "MMM": _MONTHS[moment.month - 1][:3],
        "MM": f"{moment.month:02d}",
        "M": str(moment.month),
        "DD": f"{moment.day:02d}",
        "D": str(moment.day),
        "EEEE": _DAYS[moment.weekday()],
        "EEE": _DAYS[moment.weekday()][:3],
        "hh": f"{moment.hour:02d}",
        "h": str(moment.hour),
        "HH": f"{moment.hour % 12 or 12:02d}",
        "H": str(moment.hour % 12 or 12),
        "AA": "AM" if moment.hour < 12 else "PM",
        "aa": "am" if moment.hour < 12 else "pm",
        "mm": f"{moment.minute:02d}",
        "m": str(moment.minute),
        "ss": f"{moment.second:02d}",
        "s": str(moment.second),
        "ZZZZZ": _offset(moment, ":"),
        "ZZZZ": _offset(moment, ""),
        "ZZZ": "UTC" if utc else _offset(moment, ""),
        "Z": "Z" if utc else _offset(moment, ":"),
    }
    if token not in fields:
        raise EvaluationError(f'the date format "{token}" is not understood; quote literal text')
    return fields[token]
