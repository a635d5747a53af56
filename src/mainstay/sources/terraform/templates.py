"""String templates: quoted strings, heredocs, interpolations and directives."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from tree_sitter import Node

from mainstay.model.places import Place
from mainstay.model.values import ABSENT, Document, Items, OneOf, Ref, Text, Unknown, Value
from mainstay.sources.terraform.alternatives import MOST_OPTIONS, one_of
from mainstay.sources.terraform.operators import to_bool
from mainstay.sources.terraform.scope import Scope
from mainstay.sources.terraform.syntax import Source
from mainstay.sources.terraform.types import EvaluationError, convert

Closure = Callable[[Scope], Value]
Compile = Callable[[Node, Source], Closure]

ESCAPES = re.compile(r"\\(?:[nrt\"\\]|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})|\$\$\{|%%\{")
PLAIN = {"\\n": "\n", "\\r": "\r", "\\t": "\t", '\\"': '"', "\\\\": "\\", "$${": "${", "%%{": "%{"}
HEREDOC_ESCAPES = re.compile(r"\$\$\{|%%\{")


def unescape(text: str) -> str:
    """The characters that a quoted string's text stands for."""

    def character(match: re.Match[str]) -> str:
        escape = match.group()
        return PLAIN[escape] if escape in PLAIN else chr(int(escape[2:], 16))

    return ESCAPES.sub(character, text) if "\\" in text or "{" in text else text


def compile_quoted(node: Node, source: Source, compile: Compile) -> Closure:
    """A closure for `"..."`. A string that is one interpolation and nothing else gives the value itself."""
    if node.type == "template_expr":
        node = node.children[0]
    children = node.children
    start, end = children[0].end_byte, children[-1].start_byte
    parts = [part for part in children[1:-1] if part.type in ("template_interpolation", "template_directive")]
    if not parts:
        text = unescape(source.slice(start, end))
        return lambda scope: text
    pieces = _pieces(parts, start, end, source, compile, unescape)
    if len(pieces) == 1 and parts[0].type == "template_interpolation":
        return pieces[0]
    return _joined(pieces, source.place(node))


def compile_heredoc(node: Node, source: Source, compile: Compile) -> Closure:
    """A closure for a heredoc; `<<-` takes away the indentation that all its lines share."""
    children = node.children
    opening = next(child for child in children if child.type == "heredoc_identifier")
    closing = children[-1]
    start = source.text.index(b"\n", opening.end_byte) + 1
    end = max(start, source.text.rfind(b"\n", start, closing.start_byte) + 1)
    parts = [child for child in children if child.type in ("template_interpolation", "template_directive")]
    indent = _indent(source, start, end, parts) if children[0].type == "<<-" else 0
    pattern = re.compile(r"^[ \t]{0,%d}" % indent, re.MULTILINE)

    def clean(text: str) -> str:
        return HEREDOC_ESCAPES.sub(lambda match: match.group()[1:], text)

    def dedent(text: str, at_line_start: bool) -> str:
        if not indent:
            return text
        return pattern.sub("", text) if at_line_start else re.sub(r"(?<=\n)[ \t]{0,%d}" % indent, "", text)

    pieces = _pieces(parts, start, end, source, compile, clean, dedent)
    if not parts:
        text = pieces[0](None) if pieces else ""  # type: ignore[arg-type]
        return lambda scope: text
    return _joined(pieces, source.place(node))


def _indent(source: Source, start: int, end: int, parts: Sequence[Node]) -> int:
    inside = [(part.start_byte, part.end_byte) for part in parts]
    widths, position = [], start
    for line in source.text[start:end].splitlines(keepends=True):
        if line.strip() and not any(begin < position < stop for begin, stop in inside):
            widths.append(len(line) - len(line.lstrip(b" \t")))
        position += len(line)
    return min(widths, default=0)


def _pieces(
    parts: Sequence[Node],
    start: int,
    end: int,
    source: Source,
    compile: Compile,
    clean: Callable[[str], str],
    dedent: Callable[[str, bool], str] = lambda text, at_line_start: text,
) -> list[Closure]:
    """Closures for the literal stretches and what is between them. `~` trims the stretch beside it."""
    pieces: list[Closure] = []
    position, trim = start, False
    for part in [*parts, None]:
        stop = part.start_byte if part is not None else end
        text = dedent(source.slice(position, stop), position == start)
        if trim:
            text = text.lstrip()
        if part is not None and _trims(part, 0):
            text = text.rstrip()
        if text:
            pieces.append(_constant(clean(text)))
        if part is not None:
            if part.type == "template_interpolation":
                pieces.append(_interpolation(part, source, compile))
            else:
                pieces.append(_directive(part, source, compile, clean, dedent))
            position, trim = part.end_byte, _trims(part, -1)
    return pieces


def _constant(text: str) -> Closure:
    return lambda scope: text


