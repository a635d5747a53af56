"""Rules at work: a rule with all that is made of it once, so that an event costs little."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from mainstay.engine.compile import compile
from mainstay.engine.sightings import Getter, Scalars, Teller, getter
from mainstay.engine.states import tracker
from mainstay.engine.tracking import Key, Tracker
from mainstay.engine.walk import Judge
from mainstay.engine.windows import Windows
from mainstay.model.detections import Correlation, Detection, State, Travel
from mainstay.model.events import Event, LogSource
from mainstay.model.values import Value


@dataclass(frozen=True, slots=True)
class Match:
    """A rule's match on its way through correlations; `given` is what a correlation says of its group, by name."""

    rule: str
    event: Event
    given: Mapping[str, Scalars] = field(default_factory=dict)

    def value(self, dotted: str) -> Scalars:
        return self.given[dotted] if dotted in self.given else getter(dotted)(self.event.fields)


class DetectionAtWork:
    """A detection. `ordered` ones have to see events in the order of time, for their own state or for correlations;
    `remembering` ones can be judged only then, for their condition asks what came before."""

    def __init__(self, detection: Detection, ordered: bool, remembering: bool, kept: bool) -> None:
        assert detection.source is not None
        state = detection.state
        self.detection = detection
        self.id = detection.about.id
        self.judge: Judge = compile(detection.condition)
        self.unless: Judge | None = compile(detection.unless) if detection.unless is not None else None
        self.remembering = remembering
        self.ordered = ordered or remembering or state is not None
        self.teller = Teller(detection, detection.source)
        self.tracker: Tracker | None = tracker(state, kept=kept) if state is not None else None
        self._by = tuple(map(getter, state.by)) if state is not None else ()
        self.of = _measure(state) if state is not None else _nothing

    def excepts(self, event: Event) -> bool:
        return self.unless is not None and self.unless(event.fields) is True

    def remember(self, event: Event, learn: bool) -> tuple[tuple[str, ...], Mapping[str, str]] | None:
        """Tells the state of an event, and gives the ids that matter and what it says where that is out of the usual.

        Without a state everything is.
        """
        if self.tracker is None:
            return (event.id,), {}
        by, of = self.by(event.fields), self.of(event.fields)
        if of is None or by is None:
            return None
        firing = self.tracker.add(event.time_us, by, of, event.id, learn)
        return None if firing is None else (firing.ids, firing.told)

    def by(self, fields: dict[str, Value]) -> Key | None:
        """Whose state it is; None where the event does not say so."""
        found = tuple([get(fields) for get in self._by])
        return None if None in found else found


class CorrelationAtWork:
    """A correlation and its windows."""

    def __init__(self, correlation: Correlation, kept: bool) -> None:
        self.correlation = correlation
        self.id = correlation.about.id
        self.windows = Windows(correlation, kept=kept)
        self._tellers: dict[LogSource, Teller] = {}

    def add(self, match: Match) -> tuple[Match, tuple[str, ...], int] | None:
        """Takes in a match; when it fires, its own match with the ids and the number of its events."""
        correlation = self.correlation
        paths = (correlation.aliases.get(name, {}).get(match.rule, name) for name in correlation.group_by)
        key = tuple(
            match.given[name] if name in match.given else match.value(path)
            for name, path in zip(correlation.group_by, paths, strict=True)
        )
        values = tuple(match.value(path) for path in correlation.fields)
        value = values[0] if len(values) == 1 else values or None
        firing = self.windows.add(match.event.time_us, match.rule, key, match.event.id, value)
        if firing is None:
            return None
        given = dict(zip(correlation.group_by, key, strict=True))
        return Match(self.id, match.event, given), firing.ids, firing.count

    def teller(self, source: LogSource) -> Teller:
        if source not in self._tellers:
            self._tellers[source] = Teller(self.correlation, source)
        return self._tellers[source]


def _nothing(fields: dict[str, Value]) -> None:
    return None


def _measure(state: State) -> Callable[[dict[str, Value]], Key | float | None]:
    """What a state looks at: values to be seen, a number for a volume, place and position for travel; None: nothing."""
    if isinstance(state, Travel):
        return _position
    if state.of is None:
        return lambda fields: 1
    if isinstance(state.of, str):
        return _number(getter(state.of))
    return _values(tuple(map(getter, state.of)))


def _position(fields: dict[str, Value]) -> Key | None:
    position = fields["derived"].get("position")
    return (fields["derived"].get("place"), *position) if position else None


def _number(get: Getter) -> Callable[[dict[str, Value]], float | None]:
    def number(fields: dict[str, Value]) -> float | None:
        found = get(fields)
        return found if isinstance(found, int | float) and not isinstance(found, bool) else None

    return number


def _values(getters: Sequence[Getter]) -> Callable[[dict[str, Value]], Key | None]:
    def values(fields: dict[str, Value]) -> Key | None:
        found = tuple([get(fields) for get in getters])
        return None if None in found else found

    return values
