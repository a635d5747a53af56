"""Heredocs, directives and trimming: each row was compared with the Go core."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mainstay.model.values import OneOf, Text, Unknown

HEREDOCS = [
    ("<<EOT\na\n  b\nEOT\n", "a\n  b\n"),
    ("<<EOT\nEOT\n", ""),
    ("<<-EOT\n    a\n      b\n    EOT\n", "a\n  b\n"),
    ("<<-EOT\n    a\n      b\n   \n  c\n  EOT\n", "  a\n    b\n   \nc\n"),
    ("<<-EOT\n\n  a\n\n    b\n  EOT\n", "\na\n\n  b\n"),
    ("<<-EOT\n\ta\n\t  b\n\tEOT\n", "a\n  b\n"),
    ('<<-EOT\n    ${"x"} y\n      z\n    EOT\n', "x y\n  z\n"),
    ('<<EOT\n$${a} \\n "q" %%{x}\nEOT\n', '${a} \\n "q" %{x}\n'),
    ('<<EOT\n%{ for x in ["1","2"] ~}\n  - ${x}\n%{ endfor ~}\nEOT\n', "  - 1\n  - 2\n"),
    ('<<EOT\n%{ for x in ["1","2"] }\n- ${x}\n%{ endfor }\nEOT\n', "\n- 1\n\n- 2\n\n"),
    (
        '<<-EOT\n    %{ for x in ["1","2"] ~}\n    s ${x}\n    %{ endfor ~}\n    end\n    EOT\n',
        "    s 1\n    s 2\n    end\n",
    ),
    ('<<-EOT\n    %{ for x in ["1"] }\n    s ${x}\n    %{ endfor }\n    end\n    EOT\n', "\ns 1\n\nend\n"),
    ("<<EOT\nA\n  %{~ if true }\n x\n  %{~ else }\n y\n%{~ endif }\nEOT\n", "A\n\n x\n\n"),
]


@pytest.mark.parametrize(("text", "expected"), HEREDOCS)
def test_heredocs_are_read_line_by_line(read: Callable[..., Any], text: str, expected: str) -> None:
    assert read(f'resource "x_y" "r" {{\n  v = {text}\n}}\n')["x_y.r"]["v"] == expected


def test_an_unknown_stretch_leaves_the_rest_of_the_text_known(read: Callable[..., Any]) -> None:
    value = read('variable "u" {}\nresource "x_y" "r" {\n  v = "a-${var.u}-b"\n}\n')["x_y.r"]["v"]
    assert isinstance(value, Text)
    assert (value.prefix, value.suffix, value.settle) == ("a-", "-b", "set var.u or pass a plan")


def test_a_directive_over_something_unknown_leaves_what_is_around_it(read: Callable[..., Any]) -> None:
    text = '"a %{ for x in var.u }${x}%{ endfor } b %{ if var.u == 1 }yes%{ else }no%{ endif }"'
    value = read(f'variable "u" {{}}\nresource "x_y" "r" {{\n  v = {text}\n}}\n')["x_y.r"]["v"]
    assert isinstance(value, OneOf)
    assert [option.suffix for option in value.options] == [" b yes", " b no"]


def test_template_files_see_their_variables_and_nothing_else(read: Callable[..., Any]) -> None:
    reading = read(
        {
            "main.tf": 'resource "x_y" "r" {\n  v = templatefile("${path.module}/t.tftpl", { names = ["a", "b"] })\n'
            '  w = templatefile("u.tftpl", {})\n}\n',
            "t.tftpl": "%{ for n in names ~}\nhello ${n}\n%{ endfor ~}\n",
            "u.tftpl": "${var.secret}",
        }
    )
    assert reading["x_y.r"]["v"] == "hello a\nhello b\n"
    assert isinstance(reading["x_y.r"]["w"], Unknown)
