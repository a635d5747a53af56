"""Keeps what judging a scope gave, for the next run over the same files by the same controls.

An entry is found by everything that is asked (the version, the controls, the options, the scope) and holds the state
of every file that the answer was read from. It answers only while all of them are as they were, so that a review with
the cache is the review without it. Entries are written whole, checked when read, and dropped when they are old.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import zlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import mainstay
from mainstay.sources.files import Note, States

KEPT_SECONDS = 30 * 24 * 3600
MOST_BYTES = 500_000_000


def home() -> Path:
    """The directory of the cache: `MAINSTAY_CACHE`, or `mainstay` in the XDG cache directory."""
    named = os.environ.get("MAINSTAY_CACHE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base and os.path.isabs(base) else Path.home() / ".cache") / "mainstay"


def make() -> str:
    """Names this very make of mainstay: its version, and when and how large each of its files was written."""
    home = Path(mainstay.__file__).parent
    parts = [mainstay.__version__]
    for directory, folders, names in os.walk(home):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(names):
            status = os.stat(os.path.join(directory, name))
            parts.append(f"{name} {status.st_size} {status.st_mtime_ns}")
    return _digest(parts)


class Cache:
    """Answers by question. `asked` is what all questions of a run share."""

    def __init__(self, directory: Path, asked: Iterable[str]) -> None:
        self.directory = directory / "judged"
        self.states = States()
        self.asked = _digest(asked)

    def find(self, scope: str) -> bytes | None:
        """What was kept of the scope; None where nothing was, or where a file has changed since."""
        path = self._path(scope)
        try:
            head, _, body = zlib.decompress(path.read_bytes()).partition(b"\n")
            states = json.loads(head)
            digest, *notes = states
            if digest != hashlib.blake2b(body, digest_size=16).hexdigest():
                return None
            for file, endings, state in notes:
                if self.states.of((file, None if endings is None else tuple(endings))) != state:
                    return None
        except (OSError, ValueError, TypeError, zlib.error):
            return None
        with suppress(OSError):
            os.utime(path)
        return body

    def keep(self, scope: str, notes: Iterable[Note], body: bytes) -> None:
        """Keeps an answer with the state of the files that it was read from. A full disk keeps nothing."""
        head = [hashlib.blake2b(body, digest_size=16).hexdigest()]
        states = [(file, endings, self.states.of((file, endings))) for file, endings in sorted(notes, key=str)]
        path = self._path(scope)
        unfinished = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                unfinished.write_bytes(zlib.compress(json.dumps([*head, *states]).encode() + b"\n" + body, 1))
                unfinished.replace(path)
            finally:
                unfinished.unlink(missing_ok=True)

    def prune(self) -> None:
        """Drops what was not asked for lately, and the oldest where there is too much."""
        oldest = time.time() - KEPT_SECONDS
        found: list[tuple[float, int, Path]] = []
        for path in self.directory.glob("*/*"):
            with suppress(OSError):
                status = path.stat()
                found.append((status.st_mtime, status.st_size, path))
        total = sum(size for _, size, _ in found)
        for used, size, path in sorted(found):
            if used >= oldest and total <= MOST_BYTES:
                break
            with suppress(OSError):
                path.unlink()
                total -= size

    def _path(self, scope: str) -> Path:
        name = _digest((self.asked, scope))
        return self.directory / name[:2] / name[2:]


def _digest(parts: Iterable[str]) -> str:
    digest = hashlib.blake2b(digest_size=20)
    for part in parts:
        data = part.encode(errors="surrogatepass")
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()
