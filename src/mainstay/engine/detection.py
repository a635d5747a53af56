"""The `condition:` string of a detection block: `sel and not (1 of filter* or other)`.

disjunction = conjunction ("or" conjunction)*
conjunction = negation ("and" negation)*
negation    = "not" negation | "(" disjunction ")" | quantity "of" target | selection
quantity    = "1" | "any" | "all"
target      = "them" | a selection, in which * stands for any characters
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase

from mainstay.model.conditions import All, Any, Condition, Not
from mainstay.model.errors import Fault
from mainstay.model.places import Place

_TOKEN = re.compile(r"[()|]|[^\s()|]+")
_WORDS = ("and", "or", "not", "of")


class DetectionFault(Exception):
    """The string is not a condition; `fault` says why."""

    def __init__(self, message: str, place: Place | None, hint: str = "") -> None:
        super().__init__(message)
        self.fault = Fault(message, place, hint)


def combine(text: str, selections: Mapping[str, Condition], place: Place | None) -> Condition:
    """The condition that `text` says over the named selections. Raises DetectionFault."""
    return _Reader(text, selections, place).read()


class _Reader:
    """Reads a condition string from the left, one token ahead."""

    def __init__(self, text: str, selections: Mapping[str, Condition], place: Place | None) -> None:
        self.tokens = _TOKEN.findall(text)
        self.position = 0
        self.selections = selections
        self.place = place

    def read(self) -> Condition:
        if not self.tokens:
            raise self.fault("the condition is empty")
        found = self.disjunction()
        if self.ahead == "|":
            raise self.aggregation()
        if self.ahead is not None:
            raise self.fault(f"{self.ahead!r} is not expected here", "join selections with and, or")
        return found

    @property
    def ahead(self) -> str | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def take(self) -> str:
        token = self.ahead
        if token is None:
            raise self.fault("the condition ends too early")
        self.position += 1
        return token

    def accept(self, word: str) -> bool:
        found = self.ahead is not None and self.ahead.lower() == word
        self.position += found
        return found

    def disjunction(self) -> Condition:
        parts = [self.conjunction()]
        while self.accept("or"):
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def conjunction(self) -> Condition:
        parts = [self.negation()]
        while self.accept("and"):
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def negation(self) -> Condition:
        if self.accept("not"):
            return Not(self.negation())
        if self.accept("("):
            found = self.disjunction()
            if not self.accept(")"):
                raise self.fault("a parenthesis is not closed")
            return found
        token = self.take()
        if token == "|":
            raise self.aggregation()
        if self.ahead is not None and self.ahead.lower() == "of":
            return self.quantity(token)
        return self.selection(token)

    def quantity(self, quantity: str) -> Condition:
        self.take()
        target = self.take()
        if quantity.lower() not in ("1", "any", "all"):
            raise self.fault(f"{quantity!r} of {target} is not a quantity", "use 1, any or all")
        names = "*" if target.lower() == "them" else target
        # As in Sigma, a selection whose name begins with an underscore is not one of `them`.
        parts = tuple(
            condition
            for name, condition in self.selections.items()
            if fnmatchcase(name, names) and (target.lower() != "them" or not name.startswith("_"))
        )
        if not parts:
            raise self.unknown_selection(target)
        return All(parts) if quantity.lower() == "all" else Any(parts)

    def selection(self, name: str) -> Condition:
        if name in self.selections:
            return self.selections[name]
        if name.lower() in _WORDS or name in "()":
            raise self.fault(f"{name!r} is not expected here", "a selection's name is")
        raise self.unknown_selection(name)

    def aggregation(self) -> DetectionFault:
        return self.fault("aggregations after | are no part of Sigma any more", "a correlation rule counts events")

    def unknown_selection(self, name: str) -> DetectionFault:
        close = difflib.get_close_matches(name, self.selections, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(self.selections) or 'none'}"
        return self.fault(f"there is no selection {name!r}", hint)

    def fault(self, message: str, hint: str = "") -> DetectionFault:
        return DetectionFault(message, self.place, hint)
