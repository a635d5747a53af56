"""`regex`, `regexall` and `replace`: patterns run in time that grows with the text only, whatever the pattern.

A pattern becomes a small program; every pair of instruction and position is tried once, in the order of preference
that backtracking has, so that the first match found is Go's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Union

from mainstay.model.values import Unknown, Value
from mainstay.sources.terraform.functions.classes import WORD, Accepts, CharacterSet
from mainstay.sources.terraform.functions.patterns import (
    Assertion,
    Choice,
    Group,
    Letter,
    Node,
    Pattern,
    Repeat,
    Sequence,
    Unsupported,
)
from mainstay.sources.terraform.types import EvaluationError

_LONGEST_PROGRAM: Final = 20_000
_MOST_STEPS: Final = 1_000_000
_REFERENCE: Final = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)\})")
_is_word: Final = CharacterSet(WORD).accepts


@dataclass(slots=True)
class _Fork:
    """Go on at `first`, and where that fails at `second`."""

    first: int
    second: int


@dataclass(frozen=True, slots=True)
class _Save:
    slot: int


Instruction = Union[Accepts, Assertion, _Fork, _Save]
Span = tuple[int, ...]


def _emit(node: Node, program: list[Instruction]) -> None:
    if len(program) > _LONGEST_PROGRAM:
        raise Unsupported("the regular expression is too large")
    match node:
        case Letter(accepts):
            program.append(accepts)
        case Assertion():
            program.append(node)
        case Sequence(parts):
            for part in parts:
                _emit(part, program)
        case Group(index, part):
            program.append(_Save(2 * index))
            _emit(part, program)
            program.append(_Save(2 * index + 1))
        case Choice(branches):
            _emit_choice(branches, program)
        case Repeat():
            _emit_repeat(node, program)


def _emit_choice(branches: list[Node], program: list[Instruction]) -> None:
    jumps: list[_Fork] = []
    for branch in branches[:-1]:
        fork = _Fork(len(program) + 1, 0)
        program.append(fork)
        _emit(branch, program)
        jumps.append(_Fork(0, 0))
        program.append(jumps[-1])
        fork.second = len(program)
    _emit(branches[-1], program)
    for jump in jumps:
        jump.first = jump.second = len(program)


def _emit_repeat(node: Repeat, program: list[Instruction]) -> None:
    if node.most is None:
        _emit_endless(node, program)
        return
    forks: list[_Fork] = []
    for count in range(node.most):
        if count >= node.least:
            forks.append(_Fork(len(program) + 1, 0))
            program.append(forks[-1])
        _emit(node.part, program)
    for fork in forks:
        _leave(fork, len(program), node.greedy)


def _emit_endless(node: Repeat, program: list[Instruction]) -> None:
    """As many copies as there must be, the last of them in a loop."""
    way_out = _Fork(len(program) + 1, 0)
    if not node.least:
        program.append(way_out)
    for _ in range(node.least - 1):
        _emit(node.part, program)
    start = len(program)
    _emit(node.part, program)
    loop = _Fork(start, 0)
    program.append(loop)
    _leave(loop, len(program), node.greedy)
    _leave(way_out, len(program), node.greedy)


def _leave(fork: _Fork, end: int, greedy: bool) -> None:
    """Makes the fork lead on to `end` as its second way, or as its first where less is better."""
    fork.second = end
    if not greedy:
        fork.first, fork.second = end, fork.first


@dataclass(frozen=True, slots=True)
class Program:
    """A pattern ready to run; `names` are those of its groups, None for one without."""

    instructions: list[Instruction]
    names: list[str | None]

    def search(self, text: str, start: int) -> Span | None:
        """The leftmost match from `start` on: where it and each group begin and end, -1 for a group without part."""
        seen: set[int] = set()
        for begin in range(start, len(text) + 1):
            span = self._match(text, begin, seen)
            if span is not None:
                return span
            if len(seen) > _MOST_STEPS:
                raise Unsupported("the text is too long for the regular expression")
        return None

    def _match(self, text: str, begin: int, seen: set[int]) -> Span | None:
        program, width = self.instructions, len(text) + 1
        unset = (begin, -1) + (-1, -1) * len(self.names)
        stack: list[tuple[int, int, Span]] = [(0, begin, unset)]
        while stack:
            at, position, span = stack.pop()
            while at * width + position not in seen:
                seen.add(at * width + position)
                if at == len(program):
                    return (span[0], position, *span[2:])
                instruction = program[at]
                at += 1
                if isinstance(instruction, _Fork):
                    if instruction.second != instruction.first:
                        stack.append((instruction.second, position, span))
                    at = instruction.first
                elif isinstance(instruction, _Save):
                    span = (*span[: instruction.slot], position, *span[instruction.slot + 1 :])
                elif isinstance(instruction, Assertion):
                    if not _holds(instruction.kind, text, position):
                        break
                elif position < len(text) and instruction(text[position]):
                    position += 1
                else:
                    break
            if len(seen) > _MOST_STEPS:
                raise Unsupported("the text is too long for the regular expression")
        return None

    def matches(self, text: str) -> Iterator[Span]:
        """All matches that do not overlap, without an empty one right after another match."""
        position, previous = 0, -1
        while position <= len(text):
            span = self.search(text, position)
            if span is None:
                return
            if span[1] > position or span[0] != previous:
                yield span
            position = span[1] if span[1] > position else position + 1
            previous = span[1]


def _holds(kind: str, text: str, position: int) -> bool:
    if kind == "start":
        return position == 0
    if kind == "end":
        return position == len(text)
    if kind == "line start":
        return position == 0 or text[position - 1] == "\n"
    if kind == "line end":
        return position == len(text) or text[position] == "\n"
    before = position > 0 and _is_word(text[position - 1])
    after = position < len(text) and _is_word(text[position])
    return (before is not after) is (kind == "boundary")


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Program:
    read = Pattern(pattern).read()
    program: list[Instruction] = []
    _emit(read.tree, program)
    return Program(program, read.names)


def _captured(program: Program, text: str, span: Span) -> Value:
    """The whole match of a pattern without groups; else the groups' texts, as a list or by name."""
    texts = [text[span[i] : span[i + 1]] if span[i] >= 0 else None for i in range(2, len(span), 2)]
    if not texts:
        return text[span[0] : span[1]]
    if any(program.names) and not all(program.names):
        raise EvaluationError("a regular expression has either named or unnamed groups, not both")
    if all(program.names):
        return dict(zip(map(str, program.names), texts, strict=True))
    return texts


