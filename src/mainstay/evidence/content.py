"""Resources as JSON and back, so that equal resources have equal text and with it equal digests.

What a service default filled in is left out: whoever reads the resource fills it in again, by the defaults of that day.
Places of properties are left out too. A map with the key `$` is not plain JSON but one of:

    {"$": "unknown", "reason", "settle"}            nothing is known of the value
    {"$": "set", "reason", "settle"}                as much, but it is surely there (was a Ref, a Text, ...)
    {"$": "open", "entries", "rest", "doubt"}       a map that may hold more
    {"$": "more", "items", "rest", "doubt"}         a list that may go on
    {"$": "map", "entries"}                         a plain map that happens to have a key `$`
    {"$": "float", "value"}                         a number that JSON does not have: nan, inf, -inf
"""

from __future__ import annotations

import hashlib
import json
import math
import zlib

from mainstay.evidence.chain import canonical
from mainstay.model.places import Place, ServiceDefault
from mainstay.model.resources import Origin, Resource
from mainstay.model.values import ABSENT, Items, Record, Ref, Unknown, Value

KIND = "$"


def encode(resource: Resource) -> str:
    """The resource as canonical JSON."""
    origin = resource.origin
    body = {
        "type": resource.type,
        "address": resource.address,
        "properties": _plain(resource.properties),
        "origin": {
            "source": origin.source,
            "scope": origin.scope,
            "module": origin.module,
            "region": origin.region,
            "spelling": origin.spelling,
            "construct": origin.construct,
            "place": place_to_json(origin.place),
            "calls": [place_to_json(call) for call in origin.calls],
        },
        "names": sorted(resource.names),
        "references": sorted(resource.references),
        "partial": resource.partial,
        "may_exist": None if resource.may_exist is None else _plain(resource.may_exist),
    }
    if origin.source == "live" and resource.raw:
        body["raw"] = _plain(resource.raw)
    return canonical(body)


def decode(text: str) -> Resource:
    """The resource that `encode` made the text of. The raw document is kept of what is live: it is small there."""
    body = json.loads(text)
    origin = dict(body["origin"])
    calls = tuple(filter(None, map(place_from_json, origin.pop("calls"))))
    place = place_from_json(origin.pop("place"))
    properties = _value(body["properties"])
    return Resource(
        type=body["type"],
        address=body["address"],
        properties=properties,
        origin=Origin(**origin, place=place, calls=calls),
        raw=_value(body.get("raw", {})),
        may_exist=_value(body["may_exist"]),
        references=frozenset(body["references"]),
        partial=body["partial"],
        names=frozenset(body["names"]),
    )


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def pack(text: str) -> bytes:
    return zlib.compress(text.encode(), 6)


def unpack(body: bytes) -> str:
    """The text that `pack` was given. Raises ValueError where the bytes are not its."""
    try:
        return zlib.decompress(body).decode()
    except zlib.error as error:
        raise ValueError(str(error)) from error


def place_to_json(place: Place | None) -> list[str | int] | None:
    return None if place is None else [place.file, place.line, place.column, place.end_line, place.end_column]


def place_from_json(place: list[str | int] | None) -> Place | None:
    return None if place is None else Place(*place)  # type: ignore[arg-type] # as place_to_json wrote it


def owner(resource: Resource) -> str:
    """Who the resource belongs to: the tag Owner or Team, in any case of letters. Empty where there is no such tag."""
    tags = resource.properties.get("Tags")
    found: dict[str, str] = {}
    if isinstance(tags, dict):
        found = {str(key).lower(): value for key, value in tags.items() if isinstance(value, str)}
    elif isinstance(tags, list):
        for tag in tags:
            if isinstance(tag, dict) and isinstance(tag.get("Key"), str) and isinstance(tag.get("Value"), str):
                found.setdefault(tag["Key"].lower(), tag["Value"])
    return found.get("owner") or found.get("team") or ""


def _plain(value: Value) -> Value:
    if isinstance(value, Unknown):
        return {KIND: "set" if value.is_set else "unknown", "reason": value.reason, "settle": value.settle}
    if isinstance(value, dict):
        return _plain_map(value)
    if isinstance(value, list):
        items = [_plain(item) for item in value]
        if isinstance(value, Items) and value.rest is not ABSENT:
            return {KIND: "more", "items": items, "rest": _plain(value.rest), "doubt": _doubt(value.doubt)}
        return items
    if isinstance(value, float) and not math.isfinite(value):
        return {KIND: "float", "value": str(value)}
    return value


def _plain_map(value: dict[str, Value]) -> Value:
    marks = value.marks if isinstance(value, Record) else {}
    entries = {
        str(key): _plain(child)
        for key, child in value.items()
        if child is not ABSENT and not isinstance(marks.get(key), ServiceDefault)
    }
    if isinstance(value, Record) and value.rest is not ABSENT:
        return {KIND: "open", "entries": entries, "rest": _plain(value.rest), "doubt": _doubt(value.doubt)}
    return {KIND: "map", "entries": entries} if KIND in entries else entries


def _doubt(doubt: Unknown | None) -> Value:
    return None if doubt is None else _plain(doubt)


def _value(plain: Value) -> Value:
    if isinstance(plain, list):
        return [_value(item) for item in plain]
    if not isinstance(plain, dict):
        return plain
    kind = plain.get(KIND)
    if kind is None:
        return Record({key: _value(child) for key, child in plain.items()})
    if kind == "unknown":
        return Unknown(plain["reason"], None, plain["settle"])
    if kind == "set":
        return Ref("", "", None, plain["reason"], plain["settle"])
    if kind == "float":
        return float(plain["value"])
    if kind == "more":
        return Items(map(_value, plain["items"]), _value(plain["rest"]), _value(plain["doubt"]))
    entries = {key: _value(child) for key, child in plain["entries"].items()}
    return (
        Record(entries) if kind == "map" else Record(entries, None, None, _value(plain["rest"]), _value(plain["doubt"]))
    )
