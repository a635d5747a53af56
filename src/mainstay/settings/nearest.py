"""Where the files of settings are that nobody has named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def nearest(name: str, start: Path, is_one: Callable[[Path], bool]) -> Path | None:
    """The nearest of that name at or above `start`, up to the top of its repository, of which `is_one` holds."""
    resolved = start.resolve()
    for each in (resolved, *resolved.parents):
        if is_one(each / name):
            return each / name
        if (each / ".git").exists():
            break
    return None
