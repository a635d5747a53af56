"""`review --live`: one read-only pass over accounts, judged by the catalogue and remembered in the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mainstay import __version__
from mainstay.analysis import linked
from mainstay.model.controls import Control
from mainstay.model.findings import Gap, Review
from mainstay.model.places import Unit
from mainstay.model.values import Record
from mainstay.sources import Scope
from mainstay.sources.live import Account, Caller, Collecting, Read, load_collectors, unseen, wanted_by
from mainstay.verbs.judged import Judged
from mainstay.verbs.judging import Judge
from mainstay.verbs.surveying import Progress, Survey

if TYPE_CHECKING:
    from mainstay.evidence import Ledger
    from mainstay.model.evidence import Pass

UNITS_AT_ONCE = 8
CALLS_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Target:
    """One account to read: how to call it, and the regions that are under review."""

    caller: Caller
    regions: tuple[str, ...]


def review_live(
    targets: Sequence[Target],
    controls: Sequence[Control],
    ledger: Ledger | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Review:
    """Reads the accounts unit by unit and judges each as one scope.

    With a ledger, every unit is in it before the next is waited for; `resume` takes from there what an interrupted
    pass over the same targets has read. What cannot be read is among the gaps.
    """
    collectors = load_collectors()
    judge = Judge(controls, {type: one.table for type, one in collectors.items()})
    survey = Survey(progress)
    pass_ = None
    if ledger is not None:
        name = target_name(targets)
        pass_ = (ledger.resumable("live", name) if resume else None) or ledger.begin("live", name, __version__, now())
    with ThreadPoolExecutor(CALLS_AT_ONCE, "call") as calls, ThreadPoolExecutor(UNITS_AT_ONCE, "unit") as units:

        def each(work: Callable[[Record], None], bodies: Sequence[Record]) -> None:
            list(calls.map(work, bodies))

        passes = [_AccountPass(target, judge, each, ledger, pass_, now) for target in targets]
        survey.known = sum(len(one.todo) for one in passes)
        for one in passes:
            judged = one.judged(units, survey.step)
            survey.add(judged)
            survey.accounts[one.scope] = one.account.regions
            if ledger is not None and pass_ is not None:
                ledger.record_findings(pass_, judged.findings, one.covered)
    if ledger is not None and pass_ is not None:
        ledger.end(pass_, "complete", now())
    return survey.review(controls)


def target_name(targets: Sequence[Target]) -> str:
    """What a pass is over, in words: the same for the same accounts and regions."""
    return "; ".join(
        f"{target.caller.account} {','.join(target.regions)}"
        for target in sorted(targets, key=lambda one: one.caller.account)
    )


class _AccountPass:
    """The pass over one account."""

    def __init__(
        self,
        target: Target,
        judge: Judge,
        each: Callable[[Callable[[Record], None], Sequence[Record]], None],
        ledger: Ledger | None,
        pass_: Pass | None,
        now: Callable[[], datetime],
    ) -> None:
        self.judge = judge
        self.ledger = ledger
        self.pass_ = pass_
        self.now = now
        self.scope = target.caller.account
        spelling = judge.spelling
        wanted = wanted_by(spelling.reads, spelling.shapes, spelling.tables.types)
        collecting = Collecting(target.caller, judge.controls_of, wanted, each)
        self.account = Account(collecting, spelling, load_collectors(), target.regions)
        units = self.account.units(judge.types)
        done = ledger.collected(pass_) if ledger is not None and pass_ is not None else frozenset()
        self.kept = [unit for unit in units if unit in done]
        self.todo = [unit for unit in units if unit not in done]
        self.ids = {control.id for control in judge.controls}
        self.incomplete: set[tuple[str, str]] = set()

    def judged(self, pool: ThreadPoolExecutor, step: Callable[[], None]) -> Judged:
        resources = list(self.ledger.observed(self.kept)) if self.ledger is not None and self.kept else []
        gaps: list[Gap] = []
        reads: list[Read] = []
        for read in self.reads(pool):
            if self.ledger is not None and self.pass_ is not None:
                self.ledger.record_unit(self.pass_, read.unit, read.resources, read.gaps, self.now())
            resources.extend(read.resources)
            gaps.extend(read.gaps)
            reads.append(replace(read, resources=()))
            if not read.complete:
                self.incomplete.update((read.unit.region, type) for type in self.account.types_of(read.unit))
            step()
        scope = Scope(self.scope, linked(resources), gaps, unseen=unseen(reads, load_collectors()))
        return self.judge.judged(scope)

    def reads(self, pool: ThreadPoolExecutor) -> Iterator[Read]:
        """Units as they are done. The first fault of ours ends the others."""
        waiting: dict[Future[Read], Unit] = {pool.submit(self.account.read, unit): unit for unit in self.todo}
        try:
            for future in as_completed(waiting):
                yield future.result()
        finally:
            for future in waiting:
                future.cancel()

    def covered(self, scope: str, region: str, type: str, control: str) -> bool:
        """Whether this pass would have seen a finding, so that one that it did not see is gone."""
        if scope != self.scope or control not in self.ids or type not in self.judge.types:
            return False
        return (region or "global", type) not in self.incomplete and (not region or region in self.account.regions)
