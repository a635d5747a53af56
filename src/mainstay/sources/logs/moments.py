"""When something happened: the moments that logs write, as microseconds since 1970 (UTC)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
KEPT = 20_000

_known: dict[str, int] = {}


def moment_us(text: str) -> int | None:
    """The moment that ISO 8601 text names, None where it names none; without an offset it is UTC.

    The last ones are kept: the events of a file lie within minutes.
    """
    found = _known.get(text)
    if found is not None:
        return found
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        time_us = (moment - EPOCH) // MICROSECOND
    except (ValueError, OverflowError):
        return None
    if len(_known) >= KEPT:
        _known.clear()
    _known[text] = time_us
    return time_us
