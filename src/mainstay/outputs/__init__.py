"""Reviews in the formats that people and programs read: one file a format, all of one signature."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TextIO

from mainstay.model.findings import Review
from mainstay.outputs.console import write_console
from mainstay.outputs.json import write_json
from mainstay.outputs.sarif import write_sarif
from mainstay.outputs.style import Style

__all__ = ["FORMATS", "Style", "Write"]

Write = Callable[[Review, TextIO, Style], None]

FORMATS: Mapping[str, Write] = {
    "console": write_console,
    "json": write_json,
    "sarif": write_sarif,
}
