"""Terraform's JSON syntax (`.tf.json`) to the same blocks and attributes as HCL."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping

from tree_sitter import Node

from mainstay.documents import decode, read_json
from mainstay.model.findings import Gap
from mainstay.model.places import Place
from mainstay.model.values import Record, Unknown, Value
from mainstay.sources.terraform.syntax import Attribute, Block, Body, Expression, Source, parse_template
from mainstay.sources.terraform.types import EvaluationError, convert

Compile = Callable[[Node, Source], Callable[..., Value]]

LABELS = {"resource": 2, "data": 2, "module": 1, "variable": 1, "output": 1, "provider": 1, "terraform": 0, "locals": 0}
NESTED = {"terraform": ("backend", "cloud"), "resource": ("lifecycle", "provisioner", "connection")}


def parse(text: bytes, file: str, compile: Compile) -> tuple[Body, list[Gap]]:
    """The top level of a JSON file. A fault in the syntax loses the file: JSON has nothing to pick up again at."""
    decoded, fault = decode(text, file)
    parsed = read_json(decoded, file)
    faults = parsed.faults if fault is None else (fault, *parsed.faults)
    lost = "" if parsed.complete else "; the file is left out"
    gaps = [Gap("syntax", f"{fault.message}{lost}", fault.place) for fault in faults]
    if not isinstance(parsed.value, dict):
        return Body(), gaps or [Gap("syntax", "is not a JSON object", Place(file, 1, 1))]
    body = Body()
    for kind, content in parsed.value.items():
        for labels, inner in _labelled(content, LABELS.get(kind, 0)):
            body.blocks.append(_block(kind, labels, inner, Place(file, 1, 1), compile))
    return body, gaps


def _labelled(content: Value, depth: int, labels: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Record]]:
    """The blocks behind `depth` levels of labels; a list stands for several."""
    for item in content if isinstance(content, list) else [content]:
        if not isinstance(item, dict):
            continue
        if depth == 0:
            yield labels, item if isinstance(item, Record) else Record(item)
            continue
        for label, inner in item.items():
            if label != "//":
                yield from _labelled(inner, depth - 1, (*labels, label))


def _block(kind: str, labels: tuple[str, ...], content: Record, fallback: Place, compile: Compile) -> Block:
    place = content.place or fallback
    body = Body()
    for name, value in content.items():
        if name == "//":
            continue
        if name in NESTED.get(kind, ()):
            body.blocks.extend(_block(name, more, inner, place, compile) for more, inner in _labelled(value, 0))
            continue
        if name == "dynamic" and isinstance(value, dict):
            for more, inner in _labelled(value, 1):
                body.blocks.append(_dynamic(more, inner, place, compile))
            continue
        mark = content.marks.get(name)
        where = mark if isinstance(mark, Place) else place
        text = value if isinstance(value, str) else json.dumps(value, default=str) if name == "providers" else ""
        literal = kind == "variable"
        closure = _constant(value) if literal else _compiled(value, where, compile)
        body.attributes[name] = Attribute(name, Expression(where, closure), where, text=text)
        body.marks[name] = where
    return Block(kind, labels, body, place)


def _dynamic(labels: tuple[str, ...], content: Record, place: Place, compile: Compile) -> Block:
    block = _block("dynamic", labels, content, place, compile)
    inner = content.get("content")
    if isinstance(inner, Record):
        block.body.attributes.pop("content", None)
        block.body.blocks.append(_block("content", (), inner, place, compile))
    return block


def _constant(value: Value) -> Callable[[], Callable[..., Value]]:
    return lambda: lambda scope: value


def _object(value: Mapping[str, Value], place: Place, compile: Compile) -> Callable[..., Value]:
    """An object; its keys are templates too."""
    entries = [
        (_closure(key, place, compile), _closure(inner, place, compile)) for key, inner in value.items() if key != "//"
    ]
    marks = value.marks if isinstance(value, Record) else {}

    def build(scope: object) -> Value:
        result = Record(place=place, marks=marks)
        for key_of, value_of in entries:
            key = key_of(scope)
            if isinstance(key, Unknown):
                result.rest = Unknown(key.reason, key.place or place, key.settle)
            else:
                result[str(convert(key, "string"))] = value_of(scope)
        return result

    return build


def _compiled(value: Value, place: Place, compile: Compile) -> Callable[[], Callable[..., Value]]:
    return lambda: _closure(value, place, compile)


def _closure(value: Value, place: Place, compile: Compile) -> Callable[..., Value]:
    """Strings are templates, wherever they stand; everything else is itself."""
    if isinstance(value, str) and ("${" in value or "%{" in value):
        template = parse_template(value, place.file, place.line, compile)
        if template is None:
            raise EvaluationError(f"the template {value[:40]!r} is not valid")
        return template
    if isinstance(value, Mapping):
        return _object(value, place, compile)
    if isinstance(value, list):
        elements = [_closure(inner, place, compile) for inner in value]
        return lambda scope: [element(scope) for element in elements]
    return lambda scope: value
