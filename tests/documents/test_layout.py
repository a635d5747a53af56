"""The layout of a text agrees with what the text says and where it says it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mainstay.documents import read_yaml
from mainstay.documents.layout import Part, layout
from mainstay.model.places import Place
from mainstay.model.values import Record, Value

NAMES = st.text(alphabet="abcXYZ-_:. é", min_size=1, max_size=8).map(str.strip).filter(bool)
DOCUMENTS = st.recursive(
    st.booleans() | st.integers(-5, 5) | NAMES | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


def agrees(part: Part, value: Value) -> None:
    """The layout has the keys that the reader has, where the reader has them."""
    if isinstance(value, Record):
        assert [key.text for key, _ in part.entries] == list(value)
        for key, inner in part.entries:
            mark = value.marks[key.text]
            assert isinstance(mark, Place)
            assert key.start == (mark.line, mark.column)
            agrees(inner, value[key.text])
    elif isinstance(value, list):
        assert len(part.items) == len(value)
        for item, element in zip(part.items, value, strict=True):
            agrees(item, element)
    else:
        assert part.kind == "scalar"


@given(st.dictionaries(NAMES, DOCUMENTS, min_size=1, max_size=4), st.sampled_from([None, True, False, "json"]))
def test_the_layout_has_what_the_reader_has_and_where(document: Any, style: Any) -> None:
    if style == "json":
        text = json.dumps(document, indent=2, ensure_ascii=False)
    else:
        text = yaml.safe_dump(document, default_flow_style=style, allow_unicode=True)
    part = layout(text)
    assert part is not None
    agrees(part, read_yaml(text, "f").value)


@pytest.mark.parametrize("text", ["a: [", "a: b: c", "{", "\x00", "- " * 300 + "a"])
def test_what_cannot_be_read_has_no_layout(text: str) -> None:
    assert layout(text) is None


def test_what_an_alias_or_a_merge_key_shares_is_marked() -> None:
    part = layout("a: &x {b: 1}\nc: *x\nd:\n  <<: *x\ne: 1\n")
    assert part is not None
    assert [value.shared for _, value in part.entries] == [True, True, True, False]