def regex(pattern: str, text: str) -> Value:
    try:
        program = compiled(pattern)
        span = program.search(text, 0)
    except Unsupported as reason:
        return Unknown(str(reason))
    if span is None:
        raise EvaluationError(f'the regular expression "{pattern[:80]}" does not match')
    return _captured(program, text, span)


def regex_all(pattern: str, text: str) -> Value:
    try:
        program = compiled(pattern)
        return [_captured(program, text, span) for span in program.matches(text)]
    except Unsupported as reason:
        return Unknown(str(reason))


def replace(text: str, wanted: str, replacement: str) -> Value:
    """`wanted` between slashes is a regular expression, and the replacement may name its groups."""
    if len(wanted) < 2 or not (wanted.startswith("/") and wanted.endswith("/")):
        return text.replace(wanted, replacement)
    try:
        program = compiled(wanted[1:-1])
        return "".join(_replaced(program, text, replacement))
    except Unsupported as reason:
        return Unknown(str(reason))


def _replaced(program: Program, text: str, replacement: str) -> Iterator[str]:
    done = 0
    for span in program.matches(text):
        yield text[done : span[0]]
        yield _REFERENCE.sub(lambda match, span=span: _expanded(program, text, span, match), replacement)  # type: ignore[misc]  # the default binds the loop's span
        done = span[1]
    yield text[done:]


def _expanded(program: Program, text: str, span: Span, reference: re.Match[str]) -> str:
    if reference[1]:
        return "$"
    name = reference[2] or reference[3]
    index = int(name) if name.isdecimal() else program.names.index(name) + 1 if name in program.names else -1
    if not 0 <= index <= len(program.names) or span[2 * index] < 0:
        return ""
    return text[span[2 * index] : span[2 * index + 1]]
