"""One entry of a file, a map with known keys, read key by key with all that is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence

from mainstay.documents.suggestions import did_you_mean
from mainstay.model.errors import Fault
from mainstay.model.places import Place
from mainstay.model.values import Record


class Item:
    """An entry that has some keys and needs some; `kind` is what a complaint calls it: `a waiver`."""

    def __init__(self, record: Record, kind: str, keys: Sequence[str], required: Sequence[str]) -> None:
        self.record = record
        self.faults: list[Fault] = []
        self.check_keys(record, keys, f"{kind} has no key")
        for key in required:
            if key not in record:
                self.faults.append(Fault(f"the {kind.split()[1]} lacks the key '{key}'", record.place))

    def check_keys(self, record: Record, known: Sequence[str], complaint: str) -> None:
        """Complains of the keys of the entry, or of a map in it, that nobody knows."""
        for key in record:
            if key not in known:
                self.fault(key, f"{complaint} '{key}'", did_you_mean(key, known), record)

    def fault(self, key: str, message: str, hint: str = "", record: Record | None = None) -> None:
        """Says what is wrong with the value of a key, at its place."""
        self.faults.append(Fault(message, place_of(self.record if record is None else record, key), hint))

    def text(self, key: str) -> str:
        """The text of a key; empty where there is none."""
        value = self.record.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip()
        if key in self.record:
            self.fault(key, f"'{key}' has to be text")
        return ""


def place_of(record: Record, key: str) -> Place | None:
    """Where the key stands, or else the map."""
    mark = record.marks.get(key)
    return mark if isinstance(mark, Place) else record.place
