"""Writing to an archive: many files of logs are gathered into one part for each account, region and day.

A part is written under a temporary name, brought to the disk, renamed, and then entered in the manifest; a process that
is killed in between leaves a file that nobody reads and the next writer removes.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pyarrow as pa
import pyarrow.parquet as pq

from mainstay.archive.columns import EVENT, ID, NUMBER, ROW, TIME, TIME_US
from mainstay.archive.errors import ArchiveError
from mainstay.archive.manifest import NAME, LogFile, Manifest, Part
from mainstay.archive.rows import Gathered, Rows, Taken
from mainstay.model.events import Batch, Delivered, LogSource
from mainstay.model.findings import Gap

MOST_ROWS: Final = 50_000
MOST_BYTES: Final = 256_000_000
ROWS_A_PART: Final = 32
"""The bits of a row's number that count within a part; those above are the part's own."""

_LOCK: Final = "lock"
_TEMPORARY: Final = ".tmp"
_PAGE: Final = 128 * 1024
_DIFFERENT: Final = frozenset({EVENT, ID, ROW, TIME, TIME_US, "eventID", "requestID"})
"""The columns whose values are all different."""

_LONG: Final = (EVENT, "userIdentity")
"""The columns that compressing pays for: the others are few different values, or random ones."""

Buffer = dict[LogSource, Gathered]


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of a file of logs. `known`: its content was in the archive before, and nothing was done."""

    events: int = 0
    rejected: int = 0
    gaps: tuple[Gap, ...] = ()
    known: bool = False


