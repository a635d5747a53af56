"""The hunt as JSON, one finding a line; `docs/reference/hunt-json.md` tells it."""

from __future__ import annotations

from typing import TextIO

from mainstay.model.hunts import Hunt
from mainstay.outputs.hunts.entries import aside_entry, encode, finding_entry, gap_entry, remark_entries, summary_entry
from mainstay.outputs.json import write_list
from mainstay.outputs.style import Style

SCHEMA = "mainstay/hunt/v1"


def write_json(hunt: Hunt, stream: TextIO, style: Style) -> None:
    """Write the hunt for a program."""
    stream.write(f'{{\n"schema": {encode(SCHEMA)},\n')
    write_list(stream, "findings", (encode(finding_entry(finding)) for finding in hunt.findings))
    write_list(stream, "gaps", (encode(gap_entry(gap)) for gap in hunt.gaps))
    write_list(stream, "asides", (encode(aside_entry(aside)) for aside in hunt.asides))
    write_list(stream, "remarks", map(encode, remark_entries(hunt)))
    stream.write(f'"summary": {encode(summary_entry(hunt))}\n}}\n')
