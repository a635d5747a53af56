"""One reading of a template: what its stacks share."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from mainstay.model.findings import Gap, GapKind
from mainstay.model.places import Place
from mainstay.sources import files
from mainstay.sources.cloudformation.budget import Budget
from mainstay.sources.cloudformation.cdk import Constructs
from mainstay.sources.cloudformation.options import Options
from mainstay.sources.cloudformation.template import Loaded, load, local_path


@dataclass(slots=True)
class Reading:
    """What all stacks of one reading share: where it began, what was found wrong, and the files read so far."""

    scope: str
    root: Path
    options: Options
    gaps: dict[Gap, None] = field(default_factory=dict)
    files: dict[Path, Loaded] = field(default_factory=dict)
    limits: set[str] = field(default_factory=set)
    budget: Budget = field(default_factory=Budget)
    constructs: Constructs = field(default_factory=dict)

    def note(self, kind: GapKind, reason: str, place: Place | None) -> None:
        """Note a gap; a limit once, at the first place that meets it, for it may be met everywhere."""
        if kind == "limit":
            if reason in self.limits:
                return
            self.limits.add(reason)
        self.gaps[Gap(kind, reason, place)] = None

    def construct(self, path: Path, logical_id: str) -> str:
        """The path of the CDK construct of a resource, where the assembly around its template tells it."""
        told = self.constructs.get((path.name, logical_id))
        return told or self.constructs.get(("", logical_id), "")

    def load(self, path: Path, shown: str) -> Loaded:
        if path not in self.files:
            self.files[path] = load(path, shown)
            self.gaps.update(dict.fromkeys(self.files[path].gaps))
        return self.files[path]

    def locate(self, base: Path, shown: str, location: str, place: Place | None) -> tuple[Path, str] | None:
        """The local file that a location names, and how it is shown; a gap where there is none, or outside the root."""
        path = local_path(base, location)
        if path is None:
            self.note("module", f"{location} is not a local file", place)
            return None
        files.note(path, files.NO_NAMES)
        try:
            resolved = path.resolve()
            inside = resolved.is_relative_to(self.root.resolve())
            there = inside and resolved.is_file()
        except (OSError, RuntimeError, ValueError):
            inside, there = True, False
        if not inside:
            self.note("refused", f"{location} lies outside the tree that is reviewed", place)
            return None
        if not there:
            self.note("module", f"there is no file {location}", place)
            return None
        return resolved, os.path.normpath(os.path.join(os.path.dirname(shown), location.removeprefix("file://")))
