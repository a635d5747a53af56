"""An account that answers every call of every collector: by botocore's models of the answers, then disturbed."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape
from tests.fuzzed.odd import disturb

from mainstay.catalog import load_shapes
from mainstay.model.shapes import Shape as Form
from mainstay.model.values import Record, Value
from mainstay.sources.live.calls import Failed, Refused, Unavailable

ACCOUNT, REGION = "123456789012", "eu-west-1"
DEEPEST = 7
POLICY = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:*", '
    '"Resource": "arn:aws:s3:::x/*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}'
)


@cache
def models(service: str) -> tuple[ServiceModel, Mapping[str, str]]:
    """A service's model, and its operations by the names of boto3's methods."""
    model = botocore.session.Session().get_service_model(service)
    return model, {xform_name(name): name for name in model.operation_names}


class Odd:
    """Answers any call; the same call of the same seed alike. `oddness` is the share of answers that are disturbed."""

    account, partition = ACCOUNT, "aws"

    def __init__(self, seed: int, oddness: float = 0.3) -> None:
        self.seed = seed
        self.oddness = oddness

    def pages(
        self,
        service: str,
        operation: str,
        region: str,
        parameters: Mapping[str, Value],
        tokens: tuple[str, str] | None = None,
    ) -> Iterator[Record]:
        asked = json.dumps(parameters, sort_keys=True, default=str)
        chance = random.Random(f"{self.seed} {service} {operation} {region} {asked}")
        for _ in range(chance.choice((1, 1, 1, 2, 0))):
            page = self.page(chance, service, operation, parameters)
            if chance.random() < self.oddness:
                page = disturb(page, chance, chance.randrange(1, 6))
            yield page if isinstance(page, Record) else Record()
        if chance.random() < self.oddness / 4:
            message = chance.choice(
                ("", "is not authorized to perform: s3:X", "HandlerErrorCode: AccessDenied", "\ud800")
            )
            raise chance.choice((Refused, Failed, Unavailable))("Odd", message)

    def page(self, chance: random.Random, service: str, operation: str, parameters: Mapping[str, Value]) -> Record:
        if service == "cloudcontrol":
            return _described(chance, operation, parameters)
        if (service, operation) == ("config", "select_aggregate_resource_config"):
            return Record({"Results": [_recorded(chance, str(parameters["Expression"])) for _ in range(2)]})
        model, names = models(service)
        shape = model.operation_model(names[operation]).output_shape
        made = _answer(chance, shape, "") if shape is not None else Record()
        return made if isinstance(made, Record) else Record()


def _answer(chance: random.Random, shape: Shape, name: str, depth: int = 0) -> Value:
    if isinstance(shape, StructureShape):
        members = shape.members.items() if depth < DEEPEST else ()
        return Record({key: _answer(chance, inner, key, depth + 1) for key, inner in members if chance.random() < 0.85})
    if isinstance(shape, ListShape):
        count = 0 if depth >= DEEPEST else chance.choice((0, 1, 1, 2)) if depth > 1 else 2
        return [_answer(chance, shape.member, name, depth + 1) for _ in range(count)]
    if isinstance(shape, MapShape):
        return Record({chance.choice(("Owner", "a", "b")): _answer(chance, shape.value, name, depth + 1)})
    if shape.type_name == "boolean":
        return chance.random() < 0.5
    if shape.type_name in ("integer", "long", "float", "double"):
        return chance.randrange(100)
    if shape.type_name == "timestamp":
        return "2026-11-01T10:00:00+00:00"
    enum = getattr(shape, "enum", None)
    return chance.choice(enum) if enum else _text(chance, name)


def _text(chance: random.Random, name: str) -> str:
    if "Policy" in name or "Document" in name:
        return chance.choice((POLICY, "orders"))
    if name.lower().endswith("arn"):
        return f"arn:aws:service:{REGION}:{ACCOUNT}:thing/{chance.randrange(9)}"
    return chance.choice((f"name-{chance.randrange(9)}", f"vpc-0123456{chance.randrange(9)}", REGION, "10.0.0.0/16"))


def _described(chance: random.Random, operation: str, parameters: Mapping[str, Value]) -> Record:
    """What Cloud Control says of a type, by its schema; the properties are text, and disturbed before they are."""
    form = load_shapes().get(str(parameters.get("TypeName")), "json")

    def one() -> Record:
        properties = disturb(_formed(chance, form), chance, chance.randrange(4))
        return Record({"Identifier": f"id-{chance.randrange(9)}", "Properties": _json(chance, properties)})

    if operation == "get_resource":
        return Record({"TypeName": str(parameters.get("TypeName")), "ResourceDescription": one()})
    return Record({"TypeName": str(parameters.get("TypeName")), "ResourceDescriptions": [one(), one()]})


def _recorded(chance: random.Random, query: str) -> str:
    """What AWS Config has recorded of a resource of the type that a query asks for."""
    type = query.split("'")[1]
    item = Record({
        "resourceId": "r-1", "resourceName": "orders", "resourceType": type, "accountId": ACCOUNT, "awsRegion": REGION,
        "arn": f"arn:aws:x:{REGION}:{ACCOUNT}:r-{chance.randrange(9)}", "tags": [Record({"key": "a", "value": "b"})],
        "configuration": _formed(chance, load_shapes()[type]),
    })  # fmt: skip
    return _json(chance, disturb(item, chance, chance.randrange(5)))


def _json(chance: random.Random, value: Value) -> str:
    text = json.dumps(value)
    cut = chance.random() < 0.05
    return text[: chance.randrange(len(text) + 1)] if cut else text


def _formed(chance: random.Random, form: Form, depth: int = 0) -> Value:
    if isinstance(form, str):
        plain = {"boolean": True, "integer": 3, "number": 0.5, "string": "x"}
        return plain.get(form, Record({"Statement": []}))
    if isinstance(form, Mapping):
        names = [name for name in form if depth < 4 and chance.random() < 0.6]
        return Record({"a" if name == "*" else name: _formed(chance, form[name], depth + 1) for name in names})
    return [_formed(chance, form[0], depth + 1)] if depth < 4 else []


class NoAccount:
    """As much of an embedded account as reading a template asks for: it has no parameters."""

    id, region = ACCOUNT, REGION

    def client(self, service: str) -> Any:
        return self

    def get_parameter(self, Name: str) -> Any:
        raise ClientError({"Error": {"Code": "ParameterNotFound", "Message": Name}}, "GetParameter")
