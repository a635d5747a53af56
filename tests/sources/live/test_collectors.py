"""Every collector against an account: a template that is deployed, calls that are made, or answers as documented.

The cases are in `cases/<service>.yaml`, by type:

    - name: what is shown
      template: {Subject: {Type: ..., Properties: {...}}, ...}   deployed by moto's CloudFormation; what the template
      differs: {Path: why moto's answer is not AWS's}            says of `Subject`, the account has to say
    - name: ...
      calls: [{s3.create_bucket: {Bucket: shop}}, ...]           made by boto3 in moto; `as: x` names an answer, which
      expect: {Path.In.Model: value}                             later calls use as "{x.Member}"; null is absent
    - name: ...
      answers: {cloudfront.list_distributions: [page, ...]}      for what moto does not have: the documented answers,
      expect: {...}                                              checked against botocore's models
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore.model import ListShape, MapShape, Shape, StructureShape
from moto import mock_aws
from moto.moto_api._internal import moto_api_backend

from mainstay.catalog import load, load_shapes
from mainstay.model.resources import Resource
from mainstay.model.values import ABSENT, Record, Unknown, Value, is_known
from mainstay.sources import Options, read
from mainstay.sources.live.api import Api
from mainstay.sources.live.calls import Caller, Failed
from mainstay.sources.live.collecting import GLOBAL, Collecting
from mainstay.sources.live.collectors import load_collectors
from mainstay.sources.live.filling import fill
from mainstay.sources.live.reading import Account
from mainstay.sources.spelling import Spelling, load_tables
from mainstay.verbs.judging import reads_by_type

ACCOUNT, REGION = "123456789012", "eu-west-1"
CASES = Path(__file__).parent / "cases"
TOOL = Path(__file__).parents[3] / "tools/check_collectors.py"


def _tool() -> Any:
    spec = importlib.util.spec_from_file_location("check_collectors", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


check_collectors = _tool()


def _cases() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for file in sorted(CASES.glob("*.yaml")):
        for type, cases in yaml.safe_load(file.read_text(encoding="utf-8")).items():
            for case in cases:
                yield type, case


CASE_LIST = list(_cases())


class _Session(boto3.Session):
    """Makes one client a service and region: to make one takes longer than a case."""

    def client(self, service_name: str, region_name: str | None = None, **options: Any) -> Any:  # type: ignore[override]
        region = region_name or self.region_name
        if (service_name, region) not in self._made:
            self._made[service_name, region] = super().client(service_name, region, **options)  # type: ignore[call-overload]
        return self._made[service_name, region]

    @cached_property
    def _made(self) -> dict[tuple[str, str | None], Any]:
        return {}


@pytest.fixture(scope="module")
def clients() -> Iterator[_Session]:
    """An account of moto's and its clients, for all cases."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setenv("MOTO_ACCOUNT_ID", ACCOUNT)
        patch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")  # a thousand images, made anew for every case
        with mock_aws():
            yield _Session(region_name=REGION)


@pytest.fixture
def session(clients: _Session) -> _Session:
    """The account with nothing in it."""
    moto_api_backend.reset()
    return clients


@cache
def _spelling() -> Spelling:
    collectors = load_collectors()
    live = {type: collector.table for type, collector in collectors.items()}
    return Spelling(load_shapes(), reads_by_type(load().controls), replace(load_tables(), live=live))


def _collected(type: str, caller: Caller) -> list[Resource]:
    """What the collector that makes the type finds of it."""
    collectors = load_collectors()
    collector = next(one for one in collectors.values() if type in one.types)
    account = Account(Collecting(caller, lambda _: ()), _spelling(), collectors, [REGION])
    region = GLOBAL if collector.reach == "global" else REGION
    [unit] = [unit for unit in account.units([collector.type]) if unit.region == region]
    found = account.read(unit)
    assert not found.gaps, found.gaps
    return [resource for resource in found.resources if resource.type == type]


@pytest.mark.parametrize("type", load_collectors())
def test_every_call_and_name_of_a_collector_exists(type: str) -> None:
    assert check_collectors.check(load_collectors()[type]) == []


def test_every_collector_has_a_case() -> None:
    shown = {type for type, _ in CASE_LIST}
    assert sorted(type for type, one in load_collectors().items() if not shown & one.types) == []


@pytest.mark.parametrize(("type", "case"), CASE_LIST, ids=[f"{type}: {case['name']}" for type, case in CASE_LIST])
def test_a_collector_sees_what_is_there(
    type: str, case: Mapping[str, Any], tmp_path: Path, session: boto3.Session
) -> None:
    if "answers" in case:
        _expect(type, case, _collected(type, _Recorded(case["answers"])))
    elif "template" in case:
        _deployed(type, case, session, tmp_path)
    else:
        _make(case["calls"], session)
        _expect(type, case, _collected(type, Api(session, ACCOUNT)))


def _make(calls: list[dict[str, Any]], session: boto3.Session) -> None:
    known: dict[str, Any] = {"account": ACCOUNT, "region": REGION}
    for call in calls:
        name = call.pop("as", None) if "as" in (call := dict(call)) else None
        [(operation, parameters)] = call.items()
        service, _, method = operation.rpartition(".")
        answer = getattr(session.client(service), method)(**fill(parameters or {}, known))  # type: ignore[call-overload]
        if name:
            known[name] = answer


