"""`--with`: takes what other scanners found into a review, each result beside the resource that it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from mainstay.analysis.reports import Resources, bearers
from mainstay.model.errors import DataError, Fault
from mainstay.model.findings import Review
from mainstay.outputs.frames import SourceLines
from mainstay.sources.reading import Scope
from mainstay.sources.reports import Reading, read_report

Scopes = Callable[[], Iterable[Scope]]


def with_reports(review: Review, files: Sequence[Path], scopes: Scopes | None = None) -> Review:
    """The review with the reports in some files. Raises DataError with all that is wrong in them.

    `scopes` reads the code once more, which is done where a report calls resources by names that only their
    properties hold: ARNs, images. Without it such results stay without a resource.
    """
    readings = list(_read(files))
    subjects = dict.fromkeys(finding.subject for finding in review.findings)
    names = {name for reading in readings for run in reading.runs for one in run.sightings for name in one.names}
    left = names - {subject.address for subject in subjects}
    held = bearers((one for scope in scopes() for one in scope.resources), left) if left and scopes is not None else {}
    resources = Resources(subjects, SourceLines(Path.cwd()), held)
    reports = [
        run.report(tuple(resources.joined(one.result, one.names) for one in run.sightings))
        for reading in readings
        for run in reading.runs
    ]
    return replace(
        review,
        reports=[*review.reports, *reports],
        gaps=[*review.gaps, *(gap for reading in readings for gap in reading.gaps)],
        remarks=[*review.remarks, *(remark for reading in readings for remark in reading.remarks)],
    )


def _read(files: Sequence[Path]) -> Iterator[Reading]:
    """Each file once, in the order that they are given; what is wrong in any of them is told together."""
    faults: list[Fault] = []
    for path in dict.fromkeys(files):
        try:
            yield read_report(path, str(path))
        except DataError as error:
            faults.extend(error.faults)
    if faults:
        raise DataError(faults)
