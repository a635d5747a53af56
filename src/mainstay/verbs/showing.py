"""`mainstay show`: which ledger is asked, at which moment, and the overview of what it knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mainstay.analysis.practices import AGES, cover
from mainstay.analysis.statements import in_time
from mainstay.catalog import Catalog
from mainstay.documents import did_you_mean
from mainstay.model.controls import PILLARS, SEVERITIES, Pillar
from mainstay.model.errors import UsageError
from mainstay.model.evidence import Milestone, Pass
from mainstay.model.findings import Verdict
from mainstay.outputs.paint import Line, Tone
from mainstay.outputs.tables import Column, Page, Table, share
from mainstay.outputs.wording import count
from mainstay.settings.freshness import span
from mainstay.verbs.answering import Ages, answers

if TYPE_CHECKING:
    from mainstay.evidence import Ledger
    from mainstay.evidence.answers import Moment

LEDGER: Final = Path(".mainstay/ledger.sqlite")
FAILING: Final[frozenset[Verdict]] = frozenset({"fail"})
WORST_SHOWN: Final = 5
RANKS: Final[Mapping[str, int]] = {severity: rank for rank, severity in enumerate(SEVERITIES)}

_PASS: Final = re.compile(r"pass:([1-9]\d{0,17})", re.ASCII)

CatalogOf = Callable[[], Catalog]
"""The catalogue, read when something is asked that the ledger alone does not know."""

PILLAR_FIGURES: Final = (
    Column("pillar", "Pillar"),
    Column("failures", "failures", number=True),
    Column("worst", "worst", lambda severity: severity or "-", tone=lambda severity: severity or "quiet"),
    Column("met_share", "met", share, number=True),
    Column("coverage_share", "coverage", share, number=True),
    Column("freshness", "age", lambda value: "-" if value is None else f"{value:.0%} of limit", number=True),
)


def find_ledger(start: Path) -> Path:
    """The ledger in a directory or the nearest one above it. Raises UsageError that says what makes one."""
    here = start.resolve()
    for directory in (here, *here.parents):
        if (directory / LEDGER).is_file():
            return directory / LEDGER
    raise UsageError(
        f"there is no ledger: no {LEDGER} here or above; `mainstay review --live` makes one, or `mainstay review PATH "
        "--ledger FILE`; one that is somewhere else is named by --ledger"
    )


def opened(url: str | None, start: Path, write: bool = False) -> Ledger:
    """The ledger that is asked: the named one, or the nearest."""
    from mainstay.evidence import open_ledger

    return open_ledger(url or find_ledger(start), write=write)


@lru_cache(maxsize=4096)  # many findings have one time
def iso(at: datetime | None) -> str | None:
    """A time as JSON has it, in whole seconds of UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def moment(ledger: Ledger, text: str, now: datetime) -> Moment:
    """The moment that a text names: a milestone, the end of a pass (`pass:3`), a time ago (`7d`), or an ISO date or
    time, of UTC where it names no zone. Raises UsageError with a suggestion for anything else.
    """
    if found := _PASS.fullmatch(text):
        return _end_of(ledger.passes(), int(found[1]))
    if spells_moment(text):
        return time_of(text, now)
    milestones = {one.name: one for one in ledger.milestones()}
    if text in milestones:
        return milestones[text]
    hint = did_you_mean(text, milestones) or "give a date, `7d`, `pass:3` or the name of a milestone"
    raise UsageError(f"there is no milestone '{text}'; {hint}")


def spells_moment(text: str) -> bool:
    """Whether the text is a pass, a time ago, a date or a time, so that no milestone can be meant by it."""
    if _PASS.fullmatch(text) or span(text):
        return True
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def time_of(text: str, now: datetime) -> datetime:
    ago = span(text)
    try:
        at = now - ago if ago else datetime.fromisoformat(text)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        raise UsageError(f"'{text}' is before all times") from None
    if at > now + timedelta(days=1):
        raise UsageError(f"{text} has not come yet")
    return at


