"""Service control policies: a Deny for each control that is about one property that a request says.

One policy a line, as Organizations takes it. Of what exists already, and of what a request does not say, a policy of
requests knows nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any as Json
from typing import TextIO

from mainstay.engine import interpret
from mainstay.engine.matching import spell
from mainstay.exports.left import Inexpressible, Left, default_at, for_templates
from mainstay.exports.request_keys import RequestKey, request_keys
from mainstay.model.conditions import All, Any, Condition, Each, Not, Test
from mainstay.model.controls import Control

MAX_CHARACTERS = 5120
"""What Organizations takes in one policy, white space included."""

OPPOSITES = {"gt": "LessThanEquals", "gte": "LessThan", "lt": "GreaterThanEquals", "lte": "GreaterThan"}


def write_scp(controls: Sequence[Control], stream: TextIO) -> list[Left]:
    """Writes policies, one a line; what is not about one property of a request comes back."""
    left: list[Left] = []
    statements: list[Json] = []
    for control in map(for_templates, controls):
        try:
            statements += _statements(control)
        except Inexpressible as error:
            left.append(Left(control.id, str(error)))
    for policy in _policies(statements):
        stream.write(policy + "\n")
    return left


def _policies(statements: Sequence[Json]) -> Iterator[str]:
    """The statements in as few policies, in their order, as their sizes allow."""
    held: list[Json] = []
    for statement in statements:
        if held and len(_policy([*held, statement])) > MAX_CHARACTERS:
            yield _policy(held)
            held = []
        held.append(statement)
    if held:
        yield _policy(held)


def _policy(statements: Sequence[Json]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


def _statements(control: Control) -> list[Json]:
    test, refused = _plain(control.expect)
    keys = [request_keys().get((type, test.path)) for type in control.applies_to]
    if not all(keys):
        raise Inexpressible("no condition key of a request holds what it asks for")
    if control.when is not None:
        raise Inexpressible("it holds under conditions of which the request does not tell")
    found = [each for of_type in keys for key in of_type or () for each in _of_key(key, test, refused)]
    return [{"Sid": _sid(control.id, at if len(found) > 1 else None), **each} for at, each in enumerate(found, 1)]


def _plain(condition: Condition) -> tuple[Test, bool]:
    """The one test that the condition is, and whether it is the test that must not hold."""
    match condition:
        case All((part,)) | Any((part,)):
            return _plain(part)
        case Not(part) | Each((), "none", part):
            test, refused = _plain(part)
            return test, not refused
        case Each(path, "none", part):
            test, refused = _plain(part)
            if not refused:
                return replace(test, path=path + test.path), True
        case Test(_, "neq", values) if None not in values:
            return replace(condition, operator="equals"), True
        case Test(_, "equals", (None,)):
            return replace(condition, operator="exists", values=(True,)), True
        case Test(_, "exists", (False,)):
            return replace(condition, values=(True,)), True
        case Test() if not condition.every_value and None not in condition.values:
            return condition, False
    raise Inexpressible("it asks for more than one property")


def _of_key(key: RequestKey, test: Test, refused: bool) -> Iterator[Json]:
    if key.forbid:
        yield {"Effect": "Deny", "Action": list(key.forbid), "Resource": key.resource}
        return
    usual = default_at(key.type, key.path)
    held = usual is not None and interpret(replace(test, path=()), usual) is True
    fails_when_absent = held is refused
    for actions, absent in ((key.create, fails_when_absent), (key.change, False)):
        if actions:
            condition = _condition(key, test, refused, absent)
            yield {"Effect": "Deny", "Action": list(actions), "Resource": key.resource, "Condition": condition}


def _condition(key: RequestKey, test: Test, refused: bool, absent: bool) -> Json:
    """When to deny: where the value is there and wrong, and where it is not there if `absent` is wrong as well."""
    if test.operator == "exists":
        if not refused and not absent:
            raise Inexpressible("a request that changes something else would be denied")
        return {"Null": {key.key: "false" if refused else "true"}}
    operator, values = _compared(key, test, refused)
    lone: Json = values[0] if len(values) == 1 else values
    if operator.startswith(("StringNot", "NumericNot")):
        # A negated operator holds of a key that is not there.
        return {operator: {key.key: lone}} | ({} if absent else {"Null": {key.key: "false"}})
    return {f"{operator}IfExists" if absent else operator: {key.key: lone}}


def _compared(key: RequestKey, test: Test, refused: bool) -> tuple[str, list[str]]:
    """The operator that holds of a wrong value, and what it compares with."""
    values = [text for value in test.values if (text := spell(value)) is not None]
    if key.kind == "bool" and test.operator == "equals" and set(values) < {"true", "false"}:
        wrong = values[0] if refused else {"true": "false", "false": "true"}[values[0]]
        return "Bool", [wrong]
    if key.kind == "numeric" and test.operator in OPPOSITES and not refused and len(values) == 1:
        return f"Numeric{OPPOSITES[test.operator]}", values
    if key.kind == "string" and test.operator in ("equals", "contains", "startswith", "endswith"):
        wild = test.operator != "equals" or any(sign in text for text in values for sign in "*?")
        before = "*" if test.operator in ("contains", "endswith") else ""
        after = "*" if test.operator in ("contains", "startswith") else ""
        name = "Like" if wild else "Equals"
        return f"String{'' if refused else 'Not'}{name}", [f"{before}{text}{after}" for text in values]
    raise Inexpressible(f"no operator of a policy compares as {test.operator} does")


def _sid(control: str, number: int | None) -> str:
    name = "".join(word.capitalize() for word in control.split("-"))
    return name if number is None else f"{name}{number}"
