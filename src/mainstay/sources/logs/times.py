"""The time of a record that may tell it in any way: text or a number becomes microseconds since 1970."""

from __future__ import annotations

from mainstay.model.values import Value
from mainstay.sources.logs.moments import moment_us

LATEST_US = 253_402_300_800_000_000
"""The year 10000: a later moment has no date."""

_LONGEST = 40
_UNITS = ((10**11, 1_000_000), (10**14, 1_000), (10**17, 1))
"""Below which a number counts seconds, milliseconds or microseconds; above, nanoseconds."""


def moment(value: Value) -> int | None:
    """Microseconds since 1970, of UTC where the text names no zone; None for what is no time since then.

    The size of a number tells its unit: seconds until the year 5138, and so on.
    """
    if isinstance(value, str):
        return _of_text(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return _of_number(value)


def _of_text(text: str) -> int | None:
    if len(text) > _LONGEST:
        return None
    if len(text) > 8 and text.isascii() and text.isdecimal():
        return _of_number(int(text))
    found = moment_us(text)
    return found if found is not None and 0 <= found < LATEST_US else None


def _of_number(number: int | float) -> int | None:
    if not 0 <= number < 10**20:
        return None
    factor = next((factor for below, factor in _UNITS if number < below), 0)
    found = round(number * factor) if factor else round(number) // 1_000
    return found if found < LATEST_US else None
