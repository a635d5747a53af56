"""Texts as other programs take them: without control characters, and no longer than they may be."""

from __future__ import annotations

import unicodedata
from typing import Any

from mainstay.outputs.paint import visible


def clean(value: Any) -> Any:
    """The value with control characters and broken code points in its texts written as escapes; lines stay lines."""
    if isinstance(value, str):
        return value if value.isprintable() else "\n".join(map(visible, value.split("\n")))
    if isinstance(value, dict):
        return {name: clean(inner) for name, inner in value.items()}
    return [clean(inner) for inner in value] if isinstance(value, list) else value


def cut(text: str, most: int) -> str:
    """The text on one line in at most so many units of UTF-16, ended by an ellipsis where something is gone.

    A character is kept whole, with its accents. What is empty becomes a dash, for readers that take no empty text.
    """
    text = visible(" ".join(text.split())) or "-"
    if len(text) <= most and text.isascii():
        return text
    units = text.encode("utf-16-le")
    if len(units) <= 2 * most:
        return text
    kept = units[: 2 * (most - 1)].decode("utf-16-le", "ignore")
    while len(kept) > 1 and _joins(text[len(kept)]):
        kept = kept[:-1]
    return f"{kept}…"


def _joins(character: str) -> bool:
    """Whether the character is a part of the one before it: an accent, a variation selector, a skin tone."""
    return unicodedata.category(character) in ("Mn", "Me", "Mc") or "\U0001f3fb" <= character <= "\U0001f3ff"
