"""Comparisons of one element with the values of a test, in three values.

`comparison(test)` gives the function that compares: it takes an element that is there (neither absent nor null, not a
list, not one of several options; those are the business of the walk) and answers True, False, or None where what is
known of the element does not decide. Negation (`neq`, `exists: false`, null) is the business of the walk as well.
"""

from __future__ import annotations

import ipaddress
import operator
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache

from mainstay.engine.patterns import Pattern, Position, Token, Wild, pattern, plain
from mainstay.model.conditions import Scalar, Test
from mainstay.model.values import Ref, Text, Unknown, Value

Compare = Callable[[Value], bool | None]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

POSITIONS: dict[str, Position] = {
    "equals": "equals",
    "neq": "equals",
    "contains": "contains",
    "startswith": "startswith",
    "endswith": "endswith",
}
ORDERS: dict[str, Callable[[float, float], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
DATE_PARTS: dict[str, Callable[[datetime], int]] = {
    "minute": lambda moment: moment.minute,
    "hour": lambda moment: moment.hour,
    "day": lambda moment: moment.day,
    "week": lambda moment: moment.isocalendar().week,
    "month": lambda moment: moment.month,
    "year": lambda moment: moment.year,
}

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
MADE_UP = frozenset({
    "id", "arn", "name", "region", "bucket", "endpoint", "address", "port", "url", "uri", "dns_name", "dnsname",
    "domain_name", "domainname", "hostname", "hosted_zone_id", "repository_url", "public_ip", "private_ip",
    "cloudfront_access_identity_path",
})  # fmt: skip
"""Attributes whose value is a name or a place, and no secret (as `result` of a random password is one)."""

STAND_IN = "\ue000"

# What looks around itself may be found in a stretch of a text and not in the whole of it.
_LOOKS_AROUND = re.compile(r"(?<!\[)\^|\$|\\[bBAZ]|\(\?([=!<>(])|[*+?}]\+")


def spell(value: Scalar) -> str | None:
    """The string that a scalar equals: `true`, `443`; None for null."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return None if value is None else str(value)


def comparison(test: Test) -> Compare:
    """The comparison of one element with the values of `test`: with any of them, null left aside.

    `fieldref` reads the subject and is not one of them.
    """
    if test.operator in POSITIONS:
        return _strings(test)
    if test.operator == "exists":
        return is_there
    if test.operator == "re":
        return _regular_expressions(test)
    if test.operator == "cidr":
        return _networks(test)
    if test.operator in ORDERS:
        return _numbers(test)
    if test.operator in DATE_PARTS:
        return _dates(test)
    # A placeholder that nothing fills in may stand for any value.
    return lambda element: None


def is_there(element: Value) -> bool | None:
    """Whether the element, of which nothing may be known, is surely there."""
    return True if not isinstance(element, Unknown) or element.is_set else None


def same(left: Value, right: Value, position: Position = "equals", cased: bool = False) -> bool | None:
    """Whether two elements of a subject compare: `right` is equal to, begins, ends or is inside `left`."""
    if isinstance(left, dict | list) or isinstance(right, dict | list):
        return False
    if isinstance(right, Unknown):
        if position != "equals" or isinstance(left, Unknown):
            return None
        left, right = right, left
    wanted = Pattern(tuple(spell(right) or ""), position, cased)
    if isinstance(left, Unknown):
        text = text_tokens(left)
        return None if text is None else wanted.decide(text)
    found = spell(left) or ""
    return wanted.matches(found if cased else found.casefold())


def text_tokens(value: Unknown) -> tuple[Token, ...] | None:
    """What is known of a string that is not known in full; None where it is not even known to be a string."""
    if isinstance(value, Ref):
        stretch = Wild.OWN if value.is_own else Wild.ANY
        return (
            (*value.prefix, stretch)
            if value.prefix
            else (stretch,)
            if value.path == "id" or not value.address
            else None
        )
    if not isinstance(value, Text):
        return None
    found: list[Token] = []
    for part in value.parts:
        if isinstance(part, str):
            found.extend(part)
        else:
            found.extend(text_tokens(part) or (Wild.ANY,))
    return tuple(found)


@lru_cache(maxsize=65536)
def network(text: str) -> Network | None:
    """The network that a string names, host bits aside, or an address as a network of one; None for other strings."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def number(value: Value) -> float | None:
    """The number that an element is or spells."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    return float(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else None


def any_of(answers: Iterable[bool | None]) -> bool | None:
    """Kleene's `or`."""
    found: bool | None = False
    for answer in answers:
        if answer:
            return True
        if answer is None:
            found = None
    return found


def _strings(test: Test) -> Compare:
    position, cased = POSITIONS[test.operator], test.cased
    spelled = [text for value in test.values if (text := spell(value)) is not None]
    wanted = [pattern(text, position, cased) for text in spelled]
    matches = _matcher(spelled, wanted, position, cased)

    def compare(element: Value) -> bool | None:
        if isinstance(element, str):
            return matches(element if cased else element.casefold())
        if isinstance(element, Unknown):
            known = text_tokens(element)
            return None if known is None else any_of(each.decide(known) for each in wanted)
        if isinstance(element, dict):
            return False
        text = spell(element) or ""
        return matches(text if cased else text.casefold())

    return compare


def _matcher(
    spelled: Sequence[str], wanted: Sequence[Pattern], position: Position, cased: bool
) -> Callable[[str], bool]:
    """Whether a folded string matches one of the patterns: a look-up where all of them are plain."""
    if len(wanted) == 1:
        return wanted[0].matches
    plain_texts = [plain(text) for text in spelled]
    if position == "equals" and None not in plain_texts:
        return frozenset(text if cased else text.casefold() for text in plain_texts if text is not None).__contains__
    matchers = [each.matches for each in wanted]
    return lambda text: any(matches(text) for matches in matchers)


def _regular_expressions(test: Test) -> Compare:
    flags = re.NOFLAG
    for letter in test.flags:
        flags |= {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}[letter]
    expressions = [re.compile(str(value), flags) for value in test.values]
    local = [each for each in expressions if not _LOOKS_AROUND.search(each.pattern.replace("\\[", ""))]

    def any_in(element: Value) -> bool:
        """Whether one is found in what is written, the stretches that AWS makes up standing between it."""
        parts = element.parts if isinstance(element, Text) else (element,)
        text = "".join(part if isinstance(part, str) else STAND_IN for part in parts)
        return any(each.search(text) for each in expressions)

    def compare(element: Value) -> bool | None:
        if test.written and made_up(element):
            return any_in(element)
        if isinstance(element, Text):
            # What is found in a known stretch is found in the whole; what is not may still come about.
            stretches = [part for part in element.parts if isinstance(part, str)]
            return True if any(each.search(stretch) for each in local for stretch in stretches) else None
        if isinstance(element, Unknown):
            return None
        if isinstance(element, dict):
            return False
        text = spell(element) or ""
        return any(each.search(text) for each in expressions)

    return compare


def made_up(element: Value) -> bool:
    """True of a reference to a name or id that AWS makes up, and of text whose unknown stretches are such."""
    if isinstance(element, Text):
        return all(isinstance(part, str) or made_up(part) for part in element.parts)
    return isinstance(element, Ref) and element.path.rpartition(".")[2].lower() in MADE_UP


def _networks(test: Test) -> Compare:
    wanted = [found for value in test.values if (found := network(str(value))) is not None]

    def compare(element: Value) -> bool | None:
        if isinstance(element, Unknown):
            return None
        found = network(element) if isinstance(element, str) else None
        return found is not None and any(_inside(found, each) for each in wanted)

    return compare


def _inside(inner: Network, outer: Network) -> bool:
    if isinstance(inner, ipaddress.IPv4Network):
        return isinstance(outer, ipaddress.IPv4Network) and inner.subnet_of(outer)
    return isinstance(outer, ipaddress.IPv6Network) and inner.subnet_of(outer)


def _numbers(test: Test) -> Compare:
    holds = ORDERS[test.operator]
    wanted = [found for value in test.values if (found := number(value)) is not None]

    def compare(element: Value) -> bool | None:
        if isinstance(element, Unknown):
            return None
        found = number(element)
        return found is not None and any(holds(found, each) for each in wanted)

    return compare


def _dates(test: Test) -> Compare:
    part_of = DATE_PARTS[test.operator]
    wanted = {number(value) for value in test.values}

    def compare(element: Value) -> bool | None:
        if isinstance(element, Unknown):
            return None
        if not isinstance(element, str):
            return False
        try:
            return part_of(datetime.fromisoformat(element)) in wanted
        except ValueError:
            return False

    return compare
