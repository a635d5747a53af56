"""The errors that mainstay raises on purpose.

MainstayError                    anything a user can mend; shown as one line, never as a traceback
├── UsageError                   a wrong option or argument (exit 2)
├── AccountError                 an account cannot be read at all: no credentials, no region, no network (exit 2)
├── LedgerError                  the ledger cannot be opened or written: another schema, a broken file, a full disk
│                                (exit 2 before the work, 3 where it ended a pass)
├── StateError                   the state file cannot be opened or written: in use, damaged, of something else (exit 2)
└── DataError                    data with faults: a catalogue, a spelling table (exit 2)
        .faults                  all of them, each with its place
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mainstay.model.places import Place


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a data file, and where; `hint` is a suggestion such as "did you mean 'startswith'?"."""

    message: str
    place: Place | None = None
    hint: str = ""

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        return f"{where}{self.message}" + (f" ({self.hint})" if self.hint else "")


class MainstayError(Exception):
    """Something that the user can mend."""


class UsageError(MainstayError):
    """The command line asks for something that makes no sense."""


class AccountError(MainstayError):
    """An account cannot be read at all."""


class LedgerError(MainstayError):
    """The ledger cannot be opened, read or written. What was acknowledged before is kept."""


class StateError(MainstayError):
    """The state file cannot be opened, read or written. What was acknowledged before is kept."""


class DataError(MainstayError):
    """One data file or more has faults."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)
