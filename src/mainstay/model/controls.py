"""Controls: sentences that should hold of a resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from mainstay.model.conditions import Condition
from mainstay.model.places import Place
from mainstay.model.values import Record

Severity = Literal["low", "medium", "high", "critical"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""From the least to the most severe; `docs/reference/severity.md` is the rubric."""

Layer = Literal[
    "edge", "network", "load-balancer", "compute", "os", "application", "code", "identity", "data", "operations"
]
LAYERS: tuple[Layer, ...] = get_args(Layer)

Pillar = Literal["OPS", "SEC", "REL", "PERF", "COST", "SUS"]
PILLARS: Mapping[Pillar, str] = {
    "OPS": "Operational Excellence",
    "SEC": "Security",
    "REL": "Reliability",
    "PERF": "Performance Efficiency",
    "COST": "Cost Optimization",
    "SUS": "Sustainability",
}


@dataclass(frozen=True, slots=True)
class Example:
    """A resource that shows a control at work: its properties, and what the control must say of it."""

    verdict: Literal["pass", "fail"]
    type: str
    properties: Record
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Control:
    """A sentence that should hold of every resource of the types `applies_to`, where `when` holds.

    `also` holds the ids under which other scanners know the same idea, by scanner.
    """

    id: str
    title: str
    applies_to: tuple[str, ...]
    expect: Condition
    severity: Severity
    layer: Layer
    practices: tuple[str, ...]
    why: str
    fix: str
    when: Condition | None = None
    also: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    place: Place | None = None

    @property
    def pillars(self) -> tuple[Pillar, ...]:
        """The pillars of its practices, each once, in the framework's order."""
        return tuple(pillar for pillar in PILLARS if any(practice.startswith(pillar) for practice in self.practices))
