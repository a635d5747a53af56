"""`test`: the examples of a catalogue are its tests; each control has to say of them what they say of themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from mainstay.catalog import Catalog
from mainstay.engine import evaluate
from mainstay.model.controls import Control, Example
from mainstay.model.findings import Reason, Verdict
from mainstay.model.resources import Origin, Resource
from mainstay.model.values import Record, Value

Prepare = Callable[[Resource], Resource]
"""Fills in what services do when nothing is said, as a review does before it judges."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """An example of which its control says something else; `reasons` are the control's, none where it passed."""

    control: Control
    example: Example
    actual: Verdict
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class ExampleReport:
    """How the examples went: all is well where there are no mismatches."""

    control_count: int
    example_count: int
    mismatches: tuple[Mismatch, ...]


def run_examples(catalog: Catalog, prepare: Prepare) -> ExampleReport:
    """Judge each example of each control, after `prepare` has been at it and at what is related to it."""
    return ExampleReport(
        control_count=len(catalog.controls),
        example_count=sum(len(control.examples) for control in catalog.controls),
        mismatches=tuple(mismatch for control in catalog.controls for mismatch in _mismatches(control, prepare)),
    )


def _mismatches(control: Control, prepare: Prepare) -> Iterator[Mismatch]:
    resources = [_resource(example, number, prepare) for number, example in enumerate(control.examples)]
    findings = evaluate([control], resources, datetime.now(UTC))
    for example, finding in zip(control.examples, findings, strict=True):
        if finding.verdict != example.verdict:
            yield Mismatch(control, example, finding.verdict, finding.reasons)


def _resource(example: Example, number: int, prepare: Prepare) -> Resource:
    """The resource that an example stands for. What is related to it is prepared first: it is a resource as well."""
    properties = example.properties
    related = properties.get("related")
    if isinstance(related, Record):
        prepared = {kind: [_related(kind, each, prepare) for each in _all(found)] for kind, found in related.items()}
        known = Record(prepared, related.place, related.marks)
        properties = Record({**properties, "related": known}, properties.place, properties.marks)
    raw = properties.get("raw")
    return prepare(
        Resource(
            type=example.type,
            address=f"{example.verdict}[{number}]",
            properties=properties,
            origin=Origin("example", "", example.place),
            raw=raw if isinstance(raw, Record) else Record(),
        )
    )


def _related(kind: str, value: Value, prepare: Prepare) -> Value:
    if not isinstance(value, Record):
        return value
    return prepare(Resource(kind, "related", value, Origin("example", "", value.place))).properties


def _all(found: Value) -> list[Value]:
    return found if isinstance(found, list) else [found]
