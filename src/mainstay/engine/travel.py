"""Journeys that nobody makes: one `by` at two places in less time than it takes to get there."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from typing import Final

from mainstay.engine.tracking import HOUR_US, Entry, Key, Measured, Memory, StateFiring, number, text_of, value_of
from mainstay.model.detections import Travel

EARTH_KM: Final = 6371.0
QUIET_US: Final = 24 * HOUR_US
"""For how long the same two places of the same `by` are not told again."""

MOST_PAIRS: Final = 8


@dataclass(frozen=True, slots=True)
class Stay:
    """Where one `by` was seen last, and which pairs of places were told of it, with the time."""

    time_us: int
    event_id: str
    name: str
    latitude: float
    longitude: float
    told: tuple[tuple[str, str, int], ...] = ()


class TravelTracker:
    """The last place of each `by`. It takes (name, latitude, longitude) in degrees as `of`.

    A pair of places is told once a day, in either direction: an owner and a thief who take turns make one finding.
    """

    def __init__(self, state: Travel, *, kept: bool, most: int) -> None:
        self._state = state
        self._stays: Memory[Key, Stay] = Memory(most, kept)

    @property
    def dropped(self) -> int:
        return self._stays.dropped

    def add(self, time_us: int, by: Key, of: Measured, event_id: str, learn: bool = False) -> StateFiring | None:
        place = _place(of)
        last = self._stays.entries.get(by)
        if place is None or (last is not None and (time_us < last.time_us or event_id == last.event_id)):
            return None
        name, latitude, longitude = place
        told = tuple(one for one in last.told if time_us - one[2] < QUIET_US) if last else ()
        firing = None
        if last is not None and not learn and (last.latitude, last.longitude) != (latitude, longitude):
            firing = self._judge(last, Stay(time_us, event_id, name, latitude, longitude), by)
            pair = min(last.name, name), max(last.name, name)
            if firing and pair in {one[:2] for one in told}:
                firing = None
            elif firing:
                told = (*told[-MOST_PAIRS + 1 :], (*pair, time_us))
        self._stays.put(by, Stay(time_us, event_id, name, latitude, longitude, told))
        return firing

    def _judge(self, last: Stay, now: Stay, by: Key) -> StateFiring | None:
        far = kilometres(last.latitude, last.longitude, now.latitude, now.longitude)
        hours = (now.time_us - last.time_us) / HOUR_US
        if far < self._state.farther_km or far <= self._state.faster_kmh * hours:
            return None
        told = {"from": last.name, "to": now.name, "km": f"{far:.0f}", "hours": f"{hours:.2f}"}
        return StateFiring(now.time_us, by, (last.event_id, now.event_id), told)

    def changes(self) -> Iterator[tuple[str, str | None]]:
        for by, written in self._stays.changed(_written):
            yield text_of(by), written

    def load(self, entries: Iterable[Entry]) -> None:
        read = [(value_of(name), Stay(*value_of(written))) for name, written in entries]
        self._stays.entries.update(sorted(read, key=lambda one: one[1].time_us))


def kilometres(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """The great-circle distance of two places given in degrees (haversine)."""
    north, other_north = radians(latitude), radians(other_latitude)
    half = sin((other_north - north) / 2) ** 2
    half += cos(north) * cos(other_north) * sin(radians(other_longitude - longitude) / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(half)))


def _place(of: Measured) -> tuple[str, float, float] | None:
    if not isinstance(of, tuple) or len(of) != 3:
        return None
    name, latitude, longitude = str(of[0]), _degrees(of[1], 90), _degrees(of[2], 180)
    return None if latitude is None or longitude is None else (name, latitude, longitude)


def _degrees(value: Hashable, most: int) -> float | None:
    degrees = number(value)
    return float(degrees) if degrees is not None and -most <= degrees <= most else None


def _written(stay: Stay) -> object:
    return [stay.time_us, stay.event_id, stay.name, stay.latitude, stay.longitude, stay.told]
