"""How busy an hour is, by what it is about: people sleep, shops have evenings, tools keep their times."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Final

DAY: Final = 86_400
_OFFICE: Final = (0, 0, 0, 0, 0, 0, 0.05, 0.3, 0.8, 1.1, 1.2, 1.1, 0.7, 0.9, 1.2, 1.1, 0.9, 0.5, 0.2, 0.1, 0.08, 0.05,
                  0.02, 0)  # fmt: skip
_SHOP: Final = (0.5, 0.35, 0.25, 0.2, 0.22, 0.35, 0.6, 0.9, 1.1, 1.2, 1.25, 1.3, 1.35, 1.2, 1.1, 1.1, 1.2, 1.35, 1.5,
                1.7, 1.75, 1.5, 1.1, 0.75)  # fmt: skip
_NIGHT: Final = (4, 5, 6, 5, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
_STEADY: Final = (1.0,) * 24
CURVES: Final[Mapping[str, tuple[float, ...]]] = {
    "office": tuple(map(float, _OFFICE)), "shop": _SHOP, "night": tuple(map(float, _NIGHT)), "steady": _STEADY,
}  # fmt: skip


def weekday(second: int) -> int:
    """0 is Monday."""
    return (second // DAY + 3) % 7


def busy(curve: str, second: int, offset: int = 0) -> float:
    """How busy the hour of a second is; its mean over an ordinary day is near 1 but for the office's."""
    local = second + offset * 3600
    height = CURVES[curve][local // 3600 % 24]
    if curve == "office" and weekday(local) > 4:
        return height * 0.02
    if curve == "shop" and weekday(local) > 4:
        return height * 1.15
    return height


def count(random: Random, mean: float) -> int:
    """How often something happens that happens so often on average."""
    if mean > 30:
        return max(0, round(random.gauss(mean, mean**0.5)))
    limit, times, product = 2.718281828459045**-mean, 0, random.random()
    while product > limit:
        times += 1
        product *= random.random()
    return times
