"""The smaller commands: options, and the call of a verb. What a verb gives is shown by `pages`."""

from __future__ import annotations

from pathlib import Path

import click

from mainstay.cli import terminal
from mainstay.cli.attesting import attest
from mainstay.cli.choosing import PILLAR, SEVERITY, catalog_option, chosen_catalog, practice_ids
from mainstay.cli.completion import completion
from mainstay.cli.doctoring import doctor, permissions
from mainstay.cli.exits import Exit
from mainstay.cli.review import review
from mainstay.cli.sandbox import sandbox
from mainstay.cli.showing import show


@click.command(short_help="Show everything about a control or a practice.")
@click.argument("name", metavar="CONTROL|PRACTICE")
@catalog_option()
def explain(name: str, catalogs: tuple[Path, ...]) -> None:
    """Show everything about a control, or the controls that prove a practice."""
    from mainstay.cli.pages import explanation
    from mainstay.verbs.explain import explain as run

    click.echo(explanation(run(name, chosen_catalog(catalogs, examples=True)), terminal.width()))


@click.command(name="list")
@click.option("--pillar", "pillars", multiple=True, type=PILLAR, help="Only this pillar; may repeat.")
@click.option("--severity", type=SEVERITY, help="Only this severity and above.")
@catalog_option()
def list_controls(pillars: tuple[str, ...], severity: str | None, catalogs: tuple[Path, ...]) -> None:
    """List the controls: id, severity and title."""
    from mainstay.verbs.selecting import select

    controls = list(select(chosen_catalog(catalogs).controls, pillars=pillars, severity=severity))
    longest = max((len(control.id) for control in controls), default=0)
    for control in controls:
        click.echo(f"{control.id:{longest}}  {control.severity:8}  {control.title}")


@click.command(short_help="Run the examples of the catalogue.")
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


@click.command(short_help="Write the controls as policies of another tool.")
@click.argument("format_name", metavar="FORMAT", type=click.Choice(["guard", "rego", "config-rules", "scp"]))
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Write to a file instead of stdout.")  # fmt: skip
@click.option("--control", "ids", multiple=True, metavar="ID", help="Only this control; may repeat.")
@click.option("--practice", "practices", multiple=True, metavar="ID", callback=practice_ids,
              help="Only what proves this practice or question; may repeat.")  # fmt: skip
@click.option("--pillar", "pillars", multiple=True, type=PILLAR, help="Only this pillar; may repeat.")
@click.option("--severity", type=SEVERITY, help="Only this severity and above.")
@catalog_option()
def export(
    format_name: str, output: Path | None, ids: tuple[str, ...], practices: tuple[str, ...], pillars: tuple[str, ...],
    severity: str | None, catalogs: tuple[Path, ...],
) -> None:  # fmt: skip
    """Write the controls as policies of another tool, so that it refuses what a review would find.

    \b
    guard         CloudFormation Guard rules
    rego          Rego for conftest and OPA, over CloudFormation templates
    config-rules  an AWS Config conformance pack of custom policy rules
    scp           service control policies, for controls that are about a request

    What a format cannot say exactly is left out and listed on stderr.
    """
    from mainstay.verbs.export import export as run
    from mainstay.verbs.selecting import select

    controls = list(select(chosen_catalog(catalogs, ids, practices).controls, ids, practices, pillars, severity))
    with terminal.opened(output) as stream:
        done = run(format_name, controls, stream)
    for line in done.lines():
        click.echo(line, err=True)


@click.group(name="new")
def new() -> None:
    """Write the beginnings of something of your own."""


@new.command(name="control", short_help="Write a control that loads, to be changed into yours.")
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


COMMANDS: tuple[click.Command, ...] = (
    review, explain, list_controls, test, new, export, attest, doctor, permissions, show, sandbox, completion,
)  # fmt: skip
