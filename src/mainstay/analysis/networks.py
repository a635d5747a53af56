"""The facts of networks: which zones resources stand in, and which of their subnets reach the internet."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

from mainstay.analysis.distinct import Zone, distinct_zones, perhaps, zone
from mainstay.analysis.graph import Graph, Pointers, at_path, is_live, is_many, settled
from mainstay.analysis.routes import Routes
from mainstay.analysis.subnets import FILE_SYSTEM, MOUNT_TARGET, SUBNET, named, subnet_values
from mainstay.model.resources import Resource
from mainstay.model.values import ABSENT, Items, OneOf, Ref, Unknown, Value

VPC, NAT_GATEWAY = "AWS::EC2::VPC", "AWS::EC2::NatGateway"
MOST_OPTIONS = 8

ZONES: Mapping[str, tuple[str, ...]] = {
    "AWS::AutoScaling::AutoScalingGroup": ("AvailabilityZones",),
    "AWS::EC2::Instance": ("AvailabilityZone",),
    "AWS::EFS::FileSystem": ("AvailabilityZoneName",),
    "AWS::ElasticLoadBalancing::LoadBalancer": ("AvailabilityZones",),
}
"""By type, where the names of its zones stand, for those that name no subnets."""


class Networks:
    """The networks of a scope; what several resources ask for is worked out once."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.routes = Routes(graph)

    def availability_zones(self, resource: Resource) -> Value:
        if resource.type == FILE_SYSTEM and (mounted := self._mounted(resource)) is not ABSENT:
            return mounted
        values = subnet_values(resource, self.graph)
        if values:
            return _each_way(values, functools.partial(self._zones_of, resource))
        written = [at_path(resource.properties, (name,)) for name in ZONES.get(resource.type, ())]
        return _each_way([value for value in written if value is not None and value is not ABSENT], self._zones_named)

    def public_subnets(self, resource: Resource) -> Value:
        values = subnet_values(resource, self.graph)
        if resource.type == FILE_SYSTEM:
            values = [one.properties.look_up("SubnetId") for one, _ in self._mount_targets.at.get(resource.address, ())]
            if self._mount_targets.loose is not None:
                values.append(_bare(self._mount_targets.loose))
        return _each_way(values, functools.partial(self._public, resource))

    def routes_to_internet(self, subnet: Resource) -> Value:
        answer = self.routes.is_public(subnet)
        return self.routes.doubt(subnet) if answer is None else answer

    def subnet_zones(self, vpc: Resource) -> Value:
        zones = [self._zone_of(one, sure) for one, sure in self._subnets.at.get(vpc.address, ()) if not is_many(one)]
        return self._listed(zones, self._more_subnets(vpc))

    def nat_gateway_zones(self, vpc: Resource) -> Value:
        zones: list[Zone] = []
        further = self._gateways.loose or self.routes.foreign(vpc)
        if zones_hidden := self.graph.hidden((SUBNET,)):  # a gateway may stand in one that was not seen
            further = further or zones_hidden
        for subnet, inside in self._subnets.at.get(vpc.address, ()):
            for gateway, there in self._gateways.at.get(subnet.address, ()):
                if is_many(gateway):
                    further = further or gateway.may_exist or _many(gateway)
                else:
                    zones.append(self._zone_of(subnet, inside and there))
        regional = self._regional.at.get(vpc.address, ())
        if regional:  # one gateway that AWS keeps in every zone with a subnet
            further = further or self._more_subnets(vpc)
            sure = any(there for _, there in regional)
            zones += [self._zone_of(one, inside and sure) for one, inside in self._subnets.at.get(vpc.address, ())]
        return self._listed(zones, further)

    # -- zones

    def _zone_of(self, subnet: Resource, sure: bool = True) -> Zone:
        found = self._zones.get(subnet.address)
        if found is None:
            found = self._zones[subnet.address] = _zone_of_subnet(subnet)
        return found if sure else perhaps(found)

    @cached_property
    def _zones(self) -> dict[str, Zone]:
        return {}

    def _zones_of(self, resource: Resource, values: list[Value]) -> Value:
        subnets = named(values)
        return self._listed([self._zone_named(one, resource) for one in subnets.ids], subnets.further)

    def _zone_named(self, value: Value, resource: Resource) -> Zone:
        """The zone of the subnet with an id that a resource names."""
        if isinstance(value, Ref):
            subnet = self.graph.by_address.get(value.address)
            if subnet is not None and subnet.type == SUBNET:
                return self._zone_of(subnet)
            return zone(Unknown(f"the zone of {value.address} is not known", value.place, "pass a plan"), key=None)
        if isinstance(value, OneOf):
            named_ones = [one for one in value.options if one is not None and one is not ABSENT]
            options = [self._zone_named(one, resource) for one in named_ones]
            known = {one.value if isinstance(one.value, str) else "" for one in options}
            found = zone(known.pop() if known != {""} and len(known) == 1 else _bare(value))
            return perhaps(found) if len(options) < len(value.options) else found
        if isinstance(value, str):
            why = Unknown(f"the zone of {value} is not in the code", None, "pass a plan")
            return zone(self._unseen_subnet(value, resource) if is_live(resource) else why, key=("subnet", value))
        return zone(_bare(value))

    def _unseen_subnet(self, subnet: str, resource: Resource) -> Unknown:
        """Why nothing is known of a subnet that a resource of an account names."""
        hidden = self.graph.hidden((SUBNET,))
        return hidden or Unknown(f"{subnet}, in which {resource.address} stands, is not among the account's subnets")

    def _mounted(self, system: Resource) -> Value:
        """The zones of a file system's mount targets; ABSENT where it has none."""
        zones: list[Zone] = []
        further = self._mount_targets.loose
        for target, sure in self._mount_targets.at.get(system.address, ()):
            values = subnet_values(target, self.graph)
            subnets = named(values)
            if is_many(target):
                further = further or target.may_exist or _many(target)
            else:
                further = further or subnets.further
                found = [self._zone_named(one, target) for one in subnets.ids]
                zones += found if sure else map(perhaps, found)
        return self._listed(zones, further)

    @staticmethod
    def _listed(zones: Iterable[Zone], further: Unknown | None) -> Value:
        """The list of zones; ABSENT where there is none."""
        found = list(zones)
        return distinct_zones(found, further) if found or further is not None else ABSENT

    def _zones_named(self, values: list[Value]) -> Value:
        zones: list[Zone] = []
        further: Unknown | None = None
        for value in values:
            for element in value if isinstance(value, list) else [value]:
                if isinstance(element, str | Ref) or (isinstance(element, Unknown) and element.is_set):
                    zones.append(zone(element))
                elif isinstance(element, Unknown):
                    further = element
            if isinstance(value, Items) and value.rest is not ABSENT:
                further = value.why
        return self._listed(zones, further)

    # -- who points at whom

    @cached_property
    def _subnets(self) -> Pointers:
        return self.graph.pointing(SUBNET, "VpcId", VPC)

    @cached_property
    def _gateways(self) -> Pointers:
        return self.graph.pointing(NAT_GATEWAY, "SubnetId", SUBNET, lambda gateway: not _is_regional(gateway))

    @cached_property
    def _regional(self) -> Pointers:
        return self.graph.pointing(NAT_GATEWAY, "VpcId", VPC, _is_regional)

    @cached_property
    def _mount_targets(self) -> Pointers:
        return self.graph.pointing(MOUNT_TARGET, "FileSystemId", FILE_SYSTEM)

    def _more_subnets(self, vpc: Resource) -> Unknown | None:
        for subnet, _ in self._subnets.at.get(vpc.address, ()):
            if is_many(subnet):
                return subnet.may_exist or _many(subnet)
        return self._subnets.loose or self.routes.foreign(vpc)

    # -- routes

    def _public(self, resource: Resource, values: list[Value]) -> Value:
        subnets = named(values)
        answers = [self._is_public(one) for one in subnets.ids]
        if any(answers):
            return True
        if subnets.further is not None:
            return _bare(subnets.further)
        if None in answers:
            return self._why_public(subnets.ids[answers.index(None)], resource)
        return False if answers else ABSENT

    def _is_public(self, value: Value) -> bool | None:
        if isinstance(value, OneOf):
            found = {self._is_public(option) for option in value.options}
            return found.pop() if len(found) == 1 else None
        if not isinstance(value, Ref):
            return False if value is None or value is ABSENT else None
        answers = {
            self.routes.is_public(subnet) for subnet in self.graph.instances(value.address) if subnet.type == SUBNET
        }
        return answers.pop() if len(answers) == 1 else None

    def _why_public(self, value: Value, resource: Resource) -> Unknown:
        if isinstance(value, Ref):
            subnet = self.graph.by_address.get(value.address)
            return self.routes.doubt(subnet or value.address)
        if isinstance(value, Unknown):
            return _bare(value)
        return self._unseen_subnet(str(value), resource) if is_live(resource) else self.routes.doubt(str(value))


