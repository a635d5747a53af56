"""count, for_each and dynamic blocks: which instances and blocks there are, and which there may be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mainstay.model.values import ABSENT, OneOf, Unknown

HEAD = 'variable "u" {}\nvariable "flag" {}\n'


def resource(arguments: str) -> str:
    return HEAD + f'resource "a_b" "c" {{\n{arguments}\n}}\n'


@pytest.mark.parametrize(
    ("arguments", "addresses"),
    [
        ("x = 1", ["a_b.c"]),
        ("count = 2", ["a_b.c[0]", "a_b.c[1]"]),
        ("count = 0", []),
        ('count = "1"', ["a_b.c[0]"]),
        ('for_each = toset(["b", "a"])', ['a_b.c["a"]', 'a_b.c["b"]']),
        ("for_each = { a = true, b = false }", ['a_b.c["a"]', 'a_b.c["b"]']),
        ("for_each = {}", []),
        ('for_each = { "a\\"b" = 1 }', ['a_b.c["a\\"b"]']),
        ("count = var.u ? 0 : 0", []),
    ],
)
def test_known_counts_give_every_instance_its_address(
    read: Callable[..., Any], arguments: str, addresses: list[str]
) -> None:
    reading = read(resource(arguments))
    assert list(reading.resources) == addresses
    assert all(found.may_exist is None for found in reading.resources.values())


@pytest.mark.parametrize(
    ("arguments", "addresses"),
    [
        ("count = var.u", ["a_b.c[?]"]),
        ("for_each = var.u", ["a_b.c[?]"]),
        ("for_each = toset(var.u)", ["a_b.c[?]"]),
        ("count = var.flag ? 2 : 0", ["a_b.c[0]", "a_b.c[1]"]),
        ("count = length(var.u)", ["a_b.c[?]"]),
        ('for_each = var.flag ? toset(["x"]) : toset([])', ['a_b.c["x"]']),
    ],
)
def test_what_is_not_known_to_exist_may_exist_and_says_why(
    read: Callable[..., Any], arguments: str, addresses: list[str]
) -> None:
    reading = read(resource(arguments))
    assert list(reading.resources) == addresses
    for found in reading.resources.values():
        assert found.may_exist is not None
        assert found.may_exist.settle in ("set var.u or pass a plan", "set var.flag or pass a plan")


def test_a_filter_that_is_not_decided_leaves_one_instance_that_may_exist(read: Callable[..., Any]) -> None:
    found = read(resource("for_each = { for k, v in { a = 1 } : k => v if var.flag }\nx = each.value")).resources
    assert list(found) == ["a_b.c[?]"]
    assert found["a_b.c[?]"].may_exist is not None
    assert found["a_b.c[?]"].body["x"] == 1


def test_what_every_alternative_has_is_certain(read: Callable[..., Any]) -> None:
    reading = read(resource("count = var.flag ? 2 : 1\nx = count.index")).resources
    assert reading["a_b.c[0]"].may_exist is None
    assert reading["a_b.c[1]"].may_exist is not None
    assert reading["a_b.c[1]"].body["x"] == 1
    merged = read(resource("for_each = var.flag ? { a = 1 } : { a = 2, b = 3 }\nx = each.value")).resources
    assert merged['a_b.c["a"]'].may_exist is None
    assert merged['a_b.c["a"]'].body["x"].options == (1, 2)
    assert merged['a_b.c["b"]'].may_exist is not None


def test_each_and_count_have_their_values(read: Callable[..., Any]) -> None:
    reading = read(resource('for_each = { k = { port = 80 } }\nx = "${each.key}-${each.value.port}"'))
    assert reading['a_b.c["k"]']["x"] == "k-80"


def test_resources_with_count_are_lists_and_with_for_each_maps(read: Callable[..., Any]) -> None:
    text = (
        'resource "a_b" "l" {\n  count = 2\n  n = count.index\n}\nresource "a_b" "m" {\n'
        '  for_each = toset(["p"])\n  n = each.key\n}\n'
        'resource "a_b" "r" {\n  x = a_b.l[*].n\n  y = a_b.l[1].n\n  z = a_b.m["p"].n\n  w = [for k, v in a_b.m : k]\n'
        "  v = length(a_b.l)\n  u = a_b.l[5].n\n}\n"
    )
    body = read(text)["a_b.r"]
    assert [body[key] for key in "xyzwv"] == [[0, 1], 1, "p", ["p"], 2]
    assert isinstance(body["u"], Unknown)


def test_dynamic_blocks_over_what_is_known_are_blocks(read: Callable[..., Any]) -> None:
    text = resource(
        'dynamic "rule" {\n for_each = [80, 443]\n content {\n  key = rule.key\n  port = rule.value\n }\n}\n'
        'dynamic "named" {\n for_each = { a = 1 }\n iterator = it\n content {\n  x = "${it.key}${it.value}"\n }\n}\n'
        'dynamic "set" {\n for_each = toset([{ n = 1 }])\n content {\n  n = set.value.n\n }\n}\n'
        'dynamic "outer" {\n for_each = [[1, 2]]\n content {\n  dynamic "inner" {\n   for_each = outer.value\n'
        "   content {\n    v = inner.value\n    o = outer.key\n   }\n  }\n }\n}\n"
        "static {\n y = 1\n}\n"
    )
    body = read(text)["a_b.c"]
    assert body["rule"] == [{"key": 0, "port": 80}, {"key": 1, "port": 443}]
    assert body["named"] == [{"x": "a1"}]
    assert body["set"] == [{"n": 1}]
    assert body["outer"] == [{"inner": [{"v": 1, "o": 0}, {"v": 2, "o": 0}]}]
    assert body["static"] == [{"y": 1}]
    assert body["rule"].rest is ABSENT


def test_dynamic_blocks_over_what_is_not_known_may_go_on(read: Callable[..., Any]) -> None:
    text = resource(
        'static {\n x = 1\n}\ndynamic "static" {\n for_each = var.u\n content {\n  x = 2\n }\n}\n'
        'dynamic "maybe" {\n for_each = var.flag ? [1] : []\n content {\n  x = maybe.value\n }\n}\n'
        'dynamic "sure" {\n for_each = var.flag ? ["a"] : ["b"]\n content {\n  x = sure.value\n }\n}\n'
    )
    body = read(text)["a_b.c"]
    assert body["static"] == [{"x": 1}]
    assert body["static"].rest == {"x": 2}
    assert body["maybe"] == []
    assert body["maybe"].rest == {"x": 1}
    assert body["sure"].rest is ABSENT
    assert isinstance(body["sure"][0]["x"], OneOf)


def test_arguments_of_resources_that_modules_also_have_are_kept(read: Callable[..., Any]) -> None:
    body = read(resource('source = "a"\nversion = "1.30"\nlifecycle {\n prevent_destroy = true\n}\ndepends_on = []'))[
        "a_b.c"
    ]
    assert body == {"source": "a", "version": "1.30"}
