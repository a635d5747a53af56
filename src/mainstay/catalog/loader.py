"""Reads the catalogue: the built-in controls and those of directories that a user names.

All faults of all files are collected and raised as one DataError, each with its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mainstay.catalog.checks import check_control
from mainstay.catalog.entries import read_control
from mainstay.catalog.practices import load_practices
from mainstay.documents import decode, read_yaml
from mainstay.model.controls import Control
from mainstay.model.errors import DataError, Fault
from mainstay.model.places import Place
from mainstay.model.practices import Practice
from mainstay.model.values import Record

BUILTIN = Path(__file__).parent
SUFFIXES = (".yaml", ".yml")

EXAMPLES = re.compile(r"^  examples:\n(?:    .*\n|[ \t]*\n)*", re.MULTILINE)
"""The section of an entry in the way that the built-in files are written."""

Entries = list[tuple[Control, Record]]


@dataclass(frozen=True, slots=True)
class Catalog:
    """The controls, in the order of their files."""

    controls: tuple[Control, ...]

    @property
    def practices(self) -> Mapping[str, Practice]:
        """The framework's practices by id, read when they are first asked for."""
        return load_practices()


def load(
    directories: Sequence[Path] = (), *, builtin: bool = True, check: bool = False, examples: bool = True
) -> Catalog:
    """The built-in catalogue and those in `directories`.

    A user's controls are checked against schemas and practices, the built-in ones only where `check` asks for it.
    Half of the built-in catalogue are its examples: without `examples` they are left out, which a review does not miss.
    Raises DataError with all the faults.
    """
    faults: list[Fault] = []
    entries: Entries = []
    if builtin:
        for file in control_files(BUILTIN):
            entries += _read(file, f"catalog/controls/{file.name}", faults, examples or check)
    trusted = 0 if check else len(entries)
    for directory in directories:
        files = list(control_files(directory))
        if not files:
            faults.append(Fault(f"there are no controls (*.yaml) in {directory}"))
        for file in files:
            entries += _read(file, str(file), faults)
    faults += _repeated(entries)
    for control, entry in entries[trusted:]:
        faults += check_control(control, entry)
    if faults:
        raise DataError(sorted(faults, key=_order))
    return Catalog(tuple(control for control, _ in entries))


def home(directory: Path) -> Path:
    """Where the control files of a catalogue are: its `controls` folder if it has one, otherwise itself."""
    controls = directory / "controls"
    return controls if controls.is_dir() else directory


def control_files(directory: Path) -> Iterator[Path]:
    """The control files of a catalogue, by name."""
    folder = home(directory)
    if folder.is_dir():
        yield from sorted(file for file in folder.iterdir() if file.suffix in SUFFIXES and file.is_file())


def _read(file: Path, shown: str, faults: list[Fault], examples: bool = True) -> Entries:
    """The entries of a file; what is wrong with it and with them goes to `faults`."""
    try:
        text, unreadable = decode(file.read_bytes(), shown)
    except OSError as error:
        faults.append(Fault(f"cannot be read: {error.strerror}", Place(shown, 1, 1)))
        return []
    parsed = read_yaml(text if examples else EXAMPLES.sub(_emptied, text), shown)
    faults += [unreadable] if unreadable else []
    faults += parsed.faults
    if not parsed.complete:
        return []
    if not isinstance(parsed.value, list):
        faults.append(Fault("a control file holds a list of controls", Place(shown, 1, 1)))
        return []
    entries: Entries = []
    for entry in parsed.value:
        if not isinstance(entry, Record):
            faults.append(Fault("a control is a map", Place(shown, 1, 1)))
            continue
        control, wrong = read_control(entry)
        faults += wrong
        entries.append((control, entry))
    return entries


def _emptied(section: re.Match[str]) -> str:
    """No examples, in as many lines: the places of what follows stay as they are."""
    return "  examples: {}" + "\n" * section[0].count("\n")


def _repeated(entries: Entries) -> Iterator[Fault]:
    first: dict[str, Control] = {}
    for control in (control for control, _ in entries if control.id):
        known = first.setdefault(control.id, control)
        if known is not control:
            yield Fault(f"the id '{control.id}' is taken", control.place, f"it stands at {known.place}")


def _order(fault: Fault) -> tuple[str, int, int]:
    return (fault.place.file, fault.place.line, fault.place.column) if fault.place else ("", 0, 0)
