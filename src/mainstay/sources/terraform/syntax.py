"""HCL text to blocks and attributes with places.

tree-sitter does the parsing. A block with a syntax error is lost and becomes a Gap; the rest of its file is kept, also
where the error has no end (a brace that is never closed), since the file is then cut at its top-level blocks and
each piece is parsed alone.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import tree_sitter_hcl
from tree_sitter import Language, Node, Parser

from mainstay.model.findings import Gap
from mainstay.model.places import Mark, Place
from mainstay.model.values import OneOf, Text, Value

LANGUAGE = Language(tree_sitter_hcl.language())
TOP_LEVEL_BLOCK = re.compile(
    rb"^(?:resource|data|module|variable|output|provider|locals|terraform|moved|import|removed|check|ephemeral|action)"
    rb'(?:[ \t]+(?:"[^"\n]*"|[\w-]+))*[ \t]*\{',
    re.MULTILINE,
)
MAXIMUM_DEPTH = 100
MOST_GAPS = 100
WATCHED = 65_536
"""From this size on, parsing is given a time: what is not HCL at all takes the parser many times as long as HCL."""
SECONDS = 2
BYTES_PER_SECOND = 1_000_000

Compile = Callable[[Node, "Source"], Callable[..., Value]]


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


def parse(text: bytes, file: str, compile: Compile) -> tuple[Body, list[Gap]]:
    """The top level of a file, and a Gap for each block (or stretch) that is not HCL.

    `compile` makes a closure of an expression's node.
    """
    source = Source(file, text, ascii=text.isascii())
    root = _parsed(text)
    if root is None or root.has_error:
        return _parse_piecewise(root, source, compile)
    return _Reader(source, compile).top(root), []


def parse_template(text: str, file: str, line: int, compile: Compile) -> Callable[..., Value] | None:
    """Text as a template, as `templatefile` and JSON syntax take it, to a closure; None where it is not one.

    Text that is one interpolation and nothing else gives that value, of whatever type.
    """
    if text.startswith("${") and text.endswith("}") and text.count("${") == 1:
        alone = _expression(f"x = (\n{text[2:-1]}\n)\n".encode(), file, line - 2, compile)
        if alone is not None:
            return alone
    end = "END_OF_TEMPLATE"
    while end in text:
        end += "_"
    template = _expression(f"x = <<{end}\n{text}\n{end}\n".encode(), file, line - 2, compile)
    return None if template is None else lambda scope: _without_last_newline(template(scope))


def _expression(text: bytes, file: str, line: int, compile: Compile) -> Expression | None:
    """The expression of the one attribute that the text is; None where it is something else."""
    root = _parsed(text)
    if root is None or root.has_error:
        return None
    body = _Reader(Source(file, text, line, text.isascii()), compile).top(root)
    return body.attributes["x"].expression if len(body.attributes) == 1 and not body.blocks else None


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

    def __init__(self, source: Source, compile: Compile) -> None:
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
            self.add(body, child, depth)

    def add(self, body: Body, node: Node, depth: int = 0) -> None:
        """Adds an attribute or a block to the body that it stands in; blocks too deep to be of use are left out."""
        if node.type == "attribute":
            attribute = self._attribute(node)
            body.attributes[attribute.name] = attribute
            body.marks[attribute.name] = attribute.place
        elif node.type == "block" and depth < MAXIMUM_DEPTH:
            block = self._block(node, depth)
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


def _parsed(text: bytes) -> Node | None:
    """The root of the text's syntax tree; None where finding out what is wrong with it takes too long."""
    parser = Parser(LANGUAGE)
    if len(text) < WATCHED:
        return parser.parse(text).root_node
    until = time.thread_time() + SECONDS + len(text) / BYTES_PER_SECOND
    try:
        tree = parser.parse(
            lambda offset, _: text[offset : offset + WATCHED], progress_callback=lambda *_: time.thread_time() > until
        )
    except ValueError:
        return None
    return tree.root_node


def _parse_piecewise(root: Node | None, source: Source, compile: Compile) -> tuple[Body, list[Gap]]:
    """Keeps what stands whole at the top level, and parses what is between alone, cut before each block."""
    body, gaps = Body(), []
    for start, end, node in _stretches(root, len(source.text)):
        if node is not None:
            _Reader(source, compile).add(body, node)
            continue
        if root is None and TOP_LEVEL_BLOCK.search(source.text) is None:
            return body, [Gap("limit", "is too broken to be read in time; it is left out", Place(source.file, 1, 1))]
        cuts = sorted({start, *(match.start() for match in TOP_LEVEL_BLOCK.finditer(source.text, start, end))})
        line, counted = source.text.count(b"\n", 0, start), start
        for begin, stop in zip(cuts, [*cuts[1:], end], strict=True):
            line += source.text.count(b"\n", counted, begin)
            counted = begin
            piece = Source(source.file, source.text[begin:stop], line, source.ascii)
            gap = _add_piece(body, piece, compile)
            gaps += [gap] if gap is not None else []
            if len(gaps) == MOST_GAPS:
                many = Gap("limit", "has too many faults; the rest of the file is left out", gaps[-1].place)
                return body, [*gaps, many]
    return body, gaps


def _stretches(root: Node | None, length: int) -> Iterator[tuple[int, int, Node | None]]:
    """The file as blocks and attributes that stand whole at the top level, and the stretches between them."""
    position = 0
    tops = [child for child in root.named_children if child.type == "body"] if root is not None else []
    for node in (child for top in tops for child in top.named_children):
        if node.type in ("block", "attribute") and not node.has_error and node.start_point[1] == 0:
            if node.start_byte > position:
                yield position, node.start_byte, None
            yield node.start_byte, node.end_byte, node
            position = node.end_byte
    if length > position:
        yield position, length, None


def _add_piece(body: Body, piece: Source, compile: Compile) -> Gap | None:
    if not piece.text.strip():
        return None
    root = _parsed(piece.text)
    if root is None:
        return Gap("limit", "has so many faults that it is left out", Place(piece.file, piece.line_offset + 1, 1))
    if root.has_error:
        return _syntax_gap(root, piece)
    reader = _Reader(piece, compile)
    for top in root.named_children:
        for child in top.named_children if top.type == "body" else ():
            reader.add(body, child)
    return None


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