def _trims(part: Node, end: int) -> bool:
    """True where the marker at that end of an interpolation or directive carries a `~`."""
    while part.type not in ("template_interpolation_start", "template_interpolation_end",
                            "template_directive_start", "template_directive_end"):  # fmt: skip
        if not part.children:
            return False
        part = part.children[end]
    return b"~" in (part.text or b"")


def _interpolation(part: Node, source: Source, compile: Compile) -> Closure:
    inner = next((child for child in part.named_children if child.type == "expression"), None)
    return compile(inner, source) if inner is not None else _constant("")


def _joined(pieces: Sequence[Closure], place: Place) -> Closure:
    return lambda scope: join([piece(scope) for piece in pieces], place)


def join(values: Sequence[Value], place: Place) -> Value:
    """The string that `values` make, known in part where one of them is not known."""
    parts: list[str | Unknown] = []
    for value in values:
        if isinstance(value, OneOf) and len(value.options) <= MOST_OPTIONS and None not in value.options:
            return one_of(
                [join([option if other is value else other for other in values], place) for option in value.options],
                value,
                place,
            )
        if isinstance(value, Text):
            parts.extend(value.parts)
        elif isinstance(value, Unknown):
            parts.append(value)
        else:
            parts.append(_string(value))
    merged: list[str | Unknown] = []
    for part in parts:
        last = merged[-1] if merged else None
        if isinstance(part, str) and isinstance(last, str):
            merged[-1] = last + part
        elif part != "":
            merged.append(part)
    if not merged:
        return ""
    if len(merged) == 1:
        return merged[0]
    return Text(merged, place)


def _string(value: Value) -> str:
    if value is None:
        raise EvaluationError("null cannot be part of a string")
    if isinstance(value, str):
        return value
    return str(convert(value, "string"))


# -- directives


def _directive(part: Node, source: Source, compile: Compile, clean: Callable[[str], str],
               dedent: Callable[[str, bool], str]) -> Closure:  # fmt: skip
    child = part.named_children[0]
    place = source.place(part)
    sections = [_section(run, source, compile, clean, dedent) for run in _runs(child)]
    if child.type == "template_if":
        test = _interpolation(child.named_children[0], source, compile)
        return lambda scope: _choose(test(scope), sections, scope, place)
    intro = child.named_children[0]
    names = tuple((name.text or b"").decode() for name in intro.named_children if name.type == "identifier")
    collection = _interpolation(intro, source, compile)
    return lambda scope: _repeat(collection(scope), names, sections[0], scope, place)


def _runs(node: Node) -> Iterator[tuple[int, int, list[Node], bool, bool]]:
    """The stretches between a directive's markers: start, end, parts, and whether the markers trim."""
    markers = [child for child in node.named_children if child.type.endswith(("_intro", "_end"))]
    for opening, closing in zip(markers, markers[1:], strict=False):
        parts = [
            child
            for child in node.named_children
            if opening.end_byte <= child.start_byte < closing.start_byte
            and child.type in ("template_interpolation", "template_directive")
        ]
        yield opening.end_byte, closing.start_byte, parts, _trims(opening, -1), _trims(closing, 0)


def _section(
    run: tuple[int, int, list[Node], bool, bool],
    source: Source,
    compile: Compile,
    clean: Callable[[str], str],
    dedent: Callable[[str, bool], str],
) -> Closure:
    start, end, parts, trim_start, trim_end = run
    if trim_start:
        end_of_text = parts[0].start_byte if parts else end
        text = source.text[start:end_of_text]
        start += len(text) - len(text.lstrip())
    if trim_end:
        begin = parts[-1].end_byte if parts else start
        end = begin + len(source.text[begin:end].rstrip())
    pieces = _pieces(parts, start, end, source, compile, clean, lambda text, _: dedent(text, False))
    place = Place(source.file, 1, 1)
    return lambda scope: join([piece(scope) for piece in pieces], place)


def _choose(test: Value, sections: Sequence[Closure], scope: Scope, place: Place) -> Value:
    decision = to_bool(test)
    other = sections[1] if len(sections) > 1 else _constant("")
    if isinstance(decision, Unknown):
        return one_of([sections[0](scope), other(scope)], decision, place)
    return sections[0](scope) if decision else other(scope)


def _repeat(collection: Value, names: tuple[str, ...], section: Closure, scope: Scope, place: Place) -> Value:
    if isinstance(collection, Unknown):
        return Unknown(collection.reason, collection.place or place, collection.settle)
    if not isinstance(collection, dict | list):
        raise EvaluationError("%{ for } takes a list, a set or a map")
    rounds: list[tuple[Value, Value]] = (
        sorted(collection.items()) if isinstance(collection, dict) else list(enumerate(collection))
    )
    results = []
    for key, value in rounds:
        bindings = {names[-1]: value} if len(names) == 1 else {names[0]: key, names[1]: value}
        results.append(section(scope.bind(bindings)))
    if isinstance(collection, Items) and collection.rest is not ABSENT:
        results.append(Unknown("the list may go on", place))
    return join(results, place)


__all__ = ["Document", "Ref", "compile_heredoc", "compile_quoted", "join", "unescape"]
