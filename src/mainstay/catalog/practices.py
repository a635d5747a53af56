"""The practices of the AWS Well-Architected Framework, which every control names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import cast

from mainstay.documents import read_yaml
from mainstay.model.controls import Pillar
from mainstay.model.errors import DataError
from mainstay.model.practices import Practice
from mainstay.model.values import Record

PRACTICES = Path(__file__).with_name("practices.yaml")


@dataclass(frozen=True, slots=True)
class Choice:
    """What a practice is called in the AWS Well-Architected Tool: a choice of a question, by their ids there."""

    question: str
    id: str


@lru_cache(maxsize=1)
def load_practices() -> Mapping[str, Practice]:
    """Every practice by its id (`REL10-BP01`), in the framework's order."""
    return {
        name: Practice(
            id=name,
            title=entry["title"],
            risk=entry["risk"],
            pillar=cast(Pillar, pillar),
            question=number,
            question_title=question["title"],
            page=entry["page"],
            evidence=tuple(entry["evidence"]),
            answerable=entry["answerable"],
            how=entry["how"],
        )
        for pillar, questions in _pillars().items()
        for number, question in questions.items()
        for name, entry in question["practices"].items()
    }


@lru_cache(maxsize=1)
def load_choices() -> Mapping[str, Choice]:
    """By the id of each practice, its choice in the AWS Well-Architected Tool."""
    return {
        name: Choice(question["tool"], entry.get("choice", entry["page"]))
        for questions in _pillars().values()
        for question in questions.values()
        for name, entry in question["practices"].items()
    }


def _pillars() -> Record:
    document = read_yaml(PRACTICES.read_text("utf-8"), PRACTICES.name)
    if document.faults:
        raise DataError(document.faults)
    return cast(Record, document.value["pillars"])
