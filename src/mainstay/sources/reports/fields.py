"""Reads JSON that somebody else wrote: what is missing or of another type than expected is empty, never an error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mainstay.model.controls import Severity

SEVERITY_WORDS: Mapping[str, Severity] = {
    "fatal": "critical", "critical": "critical", "blocker": "critical",
    "high": "high", "error": "high", "important": "high", "major": "high",
    "medium": "medium", "moderate": "medium", "warning": "medium",
    "low": "low", "minor": "low", "note": "low", "info": "low", "informational": "low", "negligible": "low",
    "none": "low", "recommendation": "low", "style": "low",
}  # fmt: skip
LONGEST = 1_000


def at(value: Any, *path: str | int) -> Any:
    """What stands at a path; None where nothing does."""
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        else:
            value = value[step] if isinstance(value, list) and 0 <= step < len(value) else None
        if value is None:
            return None
    return value


def text(value: Any, *path: str | int) -> str:
    """The text at a path, on one line and of a length that can be shown; a number as it is written."""
    found = at(value, *path)
    if found is None or isinstance(found, bool) or not isinstance(found, str | int | float):
        return ""
    said = " ".join(_written(found).split())
    return said if len(said) <= LONGEST else said[: LONGEST - 4] + " ..."


def _written(found: str | int | float) -> str:
    if isinstance(found, int) and found.bit_length() > 1_000:
        return ""  # Python refuses to write numbers of a few thousand digits
    return str(found)


def number(value: Any, *path: str | int) -> int | None:
    """The whole number at a path, of a size that lines and ids have."""
    found = at(value, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) and abs(found) < 2**31 else None


def items(value: Any, *path: str | int) -> Iterator[dict[str, Any]]:
    """The objects in the list at a path."""
    found = at(value, *path)
    yield from (one for one in found if isinstance(one, dict)) if isinstance(found, list) else ()


def texts(value: Any, *path: str | int) -> Iterator[str]:
    """The texts in the list at a path."""
    found = at(value, *path)
    yield from (one for one in found if isinstance(one, str)) if isinstance(found, list) else ()


def web_address(*candidates: str) -> str:
    """The first that a reader may be sent to."""
    return next((one for one in candidates if one.startswith(("https://", "http://"))), "")
