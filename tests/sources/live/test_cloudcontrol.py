"""Cloud Control: what it lists and reads, against a double that the schemas make."""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.sources.live.cloudcontrol_double import CloudControlDouble, Fault, made, schema_of

from mainstay.catalog import load, load_shapes
from mainstay.engine import evaluate, reads
from mainstay.model.controls import Control, Example
from mainstay.model.places import Unit
from mainstay.model.resources import Origin, Resource
from mainstay.model.values import Record, Unknown
from mainstay.sources.live.api import Api
from mainstay.sources.live.cloudcontrol import NOT_TOLD, CloudControl, blot_out
from mainstay.sources.live.collecting import GLOBAL
from mainstay.sources.live.reading import Read
from mainstay.sources.live.registry import FILE, load_registry
from mainstay.sources.spelling import Spelling

ROOT = Path(__file__).parents[3]
TOOLS = ROOT / "tools"
PAGE = ROOT / "docs/reference/cloud-control.md"
ACCOUNT, REGION = "123456789012", "eu-west-1"
QUEUE, STAGE, REST_API = "AWS::SQS::Queue", "AWS::ApiGateway::Stage", "AWS::ApiGateway::RestApi"
SYNTHETIC = ("related", "derived", "raw")


def reader(double: CloudControlDouble, **rest: Any) -> CloudControl:
    return CloudControl(Api(double.session(), ACCOUNT), lambda type: ("some-control",), **rest)


def read(double: CloudControlDouble, type: str, region: str = REGION, **rest: Any) -> Read:
    return reader(double).read(Unit(ACCOUNT, region, type), **rest)


def parent(type: str, names: tuple[str, ...] = (), **properties: Any) -> Resource:
    return Resource(type, "parent", Record(properties), Origin("live", ACCOUNT, None), names=frozenset(names))


# -- the registry


