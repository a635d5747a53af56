"""String templates: quoted strings, heredocs, interpolations and directives.

A template is cut into tokens first, as HCL does it: stretches of text (in a heredoc, one a line), interpolations, and
the markers of directives. `~` trims the one stretch beside it, `<<-` takes the indentation of the lines away, and
only then directives are put around what they hold.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from mainstay.model.places import Place
from mainstay.model.values import ABSENT, Items, OneOf, Record, Text, Unknown, Value
from mainstay.sources.alternatives import MOST_OPTIONS, one_of
from mainstay.sources.terraform.operators import to_bool
from mainstay.sources.terraform.scope import Scope
from mainstay.sources.terraform.syntax import Source
from mainstay.sources.terraform.types import EvaluationError, convert
from mainstay.sources.terraform.weight import MOST_LETTERS, TooLarge

Closure = Callable[[Scope], Value]
Compile = Callable[[Node, Source], Closure]

ESCAPES = re.compile(r"\\(?:[nrt\"\\]|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})|\$\$\{|%%\{")
PLAIN = {"\\n": "\n", "\\r": "\r", "\\t": "\t", '\\"': '"', "\\\\": "\\", "$${": "${", "%%{": "%{"}
HEREDOC_ESCAPES = re.compile(r"\$\$\{|%%\{")
MARKERS = frozenset({
    "template_if_intro", "template_else_intro", "template_if_end", "template_for_start", "template_for_end",
})  # fmt: skip


@dataclass(slots=True)
class _Token:
    """A stretch of text (`node` is None), an interpolation, or a directive's marker."""

    text: str = ""
    node: Node | None = None

    @property
    def kind(self) -> str:
        return "text" if self.node is None else self.node.type


def unescape(text: str) -> str:
    """The characters that a quoted string's text stands for."""

    def character(match: re.Match[str]) -> str:
        escape = match.group()
        if escape in PLAIN:
            return PLAIN[escape]
        point = int(escape[2:], 16)
        if point > 0x10FFFF or 0xD800 <= point < 0xE000:
            raise EvaluationError(f"{escape} is no character")
        return chr(point)

    return ESCAPES.sub(character, text) if "\\" in text or "{" in text else text


def compile_quoted(node: Node, source: Source, compile: Compile) -> Closure:
    """A closure for `"..."`. A string that is one interpolation and nothing else gives the value itself."""
    if node.type == "template_expr":
        node = node.children[0]
    children = node.children
    start, end = children[0].end_byte, children[-1].start_byte
    tokens: list[_Token] = []
    for token in _tokens(node, start, end, source):
        if token.node is None:
            token.text = unescape(token.text)
        tokens.append(token)
    return _compiled(tokens, source.place(node), source, compile, unwrap=True)


def compile_heredoc(node: Node, source: Source, compile: Compile) -> Closure:
    """A closure for a heredoc; `<<-` takes away the indentation that all its lines share."""
    children = node.children
    opening = next(child for child in children if child.type == "heredoc_identifier")
    closing = children[-1]
    start = source.text.index(b"\n", opening.end_byte) + 1
    end = max(start, source.text.rfind(b"\n", start, closing.start_byte) + 1)
    tokens: list[_Token] = []
    for token in _tokens(node, start, end, source):
        if token.node is not None:
            tokens.append(token)
            continue
        for line in token.text.split("\n"):
            tokens.append(_Token(HEREDOC_ESCAPES.sub(lambda match: match.group()[1:], line) + "\n"))
        tokens[-1].text = tokens[-1].text[:-1]
        if not tokens[-1].text:
            tokens.pop()
    flush = source.text[node.start_byte : node.start_byte + 3] == b"<<-"
    return _compiled(tokens, source.place(node), source, compile, flush=flush)


# -- tokens


def _tokens(node: Node, start: int, end: int, source: Source) -> Iterator[_Token]:
    position = start
    for part in _parts(node):
        if part.start_byte > position:
            yield _Token(source.slice(position, part.start_byte))
        yield _Token(node=part)
        position = part.end_byte
    if end > position:
        yield _Token(source.slice(position, end))


def _parts(node: Node) -> Iterator[Node]:
    """Interpolations and markers in the order of the text, those inside directives included."""
    for child in node.named_children:
        if child.type == "template_interpolation" or child.type in MARKERS:
            yield child
        elif child.type in ("template_directive", "template_if", "template_for"):
            yield from _parts(child)


def _trim(tokens: Sequence[_Token]) -> None:
    for position, token in enumerate(tokens):
        text = (token.node.text or b"") if token.node is not None else b""
        if text[2:3] == b"~" and position > 0:
            tokens[position - 1].text = tokens[position - 1].text.rstrip()
        if text[-2:-1] == b"~" and position + 1 < len(tokens):
            tokens[position + 1].text = tokens[position + 1].text.lstrip()


def _flush(tokens: Sequence[_Token]) -> None:
    """Takes away the indentation that all lines share; a line of nothing but spaces has no say, and keeps them."""
    indented: list[_Token] = []
    least: float = math.inf
    at_start = True
    for token in tokens:
        if at_start and token.node is not None:
            least = 0
        elif at_start and (token.text.strip() or not token.text.endswith("\n")):
            least = min(least, len(token.text) - len(token.text.lstrip()))
            indented.append(token)
        at_start = token.text.endswith("\n")
    for token in indented:
        token.text = token.text[int(least) :]


# -- from tokens to closures


