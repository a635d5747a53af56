"""The comments and blocks of YAML: libyaml says where scalars stand, and what begins with `#` outside them is one."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

import yaml

from mainstay.model.places import Place
from mainstay.settings.layout import Block, Comment, Layout

_LOADER = getattr(yaml, "CLoader", yaml.Loader)  # PyYAML may have been built without libyaml; only tokens are read
_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_COMMENT = re.compile("(?:(?<=[ \t\r\n\x85\u2028\u2029\ufeff])|(?<![\\s\\S]))#[^\r\n\x85\u2028\u2029]*")
_HEADER = re.compile("[|>][-+0-9]*(?=[ \t]+#)")
_WITH_TEXT = (yaml.ScalarToken, yaml.AliasToken, yaml.AnchorToken, yaml.TagToken, yaml.DirectiveToken)

Span = tuple[int, int]


def yaml_layout(text: str, file: str, resources: Sequence[Place]) -> Layout:
    """The comments, and the blocks at whose keys the `resources` stand. Ends where the text is no longer YAML."""
    starts = [0, *(match.end() for match in _BREAK.finditer(text))]
    spans, readable = _scalars(text)
    comments = tuple(_comments(text, file, starts, spans, readable))
    alone = {one.place.line: one.place.column for one in comments if one.alone}
    ends = _ends(text, starts, spans, alone)
    blocks = (Block(place.line, place.column, ends.get(place.line, place.line)) for place in resources)
    return Layout(comments, tuple(_extended(block, alone) for block in blocks), ends)


def _extended(block: Block, alone: Mapping[int, int]) -> Block:
    """With the comments that follow a block and are indented as what is in it."""
    last = block.last
    while alone.get(last + 1, 0) > block.column:
        last += 1
    return Block(block.line, block.column, last)


def _scalars(text: str) -> tuple[list[Span], int]:
    """Where there is text in which `#` means nothing, and up to where this is known."""
    spans: list[Span] = []
    try:
        for token in yaml.scan(text, Loader=_LOADER):
            if isinstance(token, _WITH_TEXT):
                start, end = token.start_mark.index, token.end_mark.index
                header = _HEADER.match(text, start, end) if getattr(token, "style", None) in ("|", ">") else None
                if header is not None:
                    # a comment may stand behind the mark of a block scalar
                    line = _BREAK.search(text, start)
                    start = line.end() if line else end
                spans.append((start, end))
    except (yaml.YAMLError, UnicodeEncodeError):
        return spans, spans[-1][1] if spans else 0
    return spans, len(text)


def _comments(text: str, file: str, starts: Sequence[int], spans: Sequence[Span], readable: int) -> Iterator[Comment]:
    firsts = [start for start, _ in spans]
    position = 0
    while (match := _COMMENT.search(text, position)) is not None and match.start() < readable:
        before = bisect_right(firsts, match.start()) - 1
        if before >= 0 and match.start() < spans[before][1]:
            position = max(spans[before][1], match.start() + 1)
            continue
        position = match.end()
        line = bisect_right(starts, match.start())
        column = match.start() - starts[line - 1] + 1
        written = match.group().rstrip()
        alone = not text[starts[line - 1] : match.start()].strip()
        yield Comment(written[1:], Place(file, line, column, line, column + len(written)), alone)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that others may belong to; `item` says that it begins an element of a list."""

    indent: int
    item: bool
    number: int

    def ended_by(self, indent: int, item: bool) -> bool:
        """Whether a line of this indentation stands beside it; a list may be indented as its key is."""
        return indent < self.indent or (indent == self.indent and (self.item or not item))


def _ends(text: str, starts: Sequence[int], spans: Sequence[Span], comments: Container[int]) -> dict[int, int]:
    """By line, the last line of what is indented below it. What stands inside a scalar is part of its first line."""
    inner: set[int] = set()
    for start, end in spans:
        first, last = bisect_right(starts, start), bisect_right(starts, max(start, end - 1))
        inner.update(range(first + 1, last + 1))
    ends: dict[int, int] = {}
    open_lines: list[_Line] = []
    last_line = 0
    for number, begin in enumerate(starts, 1):
        content = text[begin : starts[number] if number < len(starts) else len(text)].rstrip()
        stripped = content.lstrip(" ")
        if not stripped or number in comments:
            continue
        if number not in inner:
            indent, item = len(content) - len(stripped), stripped.startswith("- ") or stripped == "-"
            while open_lines and open_lines[-1].ended_by(indent, item):
                ends[open_lines.pop().number] = last_line
            open_lines.append(_Line(indent, item, number))
        last_line = number
    ends.update((line.number, last_line) for line in open_lines)
    return ends
