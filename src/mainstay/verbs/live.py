"""`review --live`: one read-only pass over accounts, judged by the catalogue and remembered in the ledger."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from mainstay import __version__
from mainstay.catalog import answered_by_accounts
from mainstay.model.controls import Control
from mainstay.model.errors import AccountError
from mainstay.model.findings import Gap, Review
from mainstay.model.places import Unit
from mainstay.model.values import Record
from mainstay.sources import Scope
from mainstay.sources.live import load_collectors
from mainstay.sources.spelling import Table
from mainstay.verbs.account_pass import AccountPass, Target, now_in_utc
from mainstay.verbs.crew import Crew
from mainstay.verbs.judged import Judged
from mainstay.verbs.judging import Judge
from mainstay.verbs.surveying import Progress, Survey

if TYPE_CHECKING:
    from mainstay.evidence import Ledger
    from mainstay.model.evidence import PassState

UNITS_AT_ONCE = 8
CALLS_AT_ONCE = 16
ACCOUNTS_AT_ONCE = 4


def review_live(
    targets: Sequence[Target],
    controls: Sequence[Control],
    ledger: Ledger | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    unreached: Sequence[Gap] = (),
    also: Collection[str] = (),
    observed: Callable[[Scope], None] | None = None,
    now: Callable[[], datetime] = now_in_utc,
) -> Review:
    """Reads the accounts unit by unit and judges each as one scope.

    With a ledger, every unit is in it before the next is waited for; `resume` takes from there what an interrupted
    pass over the same targets has read. What cannot be read is among the gaps, `unreached` accounts first; with
    several accounts, one that fails does not stop the others. The types in `also` are read as well, in full; `observed`
    is given what each account holds.
    """
    controls = answered_by_accounts(controls)
    judge = Judge(controls, live_tables(), now())
    survey = Survey(progress)
    survey.gaps.update(dict.fromkeys(unreached))
    pass_ = None
    if ledger is not None:
        name = target_name(targets)
        pass_ = (ledger.resumable("live", name) if resume else None) or ledger.begin("live", name, __version__, now())
        if unreached:
            ledger.record_findings(pass_, (), lambda *_: False, unreached, now(), scopes=())
    state: PassState = "interrupted"
    ending = threading.Event()
    try:
        with Crew(CALLS_AT_ONCE, "call") as calls, Crew(UNITS_AT_ONCE, "unit") as units:

            def each(work: Callable[[Record], None], bodies: Sequence[Record]) -> None:
                def one(body: Record) -> None:
                    if not ending.is_set():
                        work(body)

                for _ in calls.map(one, bodies):
                    pass

            passes = [AccountPass(target, judge, each, ledger, pass_, now, also, observed) for target in targets]
            for one in passes:
                one.ending = ending
            survey.known = sum(len(one.todo) for one in passes)
            with _several(targets) as accounts:
                results = accounts(lambda one: _read(one, units, survey, len(passes)), passes)
                for one, judged in zip(passes, results, strict=True):
                    survey.accounts[one.scope] = one.regions
                    survey.add(judged)
                    if ledger is not None and pass_ is not None and one.ended:
                        ledger.record_findings(pass_, judged.findings, one.covered, at=now(), scopes=(one.scope,))
        state = "complete" if all(one.ended for one in passes) else "interrupted"
    except AccountError as error:
        if ledger is None:
            raise
        raise AccountError(f"{error}; what was read is in the ledger, go on with --resume") from None
    finally:
        ending.set()
        if ledger is not None and pass_ is not None:
            ledger.end(pass_, state, now())
    return survey.review(controls)


@contextmanager
def _several(targets: Sequence[Target]) -> Iterator[Callable[..., Iterator[Judged]]]:
    """A `map` that has a few accounts under way at once."""
    if len(targets) == 1:
        yield map
        return
    with Crew(ACCOUNTS_AT_ONCE, "account") as crew:
        yield crew.map


def _read(one: AccountPass, units: Crew, survey: Survey, accounts: int) -> Judged:
    try:
        return one.judged(units, survey.step)
    except AccountError as error:
        if accounts == 1:
            raise
        reason = f"account {one.scope} could not be read to the end: {error}"
        return Judged([], [Gap("failed", reason, unit=Unit(one.scope))])


def live_tables() -> Mapping[str, Table]:
    """How the resources of accounts are spelled, by type."""
    return {type: collector.table for type, collector in load_collectors().items()}


def target_name(targets: Sequence[Target]) -> str:
    """What a pass is over, in words: the same for the same accounts and regions."""
    return "; ".join(
        f"{target.caller.account} {','.join(target.regions)}"
        for target in sorted(targets, key=lambda one: one.caller.account)
    )
