"""The commands around the embedded account: start it, run something in it, deploy into it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from mainstay.cli.exits import Exit

if TYPE_CHECKING:
    from mainstay.sandbox import Account, Deployment

POLL_SECONDS = 1.0

_REGION = click.option("--region", default="us-east-1", show_default=True, metavar="REGION",
                       help="The region that the account is used in.")  # fmt: skip
_PORT = click.option("--port", type=click.IntRange(0, 65535), default=0, metavar="PORT",
                     help="The port on loopback; a free one if not given.")  # fmt: skip
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


@click.group(invoke_without_command=True, short_help="Run an embedded AWS account to try things in.")
@_PORT
@_REGION
@_JSON
@click.pass_context
def sandbox(context: click.Context, port: int, region: str, as_json: bool) -> int | None:
    """Run an embedded AWS account on this machine: no account, no credentials, no Docker.

    Without a command it starts the account, as `mainstay sandbox start` does.
    """
    return start_account(port, region, as_json) if context.invoked_subcommand is None else None


@sandbox.command(short_help="Start the account, until Ctrl-C.")
@_PORT
@_REGION
@_JSON
def start(port: int, region: str, as_json: bool) -> int:
    """Start the account in the foreground, and print how to use it. It ends with Ctrl-C, or with the shell."""
    return start_account(port, region, as_json)


def start_account(port: int, region: str, as_json: bool) -> int:
    from mainstay.model.errors import UsageError
    from mainstay.sandbox import Sandbox
    from mainstay.sandbox.state import announced

    parent = os.getppid()
    with _ended_by_signals(), Sandbox(region, port) as running, announced(running.account):
        click.echo(_as_json(running.account) if as_json else _usage(running.account))
        try:
            while not running.wait(POLL_SECONDS):
                if os.getppid() != parent:
                    return Exit.CLEAN
        except KeyboardInterrupt:
            click.echo("the account and everything in it is gone", err=True)
            return Exit.CLEAN
        raise UsageError("the sandbox has ended by itself")


@sandbox.command(
    short_help="Run a command in an account of its own.",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@_REGION
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND...")
def run(region: str, command: tuple[str, ...]) -> int:
    """Run a command with the account's environment. The account ends with it, and the exit code is the command's."""
    import subprocess

    from mainstay.model.errors import UsageError
    from mainstay.sandbox import Sandbox, isolated

    with _ended_by_signals(), Sandbox(region) as running:
        try:
            process = subprocess.Popen(command, env=isolated(os.environ, region, running.endpoint))
        except OSError as error:
            raise UsageError(f"cannot run {command[0]}: {error.strerror}") from None
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the command's: it may want to go on
        try:
            status = process.wait()
        finally:
            signal.signal(signal.SIGINT, before)
            if process.poll() is None:
                process.terminate()
    return status if status >= 0 else 128 - status


@sandbox.command(short_help="Put a CloudFormation template into the running account.")
@click.argument("template", type=click.Path(dir_okay=False, path_type=Path), metavar="TEMPLATE")
@click.option("--stack", metavar="NAME", help="The name of the stack; the file's if not given.")
@click.option("--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter; may repeat.")
@_JSON
def deploy(template: Path, stack: str | None, parameters: tuple[str, ...], as_json: bool) -> int:
    """Put a CloudFormation template into the running account, or change the stack that is there.

    What moto cannot make, or makes without some properties, is listed. The exit code is 3 where something was refused.
    """
    import json

    from mainstay.verbs.sandbox import deploy as put
    from mainstay.verbs.sandbox import running

    given = dict(_name_value(parameter) for parameter in parameters)
    deployment = put(running(), template, given, stack)
    click.echo(json.dumps(_plain(deployment)) if as_json else "\n".join(_report(deployment)))
    return Exit.INCOMPLETE if deployment.failed else Exit.CLEAN


@sandbox.command(short_help="Say which account runs, and what is in it.")
@_JSON
def status(as_json: bool) -> None:
    """Say which account runs, and which stacks are in it."""
    import json

    from mainstay.verbs.sandbox import running, stacks

    account = running()
    there = stacks(account)
    if as_json:
        click.echo(json.dumps({"endpoint": account.endpoint, "region": account.region, "stacks": there}))
        return
    click.echo(f"account {account.id} in {account.region} at {account.endpoint}")
    for name, state in there.items():
        click.echo(f"  {name}  {state}")


def _name_value(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise click.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--parameter")
    return name, value


def _usage(account: Account) -> str:
    lines = [f"account {account.id} in {account.region}, until Ctrl-C; in other shells:", ""]
    lines += [f"  export {name}={value}" for name, value in account.environment.items()]
    lines += ["", "  mainstay sandbox deploy TEMPLATE"]
    return "\n".join(lines)


def _as_json(account: Account) -> str:
    import json

    said = {"account": account.id, "endpoint": account.endpoint, "region": account.region}
    return json.dumps({**said, "environment": account.environment})


def _plain(deployment: Deployment) -> dict[str, Any]:
    from dataclasses import asdict

    return {**asdict(deployment), "resources": {name: asdict(made) for name, made in deployment.resources.items()}}


def _report(deployment: Deployment) -> Iterator[str]:
    stacked = sum(made.stacked for made in deployment.resources.values())
    by_call = len(deployment.resources) - stacked
    yield f"stack {deployment.stack}: {stacked + by_call} resources, {stacked} of them made by CloudFormation"
    yield f"  and {by_call} by the services themselves, where moto's CloudFormation leaves things out"
    for name, value in deployment.outputs.items():
        yield f"  {name} = {value}"
    if deployment.shortfalls:
        yield ""
        yield "not as the template says:"
    for shortfall in deployment.shortfalls:
        yield f"  {shortfall.kind:9}  {shortfall.logical_id} ({shortfall.type}): {shortfall.reason}"


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM and a closed terminal end the block in good order: what it has written is taken away again."""
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, _leave) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)
