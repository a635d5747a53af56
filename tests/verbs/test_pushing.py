"""The push into the AWS Well-Architected Tool, against a double that keeps to botocore's model of the service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.verbs.tool import WORKLOAD, FakeTool, Question

from mainstay.analysis.practices import Answer, State
from mainstay.analysis.statements import Attested
from mainstay.catalog.practices import load_choices, load_practices
from mainstay.model.errors import UsageError
from mainstay.model.evidence import Attestation
from mainstay.verbs.pushing import Push, permissions, push
from mainstay.verbs.tool_notes import FIRST, choice_note, length, merged, without_ours

LINK = "https://evidence.example.org/passes/17"
REST, TRANSIT = "sec_protect_data_rest_encrypt", "sec_protect_data_transit_encrypt"
NETWORK = "sec_network_protection_auto_protect"
NAMES = {REST: "SEC08-BP02", TRANSIT: "SEC09-BP02", NETWORK: "SEC05-BP04"}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client waits between tries, on a clock that tests have no use for."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)


@pytest.fixture
def tool() -> FakeTool:
    return FakeTool(
        [
            Question("protect-data-rest", {REST: "Enforce encryption at rest", "sec_rest_no": "None of these"}),
            Question("protect-data-transit", {TRANSIT: "Enforce encryption in transit", "sec_new_one": "A new one"}),
            Question("network-protection", {NETWORK: "Automate network protection"}),
            Question("of-another-edition", {"ops_gone": "Something older"}),
        ]
    )


def answers(**states: State) -> Mapping[str, Answer]:
    """Answers by the keywords `rest`, `transit` and `network`."""
    ids = {"rest": NAMES[REST], "transit": NAMES[TRANSIT], "network": NAMES[NETWORK]}
    practices = load_practices()
    return {
        ids[key]: Answer(
            practices[ids[key]],
            state,
            controls=("c-1", "c-2"),
            failing=("c-2",) if state in ("not_met", "partial") else (),
        )
        for key, state in states.items()
    }


def pushed(tool: FakeTool, given: Mapping[str, Answer], apply: bool = True, **more: Any) -> Push:
    return push(tool.client(), WORKLOAD, given, load_choices(), LINK, apply=apply, **more)


def test_a_dry_run_shows_exactly_what_would_be_called_and_calls_nothing_that_changes(tool: FakeTool) -> None:
    given = answers(rest="met", transit="not_met", network="not_applicable")
    shown = pushed(tool, given, apply=False, milestone="Q4 review")
    assert not tool.made("UpdateAnswer") + tool.made("CreateMilestone")
    assert [call.operation for call in shown.calls] == ["UpdateAnswer"] * 3 + ["CreateMilestone"]
    assert str(shown.calls[0]).startswith('wellarchitected:UpdateAnswer {"WorkloadId": "0123456789abcdef')
    done = pushed(tool, given, milestone="Q4 review")
    assert done.made == done.calls == shown.calls
    assert tool.made("UpdateAnswer") + tool.made("CreateMilestone") == [dict(call.parameters) for call in shown.calls]
    assert permissions(shown.calls)[-2:] == ("wellarchitected:UpdateAnswer", "wellarchitected:CreateMilestone")


def test_choices_are_selected_by_their_ids_with_the_evidence_beside_them(tool: FakeTool) -> None:
    pushed(tool, answers(rest="met", transit="not_met", network="not_applicable"), milestone="Q4 review")
    rest, transit, network = (
        tool.state(name) for name in ("protect-data-rest", "protect-data-transit", "network-protection")
    )
    assert rest["SelectedChoices"] == [REST]
    assert rest["ChoiceAnswers"][REST] == {
        "Status": "SELECTED",
        "Reason": "NONE",
        "Notes": "mainstay: met (2 controls hold)",
    }
    assert rest["Notes"] == f"{FIRST}\n| evidence: {LINK}\n| Enforce encryption at rest: met (2 controls hold)"
    assert (transit["SelectedChoices"], transit["ChoiceAnswers"]) == ([], {})
    assert transit["Notes"].endswith("| Enforce encryption in transit: not met (c-2)")
    assert network["ChoiceAnswers"][NETWORK]["Status"] == "NOT_APPLICABLE"
    assert network["ChoiceAnswers"][NETWORK]["Reason"] == "OUT_OF_SCOPE"
    assert tool.milestones == ["Q4 review"]


def test_what_either_side_does_not_have_is_reported_and_never_guessed(tool: FakeTool) -> None:
    extra = replace(answers(rest="met")[NAMES[REST]], practice=load_practices()["SUS06-BP01"])
    done = pushed(tool, {**answers(rest="met", transit="met"), "SUS06-BP01": extra})
    assert done.remarks == [
        "the Tool asks for sec_new_one (A new one), which mainstay does not know",
        f"the Tool asks for {NETWORK} (Automate network protection), which mainstay does not know",
        "the Tool asks for ops_gone (Something older), which mainstay does not know",
        "the Tool does not ask for SUS06-BP01 (its choice sus_sus_dev_a1)",
    ]
    assert [parameters["QuestionId"] for parameters in tool.made("UpdateAnswer")] == [
        "protect-data-rest",
        "protect-data-transit",
    ]


def test_a_second_push_changes_nothing(tool: FakeTool) -> None:
    given = answers(rest="met", transit="partial", network="not_applicable")
    tool.person("protect-data-rest", notes="Ask Web.\n\nShe knows. ")
    pushed(tool, given, milestone="Q4 review")
    again = pushed(tool, given, milestone="Q4 review")
    assert (again.calls, len(tool.made("UpdateAnswer")), tool.milestones) == ([], 3, ["Q4 review"])
    with pytest.raises(UsageError, match="there is a milestone 'Q4 review' already"):
        pushed(tool, answers(rest="not_met"), milestone="Q4 review")


def test_what_people_selected_and_wrote_stays(tool: FakeTool) -> None:
    tool.person("protect-data-transit", (TRANSIT, "sec_new_one"), notes="Ask Web.\n| a table of theirs |")
    done = pushed(tool, answers(transit="not_met"))
    state = tool.state("protect-data-transit")
    assert state["SelectedChoices"] == [TRANSIT, "sec_new_one"]
    assert state["Notes"].startswith(f"Ask Web.\n| a table of theirs |\n\n{FIRST}\n| evidence: {LINK}\n| Enforce")
    assert f"{TRANSIT}: somebody selected it, and evidence speaks against it; it stays selected" in done.remarks
    state["Notes"] += "\nAnd Ops."
    pushed(tool, answers(transit="unknown"))
    assert state["Notes"] == "Ask Web.\n| a table of theirs |\n\nAnd Ops.", "our block goes, theirs stays"
    pushed(tool, answers(transit="not_met"), overrule=True)
    assert state["SelectedChoices"] == ["sec_new_one"], "what mainstay does not know stays also then"
    assert state["ChoiceAnswers"][TRANSIT]["Notes"] == "mainstay: not met (c-2)"


def test_what_mainstay_selected_it_takes_back_and_what_people_took_back_stays_back(tool: FakeTool) -> None:
    question = tool.state("protect-data-rest")
    pushed(tool, answers(rest="met"))
    pushed(tool, answers(rest="unknown"))
    assert (question["SelectedChoices"], question["Notes"]) == ([], "")
    assert question["ChoiceAnswers"][REST] == {"Status": "UNSELECTED", "Reason": "NONE", "Notes": ""}
    pushed(tool, answers(rest="met"))
    assert question["SelectedChoices"] == [REST]
    question["SelectedChoices"] = []
    question["ChoiceAnswers"][REST]["Status"] = "UNSELECTED"
    done = pushed(tool, answers(rest="met"))
    assert (question["SelectedChoices"], done.calls) == ([], [])
    assert f"{REST}: somebody decided otherwise (UNSELECTED), and evidence says met" in done.remarks
    pushed(tool, answers(rest="met"), overrule=True)
    assert question["SelectedChoices"] == [REST]
    pushed(tool, answers(rest="not_met"))
    question["SelectedChoices"] = [REST]
    question["ChoiceAnswers"][REST]["Status"] = "SELECTED"
    pushed(tool, answers(rest="not_met"))
    assert question["SelectedChoices"] == [REST], "somebody selected it after us"


def test_nothing_is_selected_beside_a_none_of_these_of_a_person(tool: FakeTool) -> None:
    tool.person("protect-data-rest", ("sec_rest_no",))
    done = pushed(tool, answers(rest="met"))
    assert tool.state("protect-data-rest")["SelectedChoices"] == ["sec_rest_no"]
    assert any("none of these" in remark for remark in done.remarks)
    pushed(tool, answers(rest="met"), overrule=True)
    assert tool.state("protect-data-rest")["SelectedChoices"] == [REST]


def test_a_question_that_people_say_does_not_apply_is_left_alone(tool: FakeTool) -> None:
    tool.person("protect-data-rest", IsApplicable=False)
    done = pushed(tool, answers(rest="met"))
    assert (done.calls, done.remarks[0].split(";")[0]) == (
        [],
        "protect-data-rest: somebody marked it as not applicable",
    )


def test_an_attested_answer_says_whose_word_it_is(tool: FakeTool) -> None:
    said = Attestation("SEC08-BP02", "We do.", "Web Teàm <web@example.org>", date(2026, 11, 1), date(2027, 1, 1))
    given = {"SEC08-BP02": Answer(load_practices()["SEC08-BP02"], "met", attested=(Attested(said, "counts"),))}
    pushed(tool, given)
    assert tool.state("protect-data-rest")["Notes"].endswith("met, attested by Web Teàm <web@example.org>")


def test_throttling_slows_down_and_loses_nothing(tool: FakeTool) -> None:
    tool.errors = {"ListAnswers": ["ThrottlingException"], "UpdateAnswer": ["ThrottlingException"] * 2}
    done = pushed(tool, answers(rest="met", transit="met"), milestone="Q4 review")
    assert (len(done.made), done.failed, tool.milestones) == (3, [], ["Q4 review"])


def test_throttling_without_end_stops_and_says_what_was_not_made(tool: FakeTool) -> None:
    tool.errors = {"UpdateAnswer": ["ThrottlingException"] * 3}
    done = pushed(tool, answers(rest="met", transit="met"), milestone="Q4 review")
    assert (done.made, tool.milestones) == ([], [])
    assert [why for _, why in done.failed] == [
        "UpdateAnswer answers ThrottlingException: ThrottlingException for a test"
    ]
    assert done.remarks[-1] == "stopped there: 2 further calls were not made"
    assert len(pushed(tool, answers(rest="met", transit="met"), milestone="Q4 review").made) == 3, "it goes on later"


def test_an_answer_that_changes_meanwhile_is_read_again(tool: FakeTool) -> None:
    tool.errors = {"UpdateAnswer": ["ConflictException"]}
    client = tool.client()

    def write(request: Any, **_: Any) -> None:
        if request.method == "PATCH" and tool.errors["UpdateAnswer"]:
            tool.person("protect-data-rest", notes="Written in between.")

    client.meta.events.register_first("before-send.wellarchitected.UpdateAnswer", write)
    done = push(client, WORKLOAD, answers(rest="met"), load_choices(), LINK, apply=True)
    assert (len(done.made), done.failed) == (1, [])
    assert tool.state("protect-data-rest")["Notes"].startswith("Written in between.\n\n[mainstay")


def test_one_answer_that_is_refused_does_not_stop_the_others_but_the_milestone(tool: FakeTool) -> None:
    tool.errors = {"UpdateAnswer": ["ConflictException"] * 3}
    done = pushed(tool, answers(rest="met", transit="met"), milestone="Q4 review")
    assert [call.parameters["QuestionId"] for call in done.made] == ["protect-data-transit"]
    assert [why for _, why in done.failed] == [
        "UpdateAnswer answers ConflictException: ConflictException for a test",
        "not made, for not every answer was written",
    ]


@pytest.mark.parametrize("operation", ["ListAnswers", "GetAnswer"])
def test_a_workload_that_cannot_be_read_is_told_in_a_line(tool: FakeTool, operation: str) -> None:
    tool.errors = {operation: ["AccessDeniedException"]}
    with pytest.raises(UsageError, match=f"cannot be read: {operation} answers AccessDeniedException"):
        pushed(tool, answers(rest="met"))


def test_a_web_page_in_the_place_of_an_answer_is_not_shown(tool: FakeTool) -> None:
    tool.errors = {"ListAnswers": ["ValidationException"]}
    tool.message = "<!DOCTYPE html>\n<html>\n<body>busy</body></html>"
    with pytest.raises(UsageError, match=r"ValidationException: the service answered with a web page$"):
        pushed(tool, answers(rest="met"))


def test_what_makes_no_sense_is_refused_before_any_call(tool: FakeTool) -> None:
    client = tool.client()
    arn = f"arn:aws:wellarchitected:eu-central-1:111122223333:workload/{WORKLOAD}"
    assert push(client, arn, {}, {}).calls == []
    for workload, link, milestone, said in (
        ("checkout", LINK, "", "is no workload"),
        (WORKLOAD, "two words", "", "one address"),
        (WORKLOAD, "https://x/" + "x" * 1_100, "", "1,042 characters"),
        (WORKLOAD, LINK, "Q4", "3 to 100 characters"),
    ):
        with pytest.raises(UsageError, match=said):
            push(client, workload, answers(rest="met"), load_choices(), link, milestone)


# -- the notes

LINES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\r"), max_size=60)


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=2_084),
    st.lists(LINES | LINES.map(lambda line: line * 40), min_size=1, max_size=12),
)
def test_notes_keep_peoples_words_and_the_link_whole_within_the_limit(notes: str, lines: list[str]) -> None:
    theirs = without_ours(notes)
    made = merged(notes, lines, LINK)
    if made is None:
        assert length(theirs.rstrip()) > 2_084 - length(f"\n\n{FIRST}\n| evidence: {LINK}")
        return
    assert length(made) <= 2_084
    assert f"\n| evidence: {LINK}" in made
    assert made.startswith(theirs.rstrip() if theirs.strip() else FIRST)
    assert merged(made, lines, LINK) == made, "again is the same"
    assert merged(made, [], LINK) == (theirs.rstrip() if theirs.strip() else "")


def test_a_long_note_is_cut_between_lines_and_between_characters() -> None:
    lines = [f"Ein Grundsatz № {number} 🗝️: erfüllt" for number in range(100)]
    made = merged("👩‍🔧 Web", lines, LINK)
    assert made is not None
    assert 2_040 < length(made) <= 2_084
    shown = made.splitlines()
    assert shown[-1] == f"| and {100 - len(shown) + 5} more"
    note = choice_note("🗝️" * 200)
    assert (length(note) <= 250, note[-1]) == (True, "…")
    assert note.encode(), "no half of a character is left"
    assert merged("x" * 2_084, lines, LINK) is None


def test_notes_without_room_are_left_as_they_are(tool: FakeTool) -> None:
    tool.person("protect-data-rest", notes="x" * 2_084)
    done = pushed(tool, answers(rest="met"))
    assert tool.state("protect-data-rest")["Notes"] == "x" * 2_084
    assert tool.state("protect-data-rest")["SelectedChoices"] == [REST]
    assert "protect-data-rest: its notes leave no room for ours within 2,084 characters" in done.remarks
