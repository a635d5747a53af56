"""What the KEYS of an event decide by themselves, worked out once for the many events that have the same.

Of most events little else is ever looked at: a rule that fires whatever else they say has its finding ready but for the
time and the place, one that asks what is new has seen them already this hour, one that sums up bytes needs a number.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from mainstay.engine.at_work import DetectionAtWork
from mainstay.engine.compile import compile
from mainstay.engine.reads import reads
from mainstay.engine.selecting import ELSEWHERE, Meaning, Selection
from mainstay.engine.sightings import Sighting
from mainstay.engine.tracking import HOUR_US, Key, Measured
from mainstay.engine.walk import Judge, split
from mainstay.model.conditions import All, Condition, Each, Keywords, Not
from mainstay.model.conditions import Any as Either
from mainstay.model.detections import Detection, FirstSeen, State, Travel, Volume
from mainstay.model.event_facts import EVENT_FACTS
from mainstay.model.events import KEYS, SHOWN, Event, LogSource
from mainstay.model.values import Record, Unknown, Value

BYTES: Final = "derived.bytes"
"""The one path besides the KEYS that a state is told without the whole event."""

MOST_PLANS: Final = 32_768
"""How many are kept; then they begin anew, so that hostile values cost time and no memory."""


@dataclass(slots=True)
class Noted:
    """What events of certain KEYS tell the state of a rule: `by` and `of` as the state takes them.

    Where `of` is None it is the number of bytes that the event moved. `rest` asks what is left to ask, of that number
    and the `fields` that the KEYS tell. Of those that tell what is new within a grain of the state's time only the
    first can matter: `since_us` is when it was, and `grain` which; `grain_us` is 0 where each counts.
    """

    rule: DetectionAtWork
    by: Key
    of: Measured
    rest: Judge | None
    fields: dict[str, Value]
    grain_us: int
    grain: int = -(2**63)
    since_us: int = 0

    @property
    def asks_bytes(self) -> bool:
        return self.of is None or self.rest is not None

    def measured(self, time_us: int, moved: float | None) -> Measured:
        """What an event tells the state; None where that is nothing, or nothing that it was not told before."""
        if self.rest is not None and self.rest(self._known(moved)) is not True:
            return None
        if self.grain_us:
            grain = time_us // self.grain_us
            if grain == self.grain and time_us > self.since_us:
                return None
            self.grain, self.since_us = grain, time_us
        return moved if self.of is None else self.of

    def _known(self, moved: float | None) -> dict[str, Value]:
        return {**self.fields, "derived": {**self.fields["derived"], "bytes": moved}}


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with an event of certain KEYS.

    `at_once` are the findings it makes in any case, `surely` other rules that fire on it, `asked` those that the rest
    of it decides, `noted` what states are told, `asks_bytes` whether that needs the number of bytes. `fields` are those
    of the KEYS, `facts` what of their meaning rules are known to ask for.
    """

    at_once: tuple[Sighting, ...]
    surely: tuple[DetectionAtWork, ...]
    asked: tuple[tuple[DetectionAtWork, Judge], ...]
    noted: tuple[Noted, ...]
    asks_bytes: bool
    fields: dict[str, Value]
    facts: dict[str, Value]


NOTHING: Final = Plan((), (), (), (), False, {}, {})


@dataclass(frozen=True, slots=True)
class _Step:
    """A rule and what is left of its condition once the call is known: what the KEYS tell, and the rest if any,
    with those `facts` that it reads and they tell.

    A `plain` one reads and shows nothing but what they tell, nor does a `noted` one but for the bytes; `grain_us` is
    how finely its state tells times apart, 0 where each counts.
    """

    rule: DetectionAtWork
    told: Judge
    rest: Judge | None
    facts: Sequence[str]
    is_plain: bool
    is_noted: bool
    grain_us: int


