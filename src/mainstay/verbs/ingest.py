"""`ingest`: puts logs into an archive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mainstay.model.errors import Fault
from mainstay.model.findings import Gap
from mainstay.model.places import Place
from mainstay.outputs.wording import count
from mainstay.sources import logs
from mainstay.sources.logs.digests import verify
from mainstay.verbs import log_files
from mainstay.verbs.hunting import needing
from mainstay.verbs.surveying import Progress

MANY_PARTS = 8
"""So many small parts of an account, region and day become one."""


@dataclass(frozen=True, slots=True)
class Done:
    """What an ingest did: files and events that came in, files that were there before, records that are no events."""

    file_count: int
    event_count: int
    known_count: int
    rejected_count: int
    gaps: tuple[Gap, ...]
    remark: Fault | None = None

    def line(self) -> str:
        said = f"{count(self.event_count, 'event')} of {count(self.file_count, 'file')} came in"
        said += f"; {count(self.known_count, 'file was', 'files were')} there" if self.known_count else ""
        rejected = count(self.rejected_count, "record is no event", "records are no events")
        return said + (f"; {rejected}" if self.rejected_count else "")


def ingest(
    sources: Sequence[str], folder: Path, progress: Progress | None = None, digest_keys: Path | None = None
) -> Done:
    """Reads all the logs of the sources into the archive in `folder`, which is made where there is none.

    A file whose content is in the archive is passed over. `digest_keys` is a file of CloudTrail's public keys, by which
    the signatures of digests are checked. Raises UsageError for a source that there is not and
    without the extra `hunt`, ArchiveError where the archive cannot be written.
    """
    with needing("hunt"):
        from mainstay.archive.writing import Writing

    files = events = known = rejected = 0
    listed = log_files.found(sources)
    proven = verify(listed, log_files.keys_of(sources, digest_keys))
    gaps = list(proven.gaps)
    with Writing(folder) as archive:
        for number, file in enumerate(listed, 1):
            try:
                digest, held = log_files.digested(file)
            except OSError as error:
                gaps.append(Gap("unreadable", error.strerror or str(error), Place(file.name, 1, 1)))
                continue
            done = archive.ingest(file.name, digest, logs.read_pages(held))
            gaps += done.gaps
            known += done.known
            files += not done.known
            events += done.events
            rejected += done.rejected
            if progress:
                progress(number, len(listed), file.name)
        archive.compact(least=MANY_PARTS)
    return Done(files, events, known, rejected, tuple(gaps), proven.remark)
