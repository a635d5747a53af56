"""The documents of rule files: found, read, and put together where one file shares parts between several rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mainstay.documents import decode, read_yaml
from mainstay.model.errors import Fault
from mainstay.model.places import Place
from mainstay.model.values import Record, Value

SUFFIXES = (".yml", ".yaml")
_SIGNS = ("detection", "correlation", "filter", "title", "logsource")
"""A map with none of these keys is no rule, nor meant as one: a checkout of rules has other YAML files as well."""


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says of one rule. `stem` is the name of the file, `own` whether it belongs to mainstay's pack, `root`
    the directory that was asked for, in which the file is; empty for the pack."""

    record: Record
    file: str
    stem: str
    own: bool
    root: str = ""


@dataclass(slots=True)
class Reading:
    """What has been read of the files so far."""

    documents: list[Document]
    faults: list[Fault]
    files: int = 0
    no_rules: int = 0


def rule_files(directory: Path) -> Iterator[Path]:
    """The YAML files of a folder and those in it, by name; what is hidden is left out. A file stands for itself."""
    if directory.is_file():
        yield directory
        return
    for path in sorted(directory.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(directory).parts)
        if path.suffix in SUFFIXES and not hidden and path.is_file():
            yield path


def read_file(path: Path, shown: str, own: bool, into: Reading, root: str = "") -> None:
    """Reads the rules of a file; what is wrong with it becomes faults, and none of its rules is taken."""
    into.files += 1
    try:
        text, unreadable = decode(path.read_bytes(), shown)
    except OSError as error:
        into.faults.append(Fault(f"cannot be read: {error.strerror}", Place(shown, 1, 1)))
        return
    parsed = read_yaml(text, shown, documents=True)
    faults = [*([unreadable] if unreadable else []), *parsed.faults]
    values = [value for value in parsed.value or () if value is not None]
    records = [value for value in values if isinstance(value, Record) and ("action" in value or _is_rule(value))]
    if not parsed.complete or (records and faults):
        into.faults += faults
        return
    if not records:
        into.no_rules += 1
        return
    into.documents += [Document(record, shown, path.stem, own, root) for record in _merged(records, into.faults)]


def _is_rule(record: Record) -> bool:
    return any(key in record for key in _SIGNS)


def _merged(records: Sequence[Record], faults: list[Fault]) -> Iterator[Record]:
    """Each rule with what `action: global` shares and `action: repeat` repeats, as old files with many rules do."""
    shared, before = Record(), Record()
    for record in records:
        action = record.get("action")
        if action is None:
            merges = "correlation" not in record and "filter" not in record
            before = _over(record, shared) if merges and shared else record
            yield before
        elif action == "global":
            shared = before = _without_action(record)
        elif action == "reset":
            shared = Record()
        elif action == "repeat":
            before = _over(before, _without_action(record))
            yield before
        else:
            place = record.marks.get("action")
            where = place if isinstance(place, Place) else record.place
            faults.append(Fault(f"there is no action {action!r}", where, "there are global, repeat and reset"))


def _without_action(record: Record) -> Record:
    return Record(((key, value) for key, value in record.items() if key != "action"), record.place, record.marks)


def _over(below: Record, above: Record) -> Record:
    """The two maps in one: where both are maps, they are merged, and otherwise what is above counts."""
    found: dict[str, Value] = dict(below)
    for key, value in above.items():
        under = found.get(key)
        found[key] = _over(under, value) if isinstance(under, Record) and isinstance(value, Record) else value
    marks = {**above.marks, **below.marks}
    return Record(found, below.place or above.place, marks)
