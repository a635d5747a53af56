"""Conditions and values in words: what a reason says was expected, and what was found."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from mainstay.engine.matching import spell
from mainstay.engine.patterns import plain
from mainstay.engine.walk import join
from mainstay.model.conditions import All, Any, Condition, Count, Each, Keywords, Not, Path, Scalar, Test
from mainstay.model.values import ABSENT, Document, OneOf, Ref, Text, Unknown, Value

_LONGEST = 80
_SECRET = re.compile(
    r"(?i)(password|passwd|passphrase|secret|secret_?string|token|(secret|private|pre_?shared)_?key|api_?key(value)?)$"
)
_NO_SECRETS = frozenset({"absent", "null", "true", "false", "an empty string", "text in which it is found"})
_VERBS = {
    "contains": "containing ",
    "startswith": "starting with ",
    "endswith": "ending with ",
    "re": "matching ",
    "cidr": "inside ",
    "gt": "more than ",
    "gte": "at least ",
    "lt": "less than ",
    "lte": "at most ",
    "fieldref": "the same as ",
    "expand": "as configured by ",
}
_AMOUNTS = {
    "equals": "",
    "neq": "not ",
    "gt": "more than ",
    "gte": "at least ",
    "lt": "fewer than ",
    "lte": "at most ",
}


def expectation(condition: Condition, wanted: bool = True) -> str:
    """What the condition asks (or forbids, where not `wanted`) of what stands at its path."""
    refusal = "" if wanted else "not "
    match condition:
        case Test():
            return _of_test(condition, wanted)
        case Not(part):
            return expectation(part, not wanted)
        case Count(_, comparison, number):
            return f"{refusal}{_AMOUNTS[comparison]}{number_of_elements(number)}"
        case Each(_, "any", inner):
            return f"{'an' if wanted else 'no'} element with {summary(inner)}"
        case Each(_, "none", inner):
            return f"{'no' if wanted else 'an'} element with {summary(inner)}"
        case Each(_, _, inner):
            return f"every element with {summary(inner)}" if wanted else f"an element without {summary(inner)}"
        case Keywords(words, every_word):
            return f"{refusal}holding {listed(words, 'and' if every_word else 'or')}"
        case _:
            return f"{refusal}{summary(condition)}"


def summary(condition: Condition) -> str:
    """The whole condition on one line, with its paths."""
    match condition:
        case All(parts):
            return " and ".join(map(summary, parts)) or "anything"
        case Any(parts):
            return f"({' or '.join(map(summary, parts)) or 'nothing'})"
        case Not(Test() as test):
            return f"{join(test.path)} {expectation(test, False)}".strip()
        case Not(part):
            return f"not ({summary(part)})"
        case Test(path) | Each(path) | Count(path):
            return f"{join(path)} {expectation(condition)}".strip()
        case Keywords():
            return expectation(condition)


def listed(values: Sequence[Scalar], joined: str = "or") -> str:
    """`a`, `a or b`, `one of a, b, c`."""
    spelled = ["absent" if value is None else shown(value) for value in values]
    if len(spelled) < 3:
        return f" {joined} ".join(spelled)
    return ("all of " if joined == "and" else "one of ") + ", ".join(spelled)


def number_of_elements(number: int) -> str:
    return f"{number} element" if number == 1 else f"{number} elements"


def describe(values: Sequence[Value]) -> str:
    """What was found at a path where no value, one or several stand."""
    if len(values) > 3:
        return f"{', '.join(map(shown, values[:3]))} and {len(values) - 3} more"
    return ", ".join(map(shown, values)) or "absent"


def shown(value: Value) -> str:
    """A value as a reader should see it: on one line, short, what is not known of it marked."""
    if value is ABSENT or value is None:
        return "null"
    text = " ".join(_spelled(value).split()) or "an empty string"
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def told(path: Path, value: Value) -> str:
    """What a property is, as a reason says it: short, and never a secret."""
    return "absent" if value is ABSENT or value is None else discreet(path, shown(value))


def discreet(path: Path, actual: str) -> str:
    """What stands at a path, unless it is a secret by its name: reports are read by more people than the code."""
    name = path[-1] if path else ""
    secret = _SECRET.search(name) is not None and actual not in _NO_SECRETS
    return "set (not shown)" if secret else actual


def _spelled(value: Value) -> str:
    if isinstance(value, Text):
        return "".join(part if isinstance(part, str) else shown(part) for part in value.parts)
    if isinstance(value, Ref):
        return f"${{{value.address}.{value.path}}}"
    if isinstance(value, Document):
        return _spelled(value.value)
    if isinstance(value, OneOf):
        return " or ".join(map(shown, value.options))
    if isinstance(value, Unknown):
        return "${…}"
    if isinstance(value, dict | list):
        return json.dumps(_without_secrets(value), default=shown, ensure_ascii=False)
    return spell(value) or ""


def _without_secrets(value: Value) -> Value:
    """A map or list as a reason may show it: what is a secret by its name is not in it, as `discreet` has it."""
    if isinstance(value, list):
        return [_without_secrets(item) for item in value]
    if not isinstance(value, dict):
        return value
    named = value.get("Name", value.get("Key"))
    telling = isinstance(named, str) and _SECRET.search(named) is not None
    return {
        name: "(not shown)"
        if item is not None and (_SECRET.search(name) or (telling and name.casefold() == "value"))
        else _without_secrets(item)
        for name, item in value.items()
    }


def _of_test(test: Test, wanted: bool) -> str:
    if test.operator == "neq":
        return _of_test(Test(test.path, "equals", test.values), not wanted)
    if test.operator == "exists":
        return "set" if bool(test.values[0]) is wanted else "absent"
    if test.operator == "equals" and test.values == (None,):
        return "absent" if wanted else "set"
    verb = "" if test.operator == "equals" else _VERBS.get(test.operator, f"{test.operator} ")
    values = test.values if test.operator in ("re", "fieldref") else [_unescaped(value) for value in test.values]
    return ("" if wanted else "not ") + verb + listed(values, "and" if test.every_value else "or")


def _unescaped(value: Scalar) -> Scalar:
    """A pattern as a reader knows it: without backslashes where it has no wildcards."""
    text = plain(value) if isinstance(value, str) else None
    return value if text is None else text
