"""References between the resources of a template: finding them, and putting in what is known by now."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mainstay.sandbox.deployment import Json


class NotKnown(Exception):
    """A reference to something that is not there, or whose attribute nobody knows."""


@dataclass(frozen=True, slots=True)
class Known:
    """A resource that is there: what Ref and GetAtt give for it."""

    id: str
    attributes: Mapping[str, Json] = field(default_factory=dict)


def referred(value: Json) -> Iterator[str]:
    """The names of everything that a value points at."""
    if isinstance(value, dict):
        if set(value) == {"Ref"}:
            yield str(value["Ref"])
        elif set(value) == {"Fn::GetAtt"}:
            yield str(value["Fn::GetAtt"][0])
        else:
            for child in value.values():
                yield from referred(child)
    elif isinstance(value, list):
        for child in value:
            yield from referred(child)


def filled(value: Json, known: Mapping[str, Known]) -> Json:
    """The value with the references to what is known put in; all others stay as they are."""
    if isinstance(value, list):
        return [filled(child, known) for child in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Ref"}:
        return known[value["Ref"]].id if value["Ref"] in known else value
    if set(value) == {"Fn::GetAtt"}:
        logical_id, name = value["Fn::GetAtt"]
        return _attribute(known[logical_id], logical_id, name) if logical_id in known else value
    return {key: filled(child, known) for key, child in value.items()}


def resolved(value: Json, known: Mapping[str, Known]) -> Json:
    """The value with nothing left open; raises NotKnown."""
    return _called(filled(value, known))


def _called(value: Json) -> Json:
    if isinstance(value, list):
        return [_called(child) for child in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((name, argument),) = value.items()
        if name == "Ref":
            raise NotKnown(f"{argument} is not there")
        if name == "Fn::GetAtt":
            raise NotKnown(f"{argument[0]} is not there")
        if name == "Fn::Join":
            separator, pieces = argument
            return str(separator).join(str(_called(piece)) for piece in pieces)
        if name == "Fn::Base64":
            return base64.b64encode(str(_called(argument)).encode()).decode()
        if name == "Fn::ToJsonString":
            return json.dumps(_called(argument))
    return {key: _called(child) for key, child in value.items()}


def _attribute(resource: Known, logical_id: str, name: str) -> Json:
    if name not in resource.attributes:
        raise NotKnown(f"the sandbox does not know the attribute {name} of {logical_id}")
    return resource.attributes[name]
