"""Where the output goes, and how it may look there."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from mainstay.model.errors import UsageError

if TYPE_CHECKING:
    from mainstay.model.findings import Review

WIDEST = 120


def width() -> int:
    """The columns to fill: the terminal's or `COLUMNS`, 80 in a pipe."""
    return max(40, min(WIDEST, shutil.get_terminal_size((80, 24)).columns))


def wants_color(choice: str, stream: TextIO) -> bool:
    """`NO_COLOR` and `FORCE_COLOR` are honoured, and so is a terminal that calls itself dumb."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


@contextmanager
def opened(output: Path | None) -> Iterator[TextIO]:
    """The file to write to, or stdout. A file is written whole or not at all."""
    if output is None:
        yield sys.stdout
        sys.stdout.flush()
        return
    unfinished = output.with_name(f".{output.name}.{os.getpid()}.tmp")
    try:
        with unfinished.open("w", encoding="utf-8") as stream:
            yield stream
        unfinished.replace(output)
    except OSError as error:
        raise UsageError(f"cannot write {output}: {error.strerror}") from None
    finally:
        unfinished.unlink(missing_ok=True)


def write(result: Review, format_name: str, stream: TextIO, color: str, verbose: bool) -> None:
    """Writes a review in a format."""
    from mainstay.outputs import FORMATS, Style

    FORMATS[format_name](result, stream, Style(wants_color(color, stream), width(), verbose, Path.cwd()))
