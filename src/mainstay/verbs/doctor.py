"""`doctor`: whether a review of an account would see everything, found out by asking."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mainstay.catalog import answered_by_accounts
from mainstay.model.controls import Control
from mainstay.model.findings import Gap
from mainstay.model.values import Record
from mainstay.sources.live.permissions import Policy, policies
from mainstay.verbs.account_pass import AccountPass, Target
from mainstay.verbs.crew import Crew
from mainstay.verbs.judging import Judge
from mainstay.verbs.live import UNITS_AT_ONCE, live_tables
from mainstay.verbs.surveying import Progress


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What asking told: how many kinds of resources could be listed, and the calls that were refused or failed."""

    unit_count: int
    gaps: Sequence[Gap]

    @property
    def missing(self) -> dict[str, tuple[str, ...]]:
        """The permissions that are missing, each with the controls that it leaves unknown; the most important first."""
        found: dict[str, set[str]] = {}
        for gap in self.gaps:
            if gap.permission:
                found.setdefault(gap.permission, set()).update(gap.controls)
        ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
        return {action: tuple(sorted(ids)) for action, ids in ordered}

    @property
    def policies(self) -> list[Policy]:
        """The policies that would allow what is missing, and nothing else."""
        return policies(self.missing)


def diagnose(target: Target, controls: Sequence[Control], progress: Progress | None = None) -> Diagnosis:
    """Lists once what a review would list in the first region, and asks for the details of one resource of each kind.

    So it finds every permission that is missing for the account as it is, not those of details of what is not there.
    """
    judge = Judge(answered_by_accounts(controls), live_tables())
    one_region = Target(target.caller, target.regions[:1])
    asking = AccountPass(one_region, judge, _first)
    gaps: list[Gap] = []
    done = 0
    with Crew(UNITS_AT_ONCE, "unit") as pool:
        for read in asking.everything(pool):
            gaps.extend(read.gaps)
            done += 1
            if progress is not None:
                progress(done, len(asking.todo), f"{read.unit.region} {read.unit.type}")
    return Diagnosis(done, sorted(gaps, key=lambda gap: (gap.kind, gap.call, gap.where)))


def _first(work: Callable[[Record], None], bodies: Sequence[Record]) -> None:
    for body in bodies[:1]:
        work(body)
