"""The expressions of collectors: JMESPath, with what the answers of AWS need besides."""

from __future__ import annotations

from typing import Any

import pytest

from mainstay.model.values import Record
from mainstay.sources.live.calls import Failed
from mainstay.sources.live.collectors import read_collectors

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:pay:live"
METHODS = [
    Record({"id": "1", "methods": Record({"GET": Record({"auth": "NONE"}), "PUT": Record({"auth": "IAM"})})}),
    Record({"id": "2"}),
    Record({"id": "3", "methods": [Record({"auth": "CUSTOM"})]}),
]


@pytest.mark.parametrize(
    ("expression", "answer", "found"),
    [
        ("merge(@, {b: `2`})", {"a": 1}, {"a": 1, "b": 2}),
        ("keys(a)", {"a": Record({"x": 1})}, ["x"]),
        ("from_json(a).b", {"a": '{"b": [1]}'}, [1]),
        ("from_json(a)", {"a": "no {json"}, None),
        ("from_json(a)", {}, None),
        ("statements(a)[].Sid", {"a": '{"Statement": {"Sid": "only"}}'}, ["only"]),
        ("statements(a)", {}, None),
        ("split(a, ':')[7]", {"a": ARN}, "live"),
        ("split(a, ':')", {}, None),
        ("items(a)[*].{name: [0], weight: [1]}", {"a": Record({"8": 0.1})}, [{"name": "8", "weight": 0.1}]),
        ("items(a)", {}, None),
        ("unfold(a, 'methods')[].[outer.id, auth]", {"a": METHODS}, [["1", "NONE"], ["1", "IAM"], ["3", "CUSTOM"]]),
        ("unfold(a, 'methods')", {}, None),
    ],
)
def test_an_expression_finds(expression: str, answer: dict[str, Any], found: Any, tmp_path: Any) -> None:
    assert _compiled(expression, tmp_path).search(Record(answer)) == found


def test_an_answer_that_a_function_does_not_take_is_a_call_that_failed(tmp_path: Any) -> None:
    with pytest.raises(Failed, match="starts_with"):
        _compiled("a[?starts_with(b, 'x')]", tmp_path).search(Record({"a": [Record()]}))


@pytest.mark.parametrize("policy", ["no {json", "[]", '{"Statement": "x"}', "[" * 3_000])
def test_a_policy_that_cannot_be_read_is_a_call_that_failed(policy: str, tmp_path: Any) -> None:
    with pytest.raises(Failed, match="the policy"):
        _compiled("statements(a)", tmp_path).search(Record({"a": policy}))


def _compiled(expression: str, tmp_path: Any) -> Any:
    file = tmp_path / "orders.yaml"
    text = expression.replace("'", "''")
    file.write_text(
        f"AWS::SQS::Queue:\n  service: sqs\n  id: x\n  list: {{call: list_queues, take: '{text}'}}\n", "utf-8"
    )
    listing = read_collectors([file])["AWS::SQS::Queue"].listing
    assert listing is not None
    return listing.take
