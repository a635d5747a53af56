"""Which files of a tree are Terraform, which are templates, and which directories are root modules."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from mainstay.model.findings import Gap
from mainstay.model.places import Place
from mainstay.sources.cloudformation import SYNTHESIZED, is_assembly
from mainstay.sources.terraform import is_terraform

SKIPPED = frozenset({".aws-sam", ".git", ".hg", ".svn", ".terraform", ".venv", "node_modules", "__pycache__", ".tox"})
TEMPLATE_SUFFIXES = (".yaml", ".yml", ".json", ".template")
LOCAL_SOURCE = re.compile(rb'(?:^[ \t]*source[ \t]*=|[{,\s]"source"[ \t]*:)[ \t]*"(\.\.?(?:/[^"\n]*)?)"', re.MULTILINE)
BACKEND = re.compile(rb'^[ \t]*(?:backend[ \t]+"|cloud[ \t]*\{)', re.MULTILINE)


MOST_BYTES = 10_000_000


@dataclass(slots=True)
class Found:
    """What a tree holds. `modules` are directories with Terraform files, `calls` the directories that each calls."""

    modules: set[Path] = field(default_factory=set)
    calls: dict[Path, set[Path]] = field(default_factory=dict)
    entered: set[Path] = field(default_factory=set)
    """Modules that are surely roots: they name a backend, or have values for their variables."""
    candidates: list[Path] = field(default_factory=list)
    """Files that may be templates, by name."""
    assemblies: list[Path] = field(default_factory=list)
    """Directories that `cdk synth` wrote; what lies in them is told by their manifests."""
    gaps: list[Gap] = field(default_factory=list)

    def roots(self) -> list[Path]:
        """The modules that no other module calls, and those that are surely roots."""
        called = {target for source, targets in self.calls.items() for target in targets if target != source}
        return sorted((self.modules - called) | self.entered)

    def reached(self, starts: Iterable[Path]) -> set[Path]:
        """The modules that are called from `starts`, directly or not; `starts` included."""
        reached: set[Path] = set()
        waiting = list(starts)
        while waiting:
            module = waiting.pop()
            if module not in reached:
                reached.add(module)
                waiting.extend(self.calls.get(module, ()))
        return reached


def explore(path: Path, exclude: Sequence[str] = ()) -> Found:
    """Looks through a directory, or at a single file. Links to directories are not followed.

    A pattern of `exclude` with a slash is for the path below `path`, any other for a name; `*` stands for any text.
    Modules that are left out are read all the same where others call them.
    """
    found = Found()
    if path.is_file():
        _file(path, found)
        return found
    for directory, names, files in os.walk(path, onerror=lambda error: _unreadable(error, found)):
        below = os.path.relpath(directory, path) if exclude else ""
        if is_assembly(Path(directory)):
            found.assemblies.append(Path(directory))
            names.clear()
            continue
        names[:] = sorted(name for name in names if name not in SKIPPED and not _excluded(below, name, exclude))
        if SYNTHESIZED in names and not is_assembly(Path(directory, SYNTHESIZED)):
            names.remove(SYNTHESIZED)
        _directory(Path(directory), sorted(name for name in files if not _excluded(below, name, exclude)), found)
    return found


def _excluded(below: str, name: str, patterns: Sequence[str]) -> bool:
    path = posixpath.normpath(posixpath.join(below.replace(os.sep, "/"), name)) if patterns else ""
    return any(
        fnmatchcase(path, pattern.strip("/")) if "/" in pattern.rstrip("/") else fnmatchcase(name, pattern.rstrip("/"))
        for pattern in patterns
    )


def _unreadable(error: OSError, found: Found) -> None:
    found.gaps.append(Gap("unreadable", f"cannot be read: {error.strerror}", Place(str(error.filename), 1, 1)))


def _file(path: Path, found: Found) -> None:
    if is_terraform(path.name):
        _directory(path.parent, sorted(entry.name for entry in os.scandir(path.parent) if not entry.is_dir()), found)
        found.candidates.clear()
        found.entered.add(path.parent.resolve())
    else:
        found.candidates.append(path)


def _directory(directory: Path, files: Iterable[str], found: Found) -> None:
    terraform = False
    for name in files:
        if is_terraform(name):
            terraform = True
        elif name.endswith(TEMPLATE_SUFFIXES) and not name.startswith("."):
            found.candidates.append(directory / name)
    if not terraform:
        return
    resolved = directory.resolve()
    found.modules.add(resolved)
    targets = found.calls.setdefault(resolved, set())
    for name in files:
        if is_terraform(name):
            text = _text(directory / name)
            targets.update(_targets(resolved, text))
            if BACKEND.search(text):
                found.entered.add(resolved)
        elif name.endswith((".tfvars", ".tfvars.json")):
            found.entered.add(resolved)


def _text(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.is_file() and path.stat().st_size < MOST_BYTES else b""
    except OSError:
        return b""  # the reader of the file makes a Gap of it


def _targets(directory: Path, text: bytes) -> Iterator[Path]:
    for match in LOCAL_SOURCE.finditer(text):
        yield Path(os.path.normpath(directory / match.group(1).decode("utf-8", "replace")))
