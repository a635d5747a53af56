"""What the tests of exports share: the catalogue, its examples as resources of a template, and what mainstay says."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mainstay.catalog import load, load_shapes
from mainstay.engine import evaluate
from mainstay.exports import EXPORTS
from mainstay.model.controls import Control, Example
from mainstay.model.resources import Origin, Resource
from mainstay.model.values import Record
from mainstay.sources.spelling import Spelling

CONTROLS = load().controls
ELSEWHERE = {"related", "derived", "raw"}
NEVER = "NeverTrue"
PARTS = 12


@dataclass(frozen=True)
class Exports:
    """One format: the controls that it says, by id, and the text for a choice of them."""

    format: str
    controls: Mapping[str, Control]

    def text(self, controls: Sequence[Control]) -> str:
        stream = io.StringIO()
        assert EXPORTS[self.format](controls, stream) == []
        return stream.getvalue()

    def by_type(self) -> dict[str, list[Control]]:
        found: dict[str, list[Control]] = {}
        for control in self.controls.values():
            for type in control.applies_to:
                found.setdefault(type, []).append(control)
        return found


class Judge:
    """What mainstay says of a resource that a template declares with these properties."""

    def __init__(self) -> None:
        self.spelling = Spelling(load_shapes())

    def fails(self, controls: Sequence[Control], type: str, properties: Record) -> frozenset[str]:
        resource = Resource(type, "it", properties, Origin("example", "", None), Record())
        findings = evaluate(controls, [self.spelling.with_defaults(resource)], datetime.now(UTC))
        return frozenset(finding.control.id for finding in findings if finding.verdict == "fail")


def exports_of(format: str) -> Exports:
    left = {one.control for one in EXPORTS[format](CONTROLS, io.StringIO())}
    return Exports(format, {control.id: control for control in CONTROLS if control.id not in left})


def examples_of(control: Control, type: str) -> Iterator[tuple[Example, Record]]:
    """The examples that are one resource of a template: nothing stands beside them."""
    for example in control.examples:
        if example.type == type and not ELSEWHERE & set(example.properties):
            yield example, without_nulls(example.properties)


def hidden_parts(control: Control, type: str) -> dict[str, Any]:
    """Resources that pass in truth, by name: the longest example, parts of it in turn made by a function."""
    passing = [properties for example, properties in examples_of(control, type) if example.verdict == "pass"]
    longest = max(passing, key=lambda properties: len(repr(properties)), default={})
    found = list(made_by_functions(longest))
    return {
        f"{control.id}/{at}": {"Type": type, "Properties": properties}
        for at, properties in enumerate(found[:: 1 + len(found) // PARTS])
    }


def has_examples(control: Control) -> bool:
    """Whether it is shown both to pass and to fail."""
    verdicts = {example.verdict for type in control.applies_to for example, _ in examples_of(control, type)}
    return verdicts == {"pass", "fail"}


def without_nulls(value: Any) -> Any:
    """What a template can say: CloudFormation refuses null."""
    if isinstance(value, dict):
        return Record({name: without_nulls(child) for name, child in value.items() if child is not None})
    return [without_nulls(child) for child in value if child is not None] if isinstance(value, list) else value


def made_by_functions(value: Any) -> Iterator[Any]:
    """The value with each of its parts, one at a time, made by an intrinsic function that in truth gives that part."""
    if isinstance(value, dict):
        for name, child in value.items():
            for other in (hidden(child), *made_by_functions(child)):
                yield {**value, name: other}
    elif isinstance(value, list):
        for at, child in enumerate(value):
            for other in (hidden(child), *made_by_functions(child)):
                yield [*value[:at], other, *value[at + 1 :]]


def hidden(value: Any) -> Any:
    return {"Fn::If": [NEVER, {"Ref": "AWS::NoValue"}, value]}


PIECES = {
    "Web": {
        "Type": "AWS::EC2::SecurityGroup",
        "Properties": {
            "GroupDescription": "web servers",
            "SecurityGroupIngress": [
                {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8", "Description": "inside"}
            ],
        },
    },
    "Shell": {
        "Type": "AWS::EC2::SecurityGroupIngress",
        "Properties": {
            "GroupId": {"Fn::GetAtt": ["Web", "GroupId"]},
            "IpProtocol": "tcp",
            "FromPort": 22,
            "ToPort": 22,
            "CidrIp": "0.0.0.0/0",
            "Description": "administration",
        },
    },
}
"""A security group that is well by itself, and a rule of it, a resource of its own, that is not."""
