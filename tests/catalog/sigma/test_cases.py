"""Cases beside a rule: read with located faults, and filled in as events."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mainstay.catalog.sigma import case_events, read_cases, read_proofs, read_rules
from mainstay.model.events import LOG_SOURCES, LogSource

RULE = """
title: Keys are made
name: keys-made
logsource: {product: aws, service: cloudtrail}
detection: {sel: {eventName: CreateAccessKey, recipientAccountId|expand: '%accounts%'}, condition: sel}
---
title: Many keys are made
name: many-keys
correlation: {type: event_count, rules: [keys-made], group-by: [awsRegion], timespan: 1h, condition: {gte: 3}}
"""


def cases(tmp_path: Path, *lines: object) -> Path:
    path = tmp_path / "keys.events.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return path


def seconds(day: int, hour: int, minute: int = 0, second: int = 0) -> int:
    return int(datetime(2026, 3, day, hour, minute, second, tzinfo=UTC).timestamp()) * 1_000_000


def test_events_follow_each_other_and_are_filled_in(tmp_path: Path) -> None:
    written = [
        {"eventName": "A", "awsRegion": "us-east-1"},
        {"eventName": "B", "@at": "2d3h"},
        {"eventName": "C", "@repeat": 3, "@every": "10s", "requestParameters": {"names": ["x{n}"]}},
        {"eventName": "D", "eventTime": "2026-03-02T09:00:30Z", "eventID": "own"},
        {"eventName": "E"},
    ]
    (case,), faults = read_cases(cases(tmp_path, {"fires": True, "why": "it does", "events": written}), "x.jsonl")
    assert not faults
    events = case_events(case, "cloudtrail")
    assert [(event.fields["eventName"], event.time_us) for event in events] == [
        ("A", seconds(2, 9)),
        ("D", seconds(2, 9, 0, 30)),
        ("B", seconds(4, 12)),
        ("C", seconds(4, 12, 0, 1)),
        ("C", seconds(4, 12, 0, 11)),
        ("C", seconds(4, 12, 0, 21)),
        ("E", seconds(4, 12, 0, 23)),
    ]
    assert [event.fields["requestParameters"]["names"] for event in events[3:6]] == [["x1"], ["x2"], ["x3"]]
    assert (events[0].fields["awsRegion"], events[1].fields["awsRegion"]) == ("us-east-1", "eu-central-1")
    assert events[0].fields["eventTime"] == "2026-03-02T09:00:00Z"
    assert len({event.id for event in events}) == len(events)
    assert events[1].id == "own"
    assert not any(key.startswith("@") for event in events for key in event.fields)


@pytest.mark.parametrize("source", LOG_SOURCES)
def test_an_event_of_any_log_has_its_time_and_an_id(tmp_path: Path, source: LogSource) -> None:
    line = {"fires": False, "why": "nothing", "events": [{"a": 1}, {"a": 2}]}
    (case,), _ = read_cases(cases(tmp_path, line), "x.jsonl")
    events = case_events(case, source)
    assert [event.time_us - seconds(2, 9) for event in events] == [0, 1_000_000]
    assert len({event.id for event in events}) == 2
    assert all(event.fields.keys() > {"a"} for event in events)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('{"fires": true,', "x.jsonl:2:16: not valid JSON: Expecting property name"),
        ("[1]", "x.jsonl:2:1: a case is a map"),
        ({"fire": True, "why": "x", "events": [{}]}, "x.jsonl:2:1: a case has no key 'fire' (did you mean 'fires'?)"),
        ({"fires": "yes", "why": "x", "events": [{}]}, "x.jsonl:2:1: 'fires' has to be true or false"),
        ({"fires": True, "why": " ", "events": [{}]}, "x.jsonl:2:1: 'why' has to be a sentence"),
        ({"fires": True, "why": "\ud800", "events": [{}]}, "x.jsonl:2:1: a text has half of a character"),
        ({"fires": True, "why": "x", "events": []}, "x.jsonl:2:1: 'events' has to be a list of events"),
        ({"fires": True, "why": "x", "events": [{"@evry": "1s"}]}, "x.jsonl:2:1: event 1: there is no mark '@evry'"),
        ({"fires": True, "why": "x", "events": [{"@at": "soon"}]}, "x.jsonl:2:1: event 1: '@at' has to be a time"),
        ({"fires": True, "why": "x", "events": [{"@repeat": 0}]}, "x.jsonl:2:1: event 1: '@repeat' has to be a whole"),
        ({"fires": True, "why": "x", "events": [{}], "lists": {"a": "b"}}, "x.jsonl:2:1: 'lists' has to map names"),
        ("[" * 5000, "x.jsonl:2:1: not valid JSON: nested too deep"),
    ],
)
def test_a_wrong_case_is_a_located_fault(tmp_path: Path, line: object, fault: str) -> None:
    good = {"fires": False, "why": "nothing", "events": [{}]}
    found, faults = read_cases(cases(tmp_path, good, line), "x.jsonl")
    assert len(found) == 1
    assert str(faults[0]).startswith(fault)


def test_a_proof_has_the_rules_of_a_file_with_the_lists_of_a_case(tmp_path: Path) -> None:
    (tmp_path / "keys.yml").write_text(RULE, encoding="utf-8")
    cases(tmp_path, {"fires": True, "why": "x", "events": [{}], "lists": {"accounts": ["111122223333"]}})
    rules = read_rules([tmp_path], builtin=False)
    (proof,), faults = read_proofs(rules)
    assert not faults
    assert (proof.firing, proof.source) == ({"many-keys"}, "cloudtrail")
    first, second = proof.filled(proof.cases[0])
    assert (first.about.id, second.about.id) == ("keys-made", "many-keys")
    assert getattr(first, "needs", None) == ()


def test_every_rule_of_the_pack_is_proved() -> None:
    _, faults = read_proofs(read_rules([]))
    assert not [str(fault) for fault in faults]
