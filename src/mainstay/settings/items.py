"""One entry of a file of settings, read key by key, with all that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from mainstay.documents import did_you_mean
from mainstay.model.errors import Fault
from mainstay.model.places import Place
from mainstay.model.values import Record


class Item:
    """An entry that has some keys and needs some; `kind` is what a complaint calls it: `a waiver`."""

    def __init__(self, record: Record, kind: str, keys: Sequence[str], required: Sequence[str]) -> None:
        self.record = record
        self.faults: list[Fault] = []
        for key in record:
            if key not in keys:
                self.fault(key, f"{kind} has no key '{key}'", did_you_mean(key, keys))
        for key in required:
            if key not in record:
                self.faults.append(Fault(f"the {kind.split()[1]} lacks the key '{key}'", record.place))

    def fault(self, key: str, message: str, hint: str = "") -> None:
        """Says what is wrong with the value of a key, at its place."""
        mark = self.record.marks.get(key)
        self.faults.append(Fault(message, mark if isinstance(mark, Place) else self.record.place, hint))

    def text(self, key: str) -> str:
        """The text of a key; empty where there is none."""
        value = self.record.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip()
        if key in self.record:
            self.fault(key, f"'{key}' has to be text")
        return ""


def nearest(name: str, start: Path, is_one: Callable[[Path], bool]) -> Path | None:
    """The nearest of that name at or above `start`, up to the top of its repository, of which `is_one` holds."""
    resolved = start.resolve()
    for each in (resolved, *resolved.parents):
        if is_one(each / name):
            return each / name
        if (each / ".git").exists():
            break
    return None
