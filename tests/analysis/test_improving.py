"""The plan: the worst for the least work first, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from mainstay.analysis.improving import Improvement, plan
from mainstay.analysis.practices import AGES, Answer, answer, kinds, weigh
from mainstay.engine import parse
from mainstay.model.controls import SEVERITIES, Control, Severity
from mainstay.model.evidence import Attestation, Evidence
from mainstay.model.findings import Finding, Reason, Subject, Verdict
from mainstay.model.patches import Edit, NoPatch, Patch
from mainstay.model.places import Place
from mainstay.model.practices import Practice

PRACTICES = [
    Practice("REL01-BP01", "", "high", "REL", "REL01", "", "", ("config",), "machine", ""),
    Practice("REL01-BP02", "", "low", "REL", "REL01", "", "", ("config",), "machine", ""),
]


def control(name: str, severity: Severity = "medium", *practices: str, fix: str = "Set it.") -> Control:
    expect = parse({"MultiAZ": True, "Tags|exists": True})
    named = practices or ("REL01-BP01",)
    return Control(name, name, ("AWS::RDS::DBInstance",), expect, severity, "data", named, "", fix)


def finding(of: Control, address: str = "a", verdict: Verdict = "fail", path: str = "MultiAZ") -> Finding:
    place = Place("main.tf", sum(map(ord, address)), 1)
    subject = Subject("AWS::RDS::DBInstance", address, "", "", "terraform", place)
    return Finding(of, verdict, subject, (Reason(path, "true", "false"),))


def planned(*findings: Finding) -> list[Improvement]:
    controls = list({one.control.id: one.control for one in findings}.values())
    return plan(findings, answer(PRACTICES, controls, findings))


def test_the_worst_for_the_least_work_comes_first() -> None:
    severe, minor, hard = control("severe", "high"), control("minor", "low"), control("hard", "high")
    found = planned(finding(minor), finding(severe), finding(hard, path="Tags"), finding(minor, "b", "pass"))
    assert [(one.control.id, one.effort.level) for one in found] == [
        ("severe", "small"),
        ("hard", "medium"),
        ("minor", "small"),
    ]
    assert found[0].because == ("high severity", "1 resource", "high risk by the framework (REL01-BP01)")
    assert found[0].effort.why == ("one property to set", "one place")
    assert found[1].effort.why == ("which Tags to use is yours to decide", "one place")
    many = [finding(minor, str(number)) for number in range(16)]
    assert planned(*many)[0].rank > planned(many[0])[0].rank


def test_a_plan_names_what_is_met_by_one_thing_alone() -> None:
    both, other = control("both", "low", "REL01-BP01", "REL01-BP02"), control("other", "low", "REL01-BP02")
    found = {one.control.id: one for one in planned(finding(both), finding(both, "b", "pass"), finding(other))}
    assert (found["both"].moves, found["both"].meets) == (("REL01-BP01", "REL01-BP02"), ("REL01-BP01",))
    assert found["other"].meets == ()
    [unsure] = planned(finding(both), finding(both, "b", "unknown"))
    assert unsure.meets == (), "a verdict that is unknown stays in the way"


def test_effort_is_read_off_the_remedies() -> None:
    one = control("one")
    patch = Patch("set it", (Edit("main.tf", 0, 0, "x"),))

    def effort(*findings: Finding) -> tuple[str, str]:
        [found] = planned(*findings)
        return found.effort.level, found.effort.why[0]

    assert effort(replace(finding(one), patch=patch)) == ("small", "mainstay can write all of it (--fix)")
    gone = NoPatch("the broker is replaced, and its messages with it")
    assert effort(replace(finding(one), patch=gone)) == ("large", gone.reason)
    assert effort(finding(control("two", fix="Set it; the volume is replaced."))) == (
        "large",
        "something is replaced by it",
    )
    waiting = control("three", fix="Running ones keep it until they are replaced.")
    assert effort(finding(waiting))[0] == "small", "that happens by itself"
    assert effort(*(finding(one, chr(number)) for number in range(97, 119)))[0] == "medium", "22 places"
    hands = {("AWS::RDS::DBInstance", "MultiAZ"): "it doubles the price"}
    [by_hand] = plan([finding(one)], answer(PRACTICES, [one], [finding(one)]), by_hand=hands)
    assert (by_hand.effort.level, by_hand.effort.why[0]) == ("medium", "it doubles the price")


def test_what_the_internet_reaches_weighs_double() -> None:
    one = control("one")
    answers = answer(PRACTICES, [one], [finding(one)])
    [near] = plan([finding(one)], answers, reachable={"a"})
    [far] = plan([finding(one)], answers)
    assert near.rank == 2 * far.rank
    assert "1 reachable from the internet" in near.because


def test_a_statement_that_is_contradicted_counts_again_once_nothing_fails() -> None:
    needs = replace(PRACTICES[0], evidence=("attestation", "config"))
    said = Attestation("REL01-BP01", "We do.", "web", date(2026, 11, 1), date(2027, 11, 1))
    one, now = control("one"), datetime(2026, 11, 23, tzinfo=UTC)
    evidence = [Evidence(one, "config", frozenset({"fail"}), now)]
    with_word = weigh([needs], [one], evidence, now, AGES, [said])
    assert plan([finding(one)], with_word)[0].meets == ("REL01-BP01",)
    assert plan([finding(one)], weigh([needs], [one], evidence, now))[0].meets == ()


VERDICTS = st.lists(st.sampled_from(["pass", "fail", "unknown", "waived"]), max_size=3)


@given(st.lists(st.tuples(VERDICTS, st.sampled_from(SEVERITIES)), max_size=4))
def test_what_a_plan_promises_comes_true(given_verdicts: list[tuple[list[Verdict], Severity]]) -> None:
    """Mending one control alone meets exactly the practices that its item names."""
    controls = [control(f"c-{number}", severity) for number, (_, severity) in enumerate(given_verdicts)]
    verdicts = {one.id: set(found) for one, (found, _) in zip(controls, given_verdicts, strict=True)}
    findings = [finding(one, str(at), each) for one in controls for at, each in enumerate(sorted(verdicts[one.id]))]
    answers = answer(PRACTICES, controls, findings)
    for item in plan(findings, answers):
        mended = {**verdicts, item.control.id: verdicts[item.control.id] - {"fail"} | {"pass"}}
        after = _answered(controls, mended)
        assert item.meets == tuple(name for name in item.moves if after[name].state == "met")


def _answered(controls: Sequence[Control], verdicts: dict[str, set[Verdict]]) -> dict[str, Answer]:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    evidence = [Evidence(one, kind, frozenset(verdicts[one.id]), now) for one in controls for kind in kinds(one)]
    return dict(weigh(PRACTICES, controls, evidence, now))
