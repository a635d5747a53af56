"""Deploys templates into the sandbox: reads and evaluates a template, and hands it to the account."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mainstay.model.errors import DataError, Fault, UsageError
from mainstay.model.places import Place
from mainstay.model.resources import Resource
from mainstay.model.values import ABSENT, Document, Encoded, Record, Ref, Text, Unknown, Value
from mainstay.sandbox import Account, Declared, Deployment, Template, is_loopback
from mainstay.sandbox import deploy as put
from mainstay.sandbox.state import state_file, told
from mainstay.sources.cloudformation.functions import ZONES
from mainstay.sources.cloudformation.options import Options
from mainstay.sources.cloudformation.reading import Reading
from mainstay.sources.cloudformation.stack import Stack
from mainstay.sources.cloudformation.template import NESTED_STACK

MAX_BYTES = 1_048_576
"""How large a template CloudFormation takes."""

_SSM = "AWS::SSM::Parameter::Value<"
_ZONE = re.compile(re.escape(ZONES) + r"\((.*)\)\[(\d+)\]")
_PSEUDO = {"stack.name": "AWS::StackName", "stack.id": "AWS::StackId"}
_ATTRIBUTES = ("DeletionPolicy", "UpdateReplacePolicy")
_NOT_A_NAME = re.compile(r"[^A-Za-z0-9-]+")


def running(environ: Mapping[str, str] = os.environ) -> Account:
    """The sandbox that runs: the one that `AWS_ENDPOINT_URL` names, or the one that the state file does."""
    endpoint = environ.get("AWS_ENDPOINT_URL", "")
    if endpoint and "://" not in endpoint:
        raise UsageError(f"AWS_ENDPOINT_URL is {endpoint}, which is no URL: it begins with http://")
    if endpoint and not is_loopback(endpoint):
        raise UsageError(f"AWS_ENDPOINT_URL is {endpoint}, which is not on this machine: that is no sandbox")
    account = Account(endpoint, environ.get("AWS_REGION") or "us-east-1") if endpoint else told()
    if account is None:
        raise UsageError("no sandbox runs: start one with: mainstay sandbox start")
    if not account.answers():
        where = "AWS_ENDPOINT_URL" if endpoint else str(state_file())
        raise UsageError(f"no sandbox answers at {account.endpoint}, which {where} names")
    return account


def deploy(
    account: Account, path: Path, parameters: Mapping[str, str] | None = None, stack: str | None = None
) -> Deployment:
    """Put the template at `path` into the account, as the stack of this name or of the file's.

    Raises UsageError and DataError where the template cannot be read, or leaves something open. What moto cannot hold
    is in the deployment's shortfalls.
    """
    return put(account, read_template(account, path, parameters or {}), stack or stack_name(path))


def stacks(account: Account) -> dict[str, str]:
    """The stacks in the account, and how each of them is."""
    pages = account.client("cloudformation").get_paginator("describe_stacks").paginate()
    return {stack["StackName"]: stack["StackStatus"] for page in pages for stack in page["Stacks"]}


def stack_name(path: Path) -> str:
    """The name of a stack that nobody has named: the file's."""
    name = _NOT_A_NAME.sub("-", path.stem).strip("-")
    return name if name[:1].isalpha() else f"stack-{name}".rstrip("-")


def read_template(account: Account, path: Path, parameters: Mapping[str, str]) -> Template:
    """A template with its parameters put in, its conditions decided and its functions worked out."""
    shown = str(path)
    _check_file(path)
    options = Options(dict(parameters), account.region, account.id)
    reading = Reading(shown, path.resolve().parent, options)
    loaded = reading.load(path, shown)
    if loaded.complete and not isinstance(loaded.value, Record):
        raise DataError([Fault("a template has to be a map", Place(shown, 1, 1))])
    if not isinstance(loaded.value, Record):
        raise DataError([Fault(gap.reason, gap.place) for gap in reading.gaps])
    declared = loaded.value.get("Parameters")
    _check_parameters(parameters, declared if isinstance(declared, dict) else {}, shown)
    stack = Stack(reading, path.resolve(), shown, loaded.value, dict(parameters))
    stack.evaluator.parameters.update(_from_parameter_store(account, declared, parameters))
    # the reader leaves user data readable; an account has it encoded
    stack.evaluator.special["Fn::Base64"] = lambda value, place, assume: {
        "Fn::Base64": stack.evaluator.evaluate(value, place, assume)
    }
    resources = list(stack.read_all())
    if not resources:
        reading.note("syntax", "the template has no resources", Place(shown, 1, 1))
    if reading.gaps:
        raise DataError([Fault(gap.reason, gap.place) for gap in reading.gaps])
    spelling = _Spelling(account.region, {resource.address for resource in resources})
    made = tuple(spelling.declared(resource) for resource in resources if resource.type != NESTED_STACK)
    outputs = {name: spelling.spelled(stack.output(name, None)) for name, _ in _outputs(stack)}
    if spelling.faults:
        raise DataError(list(dict.fromkeys(spelling.faults)))
    return Template(made, outputs, str(stack.body.get("Description") or ""))