class Plans:
    """The plans of one source's KEYS. `fed` are the rules that correlations ask for; with `learn` nothing is found."""

    def __init__(
        self, source: LogSource, rules: Sequence[DetectionAtWork], meaning: Meaning, fed: frozenset[str], learn: bool
    ) -> None:
        self.known: dict[Sequence[Hashable], Plan] = {}
        self._selection = Selection([one.detection for one in rules], source, meaning)
        self._rules = rules
        self._meaning = meaning
        self._fed = fed
        self._learn = learn
        self._told = Told(source)
        self._is_shown = self._told.tells(path for paths in SHOWN[source].values() for path in paths)
        self._steps: dict[Hashable, Sequence[_Step]] = {}
        self._made_steps: dict[tuple[int, str], _Step] = {}

    def of(self, keys: Sequence[Hashable]) -> Plan:
        """The plan of KEYS."""
        return self.known.get(keys) or self.plan(keys)

    def plan(self, keys: Sequence[Hashable]) -> Plan:
        """The plan of KEYS that are not `known`, which they are from now on."""
        if len(self.known) >= MOST_PLANS:
            self.known.clear()
        plan = self.known[keys] = self._made(keys)
        return plan

    def _made(self, keys: Sequence[Hashable]) -> Plan:
        steps = self._steps_of(keys)
        if not steps:
            return NOTHING
        fields = self._selection.told(keys)
        is_told = not any(isinstance(value, Unknown) for value in fields.values())
        fields["derived"] = self._meaning.of(Event(self._selection.source, 0, "", fields, "", 0))
        at_once: list[Sighting] = []
        surely: list[DetectionAtWork] = []
        asked: list[tuple[DetectionAtWork, Judge]] = []
        noted: list[Noted] = []
        for step in steps:
            one = step.rule
            rest = step.rest if is_told else one.judge
            if is_told:
                if step.told(fields) is not True:
                    continue
                answer = rest is None or rest(self._known(fields, step.facts))
                if answer is False:
                    continue
                rest = None if answer else rest
            if one.remembering:
                surely.append(one)
            elif step.is_noted and is_told:
                if (note := _noted(step, rest, fields)) is not None:
                    noted.append(note)
            elif rest is not None:
                asked.append((one, rest))
            elif one.ordered or not step.is_plain:
                surely.append(one)
            elif one.unless is None or one.unless(fields) is not True:
                at_once.append(one.teller.sighting(fields))
        if not (at_once or surely or asked or noted):
            return NOTHING
        facts = dict(dict.items(fields["derived"]))  # those that were worked out, and no others
        asks_bytes = any(note.asks_bytes for note in noted)
        return Plan(tuple(at_once), tuple(surely), tuple(asked), tuple(noted), asks_bytes, fields, facts)

    def _known(self, fields: dict[str, Value], facts: Sequence[str]) -> Record:
        """An event of which only the KEYS are known, and those of its facts."""
        derived = Record({fact: fields["derived"].get(fact) for fact in facts}, rest=ELSEWHERE)
        return Record({**fields, "derived": derived}, rest=ELSEWHERE)

    def _steps_of(self, keys: Sequence[Hashable]) -> Sequence[_Step]:
        """The rules that the first group of the KEYS leaves, which is the call where there are calls."""
        first = keys[0] if keys else None
        steps = self._steps.get(first)
        if steps is None:
            if len(self._steps) >= MOST_PLANS:
                self._steps.clear()
            left = self._selection.left(keys)
            made = (self._step(number, condition) for number, condition in left)
            steps = self._steps[first] = [step for step in made if step.rule.ordered or not self._is_silent(step.rule)]
        return steps

    def _step(self, number: int, left: Condition) -> _Step:
        name = (number, repr(left))
        step = self._made_steps.get(name)
        if step is None:
            if len(self._made_steps) >= MOST_PLANS:
                self._made_steps.clear()
            step = self._made_steps[name] = self._new_step(self._rules[number], left)
        return step

    def _new_step(self, one: DetectionAtWork, left: Condition) -> _Step:
        parts = left.parts if isinstance(left, All) else (left,)
        told = tuple(part for part in parts if self._told.tells_all(part))
        rest = tuple(part for part in parts if part not in told)
        plain = self._is_shown and self._told.tells_rule(one.detection)
        state = one.detection.state
        noted = self._is_shown and state is not None and one.id not in self._fed
        noted = noted and self._told.tells_rule(one.detection, but=BYTES)
        facts = self._told.facts(path for part in rest for path in reads(part))
        judge = compile(All(rest)) if rest else None
        return _Step(one, compile(All(told)), judge, facts, plain, noted, _grain(state))

    def _is_silent(self, one: DetectionAtWork) -> bool:
        return self._learn or one.detection.quiet


class Told:
    """What the KEYS of a source tell of paths and rules."""

    def __init__(self, source: LogSource) -> None:
        self._names = {name for group in KEYS[source] for name in group}
        self._facts = {
            name
            for name, fact in EVENT_FACTS.items()
            if source in fact.sources and not fact.remembered and self._names >= set(fact.fields(source))
        }

    def tells(self, paths: Iterable[str]) -> bool:
        """Whether they tell what stands at each of the paths."""
        return all(
            path[1:2] and path[1] in self._facts if path[0] == "derived" else path[0] in self._names
            for path in map(split, paths)
        )

    def facts(self, paths: Iterable[str]) -> Sequence[str]:
        """The facts at some of the paths that they tell."""
        names = {path[1] for path in map(split, paths) if path[0] == "derived" and len(path) > 1}
        return sorted(names & self._facts)

    def tells_rule(self, rule: Detection, but: str = "") -> bool:
        """Whether they tell all that a rule reads, its state and its exception included, `but` for what stands at one
        path."""
        asked = rule.condition if rule.unless is None else All((rule.condition, rule.unless))
        state = _read(rule.state) if rule.state is not None else ()
        return not has_keywords(asked) and self.tells({*reads(asked), *state} - {but})

    def tells_all(self, condition: Condition) -> bool:
        """Whether they tell all that a condition reads."""
        return not has_keywords(condition) and self.tells(reads(condition))


def has_keywords(condition: Condition) -> bool:
    """Whether the condition looks for keywords, which may be anywhere."""
    match condition:
        case Keywords():
            return True
        case All(parts) | Either(parts):
            return any(map(has_keywords, parts))
        case Not(part) | Each(condition=part):
            return has_keywords(part)
        case _:
            return False


def _read(state: State) -> tuple[str, ...]:
    """The paths that a state reads."""
    if isinstance(state, Travel):
        return (*state.by, "derived.place", "derived.position")
    of = state.of or ()
    return (*state.by, *((of,) if isinstance(of, str) else of))


def _grain(state: State | None) -> int:
    """How finely a state that asks what is new tells times apart; 0 for others."""
    return max(1, min(HOUR_US, state.forget_us // 24)) if isinstance(state, FirstSeen) else 0


def _noted(step: _Step, rest: Judge | None, fields: dict[str, Value]) -> Noted | None:
    """What events of these KEYS tell the state; None where they have nothing for it."""
    state = step.rule.detection.state
    sums = isinstance(state, Volume) and state.of == BYTES
    by, of = step.rule.by(fields), None if sums else step.rule.of(fields)
    if by is None or (of is None and not sums):
        return None
    known = {**fields, "derived": {fact: fields["derived"].get(fact) for fact in step.facts}} if rest else {}
    return Noted(step.rule, by, of, rest, known, step.grain_us)
