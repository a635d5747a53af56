"""What waits for its turn in a detector, as a state file keeps it: the files it came from are read, and nobody reads
them again."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from mainstay.engine.at_work import DetectionAtWork
from mainstay.engine.reordering import Reordering
from mainstay.engine.selecting import Meaning
from mainstay.engine.tracking import Entry, text_of
from mainstay.engine.turns import Turn, Whole
from mainstay.model.events import Event, LogSource

Seen = Callable[[LogSource, str], object]


class Waiting:
    """The events of `order`; those that come back are taken for `seen`. Rules that are gone await nothing."""

    def __init__(
        self,
        order: Reordering[Turn],
        by_source: Mapping[LogSource, Collection[DetectionAtWork]],
        meaning: Meaning,
        seen: Seen,
    ) -> None:
        self._order = order
        self._by_source = by_source
        self._meaning = meaning
        self._seen = seen
        self._written: set[tuple[str, str]] = set()

    def changes(self) -> Iterator[tuple[str, str | None]]:
        waiting = {(turn.of.source, turn.of.told()[0]): turn for turn in self._order.waiting()}
        for key in self._written - waiting.keys():
            yield text_of(key), None
        for key, turn in waiting.items():
            if key not in self._written:
                event = turn.of.event()
                fields = {name: value for name, value in event.fields.items() if name != "derived"}
                yield text_of(key), text_of([event.time_us, event.file, event.number, turn.rules(), fields])
        self._written = set(waiting)

    def load(self, entries: Iterable[Entry]) -> None:
        for name, written in entries:
            source, id = json.loads(name)
            time_us, file, number, ids, fields = json.loads(written)
            self._written.add((source, id))
            self._seen(source, id)
            if matched := [one for one in self._by_source.get(source, ()) if one.ordered and one.id in ids]:
                event = Event(source, int(time_us), id, dict(fields), file, number)
                event.fields["derived"] = self._meaning.of(event)
                self._order.restore(event.time_us, id, Turn(Whole(event), matched))
