"""JSON text into records with places.

The standard library's parser forgets where things stand, and YAML's refuses some valid JSON (surrogate pairs, keys
over a thousand characters, some tabs), so JSON has this reader: one loop over tokens, strings decoded by the
standard library. Stricter than YAML on purpose: what is not JSON is a fault here, and `read_yaml` tries it as YAML.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from json import JSONDecodeError
from json.decoder import scanstring  # type: ignore[attr-defined] # the stubs have forgotten it

from mainstay.documents.parsed import MAX_DEPTH, Marks, Parsed
from mainstay.documents.scalars import number
from mainstay.model.errors import Fault
from mainstay.model.places import Place
from mainstay.model.values import Record, Value

_TOKEN = re.compile(
    r'[ \t\r\n]*(?:([{}\[\]:,"])'
    r"|(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?(?![\w.]))"
    r"|(true|false|null)\b|\Z)"
)
_SURROGATES = re.compile("[\ud800-\udfff]")  # halves of pairs, which JSON can spell and no file can hold
_WORDS = {"true": True, "false": False, "null": None}


def read_json(text: str, file: str) -> Parsed:
    """The JSON document in `text`; syntax errors are faults with their line and column."""
    return _Reader(text, file).read()


class _Reader:
    """One document being read. One loop and a stack of its own, so that no depth of nesting exhausts Python's."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.faults: list[Fault] = []
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self.position = 0  # where the next token begins
        self.start = 0  # where the last token began
        self.limited = False
        self.scalar: Value = None  # the value of the last token, where it was a scalar

    def read(self) -> Parsed:
        try:
            value = self.document()
            if self.token() != "end":
                raise self.error("the text goes on after the end of the document")
        except JSONDecodeError as error:
            self.faults.append(Fault(error.msg, Place(self.file, *self.spot(min(error.pos, len(self.text))))))
            return Parsed(None, tuple(self.faults), complete=False, limited=self.limited)
        return Parsed(value, tuple(self.faults))

    def spot(self, position: int) -> tuple[int, int]:
        line = bisect_right(self.starts, position)
        return line, position - self.starts[line - 1] + 1

    def error(self, message: str) -> JSONDecodeError:
        return JSONDecodeError(message, self.text, self.start)

    def token(self) -> str:
        """The kind of the next token: a punctuation mark, `scalar` (its value left in `self.scalar`) or `end`."""
        match = _TOKEN.match(self.text, self.position)
        if match is None:
            space = re.compile(r"[ \t\r\n]*").match(self.text, self.position)
            self.start = space.end() if space else self.position
            raise self.error(f"{self.text[self.start]!r} cannot stand here in JSON")
        self.position = match.end()
        group = match.lastindex
        if group is None:
            self.start = self.position
            return "end"
        self.start = match.start(group)
        kind = match[group]
        if group == 1:
            if kind != '"':
                return kind
            value, self.position = scanstring(self.text, self.position, True)
            self.scalar = value if value.isascii() else _SURROGATES.sub("\ufffd", value)
        else:
            self.scalar = number(kind) if group == 2 else _WORDS[kind]
        return "scalar"

    def key(self, record: Record, kind: str) -> str:
        """The key that the last token, of this kind, is; its colon is read as well."""
        key = self.scalar
        if kind != "scalar" or not isinstance(key, str):
            raise self.error("expected a key in double quotes")
        line, column = self.spot(self.start)
        spot = (line, column, line, column + self.position - self.start)
        if key in record:
            self.faults.append(Fault(f"the key {key!r} stands twice in one map", Place(self.file, *spot)))
        marks = record.marks
        assert isinstance(marks, Marks)
        marks.spots[key] = spot
        if self.token() != ":":
            raise self.error("expected ':' after a key")
        return key

    def document(self) -> Value:
        stack: list[tuple[Record | list[Value], str]] = []  # the containers around, each with the key it waits at
        container: Record | list[Value] | None = None
        key = ""
        kind = self.token()
        while True:
            # a value, of which `kind` is the first token
            value: Value
            if kind == "scalar":
                value = self.scalar
            elif kind in ("{", "["):
                value = Record((), Place(self.file, *self.spot(self.start)), Marks(self.file)) if kind == "{" else []
                if len(stack) >= MAX_DEPTH:
                    self.limited = True
                    raise self.error(f"nested more than {MAX_DEPTH} levels deep")
                kind = self.token()
                if kind not in ("}", "]"):
                    stack.append((container, key))  # type: ignore[arg-type] # None at the bottom, never looked into
                    container = value
                    if isinstance(container, Record):
                        key, kind = self.key(container, kind), self.token()
                    continue
                if (kind == "}") is not isinstance(value, Record):
                    raise self.error("the wrong bracket closes this")
            else:
                raise self.error("expected a value")
            # the value is there; it may complete the containers around it, one after the other
            while True:
                if container is None:
                    return value
                if isinstance(container, Record):
                    container[key] = value
                else:
                    container.append(value)
                kind = self.token()
                if kind == ",":
                    break
                if kind != ("}" if isinstance(container, Record) else "]"):
                    raise self.error("expected ',' or a closing bracket")
                value = container
                container, key = stack.pop()
            kind = self.token()
            if isinstance(container, Record):
                key, kind = self.key(container, kind), self.token()
