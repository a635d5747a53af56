"""The framework's practices: all there, each with its question and its page."""

from __future__ import annotations

import hashlib
from typing import get_args

from mainstay.catalog import load_practices
from mainstay.catalog.practices import Choice, load_choices
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


def test_choices_are_those_of_the_tool_by_their_ids() -> None:
    """The digest is of the ids as they were gathered from the Tool: a new spelling of one has to be looked up there."""
    choices, practices = load_choices(), load_practices()
    listed = "\n".join(f"{name} {choices[name].question} {choices[name].id}" for name in sorted(choices))
    assert hashlib.sha256(listed.encode()).hexdigest() == (
        "eefa9cecf6be9a1da6bc29332c426b292d59f6296ba7b4fbb49be652d13efa86"
    )
    assert list(choices) == list(practices)
    assert len({choice.id for choice in choices.values()}) == 307
    assert len({choice.question for choice in choices.values()}) == 57
    assert [name for name, choice in choices.items() if choice.id != practices[name].page] == ["SEC05-BP04"]
    assert choices["SEC05-BP04"] == Choice("network-protection", "sec_network_protection_auto_protect")
    assert all(len(choice.id) <= 64 for choice in choices.values()), "the service takes no longer ones"
