"""The state file: what windows, states and chains remember, and how far the logs were read, in one SQLite file.

Both are written in one transaction, so that after a kill they belong together: what was read is remembered, and what
was not is read again.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final
from urllib.parse import quote

from mainstay.engine.tracking import Kept
from mainstay.model.errors import StateError

APPLICATION: Final = 0x6D61696E
"""Marks a state file in its header: "main" in ASCII."""

SCHEMA: Final = 2
UNUSED_SECONDS: Final = 90 * 24 * 3600
"""For how long the memory of a rule is kept that no run asks for any more."""

TABLES: Final = (
    "CREATE TABLE trackers (id TEXT PRIMARY KEY, used INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE entries (tracker TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,"
    " PRIMARY KEY (tracker, key)) WITHOUT ROWID",
    "CREATE TABLE progress (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
)
REASONS: Final = {
    "SQLITE_BUSY": "another process uses it; a state file serves one at a time",
    "SQLITE_NOTADB": "it is damaged or not a state file; move it away, `mainstay hunt --learn` makes a new one",
    "SQLITE_CORRUPT": "it is damaged; move it away, `mainstay hunt --learn` makes a new one",
    "SQLITE_FULL": "the disk is full; what was recorded before is kept",
    "SQLITE_IOERR": "the disk is full or failing; what was recorded before is kept",
    "SQLITE_READONLY": "it cannot be written: the file, its directory or the disk is read-only",
    "SQLITE_CANTOPEN": "it cannot be opened: look at its directory and the permissions of both",
}
"""By SQLite's error name or its beginning."""


class StateFile:
    """An open state file, which no other process can open until it is closed.

    After an error of `checkpoint`, memory and disk have parted: the run has to end.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        with self._in_plain_words():
            self._connection = _open(self.path)
            try:
                self._prepare()
            except (sqlite3.Error, StateError):
                self._connection.close()
                raise

    def __enter__(self) -> StateFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Lets others in. What was not recorded by `checkpoint` is lost."""
        self._connection.close()

    def restore(self, tracker: str, into: Kept) -> None:
        """Gives what is kept under the id `tracker` back to what remembers it."""
        with self._in_plain_words():
            rows: Iterator[tuple[str, str]] = self._connection.execute(
                "SELECT key, value FROM entries WHERE tracker = ?", (tracker,)
            )
            try:
                into.load(rows)
            except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
                raise StateError(f"state {self.path}: what it holds of {tracker} was not written so") from error

    def progress(self) -> dict[str, str]:
        """How far each log was read, as `checkpoint` was told."""
        with self._in_plain_words():
            return dict(self._connection.execute("SELECT key, value FROM progress"))

    def checkpoint(
        self,
        changes: Mapping[str, Iterable[tuple[str, str | None]]],
        progress: Mapping[str, str | None],
        *,
        now_seconds: float | None = None,
    ) -> None:
        """Records, all or nothing, what changed by tracker id and how far the logs were read; None deletes.

        It returns once that is safe on disk. All trackers in use have to be named, if without changes: what was not
        named for 90 days goes.
        """
        now = int(time.time() if now_seconds is None else now_seconds)
        with self._in_plain_words(), self._transaction():
            for tracker, changed in changes.items():
                self._run("INSERT OR REPLACE INTO trackers VALUES (?, ?)", [(tracker, now)])
                self._write("entries", ("tracker", "key"), (((tracker, key), value) for key, value in changed))
            self._write("progress", ("key",), (((key,), value) for key, value in progress.items()))
            old = (now - UNUSED_SECONDS,)
            self._run("DELETE FROM entries WHERE tracker IN (SELECT id FROM trackers WHERE used < ?)", [old])
            self._run("DELETE FROM trackers WHERE used < ?", [old])

    def _write(self, table: str, names: tuple[str, ...], rows: Iterable[tuple[tuple[str, ...], str | None]]) -> None:
        put = f"INSERT OR REPLACE INTO {table} VALUES ({', '.join('?' * (len(names) + 1))})"
        delete = f"DELETE FROM {table} WHERE {' AND '.join(f'{name} = ?' for name in names)}"
        for key, value in rows:
            if value is None:
                self._connection.execute(delete, key)
            else:
                self._connection.execute(put, (*key, value))

    def _run(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        self._connection.executemany(statement, rows)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    @contextmanager
    def _in_plain_words(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorname", "")
            reason = next((words for name, words in REASONS.items() if code.startswith(name)), str(error))
            raise StateError(f"state {self.path}: {reason}") from error
        except UnicodeDecodeError as error:  # SQLite hands out what bytes say, whatever they became
            raise StateError(f"state {self.path}: {REASONS['SQLITE_CORRUPT']}") from error

    def _prepare(self) -> None:
        """Takes the lock, which is held until the file is closed, and makes the tables of a new file."""
        # what the file is has to be known before anything is written to it
        application, schema, tables = (
            self._connection.execute(asked).fetchone()[0]
            for asked in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_schema")
        )
        if tables and application != APPLICATION:
            raise StateError(f"state {self.path}: it holds something else; give the state a file of its own")
        if tables and schema != SCHEMA:
            raise StateError(f"state {self.path}: another version of mainstay made it (schema {schema})")
        self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        with self._transaction():
            if not self._connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                for statement in (
                    f"PRAGMA application_id = {APPLICATION}",
                    f"PRAGMA user_version = {SCHEMA}",
                    *TABLES,
                ):
                    self._connection.execute(statement)


def _open(path: Path) -> sqlite3.Connection:
    if path.is_dir():
        raise StateError(f"state {path}: it is a directory, not a file")
    address = f"file:{quote(os.fsencode(os.path.abspath(path)))}?mode=rwc"
    return sqlite3.connect(address, timeout=0, isolation_level=None, check_same_thread=False, uri=True)
