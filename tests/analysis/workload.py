"""Small networks to derive facts of, for the tests beside this file."""

from __future__ import annotations

from collections.abc import Iterable

from mainstay.analysis import derive
from mainstay.model.facts import FACTS
from mainstay.model.resources import Origin, Resource
from mainstay.model.values import ABSENT, Record, Ref, Unknown, Value, references

BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
SUBNET, VPC = "AWS::EC2::Subnet", "AWS::EC2::VPC"
NAMES = "data.aws_availability_zones.available"

EVERY_FACT = {
    type: frozenset(name for name, fact in FACTS.items() if type in fact.types)
    for fact in FACTS.values()
    for type in fact.types
}


def resource(
    type: str,
    address: str,
    may_exist: Unknown | None = None,
    spelling: str = "",
    refers_to: Iterable[str] = (),
    **properties: Value,
) -> Resource:
    found = frozenset(ref.address for ref in references(dict(properties))) | frozenset(refers_to)
    origin = Origin("terraform", "root", None, spelling=spelling)
    return Resource(type, address, Record(properties), origin, may_exist=may_exist, references=found)


def ref(address: str) -> Ref:
    return Ref(address, "id")


def subnet(name: str, zone: Value = None, vpc: str = "vpc.v", **properties: Value) -> Resource:
    return resource(SUBNET, f"subnet.{name}", AvailabilityZone=zone, VpcId=ref(vpc), **properties)


def balancer(*subnets: Value) -> Resource:
    return resource(
        BALANCER, "lb.l", Subnets=[ref(f"subnet.{one}") if isinstance(one, str) else one for one in subnets]
    )


def zone_name(number: int) -> Ref:
    return Ref(NAMES, f"names[{number}]")


def fact(name: str, address: str, resources: list[Resource]) -> Value:
    """What a fact says of the resource at an address; ABSENT where it says nothing."""
    one = next(each for each in derive(resources, EVERY_FACT) if each.address == address)
    return one.properties["derived"].get(name, ABSENT)
