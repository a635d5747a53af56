"""The hunt as JSON, one finding a line; `docs/reference/hunt-json.md` tells it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TextIO

from mainstay.model.hunts import Hunt
from mainstay.outputs.hunts.entries import aside_entry, encode, finding_entry, gap_entry, remark_entries, summary_entry
from mainstay.outputs.style import Style

SCHEMA = "mainstay/hunt/v1"
CHUNK = 2_000


def write_json(hunt: Hunt, stream: TextIO, style: Style) -> None:
    """Write the hunt for a program."""
    stream.write(f'{{\n"schema": {encode(SCHEMA)},\n')
    write_list(stream, "findings", (encode(finding_entry(finding)) for finding in hunt.findings))
    write_list(stream, "gaps", (encode(gap_entry(gap)) for gap in hunt.gaps))
    write_list(stream, "asides", (encode(aside_entry(aside)) for aside in hunt.asides))
    write_list(stream, "remarks", map(encode, remark_entries(hunt)))
    stream.write(f'"summary": {encode(summary_entry(hunt))}\n}}\n')


def write_list(stream: TextIO, name: str, items: Iterator[str]) -> None:
    """Write a property that is a list, one item a line, while the items come."""
    stream.write(f'"{name}": [')
    separator = "\n"
    while chunk := list(islice(items, CHUNK)):
        stream.write(separator + ",\n".join(chunk))
        separator = ",\n"
    stream.write("\n],\n")
