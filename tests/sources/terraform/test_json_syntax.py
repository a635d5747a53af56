"""Terraform's JSON syntax gives what the same configuration in HCL gives."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest


def test_a_configuration_in_json_gives_what_it_gives_in_hcl(read: Callable[..., Any]) -> None:
    content = {
        "//": "a comment",
        "variable": {"v": {"type": "list(number)", "default": ["1"]}, "literal": {"default": "${not.a.template}"}},
        "locals": {"l": "${upper(\"a\")}-b"},
        "provider": {"aws": [{"default_tags": {"tags": {"E": "p"}}}, {"alias": "west"}]},
        "resource": {
            "aws_x": {
                "a": {
                    "count": 2,
                    "name": "n-${count.index}",
                    "list": "${var.v}",
                    "text": "say \"hi\" ${local.l}",
                    "quoted": "${jsonencode({\"k\" = \"v\"})}",
                    "map": {"k-${local.l}": "${var.v[0] + 1}"},
                    "literal": "${var.literal}",
                    "escaped": "$${x}",
                },
                "b": {"provider": "aws.west", "depends_on": ["aws_x.a"]},
                "c": [{"dynamic": {"rule": {
                    "for_each": "${var.v}", "iterator": "it", "content": {"p": "${it.value}"},
                }}}],
            }
        },
        "module": {"m": {"source": "./m", "providers": {"aws": "aws.west"}, "n": 5}},
    }  # fmt: skip
    reading = read(
        {
            "main.tf.json": json.dumps(content),
            "m/main.tf": 'variable "n" {}\nresource "aws_x" "m" {\n  n = var.n\n}\n',
        }
    )
    assert reading.gaps == []
    first = reading["aws_x.a[1]"]
    assert (first["name"], first["list"], first["text"]) == ("n-1", [1], 'say "hi" A-b')
    assert (first["quoted"], first["map"], first["escaped"]) == ('{"k":"v"}', {"k-A-b": 2}, "${x}")
    assert first["literal"] == "${not.a.template}"
    assert first["tags"] == {"E": "p"}
    assert reading["aws_x.b"] == {}
    assert reading["aws_x.c"]["rule"] == [{"p": 1}]
    assert reading["module.m.aws_x.m"] == {"n": 5}


@pytest.mark.parametrize("text", ['{"resource": ', "[]", "1", "", '{"resource": {"a_b": {"c": {"x": "${"}}}}'])
def test_broken_json_is_a_gap_or_an_unknown(read: Callable[..., Any], text: str) -> None:
    reading = read({"a.tf.json": text, "main.tf": 'resource "a_b" "good" {\n  x = 1\n}\n'})
    assert reading["a_b.good"] == {"x": 1}
    assert reading.gaps or "a_b.c" in reading.resources
