"""The answers of a review to the practices of the framework: what its findings prove, and what they leave open."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Literal

from mainstay.model.controls import PILLARS, Control, Pillar
from mainstay.model.findings import Finding, Verdict
from mainstay.model.practices import EVIDENCE_KINDS, EvidenceKind, Practice

State = Literal["met", "partial", "not_met", "unknown"]

CONFIGURATION: frozenset[EvidenceKind] = frozenset({"config"})
IDENTITY: frozenset[EvidenceKind] = frozenset({"config", "identity"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of one practice.

    `controls` are those that were judged, `failing` those of them with a failure that nobody waived, `open` those with
    an unknown or waived verdict and none failing. `lacking` are the kinds of evidence that the practice needs and that
    nothing here gives.
    """

    practice: Practice
    state: State
    controls: tuple[str, ...] = ()
    failing: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    lacking: tuple[EvidenceKind, ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """The practices of one pillar: how many there are, how many configuration can speak to, and what it said.

    `served` counts the practices that a control of the catalogue names; `judged` those of them that are not unknown.
    """

    practices: int
    answerable: int
    served: int
    states: Mapping[State, int]

    @property
    def judged(self) -> int:
        return self.practices - self.states["unknown"]


def answer(
    practices: Iterable[Practice], controls: Iterable[Control], findings: Iterable[Finding]
) -> Mapping[str, Answer]:
    """The answer to every practice, in their order.

    `met` needs evidence of every kind that the practice asks for, and all of it good: configuration alone meets only
    what is a matter of configuration. `not_met`: something fails and nothing holds. Whatever lies between is
    `partial`; where nothing decided was found, the practice stays `unknown`.
    """
    verdicts: dict[str, set[Verdict]] = defaultdict(set)
    for finding in findings:
        verdicts[finding.control.id].add(finding.verdict)
    proving: dict[str, list[Control]] = defaultdict(list)
    for control in controls:
        if verdicts[control.id] - {"not_applicable"}:
            for practice in control.practices:
                proving[practice].append(control)
    return {practice.id: _answer(practice, proving[practice.id], verdicts) for practice in practices}


def _answer(practice: Practice, controls: Iterable[Control], verdicts: Mapping[str, Set[Verdict]]) -> Answer:
    judged = tuple(controls)
    failing = tuple(control.id for control in judged if "fail" in verdicts[control.id])
    unsettled = tuple(
        control.id for control in judged if control.id not in failing and verdicts[control.id] & {"unknown", "waived"}
    )
    holding = any("pass" in verdicts[control.id] for control in judged)
    seen = frozenset[EvidenceKind]().union(*map(_kinds, judged))
    lacking = tuple(kind for kind in EVIDENCE_KINDS if kind in practice.evidence and kind not in seen)
    state: State
    if not failing and not holding:
        state = "unknown"
    elif failing and not holding:
        state = "not_met"
    else:
        state = "partial" if failing or unsettled or lacking else "met"
    return Answer(practice, state, tuple(control.id for control in judged), failing, unsettled, lacking)


def _kinds(control: Control) -> frozenset[EvidenceKind]:
    """What a control looks at: always configuration; and who may do what, where it judges identities."""
    return IDENTITY if control.layer == "identity" else CONFIGURATION


def cover(answers: Iterable[Answer], controls: Iterable[Control]) -> Mapping[Pillar, Coverage]:
    """The answers by pillar, with the measure of how far they reach."""
    served = {practice for control in controls for practice in control.practices}
    by_pillar: dict[Pillar, list[Answer]] = {pillar: [] for pillar in PILLARS}
    for one in answers:
        by_pillar[one.practice.pillar].append(one)
    states: tuple[State, ...] = ("met", "partial", "not_met", "unknown")
    return {
        pillar: Coverage(
            practices=len(own),
            answerable=sum(1 for one in own if "config" in one.practice.evidence or one.practice.id in served),
            served=sum(1 for one in own if one.practice.id in served),
            states={state: sum(1 for one in own if one.state == state) for state in states},
        )
        for pillar, own in by_pillar.items()
    }
