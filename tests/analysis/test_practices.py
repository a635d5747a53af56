"""The roll-up to practices: what verdicts prove, and what stays open."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mainstay.analysis.practices import Answer, answer, cover
from mainstay.catalog import load_practices
from mainstay.model.conditions import All
from mainstay.model.controls import PILLARS, Control
from mainstay.model.findings import Finding, Subject, Verdict
from mainstay.model.practices import EvidenceKind, Practice

SUBJECT = Subject("AWS::S3::Bucket", "b", "", "", "terraform")


def control(name: str, practice: str = "REL01-BP01", layer: str = "data") -> Control:
    return Control(name, name, ("AWS::S3::Bucket",), All(()), "low", layer, (practice,), "", "")  # type: ignore[arg-type]


def practice(*evidence: EvidenceKind) -> Practice:
    return Practice("REL01-BP01", "", "low", "REL", "REL01", "", "", evidence, "machine", "")


def judged(needs: Practice, *verdicts: Sequence[Verdict], layer: str = "data") -> Answer:
    """The answer to a practice that one control a sequence proves, each with those verdicts."""
    controls = [control(f"c-{number}", layer=layer) for number in range(len(verdicts))]
    findings = [
        Finding(one, verdict, SUBJECT) for one, found in zip(controls, verdicts, strict=True) for verdict in found
    ]
    return answer([needs], controls, findings)["REL01-BP01"]


@pytest.mark.parametrize(
    ("verdicts", "state"),
    [
        ([], "unknown"),
        ([["not_applicable"]], "unknown"),
        ([["unknown"]], "unknown"),
        ([["waived"]], "unknown"),
        ([["pass"]], "met"),
        ([["pass", "not_applicable"], ["not_applicable"]], "met"),
        ([["pass", "fail"]], "partial"),
        ([["pass"], ["fail"]], "partial"),
        ([["pass"], ["unknown"]], "partial"),
        ([["pass", "waived"]], "partial"),
        ([["fail"]], "not_met"),
        ([["fail", "unknown"], ["unknown"]], "not_met"),
    ],
)
def test_the_state_follows_from_the_verdicts(verdicts: list[list[Verdict]], state: str) -> None:
    assert judged(practice("config"), *verdicts).state == state


def test_configuration_alone_never_meets_what_needs_other_evidence() -> None:
    found = judged(practice("experiment", "config", "process"), ["pass"])
    assert (found.state, found.lacking) == ("partial", ("experiment", "process"))


def test_a_control_of_identities_is_evidence_of_identity() -> None:
    assert judged(practice("config", "identity"), ["pass"], layer="identity").state == "met"
    assert judged(practice("config", "identity"), ["pass"], layer="data").lacking == ("identity",)


def test_an_answer_names_what_fails_and_what_is_open() -> None:
    found = judged(practice("config"), ["fail", "pass"], ["unknown", "pass"], ["pass"], ["not_applicable"])
    assert found.controls == ("c-0", "c-1", "c-2")
    assert (found.failing, found.open) == (("c-0",), ("c-1",))


def test_coverage_counts_every_practice_of_the_framework_once() -> None:
    controls = [control("one", "SEC08-BP02"), control("two", "REL09-BP01")]
    answers = answer(load_practices().values(), controls, [Finding(controls[0], "pass", SUBJECT)])
    rows = cover(answers.values(), controls)
    assert list(rows) == list(PILLARS)
    assert sum(row.practices for row in rows.values()) == sum(sum(row.states.values()) for row in rows.values()) == 307
    assert {pillar: row.served for pillar, row in rows.items() if row.served} == {"SEC": 1, "REL": 1}
    assert {pillar: row.judged for pillar, row in rows.items() if row.judged} == {"SEC": 1}
    assert all(row.judged <= row.answerable <= row.practices for row in rows.values())
