"""`watch`: judges logs as they arrive, in a directory that fills or on standard input."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from select import select

from mainstay.engine.detecting import Detector
from mainstay.model.detections import MICROSECONDS, EventFinding
from mainstay.model.errors import Fault, UsageError
from mainstay.model.findings import Gap
from mainstay.outputs.wording import count
from mainstay.sources import logs
from mainstay.verbs import log_files
from mainstay.verbs.digesting import Digesting
from mainstay.verbs.hunting import Judging, Remembering, seldom_collected

News = EventFinding | Gap | Fault

STEP = 1 << 20
LONGEST_LINE = 64 << 20
PAUSE_SECONDS = 1.0
"""How long what is remembered of standard input may wait to be put down."""


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """How logs are watched: the state file, how much events may be out of order, how often the directory is looked at,
    whether only what is there is judged, and a file of CloudTrail's public keys."""

    state: Path | None = None
    lateness_us: int = 900 * MICROSECONDS
    poll_seconds: float = 2.0
    once: bool = False
    digest_keys: Path | None = None


def watch(source: str, by: Judging, options: WatchOptions) -> Iterator[News]:
    """Gives findings and gaps as they come about, and remarks, until standard input ends or, of a directory, for ever;
    with `once` until all that is there is judged.

    With a state file it goes on where it was: a finding of what was judged and not yet put down may come again.
    Raises UsageError where there is no directory.
    """
    if source != "-" and not Path(source).is_dir():
        raise UsageError(f"there is no directory {source!r}; - is standard input")
    yield from by.rules.faults
    digesting = Digesting(log_files.keys_of((), options.digest_keys))
    detector = by.detector(options.lateness_us, kept=options.state is not None)
    with seldom_collected(), Remembering(detector, options.state) as memory:
        if source == "-":
            yield from _lines(detector, memory)
            yield from detector.flush()
        else:
            yield from _folder(Path(source), detector, memory, digesting, options)
        memory.checkpoint({})


def _lines(detector: Detector, memory: Remembering) -> Iterator[News]:
    """Judges whole lines as soon as they are there; puts down what is remembered while nothing comes."""
    held, header = b"", b""
    number = 0
    descriptor = sys.stdin.fileno()
    put_down = came = time.monotonic()
    fresh = False
    while True:
        idle = not select([descriptor], [], [], PAUSE_SECONDS)[0]
        now = time.monotonic()
        if idle and (now - came) * MICROSECONDS > detector.lateness_us:
            yield from detector.flush()
        if fresh and (idle or now - put_down > PAUSE_SECONDS):
            memory.checkpoint({})
            put_down, fresh = now, False
        if idle:
            continue
        piece = os.read(descriptor, STEP)
        if not piece:
            break
        came, fresh = now, True
        lines, newline, held = (held + piece).rpartition(b"\n")
        if newline:
            if number == 0:
                first = lines.partition(b"\n")[0]
                header = first + b"\n" if b"srcaddr" in first and not first.startswith(b"{") else b""
            yield from _stretch(lines + newline, number, header, detector)
            number += lines.count(b"\n") + 1
        if len(held) > LONGEST_LINE:
            yield Gap("limit", f"line {number + 1} of standard input has more than {LONGEST_LINE:,} bytes")
            held = b""
    if held.strip():
        yield from _stretch(held, number, header, detector)


def _stretch(data: bytes, number: int, header: bytes, detector: Detector) -> Iterator[News]:
    """Judges some lines of standard input, with the line in front of them that names the columns of a flow log."""
    if number and header:
        data, number = header + data, number - 1
    yield from _judged(logs.LogFile("-", len(data), "", lambda: (iter((data,)), {})), detector, number)


def _folder(
    folder: Path, detector: Detector, memory: Remembering, digesting: Digesting, options: WatchOptions
) -> Iterator[News]:
    """Judges each file once, and again where it has changed; one that is still being written waits for a turn."""
    judged = memory.progress()
    seen: dict[str, str] = {}
    idle_since = time.monotonic()
    while True:
        files = log_files.found([str(folder)])
        fresh = [file for file in files if judged.get(file.name) != file.identity]
        ready = [file for file in fresh if options.once or seen.get(file.name) == file.identity]
        for file in ready:
            yield from _judged(file, detector)
            judged[file.name] = file.identity
            memory.checkpoint({file.name: file.identity})
        seen = {file.name: file.identity for file in fresh}
        if options.once:
            yield from detector.flush()
            yield from digesting.verified(ready, files, patient=False)
            return
        yield from digesting.verified(ready, files)
        now = time.monotonic()
        if ready:
            idle_since = now
        elif len(detector) and (now - idle_since) * MICROSECONDS > detector.lateness_us:
            yield from detector.flush()
            memory.checkpoint({})
        time.sleep(options.poll_seconds)


def _judged(file: logs.LogFile, detector: Detector, before_lines: int = 0) -> Iterator[News]:
    for batch in logs.read(file, before_lines):
        yield from batch.gaps
        if batch.rejected:
            rejected = count(batch.rejected, "record of {} is no event", "records of {} are no events")
            yield Gap("syntax", rejected.format(file.name))
        yield from detector.take(batch.source, batch.records)
