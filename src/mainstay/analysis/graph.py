"""The resources of a scope by address, by type and by what they point at: what derived facts are looked up in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mainstay.model.resources import Resource
from mainstay.model.values import ABSENT, LOOKED_UP, Document, Items, OneOf, Record, Ref, Unknown, Value

Path = tuple[str, ...]

_INSTANCE = re.compile(r"\[[^\]]*\]$")


@dataclass(slots=True)
class Pointers:
    """By the address of what is pointed at, who points there, each with whether it surely does.

    `loose` is why one of them may point at anything; None where it is known of all.
    """

    at: dict[str, list[tuple[Resource, bool]]] = field(default_factory=dict)
    loose: Unknown | None = None


class Graph:
    """The resources of one scope. Everything is looked up in time that does not grow with the scope.

    `unseen` are the types of which there may be more in the scope than were seen, each with the reason.
    """

    def __init__(self, resources: Sequence[Resource], unseen: Mapping[str, Unknown] | None = None) -> None:
        self.unseen = unseen or {}
        self.by_address = {resource.address: resource for resource in resources}
        self.by_type: dict[str, list[Resource]] = {}
        for resource in resources:
            self.by_type.setdefault(resource.type, []).append(resource)
        self._instances: dict[str, list[Resource]] | None = None
        self._named: dict[tuple[str, str], dict[str, list[Resource]]] = {}

    def hidden(self, types: Iterable[str]) -> Unknown | None:
        """Why there may be more of one of the types than was seen; None where all were."""
        return next((self.unseen[type] for type in types if type in self.unseen), None)

    def named(self, type: str, property: str, name: str) -> list[Resource]:
        """The resources of a type that bear a name, by a property or among what AWS calls them."""
        if (type, property) not in self._named:
            bearers = self._named[type, property] = {}
            for resource in self.by_type.get(type, ()):
                own = resource.properties.look_up(property)
                for bearer in {one.lower() for one in (own, *resource.names) if isinstance(one, str)}:
                    bearers.setdefault(bearer, []).append(resource)
        return self._named[type, property].get(name.lower(), [])

    def instances(self, address: str) -> list[Resource]:
        """The resource at an address, or all that one with an unknown index (`aws_subnet.a[?]`) may mean."""
        if address in self.by_address:
            return [self.by_address[address]]
        if not address.endswith("[?]"):
            return []
        if self._instances is None:
            self._instances = {}
            for resource in self.by_address.values():
                self._instances.setdefault(_INSTANCE.sub("", resource.address), []).append(resource)
        return self._instances.get(_INSTANCE.sub("", address), [])

    def pointing(self, type: str, name: str, target: str, which: Callable[[Resource], bool] | None = None) -> Pointers:
        """Who of a type points at resources of the type `target` by the property `name`; only those that `which` takes.

        An id that is written out is that of a resource which is declared elsewhere, or was not seen.
        """
        pointers = Pointers(loose=self.unseen.get(type))
        for resource in self.by_type.get(type, ()):
            if which is not None and not which(resource):
                continue
            value = resource.properties.look_up(name)
            told = value is None or value is ABSENT or isinstance(value, Ref)
            sure = told and resource.may_exist is None and not is_many(resource)
            found = self._targets(resource, value, target)
            if found is None:
                pointers.loose = pointers.loose or _doubt(resource, value)
                continue
            for address in found:
                pointers.at.setdefault(address, []).append((resource, sure and len(found) == 1))
        return pointers

    def _targets(self, resource: Resource, value: Value, target: str) -> list[str] | None:
        """What a value points at, one of several where it is not known which; None where that may be anything."""
        if value is None or value is ABSENT:  # a block inside its owner refers to it without a property of its own
            return self.referred(resource, target)[:1]
        if isinstance(value, Ref):
            one = self.by_address.get(value.address)
            if one is not None:
                return [one.address] if one.type == target else []
            if LOOKED_UP.match(value.address):
                return []
            return [one.address for one in self.instances(value.address)] or None
        if isinstance(value, OneOf):
            found = [self._targets(resource, option, target) for option in value.options if option is not None]
            return None if None in found else sorted({address for one in found for address in one or ()})
        if isinstance(value, Unknown):
            return self.referred(resource, target) or None
        return []

    def referred(self, resource: Resource, type: str) -> list[str]:
        """The addresses of the resources of a type that the resource refers to by whatever property."""
        return sorted(
            address
            for address in resource.references
            if address in self.by_address and self.by_address[address].type == type
        )


def is_live(resource: Resource) -> bool:
    """True for a resource of an account, of which everything is known that could be read."""
    return resource.origin.source == "live"


def settled(resource: Resource, settle: str = "pass a plan") -> str:
    """What would tell more of the resource: of an account there is neither a plan nor code to pass."""
    return "" if is_live(resource) else settle


def is_many(resource: Resource) -> bool:
    """True for a resource that stands for any number of instances, since it is not known how many there are."""
    return "[?]" in resource.address


def at_path(value: Value, path: Path) -> Value:
    """What stands at a path: through a list a list, through alternatives one of them; ABSENT where nothing does."""
    if not path:
        return value
    if isinstance(value, Record):
        return at_path(value.look_up(path[0]), path[1:])
    if isinstance(value, dict):
        return at_path(value.get(path[0], ABSENT), path[1:])
    if isinstance(value, list):
        rest = value.rest if isinstance(value, Items) else ABSENT
        doubt = value.doubt if isinstance(value, Items) else None
        return Items([at_path(element, path) for element in value], at_path(rest, path), doubt)
    if isinstance(value, OneOf):
        options = [at_path(option, path) for option in value.options]
        return OneOf(options, value.reason, value.place, value.settle)
    if isinstance(value, Document):
        return at_path(value.value, path)
    return value if isinstance(value, Unknown) else ABSENT


def _doubt(resource: Resource, value: Value) -> Unknown:
    if isinstance(value, Unknown):
        return Unknown(value.reason, value.place or resource.origin.place, value.settle)
    return Unknown(f"{resource.address} may belong to it", resource.origin.place, settled(resource))
