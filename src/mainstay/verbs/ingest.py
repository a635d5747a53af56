"""`ingest`: puts logs into an archive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mainstay.model.findings import Gap
from mainstay.model.places import Place
from mainstay.sources import logs
from mainstay.verbs import log_files
from mainstay.verbs.hunting import needing
from mainstay.verbs.surveying import Progress


@dataclass(frozen=True, slots=True)
class Done:
    """What an ingest did: files and events that came in, files that were there before, records that are no events."""

    file_count: int
    event_count: int
    known_count: int
    rejected_count: int
    gaps: tuple[Gap, ...]

    def line(self) -> str:
        said = f"{self.event_count:,} events of {self.file_count:,} files came in"
        said += f"; {self.known_count:,} files were there" if self.known_count else ""
        return said + (f"; {self.rejected_count:,} records are no events" if self.rejected_count else "")


def ingest(sources: Sequence[str], folder: Path, progress: Progress | None = None) -> Done:
    """Reads all the logs of the sources into the archive in `folder`, which is made where there is none.

    A file whose content is in the archive is passed over. Raises UsageError for a source that there is not and
    without the extra `hunt`, ArchiveError where the archive cannot be written.
    """
    with needing("hunt"):
        from mainstay.archive.writing import Writing

    files = events = known = rejected = 0
    listed = log_files.found(sources)
    gaps = list(log_files.missing(listed))
    with Writing(folder) as archive:
        for number, file in enumerate(listed, 1):
            try:
                digest, held = log_files.digested(file)
            except OSError as error:
                gaps.append(Gap("unreadable", error.strerror or str(error), Place(file.name, 1, 1)))
                continue
            done = archive.ingest(file.name, digest, logs.read(held))
            gaps += done.gaps
            known += done.known
            files += not done.known
            events += done.events
            rejected += done.rejected
            if progress:
                progress(number, len(listed), file.name)
    return Done(files, events, known, rejected, tuple(gaps))
