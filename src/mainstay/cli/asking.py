"""What every `mainstay show` is told: where the ledger is, and how the answer is written."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mainstay.cli import terminal
from mainstay.cli.choosing import DIRECTORY, chosen_catalog

if TYPE_CHECKING:
    from mainstay.catalog import Catalog
    from mainstay.evidence import Ledger
    from mainstay.evidence.answers import Moment
    from mainstay.model.practices import EvidenceKind
    from mainstay.outputs.tables import Page
    from mainstay.settings.configuration import Configuration

LISTED = ("console", "json", "csv", "markdown")
REVIEWS = ("html", "sarif", "ocsf", "asff", "parquet", "junit")
"""Formats of reviews in which the findings of the ledger can be written as well."""

LIMIT = 50
"""Rows of a list, where nobody says how many."""


@dataclass(frozen=True)
class Asked:
    """The options that all of `show` shares, and how many rows are wanted; None is all."""

    ledger: str | None
    format: str
    output: Path | None
    color: str
    catalogs: tuple[Path, ...]
    limit: int | None

    @functools.cached_property
    def now(self) -> datetime:
        return datetime.now(UTC)

    @functools.cached_property
    def configuration(self) -> Configuration:
        """The nearest configuration file at or above where the user stands."""
        from mainstay.settings.configuration import Configuration
        from mainstay.settings.reading import find_configuration, read_configuration

        file = find_configuration(Path.cwd())
        return Configuration() if file is None else read_configuration(file, file.name)

    @property
    def ages(self) -> Mapping[EvidenceKind, timedelta]:
        """How old evidence of each kind may be."""
        from mainstay.analysis.practices import AGES

        return {**AGES, **self.configuration.freshness}

    def catalog(self) -> Catalog:
        return chosen_catalog(self.catalogs, configuration=self.configuration)

    @contextmanager
    def opened(self, write: bool = False) -> Iterator[Ledger]:
        from mainstay.verbs.showing import opened

        with opened(self.ledger or self.configuration.ledger, Path.cwd(), write) as ledger:
            check_output(self.output, ledger.name)
            yield ledger

    def moment(self, ledger: Ledger, text: str | None) -> Moment | None:
        from mainstay.verbs.showing import moment

        return None if text is None else moment(ledger, text, self.now)

    def write(self, page: Page) -> None:
        from mainstay.outputs import Style
        from mainstay.outputs.tables import LISTINGS

        with terminal.opened(self.output) as stream:
            LISTINGS[self.format](page, stream, Style(terminal.wants_color(self.color, stream), terminal.width()))
        if self.format == "csv" and page.more:
            click.echo(page.more, err=True)


def check_output(output: Path | None, ledger: str | Path) -> None:
    """Raises UsageError where the output would take the place of the ledger, or of what SQLite keeps beside it."""
    from mainstay.model.errors import UsageError

    if output is None or "://" in str(ledger):
        return
    taken = os.path.realpath(ledger)
    if os.path.realpath(output) in {taken + ending for ending in ("", "-wal", "-shm", "-journal")}:
        raise UsageError(f"--output {output} is the ledger itself: name another file")


def asking(formats: tuple[str, ...] = LISTED, limited: bool = False) -> Callable[[Callable[..., Any]], Any]:
    """Gives a command the shared options, and itself an `Asked` in their place.

    What a subcommand is not told it takes from the group: `mainstay show --ledger FILE findings`.
    """

    def decorate(command: Callable[..., Any]) -> Any:
        @functools.wraps(command)
        def run(**given: Any) -> Any:
            return command(_asked(given), **given)

        decorated: Any = run
        for option in reversed([*_options(formats), *(_limits() if limited else ())]):
            decorated = option(decorated)
        return decorated

    return decorate


def _options(formats: tuple[str, ...]) -> tuple[Any, ...]:
    return (
        click.option("--ledger", metavar="URL", envvar="MAINSTAY_LEDGER",
                     help="A file, or a postgresql:// URL. [default: the nearest .mainstay/ledger.sqlite]"),
        click.option("-f", "--format", "format_name", type=click.Choice(formats),
                     help="How it is written. [default: console]"),
        click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
                     help="Write to a file instead of stdout."),
        click.option("--color", type=click.Choice(["auto", "always", "never"]),
                     help="Colour the console output. [default: auto]"),
        click.option("--catalog", "catalogs", multiple=True, type=DIRECTORY, metavar="DIR",
                     help="A directory of controls of your own, beside the built-in ones; may repeat."),
    )  # fmt: skip


def _limits() -> tuple[Any, ...]:
    return (
        click.option("--limit", type=click.IntRange(1), metavar="N", help=f"Show N rows at most. [default: {LIMIT}]"),
        click.option("--all", "show_all", is_flag=True, help="Show all rows."),
    )


def _asked(given: dict[str, Any]) -> Asked:
    """Takes the shared options out of what a command was given."""
    context = click.get_current_context()
    above: Mapping[str, Any] = context.parent.params if context.parent is not None else {}
    named = {
        name: given.pop(name) or above.get(name) for name in ("ledger", "format_name", "output", "color", "catalogs")
    }
    limit, show_all = given.pop("limit", None), given.pop("show_all", False)
    if show_all and limit is not None:
        raise click.UsageError("--all and --limit exclude each other")
    chosen = named["format_name"] or "console"
    whole = show_all or (limit is None and chosen in REVIEWS)
    return Asked(
        ledger=named["ledger"],
        format=chosen,
        output=named["output"],
        color=named["color"] or "auto",
        catalogs=named["catalogs"] or (),
        limit=None if whole else limit or LIMIT,
    )
