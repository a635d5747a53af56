"""What a plain scalar means: the JSON-like part of YAML 1.2's core schema, and nothing of YAML 1.1.

`yes`, `on`, `2010-09-09`, `012345678901` (an account id), `1_000`, `12:30:00` and `.inf` are the strings they look
like.
"""

from __future__ import annotations

import math
import re

from mainstay.model.conditions import Scalar

_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBER = re.compile(r"[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_PREFIXED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_LONGEST_NUMBER = 400  # longer ones are data, and Python refuses to convert integers of a few thousand digits
_INITIALS = frozenset("-+.0123456789")
_WORD_INITIALS = frozenset("~nNtTfF")


def plain(text: str) -> Scalar:
    """The value of an unquoted scalar."""
    if not text:
        return None
    initial = text[0]
    if initial in _WORD_INITIALS:
        return _WORDS.get(text, text)
    return number(text) if initial in _INITIALS else text


def number(text: str) -> Scalar:
    """The number that `text` spells; `text` itself where it spells none, or one that no JSON number can hold."""
    if len(text) > _LONGEST_NUMBER:
        return text
    if text.isdigit() and text.isascii():
        return text if text[0] == "0" and len(text) > 1 else int(text)
    if _PREFIXED.fullmatch(text):
        return int(text, 0)
    if not _NUMBER.fullmatch(text):
        return text
    if text.lstrip("-+").isdigit():
        return int(text)
    value = float(text)
    return value if math.isfinite(value) else text
