"""Opening a ledger: which database, in which state, and the migrations that bring it up to date."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from mainstay.evidence.errors import LedgerError, as_written, in_plain_words
from mainstay.evidence.schema import NEWEST, VERSION_TABLE, metadata

WAIT_SECONDS: Final = 30
LOCK: Final = 0x6D61696E73746179
"""PostgreSQL's advisory lock for whoever appends: "mainstay" in ASCII."""


def connect(where: str | Path, *, write: bool) -> tuple[Engine, str]:
    """An engine on a ledger of the present schema, and the ledger's name for people (without a password)."""
    text_of = str(where)
    if "://" in text_of:
        url = _server(text_of)
        name = url.set(drivername="postgresql", query={}).render_as_string(hide_password=True)  # it may hold one too
        engine = _postgresql(url)
    else:
        name = text_of
        engine = _sqlite(Path(text_of), write)
    try:
        with in_plain_words(name), as_written(name):
            _bring_up_to_date(engine, name, write)
    except LedgerError:
        engine.dispose()
        raise
    return engine, name


def lock(connection: Connection) -> None:
    """Waits until no other process appends; held until the transaction ends. SQLite has it since the BEGIN."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})


# -- SQLite


def _sqlite(path: Path, write: bool) -> Engine:
    _look_at_file(path, write)
    immutable = not write and _needs_immutable(path)

    def open_file() -> sqlite3.Connection:
        mode = "rwc" if write else "ro"
        address = f"file:{quote(os.fsencode(os.path.abspath(path)))}?mode={mode}" + (
            "&immutable=1" if immutable else ""
        )
        connection = sqlite3.connect(
            address, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False, uri=True
        )
        try:
            if write:
                connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
                _write_ahead(connection)
                connection.execute("PRAGMA synchronous = FULL")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    engine = create_engine("sqlite://", creator=open_file, poolclass=_pool())
    begin = "BEGIN IMMEDIATE" if write else "BEGIN"

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        # the driver's own BEGIN comes too late: the lock has to be there before the last row is read
        connection.exec_driver_sql(connection.get_execution_options().get("begin", begin))

    return engine


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switches to a write-ahead log. Whoever writes meanwhile is waited for, which SQLite's timeout does not do."""
    until = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def _pool() -> Any:
    from sqlalchemy.pool import QueuePool

    return QueuePool


def _look_at_file(path: Path, write: bool) -> None:
    """Says what SQLite would say less clearly, or not before something is missed."""
    if path.is_dir():
        raise LedgerError(f"ledger {path}: it is a directory, not a file")
    if not path.exists():
        if not write:
            raise LedgerError(f"ledger {path}: there is none yet; `mainstay review --ledger {path}` makes one")
        if not path.parent.is_dir():
            raise LedgerError(f"ledger {path}: there is no directory {path.parent}")
        return
    try:
        with path.open("rb") as file:
            head = file.read(100)
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise LedgerError(f"ledger {path}: it cannot be read: {error.strerror}") from error
    if not head and write:
        return
    if head[:16] != b"SQLite format 3\0" or len(head) < 100:
        raise LedgerError(f"ledger {path}: it is not a ledger, or only the beginning of one; put back a backup")
    page = int.from_bytes(head[16:18], "big")
    pages = int.from_bytes(head[28:32], "big")
    if size < pages * (65536 if page == 1 else page) and not _is_whole_with_wal(path):
        raise LedgerError(f"ledger {path}: the file is cut short; keep a copy and put back a backup")


def _is_whole_with_wal(path: Path) -> bool:
    """False where pages are missing. On a full disk the first page may be written, and the last only in the `-wal`.

    It is only read: what is really cut short must stay as it is.
    """
    if not path.with_name(path.name + "-wal").exists():
        return False
    address = f"file:{quote(os.fsencode(os.path.abspath(path)))}?mode=ro"
    try:
        with closing(sqlite3.connect(address, timeout=WAIT_SECONDS, uri=True)) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.OperationalError:
        return True  # it could not be looked at: opening it says why
    except sqlite3.DatabaseError:
        return False


def _needs_immutable(path: Path) -> bool:
    """True where the file lies on a read-only disk, so that SQLite cannot make the files beside it that readers share.

    Nobody can append there either, so that nothing is missed by not looking for them.
    """
    shared = [path.with_name(path.name + ending) for ending in ("-wal", "-shm")]
    return not os.access(path.parent, os.W_OK) and not any(beside.exists() for beside in shared)


# -- PostgreSQL


def _server(address: str) -> URL:
    try:
        address.encode()
        url = make_url(address)
    except (ArgumentError, ValueError) as error:
        raise LedgerError(f"ledger {address.partition('://')[0]}://...: this is not a URL of a database") from error
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise LedgerError(f"ledger {url.get_backend_name()}://...: give the path of a file, or postgresql://...")
    if "@" in (url.database or ""):  # a slash too many: what was meant as the password would be shown
        raise LedgerError("ledger postgresql://...: this is not a URL of a database")
    return url.set(drivername="postgresql+psycopg")


def _postgresql(url: URL) -> Engine:
    try:
        return create_engine(url, connect_args={"connect_timeout": 10, "application_name": "mainstay"})
    except ArgumentError as error:
        raise LedgerError(f"ledger postgresql://...: {error}") from error
    except ModuleNotFoundError as error:
        raise LedgerError(f'ledger {url.host}: PostgreSQL needs a driver: pip install "mainstay[postgres]"') from error


# -- the schema


def _bring_up_to_date(engine: Engine, name: str, write: bool) -> None:
    with engine.connect() as connection, connection.begin():
        if write:
            lock(connection)
        version = _version(connection)
        if version == NEWEST:
            return
        if version is None and set(inspect(connection).get_table_names()) & set(metadata.tables):
            raise LedgerError(f"ledger {name}: it holds tables of something else; give the ledger a place of its own")
        if version is not None and version not in _known_versions():
            raise LedgerError(f"ledger {name}: a newer mainstay made it (schema {version}); update mainstay")
        if not write and version is None:
            raise LedgerError(f"ledger {name}: there is nothing in it yet; `mainstay review --ledger ...` fills it")
        if not write:
            raise LedgerError(f"ledger {name}: an older mainstay made it; the next review brings it up to date")
        _migrate(connection)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    version = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
    return None if version is None else str(version)


def _configuration() -> Any:
    from alembic.config import Config  # takes a while, and is needed once in a ledger's life

    configuration = Config()
    home = str(files("mainstay.evidence") / "migrations")
    configuration.set_main_option("script_location", home.replace("%", "%%"))
    configuration.set_main_option("path_separator", "os")
    return configuration


def _known_versions() -> set[str]:
    from alembic.script import ScriptDirectory

    return {script.revision for script in ScriptDirectory.from_config(_configuration()).walk_revisions()}


def _migrate(connection: Connection) -> None:
    from alembic import command

    configuration = _configuration()
    configuration.attributes["connection"] = connection
    command.upgrade(configuration, "head")


def is_sound(engine: Engine) -> str:
    """What the database itself finds wrong with its file; empty where it finds nothing."""
    if engine.dialect.name != "sqlite":
        return ""
    with closing(engine.raw_connection()) as connection:
        try:
            found = connection.cursor().execute("PRAGMA integrity_check(1)").fetchone()
        except sqlite3.DatabaseError as error:
            return str(error)
    return "" if found is None or found[0] == "ok" else str(found[0]).replace("\n", " ")
