"""The answers to the practices of the framework: what the evidence proves, what it leaves open, what it no longer says.

`answer` speaks from the findings of one review, `weigh` from all evidence that there is, as it stands at a moment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Final, Literal

from mainstay.analysis.statements import Attested, Statements, in_time
from mainstay.model.controls import PILLARS, Control, Pillar
from mainstay.model.evidence import Attestation, Evidence
from mainstay.model.findings import Finding, Gap, Verdict
from mainstay.model.practices import EVIDENCE_KINDS, EvidenceKind, Practice

State = Literal["met", "partial", "not_met", "unknown", "not_applicable"]
STATES: tuple[State, ...] = ("met", "partial", "not_met", "unknown", "not_applicable")

AGES: Final[Mapping[EvidenceKind, timedelta]] = {
    "config": timedelta(hours=24),
    "logs": timedelta(hours=24),
    "identity": timedelta(days=7),
    "experiment": timedelta(days=90),
    "metrics": timedelta(hours=24),
    "process": timedelta(days=90),
    "attestation": timedelta(days=365),
}
"""How old evidence of each kind may be, where nobody says otherwise."""

UNSETTLED: Final = frozenset[Verdict]({"unknown", "waived"})
NOW: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for the moment of a review, whose findings have no age."""


@dataclass(frozen=True, slots=True)
class Stale:
    """Evidence of one kind that is too old to count: its oldest age, the limit, and whose it is."""

    kind: EvidenceKind
    age: timedelta
    limit: timedelta
    controls: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind} evidence is {in_time(self.age)} old, {in_time(self.limit)} is the limit"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of one practice.

    `controls` are those that were judged, `failing` those of them with a failure that nobody waived, `open` those with
    an unknown or waived verdict and none failing, `mixed` the failing ones that would be open without their failures.
    `silent` were asked and have given no evidence, `stale` is what has grown too old. `lacking` are the kinds of
    evidence that the practice needs and that nothing here gives.

    `measured` is the state without anything that people attested, which stands apart in `attested`. `freshness` is the
    age of the oldest evidence that counted, as a share of its limit: 0 was looked at now, 1 is about to go stale.
    """

    practice: Practice
    state: State
    controls: tuple[str, ...] = ()
    failing: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    lacking: tuple[EvidenceKind, ...] = ()
    mixed: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    stale: tuple[Stale, ...] = ()
    attested: tuple[Attested, ...] = ()
    measured: State = "unknown"
    freshness: float | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """The practices of one pillar: how many there are, how many configuration can speak to, and what it said.

    `served` counts the practices that a control of the catalogue names; `judged` those of them that are not unknown.
    `freshness` is the median over the answered ones. The three figures are never made one: a pillar of which little is
    known would look as good as one that is well kept.
    """

    practices: int
    answerable: int
    served: int
    states: Mapping[State, int]
    freshness: float | None = None

    @property
    def judged(self) -> int:
        return self.practices - self.states["unknown"]

    @property
    def met_share(self) -> float | None:
        """Of the practices that apply, the share that is met. Unknown ones count as applying."""
        applicable = self.practices - self.states["not_applicable"]
        return self.states["met"] / applicable if applicable else None

    @property
    def coverage_share(self) -> float | None:
        """The share of the practices that is not unknown."""
        return self.judged / self.practices if self.practices else None


def answer(
    practices: Iterable[Practice], controls: Iterable[Control], findings: Iterable[Finding], gaps: Iterable[Gap] = ()
) -> Mapping[str, Answer]:
    """The answer of one review to every practice, in their order: all that it saw is evidence of now.

    `met` needs evidence of every kind that the practice asks for, and all of it good: configuration alone meets only
    what is a matter of configuration. `not_met`: something fails and nothing holds. Whatever lies between is
    `partial`; where nothing decided was found, the practice stays `unknown`, also where no control applied: one review
    does not see all that there is. A control that a gap names has an unknown verdict.
    """
    asked = tuple(controls)
    verdicts: dict[str, set[Verdict]] = defaultdict(set)
    for finding in findings:
        verdicts[finding.control.id].add(finding.verdict)
    for gap in gaps:
        for name in gap.controls:
            verdicts[name].add("unknown")
    evidence = [
        Evidence(control, kind, frozenset(verdicts[control.id]), NOW) for control in asked for kind in kinds(control)
    ]
    found = weigh(practices, asked, evidence, NOW)
    return {
        name: replace(one, state="unknown") if one.state == "not_applicable" else one for name, one in found.items()
    }


def weigh(
    practices: Iterable[Practice], controls: Iterable[Control], evidence: Iterable[Evidence], now: datetime,
    ages: Mapping[EvidenceKind, timedelta] = AGES, attestations: Iterable[Attestation] = (),
    unsigned: Iterable[Attestation] = (),
) -> Mapping[str, Answer]:  # fmt: skip
    """The answer to every practice, in their order, from all evidence as it stands `now`.

    `controls` are those that were asked. One of them without evidence of each of its `kinds` is silent, which keeps a
    practice from being met; evidence with no verdict says that there was nothing to judge. So losing evidence, or
    letting it grow older than `ages` allow (it counts as unknown then), never meets a practice.

    A practice is not applicable where every control that was asked about it found nothing, at least one of them
    resources that it does not apply to, all of it fresh and of every kind that the practice needs; or where a person
    says so and no measurement contradicts. What contradicts a person's word wins: see `statements`. `unsigned` ones
    are shown, and do not count.
    """
    limits = {**AGES, **ages}
    proving: dict[str, list[Control]] = defaultdict(list)
    for control in controls:
        for name in control.practices:
            proving[name].append(control)
    pieces: dict[str, list[Evidence]] = defaultdict(list)
    for piece in evidence:
        pieces[piece.control.id].append(piece)
    statements = Statements(attestations, unsigned, now, limits["attestation"])
    return {
        practice.id: _answer(practice, _Measured(practice, proving[practice.id], pieces, now, limits), statements)
        for practice in practices
    }


def kinds(control: Control) -> tuple[EvidenceKind, ...]:
    """What a control looks at: always configuration; and who may do what, where it judges identities."""
    return ("config", "identity") if control.layer == "identity" else ("config",)


class _Measured:
    """What the controls say of one practice."""

    def __init__(
        self, practice: Practice, controls: Sequence[Control], pieces: Mapping[str, Sequence[Evidence]],
        now: datetime, limits: Mapping[EvidenceKind, timedelta],
    ) -> None:  # fmt: skip
        mine = [piece for control in controls for piece in pieces.get(control.id, ())]
        old = [piece for piece in mine if now - piece.at > limits[piece.kind]]
        fresh = [piece for piece in mine if now - piece.at <= limits[piece.kind]]
        verdicts: dict[str, set[Verdict]] = {control.id: set() for control in controls}
        for piece in fresh:
            verdicts[piece.control.id] |= piece.verdicts
        for piece in old:
            verdicts[piece.control.id].add("unknown")
        given = {(piece.control.id, piece.kind) for piece in mine}
        speaking = [piece for piece in fresh if piece.verdicts - {"not_applicable"}]
        seen = {piece.kind for piece in speaking}
        self.practice = practice
        self.judged = tuple(name for name, found in verdicts.items() if found - {"not_applicable"})
        self.failing = tuple(name for name, found in verdicts.items() if "fail" in found)
        self.silent = tuple(one.id for one in controls if any((one.id, kind) not in given for kind in kinds(one)))
        unsettled = [name for name, found in verdicts.items() if found & UNSETTLED]
        self.open = tuple(name for name in unsettled if name not in self.failing)
        self.mixed = tuple(name for name in self.failing if name in unsettled or name in self.silent)
        self.holding = any("pass" in found for found in verdicts.values())
        self.lacking = tuple(kind for kind in EVIDENCE_KINDS if kind in practice.evidence and kind not in seen)
        self.stale = tuple(_stale(old, now, limits))
        self.decided = any(piece.verdicts & {"pass", "fail", "waived"} for piece in mine)
        """Also by what is stale: there was something that the practice applies to when it was last looked at."""
        barren = {piece.kind for piece in fresh if piece.verdicts == {"not_applicable"}}
        self.idle = not (old or self.silent or speaking) and bool(barren) and barren.issuperset(practice.evidence)
        self.spent = max((_share(now - one.at, limits[one.kind]) for one in speaking or fresh), default=None)

    @property
    def state(self) -> State:
        if not self.failing and not self.holding:
            return "not_applicable" if self.idle else "unknown"
        if not self.holding:
            return "not_met"
        return "partial" if self.failing or self.open or self.lacking or self.silent else "met"


def _answer(practice: Practice, measured: _Measured, statements: Statements) -> Answer:
    said = statements.about(practice, failing=bool(measured.failing), decided=measured.decided)
    lacking = measured.lacking
    state = measured.state
    if said.holds:
        lacking = () if practice.answerable in ("human", "human-assisted") else lacking
        lacking = tuple(kind for kind in lacking if kind != "attestation")
        state = "partial" if measured.open or measured.silent or lacking or said.doubtful else "met"
    elif said.retires:
        state = "not_applicable"
    elif said.doubtful and state == "met":
        state = "partial"
    ages = [one for one in (measured.spent, said.spent) if one is not None]
    return Answer(
        practice,
        state,
        controls=measured.judged,
        failing=measured.failing,
        open=measured.open,
        lacking=lacking,
        mixed=measured.mixed,
        silent=measured.silent,
        stale=measured.stale,
        attested=said.attested,
        measured=measured.state,
        freshness=max(ages, default=None) if state != "unknown" else None,
    )


def _stale(old: Sequence[Evidence], now: datetime, limits: Mapping[EvidenceKind, timedelta]) -> Iterable[Stale]:
    for kind in EVIDENCE_KINDS:
        mine = [piece for piece in old if piece.kind == kind]
        if mine:
            names = dict.fromkeys(piece.control.id for piece in mine)
            yield Stale(kind, max(now - piece.at for piece in mine), limits[kind], tuple(names))


def _share(age: timedelta, limit: timedelta) -> float:
    """A clock that is ahead of ours makes nothing fresher than fresh."""
    return max(0.0, age / limit) if limit else 0.0


def cover(answers: Iterable[Answer], controls: Iterable[Control]) -> Mapping[Pillar, Coverage]:
    """The answers by pillar, with the measure of how far they reach."""
    served = {practice for control in controls for practice in control.practices}
    by_pillar: dict[Pillar, list[Answer]] = {pillar: [] for pillar in PILLARS}
    for one in answers:
        by_pillar[one.practice.pillar].append(one)
    return {
        pillar: Coverage(
            practices=len(own),
            answerable=sum(1 for one in own if "config" in one.practice.evidence or one.practice.id in served),
            served=sum(1 for one in own if one.practice.id in served),
            states={state: sum(1 for one in own if one.state == state) for state in STATES},
            freshness=median(ages) if (ages := [one.freshness for one in own if one.freshness is not None]) else None,
        )
        for pillar, own in by_pillar.items()
    }
