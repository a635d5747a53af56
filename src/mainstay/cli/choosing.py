"""Options that several commands share, and the catalogue that they choose from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from mainstay.catalog import Catalog
    from mainstay.settings.configuration import Configuration

SEVERITY = click.Choice(["low", "medium", "high", "critical"])
PILLAR = click.Choice(["OPS", "SEC", "REL", "PERF", "COST", "SUS"], case_sensitive=False)
DIRECTORY = click.Path(exists=True, file_okay=False, path_type=Path)

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def catalog_option(
    text: str = "A directory of controls of your own, beside the built-in ones; may repeat.",
) -> Decorator:
    return click.option("--catalog", "catalogs", multiple=True, type=DIRECTORY, metavar="DIR", help=text)


def rules_option(text: str = "A directory of Sigma rules, besides the pack; may repeat.") -> Decorator:
    return click.option("--rules", "rule_dirs", multiple=True, type=DIRECTORY, metavar="DIR", help=text)


def name_value(ctx: click.Context, option: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Options of the form NAME=VALUE, as a map."""
    pairs = {}
    for value in values:
        name, separator, text = value.partition("=")
        if not separator or not name:
            raise click.BadParameter(f"{value!r} is not NAME=VALUE", ctx, option)
        pairs[name] = text
    return pairs


def practice_ids(ctx: click.Context, option: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Ids of practices and questions, in whatever case they were typed."""
    return tuple(value.upper() for value in values)


def chosen_catalog(
    directories: tuple[Path, ...],
    ids: tuple[str, ...] = (),
    practices: tuple[str, ...] = (),
    configuration: Configuration | None = None,
    examples: bool = False,
) -> Catalog:
    """The built-in catalogue, those of installed packages and those in `directories`, as the configuration wants them.

    Names in options that it does not know are usage errors, with a suggestion.
    """
    from mainstay.catalog import Catalog, load
    from mainstay.documents import did_you_mean
    from mainstay.model.errors import UsageError
    from mainstay.settings.configuration import adjusted
    from mainstay.settings.plugins import installed_catalogs

    plugged = tuple(plugin.directory for plugin in installed_catalogs())
    catalog = load((*plugged, *directories), examples=examples)
    if configuration is not None:
        catalog = Catalog(adjusted(catalog.controls, configuration.controls))
    known = [control.id for control in catalog.controls]
    for name in ids:
        if name not in known:
            hint = did_you_mean(name, known)
            raise UsageError(f"there is no control {name!r}" + (f"; {hint}" if hint else ""))
    named = {practice for control in catalog.controls for practice in control.practices} if practices else set()
    for name in practices:
        if not any(practice.startswith(name) for practice in named):
            hint = did_you_mean(name, sorted(named))
            raise UsageError(f"no control proves a practice {name!r}" + (f"; {hint}" if hint else ""))
    return catalog
