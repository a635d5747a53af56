"""What a waiver covers: the seam between where waivers are written and the findings that they are matched with."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal, Protocol

from mainstay.model.controls import Control
from mainstay.model.decisions import Waiver
from mainstay.model.findings import Finding
from mainstay.model.places import Place

Reach = Literal["block", "lines", "file"]
"""What an ignore in the code speaks of: the resource or module that its block is, what is written on its lines, or
the whole file."""


class Rule(Protocol):
    """A waiver and the findings that it is for."""

    @property
    def waiver(self) -> Waiver: ...

    @property
    def about(self) -> str:
        """The controls that it is for, as they are written."""

    def names(self, control: Control) -> bool:
        """Whether it is for this control."""

    def reaches(self, finding: Finding) -> bool:
        """Whether it is about what the finding is about, whatever the control."""

    @property
    def only_in(self) -> str | None:
        """The file outside of which it reaches nothing; None where it may reach anything."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a waiver file. What it leaves empty may be anything; all of them are patterns.

    `path` is a pattern of absolute paths, `root` the directory that the places of findings are relative to.
    """

    waiver: Waiver
    control: str
    address: str = ""
    type: str = ""
    path: str = ""
    scope: str = ""
    root: str = ""

    @property
    def about(self) -> str:
        return self.control

    @property
    def only_in(self) -> None:
        return None

    def names(self, control: Control) -> bool:
        return matches(control.id, self.control)

    def reaches(self, finding: Finding) -> bool:
        subject = finding.subject
        return (
            (not self.address or matches(subject.address, self.address))
            and (not self.type or matches(subject.type, self.type))
            and (not self.scope or matches(subject.scope, self.scope))
            and (not self.path or any(matches(posixpath.join(self.root, one), self.path) for one in _around(finding)))
        )


@dataclass(frozen=True, slots=True)
class Ignore:
    """An ignore in the code, of ours or another scanner's.

    `ids` are as that scanner names its checks; none is all that it knows. The lines are counted from 1, the last one
    is part of it. A block is recognised by where it begins.
    """

    waiver: Waiver
    ids: tuple[str, ...]
    reach: Reach
    file: str
    line: int = 0
    column: int = 0
    last: int = 0

    @property
    def about(self) -> str:
        return ", ".join(self.ids) or "everything"

    @property
    def only_in(self) -> str:
        return self.file

    def names(self, control: Control) -> bool:
        if self.waiver.source == "inline":
            return control.id in self.ids
        known = control.also.get(self.waiver.source, ())
        named = {id.casefold() for id in self.ids}
        return bool(known) if not named else any(id.casefold() in named for id in known)

    def reaches(self, finding: Finding) -> bool:
        subject = finding.subject
        if self.reach == "file":
            return subject.place is not None and subject.place.file == self.file
        if self.reach == "block" and any(self.begins(place) for place in (subject.place, *subject.calls) if place):
            return True
        marks = [reason.mark for reason in finding.reasons]
        return bool(marks) and all(isinstance(mark, Place) and self.holds(mark) for mark in marks)

    def begins(self, place: Place) -> bool:
        return (place.file, place.line, place.column) == (self.file, self.line, self.column)

    def holds(self, place: Place) -> bool:
        return place.file == self.file and self.line <= place.line <= self.last


def matches(text: str, pattern: str) -> bool:
    """Whether a pattern means a text: `*` is anything and `?` one character. The brackets of an address are its own."""
    return fnmatchcase(text, pattern.replace("[", "[[]"))


def _around(finding: Finding) -> list[str]:
    """The files that a finding is in: where the resource stands, and the modules' calls that lead to it."""
    subject = finding.subject
    return [place.file for place in (subject.place, *subject.calls) if place is not None]


def files_of(finding: Finding) -> frozenset[str]:
    """All files that a finding points into."""
    marks = (reason.mark.file for reason in finding.reasons if isinstance(reason.mark, Place))
    return frozenset((*_around(finding), *marks))
