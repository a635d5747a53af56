"""What the user decided about findings, applied to a review: waivers, and what was known before.

Each function takes a review and gives one, so that they can be chained: waive, then compare.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from mainstay import settings
from mainstay.documents import decode
from mainstay.model.controls import Control
from mainstay.model.findings import Review
from mainstay.settings.rules import Ignore, Rule, files_of

MOST_BYTES = 10_000_000


def apply_waivers(
    review: Review,
    catalog: Sequence[Control],
    today: date,
    files: Sequence[Path] = (),
    paths: Sequence[Path] = (),
    moved: Callable[[Path], Path] | None = None,
) -> Review:
    """The review with its waived findings, and remarks on waivers that are wrong, have expired or are not needed.

    `catalog` are all the controls that there are, whether this review asked them or not. `files` are waiver files;
    ignores in the code are read from the files that findings stand in. `paths` are what was reviewed. `moved` says
    where the directory of a waiver file is in the tree that was reviewed, where that is another one than its own.
    Raises DataError for a waiver file with faults.
    """
    ids = {control.id for control in catalog}
    root = Path.cwd()
    homes = {file: settings.home_of(file) if moved is None else moved(settings.home_of(file)) for file in files}
    entries = [
        entry for file, home in homes.items() for entry in settings.read_waivers(file, _shown(file), ids, root, home)
    ]
    notes = list(_notes(review, ids, root))
    foreign = {id.casefold() for control in catalog for known in control.also.values() for id in known}
    ignores = [ignore for note in notes for ignore in note.ignores]
    unknown = [missed for note in notes for missed in note.not_understood]
    for ignore in ignores:
        source, place = ignore.waiver.source, ignore.waiver.place
        if source != "inline" and place is not None:
            unknown += [(source, id, place) for id in ignore.ids if id.casefold() not in foreign]
    rules: list[Rule] = [*sorted(ignores, key=_is_foreign), *entries]
    whole = all(_covers(paths, home) for home in homes.values())
    waived = settings.waive(review.findings, rules, review.controls, today, whole=whole)
    faults = [fault for note in notes for fault in note.faults]
    remarks = [*review.remarks, *faults, *waived.remarks, *settings.not_understood(unknown)]
    return replace(review, findings=waived.findings, remarks=remarks)


def _is_foreign(ignore: Ignore) -> bool:
    """Ours before those of others: they have an owner and an expiry."""
    return ignore.waiver.source != "inline"


def _covers(paths: Sequence[Path], home: Path) -> bool:
    return any(home.is_relative_to(path.resolve()) for path in paths)


def _shown(file: Path) -> str:
    return os.path.relpath(file) if file.is_absolute() and file.is_relative_to(Path.cwd()) else file.as_posix()


def _notes(review: Review, ids: set[str], root: Path) -> Iterator[settings.Notes]:
    """What the files say that findings stand in, each read once."""
    files: dict[str, None] = {}
    for finding in review.findings:
        files.update(dict.fromkeys(sorted(files_of(finding))))
    for file in files:
        text = _text(root / file)
        if text:
            yield settings.read_notes(text, file, ids)


def _text(path: Path) -> str:
    """The text of a file; empty where it can't be had, which its reader has made a gap of."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > MOST_BYTES:
            return ""
        return decode(path.read_bytes(), path.name)[0]
    except OSError:
        return ""


def write_baseline(review: Review, file: Path, project: Path) -> int:
    """Writes what fails, and what could not be read, to a baseline; how many failures that are. Raises UsageError."""
    baseline = settings.baseline_of(review, name_in(project))
    settings.write_baseline(baseline, file)
    return len(baseline.findings)


def compare_with_baseline(review: Review, file: Path, project: Path, paths: Sequence[Path]) -> Review:
    """The review with what is new, unchanged and fixed since the baseline was written.

    `project` is the directory that scopes are named from; only what lies below `paths` can be fixed. Raises DataError
    for a file that is no baseline.
    """
    baseline = settings.read_baseline(file, _shown(file))
    return settings.compare(review, baseline, judged_below(paths, project), name_in(project))


def judged_below(paths: Sequence[Path], project: Path) -> Callable[[str], bool]:
    """Whether a scope lies below what was reviewed, also where it is not there any more."""
    reviewed = [path.resolve() for path in paths]
    return lambda scope: any((project / scope).is_relative_to(path) for path in reviewed)


def name_in(project: Path) -> Callable[[str], str]:
    """Names a file from the project's directory, wherever the user stands."""
    here = Path.cwd()

    def name(file: str) -> str:
        path = Path(os.path.normpath(here / file))
        return path.relative_to(project).as_posix() if path.is_relative_to(project) else path.as_posix()

    return name