@cache
def tool() -> ModuleType:
    sys.path.insert(0, str(TOOLS))
    try:
        spec = importlib.util.spec_from_file_location("build_registry", TOOLS / "build_registry.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(TOOLS))
    return module


def test_the_registry_is_what_the_tool_makes_of_the_pinned_schemas() -> None:
    assert FILE.read_text("utf-8") == tool().text_of(tool().entries(tool().read_schemas(), tool().by_hand()))


def test_what_is_said_by_hand_is_of_types_and_services_that_there_are() -> None:
    registry, by_hand = load_registry(), tool().by_hand()
    services = {name.split("::")[1] for name in registry}
    assert set(by_hand["global"]) <= services
    for name, given in by_hand["parents"].items():
        assert set(given) <= {need for way in registry[name].needs for need in way}, name
    for one in map(registry.__getitem__, registry):
        for given in one.given.values():
            if given.type in registry:
                assert given.property in load_shapes()[given.type], one.type


def judged_types() -> list[str]:
    return sorted({type for control in load(examples=False).controls for type in control.applies_to})


def test_the_page_says_how_many_types_of_the_catalogue_can_be_read() -> None:
    counted = Counter(map(kind, judged_types()))
    assert counted["listed on their own"] > 150
    for name, count in counted.items():
        assert f"| {name} | {count} |\n" in PAGE.read_text("utf-8"), (name, count)


def kind(type: str) -> str:
    one = load_registry().get(type)
    if one is None:
        return "not known to Cloud Control"
    if one.lists is None:
        return "known to the registry, not listed"
    return "listed for a parent" if one.way else "listed on their own"


def test_a_map_of_nothing_but_secrets_is_one() -> None:
    blind = load_registry()["AWS::Lambda::Function"].blind
    assert ("Code",) in blind
    assert not [path for path in blind if path[0] == "Code" and len(path) > 1]


# -- reading


def test_a_list_of_many_pages_is_read_to_its_end() -> None:
    double = CloudControlDouble(page_size=2)
    names = [f"queue-{number}" for number in range(5)]
    for name in names:
        double.put(QUEUE, {"QueueUrl": f"https://{name}", "QueueName": name, "Arn": f"arn:aws:sqs:{REGION}::{name}"})
    done = read(double, QUEUE)
    assert [one.properties["QueueName"] for one in done.resources] == names
    assert [one.address for one in done.resources] == [f"arn:aws:sqs:{REGION}::{name}" for name in names]
    assert done.resources[0].names == {"https://queue-0", f"arn:aws:sqs:{REGION}::queue-0"}
    assert done.complete
    assert not done.gaps
    assert Counter(double.calls) == {(REGION, "ListResources", QUEUE): 3, (REGION, "GetResource", QUEUE): 5}


def test_a_resource_of_two_identifiers_has_its_own_arn_and_not_that_of_the_other() -> None:
    service, cluster = "arn:aws:ecs:eu-west-1:1:service/c/s", "arn:aws:ecs:eu-west-1:1:cluster/c"
    double = CloudControlDouble()
    double.put("AWS::ECS::Service", {"ServiceArn": service, "Cluster": cluster})
    (one,) = read(double, "AWS::ECS::Service").resources
    assert one.address == service
    assert cluster not in one.names


def test_children_are_listed_for_each_parent() -> None:
    double = CloudControlDouble()
    for api in ("a", "b"):
        double.put(STAGE, {"StageName": "live"}, {"RestApiId": api})
    parents = {REST_API: [parent(REST_API, RestApiId="a"), parent(REST_API, ("b", "arn:aws:apigateway:::b"))]}
    done = read(double, STAGE, parents=parents)
    assert [one.properties["RestApiId"] for one in done.resources] == ["a", "b"]
    assert reader(double).parents(STAGE) == {REST_API}
    assert len({one.address for one in done.resources}) == 2
    assert done.complete


def test_children_of_a_parent_that_is_not_known_are_a_gap() -> None:
    double = CloudControlDouble()
    double.put(STAGE, {"StageName": "live"}, {"RestApiId": "a"})
    for parents in ({}, {REST_API: [parent(REST_API, RestApiId=Unknown("refused"))]}):
        done = read(double, STAGE, parents=parents)
        assert not done.complete
        assert [gap.kind for gap in done.gaps] == ["unsupported"]


def test_what_a_regional_service_has_globally_is_a_unit_of_its_own() -> None:
    double = CloudControlDouble()
    acl = "AWS::WAFv2::WebACL"
    for scope in ("REGIONAL", "CLOUDFRONT"):
        double.put(acl, {"Name": scope, "Scope": scope}, {"Scope": scope})
    asking = reader(double)
    found = {unit.region: asking.read(unit).resources for unit in asking.units({acl}, [REGION])}
    assert {region: [one.properties["Name"] for one in some] for region, some in found.items()} == {
        GLOBAL: ["CLOUDFRONT"],
        REGION: ["REGIONAL"],
    }
    assert ("us-east-1", "ListResources", acl) in double.calls


def test_a_global_service_is_asked_once_at_home() -> None:
    double = CloudControlDouble()
    double.put("AWS::IAM::Group", {"GroupName": "admins"})
    asking = reader(double)
    units = asking.units({"AWS::IAM::Group", QUEUE, "AWS::No::Such"}, ["eu-west-1", "eu-west-2"])
    assert [(unit.region, unit.type) for unit in units] == [
        (GLOBAL, "AWS::IAM::Group"),
        ("eu-west-1", QUEUE),
        ("eu-west-2", QUEUE),
    ]
    (group,) = asking.read(units[0]).resources
    assert group.origin.region == ""
    assert {region for region, _, _ in double.calls} == {"us-east-1"}


def test_what_aws_never_tells_is_unknown_and_not_absent() -> None:
    double = CloudControlDouble()
    rules = [{"Id": "old", "Status": "Enabled", "Transition": {"StorageClass": "GLACIER"}}]
    double.put(
        "AWS::S3::Bucket", {"BucketName": "b", "AccessControl": "Private", "LifecycleConfiguration": {"Rules": rules}}
    )
    (bucket,) = read(double, "AWS::S3::Bucket").resources
    assert isinstance(bucket.properties["AccessControl"], Unknown)
    (rule,) = bucket.properties["LifecycleConfiguration"]["Rules"]
    assert isinstance(rule["Transition"], Unknown)
    assert rule["Status"] == "Enabled"
    assert "ReplicationConfiguration" not in bucket.properties


def test_what_aws_tells_all_the_same_is_kept() -> None:
    properties = Record({"A": Record({"B": 1}), "C": [Record({"D": None}), Record({"D": "told"})]})
    blot_out(properties, [("A", "B"), ("C", "D"), ("E", "F")])
    assert properties["A"] == {"B": 1}
    assert isinstance(properties["C"][0]["D"], Unknown)
    assert properties["C"][1]["D"] == "told"
    assert "E" not in properties


# -- what goes wrong

REFUSED = Fault("AccessDeniedException", "User: x is not authorized to perform: cloudformation:ListResources")
BY_HANDLER = Fault("GeneralServiceException", "User: x is not authorized to perform: sqs:ListQueues", "AccessDenied")


@pytest.mark.parametrize(
    ("fault", "kind", "permission"),
    [
        (REFUSED, "denied", "cloudformation:ListResources"),
        (BY_HANDLER, "denied", "sqs:ListQueues"),
        (Fault("InvalidCredentialsException", "no", "InvalidCredentials"), "denied", "cloudformation:ListResources"),
        (Fault("UnsupportedActionException", "no LIST"), "unsupported", ""),
        (Fault("TypeNotFoundException", "no such type"), "unsupported", ""),
        (Fault("HandlerFailureException", "it broke", "InternalFailure"), "failed", ""),
        (Fault("GeneralServiceException", "it broke", "GeneralServiceException"), "failed", ""),
    ],
    ids=lambda value: value.code if isinstance(value, Fault) else "",
)
def test_a_list_that_does_not_answer_is_a_gap(fault: Fault, kind: str, permission: str) -> None:
    double = CloudControlDouble()
    double.put(QUEUE, {"QueueName": "q"})
    double.trouble("ListResources", QUEUE, fault)
    done = read(double, QUEUE)
    (gap,) = done.gaps
    assert (gap.kind, gap.permission) == (kind, permission)
    assert (gap.call, gap.unit, gap.controls) == (
        "cloudcontrol.list_resources",
        Unit(ACCOUNT, REGION, QUEUE),
        ("some-control",),
    )
    assert not done.resources
    assert not done.complete


def test_resources_that_may_not_be_read_are_there_and_unknown() -> None:
    double = CloudControlDouble()
    for name in ("a", "b"):
        double.put(QUEUE, {"QueueUrl": name})
    fault = Fault("GeneralServiceException", "x is not authorized to perform: sqs:GetQueueAttributes", "AccessDenied")
    double.trouble("GetResource", QUEUE, fault)
    done = read(double, QUEUE)
    assert [one.properties["QueueUrl"] for one in done.resources] == ["a", "b"]
    assert all(isinstance(one.properties.look_up("KmsMasterKeyId"), Unknown) for one in done.resources)
    (gap,) = done.gaps
    assert gap.permission == "sqs:GetQueueAttributes"
    assert done.complete


@pytest.mark.parametrize("handler", ["", "NotFound"])
def test_a_resource_that_is_gone_since_it_was_listed_is_no_gap(handler: str) -> None:
    double = CloudControlDouble()
    double.put(QUEUE, {})
    code = "GeneralServiceException" if handler else "ResourceNotFoundException"
    double.trouble("GetResource", QUEUE, Fault(code, "it is not there", handler))
    done = read(double, QUEUE)
    assert (list(done.resources), list(done.gaps), done.complete) == ([], [], True)


@pytest.mark.parametrize("text", ["{", "[]", "null"])
def test_properties_that_cannot_be_parsed_are_unknown(text: str) -> None:
    double = CloudControlDouble()
    double.raw[QUEUE, double.put(QUEUE, {"QueueUrl": "u"})] = text
    done = read(double, QUEUE)
    (queue,) = done.resources
    assert queue.properties["QueueUrl"] == "u"
    assert isinstance(queue.properties.look_up("KmsMasterKeyId"), Unknown)
    assert [gap.kind for gap in done.gaps] == ["failed"]


@pytest.mark.parametrize("operation", ["ListResources", "GetResource"])
@pytest.mark.parametrize("after", [0, 1])
def test_a_handler_that_is_throttled_is_asked_again(operation: str, after: int) -> None:
    double = CloudControlDouble(page_size=1)
    for name in ("a", "b", "c"):
        double.put(QUEUE, {"QueueUrl": name})
    fault = Fault("GeneralServiceException", "Rate exceeded", "Throttling")
    double.trouble(operation, QUEUE, fault, times=2, after=after)
    waits: list[float] = []
    done = reader(double, pause=waits.append).read(Unit(ACCOUNT, REGION, QUEUE))
    assert [one.properties["QueueUrl"] for one in done.resources] == ["a", "b", "c"]
    assert (list(done.gaps), len(waits)) == ([], 2)
    double.trouble(operation, QUEUE, fault)
    done = reader(double, pause=waits.append).read(Unit(ACCOUNT, REGION, QUEUE))
    assert [gap.kind for gap in done.gaps] == ["failed"]


@pytest.mark.parametrize(
    ("type", "reason"),
    [
        ("AWS::OpenSearchService::Domain", "cannot list and read"),
        ("AWS::No::Such", "cannot list and read"),
        ("AWS::Lambda::LayerVersion", "needs LayerName"),
    ],
)
def test_a_type_that_cannot_be_read_is_a_gap_and_no_call(type: str, reason: str) -> None:
    double = CloudControlDouble()
    assert reader(double).units({type}, [REGION]) == []
    (gap,) = reader(double).unreadable({type, QUEUE})
    assert (gap.kind, gap.unit, gap.controls) == ("unsupported", Unit(ACCOUNT, "", type), ("some-control",))
    assert reason in gap.reason
    assert not read(double, type).complete
    assert not double.calls


# -- the catalogue, by way of Cloud Control


def plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def shown() -> Iterator[tuple[Control, Example]]:
    """The examples that Cloud Control can hold: those that say all by the type's own properties."""
    registry = load_registry()
    for control in load().controls:
        for example in control.examples:
            if example.type not in registry or not registry[example.type].is_readable:
                continue
            schema = schema_of(example.type)
            if schema is not None and example.properties.keys() <= schema["properties"].keys():
                yield control, example


Shown = tuple[Control, Example]


def batches(type: str, examples: list[Shown]) -> Iterator[dict[str, tuple[Any, Shown]]]:
    """The examples as resources by their identifiers, in as many batches as it takes for each to have its own."""
    left = examples
    while left:
        batch: dict[str, tuple[Any, Shown]] = {}
        again = []
        for control, example in left:
            identifier, properties = made(type, plain(example.properties), len(batch) + 1, model(type))
            if batch.setdefault(identifier, (properties, (control, example)))[1][1] is not example:
                again.append((control, example))
        yield batch
        left = again


def model(type: str) -> dict[str, str]:
    """What the resources of a type are listed under."""
    sure = {"Scope": "REGIONAL", "CatalogId": ACCOUNT}
    return {need: sure.get(need, f"parent-{need}") for need in load_registry()[type].way or ()}


def test_the_controls_judge_what_was_read_back_as_their_examples_say() -> None:
    by_type: dict[str, list[Shown]] = {}
    for control, example in shown():
        by_type.setdefault(example.type, []).append((control, example))
    double = CloudControlDouble(page_size=100)
    asking = reader(double, finish=Spelling(load_shapes()).with_defaults)
    verdicts: Counter[str] = Counter()
    for type, examples in by_type.items():
        given = {need: one for need, one in load_registry()[type].given.items() if one.type and need in model(type)}
        parents = {one.type: [parent(one.type, **{one.property: model(type)[need]})] for need, one in given.items()}
        for batch in batches(type, examples):
            double.resources[type] = {}
            for properties, _ in batch.values():
                double.put(type, properties, model(type))
            done = asking.read(Unit(ACCOUNT, REGION, type), parents)
            assert (done.gaps, len(done.resources)) == ((), len(batch)), type
            for (_, (control, example)), resource in zip(batch.values(), done.resources, strict=True):
                (finding,) = evaluate([control], [resource], datetime(2026, 11, 1, tzinfo=UTC))
                if finding.verdict == "unknown":
                    assert any(NOT_TOLD in reason.actual for reason in finding.reasons), (control.id, finding.reasons)
                elif finding.verdict == "not_applicable":  # what it hangs on, only code says
                    assert any(path.startswith("raw.") for path in reads(control.expect)), control.id
                else:
                    assert finding.verdict == example.verdict, (control.id, example.properties)
                verdicts[finding.verdict] += 1
    assert len(by_type) >= 150
    assert verdicts["pass"] >= 500
    assert verdicts["fail"] >= 500
    assert verdicts["unknown"] <= 0.1 * verdicts.total()
