"""Sigma's strings with wildcards, and how they match known and partly known text.

A pattern and a partly known text are both sequences of tokens: single characters and stretches of which nothing is
known. So what `*` is to a pattern, an unknown stretch is to a text, and one question decides both ways: does every
text, or no text at all, that the known stretches allow match the pattern?

Case is folded character by character (`str.casefold`), so that the folded parts of a text make the folded text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from functools import lru_cache
from typing import Literal


class Wild(Enum):
    """What stands in a pattern for characters that it does not name, and in a text for those that are not known."""

    ANY = "*"
    ONE = "?"
    OWN = "own"


Token = str | Wild
"""A single character, or a wildcard. In a text `Wild.ANY` is a stretch that is not known, and `Wild.OWN` one that the
provider makes up for a resource of the code: an id, or an ARN from its first colon on."""

NEVER_OWN = ("*", "::aws:")
"""What no such stretch contains: a star, and the account of what AWS owns itself."""

Position = Literal["equals", "contains", "startswith", "endswith"]

_UNKNOWN = "\ue000"  # stands for an unknown stretch where a text is searched by regular expression


def tokens(written: str) -> tuple[Token, ...]:
    r"""The tokens of a pattern as it is written: `\*`, `\?` and `\\` are plain, any other backslash is itself."""
    found: list[Token] = []
    position = 0
    while position < len(written):
        character = written[position]
        if character == "\\" and written[position + 1 : position + 2] in ("*", "?", "\\"):
            position += 1
            found.append(written[position])
        elif character == "*":
            found.append(Wild.ANY)
        elif character == "?":
            found.append(Wild.ONE)
        else:
            found.append(character)
        position += 1
    return tuple(found)


def plain(written: str) -> str | None:
    """The text that a pattern without wildcards stands for; None where there are wildcards."""
    found = tokens(written)
    return None if any(isinstance(token, Wild) for token in found) else "".join(map(str, found))


def escape(text: str) -> str:
    """The pattern that matches `text` and nothing else."""
    return re.sub(r"[*?\\]", r"\\\g<0>", text)


class Pattern:
    """One string of a condition, at its position in the strings that it is compared with."""

    __slots__ = ("_regex", "_tokens", "cased", "matches")

    def __init__(self, written: Sequence[Token], position: Position = "equals", cased: bool = False) -> None:
        before = (Wild.ANY,) if position in ("contains", "endswith") else ()
        after = (Wild.ANY,) if position in ("contains", "startswith") else ()
        self._tokens = (*before, *_folded(written, cased), *after)
        self._regex: re.Pattern[str] | None = None
        self.cased = cased
        self.matches: Callable[[str], bool] = self._matcher()
        """Whether a string, already folded where the pattern is not cased, matches."""

    def decide(self, text: Sequence[Token]) -> bool | None:
        """Whether every text (True) or no text (False) that the tokens of a partly known one allow matches."""
        text = _folded(text, self.cased)
        if self._compiled().fullmatch("".join(_UNKNOWN if isinstance(token, Wild) else token for token in text)):
            return True
        ends_open = self._tokens[:1] == self._tokens[-1:] == (Wild.ANY,)
        if ends_open and (Wild.ANY in text or (Wild.OWN in text and not self._never_own())):
            return None  # the unknown stretch may hold all that the pattern asks for
        return None if _overlap(self._tokens, text) else False

    def _never_own(self) -> bool:
        literal = "".join("\0" if isinstance(token, Wild) else token for token in self._tokens)
        return any(part in literal for part in NEVER_OWN)

    def _compiled(self) -> re.Pattern[str]:
        if self._regex is None:
            spelled = {Wild.ANY: ".*", Wild.ONE: f"[^{_UNKNOWN}]"}
            parts = (spelled[token] if isinstance(token, Wild) else re.escape(token) for token in self._tokens)
            self._regex = re.compile("".join(parts), re.DOTALL)
        return self._regex

    def _matcher(self) -> Callable[[str], bool]:
        """The cheapest way to match the pattern: most have wildcards at their ends only, or none."""
        core = self._tokens
        open_start, open_end = core[:1] == (Wild.ANY,), core[1:] != () and core[-1:] == (Wild.ANY,)
        core = core[int(open_start) : len(core) - int(open_end)]
        if any(isinstance(token, Wild) for token in core):
            regex = self._compiled()
            return lambda text: regex.fullmatch(text) is not None
        literal = "".join(map(str, core))
        if open_start and open_end:
            return lambda text: literal in text
        if open_start:
            return lambda text: text.endswith(literal)
        if open_end:
            return lambda text: text.startswith(literal)
        return lambda text: text == literal


@lru_cache(maxsize=4096)
def pattern(written: str, position: Position = "equals", cased: bool = False) -> Pattern:
    """The pattern for a string of a condition, made once."""
    return Pattern(tokens(written), position, cased)


def _folded(written: Iterable[Token], cased: bool) -> tuple[Token, ...]:
    if cased:
        return tuple(written)
    folded: list[Token] = []
    for token in written:
        if isinstance(token, Wild):
            folded.append(token)
        else:
            folded.extend(token.casefold())
    return tuple(folded)


def _overlap(pattern_tokens: Sequence[Token], text: Sequence[Token]) -> bool:
    """Whether some filling of the unknown stretches of `text` matches: the two automata run side by side."""
    reached = _skip({0}, pattern_tokens)
    for token in text:
        if token is Wild.ANY:
            # the stretch may hold anything, so that every later part of the pattern may be matched by it
            reached = set(range(min(reached), len(pattern_tokens) + 1)) if reached else reached
        elif token is Wild.OWN:
            reached = {later for at in reached for later in _own(at, pattern_tokens)}
        else:
            stepped = {at for at in reached if at < len(pattern_tokens) and pattern_tokens[at] is Wild.ANY}
            stepped |= {
                at + 1
                for at in reached
                if at < len(pattern_tokens) and (pattern_tokens[at] is Wild.ONE or pattern_tokens[at] == token)
            }
            reached = _skip(stepped, pattern_tokens)
        if not reached:
            return False
    return len(pattern_tokens) in reached


def _own(start: int, pattern_tokens: Sequence[Token]) -> range:
    """The parts of the pattern up to which a stretch of `Wild.OWN` may match, from `start` on."""
    literal = "".join("\0" if isinstance(token, Wild) else token for token in pattern_tokens[start:])
    ends = [literal.index(part) + len(part) for part in NEVER_OWN if part in literal]
    return range(start, start + min(ends)) if ends else range(start, len(pattern_tokens) + 1)


def _skip(reached: set[int], pattern_tokens: Sequence[Token]) -> set[int]:
    """What is reached without a character: a `*` may stand for nothing."""
    for at in sorted(reached):
        while at < len(pattern_tokens) and pattern_tokens[at] is Wild.ANY:
            at += 1
            reached.add(at)
    return reached
