"""The practices of the AWS Well-Architected Framework, which every control names."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import cast

from mainstay.documents import read_yaml
from mainstay.model.controls import Pillar
from mainstay.model.errors import DataError
from mainstay.model.practices import Practice

PRACTICES = Path(__file__).with_name("practices.yaml")


@lru_cache(maxsize=1)
def load_practices() -> Mapping[str, Practice]:
    """Every practice by its id (`REL10-BP01`), in the framework's order."""
    document = read_yaml(PRACTICES.read_text("utf-8"), PRACTICES.name)
    if document.faults:
        raise DataError(document.faults)
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
        for pillar, questions in document.value["pillars"].items()
        for number, question in questions.items()
        for name, entry in question["practices"].items()
    }