def _each_way(values: list[Value], tell: Callable[[list[Value]], Value]) -> Value:
    """What `tell` says of the values: where one of them is one of several lists, one of what it says of each."""
    if not values:
        return ABSENT
    for index, value in enumerate(values):
        if isinstance(value, OneOf):
            others = values[:index] + values[index + 1 :]
            options = [_each_way(_with(others, option), tell) for option in value.options]
            flat = [each for one in options for each in (one.options if isinstance(one, OneOf) else (one,))]
            if all(type(one) is Unknown for one in flat):
                return flat[0]
            if len(flat) > MOST_OPTIONS:
                return _bare(value)
            return OneOf([None if one is ABSENT else one for one in flat], value.reason, value.place, value.settle)
    return tell(values)


def _with(values: list[Value], option: Value) -> list[Value]:
    return values if option is None or option is ABSENT else [*values, option]


def _zone_of_subnet(subnet: Resource) -> Zone:
    kind, value = "name", subnet.properties.look_up("AvailabilityZone")
    if value is None or value is ABSENT:
        kind, value = "id", subnet.properties.look_up("AvailabilityZoneId")
    if value is None or value is ABSENT:
        why = "the zone of {} is not known" if is_live(subnet) else "AWS chooses the zone of {}"
        value = Unknown(why.format(subnet.address), subnet.origin.place, settled(subnet, "set AvailabilityZone"))
    if is_many(subnet) and isinstance(value, Unknown):  # of each of the instances it may be another
        return zone(_bare(value))
    return zone(value, kind, ("subnet", subnet.address))


def _bare(value: Unknown) -> Unknown:
    """That and why something is not known, without what is known of it."""
    return Unknown(value.reason, value.place, value.settle)


def _is_regional(gateway: Resource) -> bool:
    return bool(gateway.properties.look_up("AvailabilityMode") == "regional")


def _many(resource: Resource) -> Unknown:
    return Unknown(f"it is not known how many there are of {resource.address}", resource.origin.place, "pass a plan")
