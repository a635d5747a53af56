"""`show practices`, `show plan` and `show milestone`: what the ledger's evidence answers, and how that has moved."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from mainstay.analysis.improving import Improvement, plan
from mainstay.analysis.practices import AGES, Answer, State, kinds, weigh
from mainstay.catalog import Catalog
from mainstay.documents import did_you_mean
from mainstay.model.controls import Control
from mainstay.model.errors import UsageError
from mainstay.model.evidence import Attestation, Evidence, Milestone, Pass
from mainstay.model.findings import Finding, Gap
from mainstay.model.practices import EvidenceKind, Practice

RANKS: Mapping[State, int] = {"not_met": 0, "unknown": 1, "partial": 2, "met": 3, "not_applicable": 3}

Ages = Mapping[EvidenceKind, timedelta]


class Remembers(Protocol):
    """What is asked of the ledger."""

    def evidence(self, controls: Mapping[str, Control], at: Milestone | None = None) -> Iterable[Evidence]: ...
    def failures(self, controls: Mapping[str, Control]) -> Iterable[Finding]: ...
    def passes(self) -> Iterable[Pass]: ...
    def gaps(self, pass_: Pass) -> Iterable[Gap]: ...


@dataclass(frozen=True, slots=True)
class Moved:
    """A practice whose answer differs between two moments, and what made it differ."""

    practice: Practice
    before: State
    after: State
    because: tuple[str, ...]

    @property
    def is_better(self) -> bool:
        return RANKS[self.after] > RANKS[self.before]

    @property
    def is_worse(self) -> bool:
        return RANKS[self.after] < RANKS[self.before]


def answers(
    ledger: Remembers, catalog: Catalog, now: datetime, ages: Ages = AGES,
    attestations: Iterable[Attestation] = (), unsigned: Iterable[Attestation] = (),
) -> Mapping[str, Answer]:  # fmt: skip
    """The answer to every practice, from what the ledger holds and what people attest.

    Asked are the controls that have judged anything; those of which the latest pass of a target has lost the sight,
    by a gap, have an unknown verdict as well.
    """
    by_id = {control.id: control for control in catalog.controls}
    evidence = [*ledger.evidence(by_id), *_lost(ledger, by_id)]
    return _weighed(catalog, evidence, now, ages, attestations, unsigned)


def answers_at(
    ledger: Remembers, catalog: Catalog, milestone: Milestone, ages: Ages = AGES,
    attestations: Iterable[Attestation] = (),
) -> Mapping[str, Answer]:  # fmt: skip
    """The answers as they were at a milestone, by the catalogue and the limits of today: so two moments compare.

    `attestations` are what was stated then.
    """
    by_id = {control.id: control for control in catalog.controls}
    evidence = [*ledger.evidence(by_id, milestone), *_lost(ledger, by_id, milestone.at)]
    return _weighed(catalog, evidence, milestone.at, ages, attestations, ())


def improvements(
    ledger: Remembers, catalog: Catalog, found: Mapping[str, Answer], top: int | None = None,
    reachable: Collection[str] = frozenset(),
) -> list[Improvement]:  # fmt: skip
    """What to do first about the failures that stand in the ledger."""
    from mainstay.catalog.by_hand import load_by_hand

    failures = ledger.failures({control.id: control for control in catalog.controls})
    return plan(failures, found, top, reachable, load_by_hand())


def compare(before: Mapping[str, Answer], after: Mapping[str, Answer]) -> list[Moved]:
    """The practices whose answers differ, in the framework's order."""
    return [
        Moved(one.practice, before[name].state, one.state, tuple(_because(before[name], one)))
        for name, one in after.items()
        if name in before and before[name].state != one.state
    ]


def chosen(found: Mapping[str, Answer], name: str) -> Sequence[Answer]:
    """The answers that an id names: a practice's, a question's or a pillar's, in any case of letters.

    Raises UsageError with a suggestion where there is none.
    """
    wanted = name.strip().upper()
    mine = [
        one for one in found.values() if wanted in (one.practice.id, one.practice.question, str(one.practice.pillar))
    ]
    if not mine:
        hint = did_you_mean(name, found)
        raise UsageError(f"the framework has no practice '{name}'" + (f"; {hint}" if hint else ""))
    return mine


def _weighed(
    catalog: Catalog, evidence: Iterable[Evidence], now: datetime, ages: Ages,
    attestations: Iterable[Attestation], unsigned: Iterable[Attestation],
) -> Mapping[str, Answer]:  # fmt: skip
    whole = [piece for each in evidence for piece in _of_each_kind(each)]
    spoken = {piece.control.id for piece in whole}
    asked = [control for control in catalog.controls if control.id in spoken]
    return weigh(catalog.practices.values(), asked, whole, now, ages, attestations, unsigned)


def _of_each_kind(piece: Evidence) -> Iterator[Evidence]:
    """What the ledger keeps as one look at the configuration is, of a control of identities, evidence of both kinds."""
    if piece.kind not in kinds(piece.control):
        yield piece
        return
    for kind in kinds(piece.control):
        yield replace(piece, kind=kind)


def latest(passes: Iterable[Pass]) -> list[Pass]:
    """The last pass of each target that was completed, or, where none was, the last one; the last of all first.

    A pass that is going on, or was killed, has not looked at everything: what it says nothing of is not seen again.
    """
    chosen: dict[tuple[str, str], Pass] = {}
    for one in sorted(passes, key=lambda one: (one.state == "complete", one.number)):
        chosen[one.source, one.target] = one
    return sorted(chosen.values(), key=lambda one: -one.number)


def _as_of(passes: Iterable[Pass], at: datetime) -> Iterator[Pass]:
    """The passes that had begun by then; those that had not ended yet are running."""
    for one in passes:
        if one.started <= at:
            had_ended = one.ended is not None and one.ended <= at
            yield one if had_ended else replace(one, ended=None, state="running")


def _lost(ledger: Remembers, controls: Mapping[str, Control], at: datetime | None = None) -> Iterator[Evidence]:
    """Evidence that says nothing, of the controls that the latest passes, now or at a time, could not judge."""
    passes = ledger.passes()
    for one in latest(passes if at is None else _as_of(passes, at)):
        names = dict.fromkeys(name for gap in ledger.gaps(one) for name in gap.controls)
        for name in names:
            if name in controls:
                yield Evidence(controls[name], "config", frozenset({"unknown"}), one.ended or one.started)


def _because(before: Answer, after: Answer) -> Iterator[str]:
    yield from (f"{name} fails" for name in after.failing if name not in before.failing)
    yield from (f"{name} no longer fails" for name in before.failing if name not in after.failing)
    known = {*before.open, *before.silent}
    yield from (f"{name} is undecided" for name in after.open if name not in known)
    stale = {one.kind for one in before.stale}
    yield from (str(one) for one in after.stale if one.kind not in stale)
    words = {(one.attestation.statement, one.standing) for one in before.attested}
    for one in after.attested:
        if (one.attestation.statement, one.standing) not in words:
            yield f"the statement by {one.attestation.by} {one.standing}" + (f": {one.note}" if one.note else "")
