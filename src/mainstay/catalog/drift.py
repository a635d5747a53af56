"""The controls that hold code and account to each other, and what nobody has to declare; `verbs/drift.py` judges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import cast

from mainstay.documents import read_yaml
from mainstay.model.conditions import All
from mainstay.model.controls import Control, Layer, Severity
from mainstay.model.errors import DataError
from mainstay.model.values import Record

DRIFT = Path(__file__).with_name("drift.yaml")


@dataclass(frozen=True, slots=True)
class Exempt:
    """What nobody has to declare: types, names by type and keys of tags; names and keys are globs."""

    everywhere: frozenset[str]
    parts: frozenset[str]
    named: Mapping[str, tuple[str, ...]]
    tagged: tuple[str, ...]


def load_drift_controls() -> tuple[Control, ...]:
    """The controls on drift, in the order of the file. They apply to every type and have no condition."""
    return tuple(map(_control, _document()["controls"]))


def load_exempt() -> Exempt:
    """What nobody has to declare."""
    entry = _document()["exempt"]
    return Exempt(
        frozenset(entry["everywhere"]),
        frozenset(entry["parts"]),
        {type: tuple(names) for type, names in entry["named"].items()},
        tuple(entry["tagged"]),
    )


def load_silence() -> Mapping[str, tuple[str, ...]]:
    """By type, the properties that are empty where code does not say them."""
    return {type: tuple(paths) for type, paths in _document()["silence"].items()}


def load_grants() -> Mapping[str, str]:
    """The types of parts that give access, each with the property of its owner that may declare it as well."""
    return {type: str(inside or "") for type, inside in _document()["grants"].items()}


@lru_cache(maxsize=1)
def _document() -> Record:
    document = read_yaml(DRIFT.read_text("utf-8"), DRIFT.name)
    if document.faults:
        raise DataError(document.faults)
    return cast(Record, document.value)


def _control(entry: Record) -> Control:
    return Control(
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
