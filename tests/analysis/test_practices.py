"""The roll-up to practices: what verdicts prove, and what stays open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.analysis.practices import AGES, Answer, answer, cover, kinds, weigh
from mainstay.catalog import load_practices
from mainstay.model.conditions import All
from mainstay.model.controls import PILLARS, Control
from mainstay.model.evidence import Attestation, Evidence
from mainstay.model.findings import Finding, Gap, Subject, Verdict
from mainstay.model.practices import Answerable, EvidenceKind, Practice

SUBJECT = Subject("AWS::S3::Bucket", "b", "", "", "terraform")


def control(name: str, practice: str = "REL01-BP01", layer: str = "data") -> Control:
    return Control(name, name, ("AWS::S3::Bucket",), All(()), "low", layer, (practice,), "", "")  # type: ignore[arg-type]


def practice(*evidence: EvidenceKind) -> Practice:
    return Practice("REL01-BP01", "", "low", "REL", "REL01", "", "", evidence, "machine", "")


def judged(needs: Practice, *verdicts: Sequence[Verdict], layer: str = "data") -> Answer:
    """The answer to a practice that one control a sequence proves, each with those verdicts."""
    controls = [control(f"c-{number}", layer=layer) for number in range(len(verdicts))]
    findings = [
        Finding(one, verdict, SUBJECT) for one, found in zip(controls, verdicts, strict=True) for verdict in found
    ]
    return answer([needs], controls, findings)["REL01-BP01"]


@pytest.mark.parametrize(
    ("verdicts", "state"),
    [
        ([], "unknown"),
        ([["not_applicable"]], "unknown"),
        ([["unknown"]], "unknown"),
        ([["waived"]], "unknown"),
        ([["pass"]], "met"),
        ([["pass", "not_applicable"], ["not_applicable"]], "met"),
        ([["pass", "fail"]], "partial"),
        ([["pass"], ["fail"]], "partial"),
        ([["pass"], ["unknown"]], "partial"),
        ([["pass", "waived"]], "partial"),
        ([["fail"]], "not_met"),
        ([["fail", "unknown"], ["unknown"]], "not_met"),
    ],
)
def test_the_state_follows_from_the_verdicts(verdicts: list[list[Verdict]], state: str) -> None:
    assert judged(practice("config"), *verdicts).state == state


def test_configuration_alone_never_meets_what_needs_other_evidence() -> None:
    found = judged(practice("experiment", "config", "process"), ["pass"])
    assert (found.state, found.lacking) == ("partial", ("experiment", "process"))


def test_a_control_of_identities_is_evidence_of_identity() -> None:
    assert judged(practice("config", "identity"), ["pass"], layer="identity").state == "met"
    assert judged(practice("config", "identity"), ["pass"], layer="data").lacking == ("identity",)


def test_an_answer_names_what_fails_and_what_is_open() -> None:
    found = judged(practice("config"), ["fail", "pass"], ["unknown", "pass"], ["pass"], ["not_applicable"])
    assert found.controls == ("c-0", "c-1", "c-2")
    assert (found.failing, found.open) == (("c-0",), ("c-1",))


def test_coverage_counts_every_practice_of_the_framework_once() -> None:
    controls = [control("one", "SEC08-BP02"), control("two", "REL09-BP01")]
    answers = answer(load_practices().values(), controls, [Finding(controls[0], "pass", SUBJECT)])
    rows = cover(answers.values(), controls)
    assert list(rows) == list(PILLARS)
    assert sum(row.practices for row in rows.values()) == sum(sum(row.states.values()) for row in rows.values()) == 307
    assert {pillar: row.served for pillar, row in rows.items() if row.served} == {"SEC": 1, "REL": 1}
    assert {pillar: row.judged for pillar, row in rows.items() if row.judged} == {"SEC": 1}
    assert all(row.judged <= row.answerable <= row.practices for row in rows.values())


# -- from all evidence, over time

TODAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
ALL: tuple[Verdict, ...] = ("pass", "fail", "unknown", "not_applicable", "waived")
RANK = {"not_met": 0, "unknown": 1, "partial": 2, "met": 3, "not_applicable": 3}


def piece(of: Control, *verdicts: Verdict, days: float = 0, kind: EvidenceKind = "config") -> Evidence:
    return Evidence(of, kind, frozenset(verdicts), TODAY - timedelta(days=days))


def attested(applies: bool = True, on: date = date(2026, 10, 1), expires: date = date(2027, 9, 30)) -> Attestation:
    return Attestation("REL01-BP01", "We do.", "web@example.org", on, expires, applies)


def weighed(
    needs: Practice, controls: Sequence[Control], evidence: Sequence[Evidence], *attestations: Attestation
) -> Answer:
    return weigh([needs], controls, evidence, TODAY, AGES, attestations)["REL01-BP01"]


def test_evidence_that_is_too_old_counts_as_unknown_and_is_named() -> None:
    one, two = control("one"), control("two")
    found = weighed(practice("config"), [one, two], [piece(one, "pass"), piece(two, "pass", days=9)])
    assert (found.state, found.open) == ("partial", ("two",))
    assert [str(stale) for stale in found.stale] == ["config evidence is 9 days old, 24 h is the limit"]
    assert found.stale[0].controls == ("two",)
    assert weighed(practice("config"), [two], [piece(two, "fail", days=9)]).state == "unknown"
    week = weigh([practice("config")], [two], [piece(two, "pass", days=9)], TODAY, {"config": timedelta(days=10)})
    assert week["REL01-BP01"].state == "met", "the limits can be set"


def test_a_control_that_was_asked_and_says_nothing_keeps_a_practice_from_being_met() -> None:
    one, two = control("one"), control("two")
    assert weighed(practice("config"), [one, two], [piece(one, "pass"), piece(two)]).state == "met", "nothing to judge"
    found = weighed(practice("config"), [one, two], [piece(one, "pass")])
    assert (found.state, found.silent) == ("partial", ("two",))


def test_a_practice_is_not_applicable_where_all_that_was_asked_says_so() -> None:
    one, two = control("one"), control("two")
    nothing = [piece(one, "not_applicable"), piece(two)]
    assert weighed(practice("config"), [one, two], nothing).state == "not_applicable"
    assert weighed(practice("config", "process"), [one, two], nothing).state == "unknown", "of processes nobody knows"
    assert weighed(practice("config"), [one, two], [piece(one), piece(two)]).state == "unknown", "nothing was seen"
    assert weighed(practice("config"), [one, two], nothing[:1]).state == "unknown", "one has not looked"
    assert weighed(practice("config"), [one], [piece(one, "not_applicable", days=2)]).state == "unknown"


@pytest.mark.parametrize(
    ("evidence", "answerable", "verdicts", "state"),
    [
        (("attestation",), "human", [], "met"),
        (("attestation", "process"), "human-assisted", [], "met"),
        (("attestation", "process"), "records", [], "partial"),
        (("attestation", "config"), "machine-assisted", ["pass"], "met"),
        (("attestation", "config"), "human-assisted", ["unknown"], "partial"),
        (("attestation", "config"), "machine-assisted", ["fail"], "not_met"),
        (("attestation", "config"), "human", ["fail"], "not_met"),
        (("attestation", "config"), "human", ["pass", "fail"], "partial"),
        (("config",), "machine", [], "unknown"),
    ],
)
def test_a_statement_fills_in_for_people_and_never_outweighs_a_failure(
    evidence: tuple[EvidenceKind, ...], answerable: Answerable, verdicts: list[Verdict], state: str
) -> None:
    one = control("one")
    needs = replace(practice(*evidence), answerable=answerable)
    found = weighed(needs, [one] if verdicts else [], [piece(one, *verdicts)] if verdicts else [], attested())
    assert found.state == state
    bare = weighed(needs, [one] if verdicts else [], [piece(one, *verdicts)] if verdicts else [])
    assert found.measured == bare.state, "what was measured stands apart"
    standing = "contradicted" if "fail" in verdicts else "out_of_place" if answerable == "machine" else "counts"
    assert [each.standing for each in found.attested] == [standing]


def test_a_statement_decays_and_one_that_nobody_signed_does_not_count() -> None:
    needs = replace(practice("attestation"), answerable="human")
    expired = weighed(needs, [], [], attested(expires=date(2026, 11, 22)))
    assert (expired.state, expired.attested[0].standing) == ("unknown", "expired")
    assert expired.attested[0].note == "it expired on 2026-11-22"
    assert weighed(needs, [], [], attested(expires=date(2026, 11, 23))).state == "met", "the last day counts"
    short = weigh([needs], [], [], TODAY, {"attestation": timedelta(days=30)}, [attested()])["REL01-BP01"]
    assert (short.state, short.attested[0].note) == ("unknown", "it is 53 days old, 30 days is the limit")
    nobody = weigh([needs], [], [], TODAY, AGES, [], [attested()])["REL01-BP01"]
    assert (nobody.state, nobody.attested[0].standing) == ("unknown", "unsigned")


def test_that_a_practice_does_not_apply_is_believed_until_something_is_measured() -> None:
    one, needs = control("one"), practice("config")
    assert weighed(needs, [one], [piece(one)], attested(applies=False)).state == "not_applicable"
    against = weighed(needs, [one], [piece(one, "pass")], attested(applies=False))
    assert (against.state, against.measured, against.attested[0].standing) == ("partial", "met", "contradicted")
    assert weighed(needs, [one], [piece(one, "fail")], attested(applies=False)).state == "not_met"
    assert weighed(needs, [one], [piece(one, "fail", days=9)], attested(applies=False)).state == "unknown"
    late = attested(applies=False, expires=date(2026, 11, 1))
    assert weighed(needs, [one], [piece(one, "pass")], late).state == "partial", "a doubt that nobody has settled"


@st.composite
def situations(draw: st.DrawFn) -> tuple[Practice, list[Control], list[Evidence], list[Attestation]]:
    answerable = draw(st.sampled_from(get_args(Answerable)))
    needed = draw(st.sets(st.sampled_from(["config", "identity", "attestation", "process"]), min_size=1))
    needs = replace(practice(*sorted(needed)), answerable=answerable)
    layers = draw(st.lists(st.sampled_from(["data", "identity"]), max_size=4))
    controls = [control(f"c-{number}", layer=layer) for number, layer in enumerate(layers)]
    evidence = [
        piece(
            one, *draw(st.sets(st.sampled_from(ALL), max_size=2)), days=draw(st.sampled_from([0, 0.5, 2, 8])), kind=kind
        )
        for one in controls
        for kind in kinds(one)
        if draw(st.integers(0, 9))
    ]
    said = st.builds(
        attested,
        st.booleans(),
        st.dates(date(2026, 1, 1), date(2026, 11, 30)),
        st.dates(date(2026, 11, 1), date(2027, 11, 1)),
    )
    return needs, controls, evidence, draw(st.lists(said, max_size=2))


@given(situations(), st.data())
def test_losing_evidence_or_letting_it_age_never_meets_a_practice(
    situation: tuple[Practice, list[Control], list[Evidence], list[Attestation]], data: st.DataObject
) -> None:
    needs, controls, evidence, said = situation
    before = weighed(needs, controls, evidence, *said)
    if before.state == "met":
        return
    kept = [one for one in evidence if data.draw(st.booleans())]
    assert weighed(needs, controls, kept, *said).state != "met"
    started = [one for one in said if one.on <= TODAY.date()]  # that a statement begins to hold is no ageing
    later = TODAY + data.draw(st.timedeltas(timedelta(0), timedelta(days=500)))
    if weighed(needs, controls, evidence, *started).state != "met":
        assert weigh([needs], controls, evidence, later, AGES, started)[needs.id].state != "met"


@given(situations(), st.data())
def test_a_further_failure_never_improves_an_answer(
    situation: tuple[Practice, list[Control], list[Evidence], list[Attestation]], data: st.DataObject
) -> None:
    needs, controls, evidence, said = situation
    before = weighed(needs, controls, evidence, *said)
    failing = control("c-failing")
    worse = weighed(needs, [*controls, failing], [*evidence, piece(failing, "fail")], *said)
    assert RANK[worse.state] <= RANK[before.state] or before.state == "not_applicable"
    assert worse.state not in ("met", "not_applicable")
    if evidence:
        spoiled = list(evidence)
        at = data.draw(st.integers(0, len(evidence) - 1))
        spoiled[at] = replace(evidence[at], verdicts=evidence[at].verdicts | {"fail"})
        assert RANK[weighed(needs, controls, spoiled, *said).state] <= RANK[before.state]


def test_the_three_figures_of_a_pillar_are_never_made_one() -> None:
    needs = [
        Practice(f"REL01-BP0{number}", "", "low", "REL", "REL01", "", "", ("config",), "machine", "")
        for number in range(1, 6)
    ]
    controls = [control(f"c-{number}", f"REL01-BP0{number}") for number in range(1, 5)]
    evidence = [
        piece(controls[0], "pass", days=0.5),
        piece(controls[1], "fail", days=0.25),
        piece(controls[2], "not_applicable", days=0.75),
        piece(controls[3], "pass", days=3),
    ]
    row = cover(weigh(needs, controls, evidence, TODAY).values(), controls)["REL"]
    assert row.states == {"met": 1, "partial": 0, "not_met": 1, "unknown": 2, "not_applicable": 1}
    assert (row.met_share, row.coverage_share, row.freshness) == (0.25, 0.6, 0.5)
    empty = cover([], [])["REL"]
    assert (empty.met_share, empty.coverage_share, empty.freshness) == (None, None, None)


def test_a_gap_leaves_the_controls_that_it_names_undecided() -> None:
    one = control("one")
    refused = Gap("refused", "AccessDenied", controls=("one",))
    found = answer([practice("config")], [one], [Finding(one, "pass", SUBJECT)], [refused])["REL01-BP01"]
    assert (found.state, found.open) == ("partial", ("one",))
