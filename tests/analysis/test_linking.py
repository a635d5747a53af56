"""Who points at whom in an account: by ids, ARNs and names, in its region; and everything at the account itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analysis.test_live_facts import workload
from tests.analysis.twin import ACCOUNT, live, twin
from tests.analysis.workload import SUBNET, VPC, resource
from tests.sources.live.recorded import Player

from mainstay.analysis import Links, linked, relate
from mainstay.catalog import load
from mainstay.model.resources import Resource
from mainstay.model.values import ABSENT, Items, Record, Unknown, Value
from mainstay.sources.live import CloudControl, load_collectors
from mainstay.sources.spelling import load_tables
from mainstay.verbs.judging import Judge

FUNCTION, TOPIC, ALARM, BUCKET = "AWS::Lambda::Function", "AWS::SNS::Topic", "AWS::CloudWatch::Alarm", "AWS::S3::Bucket"
LINKS = {
    name: Links(facts.links, facts.identity, facts.also, facts.parts) for name, facts in load_tables().types.items()
}
OF_MAIN_TABLE = {"table.0", "route.main"}  # code may say of which network, and an account of which table
REFUSED = Unknown("ListDetectors was refused")
DETECTOR = "AWS::GuardDuty::Detector"


def points(pointer: Resource, *others: Resource) -> bool:
    """Whether the pointer refers to the first of the others, and to none of the rest."""
    found = linked([pointer, *others])[0].references
    assert found <= {others[0].address}
    return bool(found)


FUNCTION_ARN = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:f"
F = replace(live(FUNCTION, "f"), address=FUNCTION_ARN, names=frozenset({"f", FUNCTION_ARN}))


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"Target": FUNCTION_ARN}, True),
        ({"Target": [Record({"Arn": f"{FUNCTION_ARN}:live"})]}, True),
        ({"Uri": f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{FUNCTION_ARN}/invocations"}, True),
        ({"Policy": f'{{"Resource": ["{FUNCTION_ARN}:*"]}}'}, True),
        ({"Target": f"{FUNCTION_ARN}-2"}, False),
        ({"Dimensions": [Record({"Name": "FunctionName", "Value": "f"})]}, True),
        ({"Tags": [Record({"Key": "Name", "Value": "f"})]}, False),
        ({"AlarmName": "f"}, False),
    ],
)
def test_an_arn_points_wherever_it_stands_and_a_name_inside_of_properties(
    properties: dict[str, Value], expected: bool
) -> None:
    assert points(live(ALARM, "a", **properties), F) is expected


def test_a_name_is_that_of_the_own_region() -> None:
    other = live(FUNCTION, "f", region="us-east-1")
    dimensions = [Record({"Name": "FunctionName", "Value": "f"})]
    assert points(live(ALARM, "a", Dimensions=dimensions), F, other)
    assert not points(live(ALARM, "a", region="eu-north-1", Dimensions=dimensions), F, other)


def related(pointer: Resource, *targets: Resource, of: int = 0) -> Items:
    found = relate(linked([*targets, pointer]), {targets[of].type: frozenset({pointer.type})}, LINKS)[of]
    items = found.properties["related"].get(pointer.type, Items())
    assert isinstance(items, Items)
    return items


def test_a_link_by_name_leads_to_the_function_of_the_region() -> None:
    alias = live("AWS::Lambda::Alias", "x", FunctionName="f")
    regional = [live(FUNCTION, "f", region=region) for region in ("eu-west-1", "us-east-1")]
    assert [len(related(alias, *regional, of=each)) for each in (0, 1)] == [1, 0]


def test_a_link_by_the_arn_of_another_region_or_account_leads_to_no_function_of_that_name() -> None:
    for place in ("us-east-1:111122223333", "eu-west-1:444455556666"):
        alias = live("AWS::Lambda::Alias", "x", FunctionName=f"arn:aws:lambda:{place}:function:f")
        assert related(alias, F) == []


def test_a_bucket_is_named_in_every_region() -> None:
    trail = live("AWS::CloudTrail::Trail", "t", region="us-east-1", S3BucketName="logs")
    assert len(related(trail, live(BUCKET, "logs"))) == 1


def test_each_of_several_names_leads_to_its_own() -> None:
    groups = [live("AWS::AutoScaling::AutoScalingGroup", name) for name in "ab"]
    deployment = live("AWS::CodeDeploy::DeploymentGroup", "d", AutoScalingGroups=[groups[0].address, "b"])
    assert [len(related(deployment, *groups, of=each)) for each in (0, 1)] == [1, 1]


def test_a_link_to_nothing_that_was_seen_leaves_nothing_open() -> None:
    log = live("AWS::EC2::FlowLog", "fl", ResourceId="vpc-0123456789abcdef0")
    items = related(log, live(VPC, "vpc-1", VpcId=Unknown("DescribeVpcs was cut short")))
    assert (list(items), items.rest) == ([], ABSENT)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(st.randoms(use_true_random=False))
def test_an_account_relates_what_its_code_relates(random: Random) -> None:
    code = [replace(one, properties=Record({**one.properties, "Mark": one.address})) for one in workload(random)]
    every = frozenset(one.type for one in code)
    wanted = {VPC: every, SUBNET: every, "AWS::EC2::RouteTable": every, "AWS::EFS::FileSystem": every}
    both = (relate(code, wanted, LINKS), relate(twin(code), wanted, LINKS))
    for one, deployed in zip(*both, strict=False):
        if one.type in wanted:
            assert _marks(one) - OF_MAIN_TABLE == _marks(deployed) - OF_MAIN_TABLE


def _marks(one: Resource) -> set[str]:
    found = {each.get("Mark") for items in one.properties["related"].values() for each in items}
    return {mark for mark in found if mark is not None}


# -- the account


def of_account(account: Resource, *others: Resource, unseen: dict[str, Unknown] | None = None) -> Record:
    found = relate([account, *others], {"AWS::Account": frozenset({DETECTOR})}, LINKS, unseen)[0]
    return found.properties


def test_whatever_is_in_an_account_points_at_it() -> None:
    detectors = [live(DETECTOR, f"d{region}", region=region, Enable=True) for region in ("eu-west-1", "us-east-1")]
    (items,) = of_account(live("AWS::Account", ACCOUNT, region=""), *detectors, F)["related"].values()
    assert ([one["Enable"] for one in items], items.rest) == ([True, True], ABSENT)


def test_an_account_without_one_has_none_unless_the_list_was_refused() -> None:
    account = live("AWS::Account", ACCOUNT, region="")
    assert of_account(account)["related"] == {}
    assert of_account(account, unseen={DETECTOR: REFUSED})["related"][DETECTOR].rest is REFUSED


def test_what_code_does_not_say_of_the_account_is_not_known() -> None:
    declared = resource("AWS::Account", "account.a", AccountAlias="shop")
    found = of_account(declared, resource(DETECTOR, "detector.d", Enable=True))
    assert found["AccountAlias"] == "shop"
    assert isinstance(found.look_up("SecurityContacts"), Unknown)
    assert isinstance(found["related"][DETECTOR].rest, Unknown)
    assert list(found["related"][DETECTOR]) == []


# -- every relation that the catalogue reads


PAIRS = yaml.safe_load(Path(__file__).with_name("live_pairs.yaml").read_text("utf-8"))
EXAMPLES = [(pointer, judged) for pointer, targets in PAIRS.items() for judged in targets]


def test_every_relation_that_a_control_reads_has_an_example_of_an_account() -> None:
    judge = Judge(load().controls)
    read = {(pointer, judged) for judged, pointers in judge.related.items() for pointer in pointers}
    assert {pair for pair in read if pair[1] != "AWS::Account"} == set(EXAMPLES)


@pytest.mark.parametrize(("pointer", "judged"), EXAMPLES)
def test_what_an_account_says_of_it_leads_to_the_resource_that_is_meant_and_to_no_other(
    pointer: str, judged: str
) -> None:
    example = PAIRS[pointer][judged]
    facts = load_tables().types[pointer]
    if isinstance(example, str):
        assert getattr(facts, example), f"say in the facts of {pointer} why it is {example}"
        return
    says = Record({name: _records(value) for name, value in example["says"].items()})
    meant = _named(judged, example["names"], example.get("told", {}))
    other = _named(judged, example.get("others", ["vpc-0f0f0f0f0f0f0f0f0", "other"]), {"Name": "other"})
    by = replace(live(pointer, "pointer"), properties=says)
    found = [related(by, other, meant, of=each) for each in (0, 1)]
    assert [(list(items), items.rest) for items in found] == [([], ABSENT), ([says], ABSENT)]


def test_a_type_is_read_from_accounts_or_says_why_not() -> None:
    facts, registry = load_tables().types, CloudControl(Player({}))
    judge = Judge(load().controls)
    collected = frozenset[str]().union(*(one.types for one in load_collectors().values()))
    left = {type for type in judge.types - collected if not registry.can_read(type)}
    assert {type for type in left if not (type in facts and facts[type].code_only)} == set()


def _named(type: str, names: list[str], told: dict[str, Value]) -> Resource:
    address = next((name for name in names if name.startswith("arn:")), f"eu-west-1/{type}/{names[0]}")
    return replace(live(type, names[0], **told), address=address, names=frozenset(names))


def _records(value: Value) -> Value:
    if isinstance(value, dict):
        return Record({name: _records(inner) for name, inner in value.items()})
    return [_records(inner) for inner in value] if isinstance(value, list) else value
