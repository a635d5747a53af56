"""The APIs of AWS by boto3: one session, one client a service and region, every answer page by page."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    ParamValidationError,
    ProxyConnectionError,
)

from mainstay.model.errors import AccountError
from mainstay.model.values import Record, Value
from mainstay.sources.live.calls import CallError, Failed, Refused, Unavailable
from mainstay.sources.live.sessions import SKEW, why

if TYPE_CHECKING:
    import boto3

CALLS_AT_ONCE = 8
"""Calls of one service at a time: most services throttle an account, not a client."""

CONNECT_SECONDS, READ_SECONDS = 5, 30
LONGEST_PATIENCE_SECONDS = 600
"""How long a single call that is throttled is tried again, beyond what boto3 does by itself."""

REFUSALS = ("accessdenied", "unauthorized", "notauthorized", "authorizationerror", "forbidden", "authfailure")
THROTTLED = (
    "BandwidthLimitExceeded", "EC2ThrottledException", "LimitExceededException", "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException", "RequestLimitExceeded", "RequestThrottled", "RequestThrottledException",
    "SlowDown", "ThrottledException", "Throttling", "ThrottlingException", "TooManyRequestsException",
    "TransactionInProgressException",
)  # fmt: skip
ABSENT_SERVICE = ("OptInRequired", "SubscriptionRequiredException")
ENDED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired", "SSOTokenLoadError", *SKEW)
"""What no further call can mend: the credentials are over, or the clock is wrong."""


class Api:
    """Calls an account by one session's credentials, from any number of threads.

    An endpoint that cannot be reached is not tried again by later calls. `rest` waits for some seconds, and says
    whether the caller is to give up.
    """

    def __init__(
        self,
        session: boto3.Session,
        account: str,
        partition: str = "aws",
        rest: Callable[[float], bool] | None = None,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        self.session = session
        self.account = account
        self.partition = partition
        self.stopping = threading.Event()
        self.call_count = 0
        self._rest = rest or self.stopping.wait
        self._read_seconds = read_seconds
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()
        self._slots: dict[str, threading.BoundedSemaphore] = defaultdict(
            lambda: threading.BoundedSemaphore(CALLS_AT_ONCE)
        )
        self._down: dict[tuple[str, str], CallError] = {}

    def pages(
        self,
        service: str,
        operation: str,
        region: str,
        parameters: Mapping[str, Value],
        tokens: tuple[str, str] | None = None,
    ) -> Iterator[Record]:
        """As `Caller` says. Raises AccountError where no further call can succeed, as with expired credentials."""
        down = self._down.get((service, region))
        if down is not None:
            raise down
        try:
            client = self._client(service, region)
            for page in _pages(
                client, operation, self._patient(service, getattr(client, operation)), parameters, tokens
            ):
                yield _plain(page)
        except ClientError as error:
            raise _told(error) from None
        except (NoCredentialsError, CredentialRetrievalError) as error:
            raise AccountError(why(error)) from None
        except (ConnectionError, HTTPClientError, ProxyConnectionError) as error:
            raise self._unreachable(service, region, error) from None
        except ParamValidationError as error:
            raise Failed("ParamValidation", " ".join(str(error).split())) from None
        except BotoCoreError as error:
            raise Failed(type(error).__name__, str(error)) from None

    def stop(self) -> None:
        """Ends all waiting; calls that are under way end by their time-outs."""
        self.stopping.set()

    def _client(self, service: str, region: str) -> Any:
        key = (service, region)
        with self._lock:
            if key not in self._clients:
                config = Config(
                    retries={"mode": "adaptive", "total_max_attempts": 4},
                    connect_timeout=CONNECT_SECONDS,
                    read_timeout=self._read_seconds,
                    max_pool_connections=2 * CALLS_AT_ONCE,
                )
                self._clients[key] = self.session.client(service, region_name=region, config=config)  # type: ignore[call-overload]
            return self._clients[key]

    def _patient(self, service: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The call, made in its turn, and again for as long as the service says that it is too busy."""
        slots = self._slots[service]

        def ask(**parameters: Any) -> Any:
            seconds, waited = 1.0, 0.0
            while True:
                try:
                    with slots:
                        self.call_count += 1
                        return call(**parameters)
                except ClientError as error:
                    code = error.response.get("Error", {}).get("Code", "")
                    if code not in THROTTLED or waited >= LONGEST_PATIENCE_SECONDS:
                        raise
                if self._rest(seconds):
                    raise AccountError("interrupted")
                waited += seconds
                seconds = min(2 * seconds, 60.0)

        return ask

    def _unreachable(self, service: str, region: str, error: BotoCoreError) -> CallError:
        """A service without an endpoint in the region, or one that does not answer: asked once, not by every call."""
        offered = self.session.get_available_regions(service, self.partition)
        absent = isinstance(error, EndpointConnectionError) and offered and region not in offered
        told = (Unavailable if absent else Failed)(type(error).__name__, str(error))
        self._down[service, region] = told
        return told


def _pages(
    client: Any,
    operation: str,
    ask: Callable[..., Any],
    parameters: Mapping[str, Value],
    tokens: tuple[str, str] | None,
) -> Iterator[Mapping[str, Any]]:
    if tokens is not None:
        yield from _by_token(ask, parameters, tokens)
    elif client.can_paginate(operation):
        paginator = client.get_paginator(operation)
        paginator._method = ask  # so that each page is asked for patiently, not the whole list once more
        yield from paginator.paginate(**parameters)
    else:
        yield ask(**parameters)


def _by_token(
    ask: Callable[..., Any], parameters: Mapping[str, Value], tokens: tuple[str, str]
) -> Iterator[Mapping[str, Any]]:
    member, parameter = tokens
    given = dict(parameters)
    while True:
        page = ask(**given)
        yield page
        token = page.get(member)
        if not token or token == given.get(parameter):
            return
        given[parameter] = token


def _told(error: ClientError) -> CallError:
    """The error as one of ours. Raises AccountError for one after which no call can succeed."""
    told = error.response.get("Error", {})
    code, message = str(told.get("Code", "Unknown")), str(told.get("Message", ""))
    if code in ENDED:
        raise AccountError(f"{why(error)}; what was read is kept, go on with --resume")
    if code in ABSENT_SERVICE:
        return Unavailable(code, message)
    plain = code.lower()
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    if any(word in plain for word in REFUSALS) or (code in ("403", "Client.403") and status == 403):
        return Refused(code, message)
    return Failed(code, message)


def _plain(answer: Mapping[str, Any]) -> Record:
    return Record({key: _value(value) for key, value in answer.items() if key != "ResponseMetadata"})


def _value(value: Any) -> Value:
    if isinstance(value, dict):
        return Record({key: _value(inner) for key, inner in value.items()})
    if isinstance(value, list):
        return [_value(inner) for inner in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return float(value) if isinstance(value, Decimal) else value