def _check_file(path: Path) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    if size > MAX_BYTES:
        raise UsageError(f"{path} has {size:,} bytes, and CloudFormation takes templates of up to {MAX_BYTES:,}")


def _check_parameters(given: Mapping[str, str], declared: Mapping[str, Value], shown: str) -> None:
    unknown = [name for name in given if name not in declared]
    if unknown:
        known = ", ".join(declared) or "none"
        raise UsageError(f"{shown} has no parameter {unknown[0]} (it has: {known})")
    for name, text in given.items():
        entry = declared[name]
        allowed = entry.get("AllowedValues") if isinstance(entry, dict) else None
        if not isinstance(entry, dict) or not isinstance(allowed, list):
            continue
        words = [str(value).lower() if isinstance(value, bool) else str(value) for value in allowed]
        several = "List" in str(entry.get("Type"))
        for value in [part.strip() for part in text.split(",")] if several else [text]:
            if value not in words:
                raise UsageError(f"parameter {name} cannot be {value!r}: {shown} allows {', '.join(words)}")


def _from_parameter_store(account: Account, declared: Value, given: Mapping[str, str]) -> dict[str, Value]:
    """The values that the template's parameters take from the account's Parameter Store."""
    from botocore.exceptions import ClientError

    values: dict[str, Value] = {}
    for name, entry in declared.items() if isinstance(declared, dict) else ():
        kind = str(entry.get("Type")) if isinstance(entry, dict) else ""
        key = given.get(name, entry.get("Default")) if kind.startswith(_SSM) else None
        if key is None:
            continue
        try:
            found: str = account.client("ssm").get_parameter(Name=str(key))["Parameter"]["Value"]
        except ClientError:
            raise UsageError(f"parameter {name}: the account has no SSM parameter {key}") from None
        values[name] = found.split(",") if "List<" in kind else found
    return values


def _outputs(stack: Stack) -> Iterator[tuple[str, Record]]:
    """The outputs that there are: those without a condition, or with one that holds."""
    for name, entry in stack.output_section.items():
        if isinstance(entry, Record) and stack.existence(entry).sure:
            yield name, entry


class _Spelling:
    """Puts evaluated values back into CloudFormation's words, and collects what stays open."""

    def __init__(self, region: str, addresses: set[str]) -> None:
        self.region = region
        self.addresses = addresses
        self.faults: list[Fault] = []
        self.kinds: dict[type[Unknown], Callable[[Any], Any]] = {
            Ref: self.reference,
            Text: lambda text: {"Fn::Join": ["", [self.spelled(part) for part in text.parts]]},
            Document: lambda document: {"Fn::ToJsonString": self.spelled(document.value)},
            Encoded: lambda encoded: {"Fn::Base64": self.spelled(encoded.plain)},
        }

    def declared(self, resource: Resource) -> Declared:
        if resource.may_exist is not None:
            self.open(resource.may_exist)
        depends = resource.raw.get("DependsOn")
        prefix = resource.address.rpartition("/")[0]
        names = depends if isinstance(depends, list) else [depends]
        return Declared(
            _logical(resource.address),
            resource.type,
            {name: self.spelled(value) for name, value in resource.properties.items() if value is not None},
            tuple(_logical(f"{prefix}/{name}") for name in names if isinstance(name, str)),
            {name: resource.raw[name] for name in _ATTRIBUTES if isinstance(resource.raw.get(name), str)},
        )

    def spelled(self, value: Value) -> Any:
        if isinstance(value, Unknown):
            spell = self.kinds.get(type(value), self.open)
            return spell(value)
        if isinstance(value, dict):
            if isinstance(value, Record) and isinstance(value.rest, Unknown):
                self.open(value.rest)
            return {key: self.spelled(child) for key, child in value.items() if child is not ABSENT}
        if isinstance(value, list):
            return [self.spelled(child) for child in value]
        return value

    def reference(self, value: Ref) -> Any:
        zone = _ZONE.fullmatch(value.path)
        if value.address:
            name = _logical(value.address)
            return {"Ref": name} if value.path == "id" else {"Fn::GetAtt": [name, value.path]}
        if zone is not None:
            return f"{zone[1] or self.region}{chr(ord('a') + int(zone[2]))}"
        return {"Ref": _PSEUDO[value.path]} if value.path in _PSEUDO else self.open(value)

    def open(self, value: Unknown) -> None:
        self.faults.append(Fault(value.reason, value.place, value.settle))


def _logical(address: str) -> str:
    """The logical id of a resource; of one in a nested stack, which is deployed as part of the outer one, the path."""
    return address.replace("/", "")
