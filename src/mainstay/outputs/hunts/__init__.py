"""Hunts in the formats that people and programs read: one file a format, as reviews have them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import TextIO

from mainstay.model.detections import EventFinding
from mainstay.model.findings import Gap
from mainstay.model.hunts import Comparison, Hunt
from mainstay.outputs.style import Style

__all__ = ["ALERTS", "COMPARISONS", "FORMATS", "write_gaps"]

Write = Callable[[Hunt, TextIO, Style], None]

NAMES = ("console", "json", "jsonl", "csv", "markdown", "html", "ocsf", "asff", "parquet")


def _writer(name: str) -> Write:
    """Imports the format when it is first written."""

    def write(hunt: Hunt, stream: TextIO, style: Style) -> None:
        import_module(f"mainstay.outputs.hunts.{name}").__dict__[f"write_{name}"](hunt, stream, style)

    return write


def _compared(name: str) -> Callable[[Comparison, TextIO, Style], None]:
    def write(comparison: Comparison, stream: TextIO, style: Style) -> None:
        import_module("mainstay.outputs.hunts.comparisons").__dict__[f"write_{name}"](comparison, stream, style)

    return write


def _alerted(name: str) -> Callable[[EventFinding | Gap, TextIO, Style], None]:
    def write(news: EventFinding | Gap, stream: TextIO, style: Style) -> None:
        import_module("mainstay.outputs.hunts.alerts").__dict__[f"write_{name}"](news, stream, style)

    return write


FORMATS: Mapping[str, Write] = {name: _writer(name) for name in NAMES}
COMPARISONS = {name: _compared(name) for name in ("console", "json", "markdown")}
ALERTS = {name: _alerted(name) for name in ("console", "jsonl")}


def write_gaps(gaps: Iterable[Gap], stream: TextIO) -> None:
    """Write what could not be read, for a person; nothing where everything could be."""
    from mainstay.outputs.hunts.console import written
    from mainstay.outputs.hunts.listing import gap_lines

    written(gap_lines(list(gaps), Style()), stream, color=False)
