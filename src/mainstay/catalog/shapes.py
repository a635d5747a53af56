"""The shapes of all resource types: from the package's archive, and what `extensions.yaml` adds to it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from mainstay.documents import read_yaml
from mainstay.model.errors import DataError
from mainstay.model.shapes import Shape

ARCHIVE = Path(__file__).with_name("shapes.zip")
EXTENSIONS = Path(__file__).with_name("extensions.yaml")


class ShapeArchive(Mapping[str, Shape]):
    """Shapes by resource type; a type is read when it is asked for, and its service's lines are unpacked once.

    `tools/build_shapes.py` makes the archive. Iterating over it unpacks every service.
    """

    def __init__(self, archive: Path = ARCHIVE, extensions: Path = EXTENSIONS) -> None:
        self._zip = zipfile.ZipFile(archive)
        self._members = frozenset(self._zip.namelist())
        self._lines: dict[str, dict[str, str]] = {}
        self._shapes: dict[str, Shape] = {}
        self._extensions = extensions
        self._extended: Mapping[str, Shape] | None = None

    def __getitem__(self, name: str) -> Shape:
        if name not in self._shapes:
            line = self._service(name).get(name)
            more = self._extension().get(name)
            if line is None and more is None:
                raise KeyError(name)
            shape: dict[str, Shape] = {} if line is None else json.loads(line)
            shape.update(more if isinstance(more, Mapping) else {})
            self._shapes[name] = shape
        return self._shapes[name]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (name in self._service(name) or name in self._extension())

    def __iter__(self) -> Iterator[str]:
        for member in sorted(self._members):
            yield from self._service(f"::{member.removesuffix('.txt')}::")
        yield from (name for name in self._extension() if name not in self._service(name))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _service(self, name: str) -> dict[str, str]:
        """The lines of the service that the type `name` belongs to: its types, each with the text of its shape."""
        member = f"{name.split('::')[1]}.txt" if name.count("::") == 2 else ""
        if member not in self._lines:
            text = self._zip.read(member).decode() if member in self._members else ""
            lines = (line.partition(" ") for line in text.splitlines())
            self._lines[member] = {name: shape for name, _, shape in lines}
        return self._lines[member]

    def _extension(self) -> Mapping[str, Shape]:
        """The types without a schema, and what an account tells of others besides what theirs says."""
        if self._extended is None:
            document = read_yaml(self._extensions.read_text("utf-8"), self._extensions.name)
            if document.faults:
                raise DataError(document.faults)
            self._extended = document.value
        return self._extended


@lru_cache(maxsize=1)
def load_shapes() -> Mapping[str, Shape]:
    """The shape of every resource type that CloudFormation has in any region, of SAM's, and of our extensions."""
    return ShapeArchive()
