"""The APIs of AWS by boto3: one session, one client a service and region, every answer page by page."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

from mainstay.model.values import Record, Value
from mainstay.sources.live.calls import CallError, Failed, Refused, Unavailable

if TYPE_CHECKING:
    import boto3

REFUSALS = ("AccessDenied", "Unauthorized", "NotAuthorized", "AuthorizationError", "Forbidden", "403")


class Api:
    """Calls an account by one session's credentials."""

    def __init__(self, session: boto3.Session, account: str, partition: str = "aws") -> None:
        self.session = session
        self.account = account
        self.partition = partition
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()

    def pages(
        self,
        service: str,
        operation: str,
        region: str,
        parameters: Mapping[str, Value],
        tokens: tuple[str, str] | None = None,
    ) -> Iterator[Record]:
        try:
            client = self._client(service, region)
            if tokens is not None:
                yield from _by_token(getattr(client, operation), parameters, tokens)
            elif client.can_paginate(operation):
                for page in client.get_paginator(operation).paginate(**parameters):
                    yield _plain(page)
            else:
                yield _plain(getattr(client, operation)(**parameters))
        except ClientError as error:
            raise _told(error) from None
        except EndpointConnectionError as error:
            raise Unavailable("EndpointConnectionError", str(error)) from None
        except BotoCoreError as error:
            raise Failed(type(error).__name__, str(error)) from None

    def _client(self, service: str, region: str) -> Any:
        key = (service, region)
        with self._lock:
            if key not in self._clients:
                config = Config(retries={"mode": "adaptive", "max_attempts": 10})
                self._clients[key] = self.session.client(service, region_name=region, config=config)  # type: ignore[call-overload]
            return self._clients[key]


def _by_token(ask: Any, parameters: Mapping[str, Value], tokens: tuple[str, str]) -> Iterator[Record]:
    member, parameter = tokens
    given = dict(parameters)
    while True:
        page = _plain(ask(**given))
        yield page
        token = page.get(member)
        if not token or token == given.get(parameter):
            return
        given[parameter] = token


def _told(error: ClientError) -> CallError:
    told = error.response.get("Error", {})
    code, message = told.get("Code", "Unknown"), told.get("Message", "")
    refused = any(word in code for word in REFUSALS)
    return (Refused if refused else Failed)(code, message)


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
    return value
