"""`completion`: the script that lets a shell complete the command line."""

from __future__ import annotations

import click

SHELLS = ("bash", "zsh", "fish")


@click.command(short_help="Print the script that completes commands in a shell.")
@click.argument("shell", metavar="SHELL", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that completes commands and options in a shell.

    \b
    bash: mainstay completion bash > ~/.local/share/bash-completion/completions/mainstay
    zsh:  mainstay completion zsh > "${fpath[1]}/_mainstay"
    fish: mainstay completion fish > ~/.config/fish/completions/mainstay.fish
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None  # the choices are those that click has
    click.echo(kind(ctx.find_root().command, {}, "mainstay", "_MAINSTAY_COMPLETE").source())
