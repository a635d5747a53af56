"""The pass over one account: which units there are for some controls, and the verdicts on what they hold."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mainstay.analysis import linked
from mainstay.model.errors import AccountError, MainstayError
from mainstay.model.findings import Gap
from mainstay.model.places import Unit
from mainstay.model.resources import Resource
from mainstay.model.values import Record, Unknown
from mainstay.sources import Scope
from mainstay.sources.live import Account, Caller, CloudControl, Collecting, Read, load_collectors, unseen, wanted_by
from mainstay.sources.live.remembering import Remembering, shared_calls
from mainstay.verbs.crew import Crew
from mainstay.verbs.dependents import dependents
from mainstay.verbs.judged import Judged
from mainstay.verbs.judging import Judge

if TYPE_CHECKING:
    from mainstay.evidence import Ledger
    from mainstay.model.evidence import Pass


def now_in_utc() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Target:
    """One account to read: how to call it, and the regions that are under review."""

    caller: Caller
    regions: tuple[str, ...]


class AccountPass:
    """The pass over one account: by collectors, and by Cloud Control what no collector reads."""

    def __init__(
        self,
        target: Target,
        judge: Judge,
        each: Callable[[Callable[[Record], None], Sequence[Record]], None],
        ledger: Ledger | None = None,
        pass_: Pass | None = None,
        now: Callable[[], datetime] = now_in_utc,
        also: Collection[str] = (),
        observed: Callable[[Scope], None] | None = None,
    ) -> None:
        self.judge = judge
        self.ledger = ledger
        self.pass_ = pass_
        self.now = now
        self.observed = observed
        self.ending = threading.Event()
        self.ended = False
        self.scope = target.caller.account
        self.regions = target.regions
        spelling = judge.spelling
        collectors = load_collectors()
        wanted = wanted_by(spelling.reads, spelling.shapes, spelling.tables.types, also)
        types = judge.types.union(also)
        self.controls_of = dependents(judge.controls)
        needed = [collector for collector in collectors.values() if collector.types & types]
        caller = Remembering(target.caller, shared_calls(needed, wanted))
        self.account = Account(Collecting(caller, self.controls_of, wanted, each), spelling, collectors, target.regions)
        self.long_tail = CloudControl(target.caller, self.controls_of, spelling.with_defaults, each=each)
        collected = frozenset[str]().union(*(one.types for one in collectors.values()))
        facts = spelling.tables.types
        self.untold = {type: Unknown(facts[type].untold) for type in types if type in facts and facts[type].untold}
        left = {one for one in types - collected - self.untold.keys() if one not in facts or not facts[one].code_only}
        around = frozenset[str]().union(*map(self.long_tail.parents, left))
        self.types_of = {unit: self.account.types_of(unit) for unit in self.account.units(types | around)}
        tail = self.long_tail.units(left | (around - collected), target.regions)
        self.types_of.update((unit, frozenset({unit.type})) for unit in tail)
        self.tail = frozenset(tail)
        self.unreadable = self.long_tail.unreadable(left & judge.types)
        done = ledger.collected(pass_) if ledger is not None and pass_ is not None else frozenset()
        self.kept = [unit for unit in self.types_of if unit in done]
        self.todo = [unit for unit in self.types_of if unit not in done]
        self.incomplete: set[tuple[str, str]] = set()

    def judged(self, pool: Crew, step: Callable[[str], None]) -> Judged:
        """Reads what is left to read, and judges all of it."""
        held: dict[Unit, Sequence[Resource]] = {}
        if self.ledger is not None:
            for unit in self.kept:
                held[unit] = [self.judge.spelling.with_defaults(one) for one in self.ledger.observed([unit])]
        gaps = list(self.unreadable)
        reads: list[Read] = []
        for read in self.everything(pool, [one for found in held.values() for one in found]):
            if self.ending.is_set():
                raise AccountError("interrupted")
            if self.ledger is not None and self.pass_ is not None:
                self.ledger.record_unit(
                    self.pass_, read.unit, read.resources, read.gaps, self.now(), listed=read.complete
                )
            held[read.unit] = read.resources
            gaps.extend(read.gaps)
            reads.append(replace(read, resources=()))
            if not read.complete:
                self.incomplete.update((read.unit.region, type) for type in self.types_of[read.unit])
            service = read.unit.type.removeprefix("AWS::").partition("::")[0]
            step(f"{read.unit.scope} {read.unit.region} {service}")
        # in the order of units, not of answers, so that the same account gives the same review
        resources = [one for unit in self.types_of for one in held.get(unit, ())]
        hidden = {gap.unit.type: Unknown(gap.reason) for gap in self.unreadable if gap.unit is not None}
        hidden |= self.untold
        hidden |= unseen(reads, self.types_of.__getitem__)
        scope = Scope(self.scope, linked(resources), gaps, unseen=hidden, regions=self.regions)
        if self.observed is not None:
            self.observed(scope)
        self.ended = True
        return self.judge.judged(scope)

    def everything(self, pool: Crew, known: Sequence[Resource] = ()) -> Iterator[Read]:
        """What is left to read; last, what is listed for the resources of others, which `known` may hold already."""
        after = {unit for unit in self.tail if self.long_tail.parents(unit.type)}
        above = frozenset[str]().union(*(self.long_tail.parents(unit.type) for unit in after))
        parents = [one for one in known if one.type in above]
        for read in self.reads(pool, [unit for unit in self.todo if unit not in after], ()):
            parents.extend(one for one in read.resources if one.type in above)
            yield read
        yield from self.reads(pool, [unit for unit in self.todo if unit in after], parents)

    def reads(self, pool: Crew, units: Sequence[Unit], known: Sequence[Resource]) -> Iterator[Read]:
        """The units as they are done. The first error that ends a pass ends the others."""
        parents: dict[tuple[str, str], list[Resource]] = {}
        for resource in known:
            parents.setdefault((resource.origin.region or "global", resource.type), []).append(resource)
        waiting = [pool.submit(self.read, unit, parents) for unit in units]
        try:
            for future in as_completed(waiting):
                yield future.result()
        finally:
            for future in waiting:
                future.cancel()

    def read(self, unit: Unit, known: Mapping[tuple[str, str], Sequence[Resource]]) -> Read:
        try:
            return self._read(unit, known)
        except MainstayError:
            raise
        except Exception as error:  # noqa: BLE001 # a fault of ours in one unit must not cost the user the others
            where = traceback.extract_tb(error.__traceback__)[-1]
            fault = f"{type(error).__name__} in {Path(where.filename).name}:{where.lineno}: {error}"
            reason = f"mainstay itself failed here ({fault}); nothing of it is judged. Please report it"
            controls = self.controls_of(unit.type)
            return Read(unit, (), (Gap("internal", reason, unit=unit, controls=controls),), complete=False)

    def _read(self, unit: Unit, known: Mapping[tuple[str, str], Sequence[Resource]]) -> Read:
        if unit not in self.tail:
            return self.account.read(unit)
        types = self.long_tail.parents(unit.type)
        parents = {type: known.get((unit.region, type), ()) or known.get(("global", type), ()) for type in types}
        return self.long_tail.read(unit, parents)

    def covered(self, scope: str, region: str, type: str, control: str) -> bool:
        """Whether this pass would have seen a finding, so that one that it did not see is gone."""
        if scope != self.scope or control not in self.ids or type not in self.judge.types:
            return False
        seen = self.incomplete.isdisjoint(
            {("global", type), (region, type)}
        )  # a global call may list what has a region
        return seen and (not region or region in self.regions)

    @cached_property
    def ids(self) -> frozenset[str]:
        return frozenset(control.id for control in self.judge.controls)
