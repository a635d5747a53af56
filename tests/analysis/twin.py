"""The account that a small workload becomes when it is deployed: ids in the place of references, nothing unsaid."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from tests.analysis.workload import SUBNET, VPC, resource

from mainstay.analysis import linked
from mainstay.model.resources import Origin, Resource
from mainstay.model.values import LOOKED_UP, Items, Record, Ref, Value

ACCOUNT, REGION = "111122223333", "eu-west-1"
TABLE, ASSOCIATION = "AWS::EC2::RouteTable", "AWS::EC2::SubnetRouteTableAssociation"
GATEWAY, ATTACHMENT = "AWS::EC2::InternetGateway", "AWS::EC2::VPCGatewayAttachment"
MAIN_TABLE = "aws_default_route_table"
FIRST_ZONE = f"{REGION}a"

PREFIXES = {SUBNET: "subnet", VPC: "vpc", TABLE: "rtb", GATEWAY: "igw", "AWS::EC2::NatGateway": "nat"}


def live(type: str, id: str, account: str = ACCOUNT, region: str = REGION, **properties: Value) -> Resource:
    """A resource as an account tells it. `account` is whose it is; it was seen by ACCOUNT."""
    arn = f"arn:aws:x:{region}:{account}:{type.rpartition('::')[2].lower()}/{id}"
    return Resource(
        type,
        arn,
        Record(properties),
        Origin("live", ACCOUNT, None, spelling=type, region=region),
        names=frozenset({id, arn}),
    )


def twin(workload: Iterable[Resource]) -> list[Resource]:
    """What stands in the account, in the same order. Each network has a main table, and each subnet is in a zone."""
    declared = list(workload)
    chosen = [one for one in declared if one.origin.spelling == MAIN_TABLE]
    mains = {vpc: one.address for one in chosen for vpc in one.references if vpc.startswith("vpc.")}
    added = []
    for vpc in [one for one in declared if one.type == VPC and one.address not in mains]:
        mains[vpc.address] = f"main.{vpc.address}"
        added.append(resource(TABLE, mains[vpc.address], VpcId=Ref(vpc.address, "id")))
    owners = {table: vpc for vpc, table in mains.items()}
    every = [*declared, *added, *_unsaid(declared, owners)]
    ids = {one.address: id_of(one) for one in every}
    return linked([_deployed(one, ids, mains, owners) for one in every])


def id_of(one: Resource) -> str:
    digest = hashlib.sha256(one.address.encode()).hexdigest()[:17]
    return f"{PREFIXES.get(one.type, one.type.rpartition('::')[2].lower())}-{digest}"


def _unsaid(declared: Iterable[Resource], owners: dict[str, str]) -> Iterator[Resource]:
    for table in owners:
        yield resource(ASSOCIATION, f"association.{table}", RouteTableId=Ref(table, "id"))
    for one in declared:
        if one.type == GATEWAY:
            yield resource(ATTACHMENT, f"attachment.{one.address}", InternetGatewayId=Ref(one.address, "id"))


def _deployed(one: Resource, ids: dict[str, str], mains: dict[str, str], owners: dict[str, str]) -> Resource:
    properties = {name: _known(value, ids, mains) for name, value in one.properties.items() if value is not None}
    if one.type == SUBNET:
        properties.setdefault("AvailabilityZone", FIRST_ZONE)
    if one.address in owners:
        properties["VpcId"] = ids[owners[one.address]]
    return live(one.type, ids[one.address], **properties)


def _known(value: Value, ids: dict[str, str], mains: dict[str, str]) -> Value:
    if isinstance(value, Ref):
        if LOOKED_UP.match(value.address):
            return f"{REGION}{'abc'[int(value.path.removeprefix('names[').removesuffix(']'))]}"
        return ids[mains[value.address]] if value.path == "main_route_table_id" else ids[value.address]
    if isinstance(value, Record):
        return Record((name, _known(inner, ids, mains)) for name, inner in value.items())
    if isinstance(value, list):
        return Items(_known(element, ids, mains) for element in value)
    return value
