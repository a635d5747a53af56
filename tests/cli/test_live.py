"""`review --live` through the real command, where nothing goes well: one clear line, and nothing lost."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from mainstay.evidence import open_ledger
from mainstay.sandbox.environment import isolated

REGION = "eu-west-1"
COMMAND = [sys.executable, "-m", "mainstay", "review", "--live", "-q", "--control", "sqs-queue-is-encrypted"]
IDENTITY = (
    "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:role/reader</Arn>"
    "<Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
)
REGIONS = (
    "<DescribeRegionsResponse><regionInfo>"
    "<item><regionName>eu-west-1</regionName><optInStatus>opt-in-not-required</optInStatus></item>"
    "<item><regionName>af-south-1</regionName><optInStatus>not-opted-in</optInStatus></item>"
    "</regionInfo></DescribeRegionsResponse>"
)


class Endpoint:
    """An account that says who calls and which regions there are, or the `error`, and hangs at every other call."""

    def __init__(self) -> None:
        self.error = ""
        self.hung = threading.Event()
        self.ended = threading.Event()
        around = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                action = parse_qs(body).get("Action", [""])[0]
                told = {"GetCallerIdentity": IDENTITY, "DescribeRegions": REGIONS}.get(action, "")
                if around.error:
                    error = f"<Error><Code>{around.error}</Code><Message>no</Message></Error>"
                    told = f"<ErrorResponse>{error}</ErrorResponse>"
                elif not told:
                    around.hung.set()
                    around.ended.wait(60)
                self.send_response(403 if around.error else 200)
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                with suppress(ConnectionError):  # it may have been killed meanwhile
                    self.wfile.write(told.encode())

            do_GET = do_POST

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    running = Endpoint()
    yield running
    running.ended.set()
    running.server.shutdown()
    running.server.server_close()


def run(where: Path, environment: dict[str, str], *more: str) -> subprocess.CompletedProcess[str]:
    given = {**isolated(os.environ, REGION), **environment}
    kept = {name: value for name, value in given.items() if value}
    return subprocess.run([*COMMAND, *more], cwd=where, env=kept, capture_output=True, text=True, check=False)


NOTHING = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": ""}


@pytest.mark.parametrize(
    ("environment", "more", "said"),
    [
        (NOTHING, (), "no credentials: set AWS_PROFILE or give --profile"),
        ({"AWS_SECRET_ACCESS_KEY": ""}, (), "the credentials are not complete"),
        ({}, ("--profile", "nowhere"), "nowhere"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": ""}, (), "no region: name one by --regions"),
        ({}, ("--regions", "eu-west-9"), "there is no region 'eu-west-9' that boto3 knows"),
        ({}, ("--regions", "af-south-1"), "the region af-south-1 is switched off"),
        ({"error": "ExpiredToken"}, (), "the credentials have expired (ExpiredToken): log in again"),
        ({"error": "InvalidClientTokenId"}, (), "AWS does not know these credentials"),
        ({"error": "RequestExpired"}, (), "check this machine's clock"),
    ],
)
def test_what_cannot_begin_is_one_line(
    environment: dict[str, str], more: tuple[str, ...], said: str, endpoint: Endpoint, tmp_path: Path
) -> None:
    endpoint.error = environment.get("error", "")
    ran = run(tmp_path, {"AWS_ENDPOINT_URL": endpoint.url, **environment, "error": ""}, *more)
    assert ran.returncode == 2, ran.stderr
    assert ran.stderr.startswith("error: ")
    assert said in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def test_an_endpoint_that_nobody_answers_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        ran = run(tmp_path, {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{closed.getsockname()[1]}"})
    assert ran.returncode == 2
    assert "Could not connect to the endpoint URL" in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGINT, 130)])
def test_a_signal_ends_a_pass_that_hangs_and_the_ledger_knows(
    number: signal.Signals, status: int, endpoint: Endpoint, tmp_path: Path
) -> None:
    environment = {**isolated(os.environ, REGION, endpoint.url)}
    process = subprocess.Popen(
        [*COMMAND, "--ledger", "ledger.sqlite"], cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
    )
    assert endpoint.hung.wait(60)
    began = time.monotonic()
    process.send_signal(number)
    process.communicate(timeout=30)
    assert time.monotonic() - began < 5  # two seconds, on a machine that does other things as well
    assert process.returncode == status
    with open_ledger(tmp_path / "ledger.sqlite", write=False) as ledger:
        assert [one.state for one in ledger.passes()] == ["interrupted"]
