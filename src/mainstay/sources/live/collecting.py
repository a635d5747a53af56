"""Collects one unit: the resources of a type in a region of an account, in the API's own words."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mainstay.model.findings import Gap, GapKind
from mainstay.model.places import Unit
from mainstay.model.values import Record, Unknown, Value
from mainstay.sources.live.calls import Caller, CallError, Failed, Refused, Unavailable
from mainstay.sources.live.collectors import Batch, Call, Collector, Detail, Take
from mainstay.sources.live.filling import Missing, fill
from mainstay.sources.live.permissions import action_of

GLOBAL = "global"
GLOBAL_REGION = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""Where the one endpoint of a global service is, by partition."""

Each = Callable[[Callable[[Record], None], Sequence[Record]], None]
"""Does something with every body, in whatever order or number at once."""


def in_order(work: Callable[[Record], None], bodies: Sequence[Record]) -> None:
    """One after the other."""
    for body in bodies:
        work(body)


@dataclass(frozen=True, slots=True)
class Found:
    """One resource as the API tells of it; `parent` is the body of the resource that it was listed for.

    `doubt` is why it is not known whether it is one of the user's, or there at all.
    """

    body: Record
    parent: Record
    doubt: Unknown | None = None


@dataclass(slots=True)
class Collected:
    """What a unit holds. `complete` is False where a list was refused or failed: there may be more."""

    unit: Unit
    found: list[Found] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    complete: bool = True


class Collecting:
    """Collects units of one account. `controls` says of a type which controls are left unknown without it.

    `wanted` says of a type and a detail whether somebody reads what it tells; what nobody reads is not asked for and
    stays unknown.
    """

    def __init__(
        self,
        caller: Caller,
        controls: Callable[[str], tuple[str, ...]],
        wanted: Callable[[Collector, Detail], bool] = lambda collector, detail: True,
        each: Each = in_order,
    ) -> None:
        self.caller = caller
        self.controls = controls
        self.wanted = wanted
        self.each = each

    def collect(self, collector: Collector, region: str, parents: Sequence[Record] = ()) -> Collected:
        """The unit of a collector in a region; of one that is listed for others, over all of those."""
        unit = Unit(self.caller.account, region, collector.type)
        work = _Work(self, collector, Collected(unit), GLOBAL_REGION.get(self.caller.partition, region))
        for parent in parents if collector.parent else (Record(),):
            work.listed(parent)
        work.detailed()
        return work.done


