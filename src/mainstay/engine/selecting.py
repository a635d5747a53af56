"""Which of many rules can fire on an event at all, told by a few of its values: nearly always none.

The engine judges in three values, so that a rule can be asked about an event of which one field is known and all others
are not: where it says False, no event with that value fires it. Each value is asked about once and remembered as bits,
one a rule; what can fire on an event is what all of its values leave.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Protocol

import msgspec

from mainstay.engine.compile import compile
from mainstay.engine.reads import reads
from mainstay.engine.simplifying import simplified
from mainstay.engine.walk import Judge, split
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


MOST_VALUES = 65_536
"""How many values of a group are remembered; then it begins anew, so that hostile values cost time and no memory."""

CALL = ("eventSource", "eventName")

ELSEWHERE = Unknown("another field of the event")


class Selection:
    """The detections of one source, and what each value of its keys leaves of them.

    Bit n of a mask stands for detection n, as does `judges[n]`, its compiled condition.
    """

    def __init__(self, detections: Sequence[Detection], source: LogSource, meaning: Meaning) -> None:
        self.source = source
        self._conditions = tuple(detection.condition for detection in detections)
        self.judges = tuple(map(compile, self._conditions))
        self._compiled: dict[int, Judge] = {}  # by id: rules are kept, and equal ones may differ, as 1 and true do
        self.everything = (1 << len(detections)) - 1
        self._groups = tuple(_Group(source, names, self._conditions, self.judges, meaning) for names in KEYS[source])

    def candidates(self, keys: Sequence[Hashable]) -> tuple[int, int]:
        """The detections that may fire on an event with these values of the source's KEYS, and those of them that do
        whatever else the event says, as bits."""
        left, sure = self.everything, 0
        for group, key in zip(self._groups, keys, strict=True):
            entry = group.known.get(key)
            if entry is None:
                entry = group.begin(key)
            open_questions = left & entry[0]
            if open_questions:
                group.decide(key, entry, open_questions)
            left &= entry[1]
            if not left:
                return 0, 0
            sure |= entry[2]
        return left, left & sure

    def told(self, keys: Sequence[Hashable]) -> dict[str, Value]:
        """The fields of an event with these values of the source's KEYS; Unknown is what is no JSON."""
        return {
            name: value
            for group, key in zip(self._groups, keys, strict=True)
            for name, value in group.fields(key).items()
        }

    def left(self, keys: Sequence[Hashable]) -> Iterator[tuple[int, Condition]]:
        """The detections that the first of these keys leaves, as numbers of bits, and what is left to ask by each."""
        if not keys:
            yield from enumerate(self._conditions)
            return
        group, key = self._groups[0], keys[0]
        entry = group.known.get(key) or group.begin(key)
        if entry[0]:
            group.decide(key, entry, entry[0])
        subject = group.subject(key)
        for bit, condition in enumerate(self._conditions):
            if entry[1] >> bit & 1:
                yield bit, simplified(condition, subject, self._judge)

    def _judge(self, part: Condition) -> Judge:
        """The judge of a part of a rule, which is asked about many keys."""
        judge = self._compiled.get(id(part))
        if judge is None:
            judge = self._compiled[id(part)] = compile(part)
        return judge


class _Group:
    """Fields that are looked at together. Of each of their values: the rules not asked yet, those not excluded, and
    those that fire for sure."""

    def __init__(
        self,
        source: LogSource,
        names: tuple[str, ...],
        conditions: Sequence[Condition],
        judges: Sequence[Judge],
        meaning: Meaning,
    ) -> None:
        self.known: dict[Hashable, list[int]] = {}
        self._source = source
        self._names = names
        self._judges = judges
        self._meaning = meaning
        self._facts = _facts_of(names, source)
        self._by_call = () if names != CALL else tuple(sorted(_facts_by_call(source)))
        self._asked = sum(1 << bit for bit, condition in enumerate(conditions) if self._concerns(condition))
        self._everything = (1 << len(conditions)) - 1

    def begin(self, key: Hashable) -> list[int]:
        """Nothing is known of the value yet: each rule is asked when an event leaves it that far."""
        if len(self.known) >= MOST_VALUES:
            self.known.clear()
        entry = self.known[key] = [self._asked, self._everything, 0]
        return entry

    def decide(self, key: Hashable, entry: list[int], bits: int) -> None:
        """Asks the rules `bits` about the value, and notes what they say."""
        subject = self.subject(key)
        entry[0] &= ~bits
        while bits:
            lowest = bits & -bits
            answer = self._judges[lowest.bit_length() - 1](subject)
            if answer is False:
                entry[1] &= ~lowest
            elif answer:
                entry[2] |= lowest
            bits ^= lowest

    def _concerns(self, condition: Condition) -> bool:
        """Whether the condition reads one of the fields or of the facts that they tell."""
        tops = {tuple(split(path)[:2]) for path in reads(condition)}
        return any(top[0] in self._names for top in tops if top) or any(
            ("derived", fact) in tops for fact in self._facts
        )

    def fields(self, key: Hashable) -> dict[str, Value]:
        """The fields that a value stands for."""
        values = key if len(self._names) > 1 and isinstance(key, tuple) else (key,)
        return {
            name: _decoded(value) if isinstance(value, bytes) else value
            for name, value in zip(self._names, values, strict=True)
        }

    def subject(self, key: Hashable) -> Record:
        """An event of which only this value is known."""
        fields = self.fields(key)
        event = Event(self._source, 0, "", dict(fields), "", 0)
        meaning = self._meaning.of(event)
        facts = {fact: meaning.get(fact) for fact in self._facts}
        facts.update((fact, None) for fact in self._by_call if not self._meaning.tellable(fact, event))
        return Record({**fields, "derived": Record(facts, rest=ELSEWHERE)}, rest=ELSEWHERE)


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
