"""The layers that scanners look at, from `layers.yaml`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from mainstay.documents import read_yaml
from mainstay.model.controls import LAYERS, Layer
from mainstay.model.errors import DataError, Fault
from mainstay.model.places import Place

TABLE = Path(__file__).with_name("layers.yaml")


@dataclass(frozen=True, slots=True)
class Scanner:
    """What is known of a tool: where its results count, the exceptions by words, and what a scanned image covers."""

    layer: Layer
    exceptions: tuple[tuple[frozenset[str], Layer], ...] = ()
    images: tuple[Layer, ...] = ()

    def layer_of(self, texts: Iterable[str]) -> Layer:
        """The layer of a result, by the id, the name and the tags of its rule."""
        words = {word for text in texts for word in _words(text)}
        for named, layer in self.exceptions:
            if any(word.startswith(name) for name in named for word in words):
                return layer
        return self.layer


def _words(text: str) -> list[str]:
    return [text.lower(), *re.split(r"[^a-z0-9_-]+", text.lower())]


@dataclass(frozen=True, slots=True)
class Table:
    """All scanners by name, and the layers of OCSF's classes."""

    tools: Mapping[str, Scanner]
    classes: Mapping[int, Layer]

    def scanner(self, name: str) -> Scanner | None:
        """The scanner that calls itself so; None for one that the table does not know."""
        said = f" {re.sub(r'[^a-z0-9_-]+', ' ', name.lower())} "
        known = [tool for tool in self.tools if f" {tool} " in said]
        return self.tools[max(known, key=len)] if known else None


@lru_cache(maxsize=1)
def load_layers() -> Table:
    """The table that comes with the package."""
    return parse_layers(TABLE.read_text("utf-8"), TABLE.name)


def parse_layers(text: str, file: str) -> Table:
    """The table in a text. Raises DataError where a layer is none."""
    document = read_yaml(text, file)
    if document.faults:
        raise DataError(document.faults)
    reader = _Reader(file)
    tools = {name: reader.scanner(name, entry) for name, entry in document.value["tools"].items()}
    classes = {int(number): reader.layer(str(number), name) for number, name in document.value["classes"].items()}
    if reader.faults:
        raise DataError(reader.faults)
    return Table(tools, classes)


class _Reader:
    def __init__(self, file: str) -> None:
        self.place = Place(file, 1, 1)
        self.faults: list[Fault] = []

    def scanner(self, name: str, entry: Any) -> Scanner:
        place = getattr(entry, "place", None)
        self.place = place or self.place
        rules = entry.get("rules", [])
        return Scanner(
            self.layer(name, entry.get("layer")),
            tuple((frozenset(map(str.lower, one["words"])), self.layer(name, one["layer"])) for one in rules),
            tuple(self.layer(name, one) for one in entry.get("images", [])),
        )

    def layer(self, owner: str, name: Any) -> Layer:
        if name not in LAYERS:
            self.faults.append(
                Fault(f"'{owner}': there is no layer {name!r}", self.place, f"one of {', '.join(LAYERS)}")
            )
        return cast(Layer, name)
