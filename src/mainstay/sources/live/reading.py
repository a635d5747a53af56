"""Reads accounts: which units there are for the types that are asked for, and the resources that a unit holds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from mainstay.model.findings import Gap
from mainstay.model.places import Unit
from mainstay.model.resources import Origin, Resource
from mainstay.model.values import Record, Unknown, Value
from mainstay.sources.live.collecting import GLOBAL, Collected, Collecting, Found, bodies
from mainstay.sources.live.collectors import Collector
from mainstay.sources.live.filling import Missing, fill
from mainstay.sources.raw import RawResource
from mainstay.sources.spelling import Spelling

WHOSE = ("Associations", "Attachments", "Default", "DefaultForAz", "IsDefault", "grant")
"""What of a body is kept under `raw`: whether AWS made the resource by itself, and grants in code's words."""


@dataclass(frozen=True, slots=True)
class Read:
    """What a unit holds, in the model's vocabulary. `complete` is False where there may be more than could be seen."""

    unit: Unit
    resources: Sequence[Resource]
    gaps: Sequence[Gap] = ()
    complete: bool = True


class Account:
    """One account, unit by unit. Units may be read by several threads at once."""

    def __init__(
        self,
        collecting: Collecting,
        spelling: Spelling,
        collectors: Mapping[str, Collector],
        regions: Sequence[str],
    ) -> None:
        self.collecting = collecting
        self.spelling = spelling
        self.collectors = collectors
        self.regions = tuple(regions)
        self._parents: dict[tuple[str, str], Collected] = {}
        self._locks: dict[tuple[str, str], threading.Lock] = {}
        self._lock = threading.Lock()
        self._is_parent = frozenset(collector.parent for collector in collectors.values() if collector.parent)

    def units(self, types: Collection[str]) -> list[Unit]:
        """The units that the types need, global ones first, then region by region."""
        chosen = [collector for collector in self.collectors.values() if collector.types & set(types)]
        account = self.collecting.caller.account
        found = [Unit(account, GLOBAL, one.type) for one in chosen if one.reach == "global"]
        for region in self.regions:
            found.extend(Unit(account, region, one.type) for one in chosen if one.reach == "regional")
        return found

    def types_of(self, unit: Unit) -> frozenset[str]:
        """The types whose resources a unit tells."""
        return self.collectors[unit.type].types

    def read(self, unit: Unit) -> Read:
        """The resources of a unit. Whatever goes wrong is among its gaps."""
        collector = self.collectors[unit.type]
        collected = self._collected(collector, unit.region)
        named = [(found, self._raw(collector, unit, found)) for found in collected.found]
        raws = [raw for _, raw in named if raw is not None]
        # what the API's own words are is read of code only: they would double the memory
        spelled = self.spelling.resources(raws)
        resources = [replace(resource, raw=_kept(resource.raw, collector)) for resource in spelled]
        sure = all(found.doubt is None and (raw is None or not _is_blank(raw.body)) for found, raw in named)
        return Read(unit, resources, tuple(collected.gaps), collected.complete and sure)

    # -- collecting, parents first

    def _collected(self, collector: Collector, region: str) -> Collected:
        """What a collector finds; the resources that others are listed for are read once."""
        if collector.type not in self._is_parent:
            return self._fresh(collector, region)
        key = (collector.type, region)
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._parents:
                self._parents[key] = self._fresh(collector, region)
            return self._parents[key]

    def _fresh(self, collector: Collector, region: str) -> Collected:
        if not collector.parent:
            return self.collecting.collect(collector, region)
        above = self.collectors[collector.parent]
        around = self._collected(above, GLOBAL if above.reach == "global" else region)
        collected = self.collecting.collect(collector, region, bodies(around.found))
        if not around.complete:
            collected.complete = False
            collected.gaps.extend(replace(gap, unit=collected.unit) for gap in around.gaps)
        return collected

    # -- naming

    def _raw(self, collector: Collector, unit: Unit, found: Found) -> RawResource | None:
        """The resource by its names; None for one that lies in a region that is not under review."""
        caller = self.collecting.caller
        known: dict[str, Value] = {
            **found.body, "parent": found.parent, "account": caller.account, "partition": caller.partition,
            "region": unit.region,
        }  # fmt: skip
        region = "" if unit.region == GLOBAL else unit.region
        naming = _Naming(found)
        if collector.region:
            region = naming.filled(collector.region, known)
            if region and region not in self.regions:
                return None
        known["region"] = region
        id = naming.filled(collector.id, known)
        arn = naming.filled(collector.arn, known)
        address = arn or "/".join(step for step in (region, collector.type, id) if step)
        origin = Origin("live", unit.scope, None, spelling=collector.type, region=region)
        names = frozenset(name for name in (id, arn) if name)
        body = found.body if naming.doubt is None else Record(rest=naming.doubt)
        return RawResource(collector.type, address, body, origin, names=names)


class _Naming:
    """Fills in names. Where a call that tells one was refused, it is not known which resource this is."""

    def __init__(self, found: Found) -> None:
        self.doubt = found.doubt
        self.rest = found.body.rest

    def filled(self, template: str, known: Mapping[str, Value]) -> str:
        try:
            return str(fill(template, known)) if template else ""
        except Missing as missing:
            self.doubt = self.doubt or missing.why or (self.rest if isinstance(self.rest, Unknown) else None)
            return ""


def _kept(body: Record, collector: Collector) -> Record:
    """What of a body says whether AWS made the resource by itself; the rest is told by the properties.

    What code writes in words of its own is absent where the properties tell all of it.
    """
    return Record({**{key: body[key] for key in WHOSE if key in body}, **dict.fromkeys(collector.unwritten)})


def _is_blank(body: Record) -> bool:
    return not body and isinstance(body.rest, Unknown)


def unseen(reads: Iterable[Read], types_of: Callable[[Unit], Iterable[str]]) -> Mapping[str, Unknown]:
    """The types of which there may be more than was seen, each with the reason."""
    found: dict[str, Unknown] = {}
    for read in reads:
        if not read.complete:
            why = Unknown(read.gaps[0].reason if read.gaps else "not all of them could be listed")
            for type in types_of(read.unit):
                found.setdefault(type, why)
    return found
