"""Terraform's functions of strings. Lengths and positions count what a reader sees as one character."""

from __future__ import annotations

from typing import Final

from mainstay.model.values import ABSENT, Text, Unknown, Value
from mainstay.sources.terraform.functions.calling import blurred
from mainstay.sources.terraform.functions.graphemes import graphemes
from mainstay.sources.terraform.functions.numbers import whole
from mainstay.sources.terraform.functions.sequences import open_elements
from mainstay.sources.terraform.types import EvaluationError, to_string

_SPACES: Final = (
    "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)


def upper(text: str) -> str:
    """Letter by letter, as Go does: what has no single capital stays."""
    return "".join(big if len(big := letter.upper()) == 1 else letter for letter in text)


def lower(text: str) -> str:
    return "".join(letter.lower()[:1] for letter in text)


def title(text: str) -> str:
    """The first letter of every word made a capital; the others stay as they are."""
    letters = list(text)
    for index, letter in enumerate(letters):
        if index == 0 or _separates(text[index - 1]):
            letters[index] = upper(letter)
    return "".join(letters)


def _separates(letter: str) -> bool:
    if letter.isascii():
        return not (letter.isalnum() or letter == "_")
    return letter in _SPACES


def reverse(text: str) -> str:
    return "".join(reversed(graphemes(text)))


def substring(text: str, offset: float, length: float) -> str:
    """`length` characters from `offset`, which counts from the end when negative; a negative length means all."""
    start, count = whole(offset, "offset"), whole(length, "length")
    letters = graphemes(text)
    if start < 0:
        start = max(0, start + len(letters))
        # Terraform's own quirk: with a negative offset, a length of 0 means all.
        count = count or -1
    return "".join(letters[start:] if count < 0 else letters[start : start + count])


def split(separator: str, text: str) -> list[str]:
    return text.split(separator) if separator else list(text)


def trim(text: str, cutset: str) -> str:
    return text.strip(cutset) if cutset else text


def trim_space(text: str) -> str:
    return text.strip(_SPACES)


def trim_prefix(text: str, prefix: str) -> str:
    return text.removeprefix(prefix)


def trim_suffix(text: str, suffix: str) -> str:
    return text.removesuffix(suffix)


def chomp(text: str) -> str:
    return text.rstrip("\r\n")


def indent(spaces: float, text: str) -> str:
    count = whole(spaces, "number of spaces")
    if not 0 <= count <= 10_000:
        raise EvaluationError("the number of spaces must not be negative, nor above 10000")
    return text.replace("\n", "\n" + " " * count)


def starts_with(text: str, prefix: str) -> bool:
    return text.startswith(prefix)


def ends_with(text: str, suffix: str) -> bool:
    return text.endswith(suffix)


def contains(text: str, part: str) -> bool:
    return part in text


def join(separator: Value, *lists: Value) -> Value:
    """The elements of the lists with `separator` between them; a Text where some of them are unknown."""
    if not lists:
        raise EvaluationError("at least one list is required")
    parts: list[Value] = []
    for each in lists:
        elements, rest = open_elements(each, "string", sets=True)
        if any(element is None for element in elements):
            raise EvaluationError("an element is null; cannot concatenate null values")
        if rest is not ABSENT or isinstance(separator, Unknown):
            return blurred([separator, *elements, rest])
        parts += elements
    if separator is None:
        raise EvaluationError("the separator must not be null")
    between = to_string(separator)
    spaced = [piece for part in parts for piece in (between, part)][1:]
    return text_of(spaced)


def text_of(parts: list[Value]) -> Value:
    """The string that the parts make one after another; a Text where some are unknown."""
    pieces: list[str | Unknown] = []
    for part in parts:
        for piece in part.parts if isinstance(part, Text) else (part,):
            if pieces and isinstance(piece, str) and isinstance(pieces[-1], str):
                pieces[-1] += piece
            elif piece != "":
                pieces.append(piece)
    if all(isinstance(piece, str) for piece in pieces):
        return "".join(str(piece) for piece in pieces)
    return Text(pieces)
