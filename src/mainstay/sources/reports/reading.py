"""Reads a report of another scanner: finds out what it is by what is in it, and bounds how much that may take."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mainstay.documents import decode, read_json
from mainstay.model.errors import DataError, Fault
from mainstay.model.findings import Gap
from mainstay.model.places import Place
from mainstay.model.values import Record
from mainstay.sources.reports.layers import load_layers
from mainstay.sources.reports.ocsf import read_events
from mainstay.sources.reports.paths import Files
from mainstay.sources.reports.sarif import read_runs
from mainstay.sources.reports.sighting import Run, Unfit

MOST_BYTES = 64_000_000
"""About 100,000 results; the values of a larger file would take more memory than a build machine has to spare."""

MOST_LOCATED = 5_000_000


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file held: the runs of scanners, what could not be read of it, and what is to be said of it."""

    runs: tuple[Run, ...] = ()
    gaps: tuple[Gap, ...] = ()
    remarks: tuple[Fault, ...] = ()


def read_report(path: Path, shown: str) -> Reading:
    """Reads SARIF 2.1.0, and findings of OCSF as one object, a list, or one a line.

    Raises DataError for what is neither: the user named the file. A file over the limit is a gap.
    """
    start = Place(shown, 1, 1)
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise DataError([Fault(f"cannot be read: {error.strerror}", start)]) from None
    if len(data) > MOST_BYTES:
        reason = f"the report is larger than {MOST_BYTES // 1_000_000} MB: none of it is read; split it by run"
        return Reading(gaps=(Gap("limit", reason, start),))
    content, unreadable = decode(data, shown)
    if unreadable is not None:
        raise DataError([unreadable])
    return parse_report(content, shown, Files(path))


def parse_report(content: str, shown: str, files: Files) -> Reading:
    """Reads the text of a report. Raises DataError with the place of what is wrong."""
    document = _document(content, shown)
    table = load_layers()
    try:
        if isinstance(document, dict) and "runs" in document:
            runs, gaps, remarks = read_runs(document, shown, files, table)
        elif (events := _events(document)) is not None:
            runs, gaps, remarks = read_events(events, shown, files, table)
        else:
            raise Unfit("this is neither SARIF (an object with 'runs') nor findings of OCSF (objects with 'class_uid')")
    except Unfit as error:
        raise DataError([Fault(str(error), _locate(content, shown, error.path))]) from None
    return Reading(runs, gaps, remarks)


def _locate(content: str, shown: str, path: tuple[str | int, ...]) -> Place:
    """Where the last key or object of a path stands. Read a second time, by a reader that is slow and keeps places."""
    place = Place(shown, 1, 1)
    value = read_json(content, shown).value if path and len(content) <= MOST_LOCATED else None
    for step in path:
        if isinstance(value, Record) and isinstance(step, str):
            mark = value.marks.get(step)
            place = mark if isinstance(mark, Place) else place
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int):
            value = value[step]
            place = value.place or place if isinstance(value, Record) else place
    return place


def _events(document: Any) -> list[Any] | None:
    """The events of OCSF in a document; None where it holds none. An empty list is a scan that found nothing."""
    events = document if isinstance(document, list) else [document]
    if all(isinstance(event, dict) and isinstance(event.get("class_uid"), int) for event in events):
        return events
    return None


def _document(content: str, shown: str) -> Any:
    """The JSON in a text, or the list of what stands on its lines where each is JSON of its own."""
    try:
        return _loaded(content)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and _is_complete(content):
            return list(_lines(content, shown))
        raise _broken(error.msg, shown, error.lineno, error.colno) from None
    except RecursionError:
        raise _broken("nested too deep", shown, 1, 1) from None
    except ValueError as error:
        raise _broken(str(error).split(";")[0], shown, 1, 1) from None


def _is_complete(content: str) -> bool:
    """Whether the first line with something on it is a whole document."""
    first = next((line for line in content.split("\n") if line.strip()), "")
    return first.lstrip().startswith("{") and first.rstrip().endswith("}")


def _lines(content: str, shown: str) -> Iterator[Any]:
    for number, line in enumerate(content.split("\n"), start=1):
        if line.strip():
            try:
                yield _loaded(line)
            except json.JSONDecodeError as error:
                raise _broken(error.msg, shown, number, error.colno) from None
            except RecursionError:
                raise _broken("nested too deep", shown, number, 1) from None
            except ValueError as error:
                raise _broken(str(error).split(";")[0], shown, number, 1) from None


def _loaded(content: str) -> Any:
    return json.loads(content, parse_constant=_refuse)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _broken(message: str, shown: str, line: int, column: int) -> DataError:
    return DataError([Fault(f"not JSON: {message}", Place(shown, line, column))])
