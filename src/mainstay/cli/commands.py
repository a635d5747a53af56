"""The smaller commands: options, and the call of a verb. What a verb gives is shown by `pages`."""

from __future__ import annotations

from pathlib import Path

import click

from mainstay.cli import terminal
from mainstay.cli.attesting import attest
from mainstay.cli.choosing import PILLAR, SEVERITY, catalog_option, chosen_catalog, practice_ids, rules_option
from mainstay.cli.completion import completion
from mainstay.cli.doctoring import doctor, permissions
from mainstay.cli.exits import Exit
from mainstay.cli.hunting import hunt, ingest, simulate, watch
from mainstay.cli.review import review
from mainstay.cli.sandbox import sandbox
from mainstay.cli.showing import show


@click.command(short_help="Show everything about a control, a detection or a practice.")
@click.argument("name", metavar="CONTROL|DETECTION|PRACTICE")
@catalog_option()
@rules_option()
def explain(name: str, catalogs: tuple[Path, ...], rule_dirs: tuple[Path, ...]) -> None:
    """Show everything about a control or a detection, or what proves a practice."""
    from mainstay.catalog.sigma import read_rules
    from mainstay.cli.pages import explanation
    from mainstay.verbs.explain import explain as run

    rules = read_rules(rule_dirs).rules
    click.echo(explanation(run(name, chosen_catalog(catalogs, examples=True), rules), terminal.width()))


@click.command(name="list", short_help="List the controls, or the detections.")
@click.option("--detections", is_flag=True, help="List the detections instead.")
@click.option("--pillar", "pillars", multiple=True, type=PILLAR, help="Only this pillar; may repeat.")
@click.option("--severity", type=SEVERITY, help="Only this severity and above.")
@catalog_option()
@rules_option()
def list_controls(
    detections: bool,
    pillars: tuple[str, ...],
    severity: str | None,
    catalogs: tuple[Path, ...],
    rule_dirs: tuple[Path, ...],
) -> None:
    """List the controls, or the detections: id, severity and title."""
    from mainstay.catalog.sigma import load_rules
    from mainstay.verbs.hunting import chosen
    from mainstay.verbs.selecting import select

    if detections:
        rules = chosen(load_rules(rule_dirs, {}), severity=severity, practices=[one.upper() for one in pillars])
        rows = [(one.about.id, one.about.severity, one.about.title) for one in rules.rules if not one.quiet]
    else:
        controls = select(chosen_catalog(catalogs).controls, pillars=pillars, severity=severity)
        rows = [(control.id, control.severity, control.title) for control in controls]
    longest = max((len(id) for id, _, _ in rows), default=0)
    for id, level, title in rows:
        click.echo(f"{id:{longest}}  {level:8}  {title}")


@click.command(short_help="Run the examples of the catalogue and the cases of detections.")
@catalog_option("A directory of controls whose examples run, instead of the built-in ones; may repeat.")
@rules_option("A directory of Sigma rules whose cases run, instead of the built-in ones; may repeat.")
def test(catalogs: tuple[Path, ...], rule_dirs: tuple[Path, ...]) -> int:
    """Run the examples of the catalogue, and the cases of detections.

    Each control has to say of its examples what they say of themselves. Each detection fires on the events of its
    cases, or stays quiet, as they say; one without cases has to be one that some event can fire.
    """
    from mainstay.catalog import load, load_shapes
    from mainstay.catalog.sigma import read_rules
    from mainstay.cli.pages import example_report, proof_report
    from mainstay.sources.spelling import Spelling
    from mainstay.verbs.examples import run_examples
    from mainstay.verbs.proving import prove

    wrong = False
    if catalogs or not rule_dirs:
        catalog = load(catalogs, builtin=not catalogs, check=True)
        report = run_examples(catalog, Spelling(load_shapes()).with_defaults)
        click.echo(example_report(report))
        wrong = bool(report.mismatches)
    if rule_dirs or not catalogs:
        proofs = prove(read_rules(rule_dirs, builtin=not rule_dirs, check=True))
        click.echo(proof_report(proofs))
        wrong |= bool(proofs.wrong or proofs.cannot_fire or proofs.faults)
    return Exit.FINDINGS if wrong else Exit.CLEAN


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
    review, explain, list_controls, test, new, export, hunt, watch, ingest, simulate, attest, doctor,
    permissions, show, sandbox, completion,
)  # fmt: skip
