"""The APIs of AWS by boto3: one session, one client a service and region, every answer page by page."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
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
    NoAuthTokenError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ReadTimeoutError,
    TokenRetrievalError,
)
from botocore.parsers import ResponseParserError
from botocore.utils import parse_timestamp

from mainstay.documents import is_deep
from mainstay.model.errors import AccountError
from mainstay.model.values import Record, Value
from mainstay.sources.live.calls import CallError, Failed, Refused, Unavailable, in_a_line
from mainstay.sources.live.sessions import is_over, why

if TYPE_CHECKING:
    import boto3

CALLS_AT_ONCE = 8
"""Calls of one service at a time: most services throttle an account, not a client."""

CONNECT_SECONDS, READ_SECONDS = 5, 30
TRIES = 4
LONGEST_PATIENCE_SECONDS = 600
"""How long a single call that is throttled is tried again, beyond what boto3 does by itself."""

GARBLED_TRIES = 3
"""How often a call is made whose answer cannot be read: a balancer's error page where JSON or XML should be."""
TIMEOUTS_IN_A_ROW = 2
"""So many calls that got no answer in time, with none answered in between, and a service counts as down."""

PREFIXED_LOOPBACK = re.compile(r"(?<=://)[0-9]{12}\.((?:127\.0\.0\.1|localhost)[:/])")
REFUSALS = (
    "accessdenied", "unauthorized", "notauthorized", "authorizationerror", "forbidden", "authfailure",
    "insufficientprivileges", "insufficientpermissions", "operationnotpermitted",
)  # fmt: skip
UNKNOWN_KEYS = ("InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException")
"""A region that was switched on lately, or is off, does not know keys that others know."""
THROTTLED = (
    "BandwidthLimitExceeded", "EC2ThrottledException", "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException", "RequestLimitExceeded", "RequestThrottled", "RequestThrottledException",
    "SlowDown", "ThrottledException", "Throttling", "ThrottlingException", "TooManyRequestsException",
    "TransactionInProgressException",
)  # fmt: skip
ABSENT_SERVICE = ("OptInRequired", "SubscriptionRequiredException")
UNREADABLE = (AttributeError, KeyError, RecursionError, TypeError, ValueError)
"""What botocore's parsers raise, unchecked, where a list is a number or a time is no time."""
RENEWAL = "AssumeRole"
"""The call within a call by which the credentials of a role are renewed."""
OVER = (CredentialRetrievalError, NoCredentialsError, PartialCredentialsError, NoAuthTokenError, TokenRetrievalError)
"""What no further call can mend: there are no credentials any more."""


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
        tries: int = TRIES,
    ) -> None:
        self.session = session
        session._session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_moment)
        self.account = account
        self.partition = partition
        self.stopping = threading.Event()
        self.call_count = 0
        self._rest = rest or self.stopping.wait
        self._read_seconds = read_seconds
        self._tries = tries
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()
        self._slots: dict[str, threading.BoundedSemaphore] = defaultdict(
            lambda: threading.BoundedSemaphore(CALLS_AT_ONCE)
        )
        self._down: dict[tuple[str, str], CallError] = {}
        self._timeouts: dict[tuple[str, str], int] = {}

    def pages(
        self,
        service: str,
        operation: str,
        region: str,
        parameters: Mapping[str, Value],
        tokens: tuple[str, str] | None = None,
    ) -> Iterator[Record]:
        """As `Caller` says. Raises AccountError where no further call can succeed, as with expired credentials."""
        try:
            client = self._client(service, region)
            ask = self._patient(service, region, getattr(client, operation))
            for page in _pages(client, operation, ask, parameters, tokens):
                yield _plain(page)
        except ClientError as error:
            raise _told(error) from None
        except OVER as error:
            raise AccountError(why(error)) from None
        except (ConnectionError, HTTPClientError) as error:
            raise self._unreachable(service, region, error) from None
        except ParamValidationError as error:
            raise Failed("ParamValidation", " ".join(str(error).split())) from None
        except BotoCoreError as error:
            raise Failed(type(error).__name__, str(error)) from None
        except UNREADABLE as error:
            reason = f"the answer has another form than the service's own model says ({type(error).__name__})"
            raise Failed("UnexpectedAnswer", reason) from None

    def stop(self) -> None:
        """Ends all waiting; calls that are under way end by their time-outs."""
        self.stopping.set()

    def _client(self, service: str, region: str) -> Any:
        key = (service, region)
        with self._lock:
            if key not in self._clients:
                config = Config(
                    retries={"mode": "adaptive", "total_max_attempts": self._tries},
                    connect_timeout=CONNECT_SECONDS,
                    read_timeout=self._read_seconds,
                    max_pool_connections=2 * CALLS_AT_ONCE,
                )
                client = self.session.client(service, region_name=region, config=config)  # type: ignore[call-overload]
                client.meta.events.register("request-created", _within_loopback)
                self._clients[key] = client
            return self._clients[key]

    def _patient(self, service: str, region: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The call, made in its turn, and again for as long as the service says that it is too busy."""
        with self._lock:
            slots = self._slots[service]

        def ask(**parameters: Any) -> Any:
            seconds, waited, garbled = 1.0, 0.0, 0
            while True:
                with slots:
                    self._check(service, region)  # in its turn: perhaps the calls before it found out
                    try:
                        self.call_count += 1
                        answer = call(**parameters)
                        self._timeouts.pop((service, region), None)
                        return answer
                    except ClientError as error:
                        if not _is_throttled(error) or waited >= LONGEST_PATIENCE_SECONDS:
                            raise
                    except ResponseParserError:
                        garbled += 1
                        if garbled >= GARBLED_TRIES:
                            reason = "the answer cannot be read: neither what the service should say nor an error of it"
                            raise Failed("ResponseParserError", reason) from None
                if self._rest(seconds):
                    raise AccountError("interrupted")
                waited += seconds
                seconds = min(2 * seconds, 60.0)

        return ask

    def _check(self, service: str, region: str) -> None:
        if self.stopping.is_set():
            raise AccountError("interrupted")
        down = self._down.get((service, region))
        if down is not None:
            raise type(down)(down.code, down.message)

    def _unreachable(self, service: str, region: str, error: BotoCoreError) -> CallError:
        """A service without an endpoint in the region, or one that does not answer: asked once, not by every call."""
        offered = self.session.get_available_regions(service, self.partition)
        absent = isinstance(error, EndpointConnectionError) and offered and region not in offered
        told = (Unavailable if absent else Failed)(type(error).__name__, in_a_line(str(error)))
        key = (service, region)
        with self._lock:
            if isinstance(error, ReadTimeoutError):
                self._timeouts[key] = self._timeouts.get(key, 0) + 1
                if self._timeouts[key] < TIMEOUTS_IN_A_ROW:
                    return told
            self._down[key] = told
        return told


def _within_loopback(request: Any, **_: Any) -> None:
    """An account's number before the host is no host name where that is this machine, as the sandbox's is."""
    request.url = PREFIXED_LOOPBACK.sub(r"\1", request.url)


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


def _is_throttled(error: ClientError) -> bool:
    answer = error.response
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return answer.get("Error", {}).get("Code", "") in THROTTLED or status == 429


def _told(error: ClientError) -> CallError:
    """The error as one of ours. Raises AccountError for one after which no call can succeed."""
    if is_over(error) or error.operation_name == RENEWAL:
        raise AccountError(why(error))
    told = error.response.get("Error", {})
    code, message = str(told.get("Code", "Unknown")), in_a_line(str(told.get("Message", "")))
    if code in ABSENT_SERVICE:
        return Unavailable(code, message)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    plain = code.lower()
    if any(word in plain for word in REFUSALS) or (status == 403 and code not in UNKNOWN_KEYS):
        return Refused(code, message)
    return Failed(code, message)


def _moment(value: Any) -> datetime:
    """The time that an answer gives, most often as ISO 8601: dateutil, which reads all forms, is fifty times slower."""
    if isinstance(value, str) and value[4:5] == "-":
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            return parse_timestamp(value)
        return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return parse_timestamp(value)


def _plain(answer: Mapping[str, Any]) -> Record:
    """The answer in our words. Raises ValueError where it nests too deep, as some documents in answers may."""
    if is_deep(answer):
        raise ValueError("nested too deep")
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
