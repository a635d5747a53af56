"""What waivers have in common, wherever they are written: days, and the complaints about them."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date

from mainstay.documents import did_you_mean
from mainstay.model.errors import Fault
from mainstay.model.places import Place

NO_REASON = "an ignore says why; nothing is waived"

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def day(text: str) -> date | None:
    """The day that `YYYY-MM-DD` spells."""
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def unknown_control(name: str, known: Collection[str], place: Place | None) -> Fault:
    return Fault(f"there is no control '{name}'", place, did_you_mean(name, known))
