"""Expressions and their values: the known ones as a table, the unknown ones by what must not be lost of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mainstay.model.values import Document, Items, OneOf, Record, Ref, Text, Unknown
from mainstay.sources.alternatives import same
from mainstay.sources.terraform import Library, Options, read_root

CASES = Path(__file__).with_name("test_expressions_cases.txt")
ROWS = [
    row.partition("  =>  ")[::2] for row in CASES.read_text(encoding="utf-8").splitlines() if not row.startswith("#")
]


def in_resource(expressions: list[str]) -> str:
    return "".join(f'resource "x_y" "r{at}" {{\n  v = {text}\n}}\n' for at, text in enumerate(expressions))


def test_known_expressions_have_the_values_of_the_table(read: Callable[..., Any]) -> None:
    reading = read(in_resource([f"jsonencode({{ v = {expression} }})" for expression, _ in ROWS]))
    assert reading.gaps == []
    wrong = {}
    for at, (expression, expected) in enumerate(ROWS):
        found = reading[f"x_y.r{at}"]["v"]
        if not isinstance(found, str) or json.loads(found)["v"] != json.loads(expected):
            wrong[expression] = found
    assert wrong == {}


UNKNOWN = """
variable "u" {}
variable "flag" {}
resource "aws_x" "a" {
  name = "known"
}
"""


@pytest.mark.parametrize(
    "expression",
    ["var.u", "var.u.a", "var.u[0]", "var.u + 1", "-var.u", "!var.flag", "var.u == 1", "var.u[0] == var.u[1]",
     "var.u.a == var.u.b", "-aws_x.a.size == aws_x.a.size", "var.flag && true", "var.flag || false",
     "aws_x.a.list[0] == aws_x.a.list[1]", "tonumber(var.u)", "[for x in var.u : x][0]",
     '"${var.u[0]}" == "${var.u[1]}"'],
)  # fmt: skip
def test_what_an_unknown_decides_is_unknown_and_names_what_settles_it(
    read: Callable[..., Any], expression: str
) -> None:
    value = read(UNKNOWN + in_resource([expression]))["x_y.r0"]["v"]
    assert isinstance(value, Unknown)
    assert value.settle in ("set var.u or pass a plan", "set var.flag or pass a plan", "pass a plan")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("var.flag && false", False),
        ("var.flag || true", True),
        ('var.flag ? "a" : "a"', "a"),
        ("var.flag ? [1, { a = 2 }] : [1, { a = 2 }]", [1, {"a": 2}]),
        ("false && null.x", False),
        ("true || null.x", True),
        ("aws_x.a.arn == aws_x.a.arn", True),
        ('aws_x.a.arn == ""', False),
        ("aws_x.a.id == null", False),
        ("aws_x.a.name", "known"),
        ('"x${var.u}" == "y"', False),
        ('"x${var.u}" == null', False),
        ("length([var.u, var.u])", 2),
        ('{ a = var.u, b = 1 }["b"]', 1),
        ("keys({ a = var.u })", ["a"]),
        ("try({}.enc, true)", True),
        ("can(aws_x.a.arn)", True),
    ],
)
def test_what_an_unknown_cannot_change_is_known(read: Callable[..., Any], expression: str, expected: object) -> None:
    value = read(UNKNOWN + in_resource([expression]))["x_y.r0"]["v"]
    assert value == expected
    assert type(value) is type(expected) or isinstance(value, dict | list)


def test_a_conditional_that_is_not_decided_names_both_values(read: Callable[..., Any]) -> None:
    value = read(UNKNOWN + in_resource(['var.flag == "prod" ? "Enabled" : "Suspended"']))["x_y.r0"]["v"]
    assert isinstance(value, OneOf)
    assert value.options == ("Enabled", "Suspended")
    assert value.settle == "set var.flag or pass a plan"


def test_an_option_that_a_step_fails_on_is_not_lost(read: Callable[..., Any]) -> None:
    value = read(UNKNOWN + in_resource(["try((var.flag ? { a = 1 } : {}).a, 2)"]))["x_y.r0"]["v"]
    assert isinstance(value, OneOf)
    assert set(value.options) == {1, 2}


def test_containers_keep_what_is_known_around_what_is_not(read: Callable[..., Any]) -> None:
    reading = read(
        UNKNOWN
        + in_resource([
            'jsonencode({ Action = "*", Resource = "arn:${var.u}" })',
            "[for x in [1, var.u] : x]",
            "merge({ a = 1 }, var.u)",
            "[for x in [1, 2] : x if var.flag]",
            "{ (var.u) = 1, b = 2 }",
            "merge([for x in [1, 2] : { k = x } if var.flag]...)",
            "aws_x.a.block[0].arn",
        ])
    )  # fmt: skip
    document, listed, merged, filtered, keyed, spread, inner = (reading[f"x_y.r{at}"]["v"] for at in range(7))
    assert isinstance(document, Document)
    assert document.value["Action"] == "*"
    assert isinstance(document.value["Resource"], Text)
    assert listed[0] == 1
    assert isinstance(listed[1], Unknown)
    assert isinstance(merged, Record)
    assert isinstance(merged.look_up("zzz"), Unknown)
    assert filtered == []
    assert isinstance(filtered, Items)
    assert isinstance(filtered.rest, OneOf)
    assert keyed["b"] == 2
    assert isinstance(keyed.look_up("zzz"), Unknown)
    assert isinstance(spread, Record)
    assert isinstance(spread.look_up("k"), Unknown)
    assert (inner.address, inner.path) == ("aws_x.a", "block[0].arn")


def test_references_are_references_and_links(read: Callable[..., Any]) -> None:
    reading = read(
        'resource "aws_x" "a" {\n  name = "n"\n}\nresource "aws_y" "b" {\n  x = aws_x.a.id\n  y = aws_x.a.name\n}\n'
    )
    value = reading["aws_y.b"]["x"]
    assert isinstance(value, Ref)
    assert (value.address, value.path) == ("aws_x.a", "id")
    assert reading["aws_y.b"]["y"] == "n"
    assert reading.resources["aws_y.b"].links == {"x": {"aws_x.a"}, "y": {"aws_x.a"}}


def test_what_is_taken_out_of_a_map_of_references_links_to_no_more_than_that(read: Callable[..., Any]) -> None:
    reading = read(
        'resource "aws_x" "a" {}\nresource "aws_x" "b" {}\nlocals {\n  ids = { a = aws_x.a.id, b = aws_x.b.id }\n}\n'
        'resource "aws_y" "c" {\n  one  = local.ids["a"]\n  many = [local.ids["a"]]\n  open = keys(local.ids)\n}\n'
    )
    links = reading.resources["aws_y.c"].links
    assert links == {"one": {"aws_x.a"}, "many": {"aws_x.a"}, "open": {"aws_x.a", "aws_x.b"}}


def test_managed_cache_policies_have_their_known_ids(read: Callable[..., Any]) -> None:
    reading = read(
        'data "aws_cloudfront_cache_policy" "off" {\n  name = "Managed-CachingDisabled"\n}\n'
        'data "aws_cloudfront_cache_policy" "own" {\n  name = "shop"\n}\n'
        'resource "aws_x" "a" {\n  off = data.aws_cloudfront_cache_policy.off.id\n'
        "  own = data.aws_cloudfront_cache_policy.own.id\n}\n"
    )
    assert reading["aws_x.a"]["off"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    assert isinstance(reading["aws_x.a"]["own"], Unknown)


def test_a_chain_of_locals_may_be_long(read: Callable[..., Any]) -> None:
    chain = "".join(f"  a{at + 1} = local.a{at} + 1\n" for at in range(400))
    assert read(f"locals {{\n  a0 = 1\n{chain}}}\n" + in_resource(["local.a400"]))["x_y.r0"]["v"] == 401


# -- what is claimed holds, whatever the unknown turns out to be

VALUES = st.sampled_from(
    ["true", "false", "null", "0", "1", '"a"', '""', "[]", '["a", "b"]', "{}", '{ a = "b" }', "{ a = 1, b = [1] }"]
)
LEAVES = st.one_of(st.sampled_from(["local.u", "local.u.a", "local.u[0]", 'local.u["b"]', "local.u[*]"]), VALUES)
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} ? {t[1]} : {t[2]})"),
        st.tuples(inner, st.sampled_from(["==", "!=", "&&", "||", "+", "<"]), inner).map(lambda t: f"({' '.join(t)})"),
        inner.map(lambda e: f"[for x in {e} : x]"),
        inner.map(lambda e: f"[for x in [1, 2] : x if {e}]"),
        st.tuples(inner, inner).map(lambda t: f"{{ a = {t[0]}, (try({t[1]}, 1)) = 2 }}"),
        st.tuples(inner, inner).map(lambda t: f"try({t[0]}, {t[1]})"),
        inner.map(lambda e: f"can({e})"),
        inner.map(lambda e: f'"x${{{e}}}"'),
        inner.map(lambda e: f"({e}).a"),
        inner.map(lambda e: f"({e})[0]"),
        inner.map(lambda e: f"!{e}"),
        st.tuples(inner, inner).map(lambda t: f"[{t[0]}, {t[1]}]"),
        st.tuples(inner, inner).map(lambda t: f"merge({t[0]}, {t[1]})"),
        inner.map(lambda e: f"length({e})"),
    ),
    max_leaves=5,
)


def value_of(directory: Path, unknown: str, expression: str) -> Any:
    text = f'variable "v" {{}}\nlocals {{\n  u = {unknown}\n}}\n' + in_resource([f"[{expression}]"])
    (directory / "main.tf").write_text(text, encoding="utf-8")
    items = read_root(directory, Library(directory, str), Options())
    return next(item.body["v"] for item in items if hasattr(item, "body"))


def contradicts(claim: Any, actual: Any) -> bool:
    """True where a value that was claimed cannot be the one that it turned out to be."""
    if isinstance(actual, Unknown) and not isinstance(actual, OneOf):
        return False  # Terraform would report an error: nothing is claimed of that
    if isinstance(claim, OneOf):
        return all(contradicts(option, actual) for option in claim.options)
    if isinstance(claim, Text):
        return not (isinstance(actual, str) and actual.startswith(claim.prefix) and actual.endswith(claim.suffix))
    if isinstance(claim, Unknown):
        return claim.is_set and actual is None
    if isinstance(claim, dict):
        if not isinstance(actual, dict):
            return True
        open_ended = isinstance(claim, Record) and bool(claim.rest)
        missing = claim.keys() - actual.keys() or (actual.keys() - claim.keys() and not open_ended)
        return bool(missing) or any(contradicts(value, actual[key]) for key, value in claim.items())
    if isinstance(claim, list):
        if not isinstance(actual, list):
            return True
        if isinstance(claim, Items) and bool(claim.rest):
            return len(actual) < len(claim)
        return len(actual) != len(claim) or any(map(contradicts, claim, actual))
    return not same(claim, actual)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(expression=EXPRESSIONS, concrete=VALUES)
@example(expression='can("x${try(local.u[0], [])}")', concrete='["a", "b"]')
def test_a_known_value_never_contradicts_what_is_claimed_without_it(
    tmp_path: Path, expression: str, concrete: str
) -> None:
    claim = value_of(tmp_path.resolve(), "var.v", expression)
    actual = value_of(tmp_path.resolve(), concrete, expression)
    assert not contradicts(claim, actual), (expression, concrete, claim, actual)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("true ? 1 : true ? 2 : 3", 1),
        ("false ? 1 : true ? 2 : 3", 2),
        ("false ? 1 : false ? 2 : 3", 3),
        ("false ? 1 : false ? 2 : false ? 3 : 4", 4),
        ("(true ? false : true) ? 1 : 2", 2),
        ("true ? false ? 1 : 2 : true ? 3 : 4", 2),
    ],
)
def test_of_choices_in_a_row_the_last_two_are_one(read: Callable[..., Any], expression: str, expected: int) -> None:
    assert read(in_resource([expression]))["x_y.r0"]["v"] == expected


def test_the_zones_of_a_region_are_told_apart(read: Callable[..., Any]) -> None:
    names = "data.aws_availability_zones.z.names"
    asked = [f"{names}[0]", f"{names}[1]", f"element({names}, 0)", f"slice({names}, 1, 2)[0]"]
    found = read('data "aws_availability_zones" "z" {}\n' + in_resource(asked))
    paths = [found[f"x_y.r{number}"]["v"].path for number in range(4)]
    assert paths == ["names[0]", "names[1]", "names[0]", "names[1]"]


def test_what_is_found_at_the_beginning_of_a_text_is_found_once_whatever_follows(read: Callable[..., Any]) -> None:
    found = read(UNKNOWN + in_resource(['length(regexall("^[a-z]{2}-", "eu-${var.u}"))', 'regexall("u", "u${var.u}")']))
    assert found["x_y.r0"]["v"] == 1
    assert isinstance(found["x_y.r1"]["v"], Unknown)
