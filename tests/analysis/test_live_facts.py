"""Derived facts of accounts: the same as of the code that made them, and never sure of what could not be seen."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analysis.twin import ACCOUNT, ASSOCIATION, ATTACHMENT, FIRST_ZONE, GATEWAY, TABLE, live, twin
from tests.analysis.workload import BALANCER, EVERY_FACT, SUBNET, VPC, ref, resource, subnet, zone_name
from tests.timing import growth

from mainstay.analysis import derive, linked, relate
from mainstay.analysis.relations import Links, Unseen
from mainstay.analysis.subnets import GROUPS, SUBNETS
from mainstay.engine import compile
from mainstay.model.conditions import Condition, Count
from mainstay.model.conditions import Test as Entry  # pytest takes a `Test` for a class of tests
from mainstay.model.resources import Resource
from mainstay.model.values import Items, Record, Ref, Unknown, Value, unknowns

NAT, ROUTE, TARGET = "AWS::EC2::NatGateway", "AWS::EC2::Route", "AWS::EFS::MountTarget"
FILE_SYSTEM = "AWS::EFS::FileSystem"
REFUSED = Unknown("DescribeThings was refused")
NOTHING: Unseen = {}
ZONES = tuple(f"eu-west-1{letter}" for letter in "abc")

ABOUT_LISTS: list[Condition] = [
    *(Count(("fact",), comparison, number) for comparison in ("gte", "equals", "lte") for number in range(4)),
    *(Entry(("fact",), operator, (value,)) for operator in ("equals", "neq") for value in ZONES),
]
COMPILED = [
    (condition, compile(condition))
    for condition in (*ABOUT_LISTS, *(Entry(("fact",), "equals", (value,)) for value in (True, False)))
]


def facts(resources: Sequence[Resource], unseen: Unseen = NOTHING) -> dict[str, Record]:
    derived = derive(resources, EVERY_FACT, unseen)
    return {one.address: one.properties["derived"] for one in derived if "derived" in one.properties}


def fact(name: str, one: Resource, resources: Sequence[Resource], unseen: Unseen = NOTHING) -> Value:
    return facts(resources, unseen)[one.address].get(name)


def contradictions(before: Record, after: Record) -> list[tuple[str, Condition]]:
    """What is certain of the facts of before, and otherwise of those of after."""
    found = []
    for name in before.keys() | after.keys():
        told, turned_out = (Record({"fact": one[name]} if name in one else {}) for one in (before, after))
        for condition, judge in COMPILED:
            answer = judge(told)
            if answer is not None and answer is not judge(turned_out):
                found.append((name, condition))
    return found


def workload(random: Random) -> list[Resource]:
    """A network or two as code, of which everything is declared."""
    vpcs = [f"vpc.{number}" for number in range(random.randint(1, 2))]
    made = [resource(VPC, vpc) for vpc in vpcs]
    made += [resource(GATEWAY, "igw.g"), resource(FILE_SYSTEM, "fs.f")]
    made += [
        subnet(str(number), random.choice((*ZONES, zone_name(number), None)), random.choice(vpcs))
        for number in range(3)
    ]
    subnets = [ref(one.address) for one in made if one.type == SUBNET]
    tables = [f"table.{number}" for number in range(random.randint(0, 2))]
    for number, table in enumerate(tables):
        vpc = random.choice(vpcs)
        is_main = number == 0 and random.random() < 0.5
        made.append(
            resource(TABLE, table, spelling="aws_default_route_table", refers_to=[vpc])
            if is_main
            else resource(TABLE, table, VpcId=ref(vpc))
        )
        for way in random.sample([ref("igw.g"), "vgw-0123456789abcdef0", None], random.randint(0, 2)):
            made.append(resource(ROUTE, f"route.{len(made)}", GatewayId=way, RouteTableId=ref(table)))
    if random.random() < 0.3:
        made.append(
            resource(ROUTE, "route.main", GatewayId=ref("igw.g"), RouteTableId=Ref(vpcs[0], "main_route_table_id"))
        )
    for one in subnets:
        if tables and random.random() < 0.5:
            made.append(
                resource(ASSOCIATION, f"assoc.{one.address}", SubnetId=one, RouteTableId=ref(random.choice(tables)))
            )
        if random.random() < 0.4:
            made.append(resource(NAT, f"nat.{one.address}", SubnetId=one))
        if random.random() < 0.4:
            made.append(resource(TARGET, f"target.{one.address}", SubnetId=one, FileSystemId=ref("fs.f")))
    if random.random() < 0.3:
        made.append(resource(NAT, "nat.regional", AvailabilityMode="regional", VpcId=ref(random.choice(vpcs))))
    group = random.sample(subnets, random.randint(1, 3))
    made.append(resource("AWS::RDS::DBSubnetGroup", "group.g", DBSubnetGroupName="Main", SubnetIds=group))
    made.append(resource("AWS::RDS::DBCluster", "db.d", DBSubnetGroupName="main"))
    made.append(resource(BALANCER, "lb.l", Subnets=random.sample(subnets, random.randint(0, 3))))
    return made


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(st.randoms(use_true_random=False))
def test_an_account_has_the_facts_that_were_known_of_its_code(random: Random) -> None:
    code = workload(random)
    account = twin(code)
    told, turned_out = facts(code), facts(account)
    for one, deployed in zip(code, account, strict=False):
        if one.address in told:
            assert not contradictions(told[one.address], turned_out[deployed.address]), one.address
            assert not list(unknowns(turned_out[deployed.address])), "of an account that was seen all is known"


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.randoms(use_true_random=False))
def test_what_could_not_be_seen_never_turns_a_fact_into_its_opposite(random: Random) -> None:
    account = twin(workload(random))
    turned_out = facts(account)
    types = sorted({one.type for one in account})
    hidden = random.sample(types, random.randint(1, 4))
    left = linked([one for one in account if one.type not in hidden or random.random() < 0.4])
    for address, told in facts(left, dict.fromkeys(hidden, REFUSED)).items():
        assert not contradictions(told, turned_out[address]), (address, hidden)


@pytest.mark.parametrize("type", [*SUBNETS, *GROUPS])
def test_whatever_stands_in_subnets_names_them_by_id(type: str) -> None:
    network = [resource(VPC, "vpc.v"), subnet("a", ZONES[0]), subnet("b", ZONES[1])]
    ids: list[Value] = [ref("subnet.a"), ref("subnet.b")]
    if type in GROUPS:
        name, group = GROUPS[type]
        network.append(resource(group, "group.g", **{name: "main", SUBNETS[group][0]: ids}))
        one = resource(type, "one", **{name: "main"})
    else:
        one = resource(type, "one", **_at(SUBNETS[type][0].split("."), ids))
    account = twin([one, *network])
    told = facts(account)[account[0].address]
    assert (told["availability_zones"], told["public_subnets"]) == ([ZONES[0], ZONES[1]], False)


def _at(path: Sequence[str], ids: list[Value]) -> dict[str, Value]:
    return {path[0]: Record(_at(path[1:], ids)) if len(path) > 1 else ids}


# -- what only an account has

MAIN = live(TABLE, "rtb-main", VpcId="vpc-1")
NETWORK = [
    live(VPC, "vpc-1"),
    live(SUBNET, "subnet-1", VpcId="vpc-1", AvailabilityZone=FIRST_ZONE),
    MAIN,
    live(ASSOCIATION, "rtbassoc-1", RouteTableId="rtb-main"),
    live(GATEWAY, "igw-1"),
    live(ATTACHMENT, "IGW|vpc-1", InternetGatewayId="igw-1", VpcId="vpc-1"),
]
ONE = NETWORK[1]


def leads(gateway: str, *, without: Iterable[str] = (), unseen: Unseen = NOTHING) -> Value:
    route = live(ROUTE, "rtb-main|0.0.0.0/0", RouteTableId="rtb-main", GatewayId=gateway)
    return fact("routes_to_internet", ONE, [*(one for one in NETWORK if one.type not in without), route], unseen)


def test_a_route_to_a_gateway_that_is_gone_or_detached_leads_nowhere() -> None:
    assert leads("igw-1") is True
    assert leads("igw-2") is False
    assert leads("igw-1", without=[ATTACHMENT]) is False
    assert isinstance(leads("igw-2", unseen={GATEWAY: REFUSED}), Unknown)
    assert isinstance(leads("igw-1", without=[ATTACHMENT], unseen={ATTACHMENT: REFUSED}), Unknown)
    assert leads("igw-1", without=[GATEWAY], unseen={GATEWAY: REFUSED}) is True  # its attachment tells


def test_of_a_network_that_another_account_shares_only_what_is_shared_is_known() -> None:
    shared = [live(SUBNET, "subnet-1", "444455556666", VpcId="vpc-1", AvailabilityZone=FIRST_ZONE)]
    network = [one for one in NETWORK if one is not ONE] + shared
    vpc = facts(network)[NETWORK[0].address]
    assert isinstance(vpc["nat_gateway_zones"], Unknown)
    assert "444455556666" in vpc["nat_gateway_zones"].reason
    assert isinstance(vpc["subnet_zones"], Items)
    assert (list(vpc["subnet_zones"]), bool(vpc["subnet_zones"].rest)) == ([FIRST_ZONE], True)


def test_subnet_groups_of_two_regions_may_have_one_name() -> None:
    def database(region: str, zone: str) -> list[Resource]:
        return [
            live("AWS::RDS::DBCluster", "db", region=region, DBSubnetGroupName="main"),
            live("AWS::RDS::DBSubnetGroup", "main", region=region, SubnetIds=[f"subnet-{region}"]),
            live(SUBNET, f"subnet-{region}", region=region, AvailabilityZone=zone),
        ]

    both = [*database("eu-west-1", ZONES[0]), *database("us-east-1", "us-east-1a")]
    assert fact("availability_zones", both[0], both) == [ZONES[0]]
    assert fact("availability_zones", both[3], both) == ["us-east-1a"]


def test_databases_of_other_engines_stand_in_the_groups_of_rds() -> None:
    cluster = live("AWS::Neptune::DBCluster", "db", DBSubnetGroupName="Main")
    group = live("AWS::RDS::DBSubnetGroup", "main", SubnetIds=["subnet-1"])
    assert fact("availability_zones", cluster, [*NETWORK, group, cluster]) == [FIRST_ZONE]


def test_a_scaling_group_tells_its_subnets_in_one_string() -> None:
    group = live("AWS::AutoScaling::AutoScalingGroup", "g", VPCZoneIdentifier="subnet-1,subnet-2")
    other = live(SUBNET, "subnet-2", AvailabilityZone=ZONES[1])
    assert fact("availability_zones", group, [*NETWORK, other, group]) == [FIRST_ZONE, ZONES[1]]


def test_no_reason_about_an_account_speaks_of_code() -> None:
    lost = [
        live(BALANCER, "lb", Subnets=["subnet-9"]),
        live("AWS::RDS::DBCluster", "db", DBSubnetGroupName="other"),
        live(SUBNET, "subnet-3", VpcId="vpc-9"),
        live("AWS::IAM::Policy", "p", PolicyDocument=Record({"Statement": Unknown("GetPolicy was refused")})),
    ]
    told = facts([*NETWORK, *lost], {ASSOCIATION: REFUSED, NAT: REFUSED})
    whys = [why for each in told.values() for why in unknowns(each)]
    assert len(whys) > 6
    assert not [why.reason for why in whys if "code" in why.reason or why.settle]


def test_a_resource_keeps_the_ids_that_it_has() -> None:
    balancer = live(BALANCER, "lb", Subnets=["subnet-1"])
    (*_, found) = derive([*NETWORK, balancer], EVERY_FACT)
    assert found.properties["Subnets"] == ["subnet-1"]


def test_a_hundred_thousand_resources_take_seconds() -> None:
    def seconds(count: int) -> float:
        many: list[Resource] = []
        for number in range(count // 5):
            vpc, one = f"vpc-{number // 100:017x}", f"subnet-{number:017x}"
            many.append(live(SUBNET, one, VpcId=vpc, AvailabilityZone=ZONES[number % 3]))
            many.append(live(NAT, f"nat-{number:017x}", SubnetId=one, VpcId=vpc))
            many.append(live(BALANCER, f"lb-{number}", Subnets=[one]))
            many.append(live("AWS::EC2::FlowLog", f"fl-{number:017x}", ResourceId=vpc))
            many.append(live(VPC, vpc) if number % 100 == 0 else live("AWS::IAM::Role", f"role-{number}"))
        many.append(live("AWS::Account", ACCOUNT))
        wanted = {VPC: frozenset({"AWS::EC2::FlowLog"}), "AWS::Account": frozenset({"AWS::IAM::Role"})}
        links = {"AWS::EC2::FlowLog": Links({("ResourceId",): (VPC,)})}
        begin = time.process_time()
        relate(derive(linked(many), EVERY_FACT), wanted, links)
        return time.process_time() - begin

    assert growth(seconds, 2_000) < 40
