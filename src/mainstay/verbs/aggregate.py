"""`review --live --aggregator`: judges accounts by what AWS Config has recorded of them, without calling each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mainstay import __version__
from mainstay.analysis import linked
from mainstay.catalog import answered_by_accounts, load_shapes
from mainstay.model.controls import Control
from mainstay.model.findings import Gap, Review
from mainstay.model.resources import Resource
from mainstay.model.values import Unknown
from mainstay.sources import Scope
from mainstay.sources.live import Caller
from mainstay.sources.live.aggregated import Aggregate, home
from mainstay.verbs.account_pass import now_in_utc
from mainstay.verbs.dependents import dependents
from mainstay.verbs.judging import Judge
from mainstay.verbs.live import live_tables
from mainstay.verbs.surveying import Progress, Survey

if TYPE_CHECKING:
    from mainstay.evidence import Ledger

NOT_RECORDED = Unknown("AWS Config may not record all of them")


def review_aggregate(
    caller: Caller,
    aggregator: str,
    regions: Sequence[str],
    controls: Sequence[Control],
    ledger: Ledger | None = None,
    progress: Progress | None = None,
) -> Review:
    """The verdicts on all accounts of an aggregator, which is asked in the first of the regions.

    Config tells less than the accounts themselves: what it does not tell is unknown, and of no type it is known that
    there is nothing. In the ledger, nothing is therefore said to be gone.
    """
    controls = answered_by_accounts(controls)
    judge = Judge(controls, live_tables())
    shapes = load_shapes()
    asked = sorted(type for type in judge.types if type in shapes)
    survey = Survey(progress)
    survey.known = len(asked)
    aggregate = Aggregate(caller, aggregator, home(caller, regions), shapes, dependents(judge.controls))
    found: dict[str, list[Resource]] = defaultdict(list)
    gaps: list[Gap] = []
    name = f"aggregator {aggregator}"
    pass_ = ledger.begin("live", name, __version__, now_in_utc()) if ledger is not None else None
    for type in asked:
        for read in aggregate.read(type):
            gaps.extend(read.gaps)
            found[read.unit.scope].extend(read.resources)
            if ledger is not None and pass_ is not None and read.unit.scope:
                ledger.record_unit(pass_, read.unit, read.resources, read.gaps, now_in_utc(), listed=False)
        survey.step()
    survey.gaps.update(dict.fromkeys(gaps))
    unseen = dict.fromkeys(judge.types, NOT_RECORDED)
    for account in sorted(filter(None, found)):
        recorded = tuple(sorted({one.origin.region for one in found[account] if one.origin.region}))
        judged = judge.judged(Scope(account, linked(found[account]), [], unseen=unseen, regions=recorded))
        survey.add(judged)
        survey.accounts[account] = recorded
        if ledger is not None and pass_ is not None:
            ledger.record_findings(pass_, judged.findings, lambda *_: False, at=now_in_utc())
    if ledger is not None and pass_ is not None:
        ledger.end(pass_, "complete", now_in_utc())
    return survey.review(controls)
