"""What reading a report gives before its results are joined to resources."""

from __future__ import annotations

from dataclasses import dataclass

from mainstay.model.controls import LAYERS, Layer
from mainstay.model.reports import Report, Result


class Unfit(Exception):
    """The document is not built as its format says; `path` leads to the nearest thing around the fault."""

    def __init__(self, message: str, path: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.path = path


@dataclass(frozen=True, slots=True)
class Sighting:
    """A result, and the names by which it calls what it found something in: addresses, ARNs, images."""

    result: Result
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one scanner. `layers` are those that it looked at, also where it found nothing."""

    tool: str
    version: str
    file: str
    layers: tuple[Layer, ...]
    sightings: tuple[Sighting, ...]

    def report(self, results: tuple[Result, ...]) -> Report:
        """The report of the run, with its results as they are after the join."""
        return Report(self.tool, self.version, self.file, self.layers, results)


def in_order(layers: set[Layer]) -> tuple[Layer, ...]:
    return tuple(layer for layer in LAYERS if layer in layers)
