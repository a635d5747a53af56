"""Which files a scope was read from, and what they were like: what a cache asks before it answers.

Every reader notes the paths that it is about to look at, also those that turn out not to be there. What a path is
like, its state, is one text: two equal states give equal readings.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

MOST_HASHED = 50_000_000

Note = tuple[str, tuple[str, ...] | None]
"""A path, and of a directory the endings of the names that matter: None for all of them."""

NO_NAMES: tuple[str, ...] = ("\0",)
"""Of a directory it matters only that it is there, and where it leads."""

_noted: ContextVar[set[Note] | None] = ContextVar("noted", default=None)


@contextmanager
def noting() -> Iterator[set[Note]]:
    """Gathers what is noted inside; an outer gathering gets it as well."""
    outer = _noted.get()
    inner: set[Note] = set()
    token = _noted.set(inner)
    try:
        yield inner
    finally:
        _noted.reset(token)
        if outer is not None:
            outer |= inner


def note(path: Path, endings: tuple[str, ...] | None = None) -> None:
    """Notes that a reading depends on the path: a file's content, a directory's names with these endings."""
    noted = _noted.get()
    if noted is not None:
        noted.add((os.path.abspath(path), endings))


def note_all(notes: Iterable[Note]) -> None:
    """Notes what an earlier reading noted, whose result is used again."""
    noted = _noted.get()
    if noted is not None:
        noted.update(notes)


class States:
    """The states of paths, each looked at once: while one review runs, its files are taken not to change."""

    def __init__(self) -> None:
        self._known: dict[Note, str] = {}
        self._real: dict[str, str] = {}

    def of(self, note: Note) -> str:
        known = self._known.get(note)
        if known is None:
            known = self._known[note] = self._look(*note)
        return known

    def _look(self, path: str, endings: tuple[str, ...] | None) -> str:
        try:
            real = self._where(path)
            status = os.stat(path)
            if stat.S_ISDIR(status.st_mode):
                return f"directory {real} {_names(path, endings)}"
            if not stat.S_ISREG(status.st_mode):
                return f"special {real}"
            if status.st_size > MOST_HASHED:
                return f"large {real} {status.st_size} {status.st_mtime_ns}"
            return f"file {real} {_content(path)}"
        except (OSError, ValueError) as error:
            return f"none {getattr(error, 'errno', None)}"

    def _where(self, path: str) -> str:
        """The real path: that of the directory, followed once, and the name below it."""
        parent, name = os.path.split(path)
        real = self._real.get(parent)
        if real is None:
            real = self._real[parent] = os.path.realpath(parent)
        return os.path.realpath(path) if os.path.islink(path) else os.path.join(real, name)


def _content(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.blake2b(file.read(), digest_size=16).hexdigest()


def _names(path: str, endings: tuple[str, ...] | None) -> str:
    if endings is NO_NAMES or endings == NO_NAMES:
        return ""
    digest = hashlib.blake2b(digest_size=16)
    with os.scandir(path) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if endings is None or entry.name.endswith(endings):
                kind = "l" if entry.is_symlink() else "d" if entry.is_dir() else "f" if entry.is_file() else "s"
                target = os.path.realpath(entry.path) if kind == "l" else ""
                digest.update(f"{entry.name}\0{kind}\0{target}\0".encode(errors="surrogateescape"))
    return digest.hexdigest()
