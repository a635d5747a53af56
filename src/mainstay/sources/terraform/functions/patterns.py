"""RE2's regular expressions, read into a tree: the syntax of Go, which is not Python's.

Python's own engine would differ in many places ($, \\s, {,2}, possessive repeats) and can take exponential time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, Union

from mainstay.sources.terraform.functions.classes import PERL, POSIX, Accepts, CharacterSet, category, literal, opposite
from mainstay.sources.terraform.types import EvaluationError


@dataclass(frozen=True, slots=True)
class Letter:
    accepts: Accepts


@dataclass(frozen=True, slots=True)
class Assertion:
    kind: str


@dataclass(frozen=True, slots=True)
class Sequence:
    parts: list[Node]


@dataclass(frozen=True, slots=True)
class Choice:
    branches: list[Node]


@dataclass(frozen=True, slots=True)
class Repeat:
    part: Node
    least: int
    most: int | None
    greedy: bool


@dataclass(frozen=True, slots=True)
class Group:
    index: int
    part: Node


Node = Union[Letter, Assertion, Sequence, Choice, Repeat, Group]


class Unsupported(Exception):
    """A pattern that RE2 takes and this engine does not; its result is unknown, not an error."""


_REPEAT: Final = re.compile(r"(?:([*+?])|\{(\d{1,5})(,?)(\d{0,5})\})", re.ASCII)
_GROUP: Final = re.compile(r"\?(?:P?<(?P<name>[^>]*)>|(?P<flags>[imsU]*(?:-[imsU]+)?)(?P<end>[:)]))")
_HEX: Final = re.compile(r"x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})")
_OCTAL: Final = re.compile(r"0[0-7]{0,2}|[1-7][0-7]{1,2}")
_PROPERTY: Final = re.compile(r"([pP])(?:([A-Z])|\{(\^?)([A-Za-z_]+)\})")
_POSIX: Final = re.compile(r"\[:(\^?)(\w+):\]")
_CONTROLS: Final = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ASSERTIONS: Final = {"A": "start", "z": "end", "b": "boundary", "B": "no boundary"}
_MOST_REPEATS: Final = 1000
_DEEPEST: Final = 200


@dataclass(slots=True)
class Pattern:
    """A pattern being read, and what was found in it: its tree and the names of its groups, None for one without."""

    text: str
    names: list[str | None] = field(default_factory=list)
    position: int = 0
    flags: frozenset[str] = frozenset()
    depth: int = 0
    tree: Node = field(default_factory=lambda: Sequence([]))

    def read(self) -> Pattern:
        self.tree = self._choice()
        if self.position < len(self.text):
            raise self._error("an unexpected )")
        return self

    def _error(self, what: str) -> EvaluationError:
        return EvaluationError(f'{what} in the regular expression "{self.text[:80]}"')

    def _next(self) -> str:
        return self.text[self.position : self.position + 1]

    def _take(self, expression: re.Pattern[str]) -> re.Match[str] | None:
        match = expression.match(self.text, self.position)
        if match:
            self.position = match.end()
        return match

    def _choice(self) -> Node:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise Unsupported("the regular expression is nested too deeply")
        branches = [self._sequence()]
        while self._next() == "|":
            self.position += 1
            branches.append(self._sequence())
        self.depth -= 1
        return branches[0] if len(branches) == 1 else Choice(branches)

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while self._next() not in ("", "|", ")"):
            if self.text.startswith("\\Q", self.position):
                parts += self._quoted()
            elif (atom := self._atom()) is not None:
                parts.append(atom)
            else:
                # flags alone are nothing that can be repeated
                if self._repetition() is not None:
                    raise self._error("a repetition of nothing")
                continue
            if parts and (bounds := self._repetition()) is not None:
                parts[-1] = self._repeated(parts[-1], *bounds)
        return Sequence(parts)

    def _quoted(self) -> list[Node]:
        end = self.text.find("\\E", self.position)
        quoted = self.text[self.position + 2 : end if end >= 0 else len(self.text)]
        self.position = end + 2 if end >= 0 else len(self.text)
        return [self._literal(letter) for letter in quoted]

    def _literal(self, letter: str) -> Node:
        return Letter(literal(letter, "i" in self.flags))

    def _repetition(self) -> tuple[int, int | None] | None:
        start = self.position
        match = self._take(_REPEAT)
        if match is None:
            return None
        if match[1]:
            return {"*": (0, None), "+": (1, None), "?": (0, 1)}[match[1]]
        least = int(match[2])
        most = (int(match[4]) if match[4] else None) if match[3] else least
        if not match[3] and match[4]:
            self.position = start
            return None
        if least > _MOST_REPEATS or (most is not None and not least <= most <= _MOST_REPEATS):
            raise self._error("an invalid count of repetitions")
        return least, most

    def _repeated(self, part: Node, least: int, most: int | None) -> Node:
        lazy = self._next() == "?"
        self.position += lazy
        if self._repetition() is not None:
            raise self._error("a repetition of a repetition")
        return Repeat(part, least, most, lazy is ("U" in self.flags))

    def _atom(self) -> Node | None:
        if self._take(_REPEAT):
            raise self._error("a repetition of nothing")
        letter = self._next()
        self.position += 1
        match letter:
            case "(":
                return self._group()
            case "[":
                return Letter(self._set().accepts)
            case ".":
                return Letter(_any if "s" in self.flags else _any_but_newline)
            case "^":
                return Assertion("line start" if "m" in self.flags else "start")
            case "$":
                return Assertion("line end" if "m" in self.flags else "end")
            case "\\":
                return self._escape()
        return self._literal(letter)

    def _group(self) -> Node | None:
        outer = self.flags
        opening = self._take(_GROUP)
        if opening is None and self._next() == "?":
            raise self._error("an unknown kind of group")
        if opening is not None and opening["name"] is None:
            self.flags = _changed(self.flags, opening["flags"])
            if opening["end"] == ")":
                return None
            index = 0
        else:
            index = self._named(opening["name"] if opening else None)
        inner = self._choice()
        if self._next() != ")":
            raise self._error("a missing )")
        self.position += 1
        self.flags = outer
        return Group(index, inner) if index else inner

    def _named(self, name: str | None) -> int:
        if name is not None and not re.fullmatch(r"\w+", name, re.ASCII):
            raise self._error("an invalid name of a group")
        self.names.append(name)
        return len(self.names)

    def _escape(self) -> Node:
        letter = self._next()
        if letter in _ASSERTIONS and letter:
            self.position += 1
            return Assertion(_ASSERTIONS[letter])
        found = self._class_escape()
        if found is not None:
            return Letter(found)
        return self._literal(self._escaped_letter())

    def _class_escape(self) -> Accepts | None:
        letter = self._next()
        if letter and letter.lower() in PERL:
            self.position += 1
            return CharacterSet(PERL[letter.lower()], negated=letter.isupper()).accepts
        if letter not in ("p", "P"):
            return None
        match = self._take(_PROPERTY)
        if match is None:
            raise self._error("an invalid character property")
        test = category(match[2] or match[4])
        if test is None:
            raise Unsupported(f"the script {match[4]} in a regular expression can't be told here")
        return opposite(test) if (match[1] == "P") is not bool(match[3]) else test

    def _escaped_letter(self) -> str:
        letter = self._next()
        if match := self._take(_HEX):
            code = int(match[1] or match[2], 16)
            if code > 0x10FFFF:
                raise self._error("an invalid character code")
            return chr(code)
        if match := self._take(_OCTAL):
            return chr(int(match[0], 8))
        self.position += 1
        if letter in _CONTROLS:
            return _CONTROLS[letter]
        if not letter or letter.isalnum() or not letter.isascii():
            raise self._error("an invalid escape")
        return letter

    def _set(self) -> CharacterSet:
        negated = self._next() == "^"
        self.position += negated
        ranges: list[tuple[str, str]] = []
        tests: list[Accepts] = []
        first = True
        while first or self._next() != "]":
            first = False
            if not self._next():
                raise self._error("a missing ]")
            if match := self._take(_POSIX):
                if match[2] not in POSIX:
                    raise self._error("an unknown character class")
                tests.append(CharacterSet(POSIX[match[2]], negated=bool(match[1])).accepts)
            elif self._next() == "\\" and (found := self._set_escape()) is not None:
                tests.append(found)
            else:
                ranges.append(self._range())
        self.position += 1
        return CharacterSet(tuple(ranges), tuple(tests), negated, "i" in self.flags)

    def _set_escape(self) -> Accepts | None:
        self.position += 1
        found = self._class_escape()
        if found is None:
            self.position -= 1
        return found

    def _range(self) -> tuple[str, str]:
        low = self._set_letter()
        following = self.text[self.position : self.position + 2]
        if len(following) < 2 or following[0] != "-" or following[1] == "]":
            return low, low
        self.position += 1
        high = self._set_letter()
        if high < low:
            raise self._error("a range that runs backwards")
        return low, high

    def _set_letter(self) -> str:
        letter = self._next()
        self.position += 1
        return self._escaped_letter() if letter == "\\" else letter


def _any(letter: str) -> bool:
    return True


def _any_but_newline(letter: str) -> bool:
    return letter != "\n"


def _changed(flags: frozenset[str], change: str) -> frozenset[str]:
    added, _, removed = change.partition("-")
    return (flags | set(added)) - set(removed)
