"""Which resources point at which: the `related.<Type>` of the condition grammar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mainstay.model.resources import Resource
from mainstay.model.values import ABSENT, Items, Record, Ref, Unknown, Value, unknowns

Wanted = Mapping[str, frozenset[str]]
"""By the type of the resource that is judged, the types of related resources that its controls read."""


@dataclass(frozen=True, slots=True)
class Links:
    """How the resources of a type name others: paths whose value names a resource of one of the types."""

    paths: Mapping[tuple[str, ...], tuple[str, ...]]
    identity: str = ""


def relate(resources: Sequence[Resource], wanted: Wanted, links: Mapping[str, Links]) -> list[Resource]:
    """The resources of one scope, with `related` among the properties where a control reads it.

    Under `related`, a type has the list of the properties of the resources that point at this one. A resource that
    may not exist, or whose link is not known, is what that list may go on with.
    """
    if not any(resource.type in wanted for resource in resources):
        return list(resources)
    sources = frozenset[str]().union(*wanted.values())
    pointers = [resource for resource in resources if resource.type in sources]
    by_address: dict[str, list[tuple[Resource, bool]]] = {}
    for pointer in pointers:
        for target, certain in _targets(pointer, resources, links):
            by_address.setdefault(target, []).append((pointer, certain))
    return [
        _with_related(resource, by_address.get(resource.address, []), wanted[resource.type])
        if resource.type in wanted
        else resource
        for resource in resources
    ]


def _targets(pointer: Resource, resources: Sequence[Resource], links: Mapping[str, Links]) -> Iterator[tuple[str, bool]]:
    """The addresses that a resource points at, and whether it surely does."""
    certain = pointer.may_exist is None
    for address in pointer.references:
        yield address, certain
    for path, types in links.get(pointer.type, Links({})).paths.items():
        value = _at(pointer.properties, path)
        doubtful = any(not isinstance(leaf, Ref) for leaf in unknowns(value)) if value is not ABSENT else False
        for resource in resources:
            if resource.type not in types or resource.address in pointer.references:
                continue
            identity = links.get(resource.type, Links({})).identity
            name = resource.properties.get(identity, ABSENT) if identity else ABSENT
            if isinstance(value, str) and value == name:
                yield resource.address, certain
            elif doubtful and not pointer.references:
                yield resource.address, False


def _at(value: Value, path: tuple[str, ...]) -> Value:
    for step in path:
        value = value.look_up(step) if isinstance(value, Record) else ABSENT
    return value


def _with_related(resource: Resource, pointers: list[tuple[Resource, bool]], types: frozenset[str]) -> Resource:
    related = Record(marks={})
    for pointer, certain in pointers:
        if pointer.type not in types:
            continue
        items = related.setdefault(pointer.type, Items())
        if certain:
            items.append(pointer.properties)
        else:
            items.rest = pointer.properties if items.rest is ABSENT else _doubt(pointer)
    properties = resource.properties
    extended = Record(properties, properties.place, properties.marks, properties.rest)
    extended["related"] = related
    return replace(resource, properties=extended)


def _doubt(pointer: Resource) -> Unknown:
    return Unknown(f"{pointer.address} may point at it", pointer.origin.place, "pass a plan")
