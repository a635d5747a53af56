"""CloudTrail's digests as they arrive in a directory that is watched."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from mainstay.model.errors import Fault
from mainstay.model.findings import Gap
from mainstay.sources.logs import LogFile
from mainstay.sources.logs.digests import PublicKeys, base_of, names_in, trail_of, verify

PATIENCE_SECONDS = 900.0
"""How long a digest waits for the files that it names: what copies a bucket keeps no order."""


class Digesting:
    """Holds the files of a directory against each digest that comes, together with the digest before it.

    A digest is verified when all files that it names are there, and after a while without them. What this process has
    said it does not say again, and that signatures are not checked it says once.
    """

    def __init__(self, keys: PublicKeys | None, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._keys = keys
        self._patience_seconds = patience_seconds
        self._waiting: dict[str, tuple[float, LogFile, frozenset[str]]] = {}
        self._told: set[Gap] = set()
        self._remarked = False

    def verified(
        self, fresh: Sequence[LogFile], files: Sequence[LogFile], patient: bool = True
    ) -> Iterator[Gap | Fault]:
        """What the digests say that are among the fresh files, or have waited long enough. `files` are all."""
        now = time.monotonic()
        for file in fresh:
            if trail_of(file.name):
                self._waiting[file.name] = now, file, names_in(file)
        if not self._waiting:
            return
        by_base: dict[str, list[LogFile]] = {}
        for file in files:
            by_base.setdefault(base_of(file.name), []).append(file)
        for name in sorted(self._waiting):
            since, digest, named = self._waiting[name]
            if patient and now - since < self._patience_seconds and not named <= by_base.keys():
                continue
            del self._waiting[name]
            logs = [file for base in sorted(named) for file in by_base.get(base, ())]
            yield from self._verified(digest, logs, _before(digest, files))

    def _verified(self, digest: LogFile, logs: Sequence[LogFile], before: Sequence[LogFile]) -> Iterator[Gap | Fault]:
        found = verify([digest, *logs], self._keys, before)
        yield from (gap for gap in found.gaps if gap not in self._told)
        self._told.update(found.gaps)
        if found.remark and not self._remarked:
            self._remarked = True
            reason = found.remark.message.partition(": ")[2]
            yield Fault(f"signatures of digests are not checked: {reason}", found.remark.place, found.remark.hint)


def _before(digest: LogFile, files: Sequence[LogFile]) -> list[LogFile]:
    """The digest of the same trail that is the last before another one, where there is one."""
    trail, base = trail_of(digest.name), base_of(digest.name)
    earlier = [file for file in files if trail_of(file.name) == trail and base_of(file.name) < base]
    return [max(earlier, key=lambda file: base_of(file.name))] if earlier else []
