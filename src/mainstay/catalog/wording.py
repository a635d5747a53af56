"""Conditions in words, for people who ask what a control looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mainstay.model.conditions import All, Any, Condition, Count, Each, Keywords, Not, Path, Scalar, Test
from mainstay.model.facts import FACTS

_HOLDS: Mapping[str, str] = {
    "equals": "is",
    "neq": "is not",
    "contains": "contains",
    "startswith": "starts with",
    "endswith": "ends with",
    "re": "matches",
    "cidr": "lies in",
    "gt": "is more than",
    "gte": "is at least",
    "lt": "is less than",
    "lte": "is at most",
    "exists": "is set",
    "fieldref": "is the same as",
    "expand": "is",
    "minute": "is at minute",
    "hour": "is at hour",
    "day": "is on day",
    "week": "is in week",
    "month": "is in month",
    "year": "is in year",
}
_FAILS: Mapping[str, str] = {
    "is": "is not",
    "is not": "is",
    "contains": "does not contain",
    "starts with": "does not start with",
    "ends with": "does not end with",
    "matches": "does not match",
    "lies in": "does not lie in",
}
_COUNTS: Mapping[str, str] = {
    "equals": "exactly",
    "neq": "any number but",
    "gt": "more than",
    "gte": "at least",
    "lt": "fewer than",
    "lte": "at most",
}
_ROOTS = {"derived": "the fact", "raw": "the attribute"}


def in_words(condition: Condition) -> str:
    """The condition as a clause: "`MultiAZ` is true and `BackupRetentionPeriod` is at least 7"."""
    return _words(condition, nested=False)


def _words(condition: Condition, nested: bool = True) -> str:
    match condition:
        case All(parts=parts) | Any(parts=parts):
            return _joined(parts, isinstance(condition, All), nested)
        case Not(part=Test() as test):
            return _test(test, holds=False)
        case Not(part=part):
            return f"it is not so that {_words(part)}"
        case Test():
            return _test(condition)
        case Each():
            return _each(condition)
        case Count(path=path, comparison=comparison, number=number):
            return f"there {'is' if number == 1 else 'are'} {_COUNTS[comparison]} {number} of {_name(path)}"
        case Keywords(words=words, every_word=every_word):
            return f"{_values(words, 'and' if every_word else 'or')} occurs anywhere"


def _joined(parts: Sequence[Condition], every: bool, nested: bool) -> str:
    if not parts:
        return "always" if every else "never"
    if len(parts) == 1:
        return _words(parts[0], nested)
    text = (" and " if every else " or ").join(map(_words, parts))
    return f"({text})" if nested else text


def _test(test: Test, holds: bool = True, subject: str | None = None) -> str:
    name = subject or _name(test.path)
    if test.operator == "exists":
        return f"{name} is {'set' if holds == (test.values == (True,)) else 'not set'}"
    if test.operator in ("equals", "neq") and test.values == (None,):
        return f"{name} is {'not set' if holds == (test.operator == 'equals') else 'set'}"
    verb = _HOLDS[test.operator]
    if not holds:
        verb = _FAILS.get(verb) or verb.replace("is", "is not", 1)
    if test.operator == "fieldref" and test.flags:
        verb = f"{_HOLDS[test.flags] if holds else _FAILS[_HOLDS[test.flags]]} the value of"
    return f"{name} {verb} {_values(test.values, 'and' if test.every_value else 'or')}"


def _each(each: Each) -> str:
    noun = _element(each.path)
    if isinstance(each.condition, Test) and not each.condition.path:
        subject = {"any": f"one of {noun}", "every": f"each of {noun}", "none": f"none of {noun}"}[each.quantifier]
        return _test(each.condition, subject=subject)
    opening = {"any": f"one of {noun} has", "every": f"each of {noun} has", "none": f"none of {noun} has"}
    return f"{opening[each.quantifier]}: {_words(each.condition)}"


def _name(path: Path) -> str:
    if not path:
        return "it"
    if path[0] == "related" and len(path) > 1:
        inner = ".".join(path[2:])
        noun = f"the `{path[1]}` that point at it"
        return f"`{inner}` of {noun}" if inner else noun
    if path[0] in _ROOTS and len(path) > 1:
        name = ".".join(path[1:])
        told = f" ({FACTS[name].phrase})" if path[0] == "derived" and name in FACTS else ""
        return f"{_ROOTS[path[0]]} `{name}`{told}"
    return f"`{'.'.join(path)}`"


def _element(path: Path) -> str:
    return "its elements" if not path else _name(path)


def _values(values: Sequence[Scalar], junction: str) -> str:
    spelled = list(map(_value, values))
    if len(spelled) == 1:
        return spelled[0]
    return f"{', '.join(spelled[:-1])} {junction} {spelled[-1]}"


def _value(value: Scalar) -> str:
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"`{value}`" if isinstance(value, str) else str(value)