def is_before_all(at: Moment, passes: Sequence[Pass]) -> bool:
    """Whether nothing had been seen at the moment, as the first pass came later."""
    if isinstance(at, Pass) or not passes:
        return False
    return (at.at if isinstance(at, Milestone) else at) < min(one.started for one in passes)


def check_known(ledger: Ledger, at: Moment) -> None:
    """Raises UsageError for a moment before the first pass: that nothing failed then would be no answer."""
    passes = ledger.passes()
    if is_before_all(at, passes):
        first = min(one.started for one in passes)
        raise UsageError(f"the ledger knows nothing from before {first:%Y-%m-%d %H:%M} UTC, when its first pass began")


def numbered(passes: Sequence[Pass], number: int) -> Pass:
    """The pass with the number. Raises UsageError where there is none."""
    for one in passes:
        if one.number == number:
            return one
    last = f"the last one is {passes[-1].number}" if passes else "there are none yet"
    raise UsageError(f"there is no pass {number}; {last}")


def told(at: Moment) -> str:
    """A moment in words."""
    if isinstance(at, Pass):
        return f"pass {at.number} began"
    return f"{at:%Y-%m-%d %H:%M}" if isinstance(at, datetime) else at.name


def last_whole(passes: Sequence[Pass]) -> Pass:
    """The last pass that was completed; where none was, the last one."""
    return next((one for one in reversed(passes) if one.state == "complete"), passes[-1])


def severity_tone(severity: str | None) -> Tone:
    found: Mapping[str | None, Tone] = {"critical": "critical", "high": "high", "medium": "medium", "low": "low"}
    return found.get(severity, "quiet")


def _end_of(passes: Sequence[Pass], number: int) -> Moment:
    """When a pass ended. Where it was killed, the beginning of the next one is the best that is known."""
    found = numbered(passes, number)
    if found.ended is not None:
        return found.ended
    following = [one for one in passes if one.number > number]
    if not following:
        raise UsageError(f"pass {number} has not ended")
    return min(following, key=lambda one: one.number)


# -- the overview


def overview(ledger: Ledger, catalog: CatalogOf, now: datetime, ages: Ages = AGES) -> Page:
    """All that matters on one screen: the last pass, what it changed, what fails, how the pillars stand."""
    passes = ledger.passes()
    if not passes:
        raise UsageError(f"ledger {ledger.name}: no pass is in it yet; `mainstay review --live` makes one")
    last = last_whole(passes)
    extent = ledger.extents().get(last.number)
    counts = ledger.counts(("control", "severity", "verdict"))
    failing = {key[:2]: number for key, number in counts.items() if key[2] == "fail"}
    head = ledger.head()
    severities = {one: sum(n for (_, s), n in failing.items() if s == one) for one in reversed(SEVERITIES)}
    others = {verdict: sum(n for key, n in counts.items() if key[2] == verdict) for verdict in ("unknown", "waived")}
    facts = {
        "pass": pass_row(last) | {
            "units": extent.units if extent else 0,
            "gaps": extent.gaps if extent else 0,
        },
        "resources": ledger.resource_count(),
        "failures": severities,
        **others,
        "changes": _changes(ledger, last),
        "head": head,
    }  # fmt: skip
    ranked = sorted(failing.items(), key=lambda one: (-RANKS[one[0][1]], -one[1], one[0][0]))
    known = catalog()
    titles = {control.id: control.title for control in known.controls}
    worst = [
        {"severity": severity, "control": name, "failures": number, "title": titles.get(name, "")}
        for (name, severity), number in ranked[:WORST_SHOWN]
    ]
    columns = (
        Column("severity", "", tone=severity_tone),
        Column("control", ""),
        Column("failures", "failures", number=True),
        Column("title", "", machine=True),
    )
    pillars = Table("pillars", PILLAR_FIGURES, list(_pillars(ledger, known, failing, now, ages)))
    notes = (
        "more: mainstay show findings, changes, practices, plan, owners, gaps, trends",
        "the head, kept elsewhere, proves later that nothing was touched: mainstay show verify --head HASH",
    )
    lead = list(_lead(facts, now))
    lead[1:1] = [_unfinished(one) for one in passes[-1:] if one.number != last.number]
    return Page("overview", facts, (pillars, Table("worst", columns, worst, "Worst")), lead, notes)


