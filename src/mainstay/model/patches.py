"""Patches: what to change in which file so that a finding goes away."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replaces the bytes from `start` up to, not including, `end` of a file. Equal offsets insert.

    `file` is named as places name it.
    """

    file: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Patch:
    """Edits that belong together; `summary` says in a few words what they do ("set versioning.status")."""

    summary: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class NoPatch:
    """Why a person has to make the change."""

    reason: str
