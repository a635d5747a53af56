"""How large a value may get: code that doubles a value forty times must not fill the memory."""

from __future__ import annotations

from mainstay.model.values import Document, Items, OneOf, Record, Text, Value
from mainstay.sources.terraform.types import EvaluationError

MOST_NODES = 100_000
MOST_LETTERS = 4_000_000
DEEPEST = 100


class TooLarge(EvaluationError):
    """A value that is larger than any configuration needs."""


def check_weight(value: Value) -> int:
    """The number of elements in a value; raises TooLarge where it holds too much, or nests too deeply to be walked.

    What is held twice counts twice, since whoever walks through it meets it twice.
    """
    if isinstance(value, bool | int | float) or value is None:
        return 0
    nodes = letters = 0
    waiting: list[tuple[Value, int]] = [(value, 0)]
    while waiting:
        inner, depth = waiting.pop()
        if isinstance(inner, str):
            letters += len(inner)
            if letters > MOST_LETTERS:
                raise TooLarge(f"the value holds more than {MOST_LETTERS} characters")
            continue
        children = _children(inner)
        if not children:
            continue
        nodes += len(children)
        if nodes > MOST_NODES:
            raise TooLarge(f"the value holds more than {MOST_NODES} elements")
        if depth > DEEPEST:
            raise TooLarge(f"the value nests more than {DEEPEST} levels deep")
        waiting.extend([(child, depth + 1) for child in children])
    return nodes


def _children(value: Value) -> list[Value]:
    if isinstance(value, dict):
        children = list(value.values())
    elif isinstance(value, list):
        children = list(value)
    elif isinstance(value, OneOf):
        children = list(value.options)
    elif isinstance(value, Text):
        children = list(value.parts)
    elif isinstance(value, Document):
        children = [value.value]
    else:
        return []
    if isinstance(value, Record | Items) and isinstance(value.rest, dict | list | OneOf | Document):
        children.append(value.rest)
    return children
