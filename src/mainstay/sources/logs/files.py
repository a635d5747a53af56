"""Where logs lie: a file, a folder, a prefix of a bucket, standard input; and the bytes of each file, inflated."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mainstay.model.errors import AccountError, UsageError
from mainstay.model.findings import Gap
from mainstay.model.places import Place

if TYPE_CHECKING:
    import boto3.session

try:
    from isal import isal_zlib

    _inflater: Callable[..., Any] = isal_zlib.decompressobj
    _broken: type[Exception] = isal_zlib.error  # type: ignore[assignment] # its stub has an instance
except ImportError:  # it comes with the extra `hunt`, and is three times as fast
    _inflater, _broken = zlib.decompressobj, zlib.error

LARGEST = 1 << 30
"""How many bytes a file may have, inflated: AWS writes files of some megabytes."""

STEP = 1 << 20
_GZIP = b"\x1f\x8b"
_AS_GZIP = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file holds, inflated, as far as it could be had; a gap says what is missing. `metadata` is S3's."""

    data: bytes
    gap: Gap | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LogFile:
    """A file that may hold logs.

    `name` is shown in findings: a path, or `s3://bucket/key`. `identity` changes when the file does, and can be had
    without reading it. `opened` gives the bytes as they lie there, piece by piece, and S3's metadata.
    """

    name: str
    size: int
    identity: str
    opened: Callable[[], tuple[Iterator[bytes], Mapping[str, str]]] = field(repr=False)

    def contents(self, largest: int = LARGEST) -> Contents:
        """All that it holds. Raises nothing: a file that cannot be read has a gap."""
        found = bytearray()
        metadata: Mapping[str, str] = {}
        gap: Gap | None = None
        try:
            pieces, metadata = self.opened()
            for piece in inflated(pieces):
                found += piece
                if len(found) > largest:
                    del found[largest:]
                    reason = f"the file has more than {largest:,} bytes when it is inflated: the rest is not read"
                    gap = Gap("limit", reason, Place(self.name, 1, 1))
                    break
        except Damaged as error:
            gap = Gap("syntax", str(error), Place(self.name, 1, 1))
        except (OSError, AccountError) as error:
            gap = Gap("unreadable", str(error), Place(self.name, 1, 1))
        return Contents(bytes(found), gap, metadata)


class Damaged(Exception):
    """A compressed file is not what was compressed."""


def inflated(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """What bytes hold: themselves, or what they were before gzip; never much more than STEP at a time.

    Raises Damaged at the end of what could be had of a gzip file that breaks off or is not right.
    """
    first = next(pieces, b"")
    while len(first) < 2 and (more := next(pieces, b"")):
        first += more
    if not first.startswith(_GZIP):
        yield first
        yield from pieces
        return
    yield from _members(first, pieces)


def _members(first: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The members of a gzip file, one after the other."""
    inflater, waiting = _inflater(wbits=_AS_GZIP), first
    try:
        while True:
            while waiting and not inflater.eof:
                yield inflater.decompress(waiting, STEP)
                waiting = inflater.unconsumed_tail
            if inflater.eof:
                waiting = (inflater.unused_data or waiting).lstrip(b"\0")
                if waiting:
                    inflater = _inflater(wbits=_AS_GZIP)
                    continue
            waiting = next(pieces, b"")
            if not waiting:
                break
            if inflater.eof:
                inflater = _inflater(wbits=_AS_GZIP)
        if not inflater.eof:
            yield inflater.flush()
    except (zlib.error, _broken) as error:
        raise Damaged(f"the gzip data is damaged ({error}): what could be read may not be as it was written") from None
    if not inflater.eof:
        raise Damaged("the gzip data breaks off: only its beginning could be read")


def log_files(source: str, session: boto3.session.Session | None = None) -> Iterator[LogFile]:
    """The files of a source: a file, a folder with all below it, `s3://bucket/prefix`, or `-` for standard input.

    They come in the order of their names, which AWS makes of the time. Raises UsageError for what is not there, and
    AccountError where a bucket cannot be listed.
    """
    if source == "-":
        yield LogFile("-", 0, "", _stdin)
    elif source.startswith("s3://"):
        from mainstay.sources.logs.buckets import bucket_files

        yield from bucket_files(source, session)
    else:
        yield from _local(Path(source))


def _stdin() -> tuple[Iterator[bytes], Mapping[str, str]]:
    buffer: Any = sys.stdin.buffer  # it is a BufferedReader, whose read1 gives what is there
    return iter(partial(buffer.read1, STEP), b""), {}


def _local(path: Path) -> Iterator[LogFile]:
    if path.is_dir():
        for folder, folders, names in os.walk(path):
            folders.sort()
            for name in sorted(names):
                if not name.startswith("."):
                    yield from _file(Path(folder, name))
        return
    found = list(_file(path))
    if not found:
        raise UsageError(f"{path} is no file and no folder")
    yield from found


def _file(path: Path) -> Iterator[LogFile]:
    """The file at a path, unless it is none: what is neither file nor folder is never opened."""
    try:
        found = path.stat()
    except OSError:
        found = None
    if found is not None and stat.S_ISREG(found.st_mode):
        identity = hashlib.sha256(f"{found.st_size}:{found.st_mtime_ns}".encode()).hexdigest()[:32]
        yield LogFile(str(path), found.st_size, identity, partial(_opened, path))
    elif path.is_symlink():
        yield LogFile(str(path), 0, "", partial(_opened, path))


def _opened(path: Path) -> tuple[Iterator[bytes], Mapping[str, str]]:
    return _pieces(path), {}


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(STEP):
            yield piece
