"""Calls and their results, one row each, and what the Go core makes of the same rows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mainstay.model.values import Set, Text, Unknown, Value
from mainstay.sources.terraform.functions import FUNCTIONS, Context, EvaluationError, Refused, call

CASES = Path(__file__).with_name("test_functions_cases.txt")
TOKEN = re.compile(r'\s*(?:("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?(?:e-?\d+)?)|([\w:]+)|(.))')


def rows() -> list[tuple[str, str]]:
    lines = [line for line in CASES.read_text(encoding="utf-8").split("\n") if line and not line.startswith("#")]
    return [(call_text, result) for call_text, _, result in (line.partition("  =>  ") for line in lines)]


def context(directory: Path = Path("/nowhere")) -> Context:
    return Context(directory, directory, lambda text, variables: text.format(**variables))


class Reading:
    """The few expressions that rows are made of: literals, lists, maps and calls."""

    def __init__(self, text: str) -> None:
        self.tokens = [match.groups() for match in TOKEN.finditer(text)]
        self.at = 0

    def value(self) -> Value:
        quoted, number, word, sign = self.tokens[self.at]
        self.at += 1
        if quoted:
            return json.loads(quoted).replace("$${", "${")
        if number:
            return json.loads(number)
        if word:
            if word in ("true", "false", "null"):
                return json.loads(word)
            self.at += 1
            return call(word, list(self.until(")")), context(), None)
        if sign == "[":
            return list(self.until("]"))
        return self.pairs()

    def peek(self) -> str:
        return self.tokens[self.at][3]

    def until(self, end: str) -> Iterator[Value]:
        while self.peek() != end:
            value = self.value()
            if self.peek() == ".":
                self.at += 3
                yield from value
            else:
                yield value
            self.at += self.peek() == ","
        self.at += 1

    def pairs(self) -> dict[str, Value]:
        found: dict[str, Value] = {}
        while self.peek() != "}":
            quoted, _, word, _ = self.tokens[self.at]
            self.at += 2
            found[json.loads(quoted) if quoted else word] = self.value()
            self.at += self.peek() == ","
        self.at += 1
        return found


def outcome(text: str) -> Value:
    try:
        return Reading(text).value()
    except EvaluationError:
        return "error"


def typed(value: Value) -> Value:
    """The value so that true and 1 differ, and numbers read from text equal those computed."""
    if isinstance(value, dict):
        return {key: typed(child) for key, child in value.items()}
    if isinstance(value, list):
        return [typed(child) for child in value]
    return (type(value).__name__, value) if isinstance(value, bool | str) else value


@pytest.mark.parametrize(("text", "result"), rows())
def test_a_call_gives_its_result(text: str, result: str) -> None:
    expected = result if result == "error" else json.loads(result)
    assert typed(outcome(text)) == typed(expected)
