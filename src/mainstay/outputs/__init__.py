"""Reviews in the formats that people and programs read: one file a format, all of one signature."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TextIO

from mainstay.model.findings import Review
from mainstay.outputs.asff import write_asff
from mainstay.outputs.console import write_console
from mainstay.outputs.csv import write_csv
from mainstay.outputs.github import write_github
from mainstay.outputs.gitlab import write_gitlab
from mainstay.outputs.html import write_html
from mainstay.outputs.json import write_json
from mainstay.outputs.junit import write_junit
from mainstay.outputs.markdown import write_markdown
from mainstay.outputs.ocsf import write_ocsf
from mainstay.outputs.parquet import write_parquet
from mainstay.outputs.sarif import write_sarif
from mainstay.outputs.style import Style

__all__ = ["FORMATS", "Style", "Write"]

Write = Callable[[Review, TextIO, Style], None]

FORMATS: Mapping[str, Write] = {
    "console": write_console,
    "json": write_json,
    "sarif": write_sarif,
    "junit": write_junit,
    "github": write_github,
    "gitlab": write_gitlab,
    "markdown": write_markdown,
    "csv": write_csv,
    "html": write_html,
    "ocsf": write_ocsf,
    "asff": write_asff,
    "parquet": write_parquet,
}
