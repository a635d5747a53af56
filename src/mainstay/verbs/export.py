"""`export`: writes controls in the words of a tool that refuses what fails them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO

from mainstay.exports import EXPORTS, Left
from mainstay.model.controls import Control
from mainstay.model.errors import UsageError


@dataclass(frozen=True, slots=True)
class Exported:
    """How an export went: all controls that were asked for, and those that the format cannot say."""

    format: str
    control_count: int
    left: tuple[Left, ...]

    def lines(self) -> Iterator[str]:
        """What to tell whoever asked: how many were written, and each that was not, with the reason."""
        written = self.control_count - len(self.left)
        yield f"exported {written} of {self.control_count} controls as {self.format}" + (
            "; the rest:" if self.left else ""
        )
        for one in self.left:
            yield f"  {one.control} is left out: {one.reason}"


def export(format: str, controls: Sequence[Control], stream: TextIO) -> Exported:
    """Writes the controls to `stream`. Raises UsageError for a format that there is not."""
    write = EXPORTS.get(format)
    if write is None:
        raise UsageError(f"there is no export {format!r}; there are {', '.join(EXPORTS)}")
    return Exported(format, len(controls), tuple(write(controls, stream)))
