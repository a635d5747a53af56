"""Calls that go wrong on the way: a loopback server that answers as balancers, throttled services and networks do."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from typing import Any

import boto3
import pytest
from botocore.retries.bucket import TokenBucket

from mainstay.model.errors import AccountError
from mainstay.sources.live.api import Api
from mainstay.sources.live.calls import Failed, Refused, Unavailable

REGION = "eu-west-1"
Answer = tuple[int, str, dict[str, Any] | str]
"""Status, error code of the service, and body."""


@contextmanager
def server(answer: Callable[[dict[str, Any]], Answer]) -> Iterator[str]:
    """Answers every call in the JSON protocol by what `answer` makes of its parameters."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked = json.loads(body) if body[:1] == b"{" else {}
            status, code, told = answer(asked)
            if status == 0:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            text = told if isinstance(told, str) else json.dumps({"__type": code, **told} if code else told)
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = True
    threading.Thread(target=running.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{running.server_port}"
    finally:
        running.shutdown()
        running.server_close()


def api(endpoint: str, monkeypatch: pytest.MonkeyPatch, **options: Any) -> Api:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    session = boto3.Session("key", "secret", "token", region_name=REGION)
    return Api(session, "123456789012", **{"tries": 1, **options})


def tables(caller: Api) -> list[str]:
    pages = caller.pages("dynamodb", "list_tables", REGION, {})
    return [name for page in pages for name in page["TableNames"]]


def test_throttling_in_the_middle_of_a_list_loses_and_repeats_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    throttled = cycle([(400, "ThrottlingException"), (429, "TooManyRequestsException"), (503, "SlowDown"), (429, "?")])
    served: list[str] = []
    left = {"aaa": 1, "bbb": 3, "": 2}
    following: dict[str, dict[str, Any]] = {
        "": {"TableNames": ["aaa"], "LastEvaluatedTableName": "aaa"},
        "aaa": {"TableNames": ["bbb"], "LastEvaluatedTableName": "bbb"},
        "bbb": {"TableNames": ["ccc"]},
    }

    def answer(asked: dict[str, Any]) -> Answer:
        start = asked.get("ExclusiveStartTableName", "")
        if left[start]:
            left[start] -= 1
            return *next(throttled), {"message": "slow down"}
        served.append(start)
        return 200, "", following[start]

    monkeypatch.setattr(TokenBucket.__init__, "__defaults__", (50.0,))  # boto3 goes down to half a call a second
    rested: list[float] = []

    def rest(seconds: float) -> bool:
        rested.append(seconds)
        return False

    with server(answer) as endpoint:
        found = tables(api(endpoint, monkeypatch, rest=rest))
    assert found == ["aaa", "bbb", "ccc"]
    assert served == ["", "aaa", "bbb"]
    assert rested == [1, 2, 1, 1, 2, 4]  # each page is waited for anew, longer each time


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "AccessDeniedException"), (403, "AccessDenied"), (403, "UnauthorizedOperation"),
        (400, "Client.UnauthorizedOperation"), (400, "NotAuthorized"), (400, "AuthorizationErrorException"),
        (400, "UnauthorizedAccess"), (403, "ForbiddenException"), (400, "InsufficientPrivilegesException"),
        (400, "AuthFailure"), (400, "KMSAccessDeniedException"), (403, "SomethingNobodyHasSeenYet"),
    ],
)  # fmt: skip
def test_a_refusal_is_known_by_any_of_its_names(status: int, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with server(lambda asked: (status, code, {"message": "no"})) as endpoint, pytest.raises(Refused) as refused:
        tables(api(endpoint, monkeypatch))
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("code", "message", "told"),
    [
        ("ExpiredTokenException", "expired", "the credentials have expired (ExpiredTokenException): log in again"),
        ("RequestExpired", "expired", "check this machine's clock"),
        ("RequestTimeTooSkewed", "the difference is too large", "check this machine's clock"),
        ("InvalidSignatureException", "Signature not yet current: 2031 is later than 2026", "machine's clock"),
    ],
)
def test_what_no_further_call_can_mend_ends_the_account(
    code: str, message: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = (400, code, {"message": message})
    with server(lambda asked: answer) as endpoint, pytest.raises(AccountError, match=re.escape(told)):
        tables(api(endpoint, monkeypatch))


def test_one_signature_that_does_not_match_does_not_end_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = (403, "InvalidSignatureException", {"message": "The request signature does not match"})
    with server(lambda asked: answer) as endpoint, pytest.raises(Refused):
        tables(api(endpoint, monkeypatch))


def test_a_service_that_the_account_has_not_switched_on_has_no_resources(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = (400, "SubscriptionRequiredException", {"message": "not subscribed"})
    with server(lambda asked: answer) as endpoint, pytest.raises(Unavailable):
        tables(api(endpoint, monkeypatch))


def test_the_page_of_a_balancer_is_told_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    page = "<!doctype html>\n<title>502 Bad Gateway</title>\n" * 50
    with server(lambda asked: (502, "", page)) as endpoint, pytest.raises(Failed) as failed:
        tables(api(endpoint, monkeypatch))
    assert "\n" not in str(failed.value)
    assert len(str(failed.value)) < 200


def test_an_answer_that_cannot_be_read_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    left = [1, 1]
    found = "<GetAccountSummaryResponse><GetAccountSummaryResult/></GetAccountSummaryResponse>"

    def answer(asked: dict[str, Any]) -> Answer:
        return (200, "", "<html><body>hello") if left and left.pop() else (200, "", found)

    with server(answer) as endpoint:
        caller = api(endpoint, monkeypatch, rest=lambda seconds: False)
        assert list(caller.pages("iam", "get_account_summary", REGION, {})) == [{}]
    with server(lambda asked: (200, "", "<html><body>hello")) as endpoint:
        caller = api(endpoint, monkeypatch, rest=lambda seconds: False)
        with pytest.raises(Failed, match="cannot be read"):
            list(caller.pages("iam", "get_account_summary", REGION, {}))


@pytest.mark.parametrize("told", ["[]", "null", '{"TableNames": 3}', "[" * 5_000])
def test_an_answer_of_another_form_is_a_call_that_failed_and_no_fault_of_ours(
    told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        server(lambda asked: (200, "", told)) as endpoint,
        pytest.raises(Failed, match="the answer has another form"),
    ):
        list(api(endpoint, monkeypatch).pages("dynamodb", "list_tables", REGION, {}))


def test_a_hanging_endpoint_is_waited_for_twice_and_then_counts_as_down(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    ended = threading.Event()

    def hang(_: dict[str, Any]) -> Answer:
        asked.append(time.monotonic())
        ended.wait(10)
        return 200, "", {"TableNames": []}

    with server(hang) as endpoint:
        caller = api(endpoint, monkeypatch, read_seconds=0.2)
        for _ in range(4):
            with pytest.raises(Failed, match="ReadTimeoutError"):
                tables(caller)
        ended.set()
    assert len(asked) == 2


def test_a_connection_that_is_reset_fails_the_call_and_leaves_other_services_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def answer(asked: dict[str, Any]) -> Answer:
        return (200, "", {"keys": []}) if "Limit" in asked else (0, "", {})

    with server(answer) as endpoint:
        caller = api(endpoint, monkeypatch)
        with pytest.raises(Failed, match="ConnectionClosedError"):
            tables(caller)
        assert list(caller.pages("kms", "list_keys", REGION, {"Limit": 1}))


def test_an_endpoint_that_nobody_answers_is_tried_by_one_call_only(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        caller = api(f"http://127.0.0.1:{closed.getsockname()[1]}", monkeypatch)
        for _ in range(3):
            with pytest.raises(Failed, match="EndpointConnectionError"):
                tables(caller)
    assert caller.call_count == 1


def test_no_call_is_made_once_it_is_told_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    with server(lambda asked: (400, "ThrottlingException", {})) as endpoint:
        caller = api(endpoint, monkeypatch)
        threading.Timer(0.3, caller.stop).start()
        began = time.monotonic()
        with pytest.raises(AccountError, match="interrupted"):
            tables(caller)
        assert time.monotonic() - began < 5
        made = caller.call_count
        with pytest.raises(AccountError, match="interrupted"):
            tables(caller)
        assert caller.call_count == made
