"""Where an instance of a module stands: below which calls, in which directory, in which run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mainstay.model.places import Place
from mainstay.model.values import Unknown
from mainstay.sources.terraform.scope import Run


@dataclass(frozen=True, slots=True)
class Site:
    """The place of a module among the modules of a root.

    `directories` are its own and those of the modules that it was called from, the root's last. `address` is empty
    at the root, and `may_exist` says why there may be no such instance. `calls` are the module blocks that lead to it.
    """

    run: Run
    directories: tuple[Path, ...]
    address: str = ""
    may_exist: Unknown | None = None
    calls: tuple[Place, ...] = ()

    @property
    def directory(self) -> Path:
        return self.directories[0]

    @property
    def root(self) -> Path:
        return self.directories[-1]

    def prefixed(self, address: str) -> str:
        """An address inside the module, as it is from the root."""
        return f"{self.address}.{address}" if self.address else address

    def below(self, directory: Path, address: str, may_exist: Unknown | None, call: Place) -> Site:
        """The site of a module that is called from here, by the block at `call`."""
        directories = (directory, *self.directories)
        return Site(self.run, directories, self.prefixed(address), may_exist or self.may_exist, (*self.calls, call))
