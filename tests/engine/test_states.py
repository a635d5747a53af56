"""States: what is out of the usual, and that a restart makes no difference to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainstay.engine.states import Tracker, tracker
from mainstay.engine.tracking import HOUR_US
from mainstay.engine.travel import kilometres
from mainstay.model.detections import Distinct, FirstSeen, State, Travel, Volume

DAY = 24 * HOUR_US
quick = settings(max_examples=60, deadline=None, derandomize=True, database=None)
SEEN = FirstSeen(("network",), ("user",), 7 * DAY, 30 * DAY)
MANY = Distinct(("name",), ("user",), HOUR_US, 3)
MUCH = Volume("bytes", ("user",), HOUR_US, 10, 100, 3 * DAY)
FAR = Travel(("user",), 900, 500)
BERLIN, SYDNEY, POTSDAM = ("Berlin", 52.5, 13.4), ("Sydney", -33.9, 151.2), ("Potsdam", 52.4, 13.1)
Happened = tuple[int, str, Any]


def fired(asked: Tracker, *events: Happened) -> list[int]:
    """The times of the firings; ids are the events' numbers."""
    made = [asked.add(time, (user,), of, f"{time} {user} {of}") for time, user, of in events]
    return [one.time_us for one in made if one is not None]


def test_a_new_value_fires_once_and_only_after_the_learning_period() -> None:
    asked = tracker(SEEN)
    assert fired(asked, (0, "u", ("home",)), (6 * DAY, "u", ("cafe",)), (6 * DAY, "u", ("home",))) == []
    assert fired(asked, (8 * DAY, "u", ("office",)), (8 * DAY, "u", ("office",)), (8 * DAY, "v", ("office",))) == [
        8 * DAY
    ]
    assert fired(asked, (9 * DAY, "u", ("cafe",)), (9 * DAY, "u", ("office",))) == []


def test_a_value_is_forgotten_by_an_hour_late_at_most_and_never_early() -> None:
    for gap, fires in ((0, False), (2 * HOUR_US, True)):
        asked = tracker(SEEN)
        last = 8 * DAY + 123
        fired(asked, (0, "u", ("home",)), (last, "u", ("cafe",)))
        assert bool(fired(asked, (last + SEEN.forget_us + gap, "u", ("cafe",)))) == fires


def test_while_it_learns_nothing_fires_and_all_is_remembered() -> None:
    asked = tracker(SEEN)
    for time, value in ((0, "home"), (8 * DAY, "office")):
        assert asked.add(time, ("u",), (value,), f"{time}", learn=True) is None
    assert fired(asked, (9 * DAY, "u", ("office",))) == []
    assert fired(asked, (9 * DAY, "u", ("cafe",))) == [9 * DAY]


EVENTS = st.lists(st.tuples(st.integers(0, 4), st.sampled_from("uuv"), st.sampled_from("abcde")), max_size=40)


def timed(steps: Sequence[tuple[int, str, Any]], step_us: int) -> list[Happened]:
    time, made = 0, []
    for step, user, value in steps:
        time += step * step_us
        made.append((time, user, value))
    return made


