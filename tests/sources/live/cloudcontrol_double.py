"""A double of AWS Cloud Control, made from CloudFormation's schemas, for moto has none.

It answers the requests of a boto3 session before they are sent. What comes in and what goes out are checked against
botocore's own model of the service; the schemas say what a list needs, what an identifier is and what is never told.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.validate import ParamValidator

SCHEMAS = Path(str(distribution("cfn-lint").locate_file("cfnlint/data/schemas")))
SHARED = botocore.session.Session()
LOADER = SHARED.get_component("data_loader")
"""One for all sessions: it keeps the models that it has read."""
MODEL = SHARED.get_service_model("cloudcontrol")
TYPE_NAME = re.compile(MODEL.shape_for("TypeName").metadata["pattern"])

Properties = dict[str, Any]


@cache
def schema_of(type: str) -> Mapping[str, Any] | None:
    """The registry's schema of a type in us-east-1."""
    digest = _digests().get(type)
    return json.loads((SCHEMAS / "resources" / f"{digest}.json").read_bytes()) if digest else None


@cache
def _digests() -> dict[str, str]:
    return dict(json.loads((SCHEMAS / "providers" / "us-east-1.json").read_bytes()))


def made(type: str, properties: Properties, number: int, model: Mapping[str, Any]) -> tuple[str, Properties]:
    """What AWS makes of properties: an identifier, and what it tells of them. What is write-only is not kept."""
    schema = schema_of(type)
    assert schema is not None, type
    kept = copy.deepcopy(properties)
    for pointer in schema.get("writeOnlyProperties", ()):
        _forget(kept, pointer.split("/")[2:])
    for name, value in model.items():
        if name in schema["properties"]:
            kept.setdefault(name, value)
    parts = [_named(kept, pointer.split("/")[2:], number) for pointer in schema["primaryIdentifier"]]
    return "|".join(parts), kept


