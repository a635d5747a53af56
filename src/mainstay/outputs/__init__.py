"""Reviews in the formats that people and programs read: one file a format, all of one signature."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TextIO

from mainstay.model.findings import Review
from mainstay.outputs.style import Style

__all__ = ["FORMATS", "Style", "Write"]

Write = Callable[[Review, TextIO, Style], None]

NAMES = (
    "console", "json", "sarif", "junit", "github", "gitlab", "markdown", "csv", "html", "ocsf", "asff", "parquet",
)  # fmt: skip


def _writer(name: str) -> Write:
    """Imports the format when it is first written: together they take longer than a small review."""

    def write(review: Review, stream: TextIO, style: Style) -> None:
        import_module(f"mainstay.outputs.{name}").__dict__[f"write_{name}"](review, stream, style)

    return write


FORMATS: Mapping[str, Write] = {name: _writer(name) for name in NAMES}
