"""The shape of a resource type's properties: what its schema says, in as little room as it takes.

A shape is JSON:

    "string" | "integer" | "number" | "boolean"   a scalar
    "json"                                        anything, a policy document for example
    [shape]                                       a list
    {"Name": shape, ...}                          an object with these properties
    {"*": shape}                                  a map with keys of one's own
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Union

Shape = Union[str, Sequence["Shape"], Mapping[str, "Shape"]]


def step(shape: Shape, name: str) -> Shape | None:
    """The shape of the property `name` of `shape`, seen through lists; None where the schema has no such property."""
    while isinstance(shape, Sequence) and not isinstance(shape, str):
        shape = shape[0]
    if isinstance(shape, str):
        return "json" if shape == "json" else None
    if name in shape:
        return shape[name]
    return shape.get("*")


def names(shape: Shape) -> Iterator[str]:
    """The property names that may stand directly under `shape`."""
    while isinstance(shape, Sequence) and not isinstance(shape, str):
        shape = shape[0]
    if not isinstance(shape, str):
        yield from (name for name in shape if name != "*")