def _changes(ledger: Ledger, since: Pass) -> Mapping[str, int] | None:
    """How many failures are new, fixed and back; None where what stood then was pruned."""
    from mainstay.evidence import PrunedAway

    try:
        return dict(ledger.changes(since, limit=0).counts)
    except PrunedAway:
        return None


def pass_row(one: Pass) -> dict[str, Any]:
    return {
        "number": one.number, "source": one.source, "target": one.target, "state": one.state,
        "started": iso(one.started), "ended": iso(one.ended), "version": one.version,
    }  # fmt: skip


def _unfinished(one: Pass) -> Line:
    word = "not ended" if one.ended is None else one.state
    return (
        ("Since then ", "strong"), (f"{one.number:,}, {one.source}, ", "plain"), (word, "medium"),
        (f", begun {one.started:%Y-%m-%d %H:%M} UTC", "plain"),
    )  # fmt: skip


def _lead(facts: Mapping[str, Any], now: datetime) -> Iterator[Line]:
    one, changes = facts["pass"], facts["changes"]
    at = datetime.fromisoformat(one["ended"] or one["started"])
    good: Tone = "good" if one["state"] == "complete" else "medium"
    yield (
        ("Last pass  ", "strong"), (f"{one['number']:,}, {one['source']}, ", "plain"), (one["state"], good),
        (f" {at:%Y-%m-%d %H:%M} UTC ({in_time(now - at)} ago)", "plain"),
    )  # fmt: skip
    yield ("Target     ", "strong"), (one["target"], "plain")
    gaps: Tone = "medium" if one["gaps"] else "plain"
    yield (
        ("Read       ", "strong"), (f"{count(facts['resources'], 'resource')} known, ", "plain"),
        (f"{count(one['units'], 'unit')}, ", "plain"), (count(one["gaps"], "gap"), gaps),
    )  # fmt: skip
    if changes is None:
        yield ("Changed    ", "strong"), ("what stood before this pass was pruned", "quiet")
    else:
        yield (
            ("Changed    ", "strong"), (f"{changes['new']:,} new, {changes['came_back']:,} came back, ", "plain"),
            (f"{changes['fixed']:,} fixed", "good" if changes["fixed"] else "plain"),
            (" since the pass before", "quiet"),
        )  # fmt: skip
    yield ("Failures   ", "strong"), *_failures(facts)
    yield ("Head       ", "strong"), (facts["head"], "quiet")


def _failures(facts: Mapping[str, Any]) -> Iterator[tuple[str, Tone]]:
    standing = [(name, number) for name, number in facts["failures"].items() if number]
    for at, (name, number) in enumerate(standing):
        yield f"{number:,} {name}", severity_tone(name)
        yield (", " if at + 1 < len(standing) else ""), "plain"
    if not standing:
        yield "none", "good"
    yield "".join(f"; {facts[key]:,} {word}" for key, word in (("unknown", "undecided"), ("waived", "waived"))), "plain"


def _pillars(
    ledger: Ledger, catalog: Catalog, failing: Mapping[tuple[str, ...], int], now: datetime, ages: Ages
) -> Iterator[dict[str, Any]]:
    found = answers(ledger, catalog, now, ages, ledger.attestations())
    figures = cover(found.values(), catalog.controls)
    pillars: dict[str, tuple[Pillar, ...]] = {control.id: control.pillars for control in catalog.controls}
    for pillar, title in PILLARS.items():
        mine = [(severity, n) for (name, severity), n in failing.items() if pillar in pillars.get(name, ())]
        one = figures[pillar]
        yield {
            "id": pillar,
            "pillar": title,
            "failures": sum(number for _, number in mine),
            "worst": max((severity for severity, _ in mine), key=RANKS.__getitem__, default=None),
            "met_share": one.met_share,
            "coverage_share": one.coverage_share,
            "freshness": one.freshness,
            "practices": dict(one.states),
        }
