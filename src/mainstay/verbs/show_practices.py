"""`show practices` and `show plan`: what the evidence in the ledger answers, and what to do first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from mainstay.analysis.improving import Improvement
from mainstay.analysis.practices import AGES, STATES, Answer, State, cover
from mainstay.documents import did_you_mean
from mainstay.model.controls import PILLARS
from mainstay.model.errors import UsageError
from mainstay.model.evidence import Milestone
from mainstay.outputs.paint import Line, Tone
from mainstay.outputs.tables import Column, Page, Table, share
from mainstay.outputs.wording import count
from mainstay.verbs.answering import Ages, Moved, answers, answers_at, chosen, compare, improvements
from mainstay.verbs.show_findings import check_practice
from mainstay.verbs.showing import CatalogOf, iso, severity_tone

if TYPE_CHECKING:
    from mainstay.evidence import Ledger

WORDS: Final[Mapping[State, str]] = {
    "met": "met", "partial": "partly met", "not_met": "not met", "unknown": "unknown",
    "not_applicable": "not applicable",
}  # fmt: skip
TONES: Final[Mapping[State, Tone]] = {
    "met": "good", "partial": "medium", "not_met": "high", "unknown": "quiet", "not_applicable": "quiet",
}  # fmt: skip
FIRST: Final[Sequence[State]] = ("not_met", "partial", "met", "not_applicable", "unknown")
NAMED: Final = 6


def practices(
    ledger: Ledger, catalog: CatalogOf, now: datetime, name: str = "", pillars: Sequence[str] = (),
    limit: int | None = None, ages: Ages = AGES,
) -> Page:  # fmt: skip
    """Where the practices stand: the three figures of each pillar, and the practices, those that are not met first.

    With the id of one practice, everything about it.
    """
    _check(name)
    known = catalog()
    everything = answers(ledger, known, now, ages, ledger.attestations())
    found = list(chosen(everything, name)) if name else list(everything.values())
    if len(found) == 1:
        return _practice(ledger, found[0])
    asked = {pillar.upper() for pillar in pillars}
    found = [one for one in found if not asked or one.practice.pillar in asked]
    found.sort(key=lambda one: FIRST.index(one.state))
    is_short = limit is not None and not name and not asked
    shown = [one for one in found if one.state in ("not_met", "partial")] if is_short else found
    mine = {one.practice.pillar for one in found}
    states = {state: sum(1 for one in found if one.state == state) for state in STATES}
    figures = [] if name else [row for row in figure_rows(found, known.controls) if row["id"] in mine]
    rows = [_row(one) for one in shown[:limit]]
    lead: list[tuple[str, Tone]] = [(count(len(found), "practice"), "strong"), (": ", "plain")]
    for state, number in states.items():
        lead += [(f"{number:,} {WORDS[state]}", TONES[state] if number else "plain"), (", ", "plain")]
    tables = (Table("practices", _columns(), rows), Table("pillars", FIGURES, figures))
    notes = ("everything about one: mainstay show practices ID; what to do first: mainstay show plan",)
    return Page("practices", {"total": len(found), "states": states}, tables, (tuple(lead[:-1]),), notes,
                left=len(found) - len(rows))  # fmt: skip


def _check(name: str) -> None:
    if name and name.upper() not in PILLARS:
        check_practice(name.upper())


FIGURES: Final = (
    Column("pillar", "Pillar"),
    Column("met_share", "met", share, number=True),
    Column("coverage_share", "coverage", share, number=True),
    Column("freshness", "age of evidence", lambda value: "-" if value is None else f"{value:.0%} of its limit",
           number=True),
)  # fmt: skip


def figure_rows(found: Iterable[Answer], controls: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """The three figures of each pillar."""
    for pillar, one in cover(found, controls).items():
        yield {
            "id": pillar, "pillar": PILLARS[pillar], "met_share": one.met_share, "coverage_share": one.coverage_share,
            "freshness": one.freshness, "states": dict(one.states),
        }  # fmt: skip


def _columns() -> tuple[Column, ...]:
    return (
        Column("id", ""),
        Column("state", "", lambda state: WORDS[state], tone=lambda state: TONES[state]),
        Column("risk", "", lambda risk: f"{risk} risk"),
        Column("title", "title", lines=lambda value: ((value, "plain"),)),
        Column("because", "because", lambda value: "; ".join(value), lines=_quietly),
        Column("freshness", "freshness", machine=True),
    )


def _row(one: Answer) -> dict[str, Any]:
    return {
        "id": one.practice.id,
        "state": one.state,
        "risk": one.practice.risk,
        "title": one.practice.title,
        "because": list(_because(one)),
        "freshness": one.freshness,
        "measured": one.measured,
        "controls": list(one.controls),
        "failing": list(one.failing),
        "open": list(one.open),
        "silent": list(one.silent),
        "lacking": list(one.lacking),
        "stale": [str(each) for each in one.stale],
    }


def _because(one: Answer) -> Iterator[str]:
    if one.failing:
        yield f"fails: {_some(one.failing)}"
    if one.open:
        yield f"undecided: {_some(one.open)}"
    if one.silent:
        yield f"no evidence yet: {_some(one.silent)}"
    yield from map(str, one.stale)
    if one.lacking and one.state != "unknown":
        yield f"needs {', '.join(one.lacking)} evidence"
    for each in one.attested:
        note = f": {each.note}" if each.note else ""
        yield f"the statement by {each.attestation.by} {each.standing.replace('_', ' ')}{note}"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _quietly(texts: Sequence[str] | None) -> Iterator[tuple[str, Tone]]:
    for text in texts or ():
        yield text, "quiet"


def _practice(ledger: Ledger, one: Answer) -> Page:
    """Everything about one practice: what was judged, how often, and what is missing."""
    from mainstay.evidence import Query

    practice = one.practice
    asked = frozenset((*one.controls, *one.failing, *one.open, *one.silent))
    counts = ledger.counts(("control", "verdict"), Query(controls=asked))
    rows = [
        {"control": name, **{verdict: counts[name, verdict] for verdict in ("fail", "unknown", "waived", "pass")}}
        for name in sorted(asked, key=lambda name: (-counts[name, "fail"], -counts[name, "unknown"], name))
    ]

    def number(verdict: str, tone: Tone = "plain") -> Column:
        return Column(verdict, verdict, lambda value: f"{value:,}" if value else "-",
                      lambda value: tone if value else "quiet", number=True)  # fmt: skip

    columns = (Column("control", "control"), number("fail", "high"), number("unknown", "medium"), number("waived"),
               number("pass"))  # fmt: skip
    lead: list[Line] = [
        ((f"{practice.id}  ", "strong"), (practice.title, "strong")),
        (("State     ", "quiet"), (WORDS[one.state], TONES[one.state]), (f", {practice.risk} risk if not", "plain")),
        (("Asks      ", "quiet"), (f"{practice.question} {practice.question_title}", "plain")),
        (("Shown by  ", "quiet"), (practice.how, "plain")),
        *((("          ", "plain"), (text, "plain")) for text in _because(one)),
        (("More      ", "quiet"), (practice.url, "place")),
    ]
    facts = {
        **_row(one),
        "question": practice.question,
        "pillar": practice.pillar,
        "evidence": list(practice.evidence),
        "answerable": practice.answerable,
        "url": practice.url,
    }
    notes = (f"its failures: mainstay show findings --practice {practice.id}",) if one.failing else ()
    return Page("practice", facts, (Table("verdicts", columns, rows, empty="Nothing has judged it yet."),), lead, notes)


# -- moved


def moved(
    ledger: Ledger, catalog: CatalogOf, now: datetime, since: Milestone, name: str = "", pillars: Sequence[str] = (),
    ages: Ages = AGES,
) -> Page:  # fmt: skip
    """The practices whose answers differ from those at a milestone, the worse ones first, and why."""
    _check(name)
    known = catalog()
    after = answers(ledger, known, now, ages, ledger.attestations())
    before = answers_at(ledger, known, since, ages, ledger.attestations(since))
    mine = {one.practice.id for one in chosen(after, name)} if name else set(after)
    asked = {pillar.upper() for pillar in pillars}
    found = [
        one for one in compare(before, after)
        if one.practice.id in mine and (not asked or one.practice.pillar in asked)
    ]  # fmt: skip
    found.sort(key=lambda one: (not one.is_worse, not one.is_better))
    columns = (
        Column("id", ""),
        Column("before", "", lambda state: WORDS[state], tone="quiet"),
        Column("after", "", lambda state: f"-> {WORDS[state]}", tone=lambda state: TONES[state]),
        Column("title", "title", lines=lambda value: ((value, "plain"),)),
        Column("because", "because", lambda value: "; ".join(value), lines=_quietly),
    )
    worse, better = sum(one.is_worse for one in found), sum(one.is_better for one in found)
    lead: Line = (
        (count(len(found), "practice"), "strong"), (f" moved since {since.name}: ", "plain"),
        (f"{worse:,} worse", "high" if worse else "plain"), (", ", "plain"),
        (f"{better:,} better", "good" if better else "plain"),
    )  # fmt: skip
    facts = {"since": since.name, "at": iso(since.at), "worse": worse, "better": better}
    return Page("moved", facts, (Table("moved", columns, [_moved_row(one) for one in found]),), (lead,))


def _moved_row(one: Moved) -> dict[str, Any]:
    return {
        "id": one.practice.id, "before": one.before, "after": one.after, "title": one.practice.title,
        "because": list(one.because),
    }  # fmt: skip


# -- the plan


def improvement_plan(
    ledger: Ledger, catalog: CatalogOf, now: datetime, top: int | None = None, ages: Ages = AGES
) -> Page:
    """What to do first, by what it risks against what it takes."""
    known = catalog()
    found = improvements(ledger, known, answers(ledger, known, now, ages, ledger.attestations()))
    columns = (
        Column("place", "", lambda value: f"{value:,}.", number=True),
        Column("severity", "", tone=severity_tone),
        Column("control", "", tone="strong"),
        Column("effort", "", lambda value: f"{value} effort"),
        Column("title", "title", lines=lambda value: ((value, "plain"),)),
        Column("risk", "risk", lambda value: ", ".join(value), lines=lambda value: ((", ".join(value), "plain"),)),
        Column("takes", "takes", lambda value: ", ".join(value), lines=lambda value: ((", ".join(value), "plain"),)),
        Column("fix", "fix", lines=lambda value: ((value, "quiet"),)),
        Column("meets", "meets", _meets, lines=lambda value: ((_meets(value), "good"),) if value else ()),
        Column("moves", "moves", machine=True),
    )
    rows = [_step(place, one) for place, one in enumerate(found[:top], 1)]
    lead: Line = ((f"{len(found):,} things to do", "strong"), (", the most risk for the least work first", "plain"))
    table = Table("plan", columns, rows, empty="Nothing fails: there is nothing to do.")
    return Page("plan", {"total": len(found)}, (table,), (lead,) if found else (), left=len(found) - len(rows))


def _meets(practices: Sequence[str]) -> str:
    return f"meets {', '.join(practices)}" if practices else ""


def _step(place: int, one: Improvement) -> dict[str, Any]:
    return {
        "place": place,
        "severity": one.control.severity,
        "control": one.control.id,
        "title": one.control.title,
        "effort": one.effort.level,
        "risk": list(one.because),
        "takes": list(one.effort.why),
        "fix": one.control.fix,
        "findings": len(one.findings),
        "moves": list(one.moves),
        "meets": list(one.meets),
        "rank": round(one.rank, 3),
    }


def named_milestone(ledger: Ledger, name: str) -> Milestone:
    """The milestone of that name. Raises UsageError with a suggestion where there is none."""
    found = {one.name: one for one in ledger.milestones()}
    if name not in found:
        hint = did_you_mean(name, found) or (f"there are {', '.join(found)}" if found else "there are none yet")
        raise UsageError(f"there is no milestone '{name}'; {hint}")
    return found[name]
