"""The roll-up of a review: how many verdicts of each kind by pillar and by layer, and what practices they answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import get_args

from mainstay.analysis.practices import Answer, Coverage, answer, cover
from mainstay.catalog import load_practices
from mainstay.model.controls import LAYERS, PILLARS, SEVERITIES, Control, Layer, Pillar, Severity
from mainstay.model.findings import Review, Verdict
from mainstay.model.reports import Report

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


@dataclass(frozen=True, slots=True)
class Tally:
    """The verdicts of some controls. `controls` counts those that met a resource; `worst` is a failure's severity."""

    controls: int
    verdicts: Mapping[Verdict, int]
    worst: Severity | None

    @property
    def unknown_share(self) -> float:
        """The share of the applicable verdicts that could not be told, from 0 to 1."""
        applicable = sum(self.verdicts.values()) - self.verdicts["not_applicable"]
        return self.verdicts["unknown"] / applicable if applicable else 0.0


@dataclass(frozen=True, slots=True)
class Summary:
    """All tallies of a review. A control with practices of two pillars counts in both: the rows exceed the total.

    `answers` has every practice of the framework, also those that nothing speaks to. `results` counts what other
    scanners found, by layer; a layer that one of them looked at is there, even with nothing found.
    """

    total: Tally
    severities: Mapping[Severity, int]
    pillars: Mapping[Pillar, Tally]
    layers: Mapping[Layer, Tally]
    answers: Mapping[str, Answer]
    coverage: Mapping[Pillar, Coverage]
    results: Mapping[Layer, int]


def summarize(review: Review) -> Summary:
    """Count the verdicts of the review, in one pass over its findings."""
    counts = Counter((finding.control.id, finding.verdict) for finding in review.findings)
    judged = {control_id for control_id, _ in counts}
    met = {control.id: control for control in review.controls if control.id in judged}
    if len(met) < len(judged):
        met |= {finding.control.id: finding.control for finding in review.findings}
    controls = tuple(met.values())
    severities = {
        severity: sum(counts[control.id, "fail"] for control in controls if control.severity == severity)
        for severity in reversed(SEVERITIES)
    }
    answers = answer(load_practices().values(), review.controls, review.findings, review.gaps)
    return Summary(
        total=_tally(controls, counts),
        severities=severities,
        pillars={pillar: _tally((c for c in controls if pillar in c.pillars), counts) for pillar in PILLARS},
        layers={layer: _tally((c for c in controls if c.layer == layer), counts) for layer in LAYERS},
        answers=answers,
        coverage=cover(answers.values(), review.controls),
        results=_results(review.reports),
    )


def _tally(controls: Iterable[Control], counts: Mapping[tuple[str, Verdict], int]) -> Tally:
    controls = tuple(controls)
    verdicts = {verdict: sum(counts[control.id, verdict] for control in controls) for verdict in VERDICTS}
    failing = [control.severity for control in controls if counts[control.id, "fail"]]
    return Tally(len(controls), verdicts, max(failing, key=SEVERITIES.index, default=None))


def _results(reports: Iterable[Report]) -> dict[Layer, int]:
    found: Counter[Layer] = Counter()
    for report in reports:
        found.update(dict.fromkeys(report.layers, 0))
        found.update(result.layer for result in report.results if not result.suppressed)
    return {layer: found[layer] for layer in LAYERS if layer in found}
