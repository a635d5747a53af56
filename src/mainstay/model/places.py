"""Where things stand: the places that every finding, gap and error points at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a file. Lines and columns count from 1, columns in characters; the end is exclusive."""

    file: str
    line: int
    column: int
    end_line: int = 0
    end_column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class ServiceDefault:
    """Stands in the place of a place: nobody wrote the property, the service fills it in (as seen on `since`)."""

    since: str

    def __str__(self) -> str:
        return f"service default (seen {self.since})"


Mark = Place | ServiceDefault


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of the world that is read as one: of an account, the resources of a type in a region.

    Of code it is a whole scope, without region and type. A global service has the region `global`.
    """

    scope: str
    region: str = ""
    type: str = ""
