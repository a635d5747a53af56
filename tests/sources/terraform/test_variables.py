"""The values of root variables: types, defaults, files and options, in Terraform's order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mainstay.model.values import Unknown

SHOW = 'resource "a_b" "c" {\n  v = var.v\n}\n'


def test_values_come_in_terraforms_order(read: Callable[..., Any], tmp_path: Path) -> None:
    files = {"main.tf": 'variable "v" {\n  default = "default"\n}\n' + SHOW}

    def value(**options: object) -> object:
        return read(files, **options)["a_b.c"]["v"]

    assert value() == "default"
    for name in ("terraform.tfvars", "terraform.tfvars.json", "a.auto.tfvars", "b.auto.tfvars.json"):
        files[name] = f'{{"v": "{name}"}}' if name.endswith("json") else f'v = "{name}"\n'
        assert value() == name
    files["other.tfvars"] = 'v = "given"\n'
    assert value() == "b.auto.tfvars.json"
    assert value(variable_files=(tmp_path / "other.tfvars",)) == "given"
    assert value(variable_files=(tmp_path / "other.tfvars",), variables={"v": "option"}) == "option"


@pytest.mark.parametrize(
    ("declaration", "given", "expected"),
    [
        ("type = number", "80", 80),
        ("type = bool", "true", True),
        ("type = string", "[1]", "[1]"),
        ("type = list(number)", '["1", 2]', [1, 2]),
        ("type = set(string)", '["b", "a", "b"]', ["a", "b"]),
        ("type = map(string)", "{ a = 1 }", {"a": "1"}),
        ("type = any", "{ a = 1 }", {"a": 1}),
        ("", "plain", "plain"),
        ("type = tuple([string, number])", '[1, "2"]', ["1", 2]),
        ("type = object({ p = optional(number, 443), name = string })", '{ name = "n" }', {"p": 443, "name": "n"}),
        ("type = object({ a = optional(string) })", "{}", {"a": None}),
        ("type = object({ a = optional(object({ b = optional(bool, true) }), {}) })", "{}", {"a": {"b": True}}),
        ('type = list(object({ p = optional(string, "tcp") }))', '[{}, { p = "udp" }]', [{"p": "tcp"}, {"p": "udp"}]),
    ],
)  # fmt: skip
def test_given_values_are_converted_to_the_type(
    read: Callable[..., Any], declaration: str, given: str, expected: object
) -> None:
    value = read(f'variable "v" {{\n  {declaration}\n}}\n' + SHOW, variables={"v": given})["a_b.c"]["v"]
    assert value == expected
    assert isinstance(value, type(expected))


def test_a_variable_without_value_is_unknown_and_says_how_to_set_it(read: Callable[..., Any]) -> None:
    value = read('variable "v" {\n  type = string\n}\n' + SHOW)["a_b.c"]["v"]
    assert isinstance(value, Unknown)
    assert (value.reason, value.settle) == ("var.v has no value", "set var.v or pass a plan")


def test_the_reason_of_an_unknown_input_leads_back_to_the_root(read: Callable[..., Any]) -> None:
    reading = read(
        {
            "main.tf": 'variable "encrypt" {}\nmodule "m" {\n  source = "./m"\n  enc = var.encrypt\n}\n',
            "m/main.tf": 'variable "enc" {\n  type = bool\n}\nvariable "forgotten" {}\n'
            'resource "a_b" "c" {\n  v = var.enc\n  w = var.forgotten\n}\n',
        }
    )
    assert reading["module.m.a_b.c"]["v"].settle == "set var.encrypt or pass a plan"
    assert reading["module.m.a_b.c"]["w"].settle == "set forgotten in the call of module.m"


def test_null_takes_the_default_where_null_is_not_allowed(read: Callable[..., Any]) -> None:
    call = 'module "m" {\n  source = "./m"\n  v = null\n}\n'
    body = 'variable "v" {\n  default = 1\n  nullable = false\n}\n'
    assert read({"main.tf": call, "m/main.tf": body + SHOW})["module.m.a_b.c"]["v"] == 1


def test_a_value_that_does_not_fit_is_unknown_with_its_reason(read: Callable[..., Any]) -> None:
    value = read('variable "v" {\n  type = number\n}\n' + SHOW, variables={"v": "many"})["a_b.c"]["v"]
    assert isinstance(value, Unknown)
    assert "number" in value.reason


def test_defaults_may_not_use_names_but_do_not_end_the_review(read: Callable[..., Any]) -> None:
    text = 'variable "v" {\n  default = var.w\n  nullable = var.x\n  type = nonsense(1)\n}\n' + SHOW
    assert isinstance(read(text)["a_b.c"]["v"], Unknown)


def test_the_workspace_is_a_name(read: Callable[..., Any]) -> None:
    text = 'resource "a_b" "c" {\n  v = terraform.workspace\n  w = path.module\n}\n'
    assert read(text, workspace="prod")["a_b.c"] == {"v": "prod", "w": "."}
