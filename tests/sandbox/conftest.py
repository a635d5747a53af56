"""The session's accounts, and the shop in them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests import accounts
from tests.accounts import Shop

from mainstay.sandbox import Account, Sandbox


@pytest.fixture(scope="session")
def bare() -> Iterator[Sandbox]:
    """An account that is emptied at once, for it lacks AWS's own policies."""
    with Sandbox(managed_policies=False) as sandbox:
        yield sandbox


@pytest.fixture
def account(bare: Sandbox) -> Account:
    bare.reset()
    return bare.account


@pytest.fixture
def well_built() -> Shop:
    return accounts.shop("well-built")


@pytest.fixture
def weak() -> Shop:
    return accounts.shop("weak")
