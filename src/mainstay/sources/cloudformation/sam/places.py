"""Gives what the translator made the places of what it was made from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from mainstay.model.places import Mark, Place
from mainstay.model.values import Record, Value
from mainstay.sources.cloudformation.sam.artifacts import not_packaged
from mainstay.sources.cloudformation.sam.translation import REGION, SOURCE

_STAND_IN = re.compile(rf"(?:cn-|us-gov-)?{REGION}")
_CONSTRUCT = "aws:cdk:path"
_TRANSFORM = "AWS::Serverless-2016-10-31"

_OTHER_NAMES = {
    "AttributeDefinitions": ("PrimaryKey",),
    "Body": ("DefinitionBody",),
    "BodyS3Location": ("DefinitionUri",),
    "Code": ("CodeUri", "InlineCode", "ImageUri"),
    "Content": ("ContentUri",),
    "DeadLetterConfig": ("DeadLetterQueue",),
    "DefinitionS3Location": ("DefinitionUri",),
    "DefinitionString": ("Definition",),
    "KeySchema": ("PrimaryKey",),
    "LoggingConfiguration": ("Logging",),
    "ManagedPolicyArns": ("Policies",),
    "Path": ("RolePath",),
    "StateMachineName": ("Name",),
    "StateMachineType": ("Type",),
    "TemplateURL": ("Location",),
    "TracingConfig": ("Tracing",),
    "TracingConfiguration": ("Tracing",),
}
"""The names that SAM has for properties that CloudFormation calls otherwise."""

_PARTS = {
    "AWS::CodeDeploy::DeploymentGroup": "DeploymentPreference",
    "AWS::Lambda::EventInvokeConfig": "EventInvokeConfig",
    "AWS::Lambda::Url": "FunctionUrlConfig",
}
"""The property of a SAM resource that a resource of another type is made from."""

_IMPLICIT = {"ServerlessRestApi": "Api", "ServerlessHttpApi": "HttpApi"}
"""The APIs that SAM makes for all the events of a type that name none."""


class Sources:
    """A SAM template, asked for what in it stands behind a piece of the translated one."""

    def __init__(self, body: Record, resources: Record, transform: Place | None) -> None:
        self.body = body
        self.resources = resources
        self.transform = transform

    def section(self, name: str, made: Mapping[str, Value]) -> Record:
        """A section of the translated template, such as Outputs."""
        result = lay(made, self.body.get(name), self.body.marks.get(name) or self.transform)
        return result if isinstance(result, Record) else Record()

    def _resources(self, made: Mapping[str, Value]) -> Iterator[tuple[str, Record, Mark | None, str]]:
        """The translated resources in the order of their sources: id, entry, mark, and SAM type where they have one."""
        order = {name: number for number, name in enumerate(self.resources)}
        behind = {name: self.behind(name, entry) for name, entry in made.items()}
        for name in sorted(made, key=lambda one: (order.get(behind[one] or "", len(order)), behind[one] != one)):
            source = self.resources.get(behind[name] or "")
            mark = self.resources.marks.get(behind[name] or "") or self.transform
            kind = str(source.get("Type")) if isinstance(source, Record) else _TRANSFORM
            serverless = kind.startswith("AWS::Serverless")
            yield name, self.entry(name, made[name], behind[name], mark), mark, kind if serverless else ""

    def translated(self, made: Mapping[str, Value]) -> tuple[Record, dict[str, str]]:
        """The translated resources with their places, and the SAM types of those that came from one."""
        result = Record((), self.resources.place, {})
        marks: dict[str, Mark] = {}
        types: dict[str, str] = {}
        for name, entry, mark, kind in self._resources(made):
            result[name] = entry
            if mark is not None:
                marks[name] = mark
            if kind:
                types[name] = kind
        result.marks = marks
        return result, types

    def behind(self, name: str, entry: Value) -> str | None:
        """The source's resource that a translated one was made from: as it says itself, or by its name."""
        metadata = entry.get("Metadata") if isinstance(entry, dict) else None
        told = metadata.get(SOURCE) if isinstance(metadata, dict) else None
        if told in self.resources:
            return str(told)
        if name in self.resources:
            return name
        for prefix, event in _IMPLICIT.items():
            if name.startswith(prefix):
                return next((one for one in self.resources if self.has_event(one, event)), None)
        owners = [one for one, entry in self.resources.items() if name.startswith(one) and _is_serverless(entry)]
        return max(owners, key=len, default=None)

    def has_event(self, name: str, kind: str) -> bool:
        properties = _record(_record(self.resources[name]).get("Properties"))
        events = _record(properties.get("Events")).values()
        return any(isinstance(event, dict) and event.get("Type") == kind for event in events)

    def entry(self, name: str, made: Value, behind: str | None, mark: Mark | None) -> Record:
        """A translated resource with its places."""
        source = self.resources.get(behind or "")
        own = source if isinstance(source, Record) else Record((), _place(mark))
        entry = dict(made) if isinstance(made, dict) else {}
        entry.pop("Metadata", None)
        metadata = own.get("Metadata")
        if metadata is not None and behind == name:
            entry["Metadata"] = metadata
        elif isinstance(metadata, Record) and _CONSTRUCT in metadata:
            entry["Metadata"] = Record({_CONSTRUCT: metadata[_CONSTRUCT]}, metadata.place, metadata.marks)
        if not _is_serverless(own):
            result = lay(entry, own, mark)
            return result if isinstance(result, Record) else Record()
        properties, at = self.behind_properties(name, entry, behind or "", own, own.marks.get("Properties") or mark)
        marks = {key: own.marks.get(key) or mark for key in entry}
        result = Record((), own.place, {key: at for key, at in marks.items() if at is not None})
        for key, value in entry.items():
            result[key] = lay(value, properties, at) if key == "Properties" else lay(value, own.get(key), marks[key])
        return result

    def behind_properties(
        self, name: str, made: Mapping[str, Value], behind: str, own: Record, mark: Mark | None
    ) -> tuple[Record, Mark | None]:
        """What the properties of a translated resource may come from, and where those stand that come from none."""
        shared = _record(self.body.get("Globals")).get(str(own.get("Type")).removeprefix("AWS::Serverless::"))
        properties = merged(_record(shared), _record(own.get("Properties")))
        part = properties.get(_PARTS.get(str(made.get("Type")), ""))
        if isinstance(part, Record):
            return part, properties.marks.get(_PARTS[str(made.get("Type"))]) or mark
        events = _record(properties.get("Events"))
        if name != behind:
            for event in sorted(events, key=len, reverse=True):
                if name.startswith(behind + event):
                    return _renamed(_record(_record(events[event]).get("Properties"))), events.marks.get(event) or mark
        return _renamed(properties), mark


