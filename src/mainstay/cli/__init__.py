"""The command line: a thin face over the verbs. Modules are imported by the command that needs them, when it runs."""

from mainstay.cli.app import main

__all__ = ["main"]
