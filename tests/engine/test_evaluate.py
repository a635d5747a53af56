"""The verdicts of whole resources, and the reasons that come with them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mainstay.documents import read_yaml
from mainstay.engine import evaluate, explain, parse
from mainstay.model.controls import Control
from mainstay.model.findings import Finding, Reason
from mainstay.model.places import Place
from mainstay.model.resources import Origin, Resource
from mainstay.model.values import Items, OneOf, Record, Ref, Text, Unknown, Value

FOUND = "text in which it is found"
NOW = datetime(2026, 11, 3, tzinfo=UTC)
SOMETHING = Unknown("var.x has no default", Place("main.tf", 3, 9), "set var.x")


def control(expect: Value, when: Value = None, *kinds: str) -> Control:
    return Control(
        id="thing-is-well-built",
        title="Things are well built",
        applies_to=kinds or ("AWS::Some::Thing",),
        expect=parse(expect),
        when=None if when is None else parse(when),
        severity="low",
        layer="data",
        practices=("REL10-BP01",),
        why="",
        fix="",
    )


def resource(properties: dict[str, Value], **other: Value) -> Resource:
    return Resource("AWS::Some::Thing", "a.thing", Record(properties), Origin("terraform", ".", None), **other)


def judge(judged: Control, subject: Resource) -> Finding:
    (finding,) = evaluate([judged], [subject], NOW)
    return finding


@pytest.mark.parametrize(
    ("applies", "holds", "verdict"),
    [
        (True, True, "pass"),
        (True, False, "fail"),
        (True, SOMETHING, "unknown"),
        (False, True, "not_applicable"),
        (False, SOMETHING, "not_applicable"),
        (SOMETHING, True, "pass"),
        (SOMETHING, False, "unknown"),
        (SOMETHING, SOMETHING, "unknown"),
    ],
)
def test_the_verdict_follows_from_both_conditions(applies: Value, holds: Value, verdict: str) -> None:
    finding = judge(control({"Holds": True}, {"Applies": True}), resource({"Applies": applies, "Holds": holds}))

    assert finding.verdict == verdict
    expected_path = "Applies" if applies is SOMETHING else "Holds"
    assert [reason.path for reason in finding.reasons] == ([expected_path] if verdict in ("fail", "unknown") else [])


def test_of_a_partial_resource_only_what_it_decides_is_said() -> None:
    judged = [control({"A": value}) for value in (1, 2)] + [control({"B": 1}), control({"A": 1}, {"A": 3})]
    partial = Resource(
        "AWS::Some::Thing", "a", Record({"A": 1}, rest=SOMETHING), Origin("terraform", ".", None), partial=True
    )

    assert [finding.verdict for finding in evaluate(judged, [partial], NOW)] == ["pass", "fail"]


def test_a_resource_is_judged_by_the_controls_of_its_type_only() -> None:
    judged = [control({"A": 1}, None, "AWS::Some::Thing", "AWS::Other::Thing"), control({"A": 1}, None, "AWS::A::B")]

    assert [finding.control for finding in evaluate(judged, [resource({})], NOW)] == judged[:1]


def test_a_finding_names_its_subject_and_whether_it_exists() -> None:
    finding = judge(control({"A": 1}), resource({"A": 1}, may_exist=Unknown("count is not known")))

    assert (finding.subject.type, finding.subject.address, finding.subject.scope) == (
        "AWS::Some::Thing",
        "a.thing",
        ".",
    )
    assert finding.subject.may_exist == "count is not known"


def test_the_raw_attributes_can_be_read() -> None:
    judged = control([{"raw.user_data|contains": "x"}, {"A": 1}])

    assert judge(judged, resource({}, raw=Record({"user_data": "axb"}))).verdict == "pass"
    assert judge(judged, resource({"A": 2}, raw=Record({"user_data": "ab"}))).verdict == "fail"


@pytest.mark.parametrize(
    ("condition", "subject", "reasons"),
    [
        ({"A": True}, {"A": False}, [("A", "true", "false")]),
        ({"A.B": True}, {}, [("A.B", "true", "absent")]),
        ({"A": ["a", "b", "c"]}, {"A": "d"}, [("A", "one of a, b, c", "d")]),
        ({"A|neq": "a"}, {"A": ["b", "a"]}, [("A", "not a", "b, a")]),
        ({"A": None}, {"A": "x"}, [("A", "absent", "x")]),
        ({"A|exists": True}, {}, [("A", "set", "absent")]),
        ({"A|gte": 7}, {"A": "1"}, [("A", "at least 7", "1")]),
        ({"A": 1, "B": 2, "C": 3}, {"B": 2}, [("A", "1", "absent"), ("C", "3", "absent")]),
        ({"A": 1, "B": 2}, {"B": SOMETHING}, [("A", "1", "absent")]),
        ([{"A": 1}, {"B": 2}], {"B": SOMETHING}, [("B", "2", "unknown: var.x has no default")]),
        ({"A": r"\*"}, {"A": Text(["x", SOMETHING])}, [("A", "*", "x${…}")]),
        ({"A": "x"}, {"A": Ref("aws_kms_key.k", "arn")}, [("A", "x", "${aws_kms_key.k.arn}")]),
        ({"A": "x"}, {"A": OneOf(["x", "y"], "it depends")}, [("A", "x", "unknown: it depends")]),
        ({"A.B": 1}, {"A": [{"B": 2}, {"B": 3}]}, [("A.B", "1", "2, 3")]),
        ({"A|count|gte": 2}, {"A": ["x"]}, [("A", "at least 2 elements", "1 element")]),
        ({"A|none": {"B": 1}}, {"A": [{"B": 2}, {"B": 1}]}, [("A.1.B", "no element with B 1", "1")]),
        (
            {"A|none": {"B": 1, "C": 2}},
            {"A": [{"B": 1, "C": 2}]},
            [("A.0", "no element with B 1 and C 2", "B 1, C 2")],
        ),
        ({"A|every": {"B": 1}}, {"A": [{"B": 1}, {}]}, [("A.1.B", "1", "absent")]),
        ({"A|any": {"B": 1}}, {"A": [{"B": 3}, {"B": 2}]}, [("A", "an element with B 1", "2 elements, none such")]),
        ({"A|any": {"B": 1}}, {}, [("A", "an element with B 1", "absent")]),
        ({"A|any": {"B": 1, "C": 2}}, {"A": [{"B": 2}, {"B": 1, "C": 3}]}, [("A.1.C", "2", "3")]),
        ({"A|none": {"B": 1}}, {"A": [{"B": SOMETHING}]}, [("A.0.B", "not 1", "unknown: var.x has no default")]),
        (
            {"A|none": {"B": 1}},
            {"A": Items([], rest=Record({"B": 1}))},
            [("A", "no element with B 1", "unknown: the list may hold further elements")],
        ),
        ({"s": {"A": 1}, "condition": "not s"}, {"A": 1}, [("A", "not 1", "1")]),
        ({"s": {"A|re": "k.y"}, "condition": "not s"}, {"A": "key"}, [("A", "not matching k.y", FOUND)]),
        ({"s": {"A|re": "^k.y"}, "condition": "not s"}, {"A": "key"}, [("A", "not matching ^k.y", "key")]),
        ({"A": None}, {"A": {"Password": "hunter2"}}, [("A", "absent", "set")]),
        ({"A": 1}, {"A": {"B": {"Password": "hunter2"}}}, [("A", "1", '{"B": {"Password": "(not shown)"}}')]),
        (
            {"A": 1},
            {"A": {"Name": "DB_PASSWORD", "Value": "hunter2"}},
            [("A", "1", '{"Name": "DB_PASSWORD", "Value": "(not shown)"}')],
        ),
        (
            {"A|any": {"Key": "zonal", "Value": True}},
            {"A": [{"Key": "http2", "Value": True}]},
            [("A", "an element with Key zonal and Value true", "1 element, none such")],
        ),
        ({"s": ["k"], "condition": "not s"}, {"A": "key"}, [("", "not holding k", "found")]),
    ],
)  # fmt: skip
def test_the_reasons_name_what_decides(condition: Value, subject: Value, reasons: list[tuple[str, str, str]]) -> None:
    found = explain(parse(condition), Record(subject))

    assert [(reason.path, reason.expected, reason.actual) for reason in found] == reasons


def test_an_unknown_reason_says_what_would_settle_it() -> None:
    (reason,) = explain(parse({"A": 1}), Record({"A": SOMETHING}))

    assert reason == Reason("A", "1", "unknown: var.x has no default", None, "set var.x")


def test_a_reason_points_at_the_property() -> None:
    subject = read_yaml("Name: x\nRules:\n  - Port: 80\n  - Port: 22\n", "a.yaml").value

    (reason,) = explain(parse({"Rules|none": {"Port": 22}}), subject)

    assert isinstance(reason.mark, Place)
    assert str(reason.mark) == "a.yaml:4:5"


def test_what_only_code_says_does_not_apply_to_a_live_resource() -> None:
    live = replace(resource({"A": 2}, raw=Record({"grant": None})), origin=Origin("live", "123456789012", None))
    assert judge(control([{"raw.skip_final_snapshot": True}, {"A": 1}]), live).verdict == "not_applicable"
    assert judge(control({"raw.skip_final_snapshot|neq": True, "A": 1}), live).verdict == "fail"
    assert judge(control({"raw.grant|exists": False}), live).verdict == "pass"


@pytest.mark.parametrize("path", ["MasterUserPassword", "LoginProfile.Password", "SecretString", "raw.auth_token"])
def test_a_secret_by_its_name_is_not_shown(path: str) -> None:
    inner: Value = "orders-2026"
    for name in reversed(path.split(".")):
        inner = Record({name: inner})
    (reason,) = explain(parse({path: None}), inner)
    assert reason.actual == "set (not shown)"
    (missing,) = explain(parse({path: "x"}), Record())
    assert missing.actual == "absent"
