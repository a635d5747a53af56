"""What a request writes: the values at a path of its parameters, and the statements of the policies among them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mainstay.documents import decode_json
from mainstay.model.values import Value

Statement = dict[str, Any]

_ESCAPED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")


def at(value: Value, path: str) -> Iterator[Value]:
    """The values at a dotted path, each element of a list one by one.

    Keys are found in whatever case, for the services differ in it. Text is stepped into as the JSON that it holds.
    `?key=value` as a step passes the maps that say so.
    """
    yield from _at(value, path.split(".") if path else [])


def _at(value: Value, path: list[str]) -> Iterator[Value]:
    if isinstance(value, list):
        for element in value:
            yield from _at(element, path)
    elif not path:
        if value is not None:
            yield value
    else:
        if isinstance(value, str):
            value = decoded(value)
            if isinstance(value, list):
                yield from _at(value, path)
        if isinstance(value, dict):
            yield from _step(value, path[0], path[1:])


def _step(value: dict[str, Value], name: str, onward: list[str]) -> Iterator[Value]:
    if name.startswith("?"):
        key, _, wanted = name[1:].partition("=")
        if any(isinstance(one, str) and one.lower() == wanted.lower() for one in _at(value, [key])):
            yield from _at(value, onward)
    else:
        yield from _at(value[name] if name in value else named(value, name), onward)


def named(value: dict[str, Value], name: str) -> Value:
    """What stands under a key, in whatever case it is written; None where nothing does."""
    lower = name.lower()
    return next((child for key, child in value.items() if isinstance(key, str) and key.lower() == lower), None)


def decoded(text: str) -> Value:
    """The value of JSON text, percent-encoded or not; None where it is none."""
    begins = text.lstrip()[:3].lower()
    if begins.startswith(("%7b", "%5b")):
        text = _ESCAPED.sub(lambda found: bytes.fromhex(found[0].replace("%", "")).decode("utf-8", "replace"), text)
    elif not begins.startswith(("{", "[")):
        return None
    try:
        return decode_json(text)
    except ValueError:
        return None


def statements(document: Value) -> list[Statement] | None:
    """The statements of a policy, keys in the spelling of IAM's grammar; None where it is no policy."""
    if isinstance(document, str):
        document = decoded(document)
    if not isinstance(document, dict):
        return None
    found = named(document, "Statement")
    listed = found if isinstance(found, list) else [found]
    if not listed or not all(isinstance(one, dict) for one in listed):
        return None
    return [_spelled(one) for one in listed]


_KEYS = {
    key.lower(): key
    for key in ("Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition")
}


def _spelled(statement: Statement) -> Statement:
    return {_KEYS.get(key.lower(), key): value for key, value in statement.items() if isinstance(key, str)}


def texts(value: Value) -> list[str]:
    """The texts of a value that is one or a list of them; numbers and booleans as JSON writes them."""
    if isinstance(value, list):
        return [text for one in value for text in texts(one)]
    if isinstance(value, bool):
        return [str(value).lower()]
    if isinstance(value, int):
        return [str(value)]
    return [value] if isinstance(value, str) else []
