"""Objects below which columns are, such as `userIdentity`: each text is decoded once, however many records have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec
import pyarrow as pa

from mainstay.archive.columns import Type, column_of

ARROW: Final = {"string": pa.string(), "integer": pa.int64(), "boolean": pa.bool_(), "json": pa.string()}
INTEGER: Final = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
PYTHON: Final[Mapping[str, Any]] = {"string": str | None, "integer": INTEGER | None, "boolean": bool | None}
NULL: Final = b"null"


class Nested:
    """A top field below which columns are: the distinct values of them that were met, each once."""

    def __init__(self, name: str, kinds: Mapping[str, Type], whole: bool) -> None:
        self.name = name
        self.paths = tuple(kinds)
        self.types = [ARROW[kind] for kind in kinds.values()] + [pa.string()] * whole
        self.names = [column_of(f"{name}.{path}") for path in kinds] + [column_of(name)] * whole
        self._whole = whole
        self._leaves = [path.split(".") for path in kinds]
        leaves = list(zip(self._leaves, kinds.values(), strict=True))
        self._decoder = msgspec.json.Decoder(_struct(leaves) | None)
        self.known: dict[bytes, int] = {}
        self.values: list[tuple[Any, ...]] = []

    def index(self, text: bytes) -> int:
        """Which of `values` an object's text is. Raises msgspec.ValidationError for one of other types."""
        found = self.known.get(text)
        if found is None:
            decoded = self._decoder.decode(text)
            leaves = tuple([_leaf(decoded, leaf) for leaf in self._leaves])
            self.values.append((*leaves, None if text == NULL else text.decode()) if self._whole else leaves)
            found = self.known[text] = len(self.values) - 1
        return found

    def clear(self) -> None:
        self.known.clear()
        self.values.clear()


def nested_of(name: str, fields: Mapping[str, Type]) -> Nested:
    below = {path.partition(".")[2]: kind for path, kind in fields.items() if path.startswith(f"{name}.")}
    return Nested(name, below, name in fields)


def _struct(leaves: Sequence[tuple[list[str], Type]]) -> Any:
    """A Struct with the leaves, given as what is left of their paths."""
    tops = dict.fromkeys(leaf[0] for leaf, _ in leaves)
    fields: list[tuple[str, Any, Any]] = []
    for top in tops:
        inner = [(leaf[1:], kind) for leaf, kind in leaves if leaf[0] == top]
        kind = PYTHON[inner[0][1]] if not inner[0][0] else _struct(inner) | None
        fields.append((top, kind, None))
    return msgspec.defstruct("Object", fields, gc=False)


def _leaf(decoded: Any, path: Sequence[str]) -> Any:
    for name in path:
        if decoded is None:
            return None
        decoded = getattr(decoded, name)
    return decoded
