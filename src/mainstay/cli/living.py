"""`review --live`: which accounts are read, by whose credentials, and where what was seen is remembered."""

from __future__ import annotations

import functools
import os
import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

import click

from mainstay.cli import terminal
from mainstay.cli.exits import Exit

if TYPE_CHECKING:
    import boto3

    from mainstay.cli.review import Asked
    from mainstay.evidence import Ledger
    from mainstay.model.controls import Control
    from mainstay.model.findings import Gap, Review
    from mainstay.sources import Scope
    from mainstay.sources.live.sessions import Identity
    from mainstay.verbs.account_pass import Target

PATIENCE_SECONDS = 5.0

LEDGER = ".mainstay/ledger.sqlite"


def account_options(command: Any) -> Any:
    """By whose credentials an account is called, and in which regions."""
    options = (
        click.option("--profile", metavar="NAME", help="Call accounts with the credentials of this profile."),
        click.option("--role-arn", metavar="ARN", help="Call accounts as this role."),
        click.option("--regions", multiple=True, metavar="NAME",
                     help="A region of the account to read, or `all`; may repeat. [default: the profile's]"),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def live_options(command: Any) -> Any:
    """The options of a review of accounts."""
    options = (
        click.option("--live", is_flag=True, help="Review what is running: read the account, changing nothing."),
        account_options,
        click.option("--accounts", multiple=True, metavar="ID", help="With --live: an account to read; may repeat."),
        click.option("--organization", is_flag=True, help="With --live: read every account of the organisation."),
        click.option("--aggregator", metavar="NAME",
                     help="With --live: judge by what this aggregator of AWS Config has recorded, calling no account."),
        click.option("--role-name", metavar="NAME", help="With --live: the role to assume in each account."),
        click.option("--ledger", metavar="URL",
                     help=f"Remember what is seen in this file or postgresql:// database. [with --live: {LEDGER}]"),
        click.option("--no-ledger", is_flag=True, help="With --live: remember nothing."),
        click.option("--state", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
                     help="With PATH and --live: Terraform's state, which tells what is called what."),
        click.option("--resume", is_flag=True, help="With --live: go on where an interrupted pass stopped."),
    )  # fmt: skip
    command = _ended_politely(command)
    for option in reversed(options):
        command = option(command)
    return command


def _ended_politely(command: Callable[..., Any]) -> Callable[..., Any]:
    """With --live, SIGTERM unwinds the work as Ctrl-C does, so that the ledger knows of it, before the process ends."""

    @functools.wraps(command)
    def run(*given: Any, live: bool, **asked: Any) -> Any:
        if not live:
            return command(*given, live=live, **asked)
        ending = _Ending()
        before = signal.signal(signal.SIGTERM, ending.unwind)
        interrupting = signal.getsignal(signal.SIGINT)
        if interrupting is not signal.SIG_IGN:  # as in a job of the background
            signal.signal(signal.SIGINT, ending.interrupt)
        try:
            return command(*given, live=live, **asked)
        except _Terminated:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTERM)
            raise
        finally:
            ending.unwound()
            signal.signal(signal.SIGTERM, before)
            signal.signal(signal.SIGINT, interrupting)

    return run


class _Terminated(BaseException):
    """Somebody has told the process to end."""


class _Ending:
    """Unwinds the work at a signal, and ends the process where that takes too long, or was lost in a place that
    swallows what is raised.

    Nothing is lost by it: what the ledger has acknowledged is on the disk.
    """

    def __init__(self) -> None:
        self.timer: threading.Timer | None = None

    def unwind(self, number: int, _: FrameType | None) -> NoReturn:
        signal.signal(number, signal.SIG_IGN)  # once is enough
        self.anyway(128 + number)
        raise _Terminated

    def interrupt(self, number: int, _: FrameType | None) -> NoReturn:
        self.anyway(Exit.INTERRUPTED)
        raise KeyboardInterrupt

    def anyway(self, status: int) -> None:
        self.unwound()
        self.timer = threading.Timer(PATIENCE_SECONDS, os._exit, (int(status),))
        self.timer.daemon = True
        self.timer.start()

    def unwound(self) -> None:
        if self.timer is not None:
            self.timer.cancel()


def targets(asked: Asked) -> tuple[Sequence[Target], Sequence[Gap]]:
    """The accounts to read, and those that cannot be. Raises AccountError where there is none."""
    if not (asked.organization or asked.accounts):
        return [target(asked.profile, asked.role_arn, asked.regions)[1]], []
    from mainstay.model.errors import AccountError, UsageError
    from mainstay.sources.live import organizations
    from mainstay.sources.live.sessions import identify, open_session

    if asked.organization and asked.accounts:
        raise UsageError("--organization reads all accounts: leave out --accounts")
    regions = _listed(asked.regions)
    session = open_session(asked.profile, _first(regions), asked.role_arn)
    own = identify(session)
    members = (
        organizations.members(session, own.partition)
        if asked.organization
        else organizations.named(_listed(asked.accounts))
    )
    found = list(organizations.sessions(session, own, members, asked.role_name))
    reached, gaps = organizations.reached(found, lambda one, identity: _target(one, identity, regions))
    if not reached:
        raise AccountError(gaps[0].reason if gaps else "the organisation has no active accounts")
    return reached, gaps


