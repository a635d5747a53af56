"""What mainstay adds to a Sigma rule, under the key `mainstay`: practices, the response, and what was usual before."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mainstay.documents import Item, did_you_mean, place_of
from mainstay.engine import parse
from mainstay.model.conditions import Condition
from mainstay.model.detections import MICROSECONDS, Distinct, FirstSeen, State, Travel, Volume
from mainstay.model.errors import DataError
from mainstay.model.values import Record

if TYPE_CHECKING:
    from mainstay.catalog.sigma.about import Entry

KEYS: Final = ("practices", "response", "state", "unless", "percentile", "quiet")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SPAN = re.compile(r"(\d{1,6})([smhdw])")


@dataclass(frozen=True, slots=True)
class Extension:
    """The key `mainstay` of a rule. `quiet` is None where it does not say."""

    practices: tuple[str, ...] = ()
    response: str = ""
    state: State | None = None
    percentile: float | None = None
    quiet: bool | None = None
    unless: Condition | None = None


def span_us(text: object) -> int | None:
    """The microseconds of a span of time such as `90m`; None where it is none, or an empty one."""
    found = _SPAN.fullmatch(text) if isinstance(text, str) else None
    return (int(found[1]) * _SECONDS[found[2]] * MICROSECONDS or None) if found else None


def read_extension(entry: Entry) -> Extension:
    """What the rule has under `mainstay`; its faults go to the entry's."""
    record = entry.record.get("mainstay")
    if record is None:
        return Extension()
    if not isinstance(record, Record):
        entry.fault("mainstay", "'mainstay' has to be a map")
        return Extension()
    entry.check_keys(record, KEYS, "'mainstay' has no key")
    response = record.get("response", "")
    if not isinstance(response, str):
        entry.fault("response", "'response' has to be text", record=record)
        response = ""
    percentile, quiet = record.get("percentile"), record.get("quiet")
    if quiet is not None and not isinstance(quiet, bool):
        entry.fault("quiet", "'quiet' has to be true or false", record=record)
        quiet = None
    if percentile is not None and not is_percentile(percentile):
        entry.fault("percentile", "'percentile' has to be a number between 0 and 100", record=record)
        percentile = None
    practices = entry.texts("practices", record)
    return Extension(practices, response.strip(), _state(entry, record), percentile, quiet, _unless(entry, record))


def _unless(entry: Entry, record: Record) -> Condition | None:
    if "unless" not in record:
        return None
    try:
        return parse(record["unless"], place_of(record, "unless"))
    except DataError as error:
        entry.faults += error.faults
        return None


def is_percentile(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100


def _state(entry: Entry, record: Record) -> State | None:
    state = record.get("state")
    if state is None:
        return None
    if not isinstance(state, Record) or len(state) != 1:
        entry.fault("state", f"'state' has to be a map with one of {', '.join(_STATES)}", record=record)
        return None
    ((kind, value),) = state.items()
    if kind not in _STATES:
        entry.fault(kind, f"there is no state '{kind}'", did_you_mean(kind, _STATES), state)
        return None
    if not isinstance(value, Record):
        entry.fault(kind, f"'{kind}' has to be a map", record=state)
        return None
    keys, required, make = _STATES[kind]
    item = _State(value, f"a '{kind}'", keys, required)
    made = make(item)
    entry.faults += item.faults
    return made


class _State(Item):
    """The map of one state. What is wrong becomes a fault, and what is made of it is not used."""

    def paths(self, key: str) -> tuple[str, ...]:
        value = self.record.get(key)
        values = value if isinstance(value, list) else [value]
        if values and all(isinstance(each, str) and each for each in values):
            return tuple(values)
        if key in self.record:
            self.fault(key, f"'{key}' has to be a path or a list of paths")
        return ()

    def span(self, key: str) -> int:
        found = span_us(self.record.get(key))
        if found is None and key in self.record:
            self.fault(key, f"'{key}' has to be a time such as 30s, 15m, 6h or 7d")
        return found or 0

    def number(self, key: str, default: float = 0) -> float:
        value = self.record.get(key, default)
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            return value
        if key in self.record:
            self.fault(key, f"'{key}' has to be a number above 0")
        return default


def _first_seen(item: _State) -> State:
    return FirstSeen(item.paths("of"), item.paths("by"), item.span("learn"), item.span("forget"))


def _distinct(item: _State) -> State:
    return Distinct(item.paths("of"), item.paths("by"), item.span("within"), int(item.number("at_least")))


def _volume(item: _State) -> State:
    of, new = item.paths("of"), item.record.get("new", False)
    if len(of) > 1:
        item.fault("of", "'of' has to be the path of one number")
    if not isinstance(new, bool):
        item.fault("new", "'new' has to be true or false")
    return Volume(
        of[0] if of else None,
        item.paths("by"),
        item.span("within"),
        item.number("times"),
        item.number("at_least"),
        item.span("learn"),
        new is True,
    )


def _travel(item: _State) -> State:
    return Travel(item.paths("by"), item.number("faster_kmh", 900), item.number("farther_km", 500))


_STATES: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...], Callable[[_State], State]]]] = {
    "first_seen": (("of", "by", "learn", "forget"), ("of", "by", "learn", "forget"), _first_seen),
    "distinct": (("of", "by", "within", "at_least"), ("of", "by", "within", "at_least"), _distinct),
    "volume": (
        ("of", "by", "within", "times", "at_least", "learn", "new"), ("by", "within", "times", "at_least", "learn"),
        _volume,
    ),
    "travel": (("by", "faster_kmh", "farther_km"), ("by",), _travel),
}  # fmt: skip
"""By the name of a state: the keys that it has, those that it needs, and what makes it."""
