"""`explain`: everything about one control or detection, or what proves one practice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Union

from mainstay.analysis.statements import in_time
from mainstay.catalog import Catalog, in_words
from mainstay.documents import did_you_mean
from mainstay.model.controls import Control
from mainstay.model.detections import (
    MICROSECONDS,
    Bound,
    Correlation,
    Detection,
    Distinct,
    FirstSeen,
    Rule,
    State,
    Travel,
    Volume,
)
from mainstay.model.errors import UsageError
from mainstay.model.practices import Practice

BOUNDS: Mapping[Bound, str] = {
    "gt": "more than", "gte": "at least", "lt": "fewer than", "lte": "at most", "eq": "exactly", "neq": "not",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ControlExplanation:
    """A control with its conditions in words; `applies_when` is empty where it always applies.

    `practices` are those that it names, as the framework has them.
    """

    control: Control
    applies_when: str
    expects: str
    practices: tuple[Practice, ...]


@dataclass(frozen=True, slots=True)
class PracticeExplanation:
    """A practice, the controls that prove it, none perhaps, and the detections that tell when it is broken."""

    practice: Practice
    controls: tuple[Control, ...]
    detections: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class DetectionExplanation:
    """A rule with what it asks in words, what it asks of the past, and what keeps it quiet."""

    rule: Rule
    fires: str
    beside: str
    unless: str
    practices: tuple[Practice, ...]


Explanation = Union[ControlExplanation, DetectionExplanation, PracticeExplanation]


def explain(name: str, catalog: Catalog, rules: Sequence[Rule] = ()) -> Explanation:
    """The control, detection or practice with that id, in any case of letters.

    Raises UsageError with a suggestion where there is none.
    """
    wanted = name.strip().lower()
    for control in catalog.controls:
        if control.id == wanted:
            return _explain_control(control, catalog)
    for rule in rules:
        if wanted in (rule.about.id.lower(), rule.about.uuid.lower()):
            return _explain_rule(rule, catalog)
    practice = catalog.practices.get(wanted.upper())
    if practice is not None:
        return PracticeExplanation(
            practice,
            tuple(control for control in catalog.controls if practice.id in control.practices),
            tuple(rule for rule in rules if practice.id in rule.about.practices),
        )
    known = [*(control.id for control in catalog.controls), *(rule.about.id for rule in rules), *catalog.practices]
    hint = did_you_mean(name, known)
    raise UsageError(f"there is no control, detection or practice '{name}'" + (f"; {hint}" if hint else ""))


def _explain_rule(rule: Rule, catalog: Catalog) -> DetectionExplanation:
    practices = tuple(catalog.practices[name] for name in rule.about.practices if name in catalog.practices)
    if isinstance(rule, Detection):
        unless = in_words(rule.unless) if rule.unless else ""
        return DetectionExplanation(rule, in_words(rule.condition), past_in_words(rule.state), unless, practices)
    return DetectionExplanation(rule, several_in_words(rule), "", "", practices)


def past_in_words(state: State | None) -> str:
    """What a state asks of the past; empty without one."""
    match state:
        case FirstSeen(of, by, learn_us, forget_us):
            known = f"has been known for {_time(learn_us)}" if learn_us else "comes"
            unseen = f"has not been seen with it for {_time(forget_us)}"
            return f"once {_paths(by)} {known}, and {_paths(of)} is new to it or {unseen}"
        case Distinct(of, by, within_us, at_least):
            return f"when {_paths(by)} has {at_least} different values of {_paths(of)} within {_time(within_us)}"
        case Volume(of, by, within_us, times, at_least, learn_us):
            what = f"the sum of {_paths((of,))}" if of else "the number of events"
            usual = f"{times:g} times the most of the last {_time(learn_us)}"
            return f"when {what} of {_paths(by)} in {_time(within_us)} is {at_least:g} or more, and {usual}"
        case Travel(by, faster_kmh, farther_km):
            return f"when {_paths(by)} moves more than {farther_km:g} km, faster than {faster_kmh:g} km/h"
    return ""


def several_in_words(rule: Correlation) -> str:
    """What a correlation asks of its rules' events."""
    of = f" of {_paths(rule.fields)}" if rule.fields else ""
    limits = " and ".join(f"{BOUNDS[bound]} {number:g}" for bound, number in rule.condition) or "all"
    group = f", for one {_paths(rule.group_by)}" if rule.group_by else ""
    what = {"temporal": "different rules", "temporal_ordered": "rules in their order", "event_count": "events"}
    measured = what.get(rule.type, f"{rule.type.removeprefix('value_')}{of}")
    return f"{measured}: {limits} within {_time(rule.timespan_us)}{group}; of {', '.join(rule.rules)}"


def _paths(paths: Sequence[str]) -> str:
    return " and ".join(f"`{path}`" for path in paths)


def _time(span_us: int) -> str:
    return in_time(timedelta(microseconds=span_us)) if span_us >= 60 * MICROSECONDS else f"{span_us // MICROSECONDS} s"


def _explain_control(control: Control, catalog: Catalog) -> ControlExplanation:
    return ControlExplanation(
        control=control,
        applies_when="" if control.when is None else in_words(control.when),
        expects=in_words(control.expect),
        practices=tuple(catalog.practices[name] for name in control.practices if name in catalog.practices),
    )
