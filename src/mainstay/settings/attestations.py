"""Attestations: files in which a person states what only a person can. `attestations.schema.json` is their schema.

What is signed is `canonical`, a text made from the statement's own words: comments, order and layout of the file may
change, what it says may not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from mainstay.documents import Item, decode, did_you_mean, read_yaml
from mainstay.model.errors import DataError, Fault
from mainstay.model.evidence import Attestation
from mainstay.model.places import Place
from mainstay.model.values import Record
from mainstay.settings.nearest import nearest
from mainstay.settings.words import day

DIRECTORY = "attestations"
REQUIRED = ("practice", "statement", "by", "on", "expires")
KEYS = (*REQUIRED, "applies", "link", "scope", "signature")

_ADDRESS = re.compile(r"<([^<>\s]+)>")


@dataclass(frozen=True, slots=True)
class Entry:
    """An attestation as its file has it, with the signature on it, empty where there is none."""

    attestation: Attestation
    file: Path
    signature: str = ""


def find_attestations(configured: Sequence[Path] | None, start: Path) -> tuple[Path, ...]:
    """The directories and files of attestations: those of the configuration, or else the nearest directory
    `attestations` at or above `start`, up to the top of its repository."""
    if configured is not None:
        return tuple(configured)
    found = nearest(DIRECTORY, start, Path.is_dir)
    return (found,) if found is not None else ()


def read_attestations(paths: Iterable[Path], practices: Collection[str], today: date, root: Path) -> list[Entry]:
    """The attestations in files and directories (`*.yaml`, `*.yml`, not below). `practices` are the ids that there
    are; places are shown relative to `root`. Raises DataError with all that is wrong."""
    entries: list[Entry] = []
    faults: list[Fault] = []
    for path in paths:
        files = sorted(one for one in path.iterdir() if one.suffix in (".yaml", ".yml")) if path.is_dir() else [path]
        for file in files:
            shown = _shown(file, root)
            try:
                text, unreadable = decode(file.read_bytes(), shown)
            except OSError as error:
                faults.append(Fault(f"cannot be read: {error.strerror}", Place(shown, 1, 1)))
                continue
            entry, wrong = parse_attestation(text, shown, file, practices, today)
            faults += [*([unreadable] if unreadable else []), *wrong]
            entries += [entry] if entry is not None else []
    faults += _twice(entries)
    if faults:
        raise DataError(faults)
    return entries


def parse_attestation(
    text: str, shown: str, file: Path, practices: Collection[str], today: date
) -> tuple[Entry | None, list[Fault]]:
    """The attestation in a text, and all that is wrong with it."""
    parsed = read_yaml(text, shown)
    if not parsed.complete:
        return None, list(parsed.faults)
    if not isinstance(parsed.value, Record):
        return None, [*parsed.faults, Fault("a file of an attestation holds a map", Place(shown, 1, 1))]
    reader = _Item(parsed.value, practices, today)
    entry = reader.entry(file)
    return entry, [*parsed.faults, *reader.faults]


def canonical(attestation: Attestation) -> bytes:
    """What is signed: every word of the statement, in one order, and nothing of its layout."""
    said = {
        "practice": attestation.practice,
        "statement": attestation.statement,
        "by": attestation.by,
        "on": attestation.on.isoformat(),
        "expires": attestation.expires.isoformat(),
        "applies": attestation.applies,
        "link": attestation.link,
        "scope": attestation.scope,
    }
    return f"mainstay attestation v1\n{json.dumps(said, sort_keys=True, separators=(',', ':'))}\n".encode()


def identity(by: str) -> str:
    """The name that a signer goes by in `allowed_signers`: the address in `Web Team <web@example.org>`, or all."""
    found = _ADDRESS.search(by)
    return found[1] if found else by


def last_day(on: date) -> date:
    """The latest day on which a statement of that day may expire: a year later."""
    try:
        return on.replace(year=on.year + 1)
    except ValueError:  # the 29th of February
        return on.replace(year=on.year + 1, day=28)


def _shown(file: Path, root: Path) -> str:
    try:
        return file.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return file.as_posix()


def _twice(entries: Iterable[Entry]) -> Iterable[Fault]:
    """One practice has one statement a scope: of two, nobody could say which is meant."""
    first: dict[tuple[str, str], Attestation] = {}
    for entry in entries:
        one = entry.attestation
        known = first.setdefault((one.practice, one.scope), one)
        if known is not one and one.practice:
            of_scope = f" for the scope '{one.scope}'" if one.scope else ""
            yield Fault(f"{one.practice} is attested twice{of_scope}", one.place, f"first at {known.place}")


class _Item(Item):
    def __init__(self, record: Record, practices: Collection[str], today: date) -> None:
        super().__init__(record, "an attestation", KEYS, REQUIRED)
        self.practices = practices
        self.today = today

    def entry(self, file: Path) -> Entry:
        on, expires = self.day("on"), self.day("expires")
        self.check_days(on, expires)
        return Entry(
            Attestation(
                practice=self.practice(),
                statement=self.text("statement"),
                by=self.line("by"),
                on=on or self.today,
                expires=expires or self.today,
                applies=self.flag("applies", True),
                link=self.line("link"),
                scope=self.line("scope"),
                place=self.record.place,
            ),
            file,
            self.text("signature"),
        )

    def line(self, key: str) -> str:
        text = self.text(key)
        if not text.isprintable():
            self.fault(key, f"'{key}' has to be one line")
        return text

    def flag(self, key: str, otherwise: bool) -> bool:
        value = self.record.get(key, otherwise)
        if isinstance(value, bool):
            return value
        self.fault(key, f"'{key}' has to be true or false")
        return otherwise

    def day(self, key: str) -> date | None:
        text = self.text(key)
        found = day(text)
        if text and found is None:
            self.fault(key, f"'{text}' is no day", "YYYY-MM-DD")
        return found

    def practice(self) -> str:
        name = self.text("practice").upper()
        if name and name not in self.practices:
            self.fault("practice", f"the framework has no practice '{name}'", did_you_mean(name, self.practices))
        return name

    def check_days(self, on: date | None, expires: date | None) -> None:
        if on is not None and on > self.today:
            self.fault("on", f"it is dated {on}, which is still to come")
        if on is None or expires is None:
            return
        if expires <= on:
            self.fault("expires", "it expires before it says anything")
        elif expires > last_day(on):
            self.fault("expires", "a statement holds for a year at most", f"{last_day(on)} is its last day")
