"""The rule that needs no table: snake_case to the property name that the type's schema has."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from mainstay.model import shapes
from mainstay.model.shapes import Shape

_INDEXES: dict[int, tuple[Shape, dict[str, str]]] = {}


def property_for(name: str, shape: Shape) -> str | None:
    """The property of `shape` that the source's `name` spells, by letters alone: `kms_key_arn` is `KmsKeyARN`.

    A plural and its singular are taken for each other where only one of them is there.
    """
    while isinstance(shape, list):
        shape = shape[0]
    if isinstance(shape, str):
        return None
    index = _index(shape)
    plain = _plain(name)
    return index.get(plain) or index.get(plain + "s") or (index.get(plain[:-1]) if plain.endswith("s") else None)


def _index(shape: Shape) -> Mapping[str, str]:
    """The property names of an object shape by their letters. Kept by identity: shapes live as long as the process."""
    known = _INDEXES.get(id(shape))
    if known is None:
        known = _INDEXES[id(shape)] = (shape, {_plain(name): name for name in shapes.names(shape)})
    return known[1]


@lru_cache(maxsize=8192)
def _plain(name: str) -> str:
    return name.replace("_", "").lower()
