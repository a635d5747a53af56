"""The sentences that several formats say alike."""

from __future__ import annotations

import re

from mainstay.model.findings import Finding, Reason
from mainstay.model.places import Place, ServiceDefault

AMOUNT = re.compile(r"\d+ elements?\b")


def sentence(reason: Reason) -> str:
    """What a property is and what it should be: `MultiAZ is false, expected true`."""
    holds_parts = reason.expected.startswith("no element with") and ", " in reason.actual
    verb = "has" if holds_parts or AMOUNT.match(reason.actual) else "is"
    said = f"{reason.path or 'the resource'} {verb} {reason.actual}"
    if isinstance(reason.mark, ServiceDefault):
        said += f" (the service's default, seen {reason.mark.since})"
    return f"{said}, expected {reason.expected}" if reason.expected else said


def settling(finding: Finding) -> str:
    """What would decide an unknown verdict, all of it, or why it is unknown where nothing is named."""
    facts = dict.fromkeys(reason.settle for reason in finding.reasons if reason.settle)
    if facts:
        return "; ".join(facts)
    causes = dict.fromkeys(reason.actual.removeprefix("unknown: ") for reason in finding.reasons)
    return "; ".join(causes) or "no reason is known"


def where(finding: Finding) -> Place | None:
    """The place to send a reader to: the first property that somebody wrote, otherwise the resource."""
    header = finding.subject.place
    places = [reason.mark for reason in finding.reasons if isinstance(reason.mark, Place)]
    return next((place for place in places if place != header), places[0] if places else header)


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 file`, `2 files`, `12,000 files`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
