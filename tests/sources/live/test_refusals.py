"""A refused call is never a pass and never a failure: each call of a whole pass is refused once, and all is judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from unittest import mock

import pytest
from tests.population import REGION
from tests.sources.live.recorded import ACCOUNT, AtOnce, Player, recorded

from mainstay.catalog import load
from mainstay.model.findings import Finding, Gap
from mainstay.model.places import Unit
from mainstay.model.resources import Resource
from mainstay.sources.live import Read
from mainstay.sources.live.calls import Refused
from mainstay.sources.live.collecting import in_order
from mainstay.verbs.account_pass import AccountPass, Target
from mainstay.verbs.dependents import dependents
from mainstay.verbs.judging import Judge
from mainstay.verbs.live import live_tables

Findings = Mapping[tuple[str, str], Finding]
Operation = tuple[str, str]

SHARES = 8
"""The operations are spread over so many tests, so that several processes can share the work."""


class Refusing(Player):
    """Refuses one operation, in all regions."""

    operation: Operation = ("", "")

    def refuse(self, service: str, operation: str, region: str) -> None:
        if (service, operation) == self.operation:
            raise Refused("AccessDeniedException", "no identity-based policy allows it")


class Whole:
    """The recorded account. What a unit holds is read again only where the refused call is one of its calls."""

    def __init__(self) -> None:
        self.controls = load().controls
        self.judge = Judge(self.controls, live_tables())
        self.dependents = dependents(self.controls)
        self.caller = Refusing(recorded())
        self.reads: dict[Unit, Read] = {}
        self.calls: dict[Unit, set[Operation]] = {}
        self.findings, self.gaps = self.judged()

    def judged(self, refused: Operation = ("", "")) -> tuple[Findings, list[Gap]]:
        self.caller.operation = refused
        # each unit makes all of its calls
        shared = mock.patch("mainstay.verbs.account_pass.shared_calls", return_value={})
        known = mock.patch("mainstay.verbs.account_pass.dependents", return_value=self.dependents)
        with shared, known:
            one = AccountPass(Target(self.caller, (REGION,)), self.judge, in_order)
        read = one._read

        def remembered(unit: Unit, parents: Mapping[tuple[str, str], Sequence[Resource]]) -> Read:
            if unit in self.reads and refused not in self.calls[unit]:
                return self.reads[unit]
            if unit in self.reads:
                return read(unit, parents)
            del self.caller.asked[:]
            one.account._parents.clear()
            self.reads[unit] = read(unit, parents)
            self.calls[unit] = {(service, operation) for service, operation, *_ in self.caller.asked}
            return self.reads[unit]

        with mock.patch.object(one, "_read", remembered):
            judged = one.judged(AtOnce(), lambda where: None)  # type: ignore[arg-type] # all that is asked of a crew
        return {(one.control.id, one.subject.address): one for one in judged.findings}, list(judged.gaps)

    @property
    def operations(self) -> list[Operation]:
        """Those that were answered: what moto does not have is unknown anyway."""
        return sorted({at[:2] for at, answer in recorded().items() if isinstance(answer, list)})


@cache
def whole() -> Whole:
    return Whole()


def test_the_recorded_account_is_worth_refusing() -> None:
    verdicts = Counter(finding.verdict for finding in whole().findings.values())
    assert verdicts["pass"] > 100
    assert verdicts["fail"] > 100
    assert len(whole().operations) > 150


@pytest.mark.parametrize("share", range(SHARES))
def test_a_refused_call_decides_nothing(share: int) -> None:
    faults: list[str] = []
    for operation in whole().operations[share::SHARES]:
        findings, gaps = whole().judged(operation)
        faults.extend(f"{'.'.join(operation)}: {fault}" for fault in _faults(operation, findings, gaps))
    assert faults == []


def _faults(operation: Operation, findings: Findings, gaps: Sequence[Gap]) -> Iterator[str]:
    refused = [gap for gap in gaps if gap.call == ".".join(operation)]
    if not refused:
        yield "no gap says that it was refused"
    for gap in refused:
        if gap.kind != "denied" or not gap.permission or gap.unit is None or gap.unit.scope != ACCOUNT:
            yield f"the gap says too little: {gap}"
    named = {control for gap in refused for control in gap.controls}
    before = whole().findings
    for at, finding in findings.items():
        was = before[at].verdict if at in before else "nothing"
        if finding.verdict == "unknown":
            if was != "unknown" and at[0] not in named:
                yield f"{at} became unknown from {was}, and no gap names the control"
        elif finding.verdict != was and (was, finding.verdict) != ("not_applicable", "pass"):
            # a resource that is as a control expects passes, also where it cannot be told whether the control applies
            yield f"{at} became {finding.verdict} from {was}"
    for at in before.keys() - findings.keys():
        if at[0] not in named:
            yield f"{at} is gone, and no gap names the control"
