"""Strings put together from known and unknown stretches, and the dynamic references inside them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mainstay.model.places import Place
from mainstay.model.values import OneOf, Text, Unknown, Value
from mainstay.sources.cloudformation.budget import TooMuch, Wrong

MAX_TEXT = 1_000_000
MAX_OPTIONS = 16
"""Beyond this many candidates a value is unknown, and no list of alternatives."""

_DYNAMIC = re.compile(r"\{\{resolve:([a-z-]+):")
_SECRET = re.compile(r"\{\{resolve:(?:secretsmanager|ssm-secure):")


def text_of(value: Value) -> str | Unknown:
    """The text that CloudFormation makes of a scalar."""
    if isinstance(value, (str, Unknown)):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    raise Wrong(f"a string is needed, and this is {kind_of(value)}")


def kind_of(value: Value) -> str:
    """What sort of thing a value is, for messages."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a map"
    return "a list" if isinstance(value, list) else "not one"


def compose(parts: Iterable[str | Unknown], place: Place | None) -> Value:
    """The parts one after the other: a string, a Text, or one string for each alternative of a single OneOf."""
    flat: list[str | Unknown] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, Text) else (part,))
    flat = _without_dynamic_references(flat, place)
    joined: list[str | Unknown] = []
    size = 0
    for piece in flat:
        if isinstance(piece, str):
            size += len(piece)
            if size > MAX_TEXT:
                raise TooMuch(f"the text is longer than {MAX_TEXT:,} characters")
            if joined and isinstance(joined[-1], str):
                joined[-1] += piece
                continue
        if piece != "":
            joined.append(piece)
    unknown = [piece for piece in joined if isinstance(piece, Unknown)]
    if not unknown:
        return "".join(piece for piece in joined if isinstance(piece, str))
    only = unknown[0]
    if len(unknown) == 1 and isinstance(only, OneOf) and all(isinstance(o, (str, int, float)) for o in only.options):
        texts = [
            "".join(piece if isinstance(piece, str) else text for piece in joined)
            for text in (str(text_of(option)) for option in only.options)
        ]
        return OneOf(texts, only.reason, place or only.place, only.settle)
    if len(joined) == 1 and not isinstance(only, OneOf) and type(only) is not Unknown:
        return only
    return Text(joined, place)


def surely_set(reason: str, place: Place | None, settle: str = "") -> Text:
    """A string that is there, of which nothing is known."""
    return Text((Unknown(reason, place, settle),), place)


def plain_text(text: str, place: Place | None) -> Value:
    """A string as it stands in the template, its dynamic references made unknown."""
    return compose([text], place) if "{{resolve:" in text else text


def _without_dynamic_references(parts: list[str | Unknown], place: Place | None) -> list[str | Unknown]:
    """`{{resolve:...}}` becomes one unknown stretch, whatever its own parts; one that is never closed stays."""
    if not any(isinstance(part, str) and "{{resolve:" in part for part in parts):
        return parts
    result: list[str | Unknown] = []
    inside = False
    for part in parts:
        if isinstance(part, Unknown):
            if not inside:
                result.append(part)
            continue
        rest = part
        while rest:
            if inside:
                _, closed, rest = rest.partition("}}")
                inside = not closed
                continue
            match = _DYNAMIC.search(rest)
            if match is None:
                result.append(rest)
                break
            if match.start():
                result.append(rest[: match.start()])
            reason = f"a dynamic reference ({match[1]}) is read when the stack is deployed"
            result.append(Unknown(reason, place, "review the deployed stack"))
            inside, rest = True, rest[match.end() :]
    if inside:
        return parts
    secret = _SECRET.match(parts[0]) if len(result) == 1 and isinstance(parts[0], str) else None
    # where it is all of the value, that it is a secret's reference, and no secret, is what can be judged
    return [secret[0], *result, "}}"] if secret is not None else result
