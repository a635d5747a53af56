"""Values of which a test holds: what witnesses are made of."""

from __future__ import annotations

import ipaddress
import itertools
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from re import _parser  # type: ignore[attr-defined] # re has no public way to its own parse tree
from typing import Any, Final

from mainstay.engine.matching import DATE_PARTS, ORDERS, network, number, spell
from mainstay.engine.patterns import Wild, tokens
from mainstay.model.conditions import Scalar, Test
from mainstay.model.values import Value

ANYTHING: Final[tuple[Value, ...]] = ("w", 1, 0, True, False, "192.0.2.1", "2026-03-02T09:00:00Z", {})
"""Values for what only has to be there, or to be none of some others."""

_MOST_REPEATS = 10_000


def samples(test: Test) -> Iterator[Value]:
    """Values that may satisfy the test, null left aside; fewer than all, and not each of them has to."""
    for value in test.values:
        if test.operator in ("equals", "contains", "startswith", "endswith"):
            yield from _texts(test, value)
        elif test.operator == "exists":
            yield from ANYTHING
        elif test.operator == "re":
            yield from _matching(str(value), test.flags)
        elif test.operator == "cidr":
            yield from _addresses(str(value))
        elif test.operator in ORDERS:
            yield from _near(value)
        elif test.operator in DATE_PARTS:
            yield from _moments(test.operator, value)


def _texts(test: Test, value: Scalar) -> Iterator[Value]:
    if not isinstance(value, str):
        if value is not None:
            yield value
            yield from _around(spell(value) or "", test.operator)
        return
    for filler in ("", "w", "aws"):
        text = "".join(
            token if isinstance(token, str) else filler if token is Wild.ANY else (filler[:1] or "w")
            for token in tokens(value)
        )
        yield text
        yield from _around(text, test.operator)


def _around(text: str, operator: str) -> Iterator[str]:
    """The text with something before it or behind it, where the operator allows that."""
    if operator in ("contains", "startswith"):
        yield f"{text}w"
    if operator in ("contains", "endswith"):
        yield f"w{text}"
    if operator == "contains":
        yield f"w {text} w"


def _addresses(text: str) -> Iterator[Value]:
    found = network(text)
    if found is not None:
        last = found.num_addresses - 1
        for offset in dict.fromkeys((min(1, last), 0, last, last // 2, last // 4)):
            yield str(found[offset])
        for subnet in itertools.islice(found.subnets(), 2):
            yield str(subnet)
        yield str(ipaddress.ip_network(found))


def _near(value: Scalar) -> Iterator[Value]:
    known = number(value)
    if known is not None:
        for step in (0, 1, -1, 0.5, -0.5):
            near = known + step
            yield int(near) if float(near).is_integer() else near


def _moments(part: str, value: Scalar) -> Iterator[Value]:
    """Moments of which one part is the value, the others varied a little."""
    known = number(value)
    if known is None:
        return
    whole = int(known)
    for year, month, day, hour in itertools.product((2026, 2024), (3, 12), (2, 29), (9, 23)):
        parts = {"year": year, "month": month, "day": day, "hour": hour, "minute": 0}
        try:
            if part == "week":
                moment = datetime.fromisocalendar(year, whole, 1).replace(tzinfo=UTC)
            else:
                moment = datetime(**{**parts, part: whole}, tzinfo=UTC)
        except ValueError:
            continue
        yield moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _matching(expression: str, letters: str) -> Iterator[Value]:
    flags = re.NOFLAG
    for letter in letters:
        flags |= {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}[letter]
    pattern = re.compile(expression, flags)
    for filler, more in (("w", 0), ("w", 1), ("1", 1), (" ", 0)):
        try:
            text = _Writer(filler, more).write(_parser.parse(expression, flags))
        except _Unwritten:
            continue
        for each in (text, f"w{text}", f"{text}w"):
            if pattern.search(each):
                yield each


class _Unwritten(Exception):
    """The expression has something that no text is written for."""


class _Writer:
    """Writes a text that a parsed expression may match: `filler` where anything may stand, each repetition as short as
    it may be, and longer by `more`."""

    def __init__(self, filler: str, more: int) -> None:
        self.filler = filler
        self.more = more
        self.groups: dict[int, str] = {}

    def write(self, parsed: Any) -> str:
        return "".join(self.part(operation, argument) for operation, argument in parsed)

    def part(self, operation: Any, argument: Any) -> str:
        match str(operation):
            case "LITERAL":
                return chr(int(argument))
            case "NOT_LITERAL":
                return self.filler if ord(self.filler) != argument else "x"
            case "ANY":
                return self.filler
            case "AT" | "ASSERT_NOT":
                return ""
            case "IN":
                return self.one_of(argument)
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                least, most, inner = argument
                return self.write(inner) * min(int(least) + self.more, int(most), _MOST_REPEATS)
            case "SUBPATTERN":
                text = self.write(argument[-1])
                if argument[0] is not None:
                    self.groups[argument[0]] = text
                return text
            case "ATOMIC_GROUP":
                return self.write(argument)
            case "BRANCH":
                return self.write(argument[1][self.more % len(argument[1])])
            case "GROUPREF":
                return self.groups.get(argument, "")
            case _:
                raise _Unwritten

    def one_of(self, members: Sequence[Any]) -> str:
        """A character of a class: the filler where it may be, otherwise the first that is."""
        allowed = _allowed(members)
        preferred = (self.filler, *map(chr, range(33, 127)), " ", "\t", "\n")
        found = next((each for each in preferred if allowed(each)), None)
        if found is not None:
            return found
        for operation, argument in members:
            if str(operation) == "LITERAL":
                return chr(argument)
            if str(operation) == "RANGE":
                return chr(argument[0])
        raise _Unwritten


_CATEGORIES: Final = {
    "CATEGORY_DIGIT": r"\d", "CATEGORY_NOT_DIGIT": r"\D", "CATEGORY_WORD": r"\w", "CATEGORY_NOT_WORD": r"\W",
    "CATEGORY_SPACE": r"\s", "CATEGORY_NOT_SPACE": r"\S",
}  # fmt: skip


def _allowed(members: Sequence[Any]) -> Any:
    negated = bool(members) and str(members[0][0]) == "NEGATE"

    def holds(character: str) -> bool:
        code = ord(character)
        for operation, argument in members:
            kind = str(operation)
            if (
                (kind == "LITERAL" and code == argument)
                or (kind == "RANGE" and argument[0] <= code <= argument[1])
                or (kind == "CATEGORY" and re.fullmatch(_CATEGORIES.get(str(argument), r"(?!)"), character))
            ):
                return not negated
        return negated

    return holds
