"""A tree in a test, reviewed by the built-in catalogue and fixed."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from textwrap import dedent

from mainstay.catalog import load
from mainstay.model.controls import Control
from mainstay.model.findings import Review
from mainstay.model.patches import NoPatch
from mainstay.verbs.fixing import fixes, rewritten, with_patches
from mainstay.verbs.review import review


@cache
def _all() -> tuple[Control, ...]:
    return load().controls


def controls(*ids: str) -> tuple[Control, ...]:
    found = tuple(control for control in _all() if control.id in ids)
    assert len(found) == len(ids)
    return found


def written(directory: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(dedent(text).encode())


def reviewed(*ids: str) -> Review:
    return review([Path()], controls(*ids))


def fixed(file: str, text: str, *ids: str) -> str:
    """The text of a file in the working directory after all fixes, which a second review is content with."""
    written(Path(), {file: text})
    changed = rewritten(fixes(reviewed(*ids)))
    assert list(changed) == [file]
    Path(file).write_bytes(changed[file])
    assert {one.verdict for one in reviewed(*ids).findings} <= {"pass", "not_applicable"}
    return changed[file].decode()


def refusals(files: dict[str, str], *ids: str) -> list[str]:
    """Why nothing is fixed, finding by finding."""
    written(Path(), files)
    found = [one.patch for one in with_patches(reviewed(*ids)).findings if one.verdict == "fail"]
    assert found
    assert all(isinstance(one, NoPatch) for one in found), found
    return [one.reason for one in found if isinstance(one, NoPatch)]
