"""Blocks of a Terraform file with the bytes that they stand in: what edits are made of."""

from __future__ import annotations

import re

from tree_sitter import Node, Parser

from mainstay.model.places import Place
from mainstay.model.values import Value
from mainstay.sources.originals import Original
from mainstay.sources.terraform.syntax import LANGUAGE

LITERAL = re.compile(r'(?:true|false|null|-?\d+(?:\.\d+)?|"(?:[^"\\$%]|\\.)*")')
LIST = re.compile(rf"\[\s*(?:{LITERAL.pattern}\s*,?\s*)*\]")


class FileBlock:
    """A block in a file, and what stands directly in it."""

    __slots__ = ("labels", "node", "original", "type")

    def __init__(self, original: Original, node: Node) -> None:
        self.original = original
        self.node = node
        words = [child for child in node.children if child.type in ("identifier", "string_lit")]
        texts = [(word.text or b"").decode().strip('"') for word in words]
        self.type = texts[0]
        self.labels = tuple(texts[1:])

    @property
    def key(self) -> tuple[str, int]:
        return self.original.file, self.node.start_byte

    @property
    def children(self) -> list[Node]:
        """The attributes and blocks of its body."""
        bodies = [child for child in self.node.children if child.type == "body"]
        return [node for body in bodies for node in body.children if node.type in ("attribute", "block")]

    @property
    def opening(self) -> int:
        """The offset behind its opening brace."""
        return next(child.end_byte for child in self.node.children if child.type == "block_start")

    @property
    def closing(self) -> int:
        """The offset of its closing brace."""
        return next(child.start_byte for child in self.node.children if child.type == "block_end")

    def blocks(self, name: str) -> list[FileBlock]:
        found = (FileBlock(self.original, child) for child in self.children if child.type == "block")
        return [block for block in found if block.type == name]

    def generates(self, name: str) -> bool:
        """Whether a dynamic block in it makes blocks of that name."""
        return any(block.labels[:1] == (name,) for block in self.blocks("dynamic"))

    def attribute(self, name: str) -> Node | None:
        """The expression of an attribute."""
        for child in self.children:
            if child.type == "attribute" and name_of(child) == name:
                return next(part for part in child.named_children if part.type == "expression")
        return None

    def words(self, name: str) -> str:
        """An attribute's expression as it is written; empty where there is none."""
        node = self.attribute(name)
        return "" if node is None else (node.text or b"").decode()

    def contains(self, offset: int) -> bool:
        return self.node.start_byte <= offset < self.node.end_byte


def name_of(attribute: Node) -> str:
    return (attribute.named_children[0].text or b"").decode()


def top_blocks(original: Original) -> list[FileBlock]:
    """The top-level blocks of a file that stand whole in it."""
    if "blocks" not in original.parsed:
        bodies = [
            node for node in Parser(LANGUAGE).parse(original.text).root_node.named_children if node.type == "body"
        ]
        nodes = [node for body in bodies for node in body.named_children if node.type == "block"]
        original.parsed["blocks"] = [FileBlock(original, node) for node in nodes if not node.has_error]
    found: list[FileBlock] = original.parsed["blocks"]
    return found


def chain_at(original: Original, place: Place) -> list[FileBlock]:
    """The blocks around a place, from the top level inwards; none outside of all blocks."""
    offset = original.offset(place.line, place.column)
    chain: list[FileBlock] = []
    inside = top_blocks(original)
    while block := next((one for one in inside if one.contains(offset)), None):
        chain.append(block)
        inside = [FileBlock(original, child) for child in block.children if child.type == "block"]
    return chain


def is_literal(words: str) -> bool:
    """Whether an expression says its value itself, so that another value can stand in its place."""
    return LITERAL.fullmatch(words) is not None or LIST.fullmatch(words) is not None


def literal(value: Value) -> str:
    """A value as HCL."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return '"' + escaped.replace("${", "$${").replace("%{", "%%{") + '"'
    return str(value)
