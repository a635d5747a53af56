"""Findings over time: steps that a clock knows, as many as there is room for."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mainstay.model.controls import SEVERITIES, Severity
from mainstay.model.detections import MICROSECONDS, EventFinding

MINUTE, HOUR, DAY = 60, 3_600, 86_400
STEPS = (
    1, 2, 5, 10, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR,
    6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY, 91 * DAY, 364 * DAY,
)  # fmt: skip
"""Seconds that a step of the timeline may take."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """How many findings of each severity there are in each step from `start_us`; only severities that there are."""

    start_us: int
    step_us: int
    counts: Mapping[Severity, Sequence[int]]

    @property
    def end_us(self) -> int:
        return self.start_us + self.step_us * len(next(iter(self.counts.values())))

    @property
    def most(self) -> int:
        """The most findings of one severity in one step."""
        return max(max(row) for row in self.counts.values())

    @property
    def step(self) -> str:
        """The step in words: `15 minutes`."""
        seconds = self.step_us // MICROSECONDS
        for size, name in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (1, "second")):
            if seconds % size == 0:
                return f"{seconds // size:,} {name}" + ("" if seconds == size else "s")
        raise AssertionError("a step is whole seconds")


def timeline(findings: Sequence[EventFinding], most: int) -> Timeline | None:
    """The findings in at most so many steps; None where there are none."""
    if not findings:
        return None
    times = [finding.time_us for finding in findings]
    first, last = min(times), max(times)
    step = _step(first, last, most)
    start = first // step * step
    length = (last - start) // step + 1
    counts: dict[Severity, list[int]] = {}
    for severity in reversed(SEVERITIES):
        if any(finding.rule.about.severity == severity for finding in findings):
            counts[severity] = [0] * length
    for finding in findings:
        counts[finding.rule.about.severity][(finding.time_us - start) // step] += 1
    return Timeline(start, step, counts)


def _step(first: int, last: int, most: int) -> int:
    """The smallest step of which there are enough; past the last, years of it."""
    wanted = (last - first) // max(most - 1, 1) // MICROSECONDS
    at = bisect_left(STEPS, wanted)
    seconds = STEPS[at] if at < len(STEPS) else -(-wanted // STEPS[-1]) * STEPS[-1]
    while last // (seconds * MICROSECONDS) - first // (seconds * MICROSECONDS) >= most:
        at += 1
        seconds = STEPS[at] if at < len(STEPS) else seconds + STEPS[-1]
    return seconds * MICROSECONDS
