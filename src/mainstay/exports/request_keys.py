"""Which condition keys of a request hold a property; read from `request-keys.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path as File
from typing import Literal

from mainstay.documents import read_yaml
from mainstay.engine.walk import split
from mainstay.model.conditions import Path
from mainstay.model.errors import DataError

FILE = File(__file__).with_name("request-keys.yaml")


@dataclass(frozen=True, slots=True)
class RequestKey:
    """How requests say a property. `forbid` are actions that can't but set it to what is refused."""

    type: str
    path: Path
    key: str = ""
    kind: Literal["bool", "string", "numeric"] = "string"
    create: tuple[str, ...] = ()
    change: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()
    resource: str = "*"
    source: str = ""


@lru_cache(maxsize=1)
def request_keys() -> Mapping[tuple[str, Path], tuple[RequestKey, ...]]:
    """The keys, by canonical type and path. Raises DataError where the file can't be read."""
    document = read_yaml(FILE.read_text("utf-8"), FILE.name)
    if document.faults:
        raise DataError(document.faults)
    found: dict[tuple[str, Path], tuple[RequestKey, ...]] = {}
    for entry in document.value:
        type, _, dotted = entry["property"].partition(" ")
        one = RequestKey(
            type,
            split(dotted),
            entry.get("key", ""),
            entry.get("kind", "string"),
            tuple(entry.get("create", ())),
            tuple(entry.get("change", ())),
            tuple(entry.get("forbid", ())),
            entry.get("resource", "*"),
            entry["source"],
        )
        found[one.type, one.path] = (*found.get((one.type, one.path), ()), one)
    return found
