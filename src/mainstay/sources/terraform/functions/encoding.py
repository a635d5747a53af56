"""Terraform's functions that encode and decode: JSON, CSV, base64, URLs and character sets."""

from __future__ import annotations

import base64
import binascii
import codecs
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final
from urllib.parse import quote_plus, unquote_to_bytes

from mainstay.model.values import Document, Encoded, Items, Record, Set, Text, Unknown, Value, is_known
from mainstay.sources.terraform.functions.calling import blurred
from mainstay.sources.terraform.types import EvaluationError, convert, number_text, tidy, to_string

# What Go's encoder writes as an escape besides what JSON asks for.
_ESCAPED: Final = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)
# Deeper than any policy, and shallow enough for everything that walks values.
_DEEPEST: Final = 200
_FIELD: Final = re.compile(r'(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|\Z)')


def json_encode(value: Value) -> Value:
    """JSON text as Terraform writes it; a Document where something in it is unknown."""
    return "".join(_json_pieces(value)) if is_known(value) else Document(value)


def _json_pieces(value: Value) -> Iterator[str]:
    if value is None or isinstance(value, bool):
        yield {None: "null", True: "true", False: "false"}[value]
    elif isinstance(value, int | float):
        yield number_text(value)
    elif isinstance(value, str):
        yield _json_string(value)
    elif isinstance(value, list):
        yield "["
        for index, child in enumerate(value):
            yield "," if index else ""
            yield from _json_pieces(child)
        yield "]"
    else:
        yield "{"
        for index, key in enumerate(sorted(value)):
            yield f"{',' if index else ''}{_json_string(key)}:"
            yield from _json_pieces(value[key])
        yield "}"


def _json_string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).translate(_ESCAPED)


def json_decode(text: Value) -> Value:
    """The value that JSON text spells; of a Document, the value that it was made of."""
    if isinstance(text, Document):
        return _as_json(text.value)
    if isinstance(text, Unknown):
        return blurred(text)
    if text is None:
        raise EvaluationError("the text must not be null")
    try:
        decoded = json.loads(
            to_string(text), parse_float=lambda digits: tidy(Decimal(digits)), parse_constant=_no_constant
        )
    except ValueError as error:
        raise EvaluationError(f"the text is not JSON: {error}") from None
    except RecursionError:
        raise EvaluationError("the JSON is nested too deeply") from None
    if _is_deep(decoded):
        raise EvaluationError("the JSON is nested too deeply")
    return decoded


def _is_deep(value: Value) -> bool:
    level: list[Value] = [value] if isinstance(value, dict | list) else []
    for _ in range(_DEEPEST):
        level = [child for each in level for child in (each.values() if isinstance(each, dict) else each)]
        level = [child for child in level if isinstance(child, dict | list)]
        if not level:
            return False
    return True


def _no_constant(name: str) -> Value:
    raise ValueError(f"{name} is not a value")


def _as_json(value: Value) -> Value:
    """The value as it comes back from JSON, which has no sets."""
    if isinstance(value, Record):
        rest = value.rest if isinstance(value.rest, Unknown) else _as_json(value.rest)
        return Record({key: _as_json(child) for key, child in value.items()}, value.place, value.marks, rest)
    if isinstance(value, dict):
        return {key: _as_json(child) for key, child in value.items()}
    if isinstance(value, Items):
        children = [_as_json(child) for child in value]
        closed = isinstance(value, Set) and is_known(value)
        return children if closed else type(value)(children, value.rest)
    return [_as_json(child) for child in value] if isinstance(value, list) else value


def csv_decode(text: str) -> list[Value]:
    """One map a row, with the first row's fields as its keys."""
    rows = _csv_rows(text)
    if not rows:
        raise EvaluationError("the text has no header line")
    header = rows[0]
    if len(set(header)) != len(header):
        raise EvaluationError("two columns have the same name")
    if any(len(row) != len(header) for row in rows):
        raise EvaluationError("a row has another number of fields than the header")
    return [dict(zip(header, row, strict=True)) for row in rows[1:]]


def _csv_rows(text: str) -> list[list[str]]:
    rows: list[list[str]] = []
    row: list[str] = []
    position = 0
    while position < len(text) or row:
        match = _FIELD.match(text, position)
        if match is None:
            raise EvaluationError(f"a quote is out of place in line {text.count(chr(10), 0, position) + 1}")
        quoted, plain, end = match.groups()
        row.append(plain if quoted is None else quoted.replace('""', '"').replace("\r\n", "\n"))
        position = match.end()
        if end != ",":
            if quoted is not None or row != [""]:
                rows.append(row)
            row = []
    return rows


def base64_encode(text: Value) -> Value:
    if isinstance(text, Text):
        return Encoded(text)
    if isinstance(text, Unknown):
        return Unknown(text.reason, text.place, text.settle)
    if text is None:
        raise EvaluationError("base64encode: the argument must not be null")
    return base64.b64encode(str(convert(text, "string")).encode()).decode()


def base64_decode(text: str) -> str:
    try:
        return _bytes_of(text).decode()
    except UnicodeDecodeError:
        raise EvaluationError("the decoded bytes are not UTF-8") from None


def _bytes_of(text: str) -> bytes:
    try:
        return base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        raise EvaluationError("the text is not base64") from None


def text_encode(text: str, charset: str) -> str:
    codec = _codec(charset)
    try:
        encoded = codec.encode(text)[0]
    except UnicodeEncodeError:
        raise EvaluationError(f"the text has characters that {charset} lacks") from None
    return base64.b64encode(encoded).decode()


def text_decode(text: str, charset: str) -> str:
    codec = _codec(charset)
    try:
        return codec.decode(_bytes_of(text))[0]
    except UnicodeDecodeError:
        raise EvaluationError(f"the bytes are not {charset}") from None


def _codec(charset: str) -> codecs.CodecInfo:
    # "UTF-16" alone is big-endian with a byte order mark there, and in the machine's own order in Python.
    if charset.upper() == "UTF-16":
        return codecs.CodecInfo(_encode_utf16, codecs.lookup("utf-16").decode, name="utf-16")
    try:
        codec = codecs.lookup(charset)
        if codec.name.startswith(("utf-32", "utf-7")):
            raise LookupError(charset)
        codec.encode("")
    except (LookupError, TypeError, ValueError, AttributeError):
        raise EvaluationError(f"there is no character encoding {charset!r}") from None
    return codec


def _encode_utf16(text: str, errors: str = "strict") -> tuple[bytes, int]:
    return codecs.BOM_UTF16_BE + text.encode("utf-16-be", errors), len(text)


def url_encode(text: str) -> str:
    return quote_plus(text)


def url_decode(text: str) -> str:
    if re.search(r"%(?![0-9a-fA-F]{2})", text):
        raise EvaluationError("a percent sign is not followed by two hexadecimal digits")
    try:
        return unquote_to_bytes(text.replace("+", " ")).decode()
    except UnicodeDecodeError:
        raise EvaluationError("the decoded bytes are not UTF-8") from None
