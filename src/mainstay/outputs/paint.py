"""Lines of text with tones, painted in colour or plain: one layout for both.

Everything that is painted passes `visible` first: a reviewed file must not send escape sequences to a terminal.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

Tone = Literal["plain", "strong", "quiet", "place", "good", "critical", "high", "medium", "low"]
Span = tuple[str, Tone]
Line = tuple[Span, ...]
Painter = Callable[[Iterable[Span]], str]

# The terminal's own sixteen colours, so that a user's light or dark theme stays readable.
PALETTE: dict[Tone, str] = {
    "strong": "bold",
    "quiet": "bright_black",
    "place": "cyan",
    "good": "bold green",
    "critical": "bold white on red",
    "high": "bold red",
    "medium": "bold yellow",
    "low": "bold blue",
}


def painter(color: bool) -> Painter:
    """The function that turns the spans of a line into text, with escape sequences only where `color`."""
    if not color:
        return lambda spans: "".join([visible(text) for text, _ in spans]).rstrip()
    # Only what colours need: rich.console takes three times as long to import and would lay the lines out anew.
    from rich.color import ColorSystem
    from rich.style import Style

    around: dict[Tone, tuple[str, str]] = {"plain": ("", "")}
    for tone, definition in PALETTE.items():
        before, _, after = Style.parse(definition).render("\0", color_system=ColorSystem.STANDARD).partition("\0")
        around[tone] = (before, after)

    def paint(spans: Iterable[Span]) -> str:
        painted = []
        for text, tone in spans:
            before, after = around[tone]
            painted.append(f"{before}{visible(text)}{after}" if text.strip() else text)
        return "".join(painted).rstrip()

    return paint


def visible(text: str) -> str:
    """The text with control characters, direction overrides and broken code points written as escapes."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def cells(text: str) -> int:
    """How many terminal cells the text takes: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def wrap(text: str, width: int, hanging: str = "") -> list[str]:
    """The words of the text in lines of at most `width` cells.

    A longer word is broken after a dot (a property's path) where it has one, and stays whole otherwise. All lines
    but the first begin with `hanging`; the indentation of the text itself stays.
    """
    text = visible(text.replace("\n", " "))
    lines: list[str] = []
    words = (part for word in text.split() for part in _parts(word, width - len(hanging)))
    for word in words:
        if lines and cells(lines[-1]) + 1 + cells(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(hanging + word if lines else text[: len(text) - len(text.lstrip())] + word)
    return lines or [""]


def _parts(word: str, width: int) -> Iterator[str]:
    """A word in parts that fit, where it can be broken."""
    while cells(word) > width and "." in word[1:width]:
        end = word.rindex(".", 1, width) + 1
        yield word[:end]
        word = word[end:]
    yield word


def shorten(text: str, width: int) -> str:
    """The text on one line, cut to `width` cells, after a whole word where one ends near."""
    text = " ".join(text.split())
    if cells(text) <= width:
        return text
    kept = text[: max(width - 4, 1)]
    while len(kept) > 1 and cells(kept) > width - 4:
        kept = kept[:-1]
    whole, _, rest = kept.rpartition(" ")
    return f"{whole if len(rest) < len(kept) // 5 else kept} ..."
