"""What waits for its turn: events, the rules that fire on them, and what is told the states of others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mainstay.engine.at_work import DetectionAtWork
from mainstay.engine.plans import Noted, Plan
from mainstay.engine.tracking import Measured
from mainstay.model.events import MOVED, Event, LogSource, moved
from mainstay.model.values import Value


class Whole:
    """An event that is put together already, as an occurrence."""

    __slots__ = ("_event", "source", "time_us")

    def __init__(self, event: Event) -> None:
        self._event = event
        self.source = event.source
        self.time_us = event.time_us

    def told(self) -> tuple[str, str, int]:
        return self._event.id, self._event.file, self._event.number

    def moved(self) -> float | None:
        return moved(self._event.source, self._event.fields)

    def event(self) -> Event:
        return self._event


@dataclass(slots=True)
class Brief:
    """An event of which nobody reads more than its plan tells, and how many bytes it moved."""

    source: LogSource
    plan: Plan
    time_us: int
    id: str
    file: str
    number: int
    bytes: float | None

    def told(self) -> tuple[str, str, int]:
        return self.id, self.file, self.number

    def moved(self) -> float | None:
        return self.bytes

    def event(self) -> Event:
        fields = dict(self.plan.fields)
        if self.bytes is not None:
            del fields["derived"]
            value: Value = self.bytes
            for name in reversed(MOVED[self.source]):
                value = {name: value}
            fields |= value
        return Event(self.source, self.time_us, self.id, fields, self.file, self.number)


@dataclass(slots=True)
class Turn:
    """An event that waits for its turn: `matched` are rules that it fires, `noted` what it tells states of rules."""

    of: Whole | Brief
    matched: Sequence[DetectionAtWork]
    noted: Sequence[tuple[Noted, Measured]] = ()

    def rules(self) -> list[str]:
        """The ids of all these rules."""
        return [*(one.id for one in self.matched), *(note.rule.id for note, _ in self.noted)]
