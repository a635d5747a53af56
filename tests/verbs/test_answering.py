"""What the ledger's evidence answers, over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mainstay.analysis.practices import Answer
from mainstay.catalog import Catalog
from mainstay.engine import parse
from mainstay.evidence.ledger import open_ledger
from mainstay.model.controls import Control, Layer
from mainstay.model.errors import UsageError
from mainstay.model.evidence import Attestation, Evidence, Pass
from mainstay.model.findings import Finding, Gap, Reason, Subject, Verdict
from mainstay.model.places import Unit
from mainstay.verbs.answering import answers, answers_at, chosen, compare, improvements

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def control(name: str, practice: str = "SEC08-BP02", layer: Layer = "data") -> Control:
    return Control(name, name, ("AWS::S3::Bucket",), parse({"A": True}), "high", layer, (practice,), "", "Set A.")


ONE, TWO = control("one-holds"), control("two-holds")
WHO = control("who-may-do-what", "SEC03-BP02", "identity")
CATALOG = Catalog((ONE, TWO, WHO))


@dataclass
class FakeLedger:
    pieces: Sequence[Evidence] = ()
    last: Sequence[Pass] = ()
    refused: Mapping[int, Sequence[Gap]] = field(default_factory=dict)

    def evidence(self, controls: Mapping[str, Control]) -> list[Evidence]:
        return [piece for piece in self.pieces if piece.control.id in controls]

    def findings(self, query: Any = None, at: Any = None) -> list[Any]:
        raise AssertionError("the present is not read finding by finding")

    def passes(self) -> Sequence[Pass]:
        return self.last

    def gaps(self, pass_: Pass) -> Sequence[Gap]:
        return self.refused.get(pass_.number, ())


def piece(of: Control, *verdicts: Verdict, hours: float = 1) -> Evidence:
    return Evidence(of, "config", frozenset(verdicts), NOW - timedelta(hours=hours))


def state(ledger: FakeLedger, name: str = "SEC08-BP02") -> Answer:
    return answers(ledger, CATALOG, NOW)[name]


def test_every_practice_is_answered_from_the_evidence_there_is() -> None:
    found = answers(FakeLedger([piece(ONE, "pass"), piece(TWO, "pass", hours=30)]), CATALOG, NOW)
    assert len(found) == 307
    assert (found["SEC08-BP02"].state, found["SEC08-BP02"].open) == ("partial", ("two-holds",))
    assert sum(1 for one in found.values() if one.state != "unknown") == 1
    ages = {"config": timedelta(days=2)}
    assert answers(FakeLedger([piece(ONE, "pass"), piece(TWO, "pass", hours=30)]), CATALOG, NOW, ages)[  # type: ignore[arg-type]
        "SEC08-BP02"
    ].state == "met"  # fmt: skip


def test_what_code_and_account_say_counts_together() -> None:
    assert state(FakeLedger([piece(ONE, "pass"), piece(ONE, "fail")])).state == "partial"


def test_a_control_of_identities_gives_evidence_of_both_kinds() -> None:
    found = state(FakeLedger([piece(WHO, "pass")]), "SEC03-BP02")
    assert (found.silent, "identity" in found.lacking) == ((), False)


def test_the_gaps_of_the_latest_pass_leave_controls_undecided() -> None:
    first, second = (Pass(number, "live", "111122223333", "1", NOW - timedelta(hours=2)) for number in (1, 2))
    gap = Gap(
        "refused", "AccessDenied", unit=Unit("111122223333", "eu-central-1"), controls=("one-holds", "unheard-of")
    )
    ledger = FakeLedger([piece(ONE, "pass")], [first], {1: [gap]})
    assert (state(ledger).state, state(ledger).open) == ("partial", ("one-holds",))
    assert state(replace(ledger, last=[first, second])).state == "met", "it was granted since"
    elsewhere = replace(second, target="444455556666")
    assert state(replace(ledger, last=[first, elsewhere])).state == "partial", "another account says nothing of it"


def test_a_comparison_says_what_moved_and_why() -> None:
    before = answers(FakeLedger([piece(ONE, "pass"), piece(WHO, "pass")]), CATALOG, NOW)
    after = answers(FakeLedger([piece(ONE, "fail"), piece(WHO, "pass", hours=200)]), CATALOG, NOW)
    aged, lost = compare(before, after)
    assert (lost.practice.id, lost.before, lost.after) == ("SEC08-BP02", "met", "not_met")
    assert (lost.because, lost.is_worse) == (("one-holds fails",), True)
    assert (aged.practice.id, aged.after) == ("SEC03-BP02", "unknown")
    assert aged.because == (
        "who-may-do-what is undecided",
        "config evidence is 8 days old, 24 h is the limit",
        "identity evidence is 8 days old, 7 days is the limit",
    )
    [better] = [one for one in compare(after, before) if one.practice.id == "SEC08-BP02"]
    assert (better.because, better.is_better) == (("one-holds no longer fails",), True)
    assert compare(before, before) == []


def test_a_comparison_tells_of_statements_that_ran_out() -> None:
    said = Attestation("OPS03-BP01", "We do.", "Web", date(2026, 1, 1), date(2026, 11, 30))
    before = answers(FakeLedger(), CATALOG, NOW, attestations=[said])
    after = answers(FakeLedger(), CATALOG, NOW + timedelta(days=30), attestations=[said])
    [moved] = compare(before, after)
    assert (moved.before, moved.after) == ("met", "unknown")
    assert moved.because == ("the statement by Web expired: it expired on 2026-11-30",)


def test_an_id_names_a_practice_a_question_or_a_pillar() -> None:
    found = answers(FakeLedger(), CATALOG, NOW)
    assert [one.practice.id for one in chosen(found, "sec08-bp02")] == ["SEC08-BP02"]
    assert {one.practice.question for one in chosen(found, "SEC08")} == {"SEC08"}
    assert {one.practice.pillar for one in chosen(found, "sus")} == {"SUS"}
    with pytest.raises(UsageError, match="did you mean 'SEC08-BP02'"):
        chosen(found, "SEC8-BP02")


def test_a_ledger_answers_now_and_as_it_was(tmp_path: Path) -> None:
    def judge(number: int, first: Verdict, second: Verdict, at: datetime) -> None:
        found = []
        for one, verdict in ((ONE, first), (TWO, second)):
            subject = Subject("AWS::S3::Bucket", f"arn:{one.id}", "111122223333", "", "live", region="eu-central-1")
            reasons = (Reason("A", "true", "false"),) if verdict == "fail" else ()
            found.append(Finding(one, verdict, subject, reasons))
        pass_ = ledger.begin("live", "111122223333", "1", at)
        unit = Unit("111122223333", "eu-central-1", "AWS::S3::Bucket")
        ledger.record_unit(pass_, unit, [], [], at)
        ledger.record_findings(pass_, found, lambda *_: True, at=at)
        ledger.end(pass_, "complete", at)

    with open_ledger(tmp_path / "ledger.db", write=True) as ledger:
        start = NOW - timedelta(days=9)
        judge(1, "fail", "pass", start)
        milestone = ledger.milestone("Q3", "", start + timedelta(hours=1))
        assert answers(ledger, CATALOG, NOW)["SEC08-BP02"].stale[0].age == timedelta(days=9)
        judge(2, "pass", "pass", NOW)
        judge(3, "pass", "fail", NOW)
        present = answers(ledger, CATALOG, NOW + timedelta(hours=1))
        past = answers_at(ledger, CATALOG, milestone)
        assert (past["SEC08-BP02"].state, past["SEC08-BP02"].failing) == ("partial", ("one-holds",))
        assert (present["SEC08-BP02"].state, present["SEC08-BP02"].failing) == ("partial", ("two-holds",))
        [item] = improvements(ledger, CATALOG, present, top=5)
        assert (item.control.id, item.meets, item.effort.level) == ("two-holds", ("SEC08-BP02",), "small")
        judge(4, "pass", "pass", NOW + timedelta(hours=1))
        [moved] = compare(past, answers(ledger, CATALOG, NOW + timedelta(hours=1)))
        assert (moved.before, moved.after, moved.because) == ("partial", "met", ("one-holds no longer fails",))
