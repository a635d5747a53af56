"""`show practices --push`: answers into the AWS Well-Architected Tool, beside what people say there, as a milestone.

Choices are joined by their ids and never by number. What is met is selected, what does not apply is marked so. What
people selected stays, also where evidence speaks against it, unless `overrule` is said; what mainstay selected before
and can no longer prove is taken back. A question that people marked as not applicable is left alone.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from mainstay.analysis.practices import Answer, State
from mainstay.catalog.practices import Choice
from mainstay.model.errors import UsageError
from mainstay.sources.live.calls import in_a_line
from mainstay.verbs.tool_notes import MOST_NOTES, OURS, choice_note, length, merged

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

LENS = "wellarchitected"
CONFLICT_ATTEMPTS = 3
NAMED = 5
"""Controls that a note names before it counts."""

_WORKLOAD = re.compile(r"(?:arn:[^:]*:wellarchitected:[^:]*:\d*:workload/)?([0-9a-f]{32})")
_PASSING = frozenset({"ConflictException", "ValidationException"})
"""Errors about one question: the next one may go well."""

WORDS: Mapping[State, str] = {
    "met": "met",
    "partial": "partly met",
    "not_met": "not met",
    "unknown": "unknown",
    "not_applicable": "does not apply",
}


class Tool(Protocol):
    """What is asked of boto3's client `wellarchitected`."""

    def list_answers(self, **parameters: Any) -> Any: ...
    def get_answer(self, **parameters: Any) -> Any: ...
    def update_answer(self, **parameters: Any) -> Any: ...
    def list_milestones(self, **parameters: Any) -> Any: ...
    def create_milestone(self, **parameters: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class Call:
    """One call that changes something, with all its parameters; the text is what would be sent."""

    operation: str
    parameters: Mapping[str, Any]

    def __str__(self) -> str:
        return f"wellarchitected:{self.operation} {json.dumps(self.parameters, ensure_ascii=False)}"


@dataclass(slots=True)
class Push:
    """What a push would call, or has called (`made`). `failed` says of a call why it was not made.

    `remarks` is what a person should know: choices that either side does not have, selections that evidence speaks
    against, notes without room.
    """

    calls: list[Call] = field(default_factory=list)
    made: list[Call] = field(default_factory=list)
    failed: list[tuple[Call, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def push(
    client: Tool, workload: str, answers: Mapping[str, Answer], choices: Mapping[str, Choice], link: str = "",
    milestone: str = "", lens: str = LENS, overrule: bool = False, apply: bool = False,
) -> Push:  # fmt: skip
    """What brings the Tool's answers in line with ours; done with `apply`, otherwise only told.

    `workload` is the id or the ARN of a workload, `link` leads to the evidence and stands whole in the notes. A second
    push of the same answers calls nothing, a milestone that there is already included. Raises UsageError for what
    can't be pushed at all, and where the Tool cannot be read.
    """
    desk = _Desk(client, _workload(workload), lens, answers, choices, _checked(link), overrule)
    result = Push()
    plans = list(desk.plans(result.remarks))
    result.calls = [call for _, call in plans]
    last = desk.milestone(milestone, bool(plans)) if milestone else None
    result.calls += [last] if last is not None else []
    if not apply:
        return result
    for at, (question, call) in enumerate(plans):
        if not _make(desk, question, call, result):
            result.remarks.append(f"stopped there: {len(result.calls) - at - 1} further calls were not made")
            return result
    if last is not None and result.failed:
        result.failed.append((last, "not made, for not every answer was written"))
    elif last is not None:
        _call(client, last, result)
    return result


class _Desk:
    """Reads a workload's answers and plans their updates."""

    def __init__(
        self, client: Tool, workload: str, lens: str, answers: Mapping[str, Answer], choices: Mapping[str, Choice],
        link: str, overrule: bool,
    ) -> None:  # fmt: skip
        self.client = client
        self.where = {"WorkloadId": workload, "LensAlias": lens}
        self.link = link
        self.overrule = overrule
        self.known = {choices[name].id: one for name, one in answers.items() if name in choices}

    def plans(self, remarks: list[str]) -> Iterator[tuple[str, Call]]:
        """The updates of the questions that the workload has, in their order, and what there is to say of them."""
        asked: set[str] = set()
        for summary in self.questions():
            offered = [one["ChoiceId"] for one in summary.get("Choices", ())]
            asked.update(offered)
            for one in summary.get("Choices", ()):
                if one["ChoiceId"] not in self.known and not _is_none_of_these(one):
                    title = one.get("Title", "")
                    remarks.append(f"the Tool asks for {one['ChoiceId']} ({title}), which mainstay does not know")
            if not any(name in self.known for name in offered):
                continue
            call = self.update(summary["QuestionId"], remarks)
            if call is not None:
                yield summary["QuestionId"], call
        for name, one in self.known.items():
            if name not in asked:
                remarks.append(f"the Tool does not ask for {one.practice.id} (its choice {name})")

    def questions(self) -> Iterator[Mapping[str, Any]]:
        yield from _pages(self.client.list_answers, "AnswerSummaries", **self.where, MaxResults=50)

    def update(self, question: str, remarks: list[str]) -> Call | None:
        """The call that brings one question in line, from what it says at this moment; None where nothing is to do."""
        answer = _read(self.client.get_answer, **self.where, QuestionId=question)["Answer"]
        if not answer.get("IsApplicable", True):
            remarks.append(f"{question}: somebody marked it as not applicable; it is left alone")
            return None
        statuses = self.statuses(answer, remarks)
        notes = answer.get("Notes", "")
        wanted = merged(notes, self.lines(answer), self.link)
        if wanted is None:
            remarks.append(f"{question}: its notes leave no room for ours within {MOST_NOTES:,} characters")
        parameters: dict[str, Any] = {**self.where, "QuestionId": question}
        if statuses:
            selected = set(answer.get("SelectedChoices", ()))
            chosen = {name for name, update in statuses.items() if update["Status"] == "SELECTED"}
            selected = (selected - set(statuses)) | chosen
            offered = [one["ChoiceId"] for one in answer.get("Choices", ())]
            parameters["SelectedChoices"] = [name for name in offered if name in selected]
            parameters["SelectedChoices"] += sorted(selected - set(offered))
            parameters["ChoiceUpdates"] = statuses
        if wanted is not None and _laid_out(wanted) != _laid_out(notes):
            parameters["Notes"] = wanted
        return Call("UpdateAnswer", parameters) if len(parameters) > 3 else None

    def statuses(self, answer: Mapping[str, Any], remarks: list[str]) -> dict[str, dict[str, str]]:
        """The choices whose status or note has to change."""
        offered = [one["ChoiceId"] for one in answer.get("Choices", ())]
        given = {one["ChoiceId"]: one for one in answer.get("ChoiceAnswers", ())}
        selected = set(answer.get("SelectedChoices", ()))
        denied = [one["ChoiceId"] for one in answer.get("Choices", ()) if _is_none_of_these(one)]
        denied = [name for name in denied if name in selected]
        updates: dict[str, dict[str, str]] = {}
        for name in offered:
            if name not in self.known:
                continue
            now = given.get(name, {})
            before = "SELECTED" if name in selected else now.get("Status", "UNSELECTED")
            if denied and not self.overrule and before != "SELECTED" and self.known[name].state == "met":
                remarks.append(f"{name}: it is met, but somebody selected that none of these is; nothing is selected")
                continue
            update = self.change(name, before, now.get("Notes", ""), remarks)
            if update is not None:
                updates[name] = update
        if any(update["Status"] == "SELECTED" for update in updates.values()):
            updates |= {name: {"Status": "UNSELECTED", "Reason": "NONE"} for name in denied}
        return updates

    def change(self, name: str, before: str, note: str, remarks: list[str]) -> dict[str, str] | None:
        """What to say anew of a choice that has a status and a note; None where that is right, or a person's to say.

        A note of ours beside the status that it speaks of: the status is ours. Beside another status: somebody has
        decided against us. The note stays then, to remember it by.
        """
        ours = self.known[name]
        said = _status_of(note)
        is_ours = said == before
        is_theirs = not is_ours and (said is not None or before != "UNSELECTED")
        after = "SELECTED" if ours.state == "met" else "NOT_APPLICABLE" if ours.state == "not_applicable" else None
        if after is None:
            after = "UNSELECTED" if is_ours or (self.overrule and ours.state == "not_met") else before
            if ours.state == "not_met" and after == "SELECTED":
                remarks.append(f"{name}: somebody selected it, and evidence speaks against it; it stays selected")
        elif is_theirs and after != before and not self.overrule:
            remarks.append(f"{name}: somebody decided otherwise ({before}), and evidence says {WORDS[ours.state]}")
            return None
        if after == before and not is_ours:
            return None
        update = {"Status": after, "Reason": "OUT_OF_SCOPE" if after == "NOT_APPLICABLE" else "NONE"}
        if said is not None or not note:  # a person's own note on the choice stays
            update["Notes"] = "" if ours.state == "unknown" else choice_note(_told(ours))
        return update if (after, update.get("Notes", note)) != (before, note) else None

    def lines(self, answer: Mapping[str, Any]) -> list[str]:
        """What we know of a question's choices, in the service's own titles."""
        lines = []
        for one in answer.get("Choices", ()):
            ours = self.known.get(one["ChoiceId"])
            if ours is not None and ours.state != "unknown":
                lines.append(f"{one.get('Title', ours.practice.title)}: {_told(ours)}")
        return lines

    def milestone(self, name: str, is_changing: bool) -> Call | None:
        """The call that makes a milestone; None where there is one of that name and nothing has changed since."""
        if not 3 <= len(name) <= 100:
            raise UsageError(f"the name of a milestone has 3 to 100 characters, '{name}' has {len(name)}")
        workload = self.where["WorkloadId"]
        there = _pages(self.client.list_milestones, "MilestoneSummaries", WorkloadId=workload, MaxResults=50)
        if name in [one.get("MilestoneName") for one in there]:
            if is_changing:
                raise UsageError(f"there is a milestone '{name}' already, and the answers have changed since")
            return None
        token = hashlib.sha256(f"{workload}\0{name}".encode()).hexdigest()
        parameters = {"WorkloadId": workload, "MilestoneName": name, "ClientRequestToken": token}
        return Call("CreateMilestone", parameters)


def _told(ours: Answer) -> str:
    """A verdict in a few words. No dates: they would make a change of every push."""
    said = WORDS[ours.state]
    if ours.failing:
        return f"{said} ({_some(ours.failing)})"
    if any(one.standing == "counts" for one in ours.attested):
        who = ", ".join(dict.fromkeys(one.attestation.by for one in ours.attested if one.standing == "counts"))
        said = f"{said}, attested by {who}"
    held = len(ours.controls)
    if ours.state == "met" and held:
        return f"{said} ({held} control{'' if held == 1 else 's'} hold{'s' if held == 1 else ''})"
    missing = ours.open or [*(f"stale {one.kind} evidence" for one in ours.stale), *ours.lacking]
    return f"{said} (not shown: {_some(missing)})" if missing else said


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _status_of(note: str) -> str | None:
    """The status that a choice had when we left this note on it; None where it is none of ours."""
    if not note.startswith(OURS):
        return None
    said = note.removeprefix(OURS)
    if said.startswith(WORDS["met"]):
        return "SELECTED"
    return "NOT_APPLICABLE" if said.startswith(WORDS["not_applicable"]) else "UNSELECTED"


def _laid_out(notes: str) -> str:
    """Notes but for what the service may change about them."""
    return notes.replace("\r\n", "\n").strip()


def _is_none_of_these(choice: Mapping[str, Any]) -> bool:
    """The choice that each question ends with; it denies all others."""
    return bool(choice["ChoiceId"].endswith("_no")) or choice.get("Title", "").strip().lower() == "none of these"


# -- calling


def _make(desk: _Desk, question: str, call: Call, result: Push) -> bool:
    """Makes an update; where somebody else changed the answer meanwhile, plans it again from what it says then.

    False where no other update would go better.
    """
    latest: Call | None = call
    for attempt in range(CONFLICT_ATTEMPTS):
        if latest is None:
            return True
        code = _call(desk.client, latest, result)
        if code != "ConflictException" or attempt == CONFLICT_ATTEMPTS - 1:
            return code in ("", *_PASSING)
        result.failed.pop()
        latest = desk.update(question, [])
    return True


def _call(client: Tool, call: Call, result: Push) -> str:
    """The code of the error that a call ended with; empty where it went well."""
    from botocore.exceptions import BotoCoreError, ClientError

    method = {"UpdateAnswer": client.update_answer, "CreateMilestone": client.create_milestone}[call.operation]
    try:
        method(**call.parameters)
    except ClientError as error:
        result.failed.append((call, _why(error)))
        return str(error.response.get("Error", {}).get("Code", "Unknown"))
    except BotoCoreError as error:
        result.failed.append((call, in_a_line(str(error))))
        return type(error).__name__
    result.made.append(call)
    return ""


def _pages(method: Any, key: str, **parameters: Any) -> Iterator[Mapping[str, Any]]:
    token: dict[str, str] = {}
    while True:
        page = _read(method, **parameters, **token)
        yield from page.get(key, ())
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


def _read(method: Any, **parameters: Any) -> Mapping[str, Any]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answered: Mapping[str, Any] = method(**parameters)
    except ClientError as error:
        raise UsageError(f"the Well-Architected Tool cannot be read: {_why(error)}") from None
    except BotoCoreError as error:
        raise UsageError(f"the Well-Architected Tool cannot be read: {in_a_line(str(error))}") from None
    return answered


def _why(error: ClientError) -> str:
    about = error.response.get("Error", {})
    said = in_a_line(str(about.get("Message") or "no reason given"))
    return f"{error.operation_name} answers {about.get('Code', 'Unknown')}: {said}"


def _workload(given: str) -> str:
    found = _WORKLOAD.fullmatch(given.strip())
    if found is None:
        raise UsageError(f"'{given}' is no workload of the Well-Architected Tool: an id of 32 digits, or its ARN")
    return found[1]


def _checked(link: str) -> str:
    if link and (not link.isprintable() or " " in link or length(link) > MOST_NOTES // 2):
        raise UsageError("the link to the evidence has to be one address of 1,042 characters at most")
    return link


def permissions(calls: Sequence[Call]) -> tuple[str, ...]:
    """The IAM actions that a push needs, those to look first included."""
    reading = ("ListAnswers", "GetAnswer", "ListMilestones")
    return tuple(dict.fromkeys(f"wellarchitected:{one}" for one in (*reading, *(call.operation for call in calls))))
