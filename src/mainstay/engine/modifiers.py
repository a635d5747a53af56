"""What stands behind the bars of an entry: which modifiers there are, and how some of them encode their values."""

from __future__ import annotations

import base64
import codecs
import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import get_args

from mainstay.engine.patterns import escape, plain
from mainstay.model.conditions import Operator, Quantifier

OPERATORS: tuple[str, ...] = tuple(name for name in get_args(Operator) if name != "equals")
QUANTIFIERS: tuple[str, ...] = get_args(Quantifier)
COMPARISONS: tuple[str, ...] = ("neq", "gt", "gte", "lt", "lte")
FLAGS: tuple[str, ...] = ("i", "m", "s")
ALIASES: Mapping[str, str] = {"ignorecase": "i", "multiline": "m", "dotall": "s"}

Encoded = Sequence[str | bytes]
Encoding = Callable[[bytes], Encoded]

_DASHES = ("-", "/", "–", "—", "―")
_DASH = re.compile(r"(?<!\S)[-/–—―](?=\w)")
_MOST_DASHES = 4


class EncodingFault(Exception):
    """A value that a modifier can't encode; the message says why."""


def _base64(text: bytes) -> Encoded:
    return [base64.b64encode(text).decode()]


def _base64_at_any_offset(text: bytes) -> Encoded:
    """The characters that `text` surely gives inside a longer text, for the three ways that it can be aligned."""
    encoded = []
    for offset in range(3):
        full = base64.b64encode(b" " * offset + text).decode()
        first = (0, 2, 3)[offset]
        last = (None, -3, -2)[(offset + len(text)) % 3]
        encoded.append(full[first:last])
    return encoded


def _utf16_little_endian(text: bytes) -> Encoded:
    return [text.decode().encode("utf-16-le")]


ENCODINGS: Mapping[str, Encoding] = {
    "base64": _base64,
    "base64offset": _base64_at_any_offset,
    "wide": _utf16_little_endian,
    "utf16le": _utf16_little_endian,
    "utf16be": lambda text: [text.decode().encode("utf-16-be")],
    "utf16": lambda text: [codecs.BOM_UTF16_LE + text.decode().encode("utf-16-le")],
}

NAMES: tuple[str, ...] = (*QUANTIFIERS, "count", *OPERATORS, *FLAGS, "all", "cased", "written", *ENCODINGS, "windash")


def encode(value: str, names: Sequence[str]) -> tuple[str, ...]:
    """All the spellings of a value that the encoding modifiers `names`, one after the other, make of it.

    Raises EncodingFault where the value has wildcards, which no encoding keeps, or more dashes than can be varied.
    """
    variants: Encoded = [value]
    for name in names:
        if name == "windash":
            variants = [spelled for each in variants for spelled in _with_any_dash(each)]
        else:
            variants = [encoded for each in variants for encoded in ENCODINGS[name](_to_bytes(each))]
    return tuple(each if isinstance(each, str) else escape(each.decode("latin-1")) for each in variants)


def _to_bytes(value: str | bytes) -> bytes:
    if isinstance(value, bytes):
        return value
    text = plain(value)
    if text is None:
        raise EncodingFault(f"{value!r} has wildcards, which can't be encoded")
    return text.encode()


def _with_any_dash(value: str | bytes) -> list[str]:
    if isinstance(value, bytes):
        raise EncodingFault("windash stands before the encodings")
    pieces = _DASH.split(value)
    if len(pieces) - 1 > _MOST_DASHES:
        raise EncodingFault(f"{value!r} has more than {_MOST_DASHES} dashes to vary")
    found = []
    for dashes in itertools.product(_DASHES, repeat=len(pieces) - 1):
        found.append("".join(itertools.chain.from_iterable(zip(pieces, (*dashes, ""), strict=True))))
    return found
