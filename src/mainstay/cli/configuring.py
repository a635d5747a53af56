"""The configuration file as the defaults of options: an option goes before the environment, that before the file."""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from mainstay.settings.configuration import Configuration

DEFAULTS: Mapping[str, str] = {
    "severity": "severity",
    "fail_on": "fail_on",
    "allow_incomplete": "allow_incomplete",
    "pillars": "pillars",
    "practices": "practices",
    "formats": "formats",
    "variable_files": "variable_files",
    "workspace": "workspace",
    "region": "region",
    "account": "account",
    "partition": "partition",
    "catalogs": "catalogs",
    "baseline": "baseline",
    "waivers": "waivers",
    "reports": "reports",
    "exclude": "exclude",
    "profile": "profile",
    "role_arn": "role_arn",
    "role_name": "role_name",
    "regions": "regions",
}
"""By the name of a parameter, the attribute of the configuration that is its default."""


def config_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the option `--config` and the parameter `configuration`.

    The argument `paths` has to be eager (`is_eager=True`) and without `required`: the file is looked for from the
    first of them, and may name them.
    """
    return click.option(
        "--config",
        "configuration",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        is_eager=True,
        callback=_use,
        metavar="FILE",
        help="The configuration (default: the nearest mainstay.toml or pyproject.toml at or above PATH).",
    )(command)


def with_environment(command: click.Command, but: Container[str] = ()) -> click.Command:
    """The command, each option of which has a variable named after it: `MAINSTAY_FAIL_ON` for `--fail-on`.

    `but` are the parameters that have none. Several values are separated by spaces, paths as `PATH` has them.
    """
    for option in command.params:
        if isinstance(option, click.Option) and option.name not in but and option.envvar is None:
            name = max(option.opts, key=len).lstrip("-")
            option.envvar = f"MAINSTAY_{name.replace('-', '_').upper()}"
    return command


def _use(ctx: click.Context, option: click.Parameter, value: Path | None) -> Configuration:
    from mainstay.settings.configuration import Configuration
    from mainstay.settings.reading import find_configuration, read_configuration

    paths = ctx.params.get("paths") or (Path(),)
    file = value or find_configuration(paths[0])
    configuration = read_configuration(file, _shown(file)) if file is not None else Configuration()
    said = {name: getattr(configuration, attribute) for name, attribute in DEFAULTS.items()}
    ctx.default_map = {
        **(ctx.default_map or {}),
        **{name: each for name, each in said.items() if each is not None and each != ()},
    }
    return configuration


def _shown(file: Path) -> str:
    """The file as its faults name it: relative to where the user stands, where it lies below."""
    here = Path.cwd()
    return os.path.relpath(file, here) if file.is_absolute() and file.is_relative_to(here) else file.as_posix()
