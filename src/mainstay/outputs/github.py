"""The review as GitHub workflow commands: annotations at the lines of a pull request.

GitHub shows ten errors, ten warnings and ten notices of a step, so the worst come first. What was known before is left
out.
"""

from __future__ import annotations

from typing import TextIO

from mainstay.model.controls import Severity
from mainstay.model.findings import Review
from mainstay.model.places import Place
from mainstay.outputs.paint import visible
from mainstay.outputs.style import Style
from mainstay.outputs.wording import found, fresh, told, where

COMMANDS: dict[Severity, str] = {"critical": "error", "high": "error", "medium": "warning", "low": "notice"}


def write_github(review: Review, stream: TextIO, style: Style) -> None:
    """Write one annotation a failure and a gap, then the review in a line."""
    for finding in fresh(review):
        control = finding.control
        text = f"{finding.subject.address}: {found(finding)}. Fix: {control.fix}"
        title = f"{control.severity}: {control.title} ({control.id})"
        _write(stream, COMMANDS[control.severity], where(finding), title, text)
    for gap in review.gaps:
        if gap not in review.known_gaps:
            _write(stream, "warning", gap.place, f"not read: {gap.kind}", gap.reason)
    stream.write(_printable(told(review)) + "\n")


def _write(stream: TextIO, command: str, place: Place | None, title: str, text: str) -> None:
    properties = {"title": title}
    if place is not None:
        properties |= {"file": place.file, "line": str(place.line), "col": str(place.column)}
        if place.end_line > place.line:
            properties["endLine"] = str(place.end_line)
        elif place.end_line == place.line and place.end_column > place.column:
            properties["endColumn"] = str(place.end_column)
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    stream.write(f"::{command} {listed}::{_data(text)}\n")


def _data(text: str) -> str:
    """Text after the second `::`; a line break in it would begin a command of its own."""
    return _printable(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _printable(text: str) -> str:
    return visible(text).encode("utf-8", "backslashreplace").decode("utf-8")
