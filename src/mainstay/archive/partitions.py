"""The folders of an archive: by account, region and day."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from mainstay.model.events import LogSource

DAY_US: Final = 86_400_000_000
NOWHERE: Final = "none"
_ACCOUNT: Final = re.compile(r"\d{12}")
_REGION: Final = re.compile(r"[a-z]{2,4}(-[a-z]{2,12}){1,3}-\d{1,2}")


class Partition(NamedTuple):
    """The folder that a row belongs in."""

    source: LogSource
    account: str
    region: str
    day: str

    @property
    def folder(self) -> str:
        return f"source={self.source}/account={self.account}/region={self.region}/day={self.day}"


def partition_of(source: LogSource, home: tuple[tuple[Any, ...], int]) -> Partition:
    (account, region), day = home
    known_account = account if isinstance(account, str) and _ACCOUNT.fullmatch(account) else NOWHERE
    known_region = region if isinstance(region, str) and _REGION.fullmatch(region) else NOWHERE
    return Partition(source, known_account, known_region, day_of(day * DAY_US))


def day_of(time_us: int) -> str:
    """The day of a time, in UTC; `none` for what no calendar has."""
    try:
        return datetime.fromtimestamp(time_us // DAY_US * 86_400, UTC).date().isoformat()
    except (OverflowError, ValueError, OSError):
        return NOWHERE
