"""Ignores in the `Metadata` of a template's resources: JSON has no comments, and tools write none."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from mainstay.model.decisions import Waiver, WaiverSource
from mainstay.model.errors import Fault
from mainstay.model.places import Place
from mainstay.model.values import Record, Value
from mainstay.settings.rules import Ignore
from mainstay.settings.words import NO_REASON, day, unknown_control

FORM = "like '{id: s3-keeps-versions, reason: ..., until: 2027-01-31, owner: ...}'"

_FOREIGN: tuple[tuple[WaiverSource, str, str, str], ...] = (
    ("checkov", "checkov", "skip", "comment"),
    ("cfn-nag", "cfn_nag", "rules_to_suppress", "reason"),
    ("cdk-nag", "cdk_nag", "rules_to_suppress", "reason"),
)
"""By scanner: the key of its metadata, the list in it, and the key of the reason in the list's entries."""


def metadata_ignores(resources: Record, file: str, controls: Collection[str], faults: list[Fault]) -> Iterator[Ignore]:
    """The ignores of every resource; what is wrong with ours goes to `faults`."""
    for name, resource in resources.items():
        place = resources.marks.get(name)
        if isinstance(resource, Record) and isinstance(place, Place):
            metadata = resource.get("Metadata")
            if isinstance(metadata, Record):
                yield from _ours(metadata, place, file, controls, faults)
                yield from _foreign(metadata, place, file)


def _ours(
    metadata: Record, place: Place, file: str, controls: Collection[str], faults: list[Fault]
) -> Iterator[Ignore]:
    for entry in _entries(metadata, "mainstay", "ignore"):
        where = entry.place or place
        id, reason, until = _text(entry, "id"), _text(entry, "reason"), _text(entry, "until")
        last_day = day(until)
        if not id:
            faults.append(Fault("an ignore names the control that it is for; nothing is waived", where, FORM))
        elif not reason:
            faults.append(Fault(NO_REASON, where, FORM))
        elif "until" in entry and last_day is None:
            faults.append(Fault(f"'{entry['until']}' is no day; nothing is waived", where, "until: YYYY-MM-DD"))
        elif id not in controls:
            faults.append(unknown_control(id, controls, where))
        else:
            waiver = Waiver(reason, "inline", _text(entry, "owner"), last_day, where)
            yield Ignore(waiver, (id,), "block", file, place.line, place.column)


def _foreign(metadata: Record, place: Place, file: str) -> Iterator[Ignore]:
    for source, holder, key, comment in _FOREIGN:
        for entry in _entries(metadata, holder, key):
            id = _text(entry, "id")
            if id:
                waiver = Waiver(_text(entry, comment), source, place=entry.place or place)
                yield Ignore(waiver, (id,), "block", file, place.line, place.column)


def _entries(metadata: Record, holder: str, key: str) -> Iterator[Record]:
    held = metadata.get(holder)
    entries = held.get(key) if isinstance(held, Record) else None
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, Record):
            yield entry


def _text(entry: Record, key: str) -> str:
    value: Value = entry.get(key)
    return value.strip() if isinstance(value, str) else ""
