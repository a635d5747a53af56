"""`doctor` and `permissions`: what an identity may see, and what it must be allowed to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mainstay.cli import terminal
from mainstay.cli.choosing import PILLAR, SEVERITY, catalog_option, chosen_catalog, practice_ids
from mainstay.cli.exits import Exit
from mainstay.cli.living import account_options, target

if TYPE_CHECKING:
    from mainstay.model.controls import Control
    from mainstay.sources.live.sessions import Identity
    from mainstay.verbs.doctor import Diagnosis

MISSING_SHOWN = 40


def control_options(command: Any) -> Any:
    """Which controls the question is about."""
    options = (
        click.option("--control", "ids", multiple=True, metavar="ID", help="Only for this control; may repeat."),
        click.option("--practice", "practices", multiple=True, metavar="ID", callback=practice_ids,
                     help="Only for what proves this practice or question; may repeat."),
        click.option("--pillar", "pillars", multiple=True, type=PILLAR, help="Only for this pillar; may repeat."),
        click.option("--severity", type=SEVERITY, help="Only for controls of this severity and above."),
        catalog_option(),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def _controls(
    ids: tuple[str, ...], practices: tuple[str, ...], pillars: tuple[str, ...], severity: str | None,
    catalogs: tuple[Path, ...],
) -> list[Control]:  # fmt: skip
    from mainstay.verbs.selecting import select

    return list(select(chosen_catalog(catalogs, ids, practices).controls, ids, practices, pillars, severity))


@click.command(short_help="Print the IAM policy that a review of accounts needs.")
@control_options
@click.option("--organization", is_flag=True, help="For a review of a whole organisation.")
@click.option("--table", is_flag=True, help="List the actions, each with the number of controls that need it.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Write to a file instead of stdout.")  # fmt: skip
def permissions(organization: bool, table: bool, output: Path | None, **chosen: Any) -> None:
    """Print the least that an identity must be allowed, as IAM policy documents made from what the controls read.

    One JSON document a line, since IAM limits the length of each; usually there are two or three.

    \b
    mainstay permissions --pillar SEC -o security.json
    mainstay permissions --control s3-keeps-versions
    """
    import json

    from mainstay.verbs.permissions import needs, policy_documents

    found = needs(_controls(**chosen), organization)
    with terminal.opened(output) as stream:
        if table:
            longest = max((len(need.action) for need in found), default=0)
            for need in found:
                stream.write(f"{need.action:{longest}}  {len(need.controls) or 'every review'}\n")
        else:
            for document in policy_documents(found):
                stream.write(json.dumps(document) + "\n")


@click.command(short_help="Say whether a review of the account would see everything.")
@account_options
@control_options
@click.option("--policy", is_flag=True, help="Print only the IAM policy that would allow what is missing.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def doctor(
    profile: str | None, role_arn: str | None, regions: tuple[str, ...], policy: bool, quiet: bool, **chosen: Any
) -> int:
    """Ask the account for a little of everything: who is calling, and which permissions are missing for which controls.

    Nothing is changed and nothing is remembered. Exits with 3 where something would stay unknown.
    """
    import json

    from mainstay.verbs.doctor import diagnose

    controls = _controls(**chosen)
    identity, asked = target(profile, role_arn, regions)
    with terminal.progress(not quiet) as progress:
        diagnosis = diagnose(asked, controls, progress)
    if policy:
        for document in diagnosis.policies:
            click.echo(json.dumps(document))
    else:
        for line in _report(identity, asked.regions[0], diagnosis):
            click.echo(line)
    return Exit.INCOMPLETE if diagnosis.gaps else Exit.CLEAN


def _report(identity: Identity, region: str, found: Diagnosis) -> Iterator[str]:
    yield f"account   {identity.account}"
    yield f"identity  {identity.arn}"
    for remark in identity.remarks:
        yield f"          {remark}"
    yield f"asked in  {region}, and what is global"
    yield ""
    if not found.gaps:
        yield f"Nothing is missing: {found.unit_count} kinds of resources could be read."
        return
    missing = found.missing
    if missing:
        yield f"Missing permissions: {len(missing)}"
        longest = max(map(len, missing))
        for action, ids in list(missing.items())[:MISSING_SHOWN]:
            yield f"  {action:{longest}}  leaves {len(ids)} {'control' if len(ids) == 1 else 'controls'} unknown"
        if len(missing) > MISSING_SHOWN:
            yield f"  and {len(missing) - MISSING_SHOWN} more"
        yield ""
    others = sorted({gap.reason for gap in found.gaps if not gap.permission})
    if others:
        yield f"Failed calls: {len(others)}"
        for reason in others[:MISSING_SHOWN]:
            yield f"  {reason}"
        yield ""
    if missing:
        yield "The policy that allows them: mainstay doctor --policy"
