"""HCL text to blocks and attributes with places.

tree-sitter does the parsing. A block with a syntax error is lost and becomes a Gap; the rest of its file is kept, also
where the error has no end (a brace that is never closed), since the file is then cut at its top-level blocks and
each piece is parsed alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import tree_sitter_hcl
from tree_sitter import Language, Node, Parser

from mainstay.model.findings import Gap
from mainstay.model.places import Mark, Place
from mainstay.model.values import OneOf, Text, Value

LANGUAGE = Language(tree_sitter_hcl.language())
TOP_LEVEL_BLOCK = re.compile(rb'^[a-z_]+(?:[ \t]+(?:"[^"\n]*"|[\w-]+))*[ \t]*\{', re.MULTILINE)
MAXIMUM_DEPTH = 200

Closure = Callable[["object"], Value]


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a file and the name under which it is shown; places are made from it."""

    file: str
    text: bytes
    line_offset: int = 0
    ascii: bool = True

    def place(self, node: Node) -> Place:
        (line, column), (end_line, end_column) = node.start_point, node.end_point
        if not self.ascii:
            start, end = node.start_byte, node.end_byte
            column = len(self.text[start - column : start].decode("utf-8", "replace"))
            end_column = len(self.text[end - end_column : end].decode("utf-8", "replace"))
        offset = self.line_offset + 1
        return Place(self.file, line + offset, column + 1, end_line + offset, end_column + 1)

    def slice(self, start: int, end: int) -> str:
        return self.text[start:end].decode("utf-8", "replace")


class Expression:
    """An expression that is compiled when it is first evaluated: most of a module's never are."""

    __slots__ = ("_closure", "_compile", "place")

    def __init__(self, place: Place, compile: Callable[[], Callable[..., Value]]) -> None:
        self.place = place
        self._compile: Callable[[], Callable[..., Value]] | None = compile
        self._closure: Callable[..., Value] | None = None

    def __call__(self, scope: object) -> Value:
        if self._closure is None:
            assert self._compile is not None
            self._closure = self._compile()
            self._compile = None
        return self._closure(scope)


@dataclass(frozen=True, slots=True)
class Attribute:
    """`name = expression`. `node` is the expression's syntax, None where the file is JSON; `text` is JSON's string."""

    name: str
    expression: Expression
    place: Place
    node: Node | None = None
    text: str = ""

    @property
    def words(self) -> str:
        """The expression as it is written, without the `${}` that JSON puts around it."""
        if self.node is not None:
            return (self.node.text or b"").decode("utf-8", "replace")
        return self.text[2:-1] if self.text.startswith("${") and self.text.endswith("}") else self.text


@dataclass(slots=True)
class Body:
    """What stands between braces. `marks` are the places of the attributes and of the first block of each type."""

    attributes: dict[str, Attribute] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)
    marks: dict[str, Mark] = field(default_factory=dict)

    def of_type(self, type: str) -> Iterator[Block]:
        return (block for block in self.blocks if block.type == type)


@dataclass(frozen=True, slots=True)
class Block:
    """`type "label" ... { body }`. The place is the header's."""

    type: str
    labels: tuple[str, ...]
    body: Body
    place: Place


def parse(text: bytes, file: str, compile: Callable[[Node, Source], Callable[..., Value]]) -> tuple[Body, list[Gap]]:
    """The top level of a file, and a Gap for each block (or stretch) that is not HCL.

    `compile` makes a closure of an expression's node.
    """
    source = Source(file, text, ascii=text.isascii())
    root = Parser(LANGUAGE).parse(text).root_node
    reader = _Reader(source, compile)
    if not root.has_error:
        return reader.top(root), []
    return _parse_piecewise(source, compile)


def parse_template(
    text: str, file: str, line: int, compile: Callable[[Node, Source], Callable[..., Value]]
) -> Callable[..., Value] | None:
    """Text as a template, as `templatefile` and JSON syntax take it, to a closure; None where it is not one.

    Text that is one interpolation and nothing else gives that value, of whatever type.
    """
    single = text.startswith("${") and text.endswith("}") and "\n" not in text and text.count("${") == 1
    end = "END_OF_TEMPLATE"
    while end in text:
        end += "_"
    wrapped = (f'x = "{text}"\n' if single else f"x = <<{end}\n{text}\n{end}\n").encode()
    root = Parser(LANGUAGE).parse(wrapped).root_node
    if root.has_error:
        return None
    source = Source(file, wrapped, line - (1 if single else 2), wrapped.isascii())
    expression = _Reader(source, compile).top(root).attributes["x"].expression
    return expression if single else lambda scope: _without_last_newline(expression(scope))


