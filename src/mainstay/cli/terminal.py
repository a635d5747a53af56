"""Where the output goes, and how it may look there."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from mainstay.model.errors import UsageError

if TYPE_CHECKING:
    from mainstay.model.findings import Review
    from mainstay.outputs.accounts import Home
    from mainstay.verbs.surveying import Progress

WIDEST = 120

PATIENCE_SECONDS = 1.0
REFRESH_SECONDS = 0.1


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
    """The file to write to, or stdout (`-` as well).

    A file is written whole or not at all, behind a link as well. What is no file, such as `/dev/null` or a pipe, must
    not be replaced by one: it is written to as it is.
    """
    if output is None or output == Path("-"):
        if sys.stdout is None:
            raise UsageError("stdout is closed")
        yield sys.stdout
        sys.stdout.flush()
        return
    target = Path(os.path.realpath(output))
    replaced = target.is_file() or not output.exists()
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.tmp") if replaced else output
    try:
        with unfinished.open("w", encoding="utf-8") as stream:
            yield stream
        if replaced:
            unfinished.replace(target)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UsageError(f"cannot write {output}: {error.strerror}") from None
    finally:
        if replaced:
            unfinished.unlink(missing_ok=True)


def write(
    result: Review, format_name: str, output: Path | None, color: str, verbose: bool, home: Home | None = None
) -> None:
    """Writes a review in a format, to a file or to stdout."""
    from mainstay.outputs import FORMATS, Style

    with opened(output) as stream:
        FORMATS[format_name](result, stream, Style(wants_color(color, stream), width(), verbose, Path.cwd(), home))


def write_text(text: str, output: Path | None) -> None:
    """Writes plain text, to a file or to stdout."""
    with opened(output) as stream:
        stream.write(text)


@contextmanager
def progress(wanted: bool) -> Iterator[Progress | None]:
    """Shows on a terminal's stderr how far long work is; nothing in a pipe, in a log, or in what ends at once."""
    stream = sys.stderr
    if not wanted or not stream.isatty() or os.environ.get("TERM") == "dumb" or os.environ.get("CI"):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    place = TextColumn("[dim]{task.description}")
    columns = (
        TextColumn("judging"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        place,
    )
    bar = Progress(*columns, console=Console(file=stream), transient=True, disable=False, auto_refresh=False)
    task = bar.add_task("", total=None)
    began = shown = time.monotonic()

    def step(done: int, known: int, where: str = "") -> None:
        nonlocal shown
        bar.update(task, completed=done, total=known, description=where)
        now = time.monotonic()
        if now - began > PATIENCE_SECONDS and now - shown > REFRESH_SECONDS:
            shown = now
            bar.start()
            bar.refresh()

    try:
        yield step
    finally:
        bar.stop()
