"""A running sandbox, as whoever uses it sees it: where it answers, and sessions that reach nothing else."""

from __future__ import annotations

import ipaddress
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mainstay.model.errors import UsageError
from mainstay.sandbox.environment import ACCOUNT, environment

if TYPE_CHECKING:
    import boto3.session

PATIENCE_SECONDS = 5.0


def is_loopback(endpoint: str) -> bool:
    """True for an address that only this machine answers."""
    try:
        host = urlsplit(endpoint).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Account:
    """An embedded account that answers at `endpoint`; anything but loopback is refused, so that no real one is hit."""

    endpoint: str
    region: str = "us-east-1"
    id: str = ACCOUNT

    def __post_init__(self) -> None:
        if not is_loopback(self.endpoint):
            raise UsageError(f"{self.endpoint} is not on this machine: a sandbox is, and nothing else is touched")

    @property
    def environment(self) -> dict[str, str]:
        """For programs that are to use this account: endpoint, region, and credentials that are worth nothing."""
        return environment(self.endpoint, self.region)

    def session(self) -> boto3.session.Session:
        """A session whose clients all talk to this account, whatever profile or endpoint the environment names."""
        from mainstay.sandbox.session import session

        return session(self.endpoint, self.region)

    def client(self, service: str, **options: Any) -> Any:
        """A client of boto3 for one service of this account."""
        return self.session().client(service, **options)  # type: ignore[call-overload]

    def answers(self) -> bool:
        """True where moto's server is what answers."""
        try:
            with self._opened("GET", "config") as answer:
                return isinstance(json.load(answer), dict)
        except (OSError, ValueError):
            return False

    def reset(self) -> None:
        """Empty the account, in all regions."""
        try:
            with self._opened("POST", "reset") as answer:
                answer.read()
        except OSError as error:
            raise UsageError(f"the sandbox at {self.endpoint} does not answer: {error}") from None

    def _opened(self, method: str, what: str) -> Any:
        """moto's own API; no proxy of the environment stands before loopback."""
        request = urllib.request.Request(f"{self.endpoint}/moto-api/{what}", method=method)
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        return direct.open(request, timeout=PATIENCE_SECONDS)
