"""Detections: rules that name events, one by one (`Detection`), several together (`Correlation`), or against what was
there before (`State`). Sigma's rules, with mainstay's extensions.

`docs/reference/detections.md` tells how they are written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Union

from mainstay.model.conditions import Condition
from mainstay.model.controls import Severity
from mainstay.model.events import LogSource
from mainstay.model.places import Place

CorrelationType = Literal[
    "event_count", "value_count", "temporal", "temporal_ordered", "value_sum", "value_avg", "value_percentile",
    "value_median",
]  # fmt: skip
Bound = Literal["gt", "gte", "lt", "lte", "eq", "neq"]

MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class About:
    """Who wrote a rule, and what it means that it fires.

    `id` is a kebab name or the file's own; `uuid` is Sigma's id. `attack` holds technique ids (`T1078.004`), `response`
    what to do first. A finding has to name the `author`: the licence of Sigma's rules asks for it.
    """

    id: str
    title: str
    severity: Severity
    author: str = ""
    uuid: str = ""
    description: str = ""
    status: str = ""
    license: str = ""
    references: tuple[str, ...] = ()
    falsepositives: tuple[str, ...] = ()
    attack: tuple[str, ...] = ()
    practices: tuple[str, ...] = ()
    response: str = ""
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class FirstSeen:
    """Fires on a value of `of` that `by` has not had within `forget_us`, once `by` has been known for `learn_us`.

    `of` and `by` are paths; several together are one value. An event in which one of them is absent is passed over.
    """

    of: tuple[str, ...]
    by: tuple[str, ...]
    learn_us: int
    forget_us: int


@dataclass(frozen=True, slots=True)
class Distinct:
    """Fires when `by` has had `at_least` different values of `of` within `within_us`; again only after it had fewer."""

    of: tuple[str, ...]
    by: tuple[str, ...]
    within_us: int
    at_least: int


@dataclass(frozen=True, slots=True)
class Volume:
    """Fires when what `by` sums up within a window is `times` what is usual for it, and `at_least` at the same time.

    The window is a calendar one of `within_us` from the epoch. `of` is the path of a number; without one, events are
    counted. Usual is the greatest sum of the windows of the last `learn_us` that had any. The present one is left out,
    and so is the one right before it where it stayed below `at_least`: what is unusual may have begun late in it.
    Nothing fires before `by` has been known for `learn_us`, unless `new` says that an unknown one has a usual sum of 0.
    """

    of: str | None
    by: tuple[str, ...]
    within_us: int
    times: float
    at_least: float
    learn_us: int
    new: bool = False


@dataclass(frozen=True, slots=True)
class Travel:
    """Fires when `by` acts from two places that nobody travels between in the time between: the configuration's places
    tell where an address is. Distances below `farther_km` are nobody's travel."""

    by: tuple[str, ...]
    faster_kmh: float
    farther_km: float


State = Union[FirstSeen, Distinct, Volume, Travel]


@dataclass(frozen=True, slots=True)
class Detection:
    """Names an event of `source` of which `condition` holds, and of which `state` says that it is out of the usual.

    `source` is None for logs that mainstay does not read: the rule is listed and judges nothing. An event of which
    `unless` holds is learnt from and does not fire. `name` is what correlations call it by, besides its uuid. `quiet`
    rules only serve correlations. `needs` are placeholders that the configuration would have to fill in.
    """

    about: About
    logsource: Mapping[str, str]
    source: LogSource | None
    condition: Condition
    name: str = ""
    state: State | None = None
    quiet: bool = False
    needs: tuple[str, ...] = ()
    unless: Condition | None = None


@dataclass(frozen=True, slots=True)
class Correlation:
    """Names several events together: those of `rules` (ids, each of a Detection or another Correlation) that agree in
    `group_by`, within a sliding window of `timespan_us`.

    `condition` compares the count, sum, average or percentile with numbers, all of which have to hold; of a `temporal`
    one, the number of different rules (all, where it is empty). `aliases` gives for a name in `group_by` the path that
    each rule has it at.
    """

    about: About
    type: CorrelationType
    rules: tuple[str, ...]
    group_by: tuple[str, ...]
    timespan_us: int
    condition: tuple[tuple[Bound, float], ...] = ()
    fields: tuple[str, ...] = ()
    percentile: float = 50
    aliases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    name: str = ""
    quiet: bool = False


Rule = Union[Detection, Correlation]


@dataclass(frozen=True, slots=True)
class Case:
    """Events that show a detection at work: with them it fires, or it stays quiet.

    `lists` fill in placeholders, as the configuration would; `places` are networks, each with its place's name,
    latitude and longitude.
    """

    fires: bool
    why: str
    events: tuple[dict[str, object], ...]
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    place: Place | None = None
    places: Mapping[str, tuple[str, float, float]] = field(default_factory=dict)


@dataclass(slots=True)  # not frozen: a rule may fire on nearly every event, and that would take three times as long
class EventFinding:
    """A rule that fired, and the event that it fired on: the last one, where it took several.

    `group` holds the ids of all of them, `values` the few fields that matter, as (path, shown). `count` is how many
    events there were, which may be more than `group` keeps.
    """

    rule: Rule
    source: LogSource
    time_us: int
    event_id: str
    event_name: str
    principal: str
    source_ip: str
    account: str
    region: str
    file: str
    number: int
    group: tuple[str, ...] = ()
    count: int = 1
    values: tuple[tuple[str, str], ...] = ()
