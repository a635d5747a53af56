"""A double of the AWS Well-Architected Tool, kept to what botocore's model of the service says.

It stands behind a real client, in the place of the network: each request is taken apart by the model, its parameters
checked against every limit that the model has (botocore's own check knows the least lengths only), and each answer
checked against the shape of the operation's output before it goes back.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.model import OperationModel

WORKLOAD = "0123456789abcdef0123456789abcdef"
STATUSES = {
    "ConflictException": 409,
    "ThrottlingException": 429,
    "ValidationException": 400,
    "ResourceNotFoundException": 404,
    "AccessDeniedException": 403,
}


@lru_cache(maxsize=1)
def session() -> Any:
    """One for all tests: it keeps the service's model, which takes longer to read than a push."""
    made = botocore.session.Session()
    made.set_credentials("AKIAEXAMPLE", "example")
    return made


@dataclass(frozen=True, slots=True)
class Question:
    id: str
    choices: Mapping[str, str]


@dataclass
class FakeTool:
    """A workload with questions; `errors` are what the next calls of an operation answer instead, saying `message`."""

    questions: list[Question]
    page_size: int = 2
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    milestones: list[str] = field(default_factory=list)
    errors: dict[str, list[str]] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    message: str = ""

    def client(self) -> Any:
        """A client of botocore's that tries each call three times."""
        client = session().create_client(
            "wellarchitected",
            region_name="eu-central-1",
            config=Config(retries={"mode": "standard", "total_max_attempts": 3}),
        )
        self.model = client.meta.service_model
        client.meta.events.register("before-send.wellarchitected", self.answer)
        return client

    # -- what people do in the console

    def person(self, question: str, selected: tuple[str, ...] = (), notes: str = "", **more: Any) -> None:
        state = self.state(question)
        state["SelectedChoices"] = [*state["SelectedChoices"], *selected]
        state["Notes"] = notes or state["Notes"]
        for choice in selected:
            state["ChoiceAnswers"].setdefault(choice, {})["Status"] = "SELECTED"
        state.update(more)

    def state(self, question: str) -> dict[str, Any]:
        empty = {"SelectedChoices": [], "ChoiceAnswers": {}, "Notes": "", "IsApplicable": True}
        return self.answers.setdefault(question, empty)

    def made(self, operation: str) -> list[dict[str, Any]]:
        return [parameters for name, parameters in self.calls if name == operation]

    # -- the wire

    def answer(self, request: Any, **_: Any) -> AWSResponse:
        operation, parameters = self.taken_apart(request)
        faults = list(check(operation.input_shape, parameters, operation.name))
        assert not faults, faults
        queued = self.errors.get(operation.name, [])
        if queued:
            code = queued.pop(0)
            return _response(request.url, STATUSES[code], {"Message": self.message or f"{code} for a test"}, code)
        self.calls.append((operation.name, parameters))
        try:
            body = getattr(self, f"do_{operation.name}")(**parameters)
        except KeyError as error:
            return _response(request.url, 400, {"Message": f"no such thing: {error}"}, "ValidationException")
        faults = list(check(operation.output_shape, body, operation.name))
        assert not faults, faults
        return _response(request.url, 200, body)

    def taken_apart(self, request: Any) -> tuple[OperationModel, dict[str, Any]]:
        url = urlsplit(request.url)
        for name in self.model.operation_names:
            operation = self.model.operation_model(name)
            path = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", operation.http["requestUri"])
            found = re.fullmatch(path, url.path)
            if found and operation.http["method"] == request.method:
                break
        else:
            raise AssertionError(f"no operation is called by {request.method} {url.path}")
        members = operation.input_shape.members
        parameters: dict[str, Any] = {key: unquote(value) for key, value in found.groupdict().items()}
        names = {shape.serialization.get("name", key): key for key, shape in members.items()}
        for key, value in parse_qsl(url.query):
            member = names[key]
            parameters[member] = int(value) if members[member].type_name == "integer" else value
        return operation, parameters | (json.loads(request.body) if request.body else {})

    # -- the operations

    def do_ListAnswers(self, WorkloadId: str, LensAlias: str, NextToken: str = "", **_: Any) -> dict[str, Any]:
        start = int(NextToken or "0")
        page = self.questions[start : start + self.page_size]
        more = {"NextToken": str(start + self.page_size)} if start + self.page_size < len(self.questions) else {}
        # as in the service, summaries have no notes
        summaries = [{key: value for key, value in self.shown(one).items() if key in SUMMARY} for one in page]
        return {"WorkloadId": WorkloadId, "LensAlias": LensAlias, "AnswerSummaries": summaries, **more}

    def do_GetAnswer(self, WorkloadId: str, LensAlias: str, QuestionId: str) -> dict[str, Any]:
        return {"WorkloadId": WorkloadId, "LensAlias": LensAlias, "Answer": self.shown(self.question(QuestionId))}

    def do_UpdateAnswer(
        self, WorkloadId: str, LensAlias: str, QuestionId: str, ChoiceUpdates: Any = None, **given: Any
    ) -> dict[str, Any]:
        question, state = self.question(QuestionId), self.state(QuestionId)
        updates = ChoiceUpdates or {}
        for name in [*given.get("SelectedChoices", ()), *updates]:
            if name not in question.choices:
                raise KeyError(name)
        for name, update in updates.items():
            selected = name in given.get("SelectedChoices", state["SelectedChoices"])
            assert selected == (update["Status"] == "SELECTED"), "the two ways of selecting have to agree"
            state["ChoiceAnswers"].setdefault(name, {}).update(update)
        state.update(given)
        return {"WorkloadId": WorkloadId, "LensAlias": LensAlias, "Answer": self.shown(question)}

    def do_ListMilestones(self, WorkloadId: str, **_: Any) -> dict[str, Any]:
        summaries = [{"MilestoneNumber": at, "MilestoneName": name} for at, name in enumerate(self.milestones, 1)]
        return {"WorkloadId": WorkloadId, "MilestoneSummaries": summaries}

    def do_CreateMilestone(self, WorkloadId: str, MilestoneName: str, ClientRequestToken: str) -> dict[str, Any]:
        assert MilestoneName not in self.milestones
        self.milestones.append(MilestoneName)
        return {"WorkloadId": WorkloadId, "MilestoneNumber": len(self.milestones)}

    def question(self, id: str) -> Question:
        return next(one for one in self.questions if one.id == id)

    def shown(self, question: Question) -> dict[str, Any]:
        state = self.state(question.id)
        choices = [{"ChoiceId": name, "Title": title} for name, title in question.choices.items()]
        given = [{"ChoiceId": name, **about} for name, about in state["ChoiceAnswers"].items()]
        return {
            "QuestionId": question.id, "PillarId": "security", "Choices": choices, "ChoiceAnswers": given,
            "SelectedChoices": state["SelectedChoices"], "IsApplicable": state["IsApplicable"], "Risk": "UNANSWERED",
            "Notes": state["Notes"],
        }  # fmt: skip


