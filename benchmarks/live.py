"""How a live review compares with prowler on the same account, and what it needs for 100,000 resources.

    python -m benchmarks.live compare [runs] [size]      beside prowler, of which PROWLER names the command
    python -m benchmarks.live many [resources]           in an account that a server on loopback makes up

`compare` fills moto's server with an account (tests/population.py), warms it up by one run of each, and then runs both
in turn over the same services. CPU is the client's process alone, user and system; calls are counted by a proxy.
`many` exits with 1 where the whole process, ledger included, takes 1 GB or more.
"""

from __future__ import annotations

import http.client
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.population import REGION, populate

from mainstay.catalog import load
from mainstay.sandbox import Sandbox
from mainstay.sandbox.environment import isolated

MAINSTAY = [sys.executable, "-m", "mainstay"]
PROWLER = os.environ.get("PROWLER", "prowler")
LIMIT_MB = 1_000

SERVICES: Mapping[str, tuple[str, ...]] = {
    "s3": ("S3",), "iam": ("IAM",), "ec2": ("EC2",), "vpc": (), "rds": ("RDS",), "awslambda": ("Lambda",),
    "sqs": ("SQS",), "sns": ("SNS",), "kms": ("KMS",), "dynamodb": ("DynamoDB",), "cloudwatch": ("CloudWatch", "Logs"),
    "cloudtrail": ("CloudTrail",),
}  # fmt: skip
"""prowler's names of services that it can review in moto, and the service part of our types."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of a command."""

    wall_seconds: float
    cpu_seconds: float
    megabytes: float
    calls: int
    status: int


TO_FILE = os.O_WRONLY | os.O_CREAT | os.O_APPEND


def measure(command: Sequence[str], environment: Mapping[str, str], calls: Counter[str], log: Path) -> Measured:
    """Runs the command; what it takes is the operating system's account of this child alone."""
    before, started = sum(calls.values()), time.monotonic()
    child = os.posix_spawn(
        command[0], list(command), environment,
        file_actions=[(os.POSIX_SPAWN_OPEN, number, str(log), TO_FILE, 0o600) for number in (1, 2)],
    )  # fmt: skip
    _, status, used = os.wait4(child, 0)
    return Measured(
        time.monotonic() - started,
        used.ru_utime + used.ru_stime,
        used.ru_maxrss / 1_024,
        sum(calls.values()) - before,
        os.waitstatus_to_exitcode(status),
    )


# -- beside prowler


