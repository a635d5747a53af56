"""What a finding keeps of the event that a rule fired on: the few fields that matter to whoever reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from mainstay.engine.reads import reads
from mainstay.engine.walk import STAR, split
from mainstay.model.conditions import Path
from mainstay.model.detections import Detection, EventFinding, Rule
from mainstay.model.events import SHOWN, Event, LogSource
from mainstay.model.values import Value

MOST_VALUES: Final = 8
LONGEST: Final = 200
NAMES: Final = ("event_name", "principal", "source_ip", "account", "region")

Scalars = str | int | float | bool | tuple["Scalars", ...] | None
Getter = Callable[[dict[str, Value]], Scalars]


def scalar_at(fields: Value, path: Path) -> Scalars:
    """The value at a path: a scalar, a tuple where lists on the way give several, None where there is none.

    A map at the end is no value.
    """
    found: list[Scalars] = []
    _gather(fields, path, found)
    return (found[0] if len(found) == 1 else tuple(found)) if found else None


@lru_cache(maxsize=8192)
def getter(dotted: str) -> Getter:
    """`scalar_at` of one path, for the many events that it is asked of."""
    path = split(dotted)
    if len(path) > 2 or STAR in path:
        return lambda fields: scalar_at(fields, path)
    first, rest = path[0], path[1:]

    def get(fields: dict[str, Value]) -> Scalars:
        value = fields.get(first)
        if type(value) is str and not rest:
            return value
        if rest and isinstance(value, dict):
            value = value.get(rest[0])
            return value if type(value) is str else scalar_at(value, ())
        return None if value is None else scalar_at(value, rest)

    return get


@dataclass(frozen=True, slots=True)
class Sighting:
    """A finding but for the event's time, id and place."""

    rule: Rule
    source: LogSource
    shown: tuple[str, str, str, str, str]
    values: tuple[tuple[str, str], ...]

    def finding(self, time_us: int, id: str, file: str, number: int) -> EventFinding:
        """The finding on an event."""
        return EventFinding(self.rule, self.source, time_us, id, *self.shown, file, number, (id,), 1, self.values)


class Teller:
    """Makes the findings of one rule on events of one source."""

    def __init__(self, rule: Rule, source: LogSource) -> None:
        shown = SHOWN[source]
        common = {path for paths in shown.values() for path in paths}
        read = sorted(reads(rule.condition) - common) if isinstance(rule, Detection) else []
        self._rule = rule
        self._source: LogSource = source
        self._shown = tuple(tuple(map(getter, shown.get(name, ()))) for name in NAMES)
        self._read = tuple((path, getter(path)) for path in read)

    def finding(
        self, event: Event, ids: tuple[str, ...] = (), count: int = 1, told: Mapping[str, str] | None = None
    ) -> EventFinding:
        """The finding on an event, or on the last of several; `told` is what states or correlations say besides."""
        seen = self.sighting(event.fields)
        values = (*seen.values, *told.items()) if told else seen.values
        return EventFinding(
            seen.rule, seen.source, event.time_us, event.id, *seen.shown, event.file, event.number, ids or (event.id,),
            count, values,
        )  # fmt: skip

    def sighting(self, fields: dict[str, Value]) -> Sighting:
        """What a finding shows of an event's fields."""
        name, principal, address, account, region = [_first(getters, fields) for getters in self._shown]
        values: list[tuple[str, str]] = []
        for path, get in self._read:
            value = get(fields)
            if value is not None and len(values) < MOST_VALUES:
                values.append((path, value if type(value) is str and len(value) <= LONGEST else shown(value)))
        return Sighting(self._rule, self._source, (name, principal, address, account, region), tuple(values))


def shown(value: object) -> str:
    """A value as people read it, cut where it is long; empty where there is none."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        text = ", ".join(shown(each) for each in value[:20])
    elif isinstance(value, bool):
        text = "true" if value else "false"
    else:
        text = str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _first(getters: tuple[Getter, ...], fields: dict[str, Value]) -> str:
    """The first of several values that says something."""
    for get in getters:
        value = get(fields)
        if value is not None:
            text = value if type(value) is str and len(value) <= LONGEST else shown(value)
            if text:
                return text
    return ""


def _gather(value: Value, path: Path, found: list[Scalars]) -> None:
    if isinstance(value, list):
        for element in value:
            _gather(element, path, found)
    elif path:
        if isinstance(value, dict):
            name, rest = path[0], path[1:]
            if name == STAR:
                for element in value.values():
                    _gather(element, rest, found)
            else:
                _gather(value.get(name), rest, found)
    elif isinstance(value, str | int | float | bool):
        found.append(value)
