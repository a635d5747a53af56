"""`[freshness]` of the configuration: how old evidence of each kind may be before it says nothing any more."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from mainstay.documents import did_you_mean
from mainstay.model.practices import EVIDENCE_KINDS, EvidenceKind

LONGEST = timedelta(days=365)

_SPAN = re.compile(r"([1-9]\d{0,5})\s*(m|h|d)", re.ASCII)
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def span(text: str) -> timedelta | None:
    """The time that `90m`, `24h` or `7d` spells; None for anything else."""
    found = _SPAN.fullmatch(text.strip())
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None


def read_ages(table: Mapping[str, object]) -> tuple[dict[EvidenceKind, timedelta], list[tuple[str, str, str]]]:
    """The ages that a table names, and what is wrong with it: the key, the complaint and a hint for each."""
    ages: dict[EvidenceKind, timedelta] = {}
    wrong: list[tuple[str, str, str]] = []
    for key, value in table.items():
        if key not in EVIDENCE_KINDS:
            hint = did_you_mean(key, EVIDENCE_KINDS) or f"one of {', '.join(EVIDENCE_KINDS)}"
            wrong.append((key, f"there is no kind of evidence '{key}'", hint))
            continue
        age = span(value) if isinstance(value, str) else None
        if age is None:
            wrong.append((key, f"'{key}' has to be a time", "a number of minutes, hours or days: 90m, 24h, 7d"))
        elif age > LONGEST:
            wrong.append((key, f"'{key}' is longer than evidence can last", "365d is the most"))
        else:
            ages[key] = age
    return ages, wrong
