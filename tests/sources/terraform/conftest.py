"""Configurations written out in a test, and what a review reads from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from mainstay.model.findings import Gap
from mainstay.model.values import Value
from mainstay.sources.raw import RawResource
from mainstay.sources.terraform import Library, Options, read_root


@dataclass(frozen=True, slots=True)
class Reading:
    """The resources by address, and the gaps."""

    resources: dict[str, RawResource]
    gaps: list[Gap]

    def __getitem__(self, address: str) -> dict[str, Value]:
        return self.resources[address].body

    @property
    def reasons(self) -> list[str]:
        return [gap.reason for gap in self.gaps]


Read = Callable[..., Reading]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Mapping[str, str | bytes]], Path]:
    def files(contents: Mapping[str, str | bytes]) -> Path:
        for name, content in contents.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path

    return files


@pytest.fixture
def read(write: Callable[[Mapping[str, str | bytes]], Path]) -> Read:
    """Reads the root module that the files make; a single text is its `main.tf`."""

    def reading(files: str | Mapping[str, str | bytes], root: str = ".", **options: object) -> Reading:
        tree = write({"main.tf": files} if isinstance(files, str) else files).resolve()
        library = Library(
            tree, lambda path: path.relative_to(tree).as_posix() if path.is_relative_to(tree) else str(path)
        )
        resources: dict[str, RawResource] = {}
        gaps: list[Gap] = []
        for item in read_root((tree / root).resolve(), library, Options(**options)):  # type: ignore[arg-type]
            if isinstance(item, Gap):
                gaps.append(item)
            else:
                resources[item.address] = item
        return Reading(resources, gaps)

    return reading