@given(EVENTS)
@quick
def test_many_different_values_are_those_of_looking_anew(steps: list[tuple[int, str, str]]) -> None:
    events = timed(steps, HOUR_US // 6)
    expected, active = [], set()
    for number, (time, user, _) in enumerate(events):
        seen = {of: at for at, by, of in events[: number + 1] if by == user and at >= time - MANY.within_us}
        before = [at for at, by, _ in events[:number] if by == user and at >= time - MANY.within_us]
        if not before or len(seen) < MANY.at_least:
            active.discard(user)
        if len(seen) >= MANY.at_least and user not in active:
            active.add(user)
            expected.append(time)
    assert fired(tracker(MANY), *((time, user, (of,)) for time, user, of in events)) == expected


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from("uuv"), st.integers(0, 400)), max_size=40), st.booleans())
@quick
def test_a_volume_is_that_of_looking_anew(steps: list[tuple[int, str, int]], new: bool) -> None:
    asked = Volume("bytes", ("user",), HOUR_US, 2, 100, 24 * HOUR_US, new)
    events = timed(steps, HOUR_US // 4)
    expected, told = [], set()
    for number, (time, user, _) in enumerate(events):
        sums: dict[int, int] = {}
        for at, by, amount in events[: number + 1]:
            if by == user:
                sums[at // HOUR_US] = sums.get(at // HOUR_US, 0) + amount
        now = time // HOUR_US
        usual = max(
            [
                total
                for window, total in sums.items()
                if now - 24 <= window < now and (window < now - 1 or total >= asked.at_least)
            ],
            default=0,
        )
        known = new or time - min(at for at, by, _ in events if by == user) >= asked.learn_us
        if known and sums[now] >= max(asked.at_least, asked.times * usual) and (user, now) not in told:
            told.add((user, now))
            expected.append(time)
    made = tracker(asked)
    firings = [made.add(time, (user,), amount, f"e{at}") for at, (time, user, amount) in enumerate(events)]
    assert [one.time_us for one in firings if one] == expected


def test_what_begins_in_the_last_minutes_of_a_window_does_not_hide_the_rest() -> None:
    before = [(hour * HOUR_US, "u", 5) for hour in range(80)]
    began = [(80 * HOUR_US - 1, "u", 90), (80 * HOUR_US, "u", 95), (80 * HOUR_US + 1, "u", 10)]
    assert fired(tracker(MUCH), *before, *began) == [80 * HOUR_US + 1]
    assert fired(tracker(MUCH), *before, *began[:2], (82 * HOUR_US, "u", 500)) == [], "two hours later it is the past"


def test_an_event_that_comes_again_is_not_counted_twice_in_a_volume() -> None:
    asked = tracker(Volume("bytes", ("user",), HOUR_US, 1, 100, 0, new=True))
    assert fired(asked, (0, "u", 60), (0, "u", 60)) == []
    assert fired(asked, (1, "u", "60")) == [1]
    assert fired(asked, (2, "v", "much"), (2, "v", None), (2, "v", True)) == []


def test_nobody_is_at_two_places_at_once_and_takes_turns_are_told_once_a_day() -> None:
    asked = tracker(FAR)
    assert fired(asked, (0, "u", BERLIN), (0, "v", SYDNEY), (1, "u", POTSDAM), (2, "u", BERLIN)) == []
    firing = asked.add(HOUR_US, ("u",), SYDNEY, "abroad")
    assert firing is not None
    assert (firing.ids[-1], firing.told["from"], firing.told["to"]) == ("abroad", "Berlin", "Sydney")
    assert 15_900 < float(firing.told["km"]) < 16_300
    assert fired(asked, (HOUR_US + 1, "u", BERLIN), (2 * HOUR_US, "u", SYDNEY)) == []
    assert fired(asked, (26 * HOUR_US, "u", BERLIN), (27 * HOUR_US, "u", SYDNEY)) == [27 * HOUR_US]
    assert fired(asked, (60 * HOUR_US, "u", BERLIN)) == []
    assert fired(asked, (60 * HOUR_US, "u", ("Nowhere", "?", 400)), (61 * HOUR_US, "u", None)) == []


@given(*[st.floats(-90, 90), st.floats(-180, 180)] * 2)
@quick
def test_distances_are_those_of_a_sphere(latitude: float, longitude: float, other: float, far: float) -> None:
    there = kilometres(latitude, longitude, other, far)
    assert 0 <= there <= 20_016
    assert there == pytest.approx(kilometres(other, far, latitude, longitude), abs=1e-3)
    assert there >= 111.1 * abs(latitude - other) - 0.1


STATES: list[tuple[State, Any]] = [
    (FirstSeen(("n",), ("u",), 10 * HOUR_US, 40 * HOUR_US), lambda value: (value,)),
    (Distinct(("n",), ("u",), 5 * HOUR_US, 2), lambda value: (value,)),
    (Volume("b", ("u",), 4 * HOUR_US, 1.5, 3, 20 * HOUR_US), lambda value: ord(value) - ord("a") + 0.1),
    (FAR, lambda value: {"a": BERLIN, "b": SYDNEY, "c": POTSDAM}.get(value)),
]


@pytest.mark.parametrize(("state", "of"), STATES)
@given(steps=EVENTS, restarts=st.sets(st.integers(0, 40)))
@quick
def test_a_restart_changes_no_firing(
    state: State, of: Any, steps: list[tuple[int, str, str]], restarts: set[int]
) -> None:
    events = [(time, user, of(value)) for time, user, value in timed(steps, HOUR_US)]
    kept: dict[str, str] = {}
    asked, found = tracker(state, kept=True), []
    for number, (time, user, value) in enumerate(events):
        found.append(asked.add(time, (user,), value, f"e{number}"))
        if number in restarts:
            for key, written in asked.changes():
                if written is None:
                    kept.pop(key, None)
                else:
                    kept[key] = written
            asked = tracker(state, kept=True)
            asked.load(kept.items())
    whole = tracker(state)
    assert found == [whole.add(time, (user,), value, f"e{at}") for at, (time, user, value) in enumerate(events)]


@pytest.mark.parametrize(("state", "of"), STATES)
def test_what_is_remembered_is_bounded_and_the_least_recent_goes_first(state: State, of: Any) -> None:
    asked, kept = tracker(state, kept=True, most=10), set[str]()
    for number in range(1000):
        asked.add(number, (f"user {number}",), of("a"), f"e{number}")
        for key, written in asked.changes():
            kept.discard(key) if written is None else kept.add(key)
        assert len(kept) <= 20
    assert asked.dropped >= 990
    assert any('"user 999"' in key for key in kept)
    assert not any('"user 0"' in key for key in kept)


@pytest.mark.parametrize(("state", "of"), STATES[:2])
def test_values_that_are_over_leave_nothing_behind(state: State, of: Any) -> None:
    asked, kept = tracker(state, kept=True), set[str]()
    for number in range(2000):
        asked.add(number * HOUR_US, ("u",), (f"value {number}",), f"e{number}")
        for key, written in asked.changes():
            kept.discard(key) if written is None else kept.add(key)
        assert len(kept) <= 50
    assert asked.dropped == 0
