"""Regular expressions, by RE2 itself: Terraform's are Go's, which are RE2's, and none takes more than linear time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from mainstay.model.values import Text, Unknown, Value, unknowns
from mainstay.sources.terraform.types import EvaluationError, convert

_ONCE = re.compile(r"\^(?:[\w,{}:.-]|\[[\w-]+\]|\\d)+$")
"""A pattern that is found once at most, at the beginning, whatever comes after what it has found."""

_REFERENCE = re.compile(r"\$(?:(\$)|\{(\w+)\}|(\w+))")

Match = Any
"""A match of re2, which has no types: `start`, `end` and `group` are those of the standard library's."""


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Any:
    """A pattern ready to search with. re2 is imported when the first one is."""
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options=options)
    except re2.error as error:
        raise EvaluationError(f'"{pattern[:80]}" is no regular expression: {_message(error)}') from None


def _message(error: Exception) -> str:
    reason = error.args[0] if error.args else "it does not parse"
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)


def _matches(program: Any, text: str) -> Iterator[Match]:
    """All matches that do not overlap, without an empty one right after another match, as Go has them."""
    position, previous = 0, -1
    while position <= len(text):
        match = program.search(text, position)
        if match is None:
            return
        if match.end() > position or match.start() != previous:
            yield match
        previous = match.end()
        position = match.end() if match.end() > position else position + 1


def _captured(program: Any, match: Match) -> Value:
    """The whole match of a pattern without groups; else the groups' texts, as a list or by name."""
    if not program.groups:
        return match.group()
    names = {index: name for name, index in program.groupindex.items()}
    if names and len(names) < program.groups:
        raise EvaluationError("a regular expression has either named or unnamed groups, not both")
    if names:
        return {names[index]: match.group(index) for index in range(1, program.groups + 1)}
    return list(match.groups())


def regex(pattern: str, text: str) -> Value:
    program = compiled(pattern)
    match = program.search(text)
    if match is None:
        raise EvaluationError(f'the regular expression "{pattern[:80]}" does not match')
    return _captured(program, match)


def regex_all(pattern: Value, text: Value) -> Value:
    if pattern is None or text is None:
        raise EvaluationError("an argument must not be null")
    unknown = next(unknowns([pattern, text]), None)
    if unknown is not None:
        found = Unknown(unknown.reason, unknown.place, unknown.settle)
        if not (isinstance(pattern, str) and isinstance(text, Text) and _ONCE.match(pattern)):
            return found
        return [Text((found,))] if compiled(pattern).search(text.prefix) else found
    program, text = compiled(convert(pattern, "string")), convert(text, "string")
    return [_captured(program, match) for match in _matches(program, text)]


def replace(text: str, wanted: str, replacement: str) -> Value:
    """`wanted` between slashes is a regular expression, and the replacement may name its groups."""
    if len(wanted) < 2 or not (wanted.startswith("/") and wanted.endswith("/")):
        return text.replace(wanted, replacement)
    program = compiled(wanted[1:-1])
    return "".join(_replaced(program, text, replacement))


def _replaced(program: Any, text: str, replacement: str) -> Iterator[str]:
    done = 0
    for match in _matches(program, text):
        yield text[done : match.start()]
        yield _REFERENCE.sub(lambda reference, match=match: _expanded(program, match, reference), replacement)  # type: ignore[misc] # the default binds the loop's match
        done = match.end()
    yield text[done:]


def _expanded(program: Any, match: Match, reference: re.Match[str]) -> str:
    if reference[1]:
        return "$"
    name = reference[2] or reference[3]
    index = int(name) if name.isdecimal() else program.groupindex.get(name, -1)
    return (match.group(index) or "") if 0 <= index <= program.groups else ""