class _Work:
    """One unit on its way."""

    def __init__(self, around: Collecting, collector: Collector, done: Collected, home: str) -> None:
        self.around = around
        self.collector = collector
        self.done = done
        self.region = home if done.unit.region == GLOBAL else done.unit.region
        self.denied: set[tuple[str, str]] = set()
        self.lock = threading.Lock()

    # -- the list

    def listed(self, parent: Record) -> None:
        listing = self.collector.listing
        if listing is None:
            self.done.found.append(self.fresh(Record(), parent))
            return
        try:
            for element in self.elements(listing, self.known(Record(), parent)):
                if not isinstance(element, dict):
                    raise Failed("UnexpectedAnswer", "an element of the list is no map")
                body = element if isinstance(element, Record) else Record(element)
                self.done.found.append(self.fresh(body, parent))
        except (CallError, Missing) as error:
            if not self.nothing(listing, error):
                self.done.complete = False
                self.gap(listing, error)

    def fresh(self, body: Record, parent: Record) -> Found:
        known = self.known(body, parent)
        for key, template in self.collector.add.items():
            body[key] = fill(template, known)
        return Found(body, parent)

    def elements(self, call: Call, known: Mapping[str, Value]) -> Iterator[Value]:
        """What a call's answer holds, element by element; nothing where `take` finds nothing."""
        for page in self.pages(call, known):
            taken = _taken(call, page)
            for element in taken if isinstance(taken, list) else [taken]:
                if element is not None:
                    yield Record({call.as_key: element}) if call.as_key else element

    def pages(self, call: Call, known: Mapping[str, Value]) -> Iterator[Record]:
        parameters = fill(call.parameters, known)
        yield from self.around.caller.pages(call.service, call.operation, self.region, parameters, call.pages)

    # -- the details

    def detailed(self) -> None:
        parents = {id(found.body): found.parent for found in self.done.found}
        for detail in self.collector.details:
            if not self.around.wanted(self.collector, detail):
                self.blot_out(detail, Unknown("no control of this pass reads it"))
                continue
            concerned = [found for found in self.done.found if self.applies(detail, found.body)]
            if detail.batch is not None:
                self.batches(detail, detail.batch, concerned)
            else:
                self.around.each(
                    lambda body, detail=detail: self.detail(detail, body, parents[id(body)]),  # type: ignore[misc]
                    [found.body for found in concerned],
                )
        if self.collector.keep is not None:
            self.done.found = list(self.kept(self.collector.keep))

    def kept(self, keep: Take) -> Iterator[Found]:
        """What is the user's; and, in doubt, that of which it cannot be told."""
        for found in self.done.found:
            holds = keep.holds(found.body)
            if isinstance(holds, Unknown):
                yield replace(found, doubt=holds)
            elif holds:
                yield found

    @staticmethod
    def applies(detail: Detail, body: Record) -> bool:
        """Whether the detail is to be asked for; where that cannot be told, what it would tell is unknown."""
        holds = True if detail.when is None else detail.when.holds(body)
        if isinstance(holds, Unknown):
            _put(body, detail, holds)
            return False
        return holds

    def detail(self, detail: Detail, body: Record, parent: Record) -> None:
        call = detail.call
        try:
            told = self.told(detail, self.known(body, parent))
        except (CallError, Missing) as error:
            if self.nothing(call, error):
                return
            self.gap(call, error)
            _put(body, detail, Unknown(_reason(call, error)))
        else:
            _put(body, detail, told)

    def told(self, detail: Detail, known: Mapping[str, Value]) -> Value:
        """The answer to one resource: of several pages with lists, one list."""
        call = detail.call
        gathered: list[Value] = []
        for page in self.pages(call, known):
            gathered.append(_taken(call, page))
        if all(isinstance(one, list) for one in gathered):
            flat = [element for one in gathered for element in one]
            return [Record({call.as_key: element}) for element in flat] if call.as_key else flat
        return gathered[0] if gathered else None

    def batches(self, detail: Detail, batch: Batch, concerned: Sequence[Found]) -> None:
        """Asks for many at once. Nothing is known of what an answer leaves out that should tell what it is like."""
        groups: dict[int, list[Found]] = {}
        for found in concerned:
            groups.setdefault(id(found.parent), []).append(found)
        for group in groups.values():
            for start in range(0, len(group), batch.size):
                self.one_batch(detail, batch, group[start : start + batch.size])

    def one_batch(self, detail: Detail, batch: Batch, group: Sequence[Found]) -> None:
        call = detail.call
        ids: dict[str, Found] = {}
        for found in group:
            try:
                ids[str(fill(batch.of, self.known(found.body, found.parent)))] = found
            except Missing as missing:
                self.gap(call, missing)
                _put(found.body, detail, Unknown(_reason(call, missing)))
        if not ids:
            return
        left = dict(ids)
        known = self.known(group[0].body, group[0].parent)
        asked = Call(
            call.service, call.operation, {**call.parameters, batch.name: list(ids)}, call.take, none=call.none
        )
        try:
            for element in self.elements(asked, known):
                key = str(batch.key.search(element))
                found = ids.get(key)  # type: ignore[assignment]
                if found is not None:
                    left.pop(key, None)
                    _put(found.body, detail, batch.pick.search(element) if batch.pick is not None else element)
        except (CallError, Missing) as error:
            if not self.nothing(call, error):
                self.gap(call, error)
                for found in ids.values():
                    _put(found.body, detail, Unknown(_reason(call, error)))
        else:
            for found in left.values() if not detail.into else ():
                _put(found.body, detail, Unknown(f"{call.service}.{call.operation} says nothing of it"))

    def blot_out(self, detail: Detail, unknown: Unknown) -> None:
        """Makes unknown what was not asked for, and nothing else: what a detail says that it tells, or anything."""
        named = [path.split(".")[0] for path in detail.tells if "::" not in path]
        for found in self.done.found:
            if detail.into or not named:
                _put(found.body, detail, unknown)
            else:
                for name in named:
                    found.body.setdefault(name, unknown)

    # -- what is known, and what went wrong

    def known(self, body: Record, parent: Record) -> Mapping[str, Value]:
        caller = self.around.caller
        return {
            **body, "parent": parent, "account": caller.account, "partition": caller.partition, "region": self.region
        }  # fmt: skip

    @staticmethod
    def nothing(call: Call, error: CallError | Missing) -> bool:
        """Whether the error says that there is nothing. A refusal does by its message only, never by its code alone."""
        if isinstance(error, Missing):
            return False
        refused = isinstance(error, Refused)
        return isinstance(error, Unavailable) or any(
            _means(one, error) for one in call.none if ": " in one or not refused
        )

    def gap(self, call: Call, error: CallError | Missing) -> None:
        """Notes once for a unit that a call was refused or failed."""
        code = error.code if isinstance(error, CallError) else "Missing"
        with self.lock:
            if (call.operation, code) in self.denied:
                return
            self.denied.add((call.operation, code))
        kind: GapKind = "denied" if isinstance(error, Refused) else "failed"
        self.done.gaps.append(
            Gap(
                kind,
                _reason(call, error),
                unit=self.done.unit,
                call=f"{call.service}.{call.operation}",
                permission=_permission(call) if kind == "denied" else "",
                controls=self.around.controls(self.collector.type),
            )
        )


def _permission(call: Call) -> str:
    return call.permission or action_of(call.service, call.operation)


def _means(wanted: str, error: CallError) -> bool:
    """Whether an error is the one that is named: by its code, or by `code: words of its message`."""
    code, _, words = wanted.partition(": ")
    return code == error.code and words in error.message


def _reason(call: Call, error: CallError | Missing) -> str:
    if isinstance(error, Missing):
        why = f": {error.why.reason}" if error.why is not None else ""
        return f"{call.service}.{call.operation} could not be asked: {error} is not known{why}"
    name = f"{call.service}.{call.operation}"
    if not isinstance(error, Refused):
        return f"{name} failed: {error}"
    denied = ", by an explicit deny" if "explicit deny" in error.message else ""
    return f"{name} was refused ({error.code}{denied}): it needs {_permission(call)}"


def _taken(call: Call, page: Record) -> Value:
    return _records(call.take.search(page)) if call.take is not None else page


def _records(value: Value) -> Value:
    """What an expression made, in records as what the answer had."""
    if isinstance(value, Record):
        return value
    if isinstance(value, dict):
        return Record({key: _records(inner) for key, inner in value.items() if inner is not None})
    return [_records(inner) for inner in value] if isinstance(value, list) else value


def _put(body: Record, detail: Detail, told: Value) -> None:
    """Puts what a detail tells into the body. What is not known leaves the body open where it has no key of its own."""
    if detail.into:
        if told is not None:
            body[detail.into] = told
    elif isinstance(told, Unknown):
        body.rest = told
    elif isinstance(told, dict):
        body.update(told)


def bodies(found: Iterable[Found]) -> list[Record]:
    return [one.body for one in found]
