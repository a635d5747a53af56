"""Windows against a reference that looks at all events anew, each time."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainstay.engine.windows import Windows
from mainstay.model.detections import About, Bound, Correlation, CorrelationType

quick = settings(max_examples=60, deadline=None, derandomize=True, database=None)
SPAN = 10
OPERATORS = {
    "gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le, "eq": operator.eq, "neq": operator.ne,
}  # fmt: skip


def correlation(type: CorrelationType, *condition: tuple[Bound, float], rules: int = 1, **more: Any) -> Correlation:
    names = tuple(f"rule-{at}" for at in range(rules))
    return Correlation(About("c", "C", "low"), type, names, ("user",), SPAN, condition, **more)


@dataclass(frozen=True)
class Sample:
    time: int
    id: str
    group: str
    value: object
    rules: tuple[int, ...]


def samples(rules: int, values: st.SearchStrategy[Any], most: int = 25) -> st.SearchStrategy[list[Sample]]:
    one = st.tuples(
        st.integers(0, 6), st.sampled_from("aab"), values, st.sets(st.integers(0, rules - 1), min_size=1, max_size=2)
    )
    return st.lists(one, max_size=most).map(_in_time)


def _in_time(steps: list[tuple[int, str, object, set[int]]]) -> list[Sample]:
    time, made = 0, []
    for number, (step, group, value, rules) in enumerate(steps):
        time += step
        made.append(Sample(time, f"e{number:03}", group, value, tuple(sorted(rules))))
    return made


Fired = tuple[int, str, tuple[str, ...]]


def ours(windows: Windows, events: Sequence[Sample]) -> Iterator[Fired]:
    for event in events:
        for rule in event.rules:
            firing = windows.add(event.time, rule, (event.group,), event.id, event.value)  # type: ignore[arg-type]
            if firing is not None:
                assert firing.count == len(firing.ids)
                yield firing.time_us, str(firing.key[0]), firing.ids


def reference(correlation: Correlation, events: Sequence[Sample]) -> Iterator[Fired]:
    """Every question is answered from the list of all that happened."""
    happened: list[tuple[Sample, int]] = []
    fired: dict[str, int | None] = {}
    for event in events:
        if correlation.type in get_args(CorrelationType)[4:] and not _is_number(event.value):
            continue
        if correlation.type == "value_count" and event.value is None:
            continue
        for rule in event.rules:
            happened.append((event, rule))
            if not correlation.type.startswith("temporal") and rule != event.rules[0]:
                continue  # an event counts once
            window = [
                (one, named)
                for one, named in happened
                if one.group == event.group and event.time - SPAN <= one.time <= event.time
            ]
            before = {one.id for one, _ in window} - {event.id}
            since = fired.get(event.group)
            oldest = window[0][0].time
            if not before - {event.id} and rule == event.rules[0]:
                since = None
            if correlation.type.startswith("temporal") and since is not None and oldest > since:
                since = None
            holds = _holds(correlation, window)
            if holds and since is None:
                yield event.time, event.group, tuple(dict.fromkeys(one.id for one, _ in window))
                since = event.time
            fired[event.group] = since if holds else None


def _holds(correlation: Correlation, window: list[tuple[Sample, int]]) -> bool:
    bounds = correlation.condition or (("gte", len(correlation.rules)),)
    metric = _metric(correlation, window)
    return all(OPERATORS[bound](metric, limit) for bound, limit in bounds)


def _metric(correlation: Correlation, window: list[tuple[Sample, int]]) -> Any:
    values: list[Any] = [one.value for one in dict.fromkeys(one for one, _ in window)]
    match correlation.type:
        case "event_count":
            return len(values)
        case "value_count":
            return len(set(values))
        case "temporal":
            return len({rule for _, rule in window})
        case "temporal_ordered":
            return _longest(window, len(correlation.rules))
        case "value_sum":
            return sum(map(Fraction, values))
        case "value_avg":
            return sum(map(Fraction, values)) / len(values)
    part = Fraction(50 if correlation.type == "value_median" else correlation.percentile) / 100
    ranked = sorted(map(Fraction, values))
    position = (len(ranked) - 1) * part
    low = ranked[int(position)]
    return low + (ranked[min(int(position) + 1, len(ranked) - 1)] - low) * (position - int(position))


def _longest(window: list[tuple[Sample, int]], rules: int) -> int:
    """Tries every choice of different events in rising order of rules and times."""

    def extend(rule: int, time: int, used: frozenset[str]) -> int:
        best = 0
        for named in range(rule, rules):
            for one, of in window:
                if of == named and one.time >= time and one.id not in used:
                    best = max(best, 1 + extend(named + 1, one.time, used | {one.id}))
        return best

    return extend(0, 0, frozenset())


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


BOUNDS = st.lists(st.tuples(st.sampled_from(get_args(Bound)), st.integers(0, 5)), min_size=1, max_size=2).map(tuple)
NUMBERS = st.one_of(st.sampled_from([0, 1, 2, 0.5, 0.1, -3, 1e18]), st.sampled_from([None, "much", True]))


@pytest.mark.parametrize("type", ["event_count", "value_count"])
@given(events=samples(2, st.sampled_from(["x", "y", "z", None])), bounds=BOUNDS)
@quick
def test_counts_are_those_of_looking_anew(type: CorrelationType, events: list[Sample], bounds: Any) -> None:
    asked = correlation(type, *bounds, rules=2)
    assert list(ours(Windows(asked), events)) == list(reference(asked, events))


@pytest.mark.parametrize("type", ["value_sum", "value_avg", "value_percentile", "value_median"])
@given(events=samples(1, NUMBERS), bounds=BOUNDS, percentile=st.sampled_from([0, 10, 50, 95, 99.9, 100]))
@quick
def test_numbers_are_those_of_looking_anew(
    type: CorrelationType, events: list[Sample], bounds: Any, percentile: float
) -> None:
    asked = correlation(type, *bounds, percentile=percentile)
    assert list(ours(Windows(asked), events)) == list(reference(asked, events))


@pytest.mark.parametrize("type", ["temporal", "temporal_ordered"])
@given(events=samples(3, st.none(), 12), bounds=st.one_of(st.just(()), BOUNDS))
@quick
def test_rules_together_are_those_of_looking_anew(type: CorrelationType, events: list[Sample], bounds: Any) -> None:
    asked = correlation(type, *bounds, rules=3)
    assert list(ours(Windows(asked), events)) == list(reference(asked, events))


@pytest.mark.parametrize("type", get_args(CorrelationType))
@given(events=samples(3, st.sampled_from([1, 2, 3.5])), restarts=st.sets(st.integers(0, 25)), bound=st.integers(1, 3))
@settings(parent=quick, max_examples=20)
def test_a_restart_changes_no_firing(
    type: CorrelationType, events: list[Sample], restarts: set[int], bound: int
) -> None:
    asked = correlation(type, ("gte", bound), rules=3)
    kept: dict[str, str] = {}
    windows, fired = Windows(asked, kept=True), []
    for number, event in enumerate(events):
        fired += ours(windows, [event])
        if number in restarts:
            for key, value in windows.changes():
                if value is None:
                    kept.pop(key, None)
                else:
                    kept[key] = value
            windows = Windows(asked, kept=True)
            windows.load(kept.items())
    assert fired == list(ours(Windows(asked), events))


def test_an_event_as_old_as_the_window_is_long_still_counts() -> None:
    windows = Windows(correlation("event_count", ("gte", 2)))
    assert windows.add(0, 0, ("u",), "a") is None
    assert windows.add(SPAN, 0, ("u",), "b") is not None
    assert windows.add(2 * SPAN + 1, 0, ("u",), "c") is None


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_events_of_one_time_stand_in_either_order_and_an_event_does_not_follow_itself(order: str) -> None:
    windows = Windows(correlation("temporal_ordered", rules=2))
    rule = {"a": 0, "b": 1}
    assert [windows.add(5, rule[one], ("u",), one) is not None for one in order] == [False, True]
    alone = Windows(correlation("temporal_ordered", rules=2))
    assert [alone.add(5, rule, ("u",), "same") for rule in (0, 1)] == [None, None]


def test_an_event_that_comes_again_or_late_is_counted_in_its_place() -> None:
    windows = Windows(correlation("event_count", ("gte", 3)))
    windows.add(20, 0, ("u",), "b")
    windows.add(20, 0, ("u",), "b")
    windows.add(9, 0, ("u",), "too late")
    assert windows.late == 1
    windows.add(25, 0, ("u",), "c")
    firing = windows.add(18, 0, ("u",), "a")
    assert firing is not None
    assert (firing.time_us, firing.ids) == (25, ("a", "b", "c"))


def test_an_ordered_sequence_is_found_when_its_middle_comes_late() -> None:
    windows = Windows(correlation("temporal_ordered", rules=3))
    assert windows.add(1, 0, ("u",), "a") is None
    assert windows.add(3, 2, ("u",), "c") is None
    assert windows.add(2, 1, ("u",), "b") is not None


def test_of_many_events_the_first_and_the_last_are_named() -> None:
    windows = Windows(correlation("event_count", ("gte", 500)))
    firings = [windows.add(1, 0, ("u",), f"e{number:03}") for number in range(500)]
    firing = firings[-1]
    assert firing is not None
    assert firing.count == 500
    assert (len(firing.ids), firing.ids[0], firing.ids[99], firing.ids[100], firing.ids[-1]) == (
        200, "e000", "e099", "e400", "e499",
    )  # fmt: skip


def test_what_is_over_leaves_nothing_behind() -> None:
    windows = Windows(correlation("value_count", ("gte", 1000)), kept=True)
    kept: set[str] = set()
    for number in range(20_000):
        windows.add(number, 0, (f"user {number}",), f"e{number}", f"value {number}")
        assert len(windows) <= SPAN + 1
        if number % 100 == 0:
            for key, value in windows.changes():
                kept.discard(key) if value is None else kept.add(key)
            assert len(kept) <= SPAN + 1


def test_bounds_let_the_oldest_go_and_say_so() -> None:
    windows = Windows(correlation("event_count", ("gte", 4)), most_groups=2, most_events=3)
    for number in range(5):
        assert windows.add(number, 0, ("u",), f"e{number}") is None
    assert windows.dropped == 2
    windows.add(5, 0, ("v",), "v")
    windows.add(5, 0, ("w",), "w")
    assert (len(windows), windows.dropped) == (2, 5)
