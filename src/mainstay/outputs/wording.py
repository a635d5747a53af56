"""The sentences that several formats say alike."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from mainstay.model.controls import SEVERITIES
from mainstay.model.decisions import Waiver
from mainstay.model.findings import Finding, Gap, Reason, Review
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


def fresh(review: Review) -> list[Finding]:
    """The failures that somebody has to look at, the worst first: not waived, and not known from before."""
    failures = (one for one in review.findings if one.verdict == "fail" and one.change != "unchanged")
    return sorted(failures, key=lambda one: (-SEVERITIES.index(one.control.severity), by_place(one)))


def by_place(finding: Finding) -> tuple[str, int, int, str, str, str]:
    """Sorts findings in the order of files, lines and columns, then of addresses, roots and controls."""
    place = where(finding)
    file, line, column = (place.file, place.line, place.column) if place else ("", 0, 0)
    return file, line, column, finding.subject.address, finding.subject.scope, finding.control.id


def found(finding: Finding) -> str:
    """What was found, all of it, in one sentence."""
    said = "; ".join(map(sentence, finding.reasons)) or f"{finding.control.title}: not met"
    doubt = finding.subject.may_exist
    return said if doubt is None else f"{said} (if it exists: {doubt})"


def waived(waiver: Waiver) -> str:
    """Who lives with a finding, why and until when."""
    owner = f" by {waiver.owner}" if waiver.owner else ""
    until = f" until {waiver.until.isoformat()}" if waiver.until else ""
    return f"waived{owner}{until}: {waiver.reason}"


def _extent(review: Review) -> str:
    """How much was looked at."""
    parts = [count(review.resource_count, "resource")]
    if review.accounts:
        regions = {region for regions in review.accounts.values() for region in regions}
        parts += [count(len(review.accounts), "account"), count(len(regions), "region")]
    if review.file_count or not review.accounts:
        parts.append(count(review.file_count, "file"))
    return ", ".join(parts)


def open_controls(gaps: Iterable[Gap]) -> str:
    """How many controls gaps leave unknown, in words; empty where they say nothing of controls."""
    ids = {control for gap in gaps for control in gap.controls}
    return f"{count(len(ids), 'control')} left unknown" if ids else ""


def told(review: Review) -> str:
    """The review in one line: its failures by severity, what it looked at, and what stays open."""
    counts = Counter(finding.verdict for finding in review.findings)
    new = fresh(review)
    severities = Counter(finding.control.severity for finding in new)
    extent = _extent(review)
    compared = any(finding.change is not None for finding in review.findings) or review.fixed
    known = counts["fail"] - len(new)
    kind = "new " if compared else ""
    if new:
        listed = ", ".join(f"{severities[one]:,} {one}" for one in reversed(SEVERITIES) if severities[one])
        said = f"{kind}{listed} in {extent}"
    elif not review.findings:
        said = f"Nothing was judged: no control applies to what is in {extent}"
    else:
        judged = len({finding.control.id for finding in review.findings})
        said = f"No {kind}weaknesses found: {count(judged, 'control')} over {extent}"
    opened = [
        *([f"{known:,} known"] if known else []),
        *([f"{len(review.fixed):,} fixed"] if review.fixed else []),
        *([f"{counts['waived']:,} waived"] if counts["waived"] else []),
        *([f"{counts['unknown']:,} undecided"] if counts["unknown"] else []),
        *([count(len(review.gaps), "gap")] if review.gaps else []),
    ]
    return "; ".join([said, *opened])
