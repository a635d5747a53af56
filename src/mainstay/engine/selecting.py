"""What a call leaves of the many rules: nearly all of them ask for others.

The engine judges in three values, so that a rule can be asked about an event of which one field is known and all others
are not: where it says False, no event with that value fires it, and of the other rules only that is left to ask which
the value does not decide.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Protocol

import msgspec

from mainstay.engine.compile import compile
from mainstay.engine.simplifying import simplified
from mainstay.engine.walk import Judge
from mainstay.model.conditions import Condition
from mainstay.model.detections import Detection
from mainstay.model.event_facts import EVENT_FACTS
from mainstay.model.events import KEYS, Event, LogSource
from mainstay.model.values import Record, Unknown, Value


class Meaning(Protocol):
    """What tells the derived facts of events."""

    def of(self, event: Event) -> dict[str, Value]:
        """The facts of an event; what it is asked about is worked out then."""

    def tellable(self, fact: str, event: Event) -> bool:
        """Whether the call's name leaves it open that the fact can be said of the event at all."""


CALL = ("eventSource", "eventName")

ELSEWHERE = Unknown("another field of the event")


class Selection:
    """The detections of one source, and what the first group of its KEYS leaves of them, which is the call if there are
    calls.

    Detections are called by their numbers.
    """

    def __init__(self, detections: Sequence[Detection], source: LogSource, meaning: Meaning) -> None:
        self.source = source
        self._conditions = tuple(detection.condition for detection in detections)
        self._judges = tuple(map(compile, self._conditions))
        self._compiled: dict[int, Judge] = {}  # by id: rules are kept, and equal ones may differ, as 1 and true do
        self._meaning = meaning
        self._names = KEYS[source][0] if KEYS[source] else ()
        self._facts = _facts_of(self._names, source)
        self._by_call = tuple(sorted(_facts_by_call(source))) if self._names == CALL else ()

    def told(self, keys: Sequence[Hashable]) -> dict[str, Value]:
        """The fields of an event with these values of the source's KEYS; Unknown is what is no JSON."""
        found: dict[str, Value] = {}
        for names, key in zip(KEYS[self.source], keys, strict=True):
            found |= _fields(names, key)
        return found

    def left(self, keys: Sequence[Hashable]) -> Iterator[tuple[int, Condition]]:
        """The detections that the first of these keys leaves, and what is left to ask by each."""
        if not keys:
            yield from enumerate(self._conditions)
            return
        subject = self._subject(keys[0])
        for number, (judge, condition) in enumerate(zip(self._judges, self._conditions, strict=True)):
            if judge(subject) is not False:
                yield number, simplified(condition, subject, self._judge)

    def _judge(self, part: Condition) -> Judge:
        """The judge of a part of a rule, which is asked about many keys."""
        judge = self._compiled.get(id(part))
        if judge is None:
            judge = self._compiled[id(part)] = compile(part)
        return judge

    def _subject(self, key: Hashable) -> Record:
        """An event of which only the first of its KEYS is known."""
        fields = _fields(self._names, key)
        event = Event(self.source, 0, "", dict(fields), "", 0)
        meaning = self._meaning.of(event)
        facts = {fact: meaning.get(fact) for fact in self._facts}
        facts.update((fact, None) for fact in self._by_call if not self._meaning.tellable(fact, event))
        return Record({**fields, "derived": Record(facts, rest=ELSEWHERE)}, rest=ELSEWHERE)


def _fields(names: tuple[str, ...], key: Hashable) -> dict[str, Value]:
    """The fields that the key of a group stands for."""
    values = key if len(names) > 1 and isinstance(key, tuple) else (key,)
    return {
        name: _decoded(value) if isinstance(value, bytes) else value for name, value in zip(names, values, strict=True)
    }


def key_of(value: Value) -> Hashable:
    """A value as `Logged.keys` gives it: JSON text for what is no text and no whole number, so that 1 is not true."""
    if not isinstance(value, dict | list | bool | float):
        key: Hashable = value
        return key
    try:
        return bytes(msgspec.json.encode(value))
    except (OverflowError, UnicodeError):  # numbers and halves of characters that only the plain writer takes
        return json.dumps(value).encode()


def keys_of(source: LogSource, fields: Mapping[str, Value]) -> tuple[Hashable, ...]:
    """The values of a source's KEYS in the fields of an event, for records that do not tell them faster."""

    def value(name: str) -> Hashable:
        return key_of(fields.get(name))

    return tuple(value(names[0]) if len(names) == 1 else tuple(map(value, names)) for names in KEYS[source])


def _facts_of(names: Sequence[str], source: LogSource) -> frozenset[str]:
    """The derived facts of a source that the fields `names` tell in full."""
    return frozenset(
        name
        for name, fact in EVENT_FACTS.items()
        if source in fact.sources and not fact.remembered and set(names) >= set(fact.fields(source)) != set()
    )


def _facts_by_call(source: LogSource) -> frozenset[str]:
    """The facts that only some calls tell: of all others they are absent."""
    return frozenset(
        name for name, fact in EVENT_FACTS.items() if source in fact.sources and set(CALL) < set(fact.fields(source))
    )


def _decoded(text: bytes) -> Value:
    """What JSON text says; of bytes that are none, themselves as an unknown."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return ELSEWHERE
