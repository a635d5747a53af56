"""Additions to templates, as text: YAML in blocks, YAML in brackets and JSON, each as its surroundings are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mainstay.documents.layout import Part
from mainstay.documents.scalars import plain
from mainstay.model.patches import Edit
from mainstay.model.values import Value
from mainstay.sources.originals import Original

_SPECIAL = frozenset(":#{}[],&*!|>'\"%@`\\")
_YAML_1_1 = frozenset(("yes", "no", "on", "off", "y", "n", "true", "false", "null", "~"))


@dataclass(frozen=True, slots=True)
class Style:
    """How a template is written: what it indents by, and whether it is JSON."""

    unit: str
    json: bool

    @classmethod
    def of(cls, original: Original, key: Part, entry: Part) -> Style:
        """The style of the template that a resource stands in: `key` is its name, `entry` what stands behind it."""
        outer = original.indent(original.offset(*key.start))
        inner = original.indent(original.offset(*entry.entries[0][0].start)) if entry.entries else ""
        unit = inner.removeprefix(outer) if inner.startswith(outer) else ""
        return cls(unit or "  ", original.text.lstrip()[:1] == b"{")

    @property
    def step(self) -> int:
        return len(self.unit)


def scalar(value: Value, quote: str, style: Style) -> str:
    """A value as it stands in the text, quoted as what it replaces was."""
    if isinstance(value, list):
        return f"[{', '.join(scalar(each, quote, style) for each in value)}]"
    if style.json:
        text = json.dumps(value)
        return json.dumps(text) if quote and not isinstance(value, str) else text
    text = value if isinstance(value, str) else json.dumps(value)
    if quote == "'":
        return "'" + text.replace("'", "''") + "'"
    if quote == '"':
        return json.dumps(text)
    if isinstance(value, str) and _needs_quotes(value):
        return json.dumps(value)
    return text


def _needs_quotes(text: str) -> bool:
    return not isinstance(plain(text), str) or not text or text.lower() in _YAML_1_1 or bool(_SPECIAL & set(text))


def entries(original: Original, part: Part, added: Mapping[str, Value], column: int, style: Style) -> Edit:
    """The edit that adds entries to a map, at its end; to nothing at all, where only a key stands."""
    if part.kind == "scalar":
        return _below_key(original, part, added, column, style)
    if part.flow:
        inner = [f"{_key(key, style)}: {_inline(value, style)}" for key, value in added.items()]
        return _in_brackets(original, part, inner, added, style)
    first = part.entries[0][0].start[1]
    return _behind(original, part, _block(added, first - 1, style))


def items(original: Original, part: Part, added: Sequence[Value], column: int, style: Style) -> Edit:
    """The edit that adds elements to a list, at its end."""
    if part.flow or not part.items:
        return _in_brackets(original, part, [_inline(value, style) for value in added], list(added), style)
    return _behind(original, part, _block(list(added), part.start[1] - 1, style))


def _behind(original: Original, part: Part, lines: Sequence[str]) -> Edit:
    """Lines behind the last line of a map or list in block style."""
    last = part.last
    end = original.offset(*last.end)
    eol = original.eol
    if last.quote in ("|", ">"):
        missing = "" if original.text[:end].endswith(b"\n") else eol
        return original.edit(end, end, missing + "".join(f"{line}{eol}" for line in lines))
    end = original.line_end(end)
    return original.edit(end, end, "".join(f"{eol}{line}" for line in lines))


def _below_key(original: Original, part: Part, added: Mapping[str, Value], column: int, style: Style) -> Edit:
    """Entries for a key without a value."""
    end = original.line_end(original.offset(*part.start))
    lines = _block(added, column - 1 + style.step, style)
    return original.edit(end, end, "".join(f"{original.eol}{line}" for line in lines))


def _in_brackets(original: Original, part: Part, inner: Sequence[str], added: Value, style: Style) -> Edit:
    """Parts of a map or list in brackets: on lines of their own where what is there stands so."""
    closing = original.offset(*part.end) - 1
    there: list[Part] = [key for key, _ in part.entries] or part.items
    if not there:
        return original.edit(original.offset(*part.start) + 1, closing, ", ".join(inner))
    last = part.entries[-1][1] if part.entries else part.items[-1]
    end = original.offset(*last.end)
    comma = "" if original.text[end:closing].lstrip().startswith(b",") else ","
    first = original.offset(*there[-1].start)
    indent = original.indent(first)
    if original.line_start(first) + len(indent.encode()) != first:
        return original.edit(end, end, f"{comma or ','} {', '.join(inner)}")
    if not comma:
        end = original.text.index(b",", end) + 1
    texts = _spread(added, indent, style, original.eol)
    return original.edit(end, end, comma + original.eol + f",{original.eol}".join(f"{indent}{one}" for one in texts))


def _spread(added: Value, indent: str, style: Style, eol: str) -> list[str]:
    """Entries or elements over several lines, as JSON is indented."""

    def shown(value: Value) -> str:
        if not style.json:
            return _inline(value, style)
        return json.dumps(value, indent=style.unit).replace("\n", f"{eol}{indent}")

    if isinstance(added, dict):
        return [f"{_key(key, style)}: {shown(value)}" for key, value in added.items()]
    return [shown(value) for value in added]


def _key(key: str, style: Style) -> str:
    return json.dumps(key) if style.json else scalar(key, "", style)


def _inline(value: Value, style: Style) -> str:
    if style.json:
        return json.dumps(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key, style)}: {_inline(each, style)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_inline(each, style) for each in value) + "]"
    return scalar(value, "", style)


def _block(value: Value, indent: int, style: Style) -> list[str]:
    """A map or list in block style, line by line."""
    lines: list[str] = []
    pad = " " * indent
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, dict | list):
                lines += [f"{pad}{_key(key, style)}:", *_block(inner, indent + style.step, style)]
            else:
                lines.append(f"{pad}{_key(key, style)}: {scalar(inner, '', style)}")
        return lines
    for item in value:
        if isinstance(item, dict):
            first, *rest = _block(item, indent + 2, style)
            lines += [f"{pad}- {first.lstrip()}", *rest]
        else:
            lines.append(f"{pad}- {scalar(item, '', style)}")
    return lines
