"""The waiver file: who lives with which finding, why, and until when. `waivers.schema.json` is its schema."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Sequence
from pathlib import Path

from mainstay.documents import Item, decode, read_yaml
from mainstay.model.decisions import Waiver
from mainstay.model.errors import DataError, Fault
from mainstay.model.places import Place
from mainstay.model.values import Record
from mainstay.settings.nearest import nearest
from mainstay.settings.rules import Entry, matches
from mainstay.settings.words import day, unknown_control

DEFAULT_FILE = ".mainstay/waivers.yaml"
REQUIRED = ("control", "reason", "owner")
SELECTORS = ("address", "type", "path", "scope")
KEYS = (*REQUIRED, *SELECTORS, "everywhere", "until")


def read_waivers(file: Path, shown: str, controls: Collection[str], root: Path, home: Path) -> list[Entry]:
    """The entries of a waiver file. Its paths are relative to `home`, the directory that it speaks for (`home_of`).

    `controls` are the ids that there are, `root` the directory that the places of findings are relative to. Raises
    DataError with all that is wrong.
    """
    try:
        text, unreadable = decode(file.read_bytes(), shown)
    except OSError as error:
        raise DataError([Fault(f"cannot be read: {error.strerror}", Place(shown, 1, 1))]) from None
    entries, faults = parse_waivers(text, shown, controls, home.as_posix(), root.as_posix())
    if unreadable or faults:
        raise DataError([*([unreadable] if unreadable else []), *faults])
    return entries


def find_waivers(named: Sequence[Path], configured: Sequence[Path] | None, start: Path) -> tuple[Path, ...]:
    """The waiver files: those that are named, or else those of the configuration, or else the nearest default one at
    or above `start`, up to the top of its repository."""
    if named or configured is not None:
        return tuple(named or configured or ())
    found = nearest(DEFAULT_FILE, start, Path.is_file)
    return (found,) if found is not None else ()


def home_of(file: Path) -> Path:
    """The directory that a waiver file speaks for: its own, or the one around `.mainstay`."""
    directory = file.resolve().parent
    return directory.parent if directory.name == ".mainstay" else directory


def parse_waivers(
    text: str, shown: str, controls: Collection[str], home: str, root: str
) -> tuple[list[Entry], list[Fault]]:
    """The entries of the text of a waiver file, and all that is wrong with it."""
    parsed = read_yaml(text, shown)
    faults = list(parsed.faults)
    if not parsed.complete or parsed.value is None:
        return [], faults
    if not isinstance(parsed.value, list):
        return [], [*faults, Fault("a waiver file holds a list of waivers", Place(shown, 1, 1))]
    entries: list[Entry] = []
    for item in parsed.value:
        if isinstance(item, Record):
            reader = _Item(item, controls, home, root)
            entries.append(reader.entry())
            faults += reader.faults
        else:
            faults.append(Fault("a waiver is a map", Place(shown, 1, 1)))
    return entries, faults


class _Item(Item):
    def __init__(self, record: Record, controls: Collection[str], home: str, root: str) -> None:
        super().__init__(record, "a waiver", KEYS, REQUIRED)
        self.controls = controls
        self.home = home
        self.root = root

    def entry(self) -> Entry:
        self.check_reach()
        path = self.text("path")
        until = self.text("until")
        last_day = day(until)
        if until and last_day is None:
            self.fault("until", f"'{until}' is no day", "YYYY-MM-DD, the last on which the waiver holds")
        waiver = Waiver(self.text("reason"), "file", self.text("owner"), last_day, self.record.place)
        return Entry(
            waiver,
            control=self.control(),
            address=self.text("address"),
            type=self.text("type"),
            path=posixpath.normpath(posixpath.join(self.home, path)) if path else "",
            scope=self.text("scope"),
            root=self.root,
        )

    def control(self) -> str:
        pattern = self.text("control")
        if pattern and not any(matches(id, pattern) for id in self.controls):
            wrong = unknown_control(pattern, self.controls, None)
            self.fault("control", wrong.message, wrong.hint)
        return pattern

    def check_reach(self) -> None:
        """A waiver for everything has to say so: what is left out by mistake reaches too far."""
        everywhere = self.record.get("everywhere", False)
        if not isinstance(everywhere, bool):
            self.fault("everywhere", "'everywhere' has to be true or false")
        elif everywhere and any(key in self.record for key in SELECTORS):
            self.fault("everywhere", "a waiver is for everything or for what it names, not both")
        elif not everywhere and not any(key in self.record for key in SELECTORS):
            hint = "name an address, a type, a path or a scope, or say 'everywhere: true'"
            self.faults.append(Fault("the waiver does not say what it is for", self.record.place, hint))
