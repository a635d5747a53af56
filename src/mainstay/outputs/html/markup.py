"""HTML that is safe by how it is made: text is escaped, and only elements are not."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from mainstay.outputs.paint import visible

VOID = {"meta", "input"}
_SPACE = re.compile(r"\s+")


class Markup(str):
    """A piece of HTML, made by `element` or `joined`."""

    __slots__ = ()


def text(content: str) -> Markup:
    """The content as text, on one line, whatever it holds."""
    return content if isinstance(content, Markup) else Markup(escape(visible(_SPACE.sub(" ", content))))


def joined(pieces: Iterable[str], between: str = "") -> Markup:
    """The pieces one after the other; those that are not HTML become text."""
    return Markup(text(between).join(map(text, pieces)))


def opening(name: str, /, **attributes: str | bool) -> Markup:
    """An opening tag. `class_` is written `class`, `data_x` is written `data-x`; what is False or empty is left out."""
    written = [name]
    for key, value in attributes.items():
        label = key.rstrip("_").replace("_", "-")
        if value is True:
            written.append(label)
        elif value:
            written.append(f'{label}="{text(value)}"')
    return Markup(f"<{' '.join(written)}>")


def element(name: str, /, *content: str, **attributes: str | bool) -> Markup:
    """An element around its content."""
    if name in VOID:
        return opening(name, **attributes)
    return Markup(f"{opening(name, **attributes)}{joined(content)}</{name}>")


def identifier(prefix: str, name: str) -> str:
    """An id for an element, which a link can name without escapes."""
    return f"{prefix}-{re.sub(r'[^A-Za-z0-9_-]', '-', name)}"
