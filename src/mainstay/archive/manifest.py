"""The manifest: which files of logs are in an archive, and which Parquet files (parts) hold their events.

What is not in it does not count: a part is entered once it is on the disk, together with all the files of logs that it
completes, in one transaction of SQLite.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes
from typing import Final
from urllib.parse import quote

from mainstay.archive.errors import ArchiveError
from mainstay.model.events import LogSource

NAME: Final = "manifest.sqlite"
VERSION: Final = 2

_SCHEMA: Final = (
    "CREATE TABLE archive (version INTEGER NOT NULL, salt BLOB NOT NULL)",
    "CREATE TABLE files (identity TEXT PRIMARY KEY, name TEXT NOT NULL, events INTEGER NOT NULL,"
    " rejected INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE parts (number INTEGER PRIMARY KEY, path TEXT NOT NULL, source TEXT NOT NULL, events INTEGER NOT NULL,"
    " bytes INTEGER NOT NULL, first_us INTEGER NOT NULL, last_us INTEGER NOT NULL)",
)


@dataclass(frozen=True, slots=True)
class Part:
    """A Parquet file of an archive. `path` is relative to the archive."""

    number: int
    path: str
    source: LogSource
    events: int
    bytes: int
    first_us: int
    last_us: int


@dataclass(frozen=True, slots=True)
class LogFile:
    """A file of logs that is in an archive in full; `identity` is the digest of its content."""

    identity: str
    name: str
    events: int
    rejected: int


class Manifest:
    """The manifest of the archive in `folder`, which has to be there unless `create`."""

    def __init__(self, folder: Path, *, write: bool = False) -> None:
        self._path = folder / NAME
        if not write and not self._path.is_file():
            raise ArchiveError(f"{folder} is no archive: it has no {NAME}")
        with self._in_plain_words():
            mode = "rwc" if write else "rw"  # a reader takes back what a writer that was killed left half done
            self._connection = sqlite3.connect(
                f"file:{quote(str(self._path.absolute()))}?mode={mode}", uri=True, isolation_level=None, timeout=30
            )
        try:
            with self._in_plain_words():
                self.salt = self._open(write)
        except ArchiveError:
            self._connection.close()
            raise

    def close(self) -> None:
        self._connection.close()

    def holds(self, identity: str) -> bool:
        """Whether a file of logs with that content is in the archive."""
        with self._in_plain_words():
            return bool(self._connection.execute("SELECT 1 FROM files WHERE identity = ?", (identity,)).fetchone())

    def files(self) -> Iterator[LogFile]:
        with self._in_plain_words(), closing(self._connection.execute("SELECT * FROM files ORDER BY name")) as rows:
            yield from (LogFile(*row) for row in rows)

    def parts(
        self, source: LogSource | None = None, since_us: int | None = None, until_us: int | None = None
    ) -> list[Part]:
        """The parts, of `source` where one is given, that may hold events of a time."""
        with self._in_plain_words():
            rows = self._connection.execute(
                "SELECT * FROM parts WHERE (?1 IS NULL OR source = ?1) AND (?2 IS NULL OR last_us >= ?2)"
                " AND (?3 IS NULL OR first_us < ?3) ORDER BY number",
                (source, since_us, until_us),
            )
            return [Part(*row) for row in rows]

    def next_number(self) -> int:
        with self._in_plain_words():
            return int(self._connection.execute("SELECT coalesce(max(number), 0) + 1 FROM parts").fetchone()[0])

    def enter(self, parts: Iterable[Part], files: Iterable[LogFile], instead_of: Sequence[Part] = ()) -> None:
        """Parts and the files of logs that they complete count from now on, `instead_of` no more. All or nothing."""
        with self._in_plain_words(), self._transaction():
            for part in parts:
                self._connection.execute(
                    "INSERT INTO parts VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (part.number, part.path, part.source, part.events, part.bytes, part.first_us, part.last_us),
                )
            for file in files:
                self._connection.execute(
                    "INSERT INTO files VALUES (?, ?, ?, ?)", (file.identity, file.name, file.events, file.rejected)
                )
            self._connection.executemany("DELETE FROM parts WHERE number = ?", [(old.number,) for old in instead_of])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def _open(self, write: bool) -> bytes:
        self._connection.execute("PRAGMA synchronous = FULL" if write else "PRAGMA query_only = ON")
        if not self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'archive'").fetchone():
            if not write:
                raise ArchiveError(f"{self._path} is no manifest of an archive")
            with self._transaction():
                for statement in _SCHEMA:
                    self._connection.execute(statement)
                self._connection.execute("INSERT INTO archive VALUES (?, ?)", (VERSION, token_bytes(16)))
        version, salt = self._connection.execute("SELECT version, salt FROM archive").fetchone()
        if version != VERSION:
            to_do = "update mainstay" if version > VERSION else "ingest the logs anew, into a new folder"
            raise ArchiveError(
                f"{self._path.parent} has version {version}, this mainstay reads version {VERSION}: {to_do}"
            )
        return bytes(salt)

    @contextmanager
    def _in_plain_words(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise ArchiveError(f"{self._path}: {error}") from error
