"""What a policy lets its holder do beyond his duties: everything, or gain further rights."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from mainstay.analysis.escalation import fits, open_ways
from mainstay.analysis.meaning.calls import written
from mainstay.analysis.meaning.documents import Statement, at, statements, texts
from mainstay.analysis.meaning.limits import raw_entries
from mainstay.analysis.meaning.managed import MANAGED
from mainstay.model.values import ABSENT, Value

ADMINISTRATION: Final = "administration"

_ANY: Final = "\ue000"  # in no pattern: what covers it covers every name
_WITNESSES: Final = (
    (f"{_ANY}:{_ANY}", f"arn:aws:{_ANY}:{_ANY}:{_ANY}:{_ANY}"),
    (f"iam:{_ANY}", f"arn:aws:iam::{_ANY}:{_ANY}"),
)
"""A call of a service that nobody named, and one of IAM, each on something that nobody named: who may make either may
do everything, or give himself the right to."""

_OF_ACCOUNT = re.compile(r"(?<=:)\d{12}(?=:)")
_PARTITION = re.compile(r"^arn:aws-[a-z-]+(?=:)")
_ALWAYS: Final = frozenset({("bool", "aws:securetransport", "true")})


def grants(call: str, parameters: Value) -> Value:
    """`administration` first, then the ways; ABSENT where what is granted cannot be told."""
    found: list[str] = []
    told = False
    for part in written(call):
        for value in at(parameters, part.path) if part.form in ("permissions", "managed") else ():
            granted = MANAGED.get(_name(value)) if part.form == "managed" else _granted_by(value)
            told = told or granted is not None
            found += granted or ()
    return found if told else ABSENT


def _name(arn: Value) -> str:
    """The name of a policy that AWS manages, with its path."""
    return arn.partition("::aws:policy/")[2] if isinstance(arn, str) else ""


def _granted_by(document: Value) -> Sequence[str] | None:
    policy = statements(document)
    return None if policy is None else granted(policy)


def granted(policy: Sequence[Statement]) -> list[str]:
    """What the statements of a permissions policy grant, without regard to who holds it."""
    plain = [_without_trivial_condition(statement) for statement in policy]
    return [ADMINISTRATION, *open_ways(plain)] if _is_administration(plain) else open_ways(plain)


def _is_administration(policy: Sequence[Statement]) -> bool:
    return any(
        _some(policy, "allow", action, resource) and not _some(policy, "deny", action, resource)
        for action, resource in _WITNESSES
    )


def _some(policy: Sequence[Statement], effect: str, action: str, resource: str) -> bool:
    return any(
        str(statement.get("Effect")).lower() == effect
        and not statement.get("Condition")
        and _speaks_of(statement, "Action", action)
        and _speaks_of(statement, "Resource", resource)
        for statement in policy
    )


def _speaks_of(statement: Statement, key: str, name: str) -> bool:
    excepted = f"Not{key}" in statement
    patterns = texts(statement.get(f"Not{key}" if excepted else key))
    return any(fits(_spelled(pattern, key), name) for pattern in patterns) is not excepted


def _spelled(pattern: str, key: str) -> str:
    """An action in lower case; a resource in whatever account and partition it is."""
    if key == "Action":
        return pattern.lower()
    return _OF_ACCOUNT.sub("*", _PARTITION.sub("arn:aws", pattern))


def _without_trivial_condition(statement: Statement) -> Statement:
    """The statement without its condition where that holds of every request."""
    condition = statement.get("Condition")
    if not condition or not all(_is_trivial(*entry) for entry in raw_entries(condition)):
        return statement
    return {key: value for key, value in statement.items() if key != "Condition"}


def _is_trivial(operator: str, key: str, values: list[str]) -> bool:
    if operator in ("stringlike", "arnlike", "arnequals", "stringlikeifexists"):
        return any(value and not value.strip("*") for value in values)
    if operator == "ipaddress":
        return {"0.0.0.0/0", "::/0"} <= set(values)
    return any((operator, key, value.lower()) in _ALWAYS for value in values)
