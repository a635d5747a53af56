"""Events on their way through the rules: what fires, once, in whatever order they arrive."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from mainstay.analysis.meaning import Meaning
from mainstay.catalog.sigma import load_rules
from mainstay.engine.detecting import Detector
from mainstay.model.detections import EventFinding, Rule
from mainstay.model.events import Event

SECOND = 1_000_000
DAY = 86_400 * SECOND
TRAIL = "logsource: {product: aws, service: cloudtrail}"

LOGINS = f"""
title: Failed login
name: failed-login
{TRAIL}
detection: {{failed: {{eventName: ConsoleLogin, responseElements.ConsoleLogin: Failure}}, condition: failed}}
mainstay: {{quiet: true}}
---
title: Login
name: login
{TRAIL}
detection: {{done: {{eventName: ConsoleLogin, responseElements.ConsoleLogin: Success}}, condition: done}}
mainstay: {{quiet: true}}
---
title: Many failures
name: many-failures
correlation: {{type: event_count, rules: [failed-login], group-by: [userIdentity.userName], timespan: 5m, condition: {{gte: 3}}}}
mainstay: {{quiet: false}}
level: medium
---
title: A guess came true
name: guessed
correlation: {{type: temporal_ordered, rules: [many-failures, login], group-by: [userIdentity.userName], timespan: 10m}}
level: high
"""  # noqa: E501  # rules read best in the form that their authors give them
NEW_REGION = f"""
title: A region that nobody of the account used
name: new-region
author: a stranger
{TRAIL}
detection: {{any: {{eventName: RunInstances}}, condition: any}}
mainstay: {{state: {{first_seen: {{of: [awsRegion], by: [recipientAccountId], learn: 1d, forget: 30d}}}}}}
"""
FAR_FROM_HOME = f"""
title: A session that was handed on
name: far-from-home
{TRAIL}
detection: {{far: {{derived.chain_length|gte: 2, eventName: ListBuckets}}, condition: far}}
"""


@pytest.fixture
def rules(tmp_path: Path) -> Callable[[str], tuple[Rule, ...]]:
    def load(text: str) -> tuple[Rule, ...]:
        (tmp_path / "rules.yml").write_text(text)
        found = load_rules([tmp_path], {}, builtin=False)
        assert not found.faults
        return found.rules

    return load


def detector(rules: Sequence[Rule], **options: Any) -> Detector:
    return Detector(rules, lambda origins: Meaning({}, None, origins), **options)


def event(at: int, id: str, **fields: Any) -> Event:
    fields = {"recipientAccountId": "111122223333", "awsRegion": "eu-central-1", **fields}
    return Event("cloudtrail", at, id, fields, "trail.json", 1)


def login(at: int, id: str, user: str, how: str) -> Event:
    return event(
        at * SECOND, id, eventName="ConsoleLogin", eventSource="signin.amazonaws.com",
        userIdentity={"type": "IAMUser", "userName": user}, responseElements={"ConsoleLogin": how},
    )  # fmt: skip


def hunted(events: Iterable[Event], of: Detector) -> list[EventFinding]:
    return [*of.take_events(events), *of.flush()]


def told(found: Iterable[EventFinding]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one.rule.about.id, one.event_id, one.group) for one in found]


ATTACK = [
    login(0, "a", "ana", "Failure"), login(10, "b", "ana", "Failure"), login(15, "x", "ben", "Failure"),
    login(20, "c", "ana", "Failure"), login(25, "y", "ben", "Success"), login(30, "d", "ana", "Success"),
]  # fmt: skip
EXPECTED = [("many-failures", "c", ("a", "b", "c")), ("guessed", "d", ("c", "d"))]


def test_correlations_build_on_each_other(rules: Callable[[str], tuple[Rule, ...]]) -> None:
    assert told(hunted(ATTACK, detector(rules(LOGINS)))) == EXPECTED


def test_the_order_of_arrival_does_not_matter_within_the_lateness(rules: Callable[[str], tuple[Rule, ...]]) -> None:
    loaded = rules(LOGINS)
    for seed in range(20):
        shuffled = random.Random(seed).sample(ATTACK, len(ATTACK))
        assert told(hunted(shuffled, detector(loaded, lateness_us=60 * SECOND))) == EXPECTED


def test_what_is_delivered_twice_counts_once(rules: Callable[[str], tuple[Rule, ...]]) -> None:
    loaded = rules(LOGINS)
    twice = [one for each in ATTACK for one in (each, each)]
    of = detector(loaded)
    assert told(hunted(twice, of)) == EXPECTED
    assert of.counts.repeated == len(ATTACK)


def test_only_events_of_the_span_count(rules: Callable[[str], tuple[Rule, ...]]) -> None:
    assert hunted(ATTACK, detector(rules(LOGINS), since_us=5 * SECOND)) == []
    assert told(hunted(ATTACK, detector(rules(LOGINS), until_us=30 * SECOND))) == EXPECTED[:1]


def test_a_state_learns_before_it_fires(rules: Callable[[str], tuple[Rule, ...]]) -> None:
    starts = [
        event(0, "a", eventName="RunInstances"),
        event(DAY // 2, "b", eventName="RunInstances", awsRegion="eu-west-1"),
        event(DAY, "c", eventName="RunInstances", awsRegion="eu-west-1"),
        event(DAY + 1, "d", eventName="RunInstances", awsRegion="ap-southeast-3"),
        event(DAY + 2, "e", eventName="RunInstances", awsRegion="ap-southeast-3"),
    ]
    (found,) = hunted(starts, detector(rules(NEW_REGION)))
    assert (found.event_id, found.rule.about.author, found.region) == ("d", "a stranger", "ap-southeast-3")
    assert hunted(starts, detector(rules(NEW_REGION), learn=True)) == []


def test_a_session_is_followed_to_where_it_began(rules: Callable[[str], tuple[Rule, ...]]) -> None:
    def assume(at: int, caller: dict[str, str], key: str, role: str) -> Event:
        arn = f"arn:aws:sts::111122223333:assumed-role/{role}/s"
        answer = {"credentials": {"accessKeyId": key}, "assumedRoleUser": {"arn": arn}}
        return event(
            at, f"assume-{key}", eventName="AssumeRole", eventSource="sts.amazonaws.com", userIdentity=caller,
            responseElements=answer,
        )  # fmt: skip

    def holder(key: str, role: str) -> dict[str, str]:
        arn = f"arn:aws:sts::111122223333:assumed-role/{role}/s"
        return {"type": "AssumedRole", "arn": arn, "accessKeyId": key}

    ana = {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ana", "accessKeyId": "AKIA1", "userName": "ana"}
    events = [
        assume(0, ana, "ASIA1", "first"),
        event(1, "near", eventName="ListBuckets", userIdentity=holder("ASIA1", "first")),
        assume(2, holder("ASIA1", "first"), "ASIA2", "second"),
        event(3, "far", eventName="ListBuckets", userIdentity=holder("ASIA2", "second")),
    ]
    assert [one.event_id for one in hunted(events, detector(rules(FAR_FROM_HOME)))] == ["far"]