SUMMARY = ("QuestionId", "PillarId", "Choices", "SelectedChoices", "IsApplicable", "Risk")


def check(shape: Any, value: Any, at: str) -> Iterator[str]:
    """All that a value has against its shape."""
    kind = shape.type_name
    if kind == "structure":
        if not isinstance(value, dict):
            yield f"{at} is no map"
            return
        yield from (f"{at} lacks {name}" for name in shape.required_members if name not in value)
        for name, inner in value.items():
            if name not in shape.members:
                yield f"{at} has no member {name}"
            else:
                yield from check(shape.members[name], inner, f"{at}.{name}")
    elif kind == "list":
        for index, inner in enumerate(value):
            yield from check(shape.member, inner, f"{at}[{index}]")
    elif kind == "map":
        for name, inner in value.items():
            yield from check(shape.key, name, f"{at} key")
            yield from check(shape.value, inner, f"{at}.{name}")
    else:
        yield from _check_scalar(shape, value, at)


def _check_scalar(shape: Any, value: Any, at: str) -> Iterator[str]:
    types = {"string": str, "boolean": bool, "integer": int, "timestamp": (int, float)}
    if not isinstance(value, types[shape.type_name]):  # type: ignore[arg-type] # a map of types and of tuples of them
        yield f"{at} is {value!r}"
        return
    limits = shape.metadata
    # the service runs on a machine that counts in UTF-16
    size = len(value.encode("utf-16-le")) // 2 if isinstance(value, str) else value
    if not isinstance(value, bool) and not limits.get("min", size) <= size <= limits.get("max", size):
        yield f"{at} is {size} long"
    if isinstance(value, str):
        if limits.get("enum") and value not in limits["enum"]:
            yield f"{at} is {value!r}"
        if limits.get("pattern") and not re.fullmatch(limits["pattern"], value):
            yield f"{at} is {value!r}"


class _Raw(io.BytesIO):
    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.read()


def _response(url: str, status: int, body: Mapping[str, Any], code: str = "") -> AWSResponse:
    headers = {"content-type": "application/json", **({"x-amzn-errortype": code} if code else {})}
    return AWSResponse(url, status, headers, _Raw(json.dumps(body).encode()))