@contextmanager
def counting(upstream: str) -> Iterator[tuple[str, Counter[str]]]:
    """A proxy before a server, which counts the requests by host and operation."""
    calls: Counter[str] = Counter()
    target = urlsplit(upstream).netloc

    class Proxy(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            calls[f"{self.command} {self.headers.get('X-Amz-Target') or self.path.partition('?')[0]}"] += 1
            connection = http.client.HTTPConnection(target)
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            told = answer.read()
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(told)
            connection.close()

        do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = handle_any

        def log_message(self, format: str, *args: object) -> None:
            pass

    with serving(Proxy) as endpoint:
        yield endpoint, calls


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


def our_controls() -> list[str]:
    """The controls of the compared services."""
    kinds = {kind for kinds in SERVICES.values() for kind in kinds}
    return [one.id for one in load().controls if any(type.split("::")[1] in kinds for type in one.applies_to)]


def compare(runs: int, size: int) -> int:
    with (
        Sandbox(region=REGION) as sandbox,
        counting(sandbox.endpoint) as (endpoint, calls),
        tempfile.TemporaryDirectory() as home,
    ):
        populate(sandbox.client, size)
        environment = isolated(os.environ, REGION, endpoint)
        chosen = [part for id in our_controls() for part in ("--control", id)]
        review = [*MAINSTAY, "review", "--live", "-q"]
        ours = [*review, *chosen, "--ledger", f"{home}/ledger", "-f", f"json={home}/ours.json"]
        everything = [*review, "--no-ledger", "-f", f"json={home}/all.json"]
        theirs = [
            PROWLER, "aws", "--service", *SERVICES, "-f", REGION, "-M", "json-ocsf", "-o", home, "--no-banner",
        ]  # fmt: skip
        measured: dict[str, list[Measured]] = {"mainstay": [], "prowler": [], "mainstay, all services": []}
        commands = (("mainstay", ours), ("prowler", theirs), ("mainstay, all services", everything))
        for run in range(runs + 1):
            for name, command in commands:
                for file in Path(home).glob("ledger*"):
                    file.unlink()
                one = measure(command, environment, calls, Path(home) / "log")
                print(f"{name:24} {one}", file=sys.stderr, flush=True)
                if run:  # the first one warms moto up
                    measured[name].append(one)
        summary = json.loads(Path(home, "ours.json").read_text())["summary"]
        print(f"{summary['resources']} resources, {summary['findings']} findings, {len(our_controls())} controls\n")
    return _report(measured)


def _report(measured: Mapping[str, list[Measured]]) -> int:
    print("| | wall | CPU | peak memory | calls |")
    print("|---|---|---|---|---|")
    for name, found in measured.items():

        def cell(member: str, unit: str, runs: list[Measured] = found) -> str:
            values = [getattr(one, member) for one in runs]
            return f"{min(values):,.1f} / {statistics.median(values):,.1f}{unit}"

        row = (cell("wall_seconds", " s"), cell("cpu_seconds", " s"), cell("megabytes", " MB"), cell("calls", ""))
        print(f"| {name} | {' | '.join(row)} |")
    ours, theirs = measured["mainstay"], measured["prowler"]
    ratio = min(one.cpu_seconds for one in theirs) / min(one.cpu_seconds for one in ours)
    print(f"\nminimum / median of the runs; CPU 1/{ratio:.1f} of prowler's")
    return int(ratio < 5)


# -- 100,000 resources


@contextmanager
def made_up(count: int) -> Iterator[str]:
    """An account with volumes, two in three attached; whatever else is asked for is answered with an empty list."""
    kept: dict[int, str] = {}

    class Account(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            asked = parse_qs(body) if not body.startswith("{") else {}
            action = asked.get("Action", [""])[0]
            if action == "GetCallerIdentity":
                text = (
                    "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:role/reader</Arn>"
                    "<Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
                )
            elif action == "DescribeRegions":
                text = (
                    f"<DescribeRegionsResponse><regionInfo><item><regionName>{REGION}</regionName>"
                    "<optInStatus>opt-in-not-required</optInStatus></item></regionInfo></DescribeRegionsResponse>"
                )
            elif action == "DescribeVolumes":
                text = _volumes(int(asked.get("NextToken", ["0"])[0]), count, kept)
            else:
                text = "{}" if not action else f"<{action}Response><{action}Result/></{action}Response>"
            self.send_response_only(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def do_GET(self) -> None:
            self.send_response_only(404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with serving(Account) as endpoint:
        yield endpoint


def _volumes(start: int, count: int, kept: dict[int, str]) -> str:
    """A page of 500 volumes, half of them encrypted, a third attached, each with an owner and a name."""
    if start not in kept:
        items = []
        for number in range(start, min(start + 500, count)):
            attached = (
                f"<item><volumeId>vol-{number:017x}</volumeId><instanceId>i-{number:017x}</instanceId>"
                "<device>/dev/xvda</device><status>attached</status></item>"
            )
            items.append(
                f"<item><volumeId>vol-{number:017x}</volumeId><size>{8 + number % 100}</size><snapshotId/>"
                f"<availabilityZone>{REGION}{'abc'[number % 3]}</availabilityZone><status>in-use</status>"
                f"<createTime>2026-01-01T12:{number % 60:02}:00Z</createTime>"
                f"<attachmentSet>{attached if number % 3 else ''}</attachmentSet>"
                f"<tagSet><item><key>Owner</key><value>team-{number % 50}</value></item>"
                f"<item><key>Name</key><value>data-{number}</value></item></tagSet>"
                f"<volumeType>{'gp3' if number % 2 else 'gp2'}</volumeType><iops>3000</iops>"
                f"<encrypted>{'true' if number % 2 else 'false'}</encrypted>"
                "<multiAttachEnabled>false</multiAttachEnabled></item>"
            )
        following = f"<nextToken>{start + 500}</nextToken>" if start + 500 < count else ""
        kept[start] = (
            f"<DescribeVolumesResponse><volumeSet>{''.join(items)}</volumeSet>{following}</DescribeVolumesResponse>"
        )
    return kept[start]


def many(count: int) -> int:
    with made_up(count * 3 // 5) as endpoint, tempfile.TemporaryDirectory() as home:
        environment = isolated(os.environ, REGION, endpoint)
        command = [*MAINSTAY, "review", "--live", "-q", "--ledger", f"{home}/ledger", "-f", f"json={home}/review.json"]
        for title in ("first", "unchanged"):
            one = measure(command, environment, Counter(), Path(home) / "log")
            print(
                f"{title}: {one.wall_seconds:.0f} s, {one.cpu_seconds:.0f} s of CPU, {one.megabytes:.0f} MB at the peak"
            )
            if not Path(home, "review.json").exists():
                print(Path(home, "log").read_text(), file=sys.stderr)
                return 1
        with Path(home, "review.json").open() as stream:
            summary = json.load(stream)["summary"]
        size = sum(file.stat().st_size for file in Path(home).glob("ledger*")) / 1e6
        print(f"{summary['resources']:,} resources, {summary['findings']:,} findings, a ledger of {size:.0f} MB")
    return int(one.megabytes >= LIMIT_MB)


if __name__ == "__main__":
    numbers = [int(one) for one in sys.argv[2:]]
    if sys.argv[1:2] == ["many"]:
        sys.exit(many(*numbers or [100_000]))
    sys.exit(compare(*(*numbers, 3, 10)[:2] if len(numbers) < 2 else numbers))
