"""Links of live resources: in an account, who points at whom is told by ids and ARNs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mainstay.model.resources import Resource
from mainstay.model.values import Value


def linked(resources: Sequence[Resource]) -> list[Resource]:
    """The resources of an account with `references`: whatever says another's id or ARN points at it."""
    named = {name: resource.address for resource in resources for name in resource.names}
    made = []
    for resource in resources:
        found = {named[text] for text in _texts(resource.properties) if text in named} - {resource.address}
        made.append(replace(resource, references=resource.references | found) if found else resource)
    return made


def _texts(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
