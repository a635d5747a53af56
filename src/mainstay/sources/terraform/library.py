"""The module directories of a tree: each read once, found by path, by `modules.json`, or not at all (a Gap)."""

from __future__ import annotations

import json
import os
import re
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path

from mainstay.model.findings import Gap, GapKind
from mainstay.model.places import Place
from mainstay.sources import files
from mainstay.sources.terraform import configuration, data_sources, variables
from mainstay.sources.terraform.configuration import Configuration
from mainstay.sources.terraform.scope import literal_scope
from mainstay.sources.terraform.site import Site
from mainstay.sources.terraform.syntax import Block
from mainstay.sources.terraform.variables import Variable

READ = (*configuration.SUFFIXES, ".tfvars", ".tfvars.json")
KEPT = 48
CALL = re.compile(r"""(?:^|\.)module\.([\w-]+)(?:\["(?:[^"\\]|\\.)*"\]|\[[^\]]*\])?""")
"""A call in a module's address."""
DEEPEST = 60
MOST_MODULES = 5_000


class _NotThere(Exception):
    """A module that a call names cannot be had; the message says why."""

    def __init__(self, reason: str, kind: GapKind = "module") -> None:
        super().__init__(reason)
        self.kind = kind


class Library:
    """Configurations by directory. Only the last few are kept: a large tree has more than memory should hold.

    Nothing outside `tree` is read. `show` gives the name under which a path is shown.
    """

    def __init__(self, tree: Path, show: Callable[[Path], str]) -> None:
        self.tree = tree.resolve()
        self.show = show
        self.file_counts: dict[Path, int] = {}
        self.calls: dict[Path, frozenset[Path]] = {}
        """By directory that was read, the directories that its calls name by path."""
        self._kept: OrderedDict[Path, Configuration] = OrderedDict()
        self._variables: OrderedDict[Path, tuple[Configuration, dict[str, Variable]]] = OrderedDict()
        self._notes: dict[Path, set[files.Note]] = {}
        self._installed: dict[Path, dict[str, Path]] = {}
        self.touched: set[Path] = set()
        """The directories that were asked for, also those that were there already."""

    def load(self, directory: Path) -> Configuration:
        """The configuration of a directory."""
        self.touched.add(directory)
        known = self._kept.get(directory)
        if known is None:
            with files.noting() as notes:
                names, gaps = self.files(directory)
                known = self._kept[directory] = configuration.load(directory, self.show(directory), names)
            self._notes[directory] = notes
            known.gaps.extend(gaps)
            self.file_counts[directory] = known.file_count
            self.calls[directory] = frozenset(_local(known))
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(directory)
            files.note_all(self._notes[directory])
        return known

    def variable(self, declaring: Configuration, name: str, block: Block) -> Variable:
        """A declared variable, read once for all the instances of its module."""
        known = self._variables.get(declaring.directory)
        if known is None or known[0] is not declaring:
            known = self._variables[declaring.directory] = (declaring, {})
            while len(self._variables) > KEPT:
                self._variables.popitem(last=False)
        if name not in known[1]:
            known[1][name] = variables.declare(name, block, literal_scope(declaring.directory))
        return known[1][name]

    def files(self, directory: Path) -> tuple[list[str], list[Gap]]:
        """The names of a directory's Terraform files and values; a Gap for each that leads out of the tree."""
        names: list[str] = []
        gaps: list[Gap] = []
        files.note(directory, READ)
        try:
            entries = sorted(directory.iterdir())
        except OSError as error:
            return [], [Gap("unreadable", f"cannot be read: {error.strerror}", Place(self.show(directory), 1, 1))]
        for path in entries:
            if not configuration.is_terraform(path.name) and not path.name.endswith((".tfvars", ".tfvars.json")):
                continue
            place = Place(self.show(path), 1, 1)
            try:
                if not path.resolve().is_relative_to(self.tree):
                    gaps.append(Gap("refused", f"leads outside {self.show(self.tree)}, all that may be read", place))
                elif path.is_file():
                    names.append(path.name)
                elif path.is_symlink():
                    gaps.append(Gap("unreadable", "is a link that leads nowhere", place))
            except (OSError, RuntimeError):
                gaps.append(Gap("unreadable", "is a link that cannot be followed", place))
        return names, gaps

    def called(self, caller: Site, name: str, block: Block) -> Configuration | None:
        """The configuration that a module call names; None, and a Gap, where it is not there to be read."""
        source = data_sources.literal(block, "source")
        try:
            configuration = self.load(self._allowed(caller, self._locate(caller, name, source)))
        except _NotThere as missing:
            reason = f"{caller.prefixed(f'module.{name}')} ({source or 'no source'}): {missing}"
            caller.run.gap(Gap(missing.kind, reason, block.place))
            return None
        for gap in configuration.gaps:
            caller.run.gap(gap)
        return configuration

    def _locate(self, caller: Site, name: str, source: str) -> Path:
        if is_local(source):
            try:
                files.note(caller.directory / source, files.NO_NAMES)
                directory = (caller.directory / source).resolve()
                if directory.is_dir():
                    return directory
            except (OSError, RuntimeError, ValueError):
                pass  # a loop of links, or no path at all
            raise _NotThere("there is no such directory")
        key = ".".join([*CALL.findall(caller.address), name])
        installed = self._modules_json(caller.root).get(key)
        if installed is not None:
            files.note(installed, files.NO_NAMES)
        if installed is not None and installed.is_dir():
            return installed
        raise _NotThere("is not downloaded; run `terraform init` first, or pass a plan")

    def _allowed(self, caller: Site, directory: Path) -> Path:
        if not directory.is_relative_to(self.tree):
            raise _NotThere(f"lies outside {self.show(self.tree)}, which is all that may be read", "refused")
        if directory in caller.directories:
            raise _NotThere("calls itself")
        if len(caller.directories) > DEEPEST or caller.run.modules > MOST_MODULES:
            raise _NotThere("is one module too many", "limit")
        return directory

    def _modules_json(self, root: Path) -> dict[str, Path]:
        """The downloaded modules by key (`network.subnets`), as `terraform init` notes them."""
        manifest_file = root / ".terraform/modules/modules.json"
        files.note(manifest_file)
        if root not in self._installed:
            self._installed[root] = found = {}
            try:
                manifest = json.loads(manifest_file.read_bytes())
                for entry in manifest["Modules"]:
                    directory = (root / entry["Dir"]).resolve()
                    if directory.is_relative_to(self.tree):
                        found[str(entry["Key"])] = directory
            except (OSError, ValueError, KeyError, TypeError):
                found.clear()
        return self._installed[root]


def is_local(source: str) -> bool:
    """True for the source of a module that is a path."""
    return source in (".", "..") or source.startswith(("./", "../"))


def _local(declaring: Configuration) -> Iterator[Path]:
    for block in declaring.calls.values():
        source = data_sources.literal(block, "source")
        if is_local(source):
            yield Path(os.path.normpath(declaring.directory / source))