class Fault(Exception):
    """An error that the API answers with. `handler` is the handler's own code, which stands in the message."""

    def __init__(self, code: str, message: str, handler: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = f"{message} (RequestToken: 0, HandlerErrorCode: {handler})" if handler else message


@dataclass(slots=True)
class Trouble:
    """What goes wrong on a type, once `after` calls went well: `times` times, for ever where that is None."""

    fault: Fault
    times: int | None = None
    after: int = 0


@dataclass(slots=True)
class CloudControlDouble:
    """An account: resources by type and identifier, `page_size` of them on a page."""

    page_size: int = 2
    resources: dict[str, dict[str, Properties]] = field(default_factory=dict)
    models: dict[tuple[str, str], Properties] = field(default_factory=dict)
    troubles: dict[tuple[str, str], Trouble] = field(default_factory=dict)
    raw: dict[tuple[str, str], str] = field(default_factory=dict)
    calls: list[tuple[str, str, str]] = field(default_factory=list)

    # -- what a test does to it

    def put(self, type: str, properties: Properties, model: Properties | None = None) -> str:
        """Create a resource, listed under `model`; its identifier."""
        held = self.resources.setdefault(type, {})
        identifier, kept = made(type, properties, len(held) + 1, model or {})
        assert identifier not in held, identifier
        held[identifier] = kept
        self.models[type, identifier] = dict(model or {})
        return identifier

    def trouble(self, operation: str, type: str, fault: Fault, times: int | None = None, after: int = 0) -> None:
        self.troubles[operation, type] = Trouble(fault, times, after)

    def session(self) -> boto3.Session:
        """A session whose Cloud Control is this double."""
        own = botocore.session.Session()
        own.register_component("data_loader", LOADER)
        session = boto3.Session("testing", "testing", region_name="us-east-1", botocore_session=own)
        session.events.register("before-send.cloudcontrol", self._answer)
        return session

    # -- what boto3 does to it

    def _answer(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        operation = _text(request.headers["X-Amz-Target"]).rpartition(".")[2]
        body = json.loads(_text(request.body))
        region = request.url.split(".")[1]
        _check(body, MODEL.operation_model(operation).input_shape)
        self.calls.append((region, operation, body["TypeName"]))
        try:
            answer = getattr(self, f"_{operation}")(**body)
        except Fault as fault:
            return _response(request.url, 400, {"__type": f"com.amazon#{fault.code}", "Message": fault.message})
        _check(answer, MODEL.operation_model(operation).output_shape)
        return _response(request.url, 200, answer)

    def _ListResources(
        self, TypeName: str, ResourceModel: str = "{}", NextToken: str = "0", MaxResults: int = 100
    ) -> Properties:
        schema = self._handler("ListResources", TypeName, "list")
        model = json.loads(ResourceModel)
        _check_model(TypeName, schema["handlers"]["list"].get("handlerSchema", {}), model)
        held = [
            {"Identifier": identifier, "Properties": json.dumps(self._identity(schema, properties) or {"Id": 0})}
            for identifier, properties in self.resources.get(TypeName, {}).items()
            if model.items() >= self.models[TypeName, identifier].items()
        ]
        start, size = int(NextToken), min(self.page_size, MaxResults)
        answer: Properties = {"TypeName": TypeName, "ResourceDescriptions": held[start : start + size]}
        if start + size < len(held):
            answer["NextToken"] = str(start + size)
        return answer

    def _GetResource(self, TypeName: str, Identifier: str) -> Properties:
        self._handler("GetResource", TypeName, "read")
        properties = self.resources.get(TypeName, {}).get(Identifier)
        if properties is None:
            raise Fault("ResourceNotFoundException", f"{TypeName} {Identifier} was not found", "NotFound")
        text = self.raw.get((TypeName, Identifier)) or json.dumps(properties)
        return {"TypeName": TypeName, "ResourceDescription": {"Identifier": Identifier, "Properties": text}}

    def _handler(self, operation: str, type: str, handler: str) -> Mapping[str, Any]:
        if not TYPE_NAME.fullmatch(type):
            raise Fault("InvalidRequestException", f"{type} is no type name")
        schema = schema_of(type)
        if schema is None:
            raise Fault("TypeNotFoundException", f"The type {type} cannot be found.")
        if handler not in (schema.get("handlers") or {}):
            raise Fault("UnsupportedActionException", f"Resource type {type} does not support {handler.upper()} action")
        trouble = self.troubles.get((operation, type))
        if trouble is not None and trouble.after:
            trouble.after -= 1
        elif trouble is not None and trouble.times != 0:
            if trouble.times is not None:
                trouble.times -= 1
            raise trouble.fault
        return schema

    @staticmethod
    def _identity(schema: Mapping[str, Any], properties: Properties) -> Properties:
        """What a list tells of a resource: often no more than its identifier."""
        names = [pointer.split("/")[2] for pointer in schema["primaryIdentifier"]]
        return {name: properties[name] for name in names if name in properties}


def _check_model(type: str, schema: Mapping[str, Any], model: Properties) -> None:
    ways = [set(way["required"]) for way in (*schema.get("oneOf", ()), *schema.get("anyOf", ()))] or [set()]
    required = set(schema.get("required", ()))
    if not any(model.keys() >= required | way for way in ways):
        raise Fault("InvalidRequestException", f"Missing or invalid ResourceModel property for {type}: {schema}")


def _forget(value: Any, steps: list[str]) -> None:
    """Takes a write-only property out; lists are stepped through, with a star or without."""
    if isinstance(value, list):
        for element in value:
            _forget(element, steps[1:] if steps[0] in ("*", "items") else steps)
    elif isinstance(value, dict):
        if len(steps) == 1:
            value.pop(steps[0], None)
        else:
            _forget(value.get(steps[0]), steps[1:])


def _named(properties: Properties, steps: list[str], number: int) -> str:
    """The value of an identifier's property, made up where nobody gave it."""
    for step in steps[:-1]:
        properties = properties.setdefault(step, {})
    return str(properties.setdefault(steps[-1], f"{steps[-1].lower()}-{number:04}"))


def _check(value: Properties, shape: Any) -> None:
    report = ParamValidator().validate(value, shape)
    assert not report.has_errors(), report.generate_report()
    unknown = value.keys() - shape.members.keys()
    assert not unknown, f"{shape.name} has no {unknown}"


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


class _Body:
    """The body of an answer, as botocore reads it."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.content


def _response(url: str, status: int, body: Properties) -> AWSResponse:
    headers = {"Content-Type": "application/x-amz-json-1.0"}
    return AWSResponse(url, status, headers, _Body(json.dumps(body).encode()))
