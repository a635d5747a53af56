"""The comments and blocks of Terraform's language, without a syntax tree.

Building a tree costs a hundred times as much as this scan, which knows only what it needs to tell a comment from a
string: quotes, heredocs, the templates in both, and brackets. On text that is not valid it gives what it can.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import Literal

from mainstay.model.places import Place
from mainstay.settings.layout import Block, Comment, Layout

_CODE = re.compile(
    r"(?P<line>(?:\#|//)[^\n]*)|(?P<long>/\*.*?(?:\*/|\Z))|(?P<quote>\")"
    r"|<<-?(?P<heredoc>[^\W\d][\w-]*)\r?\n|(?P<open>[{\[(])|(?P<close>[}\])])|(?P<newline>\n)"
    r"|(?P<space>[ \t\r]+)|[^\s\#/\"<{}\[\]()]+|.",
    re.DOTALL,
)
_QUOTED = re.compile(r"\\.|\$\$\{|%%\{|(?P<template>[$%]\{)|(?P<end>[\"\n])|[^\\$%\"\n]+|.", re.DOTALL)
_HEREDOC = re.compile(r"\$\$\{|%%\{|(?P<template>[$%]\{)|(?P<newline>\n)|[^$%\n]+|.", re.DOTALL)
_LAST_LINE = re.compile(r"[ \t]*([^\W\d][\w-]*)[ \t]*(?=\r?(?:\n|\Z))")

Kind = Literal["bracket", "template", "quoted", "heredoc"]


@dataclass(frozen=True, slots=True)
class _Open:
    """Something that is open: where, whether it is part of a string, and for a heredoc the word that ends it."""

    kind: Kind
    line: int
    in_string: bool
    word: str = ""


def hcl_layout(text: str, file: str) -> Layout:
    """The comments, the blocks of the top level and the brackets that go over several lines."""
    return _Scanner(text, file).scan()


class _Scanner:
    """One text being scanned; `header` is where the statement of the top level begins that is being read."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self.position = 0
        self.open: list[_Open] = []
        self.header: tuple[int, int] | None = None
        self.comments: list[Comment] = []
        self.blocks: list[Block] = []
        self.ends: dict[int, int] = {}

    def scan(self) -> Layout:
        while self.position < len(self.text):
            kind = self.open[-1].kind if self.open else "bracket"
            if kind == "quoted":
                self.quoted()
            elif kind == "heredoc":
                self.heredoc(self.open[-1].word)
            else:
                self.code()
        return Layout(tuple(self.comments), tuple(self.blocks), self.ends)

    def spot(self, position: int) -> tuple[int, int]:
        line = bisect_right(self.starts, position)
        return line, position - self.starts[line - 1] + 1

    def code(self) -> None:
        match = _CODE.match(self.text, self.position)
        assert match is not None, "the last alternative takes any character"
        start, self.position = self.position, match.end()
        kind = match.lastgroup
        if kind in ("line", "long"):
            self.comment(start, match.end())
        elif kind == "newline":
            self.header = None if not self.open else self.header
        elif kind == "close":
            self.close(start)
        elif kind != "space":
            spot = self.spot(start)
            if not self.open:
                self.header = self.header or spot
            if kind == "open":
                self.open.append(_Open("bracket", spot[0], bool(self.open) and self.open[-1].in_string))
            elif kind == "quote":
                self.open.append(_Open("quoted", spot[0], True))
            elif kind == "heredoc":
                self.open.append(_Open("heredoc", spot[0], True, match["heredoc"]))
                self.end_heredoc(match["heredoc"])

    def comment(self, start: int, end: int) -> None:
        if self.open and self.open[-1].in_string:
            return  # in a template, which is part of a string
        written = self.text[start:end].rstrip("\r")
        line, column = self.spot(start)
        end_line, end_column = self.spot(start + len(written))
        if written.startswith("/*"):
            inner = written[2:-2] if len(written) >= 4 and written.endswith("*/") else written[2:]
        else:
            inner = written.removeprefix("//") if written.startswith("//") else written[1:]
        before = self.text[self.starts[line - 1] : start]
        after = self.text[end : self.starts[end_line]] if end_line < len(self.starts) else self.text[end:]
        alone = not before.strip() and not after.strip()
        self.comments.append(Comment(inner, Place(self.file, line, column, end_line, end_column), alone))

    def close(self, position: int) -> None:
        """The end of the innermost bracket; one too many is left alone."""
        if not self.open:
            return
        opened = self.open.pop()
        line = self.spot(position)[0]
        if line > opened.line:
            self.ends[opened.line] = max(line, self.ends.get(opened.line, 0))
        if not self.open and self.header is not None and self.text[position] == "}":
            self.blocks.append(Block(*self.header, line))
            self.header = None

    def quoted(self) -> None:
        match = _QUOTED.match(self.text, self.position)
        assert match is not None, "the last alternative takes any character"
        if match.lastgroup == "end":
            self.open.pop()
            # a string ends with its line, whatever it lacks
            self.position += 1 if match.group() == '"' else 0
            return
        self.position = match.end()
        if match.lastgroup == "template":
            self.open.append(_Open("template", self.spot(match.start())[0], True))

    def heredoc(self, word: str) -> None:
        match = _HEREDOC.match(self.text, self.position)
        assert match is not None, "the last alternative takes any character"
        self.position = match.end()
        if match.lastgroup == "template":
            self.open.append(_Open("template", self.spot(match.start())[0], True))
        elif match.lastgroup == "newline":
            self.end_heredoc(word)

    def end_heredoc(self, word: str) -> None:
        """Ends the heredoc where the line that begins here is its word."""
        match = _LAST_LINE.match(self.text, self.position)
        if match is not None and match[1] == word:
            self.open.pop()
            self.position = match.end()
