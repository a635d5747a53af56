"""The improvement plan: which failing control to mend first, by what it risks against what it takes.

Risk and effort are told in words with each item, so that nobody has to believe the order. They are ranked by

    severity (low 1, medium 3, high 9, critical 27)
    x the highest risk that the framework gives to its failing practices (low 1, medium 1.5, high 2)
    x 1 + log2 of the number of resources
    x 2 where one of them can be reached from the internet
    / effort (small 1, medium 3, large 9)

Effort is read off the remedies: `small` where a patch or plain properties mend every place, up to twenty of them;
`large` where something is replaced, or a person has to decide in more than twenty places; otherwise `medium`.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from mainstay.analysis.practices import Answer
from mainstay.engine.remedies import Assignment, remedy
from mainstay.model.controls import SEVERITIES, Control, Severity
from mainstay.model.findings import Finding
from mainstay.model.patches import NoPatch, Patch
from mainstay.model.practices import Risk

Level = Literal["small", "medium", "large"]
ByHand = Mapping[tuple[str, str], str]
"""Properties that only a person sets, by type and path, each with the reason."""

Remedies = dict[tuple[str, ...], tuple[Assignment, ...] | NoPatch]

SEVERITY: Final[Mapping[Severity, float]] = {"low": 1, "medium": 3, "high": 9, "critical": 27}
RISK: Final[Mapping[Risk, float]] = {"low": 1, "medium": 1.5, "high": 2}
EFFORT: Final[Mapping[Level, float]] = {"small": 1, "medium": 3, "large": 9}
FEW_PLACES = 20

_REPLACED = re.compile(r"(?<!they )\b(?:is|are) replaced\b")


@dataclass(frozen=True, slots=True)
class Effort:
    """What it takes to mend all failures of a control: how much, in how many places, and why so much."""

    level: Level
    places: int
    patches: int
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Improvement:
    """One thing to do: make a control hold wherever it fails.

    `moves` are the practices that it fails, `meets` those of them that are met by this alone. `because` says in words
    what is at risk; `effort.why` what it takes. `rank` orders the plan, the highest first, and means nothing beyond.
    """

    control: Control
    findings: tuple[Finding, ...]
    moves: tuple[str, ...]
    meets: tuple[str, ...]
    because: tuple[str, ...]
    effort: Effort
    rank: float


def plan(
    findings: Iterable[Finding], answers: Mapping[str, Answer], top: int | None = None,
    reachable: Collection[str] = frozenset(), by_hand: ByHand | None = None,
) -> list[Improvement]:  # fmt: skip
    """What to do first, from the findings that stand and the answers that they gave; of all, the `top` ones.

    `reachable` are the addresses of resources that the internet reaches.
    """
    failing: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.verdict == "fail":
            failing[finding.control.id].append(finding)
    found = [_improvement(each, answers, reachable, by_hand or {}) for each in failing.values()]
    found.sort(key=lambda one: (-one.rank, -SEVERITIES.index(one.control.severity), one.control.id))
    return found[:top]


def _improvement(
    findings: Sequence[Finding], answers: Mapping[str, Answer], reachable: Collection[str], by_hand: ByHand
) -> Improvement:
    control = findings[0].control
    failed = [answers[name] for name in control.practices if name in answers and control.id in answers[name].failing]
    risk = max((one.practice.risk for one in failed), key=list(RISK).index, default=None)
    resources = len({(one.subject.scope, one.subject.address) for one in findings})
    exposed = len({one.subject.address for one in findings} & set(reachable))
    because = [f"{control.severity} severity", f"{resources:,} resource{'' if resources == 1 else 's'}"]
    if exposed:
        because.append(f"{exposed:,} reachable from the internet")
    if risk is not None:
        named = ", ".join(one.practice.id for one in failed if one.practice.risk == risk)
        because.append(f"{risk} risk by the framework ({named})")
    effort = _effort(findings, by_hand)
    rank = SEVERITY[control.severity] * (RISK[risk] if risk else 1) * (1 + math.log2(resources)) * (2 if exposed else 1)
    return Improvement(
        control=control,
        findings=tuple(findings),
        moves=tuple(one.practice.id for one in failed),
        meets=tuple(one.practice.id for one in failed if _is_met_without(one, control)),
        because=tuple(because),
        effort=effort,
        rank=rank / EFFORT[effort.level],
    )


def _is_met_without(answer: Answer, control: Control) -> bool:
    """Whether nothing but the failures of one control stands between a practice and being met.

    A contradicted statement counts again once nothing fails; one that has expired does not.
    """
    lacking: set[str] = set(answer.lacking)
    standing = {one.standing for one in answer.attested}
    if any(one.standing == "contradicted" and one.attestation.applies for one in answer.attested):
        lacking = set() if answer.practice.answerable in ("human", "human-assisted") else lacking - {"attestation"}
    elif "contradicted" in standing:
        return False
    return answer.failing == (control.id,) and not (
        lacking or answer.open or answer.mixed or answer.silent or answer.stale or "expired" in standing
    )


def _effort(findings: Sequence[Finding], by_hand: ByHand) -> Effort:
    places = len({_place(finding) for finding in findings})
    patches = len([finding for finding in findings if isinstance(finding.patch, Patch)])
    remedies = _remedies(findings)
    reasons = dict.fromkeys(one for finding in findings if (one := _by_person(finding, remedies, by_hand)))
    fix = findings[0].control.fix
    replaced = [text for text in (*reasons, fix) if _REPLACED.search(text)]
    why: list[str] = []
    level: Level
    if replaced:
        why.append(replaced[0] if replaced[0] != fix else "something is replaced by it")
        level = "large"
    elif reasons:
        why.append(next(iter(reasons)))
        level = "medium" if places <= FEW_PLACES else "large"
    elif patches == len(findings):
        why.append("mainstay can write all of it (--fix)")
        level = "small" if places <= FEW_PLACES else "medium"
    else:
        set_here = {one.plain for wanted in remedies.values() if not isinstance(wanted, NoPatch) for one in wanted}
        why.append(f"{'one property' if len(set_here) == 1 else f'{len(set_here)} properties'} to set")
        level = "small" if places <= FEW_PLACES else "medium"
    why.append("one place" if places == 1 else f"{places:,} places")
    return Effort(level, places, patches, tuple(why))


def _remedies(findings: Iterable[Finding]) -> Remedies:
    """By the paths of their reasons, on which alone it depends, what would mend the failures of one control."""
    found: Remedies = {}
    for finding in findings:
        paths = _paths(finding)
        if paths not in found:
            found[paths] = remedy(finding.control, finding.reasons)
    return found


def _paths(finding: Finding) -> tuple[str, ...]:
    return tuple(reason.path for reason in finding.reasons)


def _by_person(finding: Finding, remedies: Remedies, by_hand: ByHand) -> str:
    """Why a person has to make the change; empty where setting properties is all."""
    if isinstance(finding.patch, Patch):
        return ""
    if isinstance(finding.patch, NoPatch):
        return finding.patch.reason
    found = remedies[_paths(finding)]
    if isinstance(found, NoPatch):
        return found.reason
    paths = ((*one.plain, *([str(key)] if (key := (one.fields or {}).get("Key")) else [])) for one in found)
    kept = (by_hand.get((finding.subject.type, ".".join(path))) for path in paths)
    return next((reason for reason in kept if reason), "")


def _place(finding: Finding) -> tuple[str, str]:
    """Where the change is made: one block of code may declare many resources; a live one is a place of its own."""
    place = finding.subject.place
    return (str(place), "") if place is not None else (finding.subject.scope, finding.subject.address)
