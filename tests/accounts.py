"""The embedded accounts of a test session: one that every test finds empty, and the shop, deployed once for all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import boto3.session
from botocore.config import Config

from mainstay.model.values import Record, Value
from mainstay.sandbox import Account, Deployment, Sandbox
from mainstay.sandbox.environment import ACCOUNT
from mainstay.sources.live.api import Api
from mainstay.sources.live.calls import Failed, Unavailable
from mainstay.verbs.sandbox import deploy

SHOP = Path(__file__).parents[1] / "examples" / "shop" / "cloudformation"
Twin = Literal["weak", "well-built"]
IDS: Mapping[Twin, str] = {"weak": "111122223333", "well-built": ACCOUNT}
"""Each twin has an account of its own; one server holds both, for starting one costs more than a deployment."""


@cache
def _sandbox() -> Sandbox:
    return Sandbox().start()  # ends with this process


@cache
def _shops() -> Sandbox:
    return Sandbox().start()


def account() -> Account:
    """The session's account, emptied."""
    running = _sandbox().account
    running.reset()
    return running


@dataclass(frozen=True, slots=True)
class Member(Account):
    """One of several accounts that a server holds: moto goes by a header."""

    def session(self) -> boto3.session.Session:
        session = Account.session(self)
        session.events.register("before-call", self._named)
        return session

    def _named(self, params: Mapping[str, Any], **_: Any) -> None:
        params["headers"]["x-moto-account-id"] = self.id


@dataclass(frozen=True)
class Shop:
    """A deployed twin of the shop. Tests read it; one that changes it has to put it back."""

    account: Account
    deployment: Deployment

    def id(self, logical_id: str) -> str:
        return self.deployment.resources[logical_id].physical_id

    def client(self, service: str) -> Any:
        return _client(self.account, service)


@cache
def _client(account: Account, service: str) -> Any:
    return account.client(service)


@cache
def shop(twin: Twin) -> Shop:
    """A twin of the shop, deployed when it is first asked for."""
    account = Member(_shops().endpoint, id=IDS[twin])
    return Shop(account, deploy(account, SHOP / f"{twin}.yaml"))


class Caller:
    """Calls an account of moto's.

    What moto does not serve it answers with a status of HTTP instead of an error of AWS, if it can be read at all: an
    account of moto's holds nothing of it.
    """

    def __init__(self, account: Account) -> None:
        self.account, self.partition = account.id, "aws"
        self._api = Api(_Once(account), account.id, rest=_no_rest)  # type: ignore[arg-type] # all that it asks of one

    def pages(
        self,
        service: str,
        operation: str,
        region: str,
        parameters: Mapping[str, Value],
        tokens: tuple[str, str] | None = None,
    ) -> Iterator[Record]:
        try:
            yield from self._api.pages(service, operation, region, parameters, tokens)
        except Failed as error:
            if error.code.isdigit() or error.code in ("EndpointConnectionError", "ResponseParserError"):
                raise Unavailable(error.code, error.message) from None
            raise


class _Once:
    """A session whose calls are made once: what moto fails at, it fails at again."""

    def __init__(self, account: Account) -> None:
        self.inner = account.session()
        self._session = self.inner._session

    def client(self, service: str, region_name: str, config: Config) -> Any:
        once = config.merge(Config(retries={"mode": "standard", "total_max_attempts": 1}))
        return self.inner.client(service, region_name=region_name, config=once)  # type: ignore[call-overload]

    def get_available_regions(self, service: str, partition: str) -> list[str]:
        return self.inner.get_available_regions(service, partition)


def _no_rest(seconds: float) -> Literal[False]:
    return False