class Writing:
    """Ingests files of logs; use it as a context. What `ingest` took counts when `flush` or the context ends, and now
    and then before; a context that ends by an error leaves out what it gathered since.

    One process writes at a time: another one gets an ArchiveError.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        with _in_plain_words(self.folder):
            self._lock = _locked(self.folder)
        try:
            self._manifest = Manifest(self.folder, write=True)
            with _in_plain_words(self.folder):
                self._sweep()
        except ArchiveError:
            os.close(self._lock)
            raise
        self._next = self._manifest.next_number()
        self._rows: dict[LogSource, Rows] = {}
        self._gathered: Buffer = defaultdict(Gathered)
        self._gathered_rows = self._gathered_bytes = 0
        self._files: dict[str, LogFile] = {}
        self._parts: list[Part] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.flush()
        finally:
            self._manifest.close()
            os.close(self._lock)

    def ingest(self, name: str, identity: str, batches: Iterable[Batch | Delivered]) -> Ingested:
        """Takes the events of one file of logs, unless a file of the same `identity`, the digest of its content, was
        taken before under whatever name. A file whose `batches` raise is left out as a whole."""
        if identity in self._files or self._manifest.holds(identity):
            return Ingested(known=True)
        own: Buffer = defaultdict(Gathered)
        spilled: list[Part] = []
        gaps: list[Gap] = []
        events = rejected = rows = size = 0
        try:
            for taken, found_gaps in self._taken(batches, own):
                gaps.extend(found_gaps)
                rejected += taken.rejected
                size += taken.size
                rows += taken.events
                events += taken.events
                if rows >= MOST_ROWS or size >= MOST_BYTES:
                    spilled += self._write(own)
                    own.clear()
                    rows = size = 0
        except BaseException:
            for part in spilled:
                (self.folder / part.path).unlink(missing_ok=True)
            raise
        for source, found in own.items():
            self._gathered[source].extend(found)
        self._parts += spilled
        self._files[identity] = LogFile(identity, name, events, rejected)
        self._gathered_rows += rows
        self._gathered_bytes += size
        if spilled or self._gathered_rows >= MOST_ROWS or self._gathered_bytes >= MOST_BYTES:
            self.flush()
        return Ingested(events, rejected, tuple(gaps))

    def flush(self) -> None:
        """All that was taken counts from now on, whatever happens to the process."""
        self._parts += self._write(self._gathered)
        if self._files:
            self._manifest.enter(self._parts, self._files.values())
        self._gathered.clear()
        self._gathered_rows = self._gathered_bytes = 0
        self._parts, self._files = [], {}
        for rows in self._rows.values():
            rows.clear()

    def compact(self, below: int = 25_000, least: int = 2) -> int:
        """Makes one part of those of a partition that have fewer than `below` events, where there are `least` of them;
        says how many are gone."""
        self.flush()
        small: dict[Path, list[Part]] = defaultdict(list)
        for part in self._manifest.parts():
            if part.events < below:
                small[Path(part.path).parent].append(part)
        gone = 0
        for folder, parts in small.items():
            if len(parts) < least:
                continue
            with _in_plain_words(self.folder):
                joined = pa.concat_tables([pq.read_table(self.folder / part.path, partitioning=None) for part in parts])
                joined = joined.sort_by([(TIME_US, "ascending"), (ID, "ascending")])
                first = self._next << ROWS_A_PART
                numbers = pa.array(range(first, first + len(joined)), pa.int64())
                joined = joined.set_column(joined.schema.get_field_index(ROW), ROW, numbers)
                whole = self._store(joined, folder, parts[0].source)
            self._manifest.enter([whole], [], parts)
            for part in parts:
                (self.folder / part.path).unlink(missing_ok=True)
            gone += len(parts) - 1
        return gone

    def _taken(self, batches: Iterable[Batch | Delivered], into: Buffer) -> Iterator[tuple[Taken, Sequence[Gap]]]:
        """Makes rows of what a file holds, and says how much each piece was."""
        for batch in batches:
            rows = self._rows.get(batch.source)
            if rows is None:
                rows = self._rows[batch.source] = Rows(batch.source, self._manifest.salt)
            if isinstance(batch, Batch):
                yield rows.add(batch, into[batch.source]), batch.gaps
            elif (taken := rows.add_page(batch, into[batch.source])) is not None:
                yield taken, ()
            else:
                yield from self._taken(batch.batches(), into)

    def _write(self, buffer: Buffer) -> list[Part]:
        with _in_plain_words(self.folder):
            return [
                self._store(table, Path(partition.folder), source)
                for source, rows in buffer.items()
                if len(rows)
                for partition, table in self._rows[source].tables(rows, self._first_number)
            ]

    def _first_number(self) -> int:
        return self._next << ROWS_A_PART

    def _store(self, table: pa.Table, folder: Path, source: LogSource) -> Part:
        digest = hashlib.sha256(f"{source} {self._next}".encode())
        for name in (ID, NUMBER):
            digest.update(repr(table[name].slice(0, 1000).to_pylist()).encode())
        path = folder / f"part-{digest.hexdigest()[:16]}.parquet"
        (self.folder / folder).mkdir(parents=True, exist_ok=True)
        temporary = self.folder / f"{path}{_TEMPORARY}"
        try:
            with temporary.open("wb") as stream:
                pq.write_table(
                    table,
                    stream,
                    compression={name: "zstd" if name in _LONG else "none" for name in table.column_names},
                    compression_level={name: 1 for name in table.column_names if name in _LONG},
                    use_dictionary=[name for name in table.column_names if name not in _DIFFERENT],
                    write_statistics=[TIME, TIME_US, ROW],
                    data_page_size=_PAGE,
                    write_page_checksum=True,
                    store_schema=False,
                    row_group_size=122_880,
                )
                stream.flush()
                os.fsync(stream.fileno())
                size = stream.tell()
            temporary.rename(self.folder / path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(self.folder / folder)
        times = table[TIME_US]
        part = Part(self._next, path.as_posix(), source, len(table), size, times[0].as_py(), times[-1].as_py())
        self._next += 1
        return part

    def _sweep(self) -> None:
        """Removes what a writer that was killed left behind: parts that the manifest does not know."""
        known = {part.path for part in self._manifest.parts()}
        for pattern in ("part-*.parquet", f"part-*{_TEMPORARY}"):
            for found in self.folder.glob(f"source=*/account=*/region=*/day=*/{pattern}"):
                if found.relative_to(self.folder).as_posix() not in known:
                    found.unlink()


def _locked(folder: Path) -> int:
    """The open lock of an archive, which is made where there is nothing yet."""
    if folder.exists() and not (folder / NAME).exists() and any(entry.name != _LOCK for entry in folder.iterdir()):
        raise ArchiveError(f"{folder} is no archive and not empty: name a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise ArchiveError(f"another process writes to the archive {folder}") from None
    return lock


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _in_plain_words(folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise ArchiveError(f"the archive {folder} can't be written: {reason}") from error
