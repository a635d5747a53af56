"""What goes wrong with a ledger, said in one line that names the ledger and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from mainstay.model.errors import LedgerError

__all__ = ["LedgerError", "PrunedAway", "as_written", "in_plain_words"]


class PrunedAway(LedgerError):
    """Something of what stood at a moment was pruned."""


BY_CODE = {
    "SQLITE_FULL": "the disk is full; free some space and resume, nothing that was acknowledged is lost",
    "SQLITE_IOERR": "the disk is full or failing; nothing that was acknowledged is lost",
    "SQLITE_READONLY": "it cannot be written: the file, its directory or the disk is read-only",
    "SQLITE_CANTOPEN": "it cannot be opened: look at its directory and the permissions of both",
    "SQLITE_PERM": "it cannot be opened: permission denied",
    "SQLITE_BUSY": "another process has been writing to it for a long time; try again when that is done",
    "SQLITE_LOCKED": "another process has been writing to it for a long time; try again when that is done",
    "SQLITE_NOTADB": "it is damaged or not a ledger; keep a copy and put back a backup",
    "SQLITE_CORRUPT": "it is damaged, perhaps cut short; keep a copy and put back a backup",
    "53100": "the server's disk is full; nothing that was acknowledged is lost",
    "25006": "the server is read-only",
    "42501": "the database user lacks a permission",
}
"""By SQLite's error name or its beginning, and by PostgreSQL's SQLSTATE."""


@contextmanager
def in_plain_words(ledger: str) -> Iterator[None]:
    """Turns what the database raises into a LedgerError. `ledger` is shown, so it holds no password."""
    try:
        yield
    except DBAPIError as error:
        raise LedgerError(f"ledger {ledger}: {_reason(error)}") from error
    except SQLAlchemyError as error:
        raise LedgerError(f"ledger {ledger}: {_first_line(error)}") from error


@contextmanager
def as_written(ledger: str = "") -> Iterator[None]:
    """Turns what comes of reading a row that somebody changed into a LedgerError."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        where = f"ledger {ledger}" if ledger else "the ledger"
        raise LedgerError(f"{where}: a row is not as it was written; `mainstay show verify` says which") from error


def _reason(error: DBAPIError) -> str:
    cause = error.orig
    name = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None) or ""
    for code, reason in BY_CODE.items():
        if name == code or name.startswith(f"{code}_"):
            return reason
    return _first_line(cause if cause is not None else error)


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
