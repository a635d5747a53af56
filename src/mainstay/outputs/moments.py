"""When a review was written, for the formats whose readers demand a time."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from mainstay.model.errors import UsageError

VARIABLE = "SOURCE_DATE_EPOCH"


def moment() -> datetime:
    """Now, in whole seconds of UTC, or what `SOURCE_DATE_EPOCH` says, by which two runs give the same bytes.

    Raises UsageError where the variable holds no seconds since 1970.
    """
    told = os.environ.get(VARIABLE, "").strip()
    if not told:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        return datetime.fromtimestamp(int(told), UTC)
    except (ValueError, OverflowError, OSError):
        raise UsageError(f"{VARIABLE} is {told!r}: it takes whole seconds since 1970") from None
