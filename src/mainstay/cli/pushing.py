"""`show practices --push`: the calls into the AWS Well-Architected Tool, shown or made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mainstay.cli import terminal
from mainstay.cli.exits import Exit

if TYPE_CHECKING:
    from mainstay.cli.asking import Asked
    from mainstay.evidence import Ledger


def pushed(
    asked: Asked, ledger: Ledger, workload: str, apply: bool, overrule: bool, milestone: str, link: str,
    profile: str | None, role_arn: str | None, region: str | None,
) -> int:  # fmt: skip
    """Pushes the answers; without `apply` only says how. Exit code 3 where a call failed."""
    from mainstay.catalog.practices import load_choices
    from mainstay.verbs.answering import answers
    from mainstay.verbs.pushing import push

    found = answers(ledger, asked.catalog(), asked.now, asked.ages, ledger.attestations())
    client = _client(profile, region, role_arn)
    result = push(client, workload, found, load_choices(), link, milestone, overrule=overrule, apply=apply)
    with terminal.opened(asked.output) as stream:
        for call in result.made if apply else result.calls:
            stream.write(f"{call}\n")
        if apply:
            done = f"made {len(result.made)} of {len(result.calls)} calls"
        elif result.calls:
            done = f"{len(result.calls)} calls would be made: --apply makes them"
        else:
            done = "nothing is to be changed"
        stream.write(f"{done}\n")
    for remark in result.remarks:
        click.echo(f"remark: {remark}", err=True)
    for call, why in result.failed:
        click.echo(f"failed: {call.operation}: {why}", err=True)
    return Exit.INCOMPLETE if result.failed else Exit.CLEAN


def _client(profile: str | None, region: str | None, role_arn: str | None) -> Any:
    """A client of the Tool. Raises AccountError where the session cannot have one."""
    from botocore.exceptions import BotoCoreError, NoRegionError

    from mainstay.model.errors import AccountError
    from mainstay.sources.live.sessions import open_session, why

    try:
        return open_session(profile, region, role_arn).client("wellarchitected")
    except NoRegionError:
        raise AccountError("no region: name the workload's by --region, AWS_REGION or the profile") from None
    except BotoCoreError as error:
        raise AccountError(why(error)) from None
