"""Where results go: `--format NAME[=FILE]` and `--output FILE`, and which of them make no sense together."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import click

Destination = tuple[str, Path | None]
"""A format, and the file that it goes to; None is stdout."""

BINARY = {"parquet"}
"""The formats that a terminal cannot show."""


def format_option(names: Sequence[str]) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """The option `--format`, with the formats that a command has."""

    def read(ctx: click.Context, option: click.Parameter, values: tuple[str, ...]) -> tuple[Destination, ...]:
        return tuple(_destination(value, names, ctx, option) for value in values)

    return click.option(
        "-f",
        "--format",
        "formats",
        multiple=True,
        callback=read,
        metavar="NAME[=FILE]",
        help=f"How the findings are written, and where: {', '.join(names)}; may repeat. [default: console]",
    )


def _destination(value: str, names: Sequence[str], ctx: click.Context, option: click.Parameter) -> Destination:
    name, separator, file = value.partition("=")
    if name not in names:
        close = difflib.get_close_matches(name, names, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"choose from {', '.join(names)}"
        raise click.BadParameter(f"there is no format {name!r}; {hint}", ctx, option)
    if separator and not file:
        raise click.BadParameter(f"{value!r} names no file", ctx, option)
    return name, Path(file) if file and file != "-" else None


def destinations(
    formats: Sequence[Destination], output: Path | None, taken: Collection[tuple[Path, str]] = ()
) -> list[Destination]:
    """Where each format goes. Only one may go to stdout, where two could not be told apart, and one to a file.

    `taken` are files that nothing may be written over, and what they are. Raises UsageError.
    """
    from mainstay.model.errors import UsageError

    chosen = list(formats or [("console", None)])
    unnamed = [number for number, (_, file) in enumerate(chosen) if file is None]
    if output is not None:
        if len(unnamed) != 1:
            raise UsageError("--output is for one format without a file of its own; name others by -f NAME=FILE")
        chosen[unnamed[0]] = (chosen[unnamed[0]][0], output)
    elif len(unnamed) > 1:
        raise UsageError("two formats cannot both go to stdout; name a file for one of them by -f NAME=FILE")
    named = [file for _, file in chosen if file is not None]
    for file in named:  # not only after the work
        if file.is_dir() or not file.parent.is_dir():
            reason = "it is a directory" if file.is_dir() else f"there is no directory {str(file.parent)!r}"
            raise UsageError(f"cannot write {file}: {reason}")
    if any(name in BINARY and file is None for name, file in chosen) and sys.stdout and sys.stdout.isatty():
        raise UsageError("parquet is not for a terminal: name a file by -f parquet=FILE")
    files = [file.resolve() for file in named]
    if len(set(files)) < len(files):
        raise UsageError("two formats cannot go to one file")
    for file, what in taken:
        if file.resolve() in files:
            raise UsageError(f"{file} is {what}: what is written would take its place")
    return chosen
