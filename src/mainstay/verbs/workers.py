"""Many scopes, judged: out of the cache, in this process, or in several."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from mainstay.sources import Root
from mainstay.sources.files import Note, noting
from mainstay.verbs.cache import Cache
from mainstay.verbs.judged import Judged, decode, encode
from mainstay.verbs.judging import Judge

FEWEST = 24
"""So many scopes have to be judged before a second process pays for its start."""

MOST_JOBS = 8

PARENT_DEATH_SIGNAL = 1
"""`PR_SET_PDEATHSIG` of Linux, the one system on which there are workers."""

_shared: tuple[Judge, Sequence[Root]] | None = None
"""What forked processes find when they begin."""


def usual_jobs() -> int:
    """The processes that may run at once: those that the system lets us have, eight at most."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(available, MOST_JOBS)


def judge_all(
    roots: Sequence[Root], judge: Judge, cache: Cache | None, jobs: int, done: Callable[[], None]
) -> Iterator[Judged]:
    """Every scope's verdicts, in the order of `roots`. `done` is called for each."""
    found: dict[int, Judged] = {}
    for number, root in enumerate(roots):
        kept = cache.find(root.key) if cache is not None else None
        if kept is not None:
            try:
                found[number] = decode(kept, judge.controls)
            except (ValueError, KeyError, IndexError, TypeError):
                continue  # what an entry of another make holds is judged anew
    missing = [root for number, root in enumerate(roots) if number not in found]
    fresh = _in_turn(missing, judge, cache)
    if jobs > 1 and len(missing) >= FEWEST and sys.platform == "linux":
        fresh = _forked(missing, judge, cache, jobs)
    for number in range(len(roots)):
        yield found.pop(number) if number in found else next(fresh)
        done()


def _in_turn(roots: Sequence[Root], judge: Judge, cache: Cache | None) -> Iterator[Judged]:
    for root in roots:
        with noting() as notes:
            judged = judge(root)
        if cache is not None:
            _keep(cache, root, notes, judged, encode(judged, judge.controls))
        yield judged


def _forked(roots: Sequence[Root], judge: Judge, cache: Cache | None, jobs: int) -> Iterator[Judged]:
    """Scopes that lie beside each other go to one process, for they often share modules."""
    global _shared
    _ = judge.spelling, judge.related, judge.links  # read once, before the processes part
    _shared = judge, roots
    size = max(1, len(roots) // (jobs * 4))
    try:
        with ProcessPoolExecutor(jobs, multiprocessing.get_context("fork"), ends_with_its_parent) as pool:
            for root, (notes, body) in zip(roots, pool.map(_work, range(len(roots)), chunksize=size), strict=True):
                judged = decode(body, judge.controls)
                if cache is not None:
                    _keep(cache, root, notes, judged, body)
                yield judged
    finally:
        _shared = None


def ends_with_its_parent() -> None:
    """A worker ends when it is told to, and also when its parent is killed and can tell nobody.

    What the parent does on SIGTERM, such as to end its workers, is not for them to do.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL)


def _work(number: int) -> tuple[set[Note], bytes]:
    assert _shared is not None
    judge, roots = _shared
    with noting() as notes:
        judged = judge(roots[number])
    return notes, encode(judged, judge.controls)


def _keep(cache: Cache, root: Root, notes: set[Note], judged: Judged, body: bytes) -> None:
    """What went wrong inside mainstay is not kept: another run may fare better."""
    if notes and not any(gap.kind == "internal" for gap in judged.gaps):
        cache.keep(root.key, notes, body)
