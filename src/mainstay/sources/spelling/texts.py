"""Text that stands for something else: JSON for a document, base64 for the text that it encodes."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable

from mainstay.documents import decode_json
from mainstay.model.values import Document, Encoded, Items, OneOf, Record, Text, Unknown, Value
from mainstay.sources.spelling.joining import copied
from mainstay.sources.spelling.tables import PathOf

STAND_IN = re.compile("\ue000([0-9]+)\ue001")
BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4}){2,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


def document(value: Value) -> Value:
    """JSON text as what it says; text that is none stays text.

    Unknown stretches inside its strings stay unknown; they are taken to hold no quotes of their own.
    """
    if isinstance(value, Document):
        return value.value
    if isinstance(value, Text):
        marked = "".join(part if isinstance(part, str) else f"\ue000{at}\ue001" for at, part in enumerate(value.parts))
        found = _loaded(marked)
        return value if found is None else _with_stretches(found, value)
    found = _loaded(value) if isinstance(value, str) else None
    return value if found is None else found


def _loaded(text: str) -> Value:
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return decode_json(text)
    except ValueError:
        return None


def _with_stretches(value: Value, text: Text) -> Value:
    """The document with the unknown stretches of `text` where their stand-ins are."""
    if isinstance(value, dict):
        if any(STAND_IN.search(key) for key in value):
            rest = Unknown(text.reason, text.place, text.settle)
            known = {key: item for key, item in value.items() if not STAND_IN.search(key)}
            return Record({key: _with_stretches(item, text) for key, item in known.items()}, text.place, rest=rest)
        return {key: _with_stretches(item, text) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_stretches(item, text) for item in value]
    if not isinstance(value, str) or not STAND_IN.search(value):
        return value
    pieces = STAND_IN.split(value)
    parts = [text.parts[int(piece)] if at % 2 else piece for at, piece in enumerate(pieces)]
    kept = [part for part in parts if part != ""]
    return kept[0] if len(kept) == 1 else Text(kept, text.place)


def read_encoded(properties: Record, paths: Iterable[PathOf]) -> None:
    """Puts the text in the place of its base64 form, where a property at one of the paths has it."""
    for path in paths:
        if path[0] in properties:
            properties[path[0]] = _decoded(properties[path[0]], path[1:])


def _decoded(value: Value, path: PathOf) -> Value:
    if isinstance(value, OneOf):
        options = [_decoded(option, path) for option in value.options]
        return OneOf(options, value.reason, value.place, value.settle)
    if isinstance(value, list):
        elements = [_decoded(element, path) for element in value]
        return Items(elements, _decoded(value.rest, path), value.doubt) if isinstance(value, Items) else elements
    if path:
        if not isinstance(value, dict) or path[0] not in value:
            return value
        record = copied(value)
        record[path[0]] = _decoded(record[path[0]], path[1:])
        return record
    if isinstance(value, Encoded):
        return value.plain
    return _plain(value) if isinstance(value, str) else value


def _plain(text: str) -> str:
    """What base64 text says; text that is none, or that encodes no text, stays as it is."""
    bare = "".join(text.split())
    if not BASE64.fullmatch(bare):
        return text
    try:
        return base64.b64decode(bare).decode()
    except (binascii.Error, UnicodeDecodeError):
        return text
