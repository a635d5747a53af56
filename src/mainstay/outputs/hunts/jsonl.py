"""The hunt as JSON lines: one finding a line as in JSON, then each gap as `{"gap": ...}`, and last the summary."""

from __future__ import annotations

from typing import TextIO

from mainstay.model.hunts import Hunt
from mainstay.outputs.hunts.entries import encode, finding_entry, gap_entry, summary_entry
from mainstay.outputs.style import Style


def write_jsonl(hunt: Hunt, stream: TextIO, style: Style) -> None:
    """Write the hunt for tools that take a line at a time."""
    stream.writelines(f"{encode(finding_entry(finding))}\n" for finding in hunt.findings)
    stream.writelines(f"{encode({'gap': gap_entry(gap)})}\n" for gap in hunt.gaps)
    stream.write(f"{encode({'summary': summary_entry(hunt)})}\n")
