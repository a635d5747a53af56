"""The controls that hold code and account to each other: they have no condition, `verbs/drift.py` judges them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import cast

from mainstay.documents import read_yaml
from mainstay.model.conditions import All
from mainstay.model.controls import Control, Layer, Severity
from mainstay.model.errors import DataError

DRIFT = Path(__file__).with_name("drift.yaml")


@lru_cache(maxsize=1)
def load_drift_controls() -> tuple[Control, ...]:
    """The controls on drift, in the order of the file."""
    document = read_yaml(DRIFT.read_text("utf-8"), DRIFT.name)
    if document.faults:
        raise DataError(document.faults)
    return tuple(
        Control(
            id=entry["id"],
            title=entry["title"],
            applies_to=(),
            expect=All(()),
            severity=cast(Severity, entry["severity"]),
            layer=cast(Layer, entry["layer"]),
            practices=tuple(entry["practices"]),
            why=entry["why"],
            fix=entry["fix"],
            place=entry.place,
        )
        for entry in document.value
    )
