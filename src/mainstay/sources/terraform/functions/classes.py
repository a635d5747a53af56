"""Sets of characters in regular expressions: what one step of a pattern accepts."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

Accepts = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class CharacterSet:
    """The characters of some ranges and of some further tests, or all but those."""

    ranges: tuple[tuple[str, str], ...] = ()
    tests: tuple[Accepts, ...] = ()
    negated: bool = False
    folds: bool = False

    def accepts(self, letter: str) -> bool:
        found = self._has(letter)
        if not found and self.folds:
            found = self._has(letter.lower()) or self._has(letter.upper())
        return found is not self.negated

    def _has(self, letter: str) -> bool:
        return any(low <= letter <= high for low, high in self.ranges) or any(test(letter) for test in self.tests)


DIGIT: Final = (("0", "9"),)
SPACE: Final = (("\t", "\n"), ("\f", "\r"), (" ", " "))
WORD: Final = (("0", "9"), ("A", "Z"), ("_", "_"), ("a", "z"))

PERL: Final = {"d": DIGIT, "s": SPACE, "w": WORD}
POSIX: Final = {
    "alnum": (("0", "9"), ("A", "Z"), ("a", "z")),
    "alpha": (("A", "Z"), ("a", "z")),
    "ascii": (("\0", "\x7f"),),
    "blank": (("\t", "\t"), (" ", " ")),
    "cntrl": (("\0", "\x1f"), ("\x7f", "\x7f")),
    "digit": DIGIT,
    "graph": (("!", "~"),),
    "lower": (("a", "z"),),
    "print": ((" ", "~"),),
    "punct": (("!", "/"), (":", "@"), ("[", "`"), ("{", "~")),
    "space": (("\t", "\r"), (" ", " ")),
    "upper": (("A", "Z"),),
    "word": WORD,
    "xdigit": (("0", "9"), ("A", "F"), ("a", "f")),
}
_MINOR: Final = {"C": "cfos", "L": "lmotu", "M": "cen", "N": "dlo", "P": "cdefios", "S": "ckmo", "Z": "lps"}


def category(name: str) -> Accepts | None:
    """The test for a general category of Unicode; None for what is no category, a script for one."""
    if name == "Any":
        return lambda letter: True
    if name[:1] not in _MINOR or (name[1:] and name[1:] not in tuple(_MINOR[name[0]])):
        return None
    return lambda letter: unicodedata.category(letter).startswith(name)


def literal(letter: str, folds: bool) -> Accepts:
    wanted = frozenset((letter, letter.lower(), letter.upper()) if folds else (letter,))
    return lambda found: found in wanted


def opposite(accepts: Accepts) -> Accepts:
    return lambda letter: not accepts(letter)
