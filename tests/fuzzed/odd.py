"""Values that nobody expects, and what puts them into an answer."""

from __future__ import annotations

import random
from collections.abc import Iterator

from mainstay.model.values import Record, Value

DEPTH = 80


def _nested(opening: type[list[Value]] | type[Record]) -> Value:
    value: Value = opening()
    for _ in range(DEPTH):
        value = [value] if opening is list else Record({"Statement": value})
    return value


TEXTS = (
    "", " ", "\x00", "\ud800", "\u202eevil", "日本語", "a" * 20_000, "arn:aws:", "arn:aws:s3:::", "arn:" * 500, "{",
    "[]", "null", "true", "-1", "1e999", "NaN", '{"Version": "2012-10-17", "Statement": ', '{"Statement": "x"}',
    '{"Statement": [{"Effect": 1, "Action": {"a": []}, "Principal": [[]], "Condition": "x"}]}',
    '{"Statement": {"Effect": "Allow", "Principal": null, "Action": null, "Resource": [null, 3]}}', "[" * 3_000,
    '{"Statement": [[], null, 3]}', "%7B%22Statement%22%3A%5B%5D%7D", "%", "2026-11-23T12:00:00+00:00", "*",
    "0.0.0.0/0", "999.1.1.1/99", "::/0", "a/b:c|d#e", "\r\n\t\x1b[31m", "${aws:username}", "{Name}",
)  # fmt: skip
SCALARS: tuple[Value, ...] = (
    None, True, False, 0, -1, 2**63, 10**400, 0.5, 1e308, float("nan"), float("inf"), *TEXTS,
)  # fmt: skip


def odd(chance: random.Random) -> Value:
    """A value of any type, made anew each time: collectors write into what they are given."""
    kind = chance.randrange(12)
    if kind == 0:
        return [odd(chance) for _ in range(chance.randrange(3))]
    if kind == 1:
        names = ("Name", "Arn", "Tags", "Statement", "Key", "Value", "", "$", "a.b", "\ud800", "a\x00b")
        return Record({chance.choice(names): odd(chance) for _ in range(chance.randrange(3))})
    if kind == 2:
        return _nested(chance.choice((list, Record)))
    return chance.choice(SCALARS)


def disturb(value: Value, chance: random.Random, times: int) -> Value:
    """The value with so many places in it replaced, left out, added or repeated."""
    for _ in range(times):
        places = list(_places(value))
        if not places:
            return odd(chance)
        holder, key = chance.choice(places)
        kind = chance.randrange(5)
        if kind == 0:
            del holder[key]
        elif kind == 1:
            holder[chance.choice(["Tags", "Id", "NextToken", key]) if isinstance(holder, dict) else key] = odd(chance)
        elif kind == 2 and isinstance(holder, list):
            holder.insert(key, chance.choice([holder[key], odd(chance)]))
        else:
            holder[key] = odd(chance)
    return value


def _places(value: Value, depth: int = 0) -> Iterator[tuple[Value, Value]]:
    """Where values stand: the list or map, and the key."""
    if depth < 12 and isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key], depth + 1)