def merged(shared: Record, own: Record) -> Record:
    """What SAM makes of Globals and a resource's own properties: maps together, lists one after the other."""
    result = Record({**shared, **own}, own.place, {**shared.marks, **own.marks})
    for key, value in own.items():
        other = shared.get(key)
        if isinstance(other, Record) and isinstance(value, Record):
            result[key] = merged(other, value)
        elif isinstance(other, list) and isinstance(value, list):
            result[key] = [*other, *value]
    return result


def lay(made: Value, source: Value, mark: Mark | None) -> Value:
    """A made value with the places of its source; `mark` is the place of what stands in no source."""
    if isinstance(made, str):
        return not_packaged(made, _place(mark)) or _with_region(made, mark)
    if source is not None and made == source and isinstance(made, dict | list):
        return source
    if isinstance(made, list):
        return [lay(value, *_beside(value, number, source, mark)) for number, value in enumerate(made)]
    if not isinstance(made, dict):
        return made
    own = _record(source)
    marks: dict[str, Mark] = {}
    result = Record((), own.place or _place(mark), marks)
    for key, value in made.items():
        at = own.marks.get(key) or mark
        if at is not None:
            marks[key] = at
        result[key] = _substituted(value) if key == "Fn::Sub" else lay(value, own.get(key), at)
    return result


def _with_region(text: str, mark: Mark | None) -> Value:
    """A text; where the stand-in for the region is in it, a function that puts the region there."""
    if REGION not in text:
        return text
    return Record({"Fn::Sub": _STAND_IN.sub("${AWS::Region}", text.replace("${", "${!"))}, _place(mark))


def _substituted(arguments: Value) -> Value:
    """What `Fn::Sub` is given, with the region where its stand-in is."""
    if isinstance(arguments, str):
        return _STAND_IN.sub("${AWS::Region}", arguments)
    return [_substituted(one) for one in arguments] if isinstance(arguments, list) else arguments


def _beside(value: Value, number: int, source: Value, mark: Mark | None) -> tuple[Value, Mark | None]:
    """The element of a source that an element of a list was made from, and where it stands."""
    if isinstance(source, list):
        same = [one for one in source if one == value]
        return (same[0] if same else source[number] if number < len(source) else None), mark
    if isinstance(source, Record) and isinstance(value, dict):
        return None, source.marks.get(str(value.get("Key"))) or mark  # tags are a map in SAM
    return None, mark


def _renamed(properties: Record) -> Record:
    """The properties under CloudFormation's names too."""
    result = Record(properties, properties.place, dict(properties.marks))
    marks = dict(properties.marks)
    for name, others in _OTHER_NAMES.items():
        for other in others:
            if other in properties and name not in properties:
                result[name] = properties[other]
                if other in properties.marks:
                    marks[name] = properties.marks[other]
    result.marks = marks
    return result


def _is_serverless(entry: Value) -> bool:
    return isinstance(entry, dict) and str(entry.get("Type")).startswith("AWS::Serverless::")


def _record(value: Value) -> Record:
    return value if isinstance(value, Record) else Record()


def _place(mark: Mark | None) -> Place | None:
    return mark if isinstance(mark, Place) else None