def target(profile: str | None, role_arn: str | None, regions: tuple[str, ...]) -> tuple[Identity, Target]:
    """The account that a profile or the environment leads to, and who is calling it."""
    from mainstay.sources.live.sessions import identify, open_session

    names = _listed(regions)
    session = open_session(profile, _first(names), role_arn)
    identity = identify(session)
    return identity, _target(session, identity, names)


def _target(session: boto3.Session, identity: Identity, regions: tuple[str, ...]) -> Target:
    from mainstay.sources.live.api import Api
    from mainstay.sources.live.sessions import regions_of
    from mainstay.verbs.account_pass import Target

    return Target(Api(session, identity.account, identity.partition), regions_of(session, regions))


def _listed(values: tuple[str, ...]) -> tuple[str, ...]:
    """Values that may be given one by one, or with commas between them."""
    return tuple(name for each in values for name in each.replace(",", " ").split())


def _first(regions: tuple[str, ...]) -> str | None:
    return next((name for name in regions if name != "all"), None)


def ledger_of(asked: Asked) -> Ledger | None:
    """The ledger that a review remembers in; None where it is to remember nothing."""
    from mainstay.model.errors import UsageError

    if asked.ledger and asked.no_ledger:
        raise UsageError("--ledger and --no-ledger exclude each other")
    url = asked.ledger or asked.configuration.ledger
    if asked.no_ledger or not (asked.ledger or asked.live):
        return None
    from mainstay.evidence import open_ledger

    if url is None:
        Path(LEDGER).parent.mkdir(parents=True, exist_ok=True)
    return open_ledger(url or LEDGER, write=True)


@dataclass(frozen=True)
class Code:
    """The code that is reviewed beside an account: its own review, its scopes, and Terraform's state."""

    review: Review
    scopes: Sequence[Scope]
    state: Path | None


def review(asked: Asked, controls: Sequence[Control], code: Code | None) -> Review:
    """The review of accounts, beside the code where there is some."""
    from mainstay.verbs.live import review_live

    with ExitStack() as stack:
        ledger = ledger_of(asked)
        if ledger is not None:
            stack.enter_context(ledger)
            _attest(ledger, asked)
        if asked.aggregator:
            return _aggregated(asked, controls, ledger, stack)
        found, gaps = targets(asked)
        progress = stack.enter_context(terminal.progress(not asked.quiet))
        seen: list[Scope] = []
        declared = frozenset(one.type for scope in code.scopes for one in scope.resources) if code else frozenset()
        observed = seen.append if code is not None else None
        result = review_live(found, controls, ledger, asked.resume, progress, gaps, also=declared, observed=observed)
        if code is None:
            return result
        from mainstay.verbs.drift import review_beside

        together = review_beside(code.review, result, code.scopes, seen, found, code.state)
        if ledger is not None:
            _remember(ledger, asked, together)
        return together


def _aggregated(asked: Asked, controls: Sequence[Control], ledger: Ledger | None, stack: ExitStack) -> Review:
    from mainstay.model.errors import UsageError
    from mainstay.verbs.aggregate import review_aggregate

    if asked.targets or asked.accounts or asked.organization or asked.resume:
        raise UsageError("--aggregator goes with none of PATH, --accounts, --organization and --resume")
    _, home = target(asked.profile, asked.role_arn, asked.regions)
    progress = stack.enter_context(terminal.progress(not asked.quiet))
    return review_aggregate(home.caller, asked.aggregator or "", home.regions, controls, ledger, progress)


def remembered(asked: Asked, result: Review) -> None:
    """Puts a review of code into the ledger."""
    ledger = ledger_of(asked)
    if ledger is not None:
        with ledger:
            _attest(ledger, asked)
            _remember(ledger, asked, result)


def _remember(ledger: Ledger, asked: Asked, result: Review) -> None:
    from mainstay.verbs.remembering import remember

    remember(ledger, result, asked.targets, asked.tree, datetime.now(UTC))


def _attest(ledger: Ledger, asked: Asked) -> None:
    """Takes over into the ledger what people have stated by now."""
    from mainstay.verbs.attesting import in_force

    now = datetime.now(UTC)
    start = asked.targets[0] if asked.targets else Path.cwd()
    ledger.attest(in_force(asked.configuration, start, now.date()), now)
