"""Times that are held against times of the same run: a machine changes its speed, also while a test runs."""

from __future__ import annotations

from collections.abc import Callable

TRIES = 3


def growth(seconds: Callable[[int], float], few: int) -> float:
    """How many times as long ten times as many take, by the best of some tries: 10 in proportion, 100 if quadratic."""
    seconds(few // 4)  # what is worked out once
    pairs = [(seconds(few), seconds(10 * few)) for _ in range(TRIES)]
    return min(many for _, many in pairs) / min(one for one, _ in pairs)
