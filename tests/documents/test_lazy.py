"""A lazy record is the dict that its text says, whoever looks at it in whatever way."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.documents.lazy import LazyRecord, decode_loosely, decode_part

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
RECORDS = st.dictionaries(st.sampled_from("abcdef"), VALUES, max_size=6)

Way = Callable[[dict[str, Any]], Any]
WAYS: dict[str, Way] = {
    "get": lambda one: [one.get(name) for name in "abcx"],
    "get with a default": lambda one: [one.get(name, 7) for name in "ax"],
    "index": lambda one: [one[name] for name in one],
    "in": lambda one: ["a" in one, "x" in one, len(one), bool(one)],
    "keys": lambda one: list(one.keys()),
    "values": lambda one: list(one.values()),
    "items": lambda one: list(one.items()),
    "reversed": lambda one: list(reversed(one)),
    "dict": lambda one: dict(one),
    "unpacked": lambda one: {**one},
    "keywords": lambda one: (lambda **named: named)(**one),
    "update": lambda one: {"z": 1} | {} if {}.update(one) else None,
    "updated": lambda one: _updated(one),
    "equals": lambda one: [one == json.loads(json.dumps(one)), one != {}, one != 3],
    "or": lambda one: one | {"a": 1},
    "ror": lambda one: {"a": 1} | one,
    "copy": lambda one: one.copy(),
    "copied": lambda one: copy.copy(one),
    "deeply": lambda one: copy.deepcopy(one),
    "pickled": lambda one: pickle.loads(pickle.dumps(one)),
    "dumped": lambda one: json.dumps(one),
    "shown": lambda one: repr(one),
    "formatted": lambda one: "".join(f"{{{name}}}" for name in one).format_map(one),
    "setdefault": lambda one: one.setdefault("a", 5),
    "pop": lambda one: one.pop("b", None),
    "popitem": lambda one: one.popitem() if one else None,
    "set": lambda one: one.__setitem__("a", [1]),
}


def _updated(one: dict[str, Any]) -> dict[str, Any]:
    other: dict[str, Any] = {"a": 0}
    other.update(one)
    return other


@given(RECORDS, st.lists(st.sampled_from(sorted(WAYS)), max_size=6))
def test_it_equals_the_plain_dict_in_every_order_of_access(plain: dict[str, Any], ways: list[str]) -> None:
    text = json.dumps(plain).encode()
    plain = json.loads(text)
    lazy = LazyRecord.of(text)
    for name in ways:
        assert WAYS[name](lazy) == WAYS[name](plain), name
    assert lazy == plain
    assert plain == lazy
    assert LazyRecord.of(text) == LazyRecord.of(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (rb'"\ud800"', "�"),
        (b'"\xff"', "�"),
        (b"NaN", "NaN"),
        (b"[-Infinity]", ["-Infinity"]),
        (b"1e999", "1e999"),
        (b'"a\x01"', "a\x01"),
        (b"123456789012345678901234567890", 123456789012345678901234567890),
        (b"[" * 150 + b"]" * 150, "[" * 150 + "]" * 150),
        (b"[" * 99_999 + b"]" * 99_999, "[" * 99_999 + "]" * 99_999),
        (b"{nonsense", "{nonsense"),
    ],
)
def test_a_part_is_told_in_any_case(text: bytes, value: object) -> None:
    assert decode_part(text) == value


def test_what_is_no_json_at_all_is_refused() -> None:
    for text in (b"{", b"", b"[" * 5_000, b"[" * 5_000 + b"]" * 5_000, b"1" * 5_000):
        with pytest.raises(ValueError, match=r"."):
            decode_loosely(text)
