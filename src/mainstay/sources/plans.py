"""Which files of a tree are plans, and which root module each is of."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mainstay.documents import decode
from mainstay.model.errors import UsageError
from mainstay.model.findings import Gap
from mainstay.sources import plan, terraform
from mainstay.sources.discovery import Found
from mainstay.sources.raw import RawResource

HEAD = 65_536
MARK = '"format_version"'


@dataclass(frozen=True, slots=True)
class Planned:
    """A file that is a plan, shown as `shown`. `root` is the root module that it is of, where that is at hand."""

    path: Path
    shown: str
    root: Path | None = None


def find(path: Path, found: Found, library: terraform.Library, given: Path | None) -> Iterator[Planned]:
    """The plans among what was found at `path`, and the one that was given with it.

    Raises UsageError where that is no plan, or one of other resources than are there.
    """
    for candidate in found.candidates:
        again = given is not None and candidate.resolve() == given.resolve()
        if not again and (path.is_file() or candidate.suffix == ".json"):
            loaded = _load(candidate, library, explicit=path.is_file())
            if loaded is not None:
                root = candidate.parent.resolve()
                near = root.is_relative_to(library.tree) and any(map(terraform.is_terraform, _names(root)))
                yield Planned(candidate, loaded.shown, root if near and _is_of(loaded, root, library) else None)
    if given is not None:
        loaded = _load(given, library, explicit=True, given=True)
        if loaded is None:
            raise UsageError(f"{str(given)!r} is not a plan; write one with: terraform show -json FILE")
        given_root = _root_at(path, found)
        if given_root is not None and not _is_of(loaded, given_root, library):
            raise UsageError(f"{str(given)!r} plans none of the resources of {library.show(given_root)}")
        yield Planned(given, loaded.shown, given_root)


def read(
    planned: Planned, scope: str, library: terraform.Library, options: terraform.Options
) -> Iterator[RawResource | Gap]:
    """The resources of a plan, with the files of its root module where they are at hand."""
    loaded = _load(planned.path, library, explicit=True, given=True)
    if loaded is None:
        return  # changed since it was found
    files = None if planned.root is None else plan.read_files(loaded, planned.root, library, options)
    yield from plan.read(loaded, scope, files)


def _names(directory: Path) -> list[str]:
    try:
        return [path.name for path in directory.iterdir()]
    except OSError:
        return []


def _root_at(path: Path, found: Found) -> Path | None:
    """The root module that a plan is given with: the path itself, or the only one below it."""
    directory = (path if path.is_dir() else path.parent).resolve()
    roots = found.roots()
    return directory if directory in found.modules else roots[0] if len(roots) == 1 else None


def _is_of(loaded: plan.Plan, root: Path, library: terraform.Library) -> bool:
    """Whether a plan is of a root module: they have a resource or a call in common, or one of them has none."""
    configuration = library.load(root)
    declared = {f"{type}.{name}" for type, name in configuration.managed}
    declared |= {f"module.{name}" for name in configuration.calls}
    planned = plan.declared(loaded)
    return not planned or not declared or not planned.isdisjoint(declared)


def _load(path: Path, library: terraform.Library, explicit: bool, given: bool = False) -> plan.Plan | None:
    """The plan that a file holds. One that is not asked for by name has to begin like a plan."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return None  # a pipe would be waited for
        if not given and not path.resolve().is_relative_to(library.tree):
            return None  # the reader of templates says that it is not opened
        with path.open("rb") as file:
            head = file.read(HEAD)
            if head.startswith(b"PK\x03\x04") and explicit:
                reason = "is a plan as Terraform keeps it; what can be read is the output of: terraform show -json FILE"
                return plan.refused(library.show(path), reason)
            text, _ = decode(head[: len(head) // 4 * 4], path.name)
            if not explicit and MARK not in text:
                return None
            if status.st_size > plan.LARGEST_PLAN:
                reason = f"has more than {plan.LARGEST_PLAN // 1_000_000} MB, the most that is read of a plan"
                return plan.refused(library.show(path), reason, "limit") if MARK in text else None
            text, _ = decode(head + file.read(), path.name)
    except (OSError, RuntimeError):  # a loop of links is either, by version
        return None
    return plan.load(text, library.show(path)) if plan.looks_like_plan(text) else None