def _without_last_newline(value: Value) -> Value:
    """Takes away the newline that a heredoc adds to the text it wraps."""
    if isinstance(value, str):
        return value.removesuffix("\n")
    if isinstance(value, OneOf):
        return OneOf(map(_without_last_newline, value.options), value.reason, value.place, value.settle)
    if isinstance(value, Text):
        *parts, last = value.parts
        kept = last.removesuffix("\n") if isinstance(last, str) else last
        parts = [*parts, kept] if kept != "" else parts
        return parts[0] if len(parts) == 1 else Text(parts, value.place)
    return value


class _Reader:
    """Reads the syntax tree of one piece of text."""

    def __init__(self, source: Source, compile: Callable[[Node, Source], Callable[..., Value]]) -> None:
        self.source = source
        self.compile = compile

    def top(self, root: Node) -> Body:
        body = Body()
        for child in root.named_children:
            if child.type == "body":
                self._fill(body, child, 0)
        return body

    def _fill(self, body: Body, node: Node, depth: int) -> None:
        for child in node.named_children:
            kind = child.type
            if kind == "attribute":
                attribute = self._attribute(child)
                body.attributes[attribute.name] = attribute
                body.marks[attribute.name] = attribute.place
            elif kind == "block" and depth < MAXIMUM_DEPTH:
                block = self._block(child, depth)
                body.blocks.append(block)
                name = block.labels[0] if block.type == "dynamic" and block.labels else block.type
                body.marks.setdefault(name, block.place)

    def _attribute(self, node: Node) -> Attribute:
        name, value = (child for child in node.named_children if child.type != "comment")
        source, compile = self.source, self.compile
        place = source.place(node)
        text = (name.text or b"").decode()
        return Attribute(text, Expression(place, lambda: compile(value, source)), place, value)

    def _block(self, node: Node, depth: int) -> Block:
        words: list[str] = []
        body = Body()
        end = node
        for child in node.children:
            kind = child.type
            if kind == "identifier":
                words.append((child.text or b"").decode())
                end = child
            elif kind == "string_lit":
                words.append(self.source.slice(child.start_byte + 1, child.end_byte - 1))
                end = child
            elif kind == "body":
                self._fill(body, child, depth + 1)
        start, stop = self.source.place(node), self.source.place(end)
        header = Place(start.file, start.line, start.column, stop.end_line, stop.end_column)
        return Block(words[0], tuple(words[1:]), body, header)


def _parse_piecewise(source: Source, compile: Callable[[Node, Source], Callable[..., Value]]) -> tuple[Body, list[Gap]]:
    """Parses each top-level block alone, so that a broken one loses itself only."""
    text = source.text
    starts = [match.start() for match in TOP_LEVEL_BLOCK.finditer(text)]
    cuts = sorted({0, *starts})
    merged, gaps = Body(), []
    parser = Parser(LANGUAGE)
    for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True):
        piece = text[start:end]
        if not piece.strip():
            continue
        part = Source(source.file, piece, text.count(b"\n", 0, start), source.ascii)
        root = parser.parse(piece).root_node
        if root.has_error:
            gaps.append(_syntax_gap(root, part))
            continue
        body = _Reader(part, compile).top(root)
        merged.attributes.update(body.attributes)
        merged.blocks.extend(body.blocks)
        for name, mark in body.marks.items():
            merged.marks.setdefault(name, mark)
    return merged, gaps


def _syntax_gap(root: Node, part: Source) -> Gap:
    place = part.place(_first_error(root))
    lines = part.text.decode("utf-8", "replace").splitlines()
    header = part.text.split(b"{", 1)[0].strip().decode("utf-8", "replace").splitlines() or ["text"]
    what = f"block `{header[-1][:60]}`" if b"{" in part.text else "text"
    line = lines[place.line - part.line_offset - 1].strip()[:40] if place.line - part.line_offset <= len(lines) else ""
    near = f" near `{line}`" if line else " at its end: a brace or a quote is not closed"
    return Gap("syntax", f"{what} is not valid HCL{near}; it is left out", place)


def _first_error(node: Node) -> Node:
    """The first error in the tree, walked without recursion: broken text nests as deeply as it likes."""
    while True:
        if node.is_error or node.is_missing:
            return node
        following = next((child for child in node.children if child.has_error or child.is_missing), None)
        if following is None:
            return node
        node = following
