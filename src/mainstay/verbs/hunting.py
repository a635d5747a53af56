"""What hunts and watches have in common: the detector as the configuration wants it, and what it remembers."""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from mainstay.analysis.meaning import Meaning
from mainstay.catalog.sigma import Rules, placeholders
from mainstay.documents import did_you_mean
from mainstay.engine.detecting import Detector, Origins
from mainstay.model.controls import SEVERITIES
from mainstay.model.detections import Detection, Rule
from mainstay.model.errors import DataError, Fault, UsageError
from mainstay.model.hunts import Aside
from mainstay.model.locations import Places
from mainstay.settings.configuration import Adjustment
from mainstay.state import StateFile, tracker_id

MOST_UNCOLLECTED = 200_000
"""How many things more there have to be before the collector looks."""


@dataclass(frozen=True, slots=True)
class Judging:
    """By what events are judged: the rules, what fills in their placeholders, and where addresses are."""

    rules: Rules
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)
    places: Places | None = None

    def detector(
        self,
        lateness_us: int = 0,
        learn: bool = False,
        since_us: int | None = None,
        until_us: int | None = None,
        kept: bool = False,
    ) -> Detector:
        """The rules at work. With `kept`, changes of states are noted, to be written to a state file."""

        def meaning(origins: Origins) -> Meaning:
            return Meaning(self.lists, self.places, origins)

        return Detector(self.rules.rules, meaning, lateness_us, learn, since_us, until_us, kept)


def chosen(
    rules: Rules,
    ids: Sequence[str] = (),
    severity: str | None = None,
    practices: Sequence[str] = (),
    adjustments: Mapping[str, Adjustment] | None = None,
    elsewhere: Collection[str] = (),
) -> Rules:
    """The rules that are asked for, as the configuration wants them, with those that they are built on, which then are
    quiet. Raises UsageError for an id that is neither here nor `elsewhere`, DataError for an adjustment of one."""
    every = {rule.about.id: rule for rule in rules.rules}
    for id in ids:
        if id not in every and id not in elsewhere:
            hint = did_you_mean(id, (*every, *elsewhere))
            raise UsageError(f"there is no detection {id!r}" + (f"; {hint}" if hint else ""))
    faults = [
        Fault(f"there is no detection '{id}'", one.place, did_you_mean(id, every))
        for id, one in (adjustments or {}).items()
        if id not in every
    ]
    if faults:
        raise DataError(faults)
    changed = [_adjusted(rule, (adjustments or {}).get(rule.about.id)) for rule in rules.rules]
    wanted = {
        rule.about.id
        for rule, adjustment in ((one, (adjustments or {}).get(one.about.id)) for one in changed)
        if (not ids or rule.about.id in ids)
        and (adjustment is None or adjustment.enabled)
        and (severity is None or SEVERITIES.index(rule.about.severity) >= SEVERITIES.index(severity))
        and (not practices or any(practice.startswith(tuple(practices)) for practice in rule.about.practices))
    }
    needed = set(wanted)
    for rule in reversed(changed):
        if rule.about.id in needed and not isinstance(rule, Detection):
            needed.update(rule.rules)
    kept = tuple(
        rule if rule.about.id in wanted else replace(rule, quiet=True) for rule in changed if rule.about.id in needed
    )
    return replace(rules, rules=kept)


def _adjusted(rule: Rule, adjustment: Adjustment | None) -> Rule:
    if adjustment is None or adjustment.severity is None:
        return rule
    return replace(rule, about=replace(rule.about, severity=adjustment.severity))


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Collects garbage seldom: millions of things come and go here, few of which are circles."""
    thresholds = gc.get_threshold()
    gc.set_threshold(MOST_UNCOLLECTED, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)


@contextmanager
def needing(extra: str) -> Iterator[None]:
    """Says which extra brings a package that an import asks for and that is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        raise UsageError(f"{package} is not installed, archives need it: pip install 'mainstay[{extra}]'") from None


def at_work(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """The rules that can judge: those whose conditions have all their lists, and what is built on one of them."""
    ids: set[str] = set()
    for rule in rules:  # what a correlation refers to comes before it
        if not placeholders(rule.condition) if isinstance(rule, Detection) else not ids.isdisjoint(rule.rules):
            ids.add(rule.about.id)
    return tuple(rule for rule in rules if rule.about.id in ids)


def asides(rules: Rules) -> tuple[Aside, ...]:
    """The rules that judge nothing, and why."""
    working = {rule.about.id for rule in at_work(rules.rules)}
    unfilled = [
        Aside(rule.about.id, rule.about.title, _waits_for(rule), rule.about.place)
        for rule in rules.rules
        if rule.about.id not in working
    ]
    others = (Aside(one.rule.about.id, one.rule.about.title, one.reason, one.rule.about.place) for one in rules.others)
    return (*others, *unfilled)


def _waits_for(rule: Rule) -> str:
    if not isinstance(rule, Detection):
        return "all that it refers to waits for lists of the configuration"
    lists = placeholders(rule.condition)
    return f"the configuration has no {'list' if len(lists) == 1 else 'lists'} {', '.join(lists)}"


class Remembering:
    """A detector's states, windows and chains, as they are kept in a state file; nothing is kept without one.

    A context: nobody else may use the file meanwhile. What is not put down by `checkpoint` is not kept.
    """

    def __init__(self, detector: Detector, file: Path | None) -> None:
        self._memories = {tracker_id(rule): kept for rule, kept in detector.memories()} if file else {}
        self._file = StateFile(file) if file else None

    def __enter__(self) -> Remembering:
        if self._file is not None:
            for id, kept in self._memories.items():
                self._file.restore(id, kept)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def progress(self) -> dict[str, str]:
        """How far which logs were read, as the last checkpoint put it down."""
        return self._file.progress() if self._file is not None else {}

    def checkpoint(self, progress: Mapping[str, str | None]) -> None:
        """Puts down what changed and how far the logs were read, all or nothing."""
        if self._file is not None:
            self._file.checkpoint({id: kept.changes() for id, kept in self._memories.items()}, progress)