def _compiled(
    tokens: list[_Token], place: Place, source: Source, compile: Compile, flush: bool = False, unwrap: bool = False
) -> Closure:
    _trim(tokens)
    if flush:
        _flush(tokens)
    if all(token.node is None for token in tokens):
        text = "".join(token.text for token in tokens)
        return lambda scope: text
    if unwrap and len(tokens) == 1 and tokens[0].kind == "template_interpolation":
        return _inner(tokens[0], source, compile)
    waiting = iter([*tokens, _Token(node=None, text="")])
    pieces, _ = _sequence(waiting, source, compile, place)
    return _joined(pieces, place)


def _sequence(
    waiting: Iterator[_Token], source: Source, compile: Compile, place: Place
) -> tuple[list[Closure], _Token | None]:
    """Closures up to the marker that ends the section; the marker too, None at the end of the template."""
    pieces: list[Closure] = []
    for token in waiting:
        if token.node is None:
            if token.text:
                pieces.append(_constant(token.text))
        elif token.kind == "template_interpolation":
            pieces.append(_inner(token, source, compile))
        elif token.kind == "template_if_intro":
            pieces.append(_if(token, waiting, source, compile, place))
        elif token.kind == "template_for_start":
            pieces.append(_for(token, waiting, source, compile, place))
        else:
            return pieces, token
    return pieces, None


def _if(token: _Token, waiting: Iterator[_Token], source: Source, compile: Compile, place: Place) -> Closure:
    test = _inner(token, source, compile)
    pieces, marker = _sequence(waiting, source, compile, place)
    yes, no = _joined(pieces, place), _constant("")
    if marker is not None and marker.kind == "template_else_intro":
        pieces, _ = _sequence(waiting, source, compile, place)
        no = _joined(pieces, place)

    def choose(scope: Scope) -> Value:
        decision = to_bool(test(scope))
        if isinstance(decision, Unknown):
            return one_of([yes(scope), no(scope)], decision, place)
        return yes(scope) if decision else no(scope)

    return choose


def _for(token: _Token, waiting: Iterator[_Token], source: Source, compile: Compile, place: Place) -> Closure:
    assert token.node is not None
    names = tuple((name.text or b"").decode() for name in token.node.named_children if name.type == "identifier")
    collection_of = _inner(token, source, compile)
    pieces, _ = _sequence(waiting, source, compile, place)
    section = _joined(pieces, place)

    def repeat(scope: Scope) -> Value:
        collection = collection_of(scope)
        if isinstance(collection, Unknown):
            return Text([Unknown(collection.reason, collection.place or place, collection.settle)], place)
        if not isinstance(collection, dict | list):
            raise EvaluationError("%{ for } takes a list, a set or a map")
        rounds = sorted(collection.items()) if isinstance(collection, dict) else list(enumerate(collection))
        scope.names.run.step(len(rounds))
        results = []
        for key, value in rounds:
            bindings = {names[-1]: value} if len(names) == 1 else {names[0]: key, names[1]: value}
            results.append(section(scope.bind(bindings)))
        if isinstance(collection, Items | Record) and collection.rest is not ABSENT:
            doubt = collection.why
            results.append(Unknown(doubt.reason, doubt.place, doubt.settle))
        return join(results, place)

    return repeat


def _constant(text: str) -> Closure:
    return lambda scope: text


def _inner(token: _Token, source: Source, compile: Compile) -> Closure:
    """The expression inside an interpolation or a directive's marker."""
    assert token.node is not None
    inner = next((child for child in token.node.named_children if child.type == "expression"), None)
    if inner is None:
        raise EvaluationError("an interpolation holds no expression")
    return compile(inner, source)


def _joined(pieces: Sequence[Closure], place: Place) -> Closure:
    def put_together(scope: Scope) -> Value:
        value = join([piece(scope) for piece in pieces], place)
        scope.names.run.doubts += isinstance(value, Unknown)  # what is not known may be nothing that text can hold
        return value

    return put_together


def join(values: Sequence[Value], place: Place) -> Value:
    """The string that `values` make, known in part where one of them is not known."""
    chosen = next((value for value in values if _worth_trying(value)), None)
    if chosen is not None and math.prod(len(value.options) for value in values if _worth_trying(value)) <= MOST_OPTIONS:
        return _joined_options(values, chosen, place)
    merged: list[str | Unknown] = []
    letters = 0
    for value in values:
        for part in value.parts if isinstance(value, Text) else (value,):
            if isinstance(part, Unknown):
                merged.append(part)
                continue
            text = _string(part)
            letters += len(text)
            if letters > MOST_LETTERS:
                raise TooLarge(f"a string has more than {MOST_LETTERS} characters")
            if merged and isinstance(merged[-1], str):
                merged[-1] += text
            elif text:
                merged.append(text)
    if not any(isinstance(part, Unknown) for part in merged):
        return merged[0] if merged else ""
    return Text(merged, place)


def _joined_options(values: Sequence[Value], chosen: OneOf, place: Place) -> Value:
    """The strings that the options of one value make. What no text can hold is an error only where every option is."""
    at = next(position for position, value in enumerate(values) if value is chosen)
    made: list[Value] = []
    failed: EvaluationError | None = None
    for option in chosen.options:
        try:
            made.append(join([*values[:at], option, *values[at + 1 :]], place))
        except TooLarge:
            raise
        except EvaluationError as error:
            failed = error
    if failed is not None:
        if not made:
            raise failed
        made.append(Unknown(f"what may stand there is no text: {failed}", place))
    return one_of(made, chosen, place)


def _worth_trying(value: Value) -> bool:
    return isinstance(value, OneOf) and None not in value.options


def _string(value: Value) -> str:
    if value is None:
        raise EvaluationError("null cannot be part of a string")
    return value if isinstance(value, str) else str(convert(value, "string"))
