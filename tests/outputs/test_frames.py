"""Code frames: the right lines, the right stretch underlined, and no source that breaks them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.places import Place
from mainstay.outputs.frames import Note, SourceLines, code_frame, extent, value_extent
from mainstay.outputs.paint import cells, painter, shorten, wrap


def drawn(source: str, *notes: Note, block: Place | None = None, width: int = 80) -> str:
    paint = painter(False)
    return "\n".join(paint(line) for line in code_frame(source.split("\n"), notes, block, width, "high"))


def test_a_property_stands_between_its_neighbours_under_the_header_of_its_block() -> None:
    source = 'resource "a" "b" {\n  one = 1\n  two = 2\n  three = var.x\n  four = 4\n  five = 5\n}'
    note = Note(Place("f", 4, 11, 4, 16), "= false")
    assert drawn(source, note, block=Place("f", 1, 1, 7, 2)) == (
        '  1 | resource "a" "b" {\n'
        "  2 |   one = 1\n"
        "  3 |   two = 2\n"
        "  4 |   three = var.x\n"
        "    |           ^^^^^ = false\n"
        "  5 |   four = 4"
    )


def test_lines_of_the_next_block_are_not_shown() -> None:
    source = "A:\n  one: 1\nB:\n  two: 2"
    assert drawn(source, Note(Place("f", 2, 3, 2, 9)), block=Place("f", 1, 1)) == (
        "  1 | A:\n  2 |   one: 1\n    |   ^^^^^^"
    )


def test_a_block_is_underlined_in_its_first_line_only() -> None:
    source = 'resource "a" "b" {\n  one = 1\n}'
    assert drawn(source, Note(Place("f", 1, 1, 3, 2))) == (
        '  1 | resource "a" "b" {\n    | ^^^^^^^^^^^^^^^^\n  2 |   one = 1'
    )


def test_two_properties_of_one_line_are_underlined_below_each_other() -> None:
    notes = (Note(Place("f", 1, 1, 1, 2), "= 1"), Note(Place("f", 1, 5, 1, 6), "= 2"))
    assert drawn("a + b", *notes) == "  1 | a + b\n    | ^ = 1\n    |     ^ = 2"


def test_a_label_about_the_value_underlines_the_value_of_the_property() -> None:
    assert drawn("multi_az = var.ha", Note(Place("f", 1, 1, 1, 18), "= false")) == (
        "  1 | multi_az = var.ha\n    |            ^^^^^^ = false"
    )


def test_the_order_of_the_notes_does_not_matter() -> None:
    notes = (Note(Place("f", 2, 1, 2, 2)), Note(Place("f", 1, 5, 1, 6), "= 2"), Note(Place("f", 1, 1, 1, 2), "= 1"))
    assert drawn("a + b\nc", *notes) == drawn("a + b\nc", *reversed(notes))


def test_tabs_and_wide_characters_keep_the_underline_in_place() -> None:
    rows = drawn('\tname = "名前" + var.x', Note(Place("f", 1, 16, 1, 21))).split("\n")
    assert cells(rows[0].partition("var.x")[0]) == len(rows[1].partition("^")[0])


def test_a_long_line_is_cut_around_the_stretch_that_matters() -> None:
    source = "list = [" + ", ".join(f'"10.{n}.0.0/16"' for n in range(60)) + "]"
    column = source.index('"10.40.0.0/16"') + 1
    rows = drawn(source, Note(Place("f", 1, column, 1, column + 14)), width=60).split("\n")
    assert all(len(row) <= 60 for row in rows)
    start = rows[1].index("^")
    assert rows[0][start : start + 14] == '"10.40.0.0/16"'
    assert "| ..." in rows[0]
    assert rows[0].endswith("...")


def test_a_label_that_does_not_fit_beside_goes_below() -> None:
    rows = drawn("a = " + "b" * 30, Note(Place("f", 1, 1, 1, 35), "= 0123456789"), width=44).split("\n")
    assert rows[1:] == ["    |     " + "^" * 30, "    |     = 0123456789"]


def test_lines_end_where_the_readers_say_they_do(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"\xef\xbb\xbfone\r\ntwo\x0cstill two\nthree\xff")
    assert SourceLines(tmp_path)("f") == ["one", "two\x0cstill two", "three\ufffd"]


def test_a_file_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("before")
    sources = SourceLines(tmp_path)
    sources("f")
    (tmp_path / "f").write_text("after")
    assert sources("f") == ["before"]


def test_files_that_cannot_be_read_have_no_lines(tmp_path: Path) -> None:
    sources = SourceLines(tmp_path)
    assert [sources(name) for name in ("missing", ".", "null\0byte", "n" * 5000)] == [[], [], [], []]


@pytest.mark.parametrize(
    ("line", "column", "end", "value"),
    [
        ("  multi_az = var.ha # soon", 3, 11, "var.ha"),
        ("  multi_az = var.ha", 14, 20, "var.ha"),
        ("  multi_az = var.ha", 3, 20, "var.ha"),
        ("  size = min(1, var.b)", 3, 24, "min(1, var.b)"),
        ('    "MultiAZ": {"Ref": "Ha"},', 5, 14, '{"Ref": "Ha"}'),
        ("    MultiAZ: !Ref Ha", 5, 12, "!Ref Ha"),
        ("  - {Name: a, MultiAZ: false, Engine: b}", 15, 22, "false"),
        ("  - {Name: a, MultiAZ: false}", 15, 22, "false"),
        ("  Action: 's3:*' # all", 3, 9, "'s3:*'"),
        ('  url = "http://host"', 3, 6, '"http://host"'),
        ("  count = a == b ? 1 : 0", 11, 25, "a == b ? 1 : 0"),
        ("  Balancer:", 3, 11, "Balancer"),
    ],
)
def test_the_value_is_found_from_the_key_or_the_value(line: str, column: int, end: int, value: str) -> None:
    start, stop = value_extent(line, Place("f", 1, column, 1, end))
    assert line[start:stop].strip() == value


def test_an_opening_brace_alone_is_underlined_too() -> None:
    assert drawn("a = {", Note(Place("f", 1, 5))) == "  1 | a = {\n    |     ^"


def test_a_place_without_an_end_covers_the_word_that_stands_there() -> None:
    assert extent("a = var.name + 1", Place("f", 1, 5)) == (4, 12)


def test_a_wide_character_counts_for_two_when_a_label_is_cut() -> None:
    assert cells(shorten("000\u3030\u3030\u3030\u3030 and more", 12)) <= 12


@given(st.text(), st.integers(-2, 9), st.integers(-2, 99), st.integers(-2, 9), st.integers(-2, 99), st.integers(0, 120))
def test_no_source_and_no_place_breaks_a_frame(
    source: str, line: int, column: int, end_line: int, end_column: int, width: int
) -> None:
    place = Place("f", line, column, end_line, end_column)
    frame = drawn(source, Note(place, "= " + source), block=place, width=width)
    for row in frame.split("\n"):
        assert row.isprintable()
        assert cells(row) <= max(width, 20 + 5 + 1)


@given(st.text(), st.integers(1, 40))
def test_wrapping_loses_nothing_and_breaks_at_spaces_or_after_dots(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(cells(line.strip()) <= width or " " not in line.strip() for line in lines)
    if text.isprintable():
        assert "".join("".join(lines).split()) == "".join(text.split())
        broken = [line for line in lines[:-1] if line.endswith(".")]
        assert " ".join(lines).split() == text.split() or broken
