"""Writes a simulation as AWS delivers it: CloudTrail's files by account, region and day, flow and resolver logs."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from random import Random
from time import gmtime

import msgspec

from mainstay.simulation import tokens
from mainstay.simulation.network_logs import FLOW_HEADER, Flow, Query
from mainstay.simulation.records import Json
from mainstay.simulation.simulation import Simulation

_FILE_SECONDS = 300
_LARGEST = 20_000
"""How many records a file has at most."""
_TWICE = 0.001
_LATE = 900


def deliver(simulation: Simulation, directory: Path, *, shuffle: bool = True) -> tuple[Path, ...]:
    """Writes CloudTrail's files and says which. With `shuffle` records come up to 15 minutes late and out of order, and
    one in a thousand a second time in a later file."""
    encoder = msgspec.json.Encoder()
    random = Random(f"{simulation.company.seed}:delivery")
    written = []
    for (window, account, region), records in _windows(simulation, random, shuffle):
        if shuffle:
            random.shuffle(records)
        for start in range(0, len(records), _LARGEST):
            path = directory / _path(simulation, window, account, region, random)
            _write(path, b'{"Records":' + encoder.encode(records[start : start + _LARGEST]) + b"}")
            written.append(path)
    return tuple(written)


def deliver_flows(simulation: Simulation, directory: Path, per_day: int = 20_000) -> tuple[Path, ...]:
    """Writes flow logs in the default format, a file an account and hour."""
    written = []
    random = Random(f"{simulation.company.seed}:flow-files")
    for (hour, account), lines in _hourly(simulation.flows(per_day)):
        when, region = gmtime(hour * 3600), simulation.company.regions[0]
        stamp = f"{when.tm_year}{when.tm_mon:02}{when.tm_mday:02}T{when.tm_hour:02}00Z"
        path = directory / (
            f"AWSLogs/{account}/vpcflowlogs/{region}/{_day(hour * 3600)}/{account}_vpcflowlogs_{region}_fl-0"
            f"{random.getrandbits(32):08x}_{stamp}_{random.getrandbits(32):08x}.log.gz"
        )
        _write(path, "\n".join((FLOW_HEADER, *lines, "")).encode())
        written.append(path)
    return tuple(written)


def deliver_queries(simulation: Simulation, directory: Path, per_day: int = 10_000) -> tuple[Path, ...]:
    """Writes the resolvers' query logs, a file an account and hour."""
    written = []
    random = Random(f"{simulation.company.seed}:query-files")
    for (hour, account), lines in _hourly(simulation.queries(per_day)):
        accounts = simulation.company.accounts.values()
        name = next(known.things["vpc"][0] for known in accounts if known.id == account)
        when = gmtime(hour * 3600)
        stamp = f"{when.tm_year}{when.tm_mon:02}{when.tm_mday:02}T{when.tm_hour:02}00Z"
        path = directory / (
            f"AWSLogs/{account}/vpcdnsquerylogs/{name}/{_day(hour * 3600)}/{name}_vpcdnsquerylogs_{account}_{stamp}_"
            f"{random.getrandbits(32):08x}.log.gz"
        )
        _write(path, "\n".join((*lines, "")).encode())
        written.append(path)
    return tuple(written)


def _hourly(lines: Iterable[Flow] | Iterable[Query]) -> Iterator[tuple[tuple[int, str], list[str]]]:
    for hour, group in groupby(lines, key=_hour):
        by_account: dict[str, list[str]] = {}
        for line in group:
            by_account.setdefault(line.account, []).append(line.line())
        for account, texts in sorted(by_account.items()):
            yield (hour, account), texts


def _hour(line: Flow | Query) -> int:
    return (line.start if isinstance(line, Flow) else line.second) // 3600


def _windows(
    simulation: Simulation, random: Random, shuffle: bool
) -> Iterator[tuple[tuple[int, str, str], list[Json]]]:
    """The records of five minutes of delivery, by account and region. What is on its way is a quarter of an hour's."""
    waiting: dict[int, list[Json]] = {}
    for second, record in simulation.timed():
        window = int(second) // _FILE_SECONDS
        late = int(_LATE * random.random() ** 3) if shuffle else 0
        waiting.setdefault(int(second + late) // _FILE_SECONDS, []).append(record)
        if shuffle and random.random() < _TWICE:
            waiting.setdefault(int(second + _LATE) // _FILE_SECONDS, []).append(record)
        for ready in sorted(number for number in waiting if number < window):
            yield from _files(ready, waiting.pop(ready))
    for ready in sorted(waiting):
        yield from _files(ready, waiting[ready])


def _files(window: int, records: list[Json]) -> Iterator[tuple[tuple[int, str, str], list[Json]]]:
    parts: dict[tuple[str, str], list[Json]] = {}
    for record in records:
        parts.setdefault((record["recipientAccountId"], record["awsRegion"]), []).append(record)
    for (account, region), group in sorted(parts.items()):
        yield (window, account, region), group


def _day(second: int) -> str:
    when = gmtime(second)
    return f"{when.tm_year}/{when.tm_mon:02}/{when.tm_mday:02}"


def _path(simulation: Simulation, window: int, account: str, region: str, random: Random) -> str:
    second = (window + 1) * _FILE_SECONDS
    when = gmtime(second)
    stamp = f"{when.tm_year}{when.tm_mon:02}{when.tm_mday:02}T{when.tm_hour:02}{when.tm_min:02}Z"
    name = f"{account}_CloudTrail_{region}_{stamp}_{tokens.text(random, 16)}.json.gz"
    return f"AWSLogs/{simulation.company.organization}/{account}/CloudTrail/{region}/{_day(second)}/{name}"


def _write(path: Path, content: bytes) -> None:
    """Compresses without the time of writing, so that the same simulation gives the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    held = io.BytesIO()
    with gzip.GzipFile(fileobj=held, mode="wb", compresslevel=5, mtime=0) as packed:
        packed.write(content)
    path.write_bytes(held.getvalue())
