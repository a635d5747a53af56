"""`derived.<name>`: the facts of FACTS, put among the properties of the resources whose controls read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mainstay.analysis.escalation import POLICIES, escalation_paths
from mainstay.analysis.graph import Graph
from mainstay.analysis.networks import NAT_GATEWAY, VPC, ZONES, Networks
from mainstay.analysis.regional import SERVICES, Service, regions_without
from mainstay.analysis.routes import ASSOCIATION, ATTACHMENT, GATEWAY, ROUTE, TABLE
from mainstay.analysis.subnets import FILE_SYSTEM, GROUPS, MOUNT_TARGET, STANDS_FOR, SUBNET, SUBNETS, subnets_mark
from mainstay.analysis.times import BEGINS, ENDS, age_days, days_left
from mainstay.analysis.usage import USERS, Usage
from mainstay.analysis.views import views
from mainstay.model.facts import FACTS
from mainstay.model.places import Mark
from mainstay.model.resources import Resource
from mainstay.model.values import ABSENT, Record, Unknown, Value, find_mark

Facts = Mapping[str, frozenset[str]]
"""By resource type, the names of the facts that its controls read."""

DERIVED, RELATED = "derived", "related"


@dataclass(frozen=True, slots=True)
class Around:
    """What a fact is worked out from besides its resource; `now` is None where the time does not matter: in code.

    `regions` are those of an account that are under review.
    """

    networks: Networks
    graph: Graph
    usage: Usage
    now: datetime | None
    regions: Sequence[str]


def _regions_without(service: Service) -> Callable[[Around, Resource], Value]:
    return lambda around, account: regions_without(service, account, around.graph, around.regions)


DERIVATIONS: Mapping[str, Callable[[Around, Resource], Value]] = {
    "age_days": lambda around, resource: ABSENT if around.now is None else age_days(resource, around.now),
    "availability_zones": lambda around, resource: around.networks.availability_zones(resource),
    "days_left": lambda around, resource: ABSENT if around.now is None else days_left(resource, around.now),
    "escalation_paths": lambda _, resource: escalation_paths(resource),
    "in_use": lambda around, resource: around.usage.in_use(resource),
    "nat_gateway_zones": lambda around, resource: around.networks.nat_gateway_zones(resource),
    "public_subnets": lambda around, resource: around.networks.public_subnets(resource),
    "routes_to_internet": lambda around, resource: around.networks.routes_to_internet(resource),
    "subnet_zones": lambda around, resource: around.networks.subnet_zones(resource),
    **{name: _regions_without(service) for name, service in SERVICES.items()},
}

_ZONES = {SUBNET: ("AvailabilityZone", "AvailabilityZoneId")}
_INSIDE = {**_ZONES, SUBNET: (*_ZONES[SUBNET], "VpcId"), VPC: ()}
_ROUTES = {
    ASSOCIATION: ("RouteTableId", "SubnetId"),
    ATTACHMENT: (),  # only an account's are looked into, and VPN gateways have no InternetGatewayId to be spelled
    GATEWAY: (),
    ROUTE: ("GatewayId", "RouteTableId"),
    SUBNET: ("VpcId",),
    TABLE: ("VpcId",),
    VPC: (),
}

ON_THE_WAY: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "age_days": {},
    "availability_zones": _ZONES,
    "days_left": {},
    "escalation_paths": {},
    "in_use": USERS,
    "nat_gateway_zones": {**_INSIDE, NAT_GATEWAY: ("SubnetId",)},
    "public_subnets": _ROUTES,
    "routes_to_internet": _ROUTES,
    "subnet_zones": _INSIDE,
    **{name: {one.type: (one.property,) if one.property else ()} for name, one in SERVICES.items()},
}
"""By fact, what it reads of other resources; of some, that they are there and what AWS calls them."""


_OF_ITSELF: Mapping[str, Mapping[str, str]] = {"age_days": BEGINS, "days_left": ENDS, "escalation_paths": POLICIES}
"""By fact, the property of each type that it is worked out from."""


def facts_read(reads: Mapping[str, frozenset[str]]) -> Facts:
    """By resource type, the facts among the paths that controls read, those of related resources included."""
    wanted: dict[str, set[str]] = {}
    for type, paths in reads.items():
        for path in paths:
            steps = path.split(".")
            kind, steps = (steps[1], steps[2:]) if steps[0] == RELATED and len(steps) > 2 else (type, steps)
            if steps[0] == DERIVED and len(steps) > 1 and steps[1] in FACTS:
                wanted.setdefault(kind, set()).add(steps[1])
    return {type: frozenset(names) for type, names in wanted.items()}


def properties_read(facts: Facts) -> Mapping[str, frozenset[str]]:
    """By resource type, the property paths that working out the facts reads: what sources have to spell for them."""
    found: dict[str, set[str]] = {}
    for type, names in facts.items():
        for name in names:
            for other, paths in ON_THE_WAY[name].items():
                found.setdefault(other, set()).update(paths)
            if name in _OF_ITSELF:
                found.setdefault(type, set()).add(_OF_ITSELF[name][type])
            elif name in ("availability_zones", "public_subnets"):
                _read_of_subnets(type, found)
    return {type: frozenset(paths) for type, paths in found.items()}


def derive(
    resources: Sequence[Resource],
    facts: Facts,
    unseen: Mapping[str, Unknown] | None = None,
    now: datetime | None = None,
    regions: Sequence[str] = (),
) -> list[Resource]:
    """The resources of one scope, with `derived` among the properties where a control reads it.

    `unseen` are the types of which there may be more in the scope than were seen, each with the reason. `now` is the
    time that ages are counted to, which has a zone; without it there are none. `regions` are those of the account that
    are under review.
    Under `derived` stands each fact that is wanted of the type and can be said of the resource: one of a resource that
    names no subnets, for example, is absent.
    """
    if not any(resource.type in facts for resource in resources):
        return list(resources)
    seen = views(resources)
    graph = Graph(seen, unseen)
    around = Around(Networks(graph), graph, Usage(graph), now, regions)
    return [
        _with_facts(resource, view, facts[resource.type], around) if resource.type in facts else resource
        for resource, view in zip(resources, seen, strict=True)
    ]


def _read_of_subnets(type: str, found: dict[str, set[str]]) -> None:
    # Terraform's network interfaces are resources, and their subnets nothing that its spelling of an instance lacks
    paths = (path for path in SUBNETS.get(type, ()) if not path.startswith("NetworkInterfaces."))
    found.setdefault(type, set()).update(paths, ZONES.get(type, ()))
    if type in GROUPS:
        name, group = GROUPS[type]
        found[type].add(name)
        for listed in (group, STANDS_FOR.get(group, group)):
            found.setdefault(listed, set()).update((name, *SUBNETS[listed]))
    if type == FILE_SYSTEM:
        found.setdefault(MOUNT_TARGET, set()).update(("FileSystemId", "SubnetId"))


def _with_facts(resource: Resource, view: Resource, names: frozenset[str], around: Around) -> Resource:
    derived: dict[str, Value] = {}
    marks: dict[str, Mark] = {}
    for name in sorted(names):
        value = DERIVATIONS[name](around, view) if resource.type in FACTS[name].types else ABSENT
        if value is ABSENT:
            continue
        derived[name] = value
        mark = _mark(name, resource)
        if mark is not None:
            marks[name] = mark
    properties = resource.properties
    extended = Record(properties, properties.place, properties.marks, properties.rest, properties.doubt)
    extended[DERIVED] = Record(derived, properties.place, marks)
    return replace(resource, properties=extended)


def _mark(name: str, resource: Resource) -> Mark | None:
    if name in _OF_ITSELF:
        return find_mark(resource.properties, [_OF_ITSELF[name][resource.type].split(".")[0]])
    if name == "in_use" or name in SERVICES:
        return resource.properties.place
    return subnets_mark(resource) if resource.type not in (SUBNET, VPC, TABLE) else resource.properties.place
