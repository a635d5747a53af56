"""What a reader sees as one character, which is what Terraform counts."""

from __future__ import annotations

import unicodedata
from typing import Final

_JOINER: Final = "\u200d"


def graphemes(text: str) -> list[str]:
    """The text cut into what a reader sees as characters: marks, joiners and flags stay with their base.

    The standard library has no table of cluster boundaries; this follows Unicode's rules by general category.
    """
    if text.isascii() and "\r\n" not in text:
        return list(text)
    clusters: list[str] = []
    for character in text:
        if clusters and _continues(clusters[-1], character):
            clusters[-1] += character
        else:
            clusters.append(character)
    return clusters


def _continues(cluster: str, character: str) -> bool:
    if character == "\n":
        return cluster == "\r"
    if unicodedata.category(cluster[-1]) in ("Cc", "Zl", "Zp"):
        return False
    if unicodedata.category(character) in ("Mn", "Me", "Mc") or character == _JOINER:
        return True
    if cluster[-1] == _JOINER:
        return unicodedata.category(character) == "So"
    if "\U0001f3fb" <= character <= "\U0001f3ff":
        return True
    if "\U0001f1e6" <= character <= "\U0001f1ff":
        return len(cluster) == 1 and "\U0001f1e6" <= cluster <= "\U0001f1ff"
    return "\u1160" <= character <= "\u11ff" and "\u1100" <= cluster[-1] <= "\u11ff"
