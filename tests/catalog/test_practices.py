"""The framework's practices: all there, each with its question and its page."""

from __future__ import annotations

from mainstay.catalog import load_practices
from mainstay.model.controls import PILLARS


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
