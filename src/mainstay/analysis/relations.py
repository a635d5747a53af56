"""Which resources point at which: the `related.<Type>` of the condition grammar."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mainstay.analysis.graph import is_live
from mainstay.analysis.linking import is_unique
from mainstay.model.resources import Resource
from mainstay.model.values import ABSENT, Document, Items, OneOf, Record, Ref, Unknown, Value, references

Wanted = Mapping[str, frozenset[str]]
"""By the type of the resource that is judged, the types of related resources that its controls read."""


@dataclass(frozen=True, slots=True)
class Links:
    """How the resources of a type name others: paths whose value names a resource of one of the types.

    A last step such as `/restapis/{ApiId}/stages/{Stage}` puts a name together from several properties. Others name a
    resource of the type itself by its `identity`, or by the properties in `also`; `parts` is a pattern of what stands
    behind its name in the name of a part of it, such as a function's alias.
    """

    paths: Mapping[Path, tuple[str, ...]]
    identity: str = ""
    also: tuple[str, ...] = ()
    parts: str = ""


Path = tuple[str, ...]
NONE = Links({})

ACCOUNT = "AWS::Account"
"""The account itself: whatever is in it points at it."""

EVERYWHERE = frozenset({"AWS::S3::Bucket"})
"""The types whose names are theirs in all regions."""

_SLOT = re.compile(r"\{(\w+)\}")

Unseen = Mapping[str, Unknown]
"""By type, why there may be more resources of it in the scope than were seen."""


def relate(
    resources: Sequence[Resource], wanted: Wanted, links: Mapping[str, Links], unseen: Unseen | None = None
) -> list[Resource]:
    """The resources of one scope, with `related` among the properties where a control reads it.

    Under `related`, a type has the list of the properties of the resources that point at this one. A resource that
    may not exist, or whose link is not known, is what that list may go on with; so is what was not seen.
    """
    judged = [resource for resource in resources if resource.type in wanted]
    if not judged:
        return list(resources)
    targets = _Targets((resource for resource in judged if resource.type != ACCOUNT), links)
    pointers = _Pointers()
    pointing = frozenset[str]().union(*(types for type, types in wanted.items() if type != ACCOUNT))
    for resource in resources:
        if resource.type in pointing:
            targets.point(resource, links.get(resource.type, NONE), pointers)

    def related(resource: Resource) -> Resource:
        if resource.type == ACCOUNT:
            return _of_account(resource, resources, wanted[ACCOUNT], unseen or {})
        at = pointers.at(resource, resource.address in targets.nameless)
        return _with_related(resource, at, wanted[resource.type], unseen or {})

    return [related(resource) if resource.type in wanted else resource for resource in resources]


def _of_account(account: Resource, resources: Iterable[Resource], types: frozenset[str], unseen: Unseen) -> Resource:
    """The account with all that is in it. What code does not say of an account, or declare in it, may be there."""
    inside = ((one, True) for one in resources if one.type in types and one.origin.scope == account.origin.scope)
    if is_live(account):
        return _with_related(account, inside, types, unseen)
    place, settle = account.origin.place, "review the account with --live"
    more = Unknown("the account may hold what this code does not declare", place, settle)
    own = account.properties
    rest = more if own.rest is ABSENT else own.rest
    open_ended = replace(account, properties=Record(own, own.place, own.marks, rest, own.doubt))
    return _with_related(open_ended, (), types, dict.fromkeys(types, more))


class _Pointers:
    """Who points at what: by address; and, where the link is not known, at any of a type, or at any without a name."""

    def __init__(self) -> None:
        self.at_address: dict[str, list[tuple[Resource, bool]]] = {}
        self.at_any: dict[tuple[str, bool], dict[str, list[Resource]]] = {}

    def anywhere(self, type: str, nameless: bool, pointer: Resource) -> None:
        """Notes that the pointer may point at any resource of the type (only at those whose name is not known)."""
        noted = self.at_any.setdefault((type, nameless), {}).setdefault(pointer.type, [])
        if len(noted) < 3 and not any(
            one is pointer for one in noted
        ):  # two say already that anything may be there; a third, that one of them may be itself
            noted.append(pointer)

    def at(self, resource: Resource, nameless: bool) -> Iterator[tuple[Resource, bool]]:
        """Those that point at the resource, each with whether it surely does."""
        yield from self.at_address.get(resource.address, ())
        for key in ((resource.type, False), (resource.type, True)):
            for pointers in self.at_any.get(key, {}).values() if nameless or not key[1] else ():
                for pointer in pointers:
                    if pointer is not resource:
                        yield pointer, False


class _Targets:
    """The resources that may be pointed at, by the ways of naming them: by their identity and, live, by their names."""

    def __init__(self, judged: Iterable[Resource], links: Mapping[str, Links]) -> None:
        self.types: dict[str, str] = {}
        self.regions: dict[str, str] = {}
        self.named: dict[tuple[str, str], list[str]] = {}
        self.ends: dict[tuple[str, str], list[str]] = {}
        self.parts: dict[str, re.Pattern[str]] = {}
        self.nameless: set[str] = set()
        for resource in judged:
            self.types[resource.address] = resource.type
            self.regions[resource.address] = resource.origin.region
            how = links.get(resource.type, NONE)
            own = [resource.properties.look_up(name) for name in (how.identity, *how.also) if name]
            names = {name.removesuffix(":*") for name in (*own, *resource.names) if isinstance(name, str)}
            for name in names:
                self.named.setdefault((resource.type, name), []).append(resource.address)
                if name.startswith("arn:"):
                    end = name.split(":", 5)[-1].lower()
                    self.ends.setdefault((resource.type, end), []).append(resource.address)
            if how.parts and resource.type not in self.parts:
                self.parts[resource.type] = re.compile(f"(?:{how.parts})$")
            if any(isinstance(name, Unknown) for name in own) and not resource.names:
                self.nameless.add(resource.address)

    def point(self, pointer: Resource, how: Links, pointers: _Pointers) -> None:
        """Notes what a resource points at."""
        certain, live = pointer.may_exist is None, is_live(pointer)
        found = {address: certain for address in pointer.references if address in self.types}
        referred = {self.types[address] for address in found}
        for path, types in how.paths.items():
            for value in _values(pointer.properties, path):
                if isinstance(value, OneOf):  # of the resources that it may be, it is not known which
                    found.update({ref.address: False for ref in references(value) if ref.address in found})
                for type in types:
                    if isinstance(value, Ref) or (type in referred and not live):
                        continue
                    if isinstance(value, Unknown):
                        pointers.anywhere(type, False, pointer)
                    elif isinstance(value, str):
                        named = self._there(type, value, pointer) if live else self._by_name(type, value)
                        for address in named:
                            found.setdefault(address, certain)
                        if not named:
                            pointers.anywhere(type, True, pointer)
        for address in sorted(found):
            pointers.at_address.setdefault(address, []).append((pointer, found[address]))

    def _there(self, type: str, value: str, pointer: Resource) -> list[str]:
        """Those of a type that a value names in an account: of a name that is used again, the one of the region.

        `linked` has followed whatever stands in front of the end of an ARN; the end is looked at for those without one.
        """
        known = self.named.get((type, value.removesuffix(":*")), ())
        if known and (is_unique(value) or type in EVERYWHERE):
            return list(known)
        region, account, is_arn = pointer.origin.region, "", value.startswith("arn:")
        if is_arn:
            region, account = (*value.split(":"), "", "")[3:5]
            known = [address for address in self._by_name(type, value) if not address.startswith("arn:")]
        if account not in ("", pointer.origin.scope):
            return []
        known = known or ([] if is_arn else self._by_end(type, value) or self._by_name(type, value))
        return [address for address in known if not region or self.regions[address] in ("", region)]

    def _by_name(self, type: str, value: str) -> list[str]:
        """Those of a type that a value names: by the name itself, or by an ARN or URL that ends in it.

        The ARN of a log group has `:*` behind the name.
        """
        value = value.removesuffix(":*")
        known = self.named.get((type, value))
        if known is None and (":" in value or "/" in value):
            known = self.named.get((type, value.replace("/", ":").rpartition(":")[2]))
        if known is None and type in self.parts:
            whole = self.parts[type].sub("", value)
            return self._by_name(type, whole) if whole not in ("", value) else []
        return known or []

    def _by_end(self, type: str, value: str) -> list[str]:
        """Those of a type whose ARN ends in the value, such as `table/shop`; or in what it begins with."""
        end = value.lower()
        while (type, end) not in self.ends and ("/" in end or ":" in end):
            end = end[: max(end.rfind("/"), end.rfind(":"))]
        return self.ends.get((type, end), [])


def _values(value: Value, path: Path) -> Iterator[Value]:
    """What stands at a path: in every element of the lists on the way, in every alternative, and inside of JSON."""
    if path and isinstance(value, Document):
        value = value.value
    elif path and isinstance(value, str) and value.startswith("{"):
        value = _parsed(value)
    if isinstance(value, list):
        for element in value:
            yield from _values(element, path)
        if isinstance(value, Items) and value.rest is not ABSENT:
            yield from _values(value.rest, path)
    elif isinstance(value, OneOf) and path:
        for option in value.options:
            yield from _values(option, path)
    elif not path or isinstance(value, Unknown):
        if value is not None and value is not ABSENT:
            yield value
    elif isinstance(value, dict) and "{" in path[0]:
        yield from _composed(Record(value), path[0])
    elif isinstance(value, Record):
        yield from _values(value.look_up(path[0]), path[1:])
    elif isinstance(value, dict):
        yield from _values(value.get(path[0]), path[1:])


def _composed(record: Record, template: str) -> Iterator[Value]:
    """The template with what the record has under the names in it; nothing where it has nothing."""
    values = [record.look_up(name) for name in _SLOT.findall(template)]
    if any(value is None or value is ABSENT for value in values):
        return
    unknown = next((value for value in values if isinstance(value, Unknown)), None)
    # not a reference: of several names together, one of them does not tell
    yield (
        Unknown(unknown.reason, unknown.place, unknown.settle)
        if unknown
        else _SLOT.sub(lambda slot: str(record[slot[1]]), template)
    )


def _parsed(text: str) -> Value:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _with_related(
    resource: Resource, pointers: Iterable[tuple[Resource, bool]], types: frozenset[str], unseen: Unseen
) -> Resource:
    related = Record({type: Items(rest=unseen[type]) for type in sorted(types & unseen.keys())}, marks={})
    for pointer, certain in pointers:
        if pointer.type not in types:
            continue
        items = related.setdefault(pointer.type, Items())
        if certain:
            items.append(pointer.properties)
        else:
            items.rest = pointer.properties if items.rest is ABSENT else _doubt(pointer)
            items.doubt = items.doubt or _doubt(pointer)
    properties = resource.properties
    extended = Record(properties, properties.place, properties.marks, properties.rest, properties.doubt)
    extended["related"] = related
    return replace(resource, properties=extended)


def _doubt(pointer: Resource) -> Unknown:
    """Why the pointer may point there. Only Terraform has a plan: else it is what settles whether there is one."""
    settle = "pass a plan"
    if not pointer.origin.source.startswith("terraform"):
        settle = pointer.may_exist.settle if pointer.may_exist else ""
    return Unknown(f"{pointer.address} may point at it", pointer.origin.place, settle)
