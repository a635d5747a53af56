"""Catalogues that installed packages bring along, by the entry point group `mainstay.catalogs`.

An entry point's value names a package, whose directory is the catalogue. The directory is found without importing
anything: a review runs no code of others.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.machinery import PathFinder
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from mainstay.model.errors import DataError, Fault

GROUP = "mainstay.catalogs"


@dataclass(frozen=True, slots=True)
class Plugin:
    """A catalogue by its entry point: the name, the package that it is in, and its directory."""

    name: str
    package: str
    directory: Path


def installed_catalogs(points: Iterable[EntryPoint] | None = None) -> list[Plugin]:
    """The catalogues of installed packages, by name. Raises DataError for those that have no directory."""
    found = sorted(entry_points(group=GROUP) if points is None else points, key=lambda point: (point.name, point.value))
    plugins: list[Plugin] = []
    faults: list[Fault] = []
    for point in found:
        directory = next(_directories(point.value.partition(":")[0].strip()), None)
        if directory is None:
            faults.append(Fault(f"the catalogue '{point.name}' is no directory: there is no package '{point.value}'"))
        else:
            plugins.append(Plugin(point.name, point.value, directory))
    if faults:
        raise DataError(faults)
    return plugins


def _directories(package: str) -> Iterator[Path]:
    """Where a dotted name leads, found by the file system alone: `find_spec` would import the packages around it."""
    path: list[str] | None = None
    for part in package.split("."):
        spec = PathFinder.find_spec(part, path) if part.isidentifier() else None
        if spec is None or spec.submodule_search_locations is None:
            return
        path = list(spec.submodule_search_locations)
    yield from (Path(each) for each in path or () if os.path.isdir(each))
