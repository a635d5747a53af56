"""What the KEYS of an event decide by themselves, worked out once for the many events that have the same.

Of most events nothing else is ever looked at: a rule that fires whatever else they say has its finding ready but for
the time and the place, and one that asks what is new has seen them already this hour.
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
from mainstay.engine.tracking import HOUR_US
from mainstay.engine.walk import Judge, split
from mainstay.model.conditions import All, Condition, Each, Keywords, Not
from mainstay.model.conditions import Any as Either
from mainstay.model.detections import Detection, FirstSeen
from mainstay.model.event_facts import EVENT_FACTS
from mainstay.model.events import KEYS, SHOWN, Event, LogSource
from mainstay.model.values import Record, Unknown, Value

MOST_PLANS: Final = 32_768
"""How many are kept; then they begin anew, so that hostile values cost time and no memory."""


@dataclass(slots=True)
class News:
    """A rule that asks what is new, of events of which the KEYS tell all that it reads.

    Of those within a grain of the state's time only the first can matter: `since_us` is when it was, and `grain` which.
    """

    rule: DetectionAtWork
    grain_us: int
    grain: int = -(2**63)
    since_us: int = 0

    def is_new(self, time_us: int) -> bool:
        """Whether no event before that time, as little before as the state tells apart, was asked about."""
        grain = time_us // self.grain_us
        if grain == self.grain and time_us > self.since_us:
            return False
        self.grain, self.since_us = grain, time_us
        return True


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with an event of certain KEYS.

    `at_once` are the findings it makes in any case, `surely` other rules that fire on it, `asked` those that the rest
    of it decides, `news` those that ask what is new. `fields` are those of the KEYS, `facts` what of their meaning
    rules are known to ask for.
    """

    at_once: tuple[Sighting, ...]
    surely: tuple[DetectionAtWork, ...]
    asked: tuple[tuple[DetectionAtWork, Judge], ...]
    news: tuple[News, ...]
    fields: dict[str, Value]
    facts: dict[str, Value]


NOTHING: Final = Plan((), (), (), (), {}, {})


@dataclass(frozen=True, slots=True)
class _Step:
    """A rule and what is left of its condition once the call is known: what the KEYS tell, and the rest if any,
    with those `facts` that it reads and they tell.

    A `plain` one reads and shows nothing but what they tell; `grain_us` is that of a rule for `News`, else 0.
    """

    rule: DetectionAtWork
    told: Judge
    rest: Judge | None
    facts: Sequence[str]
    is_plain: bool
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
        news: list[News] = []
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
            elif rest is not None:
                asked.append((one, rest))
            elif step.grain_us:
                news.append(News(one, step.grain_us))
            elif one.ordered or not step.is_plain:
                surely.append(one)
            elif one.unless is None or one.unless(fields) is not True:
                at_once.append(one.teller.sighting(fields))
        if not (at_once or surely or asked or news):
            return NOTHING
        facts = dict(dict.items(fields["derived"]))  # those that were worked out, and no others
        return Plan(tuple(at_once), tuple(surely), tuple(asked), tuple(news), fields, facts)

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
        grain = _grain(one.detection) if plain and one.id not in self._fed else 0
        facts = self._told.facts(path for part in rest for path in reads(part))
        return _Step(one, compile(All(told)), compile(All(rest)) if rest else None, facts, plain, grain)

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

    def tells_rule(self, rule: Detection) -> bool:
        """Whether they tell all that a rule reads, its state and its exception included."""
        asked = rule.condition if rule.unless is None else All((rule.condition, rule.unless))
        state = rule.state
        of = () if state is None or not isinstance(state, FirstSeen) else state.of
        return self.tells_all(asked) and self.tells((*of, *(state.by if state is not None else ())))

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


def _grain(rule: Detection) -> int:
    """How finely a rule that asks what is new tells times apart; 0 for other rules."""
    return max(1, min(HOUR_US, rule.state.forget_us // 24)) if isinstance(rule.state, FirstSeen) else 0
