"""`review --live`: which accounts are read, by whose credentials, and where what was seen is remembered."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from mainstay.cli.review import Asked
    from mainstay.evidence import Ledger
    from mainstay.verbs.live import Target

LEDGER = ".mainstay/ledger.sqlite"


def live_options(command: Any) -> Any:
    """The options of a review of accounts."""
    options = (
        click.option("--live", is_flag=True, help="Review what is running: read the account, changing nothing."),
        click.option("--profile", metavar="NAME", help="With --live: the profile whose credentials are used."),
        click.option("--role-arn", metavar="ARN", help="With --live: the role to assume."),
        click.option("--regions", multiple=True, metavar="NAME",
                     help="With --live: a region to read, or `all`; may repeat. [default: the profile's]"),
        click.option("--ledger", metavar="URL",
                     help=f"Remember what is seen in this file or postgresql:// database. [with --live: {LEDGER}]"),
        click.option("--no-ledger", is_flag=True, help="With --live: remember nothing."),
        click.option("--resume", is_flag=True, help="With --live: go on where an interrupted pass stopped."),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def targets(asked: Asked) -> Sequence[Target]:
    """The accounts to read. Raises AccountError where one cannot be reached."""
    from mainstay.sources.live.api import Api
    from mainstay.sources.live.sessions import identify, open_session, regions_of
    from mainstay.verbs.live import Target

    regions = tuple(name for each in asked.regions for name in each.replace(",", " ").split())
    first = next((name for name in regions if name != "all"), None)
    session = open_session(asked.profile, asked.region or first, asked.role_arn)
    identity = identify(session)
    return [Target(Api(session, identity.account, identity.partition), regions_of(session, regions))]


def ledger_of(asked: Asked, write: bool = True) -> Ledger | None:
    """The ledger that a review remembers in; None where it is to remember nothing."""
    from mainstay.model.errors import UsageError

    if asked.ledger and asked.no_ledger:
        raise UsageError("--ledger and --no-ledger exclude each other")
    if asked.no_ledger or not (asked.ledger or asked.live):
        return None
    from mainstay.evidence import open_ledger

    url = asked.ledger or LEDGER
    if asked.ledger is None:
        Path(url).parent.mkdir(parents=True, exist_ok=True)
    return open_ledger(url, write=write)
