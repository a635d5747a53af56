"""Additions to Terraform blocks, as text: in the style of what stands there, and nothing else touched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mainstay.model.patches import Edit
from mainstay.model.values import Value
from mainstay.sources.terraform.blocks import FileBlock, literal, name_of


@dataclass(slots=True)
class Addition:
    """What a block is to have besides: attributes, nested blocks by name, and blocks that stand beside their likes."""

    attributes: dict[str, str] = field(default_factory=dict)
    blocks: dict[str, Addition] = field(default_factory=dict)
    elements: list[tuple[str, Addition]] = field(default_factory=list)

    def inner(self, name: str) -> Addition:
        return self.blocks.setdefault(name, Addition())

    def set(self, fields: Mapping[str, Value]) -> Addition:
        self.attributes.update((name, literal(value)) for name, value in fields.items())
        return self

    def nested(self) -> Iterator[tuple[str, Addition]]:
        yield from self.blocks.items()
        yield from self.elements

    def lines(self, indent: str) -> list[str]:
        """Its text, line by line."""
        made = _attributes(self.attributes, indent)
        for name, block in self.nested():
            made += [*([""] if made else []), *_block(f"{name} {{", block, indent)]
        return made


def _attributes(attributes: Mapping[str, str], indent: str, width: int = 0) -> list[str]:
    widest = max([width, *map(len, attributes)])
    return [f"{indent}{name:<{widest}} = {value}" for name, value in attributes.items()]


def _block(header: str, block: Addition, indent: str) -> list[str]:
    return [f"{indent}{header}", *block.lines(indent + "  "), f"{indent}}}"]


def added(block: FileBlock, addition: Addition) -> Iterator[Edit]:
    """The edits that put an addition into a block."""
    original = block.original
    outer = original.indent(block.node.start_byte)
    if original.line_end(block.opening) >= block.closing:
        yield from _opened(block, addition, outer)
        return
    indent = original.indent(block.children[0].start_byte) if block.children else outer + "  "
    eol = original.eol
    if addition.attributes:
        before = _before_blocks(block)
        width, end = 0, original.line_end(block.opening)
        if before:
            end = original.line_end(before[-1].end_byte)
            start, sign = before[-1].start_byte, before[-1].children[1].start_byte
            width = sign - start - 1 if len(name_of(before[-1])) <= sign - start - 1 else 0
        lines = _attributes(addition.attributes, indent, width)
        following = original.text[end : block.closing].lstrip(b"\r").removeprefix(b"\n").partition(b"\n")[0]
        first_block = not before and bool(block.children) and bool(following.strip())
        yield original.edit(end, end, "".join(f"{eol}{line}" for line in [*lines, *([""] if first_block else [])]))
    if nested := Addition(blocks=addition.blocks, elements=addition.elements).lines(indent):
        start = original.line_start(block.closing)
        previous = original.text[:start].rstrip(b"\r\n \t")
        blank = original.text[len(previous) : start].count(b"\n") > 1
        alone = len(previous) == block.opening and not addition.attributes
        lines = nested if blank or alone else ["", *nested]
        yield original.edit(start, start, "".join(f"{line}{eol}" for line in lines))


def _before_blocks(block: FileBlock) -> list:  # type: ignore[type-arg] # of syntax nodes
    """The attributes that stand before the first nested block."""
    found = []
    for child in block.children:
        if child.type == "block":
            break
        found.append(child)
    return found


def _opened(block: FileBlock, addition: Addition, outer: str) -> Iterator[Edit]:
    """A block on one line, opened up."""
    original, eol, indent = block.original, block.original.eol, outer + "  "
    lines = addition.lines(indent)
    content = original.text[block.opening : block.closing]
    if not content.strip():
        text = eol + "".join(f"{line}{eol}" for line in lines) + outer
        yield original.edit(block.opening, block.closing, text)
        return
    start = block.opening + len(content) - len(content.lstrip())
    end = block.opening + len(content.rstrip())
    if not addition.attributes:
        lines = ["", *lines]
    yield original.edit(block.opening, start, eol + indent)
    yield original.edit(end, block.closing, eol + "".join(f"{line}{eol}" for line in lines) + outer)


def appended(block: FileBlock, header: str, addition: Addition) -> Edit:
    """The edit that puts a block of its own behind another."""
    original = block.original
    end = original.line_end(block.node.end_byte)
    lines = ["", *_block(header, addition, "")]
    return original.edit(end, end, "".join(f"{original.eol}{line}" for line in lines))
