"""How an output should look: decided by the caller, who knows where the text goes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mainstay.outputs.accounts import Home


@dataclass(frozen=True, slots=True)
class Style:
    """What a format may assume of its reader; formats for machines use only `base`.

    `width` is in terminal cells. `verbose` lifts the limits on long lists. `base` is the directory that relative
    places start from; the code frames read the files again under it. `home` is the account and region that code is
    applied in, where somebody said so.
    """

    color: bool = False
    width: int = 80
    verbose: bool = False
    base: Path = Path()
    home: Home | None = None
