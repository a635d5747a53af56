"""One embedded account for all tests of a session; every test that asks for it finds it empty."""

from __future__ import annotations

from functools import cache

from mainstay.sandbox import Account, Sandbox


@cache
def _sandbox() -> Sandbox:
    return Sandbox().start()  # ends with this process


def account() -> Account:
    """The session's account, emptied."""
    running = _sandbox().account
    running.reset()
    return running