def _expect(type: str, case: Mapping[str, Any], found: list[Resource]) -> None:
    at = case.get("which", {})
    chosen = [one for one in found if all(_at(one.properties, path) == value for path, value in at.items())]
    assert len(chosen) == 1, [one.address for one in found]
    for path, value in case["expect"].items():
        got = _at(chosen[0].properties, path)
        assert _loose(got) == _loose(value), f"{path} is {got!r}"
    for name in case.get("names", ()):
        assert name in chosen[0].names


def _deployed(type: str, case: Mapping[str, Any], session: boto3.Session, tmp_path: Path) -> None:
    """The template's own view of the subject and the account's have to agree, but for what is listed."""
    text = json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": case["template"]}, default=str)
    file = tmp_path / "template.json"
    file.write_text(text, encoding="utf-8")
    options = Options(region=REGION, account=ACCOUNT)
    [scope] = read([file], options, _spelling())
    before = _collected(type, Api(session, ACCOUNT))
    session.client("cloudformation").create_stack(StackName="case", TemplateBody=text)
    known = {one.address for one in before}
    at = case.get("which", {})
    made = [one for one in _collected(type, Api(session, ACCOUNT)) if one.address not in known]
    after = [one for one in made if all(_at(one.properties, path) == value for path, value in at.items())]
    [wanted] = [one for one in scope.resources if one.address == "Subject" or one.address.startswith("Subject.")]
    assert len(after) == 1, [one.address for one in after]
    differing = dict(_differences("", wanted.properties, after[0].properties))
    listed = case.get("differs", {})
    assert {path: both for path, both in differing.items() if path not in listed} == {}
    assert sorted(set(listed) - set(differing)) == [], "these do not differ any more"
    for path, value in case.get("expect", {}).items():
        assert _loose(_at(after[0].properties, path)) == _loose(value)


def _differences(path: str, wanted: Value, found: Value) -> Iterator[tuple[str, tuple[Value, Value]]]:
    """Where the account says something else than the template, by path; what the template leaves open is not asked."""
    if isinstance(wanted, Unknown):
        return
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key, value in wanted.items():
            inner = found.get(key, ABSENT)
            yield from _differences(f"{path}.{key}".lstrip("."), value, inner)
    elif isinstance(wanted, list) and isinstance(found, list) and any(isinstance(one, dict) for one in wanted):
        there = [one for one in found if not str(_at(one, "Key")).startswith("aws:")]
        alike = (any(not list(_differences("", one, other)) for other in there) for one in wanted)
        if len(wanted) != len(there) or not all(alike):
            yield path, (wanted, found)
    elif is_known(wanted) and _loose(wanted) != _loose(found):
        yield path, (wanted, found)


def _loose(value: Value) -> Any:
    """A value as the model compares it: no order in lists, numbers and booleans as they are written."""
    if value is ABSENT or value is None or value == [] or value == {}:
        return None
    if isinstance(value, dict):
        return {key: inner for key, item in value.items() if (inner := _loose(item)) is not None} or None
    if isinstance(value, list):
        return sorted((_loose(item) for item in value), key=repr)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float | str) else value


def _at(value: Value, path: str) -> Value:
    for step in path.split("."):
        if isinstance(value, list):
            value = value[int(step)] if step.isdigit() and int(step) < len(value) else ABSENT
        elif isinstance(value, dict):
            value = value.get(step, ABSENT)
    return value


class _Recorded:
    """A caller that answers as the documentation says: by the pages of a case, each checked against the model."""

    account, partition = ACCOUNT, "aws"

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = answers

    def pages(
        self, service: str, operation: str, region: str, parameters: Mapping[str, Value], tokens: Any = None
    ) -> Iterator[Record]:
        told = self.answers.get(f"{service}.{operation}")
        assert told is not None, f"the case has no answer to {service}.{operation}"
        model = check_collectors.operation_model(service, operation)
        for page in told if isinstance(told, list) else [told]:
            if "error" in page:
                raise Failed(page["error"], "")
            _fits(model.output_shape, page, operation)
            yield _records(page)


def _fits(shape: Shape, value: Any, where: str) -> None:
    if isinstance(shape, StructureShape):
        assert isinstance(value, dict), where
        for key, inner in value.items():
            assert key in shape.members, f"{where} has no {key}"
            _fits(shape.members[key], inner, f"{where}.{key}")
    elif isinstance(shape, ListShape):
        assert isinstance(value, list), where
        for inner in value:
            _fits(shape.member, inner, where)
    elif isinstance(shape, MapShape):
        for inner in value.values():
            _fits(shape.value, inner, where)
    else:
        wanted = {"boolean": bool, "integer": int, "long": int, "string": str}.get(shape.type_name, object)
        assert isinstance(value, wanted) or value is None, f"{where} is a {shape.type_name}"


def _records(value: Any) -> Any:
    if isinstance(value, dict):
        return Record({key: _records(inner) for key, inner in value.items()})
    return [_records(inner) for inner in value] if isinstance(value, list) else value
