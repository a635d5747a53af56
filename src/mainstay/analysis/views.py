"""Resources of an account as code would say them: an id or ARN of another becomes a reference to it.

Facts are worked out on these views; the resources themselves keep their strings.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from mainstay.analysis.graph import is_live
from mainstay.analysis.routes import ASSOCIATION, ATTACHMENT, GATEWAY, ROUTE, TABLE, VPC
from mainstay.analysis.subnets import FILE_SYSTEM, MOUNT_TARGET, SUBNET, SUBNETS
from mainstay.model.resources import Resource
from mainstay.model.values import Items, OneOf, Record, Ref, Value

Path = tuple[str, ...]

NAMES: Mapping[str, Mapping[str, str]] = {
    **{type: dict.fromkeys(paths, SUBNET) for type, paths in SUBNETS.items()},
    ASSOCIATION: {"RouteTableId": TABLE, "SubnetId": SUBNET},
    ATTACHMENT: {"InternetGatewayId": GATEWAY, "VpcId": VPC},
    MOUNT_TARGET: {"FileSystemId": FILE_SYSTEM, "SubnetId": SUBNET},
    "AWS::EC2::NatGateway": {"SubnetId": SUBNET, "VpcId": VPC},
    ROUTE: {"GatewayId": GATEWAY, "RouteTableId": TABLE},
    SUBNET: {"VpcId": VPC},
    TABLE: {"VpcId": VPC},
}
"""By type, what on the way to a fact names another resource, and the type of that one."""

_PATHS: Mapping[str, tuple[tuple[Path, str], ...]] = {
    type: tuple((tuple(path.split(".")), named) for path, named in paths.items()) for type, paths in NAMES.items()
}


def views(resources: Sequence[Resource]) -> list[Resource]:
    """The resources, those of accounts with references in the place of the names of what was seen.

    A name of nothing that was seen stays a string.
    """
    if not any(is_live(resource) for resource in resources):
        return list(resources)
    wanted = frozenset(itertools.chain.from_iterable(paths.values() for paths in NAMES.values()))
    bearers: dict[tuple[str, str], str] = {}
    for resource in resources:
        if resource.type in wanted:
            bearers.update(((resource.type, name), resource.address) for name in resource.names)
    return [
        _view(resource, _PATHS[resource.type], bearers) if is_live(resource) and resource.type in _PATHS else resource
        for resource in resources
    ]


def _view(resource: Resource, paths: Iterable[tuple[Path, str]], bearers: Mapping[tuple[str, str], str]) -> Resource:
    properties: Value = resource.properties
    for path, type in paths:
        properties = _with_references(properties, path, type, bearers)
    return resource if properties is resource.properties else replace(resource, properties=properties)


def _with_references(value: Value, path: Path, named: str, bearers: Mapping[tuple[str, str], str]) -> Value:
    """The value with the names at the path replaced; the value itself where there is none."""
    if isinstance(value, list):
        found = [_with_references(element, path, named, bearers) for element in value]
        if all(new is old for new, old in zip(found, value, strict=True)):
            return value
        return type(value)(found, value.rest, value.doubt) if isinstance(value, Items) else found
    if isinstance(value, OneOf):
        options = [_with_references(option, path, named, bearers) for option in value.options]
        return OneOf(options, value.reason, value.place, value.settle)
    if path:
        inner = value.get(path[0]) if isinstance(value, dict) else None
        new = _with_references(inner, path[1:], named, bearers)
        if new is inner:
            return value
        changed = (
            Record(value, value.place, value.marks, value.rest, value.doubt)
            if isinstance(value, Record)
            else dict(value)
        )
        changed[path[0]] = new
        return changed
    if not isinstance(value, str):
        return value
    if "," in value:  # a scaling group tells its subnets in one string
        return [_reference(name.strip(), named, bearers) for name in value.split(",")]
    return _reference(value, named, bearers)


def _reference(name: str, type: str, bearers: Mapping[tuple[str, str], str]) -> Value:
    address = bearers.get((type, name))
    return name if address is None else Ref(address, "id", None, f"{name} is {address}", "")
