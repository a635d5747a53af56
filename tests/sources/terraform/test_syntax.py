"""HCL text to blocks: places, and what a broken block takes with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mainstay.model.places import Place

GOOD = 'resource "a_b" "{}" {{\n  x = 1\n}}\n'
BEFORE, AFTER = GOOD.format("before"), GOOD.format("after")

BROKEN = {
    "no value": 'resource "a_b" "c" {\n  x =\n}\n',
    "an unclosed brace": 'resource "a_b" "c" {\n  x = 1\n',
    "an unclosed nested brace": 'resource "a_b" "c" {\n  y {\n    x = 1\n}\n',
    "an unclosed quote": 'resource "a_b" "c" {\n  x = "abc\n}\n',
    "an unclosed list": 'resource "a_b" "c" {\n  x = [1, 2\n}\n',
    "an unclosed call": 'resource "a_b" "c" {\n  x = max(1, 2\n}\n',
    "an unclosed interpolation": 'resource "a_b" "c" {\n  x = "${var.a"\n}\n',
    "an operator without operand": 'resource "a_b" "c" {\n  x = 1 +\n}\n',
    "two values": 'resource "a_b" "c" {\n  x = 1 2\n}\n',
    "a stray word": 'resource "a_b" "c" {\n  x\n}\n',
    "a NUL byte": 'resource "a_b" "c" {\n  x = "a\0b"\n}\n',
    "JSON instead of HCL": 'resource "a_b" "c" {\n  "x": 1\n}\n',
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_block_loses_itself_only_and_says_where(read: Callable[..., Any], broken: str) -> None:
    reading = read(BEFORE + broken + AFTER)
    assert {"a_b.before", "a_b.after"} <= set(reading.resources)
    assert "a_b.c" not in reading.resources
    assert reading.gaps
    for gap in reading.gaps:
        assert gap.kind == "syntax"
        assert 4 <= gap.place.line <= 8
        assert "not valid HCL" in gap.reason
        assert "near `" in gap.reason or "at its end" in gap.reason


def test_what_stands_in_a_heredoc_is_not_cut_out_of_it_by_a_fault_elsewhere(read: Callable[..., Any]) -> None:
    nested = 'resource "a_b" "doc" {\n  x = <<EOT\nresource "not" "real" {\n}\nEOT\n}\n'
    reading = read(nested + BROKEN["no value"] + AFTER)
    assert sorted(reading.resources) == ["a_b.after", "a_b.doc"]
    assert reading["a_b.doc"]["x"] == 'resource "not" "real" {\n}\n'


def test_places_count_characters(read: Callable[..., Any]) -> None:
    reading = read('# é\nresource "a_b" "c" { # x\n  x = "éé${"y"}" /* é */\n  tags = { "é" = 1 }\n}\n')
    record = reading["a_b.c"]
    assert record.place == Place("main.tf", 2, 1, 2, 19)
    assert record.marks["x"].line == 3
    assert record.marks["x"].end_column == 17
    assert record["tags"].marks["é"] == Place("main.tf", 4, 12, 4, 19)


def test_line_ends_and_byte_order_marks_of_windows_are_no_fault(read: Callable[..., Any]) -> None:
    reading = read(
        {"main.tf": b'\xef\xbb\xbfresource "a_b" "c" {\r\n  x = <<-E\r\n    a\r\n    b\r\n  E\r\n  y = 1\r\n}\r\n'}
    )
    assert reading.gaps == []
    assert reading["a_b.c"]["y"] == 1
    assert reading["a_b.c"]["x"].split() == ["a", "b"]


def test_empty_files_and_comments_are_nothing(read: Callable[..., Any]) -> None:
    reading = read({"a.tf": "", "b.tf": "# only\n// a\n/* comment */\n", "c.tf": "\n\n"})
    assert (reading.resources, reading.gaps) == ({}, [])
