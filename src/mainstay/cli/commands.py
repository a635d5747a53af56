"""The commands: options, and the call of a verb. What a verb gives is shown by `outputs` or `pages`."""

from __future__ import annotations

import difflib
import gc
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mainstay.cli import terminal
from mainstay.cli.exits import Exit

if TYPE_CHECKING:
    from mainstay.catalog import Catalog
    from mainstay.model.findings import Review

SEVERITY = click.Choice(["low", "medium", "high", "critical"])
PILLAR = click.Choice(["OPS", "SEC", "REL", "PERF", "COST", "SUS"], case_sensitive=False)
FORMAT_NAMES = ("console", "json", "sarif")
DIRECTORY = click.Path(exists=True, file_okay=False, path_type=Path)

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def catalog_option(text: str = "A directory of controls of your own, beside the built-in ones.") -> Decorator:
    return click.option("--catalog", "catalogs", multiple=True, type=DIRECTORY, metavar="DIR", help=text)


def _pairs(ctx: click.Context, option: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for value in values:
        name, separator, text = value.partition("=")
        if not separator or not name:
            raise click.BadParameter(f"{value!r} is not NAME=VALUE", ctx, option)
        pairs[name] = text
    return pairs


def _formats(
    ctx: click.Context, option: click.Parameter, values: tuple[str, ...]
) -> tuple[tuple[str, Path | None], ...]:
    """Each `NAME` or `NAME=FILE`."""
    chosen: list[tuple[str, Path | None]] = []
    for value in values:
        name, separator, file = value.partition("=")
        if name not in FORMAT_NAMES:
            close = difflib.get_close_matches(name, FORMAT_NAMES, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"choose from {', '.join(FORMAT_NAMES)}"
            raise click.BadParameter(f"there is no format {name!r}; {hint}", ctx, option)
        if separator and not file:
            raise click.BadParameter(f"{value!r} names no file", ctx, option)
        chosen.append((name, Path(file) if file and file != "-" else None))
    return tuple(chosen)


def _destinations(formats: tuple[tuple[str, Path | None], ...], output: Path | None) -> list[tuple[str, Path | None]]:
    """Where each format goes. Only one may go to stdout, where two could not be told apart, and one to a file."""
    from mainstay.model.errors import UsageError

    chosen = list(formats or [("console", None)])
    unnamed = [number for number, (_, file) in enumerate(chosen) if file is None]
    if output is not None:
        if len(unnamed) != 1:
            raise UsageError("--output is for one format without a file of its own; name the others' as -f NAME=FILE")
        chosen[unnamed[0]] = (chosen[unnamed[0]][0], output)
    elif len(unnamed) > 1:
        raise UsageError("two formats cannot both go to stdout; name a file for one of them as -f NAME=FILE")
    files = [file.resolve() for _, file in chosen if file is not None]
    if len(set(files)) < len(files):
        raise UsageError("two formats cannot go to one file")
    return chosen


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="PATH...")
@click.option(
    "-f",
    "--format",
    "formats",
    multiple=True,
    callback=_formats,
    metavar="NAME[=FILE]",
    help=f"How the findings are written, and where: {', '.join(FORMAT_NAMES)}; may repeat. [default: console]",
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Write the findings to a file instead of stdout.")  # fmt: skip
@click.option("--severity", type=SEVERITY, help="Judge only by controls of this severity and above.")
@click.option("--control", "ids", multiple=True, metavar="ID", help="Judge only by this control; may repeat.")
@click.option("--practice", "practices", multiple=True, metavar="ID",
              help="Judge only what proves this practice or question (SEC08, REL09-BP01); may repeat.")  # fmt: skip
@click.option("--pillar", "pillars", multiple=True, type=PILLAR, help="Judge only this pillar; may repeat.")
@click.option("--fail-on", type=click.Choice(["low", "medium", "high", "critical", "never"]), default="low",
              show_default=True, help="Exit with 1 on findings of this severity and above.")  # fmt: skip
@click.option("--allow-incomplete", is_flag=True, help="Do not exit with 3 when something could not be read.")
@click.option("--var", "variables", multiple=True, callback=_pairs, metavar="NAME=VALUE",
              help="A Terraform variable; may repeat.")  # fmt: skip
@click.option("--var-file", "variable_files", multiple=True, metavar="FILE",
              type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="A file of Terraform variables; may repeat.")  # fmt: skip
@click.option("--workspace", default="default", metavar="NAME", help="The Terraform workspace.")
@click.option("--parameter", "parameters", multiple=True, callback=_pairs, metavar="NAME=VALUE",
              help="A CloudFormation parameter; may repeat.")  # fmt: skip
@click.option("--region", metavar="REGION", help="The region that the code is applied in.")
@click.option("--account", metavar="ID", help="The account that the code is applied in.")
@click.option("--partition", default="aws", metavar="NAME", help="The partition: aws, aws-cn, aws-us-gov.")
@click.option("--tree", type=DIRECTORY, metavar="DIR",
              help="Read nothing outside this directory (default: the repository around PATH, or PATH).")  # fmt: skip
@catalog_option()
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", show_default=True,
              help="Colour the console output.")  # fmt: skip
@click.option("-v", "--verbose", is_flag=True, help="Show long lists in full.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
@click.option("-j", "--jobs", type=click.IntRange(1), metavar="N", help="Judge in N processes (default: one a core).")
@click.option("--cache/--no-cache", default=True, show_default=True,
              help="Keep verdicts for the next run over the same files.")  # fmt: skip
def review(
    paths: tuple[Path, ...], formats: tuple[tuple[str, Path | None], ...], output: Path | None,
    severity: str | None, ids: tuple[str, ...],
    practices: tuple[str, ...], pillars: tuple[str, ...], fail_on: str, allow_incomplete: bool,
    variables: dict[str, str], variable_files: tuple[Path, ...], workspace: str, parameters: dict[str, str],
    region: str | None, account: str | None, partition: str, tree: Path | None, catalogs: tuple[Path, ...],
    color: str, verbose: bool, quiet: bool, jobs: int | None, cache: bool,
) -> int:  # fmt: skip
    """Judge Terraform and CloudFormation by the catalogue.

    PATH is a directory or a file. Root modules, local modules and templates are found in it; nothing is executed and
    nothing is fetched.

    \b
    mainstay review infra/
    mainstay review infra/prod --var-file prod.tfvars --severity high
    mainstay review . -f sarif -o mainstay.sarif
    """
    from mainstay.sources import Options
    from mainstay.verbs.cache import home
    from mainstay.verbs.review import review as run
    from mainstay.verbs.selecting import select
    from mainstay.verbs.workers import usual_jobs

    written = _destinations(formats, output)
    # values live until their scope is judged and seldom form circles: looking for those less often saves a tenth
    gc.set_threshold(100_000, 20, 50)

    catalog = _catalog(catalogs, ids, practices)
    controls = tuple(select(catalog.controls, ids, practices, pillars, severity))
    options = Options(variables, variable_files, parameters, workspace, region, account, partition, tree)
    with terminal.progress(not quiet) as progress:
        result = run(paths, controls, options, home() if cache else None, jobs or usual_jobs(), progress)
    for format_name, file in written:
        terminal.write(result, format_name, file, color, verbose)
    return _status(result, fail_on, allow_incomplete)


def _catalog(directories: tuple[Path, ...], ids: tuple[str, ...] = (), practices: tuple[str, ...] = ()) -> Catalog:
    """The catalogue; names in options that it does not know are usage errors, with a suggestion."""
    from mainstay.catalog import did_you_mean, load
    from mainstay.model.errors import UsageError

    catalog = load(directories)
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


def _status(result: Review, fail_on: str, allow_incomplete: bool) -> Exit:
    """Findings at or above the threshold go before gaps: they are there, whatever else was not read."""
    from mainstay.model.controls import SEVERITIES

    threshold = len(SEVERITIES) if fail_on == "never" else SEVERITIES.index(fail_on)
    for finding in result.findings:
        if finding.verdict == "fail" and SEVERITIES.index(finding.control.severity) >= threshold:
            return Exit.FINDINGS
    return Exit.INCOMPLETE if result.gaps and not allow_incomplete else Exit.CLEAN


@click.command()
@click.argument("name", metavar="CONTROL|PRACTICE")
@catalog_option()
def explain(name: str, catalogs: tuple[Path, ...]) -> None:
    """Show everything about a control, or the controls that prove a practice."""
    from mainstay.cli.pages import explanation
    from mainstay.verbs.explain import explain as run

    click.echo(explanation(run(name, _catalog(catalogs)), terminal.width()))


@click.command(name="list")
@click.option("--pillar", "pillars", multiple=True, type=PILLAR, help="Only this pillar; may repeat.")
@click.option("--severity", type=SEVERITY, help="Only this severity and above.")
@catalog_option()
def list_controls(pillars: tuple[str, ...], severity: str | None, catalogs: tuple[Path, ...]) -> None:
    """List the controls: id, severity and title."""
    from mainstay.verbs.selecting import select

    controls = list(select(_catalog(catalogs).controls, pillars=pillars, severity=severity))
    longest = max((len(control.id) for control in controls), default=0)
    for control in controls:
        click.echo(f"{control.id:{longest}}  {control.severity:8}  {control.title}")


@click.command()
@catalog_option("A directory of controls whose examples run, instead of the built-in ones; may repeat.")
def test(catalogs: tuple[Path, ...]) -> int:
    """Run the examples of the catalogue: each control has to say of them what they say of themselves."""
    from mainstay.catalog import load, load_shapes
    from mainstay.cli.pages import example_report
    from mainstay.sources.spelling import Spelling
    from mainstay.verbs.examples import run_examples

    catalog = load(catalogs, builtin=not catalogs, check=True)
    report = run_examples(catalog, Spelling(load_shapes()).with_defaults)
    click.echo(example_report(report))
    return Exit.FINDINGS if report.mismatches else Exit.CLEAN


@click.group(name="new")
def new() -> None:
    """Write the beginnings of something of your own."""


@new.command(name="control")
@click.argument("name", metavar="ID")
@click.option("--type", "type_name", required=True, metavar="TYPE", help="The resource type (AWS::S3::Bucket).")
@click.option("--catalog", "directory", default="controls", type=click.Path(file_okay=False, path_type=Path),
              metavar="DIR", show_default=True, help="The directory of your catalogue.")  # fmt: skip
def new_control(name: str, type_name: str, directory: Path) -> None:
    """Write a control that loads, with examples that run, to be changed into yours."""
    from mainstay.catalog import load_shapes
    from mainstay.sources.spelling import Spelling
    from mainstay.verbs.scaffold import new_control as run

    path = run(directory, name, type_name, prepare=Spelling(load_shapes()).with_defaults)
    click.echo(f"wrote {path}; run its examples with: mainstay test --catalog {directory}")


COMMANDS: tuple[click.Command, ...] = (review, explain, list_controls, test, new)
