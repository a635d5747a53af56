"""Which subnets have a route to an internet gateway: by their route table, or by the main one of their VPC."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from mainstay.analysis.graph import Graph, Pointers, is_live, settled
from mainstay.model.resources import Resource
from mainstay.model.values import ABSENT, LOOKED_UP, OneOf, Ref, Unknown, Value

ASSOCIATION, TABLE, ROUTE = "AWS::EC2::SubnetRouteTableAssociation", "AWS::EC2::RouteTable", "AWS::EC2::Route"
SUBNET, VPC, GATEWAY = "AWS::EC2::Subnet", "AWS::EC2::VPC", "AWS::EC2::InternetGateway"
ATTACHMENT = "AWS::EC2::VPCGatewayAttachment"

MAIN_TABLE, MAIN_ASSOCIATION = "aws_default_route_table", "aws_main_route_table_association"
"""What Terraform calls a VPC's own main table, and the choice of another; CloudFormation has neither."""


_TOLD_BY = (ASSOCIATION, TABLE, ROUTE, VPC, GATEWAY, ATTACHMENT)
"""What tells the routes of a subnet."""


class Routes:
    """The routes of a scope, each table looked at once."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._of_table: dict[str, bool | None] = {}
        self._of_vpc: dict[str, bool | None] = {}

    def is_public(self, subnet: Resource) -> bool | None:
        """Whether the subnet has a route to an internet gateway; None where that is not known."""
        if subnet.address not in self._of_subnet:
            self._of_subnet[subnet.address] = self._judge(subnet)
        return self._of_subnet[subnet.address]

    def doubt(self, subnet: Resource | str) -> Unknown:
        """Why it is not known of a subnet, or of what is perhaps one."""
        if isinstance(subnet, str):
            return Unknown(
                f"the routes of {subnet} are not in the code under review", None, "review it with its network"
            )
        hidden = self.graph.hidden(_TOLD_BY) if is_live(subnet) else None
        why = f": {hidden.reason}" if hidden is not None else ""
        return Unknown(f"which routes {subnet.address} has is not known{why}", subnet.origin.place, settled(subnet))

    def foreign(self, vpc: Resource) -> Unknown | None:
        """Why not all that is in a VPC can be seen: another account owns it and shares subnets of it."""
        owner = self._owners.get(vpc.address)
        return None if owner is None else Unknown(f"{vpc.address} belongs to the account {owner}, which shares it")

    @cached_property
    def _of_subnet(self) -> dict[str, bool | None]:
        return {}

    def _judge(self, subnet: Resource) -> bool | None:
        associations = self._associations.at.get(subnet.address, ())
        sure = [self._by(association) for association, there in associations if there]
        if sure:
            return _any(sure)
        answers = {self._by(association) for association, _ in associations}
        if self._associations.loose is not None:
            answers.add(None)
        answers.add(self._main(subnet.properties.look_up("VpcId")))
        return answers.pop() if len(answers) == 1 else None

    def _by(self, association: Resource) -> bool | None:
        return self._at(association.properties.look_up("RouteTableId"))

    def _at(self, value: Value) -> bool | None:
        """Whether the route table that a value names leads to the internet."""
        if isinstance(value, OneOf):
            return _agreed(self._at(option) for option in value.options)
        if not isinstance(value, Ref):
            return None
        found = self.graph.instances(value.address)
        if len(found) == 1 and found[0].type == VPC:
            return self._main(value)
        return _agreed(self._leads(one) if one.type == TABLE else None for one in found)

    def _main(self, value: Value) -> bool | None:
        """Whether the main route table of the VPC that a value names does; one that nobody touches does not."""
        vpc = self.graph.by_address.get(value.address) if isinstance(value, Ref) else None
        if vpc is None or vpc.type != VPC:
            return None
        if vpc.address not in self._of_vpc:
            tables = [self._leads(table) for table in self._chosen.get(vpc.address, [])]
            if is_live(vpc):  # each has one, which was not seen where there is none
                self._of_vpc[vpc.address] = _any(tables or [None])
            else:
                self._of_vpc[vpc.address] = _any([self._any_route(vpc), *tables])
        return self._of_vpc[vpc.address]

    def _leads(self, table: Resource) -> bool | None:
        if table.address not in self._of_table:
            networks = (self.graph.by_address[vpc] for vpc in self._main_of.get(table.address, ()))
            self._of_table[table.address] = _any(map(self._any_route, (table, *networks)))
        return self._of_table[table.address]

    def _any_route(self, owner: Resource) -> bool | None:
        """Whether a route of a table, or of the main table of a VPC, leads to an internet gateway."""
        routes = self._routes if owner.type == TABLE else self._main_routes
        answers = [self._to_internet(route) if there else None for route, there in routes.at.get(owner.address, ())]
        return _any([*answers, None] if routes.loose is not None else answers)

    def _to_internet(self, route: Resource) -> bool | None:
        value = route.properties.look_up("GatewayId")
        return self._is_live_gateway(route, value) if is_live(route) else self._is_gateway(value)

    def _is_live_gateway(self, route: Resource, value: Value) -> bool | None:
        """Of an account: whether a route leads to an internet gateway that is there and attached.

        A route to one that is gone stays in its table, and leads nowhere.
        """
        if isinstance(value, OneOf):
            return _agreed(self._is_live_gateway(route, option) for option in value.options)
        if isinstance(value, Ref | str) and _name(value) in self._attached:
            return True
        if isinstance(value, Ref):
            return False if self.graph.hidden((ATTACHMENT,)) is None else None
        answer = self._is_gateway(value)
        if not answer or self.graph.hidden((GATEWAY,)) is not None:
            return None if answer else answer
        vpc = self._vpc_of(route)
        return None if vpc is None or vpc.address in self._owners else False

    def _vpc_of(self, route: Resource) -> Resource | None:
        found = route
        for name in ("RouteTableId", "VpcId"):
            value = found.properties.look_up(name)
            one = self.graph.by_address.get(value.address) if isinstance(value, Ref) else None
            if one is None:
                return None
            found = one
        return found

    def _is_gateway(self, value: Value) -> bool | None:
        if value is None or value is ABSENT:
            return False
        if isinstance(value, str):
            return value.lower().startswith("igw-")
        if isinstance(value, OneOf):
            return _agreed(self._is_gateway(option) for option in value.options)
        if not isinstance(value, Ref):
            return None
        if LOOKED_UP.match(value.address):
            return ".aws_internet_gateway." in f".{value.address}" or None
        found = self.graph.instances(value.address)
        return _agreed(one.type == GATEWAY for one in found) if found else None

    def _may_lead(self, route: Resource) -> bool:
        return self._to_internet(route) is not False

    @cached_property
    def _routes(self) -> Pointers:
        return self.graph.pointing(ROUTE, "RouteTableId", TABLE, self._may_lead)

    @cached_property
    def _main_routes(self) -> Pointers:
        return self.graph.pointing(ROUTE, "RouteTableId", VPC, self._may_lead)

    @cached_property
    def _associations(self) -> Pointers:
        return self.graph.pointing(ASSOCIATION, "SubnetId", SUBNET)

    @cached_property
    def _chosen(self) -> dict[str, list[Resource]]:
        """By VPC, the tables that are declared to be its main one."""
        found: dict[str, list[Resource]] = {}
        for table in self.graph.by_type.get(TABLE, ()):
            if table.origin.spelling == MAIN_TABLE:
                for vpc in self.graph.referred(table, VPC):
                    found.setdefault(vpc, []).append(table)
        for choice in self.graph.by_type.get(MAIN_ASSOCIATION, ()):
            for vpc in self.graph.referred(choice, VPC):
                tables = self.graph.referred(choice, TABLE)
                found.setdefault(vpc, []).extend(self.graph.by_address[address] for address in tables)
        for table in self._mains:
            value = table.properties.look_up("VpcId")
            if isinstance(value, Ref):
                found.setdefault(value.address, []).append(table)
        return found

    @cached_property
    def _main_of(self) -> dict[str, list[str]]:
        """By table, the VPCs that it is the main one of."""
        found: dict[str, list[str]] = {}
        for vpc, tables in self._chosen.items():
            for table in tables:
                found.setdefault(table.address, []).append(vpc)
        return found

    @cached_property
    def _mains(self) -> list[Resource]:
        """The main tables of an account: those with an association to no subnet."""
        found = []
        for association in self.graph.by_type.get(ASSOCIATION, ()):
            subnet, table = (association.properties.look_up(name) for name in ("SubnetId", "RouteTableId"))
            if is_live(association) and (subnet is None or subnet is ABSENT) and isinstance(table, Ref):
                found += self.graph.instances(table.address)
        return found

    @cached_property
    def _attached(self) -> frozenset[str]:
        """The gateways of an account that are attached to a network: by address, or by id where they were not seen."""
        values = (one.properties.look_up("InternetGatewayId") for one in self.graph.by_type.get(ATTACHMENT, ()))
        return frozenset(_name(value) for value in values if isinstance(value, Ref | str))

    @cached_property
    def _owners(self) -> dict[str, str]:
        """By VPC that is another account's, that account: a subnet's ARN tells it."""
        found: dict[str, str] = {}
        for subnet in self.graph.by_type.get(SUBNET, ()):
            value, arn = subnet.properties.look_up("VpcId"), subnet.address.split(":")
            told = is_live(subnet) and arn[0] == "arn" and isinstance(value, Ref)
            if told and arn[4] != subnet.origin.scope:
                found[value.address] = arn[4]
        return found


def _name(value: Ref | str) -> str:
    return value.address if isinstance(value, Ref) else value


def _any(answers: Iterable[bool | None]) -> bool | None:
    found = set(answers)
    return True if True in found else None if None in found else False


def _agreed(answers: Iterable[bool | None]) -> bool | None:
    found = set(answers)
    return found.pop() if len(found) == 1 else None
