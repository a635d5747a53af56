"""Puts a property into the shape that a service's call wants, by the service's own model.

CloudFormation and the services mean the same things in slightly different words: letters of another case, lists where
CloudFront wants `{Quantity, Items}`, tags as a list or as a map, policies as maps or as JSON text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mainstay.sandbox.deployment import Json

Lost = Callable[[str], None]
"""Told the path of whatever has no counterpart in the call."""


@dataclass(frozen=True, slots=True)
class Words:
    """Other names for members, a dot leading further in, and what the service wants inside of some of them."""

    spell: Mapping[str, str] = field(default_factory=dict)
    fill: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)


def fit(value: Json, shape: Any, words: Words, lost: Lost, path: str = "") -> Json:
    """`value` as `shape` (botocore's) has it."""
    if value is None:
        return None
    match shape.type_name:
        case "structure":
            return _structure(value, shape, words, lost, path)
        case "list":
            values = value if isinstance(value, list) else [value]
            return [fit(child, shape.member, words, lost, path) for child in values]
        case "map":
            pairs = {tag["Key"]: tag["Value"] for tag in value} if isinstance(value, list) else value
            return {str(key): fit(child, shape.value, words, lost, f"{path}.{key}") for key, child in pairs.items()}
        case kind:
            return _scalar(value, kind)


def _structure(value: Json, shape: Any, words: Words, lost: Lost, path: str) -> Json:
    members = shape.members
    if isinstance(value, list) and "Quantity" in members:
        return (
            {"Quantity": len(value), "Items": fit(value, members["Items"], words, lost, path)}
            if value
            else {"Quantity": 0}
        )
    if isinstance(value, list) and len(members) == 1:  # a list that the service wraps
        ((name, member),) = members.items()
        return {name: fit(value, member, words, lost, path)}
    if not isinstance(value, dict):
        return value  # botocore says what it wants instead
    names = {name.lower(): name for name in members}
    result: dict[str, Json] = {}
    for key, child in value.items():
        first, _, inner = words.spell.get(key, key).partition(".")
        if first.lower() not in names:
            first, inner = key, ""  # the other name is meant for another place
        name = names.get(first.lower())
        if name is None:
            lost(f"{path}.{key}".lstrip("."))
            continue
        nested = _with(words.fill.get(name, {}), _nested(inner, child))
        _merge(result, {name: fit(nested, members[name], words, lost, f"{path}.{key}")})
    if "Quantity" in members and "Items" in result:
        result["Quantity"] = len(result["Items"])
    return result


def _with(defaults: Mapping[str, Json], value: Json) -> Json:
    """A map, or each map in a list, with what it does not say itself."""
    if defaults and isinstance(value, list):
        return [_with(defaults, child) for child in value]
    return {**defaults, **value} if defaults and isinstance(value, dict) else value


def _nested(inner: str, value: Json) -> Json:
    for step in reversed(inner.split(".") if inner else []):
        value = {step: value}
    return value


def _merge(into: dict[str, Json], more: Mapping[str, Json]) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value


def _scalar(value: Json, kind: str) -> Json:
    if kind == "boolean":
        return value.lower() == "true" if isinstance(value, str) else value
    if kind in ("integer", "long"):
        return int(value) if isinstance(value, str) and value.lstrip("-").isdigit() else value
    if kind in ("float", "double"):
        return float(value) if isinstance(value, str) else value
    if kind == "blob":
        return value.encode() if isinstance(value, str) else value
    if kind == "string" and not isinstance(value, str):
        return json.dumps(value) if isinstance(value, (dict, list, bool)) else str(value)
    return value
