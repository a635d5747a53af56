"""`derived.availability_zones` and its like: how many zones there surely are, and how many there may be."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analysis.workload import (
    BALANCER,
    EVERY_FACT,
    SUBNET,
    VPC,
    balancer,
    fact,
    ref,
    resource,
    subnet,
    zone_name,
)
from tests.timing import growth

from mainstay.analysis import derive
from mainstay.engine import compile
from mainstay.engine.walk import bounds
from mainstay.model.conditions import Condition, Count
from mainstay.model.conditions import Test as Entry  # pytest takes a `Test` for a class of tests
from mainstay.model.resources import Resource
from mainstay.model.values import ABSENT, Items, OneOf, Record, Ref, Text, Unknown, Value

UNSET = Unknown("var.zone is not set", None, "set var.zone")
REGION = Ref("", "region")
MANY = Unknown("for_each is not known", None, "set var.zones")
GROUP, DATABASE = "AWS::RDS::DBSubnetGroup", "AWS::RDS::DBInstance"
NAT = "AWS::EC2::NatGateway"


def how_many(*resources: Resource, address: str = "lb.l", name: str = "availability_zones") -> tuple[float, float]:
    """The least and the greatest number of zones, as `count` sees them."""
    return bounds(fact(name, address, list(resources)), ())


def in_zones(*zones: Value) -> list[Resource]:
    """A load balancer in as many subnets as there are zones."""
    names = [str(number) for number in range(len(zones))]
    return [*map(subnet, names, zones), balancer(*names)]


def test_zones_that_are_known_are_listed_once() -> None:
    assert fact("availability_zones", "lb.l", in_zones("eu-west-1a", "eu-west-1b", "eu-west-1a")) == [
        "eu-west-1a",
        "eu-west-1b",
    ]


@pytest.mark.parametrize(
    ("zones", "expected"),
    [
        (("eu-west-1a", "eu-west-1b"), (2, 2)),
        ((UNSET,), (1, 1)),
        ((UNSET, UNSET), (1, 2)),
        (("eu-west-1a", UNSET), (1, 2)),
        (("eu-west-1a", "eu-west-1b", UNSET), (2, 3)),
        ((None, None), (1, 2)),
        ((zone_name(0), zone_name(1)), (2, 2)),
        ((zone_name(0), zone_name(0)), (1, 1)),
        ((zone_name(0), zone_name(1), "eu-west-1a"), (2, 3)),
        ((zone_name(0), Ref("data.aws_availability_zones.other", "names[1]")), (1, 2)),
        ((Ref("data.aws_x.y", "names[0]"), Ref("data.aws_x.y", "names[1]")), (1, 2)),
        ((zone_name(0), Ref(zone_name(0).address, "zone_ids[1]")), (1, 2)),
        ((Ref("", "availability_zones()[0]"), Ref("", "availability_zones()[1]")), (2, 2)),
        ((Text((REGION, "a")), Text((REGION, "b"))), (2, 2)),
        ((Text((REGION, "a")), Text((REGION, "a"))), (1, 1)),
        ((Text((REGION, "a")), Text((UNSET, "b"))), (1, 2)),
        ((Text(("eu-west-1", zone_name(0))), Text(("eu-west-1", zone_name(1)))), (2, 2)),
        ((OneOf(["eu-west-1a", "eu-west-1b"], "var.b"), "eu-west-1a"), (1, 2)),
    ],
)
def test_zones_that_may_be_the_same_count_from_one_to_all(
    zones: Sequence[Value], expected: tuple[float, float]
) -> None:
    assert how_many(*in_zones(*zones)) == expected


def test_a_zone_id_is_told_from_other_ids_but_not_from_names() -> None:
    by_id = [subnet("a", AvailabilityZoneId="euw1-az1"), subnet("b", AvailabilityZoneId="euw1-az2")]
    assert how_many(*by_id, balancer("a", "b")) == (2, 2)
    assert how_many(by_id[0], subnet("c", "eu-west-1a"), balancer("a", "c")) == (1, 2)


def test_of_a_subnet_that_is_declared_elsewhere_the_zone_is_not_known() -> None:
    assert how_many(subnet("a", "eu-west-1a"), balancer("a", "b")) == (1, 2)
    literal = resource(BALANCER, "lb.l", Subnets=["subnet-1", "subnet-2", "subnet-1"])
    assert how_many(literal) == (1, 2)


def test_subnets_that_are_not_known_make_the_fact_unknown_and_say_why() -> None:
    found = fact("availability_zones", "lb.l", [resource(BALANCER, "lb.l", Subnets=UNSET)])
    assert (found.reason, found.settle) == ("var.zone is not set", "set var.zone")
    looked_up = fact(
        "availability_zones", "lb.l", [resource(BALANCER, "lb.l", Subnets=Ref("data.aws_subnets.x", "ids"))]
    )
    assert isinstance(looked_up, Unknown)


def test_a_resource_without_subnets_has_no_such_fact() -> None:
    assert fact("availability_zones", "lb.l", [resource(BALANCER, "lb.l")]) is ABSENT


def test_a_list_that_may_go_on_has_no_upper_bound() -> None:
    lb = resource(BALANCER, "lb.l", Subnets=Items([ref("subnet.a")], UNSET))
    assert how_many(subnet("a", "eu-west-1a"), lb) == (1, math.inf)


def test_of_two_lists_the_fact_is_one_of_two() -> None:
    lb = resource(BALANCER, "lb.l", Subnets=OneOf([[ref("subnet.a"), ref("subnet.b")], [ref("subnet.a")]], "var.one"))
    assert how_many(subnet("a", "eu-west-1a"), subnet("b", "eu-west-1b"), lb) == (1, 2)


def test_subnets_of_all_properties_count() -> None:
    lb = resource(BALANCER, "lb.l", SubnetMappings=[Record({"SubnetId": ref(f"subnet.{name}")}) for name in "ab"])
    assert how_many(subnet("a", "eu-west-1a"), subnet("b", "eu-west-1b"), lb) == (2, 2)


def test_a_database_stands_in_the_subnets_of_its_group_by_reference_and_by_name() -> None:
    subnets = [subnet("a", "eu-west-1a"), subnet("b", "eu-west-1b")]
    group = resource(GROUP, "group.g", DBSubnetGroupName="main", SubnetIds=[ref("subnet.a"), ref("subnet.b")])
    for name in (ref("group.g"), "main"):
        assert how_many(*subnets, group, resource(DATABASE, "lb.l", DBSubnetGroupName=name)) == (2, 2)
    unknown = Unknown("random_id.x.hex is known after apply")
    only = resource(DATABASE, "lb.l", refers_to=["group.g"], DBSubnetGroupName=Text(("main-", unknown)))
    assert how_many(*subnets, group, only) == (2, 2)
    assert how_many(*subnets, group, resource(DATABASE, "lb.l", DBSubnetGroupName="other")) == (0, math.inf)


def test_a_scaling_group_without_subnets_stands_in_its_zones() -> None:
    group = resource("AWS::AutoScaling::AutoScalingGroup", "lb.l", AvailabilityZones=["eu-west-1a", "eu-west-1b"])
    assert how_many(group) == (2, 2)


def test_a_file_system_stands_in_the_zones_of_its_mount_targets() -> None:
    def target(name: str, system: str, may_exist: Unknown | None = None) -> Resource:
        links = {"FileSystemId": ref(system), "SubnetId": ref(f"subnet.{name}")}
        return resource("AWS::EFS::MountTarget", f"target.{name}", may_exist, **links)

    system, another = (resource("AWS::EFS::FileSystem", address) for address in ("lb.l", "fs.f"))
    subnets = [subnet("a", "eu-west-1a"), subnet("b", "eu-west-1b")]
    assert how_many(system, *subnets, target("a", "lb.l"), target("b", "lb.l")) == (2, 2)
    assert how_many(system, *subnets, another, target("a", "lb.l"), target("b", "fs.f")) == (1, 1)
    assert how_many(system, *subnets, target("a", "lb.l"), target("b", "lb.l", UNSET)) == (1, 2)
    assert how_many(system, *subnets, target("[?]", "lb.l", MANY))[1] == math.inf


def test_gateways_and_subnets_are_counted_by_zone_in_their_network() -> None:
    network = [resource(VPC, "vpc.v"), subnet("a", "eu-west-1a"), subnet("b", "eu-west-1b"), subnet("c", "x", "vpc.w")]
    gateway = resource(NAT, "nat.a", SubnetId=ref("subnet.a"))
    other = resource(NAT, "nat.c", SubnetId=ref("subnet.c"))
    assert fact("nat_gateway_zones", "vpc.v", [*network, resource(VPC, "vpc.w"), gateway, other]) == ["eu-west-1a"]
    assert fact("subnet_zones", "vpc.v", [*network, resource(VPC, "vpc.w")]) == ["eu-west-1a", "eu-west-1b"]
    assert fact("nat_gateway_zones", "vpc.v", network) is ABSENT


def test_gateways_of_which_it_is_not_known_how_many_there_are_leave_the_number_open() -> None:
    network = [resource(VPC, "vpc.v"), subnet("a", "eu-west-1a")]
    many = resource(NAT, "nat.n[?]", MANY, SubnetId=ref("subnet.a"))
    assert how_many(*network, many, address="vpc.v", name="nat_gateway_zones") == (0, math.inf)


def test_a_regional_gateway_is_in_every_zone_of_its_network() -> None:
    network = [resource(VPC, "vpc.v"), subnet("a", "eu-west-1a"), subnet("b", "eu-west-1b")]
    gateway = resource(NAT, "nat.r", AvailabilityMode="regional", VpcId=ref("vpc.v"))
    assert fact("nat_gateway_zones", "vpc.v", [*network, gateway]) == ["eu-west-1a", "eu-west-1b"]


def test_the_instances_of_a_subnet_may_stand_in_different_zones() -> None:
    one = resource(SUBNET, "subnet.s[?]", MANY, AvailabilityZone=zone_name(0), VpcId=ref("vpc.v"))
    assert how_many(one, balancer("s[?]", "s[?]")) == (1, 2)


def test_many_resources_take_time_in_proportion() -> None:
    def seconds(count: int) -> float:
        many = [resource(VPC, f"vpc.{number}") for number in range(count)]
        many += [subnet(str(number), zone_name(number % 3), f"vpc.{number}") for number in range(count)]
        many += [resource(NAT, f"nat.{number}", SubnetId=ref(f"subnet.{number}")) for number in range(count)]
        begin = time.process_time()
        derive(many, EVERY_FACT)
        return time.process_time() - begin

    assert growth(seconds, 600) < 40


# -- what is not known never contradicts what turns out

ZONES = ("r-a", "r-b", "r-c")
CONDITIONS: list[Condition] = [
    *(Count(("zones",), comparison, number) for comparison in ("gte", "equals", "lte") for number in range(5)),
    *(Entry(("zones",), operator, (value,)) for operator in ("equals", "neq") for value in ("r-a", "r-b")),
    Entry(("zones",), "exists", (True,)),
]


class World:
    """A load balancer and its subnets, with what is not known; and the zones in which it turns out to stand."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.names = random.sample(ZONES, 3)
        self.resources: list[Resource] = []
        self.addresses: list[tuple[str, str]] = []
        for number in range(random.randint(0, 3)):
            zone, actual = self.zone()
            self.resources.append(subnet(str(number), zone))
            self.addresses.append((f"subnet.{number}", actual))
        self.outside: dict[str, str] = {}
        value, self.actual = self.subnets(2)
        self.resources.append(resource(BALANCER, "lb.l", Subnets=value))

    def zone(self) -> tuple[Value, str]:
        number, actual = self.random.randrange(3), self.random.choice(ZONES)
        ways: list[tuple[Value, str]] = [
            (actual, actual),
            (Unknown("var.z"), actual),
            (None, actual),
            (Ref("data.aws_availability_zones.a", f"names[{number}]"), self.names[number]),
            (Text((Ref("", "region"), actual[1:])), actual),
            (Text(("r-", Unknown("var.l"))), actual),
            (OneOf([actual, self.random.choice(ZONES)], "var.o"), actual),
        ]
        return self.random.choice(ways)

    def one(self) -> tuple[Value, set[str]]:
        """The id of one subnet, or of one or none, or something that may be a list of them."""
        some = {self.random.choice(ZONES) for _ in range(self.random.randint(0, 2))}
        written = f"subnet-{self.random.randrange(2)}"
        there = self.outside.setdefault(written, self.random.choice(ZONES))
        ways: list[Callable[[], tuple[Value, set[str]]]] = [
            lambda: (written, {there}),
            lambda: (Unknown("var.s"), some),
            lambda: (Ref("data.aws_subnets.s", "ids"), some),
        ]
        if self.addresses:
            address, actual = self.random.choice(self.addresses)
            other, _ = self.random.choice(self.addresses)
            ways += [lambda: (ref(address), {actual})] * 4
            ways += [lambda: (OneOf([ref(address), ref(other)], "var.s"), {actual})]
            ways += [lambda: (OneOf([ref(other), None], "var.s"), set())]
        return self.random.choice(ways)()

    def subnets(self, depth: int) -> tuple[Value, set[str]]:
        if depth and not self.random.randrange(4):
            value, actual = self.subnets(depth - 1)
            other, _ = self.subnets(depth - 1)
            return OneOf(self.random.sample([value, other], 2), "var.list"), actual
        if not self.random.randrange(8):
            return None, set()
        found = [self.one() for _ in range(self.random.randint(0, 4))]
        values = [value for value, _ in found]
        actual = set(itertools.chain.from_iterable(zones for _, zones in found))
        if self.random.randrange(4):
            return values, actual
        return Items(values, Unknown("var.rest")), actual | {self.random.choice(ZONES)}


@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(st.randoms(use_true_random=False))
def test_no_verdict_is_contradicted_by_what_turns_out(random: Random) -> None:
    world = World(random)
    told = fact("availability_zones", "lb.l", world.resources)
    before = Record({} if told is ABSENT else {"zones": told})
    after = Record({"zones": sorted(world.actual)})
    for condition in CONDITIONS:
        answer = compile(condition)(before)
        assert answer is None or answer is compile(condition)(after), (condition, told, world.actual)
