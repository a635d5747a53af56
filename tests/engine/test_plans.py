"""What the KEYS decide by themselves is what judging every event in full decides."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.test_selecting import DETECTIONS, EVENTS, MEANING

from mainstay.analysis.meaning import Meaning
from mainstay.engine import parse
from mainstay.engine.at_work import DetectionAtWork
from mainstay.engine.compile import compile
from mainstay.engine.detecting import Detector, Recent
from mainstay.engine.plans import Noted, Plans
from mainstay.model.detections import About, Detection, EventFinding, FirstSeen, State, Volume
from mainstay.model.events import Event

HOUR_US = 3_600_000_000
STATES = st.builds(
    FirstSeen,
    of=st.sampled_from([("derived.network",), ("eventName",), ("awsRegion", "sourceIPAddress")]),
    by=st.sampled_from([("derived.principal",), ("eventSource",)]),
    learn_us=st.sampled_from([0, HOUR_US, 30 * HOUR_US]),
    forget_us=st.sampled_from([HOUR_US, 24 * HOUR_US, 90 * 24 * HOUR_US]),
)


def detection(id: int, document: Any, **more: Any) -> Detection:
    return Detection(About(f"rule {id}", "", "low"), {}, "cloudtrail", parse(document), **more)


def found(rules: list[Detection], events: list[Event]) -> list[EventFinding]:
    detector = Detector(rules, lambda origins: Meaning({}, None, origins))
    copies = (replace(event, fields=dict(event.fields)) for event in events)
    return [*detector.take_events(copies), *detector.flush()]


def full(event: Event) -> dict[str, Any]:
    fields = dict(event.fields)
    fields["derived"] = MEANING.of(replace(event, fields=fields))
    return fields


def event(number: int, fields: dict[str, Any], time_us: int = 0) -> Event:
    return Event("cloudtrail", time_us, f"e{number:04}", fields, "a", number)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(
    st.lists(st.tuples(DETECTIONS, st.none() | DETECTIONS), min_size=1, max_size=6),
    st.lists(EVENTS, min_size=1, max_size=20),
)
def test_findings_are_those_of_judging_every_event_in_full(documents: list[Any], fields: list[dict[str, Any]]) -> None:
    rules = [
        detection(id, asked, unless=None if unless is None else parse(unless))
        for id, (asked, unless) in enumerate(documents)
    ]
    events = [event(number, each) for number, each in enumerate([*fields, *fields])]
    wanted = set()
    for rule in rules:
        fires, excepts = compile(rule.condition), compile(rule.unless) if rule.unless else lambda _: False
        wanted |= {
            (rule.about.id, each.id, at_work(rule).teller.finding(replace(each, fields=full(each))).values)
            for each in events
            if fires(full(each)) is True and excepts(full(each)) is not True
        }
    assert {(each.rule.about.id, each.event_id, each.values) for each in found(rules, events)} == wanted


def at_work(rule: Detection) -> DetectionAtWork:
    return DetectionAtWork(rule, ordered=False, remembering=False, kept=False)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(
    DETECTIONS,
    STATES,
    st.lists(st.tuples(EVENTS, st.integers(0, 200 * 60)), min_size=1, max_size=40),
)
def test_what_is_new_is_so_whether_or_not_each_event_of_an_hour_is_asked_about(
    document: Any, state: FirstSeen, moments: list[tuple[dict[str, Any], int]]
) -> None:
    rule = detection(0, document, state=state)
    moments = sorted(moments, key=lambda one: one[1])
    events = [event(number, fields, minute * 60_000_000) for number, (fields, minute) in enumerate(moments)]
    one, fires, wanted = at_work(rule), compile(rule.condition), []
    for each in events:
        fields = full(each)
        if fires(fields) is True and one.remember(replace(each, fields=fields), learn=False) is not None:
            wanted.append(each.id)
    assert [each.event_id for each in found([rule], events)] == wanted


def test_rules_are_ready_where_the_keys_tell_all_that_they_read_and_show() -> None:
    state = FirstSeen(("derived.network",), ("derived.principal",), 0, 90 * 24 * HOUR_US)
    by_keys = {"eventName": "GetObject", "userIdentity.type": "AssumedRole"}
    rules = [
        detection(0, by_keys),
        detection(1, {**by_keys, "requestParameters.bucketName": "orders"}),
        detection(2, by_keys, state=state),
        detection(3, by_keys, state=replace(state, of=("requestParameters.bucketName",))),
        detection(4, {**by_keys, "eventName": "PutObject"}),
        detection(5, by_keys, quiet=True),
    ]
    waiting = [DetectionAtWork(rule, False, False, False) for rule in rules]
    identity = b'{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/app/one"}'
    keys = (
        ("s3.amazonaws.com", "GetObject"),
        None,
        "192.0.2.1",
        (identity, None, "111122223333", None),
        "eu-central-1",
    )
    plan = Plans("cloudtrail", waiting, MEANING, frozenset(), learn=False).plan(keys)
    assert [each.rule for each in plan.at_once] == [rules[0]]
    assert plan.at_once[0].shown[4] == "eu-central-1"
    assert [one for one, _ in plan.asked] == [waiting[1]]
    assert [one.rule for one in plan.noted] == [waiting[2]]
    assert plan.surely == (waiting[3],)


def test_of_what_is_new_only_the_first_of_its_grain_of_time_is_asked_about() -> None:
    one = at_work(detection(0, {"eventName": "x"}))
    noted = Noted(one, ("ada",), ("new",), None, {}, HOUR_US)
    times = (HOUR_US + 5, HOUR_US + 9, HOUR_US + 5, HOUR_US + 1, 2 * HOUR_US, 3)
    told = [noted.measured(time, None) is not None for time in times]
    assert told == [True, False, True, True, True, True]


def test_what_does_not_hold_of_the_bytes_is_not_the_first_of_its_grain() -> None:
    one = at_work(detection(0, {"eventName": "x"}))
    noted = Noted(one, ("ada",), ("new",), compile(parse({"derived.bytes|gt": 5})), {"derived": {}}, HOUR_US)
    assert [noted.measured(time, moved) for time, moved in ((1, 3), (2, None), (3, 9), (4, 9))] == [
        None,
        None,
        ("new",),
        None,
    ]


VOLUMES = st.builds(
    Volume,
    of=st.sampled_from(["derived.bytes", None, "requestParameters.size"]),
    by=st.sampled_from([("derived.principal",), ("eventSource",)]),
    within_us=st.sampled_from([HOUR_US, 24 * HOUR_US]),
    learn_us=st.sampled_from([0, 30 * HOUR_US]),
    times=st.sampled_from([2.0, 10.0]),
    at_least=st.sampled_from([1.0, 100.0]),
    new=st.booleans(),
)
ON_BYTES = st.sampled_from(
    [
        {"eventName": ["GetObject", "PutObject"]},
        {"eventName|exists": True, "derived.bytes|gte": 50},
        [{"derived.bytes|lt": 3}, {"eventName": "GetObject"}],
        {"derived.bytes": None},
    ]
)
MOVED = st.sampled_from([{}, {"bytesTransferredOut": 7}, {"bytesTransferredOut": 70.5}, {"bytesTransferredOut": "700"}])


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(
    st.one_of(DETECTIONS, ON_BYTES),
    VOLUMES | STATES,
    st.lists(st.tuples(EVENTS, MOVED, st.integers(0, 200 * 60)), min_size=1, max_size=40),
    st.booleans(),
)
def test_volumes_are_those_of_judging_every_event_in_full(
    document: Any, state: State, moments: list[tuple[dict[str, Any], dict[str, Any], int]], is_kept: bool
) -> None:
    rule = detection(0, document, state=state)
    moments = sorted(moments, key=lambda one: one[2])
    events = [
        event(number, {**fields, "additionalEventData": more}, minute * 60_000_000)
        for number, (fields, more, minute) in enumerate(moments)
    ]
    one, fires, wanted = at_work(rule), compile(rule.condition), []
    for each in events:
        fields = full(each)
        if fires(fields) is True:
            unusual = one.remember(replace(each, fields=fields), learn=False)
            if unusual is not None:
                wanted.append((each.id, unusual[0]))
    got = found_late([rule], events) if is_kept else found([rule], events)
    assert [(each.event_id, each.group) for each in got] == wanted


def found_late(rules: list[Detection], events: list[Event]) -> list[EventFinding]:
    """As `found`, where all wait for their turn while the detector is written down and restored."""
    before, after = [
        Detector(rules, lambda origins: Meaning({}, None, origins), lateness_us=2**60, kept=True) for _ in range(2)
    ]
    assert not list(before.take_events(replace(one, fields=dict(one.fields)) for one in events))
    for (_, memory), (_, restored) in zip(before.memories(), after.memories(), strict=True):
        restored.load([(key, value) for key, value in memory.changes() if value is not None])
    return list(after.flush())


def test_as_many_events_as_promised_are_remembered_and_not_many_more() -> None:
    recent = Recent(3)
    assert not any(recent.see("cloudtrail", str(number)) for number in range(7))
    assert not recent.see("vpcflow", "6")
    assert all(recent.see("cloudtrail", str(number)) for number in (4, 5, 6))
    assert not recent.see("cloudtrail", "0")
    assert len(recent) <= 6
