"""The error that an archive raises."""

from __future__ import annotations

from mainstay.model.errors import MainstayError


class ArchiveError(MainstayError):
    """The archive cannot be opened, read or written: no archive, a newer one, somebody else at work, a full disk. What
    was acknowledged before is kept."""


class EngineError(ArchiveError):
    """An engine could not answer a query: a part is broken, the cluster is away, the memory is full."""
