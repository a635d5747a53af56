"""The session's account, and the shop in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests import accounts

from mainstay.sandbox import Account, Deployment, Sandbox
from mainstay.verbs.sandbox import deploy

SHOP = Path(__file__).parents[2] / "examples" / "shop" / "cloudformation"


@cache
def _client(account: Account, service: str) -> Any:
    return account.client(service)


@dataclass(frozen=True)
class Shop:
    """A deployed variant of the shop."""

    account: Account
    deployment: Deployment

    def id(self, logical_id: str) -> str:
        return self.deployment.resources[logical_id].physical_id

    def client(self, service: str) -> Any:
        return _client(self.account, service)


@pytest.fixture(scope="session")
def bare() -> Iterator[Sandbox]:
    """An account that is emptied at once, for it lacks AWS's own policies."""
    with Sandbox(managed_policies=False) as sandbox:
        yield sandbox


@pytest.fixture
def account(bare: Sandbox) -> Account:
    bare.reset()
    return bare.account


@pytest.fixture(scope="module")
def well_built() -> Shop:
    account = accounts.account()
    return Shop(account, deploy(account, SHOP / "well-built.yaml"))


@pytest.fixture(scope="module")
def weak() -> Shop:
    account = accounts.account()
    return Shop(account, deploy(account, SHOP / "weak.yaml"))
