"""The files of logs that a verb reads: those of all its sources, in the order of the time that they tell of."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from mainstay.sources.logs import LogFile, log_files
from mainstay.sources.logs.digests import PublicKeys
from mainstay.sources.logs.signatures import public_keys, read_keys

_STAMP = re.compile(r"(?<![0-9A-Za-z])(20\d\d)([-/]?)(0[1-9]|1[0-2])\2([0-2]\d|3[01])(?:[T/](\d\d):?(\d\d)?)?(?!\d)")
"""A date and perhaps a time, in a name or in folders; accounts and random digits look otherwise."""
HELD_BYTES = 64 << 20
"""A file up to this size is read once and held; a larger one is read twice where its content has to be known first."""


def found(sources: Iterable[str]) -> list[LogFile]:
    """The files of the sources, oldest first: an account's logs lie beside another's, and detections ask for what
    happened before, wherever. Raises UsageError for a source that is not there."""
    files = {file.name: file for source in sources for file in log_files(source)}
    return sorted(files.values(), key=lambda file: (stamp(file.name), file.name))


def stamp(name: str) -> str:
    """The time in a file's name or in its folders', the last exact one, as digits that sort; or empty."""
    times = ["".join(part or "" for part in match.group(1, 3, 4, 5, 6)) for match in _STAMP.finditer(name)]
    exact = [time for time in times if len(time) > len("20260302")]
    return (exact or times)[-1].ljust(12, "0") if times else ""


def keys_of(sources: Sequence[str], file: Path | None) -> PublicKeys | None:
    """CloudTrail's public keys for the digests of the sources: those of a file, or for a bucket those that CloudTrail
    itself gives; none for what lies on this machine alone. Raises DataError where the file has none."""
    if file is not None:
        given = read_keys(file)
        return lambda region, since, until: given
    if not any(source.startswith("s3://") for source in sources):
        return None
    import boto3.session

    return partial(public_keys, boto3.session.Session())


def digested(file: LogFile) -> tuple[str, LogFile]:
    """The digest of a file's content as it lies there, and the file, so that it need not be fetched again."""
    digest = hashlib.sha256()
    held: list[bytes] | None = [] if file.size <= HELD_BYTES else None
    pieces, metadata = file.opened()
    for piece in pieces:
        digest.update(piece)
        if held is not None:
            held.append(piece)
    if held is None:
        return digest.hexdigest(), file
    return digest.hexdigest(), replace(file, opened=partial(_again, held, metadata))


def _again(held: Sequence[bytes], metadata: Mapping[str, str]) -> tuple[Iterator[bytes], Mapping[str, str]]:
    return iter(held), metadata
