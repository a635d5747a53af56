"""`derived.routes_to_internet`, `derived.public_subnets`: by the route table, the main one, and where neither tells."""

from __future__ import annotations

import pytest
from tests.analysis.workload import SUBNET, VPC, balancer, fact, ref, resource, subnet

from mainstay.model.resources import Resource
from mainstay.model.values import ABSENT, OneOf, Ref, Unknown, Value

TABLE, ROUTE, ASSOCIATION = "AWS::EC2::RouteTable", "AWS::EC2::Route", "AWS::EC2::SubnetRouteTableAssociation"
IN_TABLE = ref("table.t")
UNSET = Unknown("var.x is not set", None, "set var.x")

NETWORK = [
    resource(VPC, "vpc.v"),
    resource("AWS::EC2::InternetGateway", "igw.g"),
    resource("AWS::EC2::NatGateway", "nat.n"),
    subnet("s"),
    resource(TABLE, "table.t", VpcId=ref("vpc.v")),
    resource(TABLE, "table.private", VpcId=ref("vpc.v")),
]
ASSOCIATED = resource(ASSOCIATION, "assoc.a", SubnetId=ref("subnet.s"), RouteTableId=ref("table.t"))


def route(gateway: Value, table: Value = IN_TABLE, may_exist: Unknown | None = None) -> Resource:
    return resource(ROUTE, "route.r", may_exist, GatewayId=gateway, RouteTableId=table)


def leads(*more: Resource) -> Value:
    """Whether the subnet leads to the internet; None where that is not known."""
    found = fact("routes_to_internet", "subnet.s", [*NETWORK, *more])
    return None if isinstance(found, Unknown) else found


@pytest.mark.parametrize(
    ("gateway", "expected"),
    [
        (ref("igw.g"), True),
        ("igw-0123", True),
        (Ref("data.aws_internet_gateway.g", "id"), True),
        (ref("nat.n"), False),
        ("vgw-0123", False),
        (None, False),
        (UNSET, None),
        (OneOf([ref("igw.g"), None], "var.public"), None),
        (OneOf([ref("igw.g"), "igw-0123"], "var.which"), True),
    ],
)
def test_a_subnet_leads_where_its_table_has_a_route_to_an_internet_gateway(gateway: Value, expected: Value) -> None:
    assert leads(ASSOCIATED, route(gateway)) is expected


def test_a_route_that_may_not_exist_decides_nothing() -> None:
    assert leads(ASSOCIATED, route(ref("igw.g"), may_exist=UNSET)) is None
    assert leads(ASSOCIATED, route(ref("nat.n"), may_exist=UNSET)) is False


def test_a_route_of_another_table_leads_nowhere_and_one_of_an_unknown_table_perhaps() -> None:
    assert leads(ASSOCIATED, route(ref("igw.g"), ref("table.private"))) is False
    assert leads(ASSOCIATED, route(ref("igw.g"), UNSET)) is None


def test_an_inline_route_is_of_the_table_that_it_stands_in() -> None:
    inline = resource(ROUTE, "table.t.route[0]", refers_to=["table.t"], GatewayId=ref("igw.g"))
    assert leads(ASSOCIATED, inline) is True


def test_without_an_association_the_main_table_decides() -> None:
    assert leads(route(ref("igw.g"))) is False
    assert leads(route(ref("igw.g"), Ref("vpc.v", "main_route_table_id"))) is True
    main = resource(TABLE, "main.m", spelling="aws_default_route_table", refers_to=["vpc.v"])
    assert leads(main, route(ref("igw.g"), ref("main.m"))) is True
    chosen = resource("aws_main_route_table_association", "main.a", refers_to=["vpc.v", "table.t"])
    assert leads(chosen, route(ref("igw.g"))) is True


def test_an_association_beats_the_main_table() -> None:
    private = resource(ASSOCIATION, "assoc.a", SubnetId=ref("subnet.s"), RouteTableId=ref("table.private"))
    assert leads(private, route(ref("igw.g"), Ref("vpc.v", "main_route_table_id"))) is False
    perhaps = resource(ASSOCIATION, "assoc.a", UNSET, SubnetId=ref("subnet.s"), RouteTableId=ref("table.private"))
    assert leads(perhaps, route(ref("igw.g"), Ref("vpc.v", "main_route_table_id"))) is None


def test_of_a_network_that_is_declared_elsewhere_the_main_table_is_not_known() -> None:
    alone = resource(SUBNET, "subnet.x", VpcId="vpc-1")
    assert isinstance(fact("routes_to_internet", "subnet.x", [alone]), Unknown)


def test_one_public_subnet_is_enough() -> None:
    public = [*NETWORK, ASSOCIATED, route(ref("igw.g")), subnet("p")]
    assert fact("public_subnets", "lb.l", [*public, balancer("p", "s")]) is True
    assert fact("public_subnets", "lb.l", [*public, balancer("p")]) is False
    assert fact("public_subnets", "lb.l", [*public, balancer("s", UNSET)]) is True
    assert isinstance(fact("public_subnets", "lb.l", [*public, balancer("p", UNSET)]), Unknown)
    assert isinstance(fact("public_subnets", "lb.l", [*public, balancer(Ref("data.aws_subnet.o", "id"))]), Unknown)
    assert fact("public_subnets", "lb.l", [*public, balancer()]) is ABSENT
