"""Events to measure detection by: CloudTrail as AWS delivers it, written once, and without end."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mainstay.model.events import Batch
from mainstay.simulation import ATTACKS, DECOYS, Simulation, deliver, generate
from mainstay.sources import logs
from mainstay.sources.logs.files import LogFile
from mainstay.verbs import log_files

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
A_DAY = 1_000_000
"""So many events a day in all: some files have a thousand records and more, half of them have a dozen."""

SEED = 1
_TIME = re.compile(rb'"eventTime":"([^"]+)"')
_ID = re.compile(rb'"eventID":"([0-9a-f]{8})')
_NAME = re.compile(rb"(assumed-role/[^/\"]+/)([^\"]+)")


def simulation(events: int) -> Simulation:
    """A company's day, or as much of it or more, with all the attacks and decoys."""
    return generate(SEED, START, events / A_DAY, A_DAY, list(ATTACKS), list(DECOYS))


def delivered(work: Path, events: int) -> Path:
    """The folder with so many events' files, made when it is first asked for."""
    folder = work / f"logs-{events}"
    done = folder / "made.json"
    if not done.exists():
        written = deliver(simulation(events), folder / "logs")
        sizes = sorted(path.stat().st_size for path in written)
        done.write_text(json.dumps({
            "files": len(sizes), "bytes": sum(sizes), "median": sizes[len(sizes) // 2], "largest": sizes[-1],
        }))  # fmt: skip
    return folder / "logs"


def described(folder: Path) -> str:
    """One line about the files."""
    about = json.loads((folder.parent / "made.json").read_text())
    return (
        f"{about['files']:,} files of {about['bytes'] / 1e6:.1f} MB gzipped, half of them below"
        f" {about['median'] / 1e3:.1f} kB, the largest {about['largest'] / 1e3:.0f} kB"
    )


def records(folder: Path) -> Iterator[bytes]:
    """The records of all files, oldest files first, each as a line of JSON."""
    for file in log_files.found([str(folder)]):
        for record in json.loads(file.contents().data)["Records"]:
            yield json.dumps(record, separators=(",", ":")).encode()


def endless(folder: Path) -> Iterator[LogFile]:
    """The files again and again: each round happens later, has event ids of its own and sessions of other names."""
    files = log_files.found([str(folder)])
    span = _span(file.contents().data for file in files)
    round_ = 0
    while True:
        for file in files:
            text = file.contents().data
            yield _held(f"{round_}/{file.name}", _moved(text, round_, span * round_) if round_ else text)
        round_ += 1


def _span(texts: Iterator[bytes]) -> timedelta:
    """How long a round takes, in whole hours."""
    found = {moment for text in texts for moment in _TIME.findall(text)}
    return timedelta(hours=(_moment(max(found)) - _moment(min(found))) // timedelta(hours=1) + 1)


def _moment(text: bytes) -> datetime:
    return datetime.fromisoformat(text.decode())


def _moved(text: bytes, round_: int, by: timedelta) -> bytes:
    known: dict[bytes, bytes] = {}

    def later(match: re.Match[bytes]) -> bytes:
        moment = match[1]
        if moment not in known:
            known[moment] = f'"eventTime":"{_moment(moment) + by:%Y-%m-%dT%H:%M:%SZ}"'.encode()
        return known[moment]

    text = _ID.sub(lambda match: b'"eventID":"%08x' % ((int(match[1], 16) + round_ * 2_654_435_761) % 2**32), text)
    return _NAME.sub(rb"\g<1>%d-\g<2>" % round_, _TIME.sub(later, text))


def _held(name: str, text: bytes) -> LogFile:
    return LogFile(name, len(text), name, lambda: (iter((text,)), {}))


def batches(files: Sequence[LogFile]) -> Iterator[Batch]:
    for file in files:
        yield from logs.read(file)
