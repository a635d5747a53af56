"""The command itself: its group, how errors are shown, and the exit codes."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

import click

from mainstay import __version__
from mainstay.cli.exits import Exit
from mainstay.cli.groups import Group


@click.group(
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 clean, 1 findings, 2 usage or configuration, 3 evidence incomplete.",
)
@click.version_option(__version__, "-V", "--version", message="mainstay %(version)s")
def mainstay() -> None:
    """Proves whether a cloud workload is well architected.

    \b
    mainstay review infra/              judge Terraform and CloudFormation
    mainstay explain s3-keeps-versions  everything about one control
    mainstay explain REL09-BP01         the controls that prove one practice
    """


def main() -> None:
    """Runs the command; errors that a user can mend are one line each, and a closed pipe or Ctrl-C none."""
    from mainstay.cli.commands import COMMANDS
    from mainstay.model.errors import DataError, MainstayError

    for command in COMMANDS:
        mainstay.add_command(command)
    signal.signal(signal.SIGTERM, _end)
    try:
        status = mainstay.main(standalone_mode=False, complete_var="_MAINSTAY_COMPLETE")
    except click.exceptions.Abort:
        status = _say("interrupted", Exit.INTERRUPTED)
    except click.ClickException as error:
        error.show()
        status = Exit.USAGE
    except DataError as error:
        for fault in error.faults:
            click.echo(f"error: {fault}", err=True)
        status = Exit.USAGE
    except MainstayError as error:
        status = _say(f"error: {error}", Exit.USAGE)
    except BrokenPipeError:
        # whoever read the output has closed it: nothing is left to say, also not at exit
        _drop_stdout()
        status = Exit.CLEAN
    except OSError as error:  # a full disk behind stdout, and the like
        _drop_stdout()
        status = _say(f"error: {error}", Exit.USAGE)
    sys.exit(int(status) if status is not None else Exit.CLEAN)


def _drop_stdout() -> None:
    """What could not be written is not tried again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _end(number: int, _: FrameType | None) -> None:
    """Ends at once, and the workers with it: nobody else would tell them."""
    import multiprocessing

    for worker in multiprocessing.active_children():
        worker.terminate()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _say(message: str, status: Exit) -> Exit:
    click.echo(message, err=True)
    return status
