"""The framework's practices: all there, each with its question and its page."""

from __future__ import annotations

from typing import get_args

from mainstay.catalog import load_practices
from mainstay.model.controls import PILLARS
from mainstay.model.practices import EVIDENCE_KINDS, Answerable


def test_every_practice_of_the_framework_is_there() -> None:
    practices = load_practices()
    assert len(practices) == 307
    assert len({practice.question for practice in practices.values()}) == 57
    assert len({practice.page for practice in practices.values()}) == 307


def test_practices_stand_under_their_pillar_and_question() -> None:
    for name, practice in load_practices().items():
        assert practice.id == name
        assert practice.pillar in PILLARS
        assert name.startswith(f"{practice.question}-BP")
        assert practice.question.startswith(practice.pillar)
        assert practice.risk in ("low", "medium", "high")


def test_a_practice_knows_its_page() -> None:
    practice = load_practices()["REL10-BP01"]
    assert practice.title == "Deploy the workload to multiple locations"
    assert practice.question_title == "How do you use fault isolation to protect your workload?"
    assert practice.url == (
        "https://docs.aws.amazon.com/wellarchitected/latest/framework/rel_fault_isolation_multiaz_region_system.html"
    )


def test_every_practice_says_what_answers_it() -> None:
    for practice in load_practices().values():
        assert practice.evidence
        assert set(practice.evidence) <= set(EVIDENCE_KINDS)
        assert len(set(practice.evidence)) == len(practice.evidence)
        assert practice.answerable in get_args(Answerable)
        assert practice.how
        assert not practice.how.endswith(".")
