"""`hunt`: judges logs by detections, as they lie there or out of an archive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mainstay.engine.detecting import Detector
from mainstay.model.detections import MICROSECONDS, EventFinding
from mainstay.model.errors import UsageError
from mainstay.model.events import LogSource
from mainstay.model.findings import Gap
from mainstay.model.hunts import Change, Comparison, Hunt
from mainstay.sources import logs
from mainstay.sources.logs.digests import verify
from mainstay.verbs import log_files
from mainstay.verbs.hunting import Judging, Remembering, asides, at_work, needing, seldom_collected
from mainstay.verbs.surveying import Progress

if TYPE_CHECKING:
    from mainstay.archive.folder import Archive
    from mainstay.archive.querying import Engine

HOUR_US = 3600 * MICROSECONDS
NOISY_TIMES = 10
NOISY_SHARE = 10_000


@dataclass(frozen=True, slots=True)
class HuntOptions:
    """How a hunt is done. `engine` is `auto`, `duckdb`, `spark://HOST:PORT` or `local[N]`, and for archives only.

    With a `state` file, what was seen is remembered from one hunt to the next; with `learn` nothing is found.
    `lateness_us` is how much the events of files may be out of order. `digest_keys` is a file of CloudTrail's public
    keys, by which the signatures of digests are checked.
    """

    since_us: int | None = None
    until_us: int | None = None
    engine: str = "auto"
    state: Path | None = None
    learn: bool = False
    lateness_us: int = 3 * HOUR_US
    digest_keys: Path | None = None


def hunt(
    sources: Sequence[str], by: Judging, options: HuntOptions | None = None, progress: Progress | None = None
) -> Hunt:
    """Judges all the logs of the sources, which are files, directories, `s3://` and `-`, or one archive.

    The findings come in the order of time. Raises UsageError for what is not there or makes no sense, ArchiveError and
    StateError for what cannot be read or written.
    """
    options = options or HuntOptions()
    archive = _archive(sources)
    if archive is None and options.engine != "auto":
        raise UsageError(f"--engine {options.engine} reads an archive: make one by `mainstay ingest`")
    detector = by.detector(
        0 if archive else options.lateness_us,
        options.learn,
        options.since_us,
        options.until_us,
        kept=options.state is not None,
    )
    with seldom_collected(), Remembering(detector, options.state) as memory:
        result = (
            _through_archive(archive, detector, options)
            if archive
            else _through_files(sources, detector, options, progress)
        )
        memory.checkpoint({})
    return replace(
        result,
        findings=sorted(result.findings, key=lambda one: (one.time_us, one.event_id, one.rule.about.id)),
        rules=at_work(by.rules.rules),
        asides=asides(by.rules),
        remarks=(*by.rules.faults, *result.remarks),
        repeated_count=detector.counts.repeated,
        late_count=detector.late,
        gaps=(*result.gaps, *_forgotten(detector)),
    )


def _archive(sources: Sequence[str]) -> Path | None:
    """The archive, where the sources are one."""
    from mainstay.archive.manifest import NAME

    archives = [Path(one) for one in sources if "://" not in one and one != "-" and (Path(one) / NAME).is_file()]
    if archives and len(sources) > 1:
        raise UsageError(f"{archives[0]} is an archive: hunt through it alone")
    return archives[0] if archives else None


def _through_files(sources: Sequence[str], detector: Detector, options: HuntOptions, progress: Progress | None) -> Hunt:
    found: list[EventFinding] = []
    gaps: list[Gap] = []
    rejected = 0
    files = log_files.found(sources)
    proven = verify(files, log_files.keys_of(sources, options.digest_keys))
    gaps += proven.gaps
    for number, file in enumerate(files, 1):
        for batch in logs.read(file):
            gaps += batch.gaps
            rejected += batch.rejected
            found += detector.take(batch.source, batch.records)
        if progress:
            progress(number, len(files), file.name)
    found += detector.flush()
    return Hunt(
        found,
        gaps,
        (),
        remarks=(proven.remark,) if proven.remark else (),
        event_counts=dict(detector.counts.events),
        file_count=len(files),
        rejected_count=rejected,
    )


def _through_archive(folder: Path, detector: Detector, options: HuntOptions) -> Hunt:
    with needing("hunt"):
        from mainstay.archive.candidates import candidates
        from mainstay.archive.folder import Archive

    with Archive(folder) as archive, closing(_engine(options.engine, folder)) as engine:
        planned = candidates(engine, archive, detector.plans, options.since_us, options.until_us)
        found = [*detector.take_planned(planned), *detector.flush()]
        return Hunt(
            found,
            tuple(archive.gaps),
            (),
            event_counts=_counts(archive),
            file_count=sum(1 for _ in archive.manifest.files()),
            engine="spark" if options.engine not in ("auto", "duckdb") else "duckdb",
        )


def _counts(archive: Archive) -> dict[LogSource, int]:
    """How many events the archive has, by source."""
    found: Counter[LogSource] = Counter()
    for part in archive.manifest.parts():
        found[part.source] += part.events
    return dict(found)


def _engine(name: str, folder: Path) -> Engine:
    if name in ("auto", "duckdb"):
        with needing("hunt"):
            from mainstay.archive.on_duckdb import DuckDB

        return DuckDB(folder)
    if name.startswith(("spark://", "local[")) or name == "local":
        with needing("spark"):
            from mainstay.archive.on_spark import Spark

        return Spark(name)
    raise UsageError(f"there is no engine {name!r}; choose duckdb, spark://HOST:PORT or local[N]")


def _forgotten(detector: Detector) -> Iterator[Gap]:
    if detector.dropped:
        yield Gap("limit", f"{detector.dropped:,} things that detections remembered had to go to make room for others")


def comparison(
    sources: Sequence[str],
    old: Judging,
    new: Judging,
    options: HuntOptions | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Hunts twice, by two sets of rules, and says which findings come and go, rule by rule; a rule is known by its id,
    a finding by its rule and the event that it fired on."""
    before, after = hunt(sources, old, options, progress), hunt(sources, new, options, progress)
    ids = dict.fromkeys(one.rule.about.id for one in (*before.findings, *after.findings))
    events = max(sum(after.event_counts.values()), 1)
    changes = tuple(_change(id, before, after, events) for id in ids)
    return Comparison(tuple(one for one in changes if one.new or one.lost or one.noisy), before, after)


def _change(id: str, before: Hunt, after: Hunt, events: int) -> Change:
    was = {one.event_id: one for one in before.findings if one.rule.about.id == id}
    now = {one.event_id: one for one in after.findings if one.rule.about.id == id}
    return Change(
        id,
        tuple(one for event, one in now.items() if event not in was),
        tuple(one for event, one in was.items() if event not in now),
        len(was.keys() & now.keys()),
        len(now) > NOISY_TIMES * len(was) and len(now) * NOISY_SHARE > events,
    )
