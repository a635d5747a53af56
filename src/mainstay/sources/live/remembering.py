"""Makes a call once that two collectors make: keys and replica keys, volumes and their attachments."""

from __future__ import annotations

import json
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from mainstay.model.values import Record, Value
from mainstay.sources.live.calls import Caller, CallError
from mainstay.sources.live.collectors import Call, Collector, Detail

PAGES_KEPT = 4
"""A longer answer is asked for again: remembering it would cost more memory than it saves calls."""

Uses = Mapping[tuple[str, str], int]
"""By service and operation, how often each call of it is made in a region."""


def shared_calls(collectors: Iterable[Collector], wanted: Callable[[Collector, Detail], bool]) -> Uses:
    """The calls that collectors with the same list have in common."""
    alike: dict[str, list[Collector]] = defaultdict(list)
    for collector in collectors:
        if collector.listing is not None and not collector.parent:
            alike[_spelled(collector.listing)].append(collector)
    uses: dict[tuple[str, str], int] = {}
    for group in alike.values():
        calls = [call for collector in group for call in collector.calls_for(wanted)]
        times = Counter(map(_spelled, calls))
        uses.update(
            {(call.service, call.operation): times[_spelled(call)] for call in calls if times[_spelled(call)] > 1}
        )
    return uses


@dataclass(slots=True)
class _Answer:
    left: int
    lock: threading.Lock = field(default_factory=threading.Lock)
    pages: list[Record] | CallError | None = None


class Remembering:
    """A caller that remembers the answers of some calls until they were given as often as they are needed."""

    def __init__(self, caller: Caller, uses: Uses) -> None:
        self.account = caller.account
        self.partition = caller.partition
        self._caller = caller
        self._uses = uses
        self._answers: dict[tuple[str, str, str, str], _Answer] = {}
        self._lock = threading.Lock()

    def pages(
        self,
        service: str,
        operation: str,
        region: str,
        parameters: Mapping[str, Value],
        tokens: tuple[str, str] | None = None,
    ) -> Iterator[Record]:
        """As `Caller` says."""
        uses = self._uses.get((service, operation))
        if uses is None:
            yield from self._caller.pages(service, operation, region, parameters, tokens)
            return
        key = (service, operation, region, json.dumps(parameters, sort_keys=True, default=str))
        with self._lock:
            answer = self._answers.setdefault(key, _Answer(uses))
            answer.left -= 1
            if answer.left <= 0:
                del self._answers[key]
        with answer.lock:  # whoever comes second waits for the first one's answer
            if answer.pages is None:
                told = self._caller.pages(service, operation, region, parameters, tokens)
                yield from self._first(answer, told)
                return
        if isinstance(answer.pages, CallError):
            raise answer.pages
        for page in answer.pages:
            yield _copied(page)

    @staticmethod
    def _first(answer: _Answer, told: Iterator[Record]) -> Iterator[Record]:
        kept: list[Record] | None = []
        try:
            for page in told:
                if kept is not None:
                    kept.append(_copied(page))  # collectors add to what they are given
                    kept = kept if len(kept) <= PAGES_KEPT else None
                yield page
        except CallError as error:
            answer.pages = error
            raise
        answer.pages = kept


def _spelled(call: Call) -> str:
    return json.dumps([call.service, call.operation, call.parameters], sort_keys=True, default=str)


def _copied(value: Value) -> Value:
    if isinstance(value, Record):
        return Record({key: _copied(inner) for key, inner in value.items()})
    return [_copied(inner) for inner in value] if isinstance(value, list) else value
