"""Drift: which live resource is the one that code declares, and in what the two differ."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mainstay.analysis.differences import Difference, decoded, differences
from mainstay.model.resources import Resource
from mainstay.model.values import Items, OneOf, Record, Ref, Unknown, Value

MOST_PAIRS = 200_000
"""Resources of one type are told apart by likeness where there are at most so many pairs of them."""

LEAST_LIKENESS = 0.5

MADE = re.compile(r"[a-z]+(-[a-z]+)*-[0-9a-f]{8,17}")
"""An id that AWS made up: a resource that bore it and is not there any more is gone."""


@dataclass(slots=True)
class Matching:
    """Which live resource is meant by which declared one, by their addresses; `live` is its reverse.

    `gone` are declared ones whose names the deployment knows, and of which the account has none.
    """

    declared: dict[str, Resource] = field(default_factory=dict)
    live: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    def add(self, declared: Resource, live: Resource) -> None:
        self.declared[declared.address] = live
        self.live[live.address] = declared.address


def match(
    declared: Sequence[Resource],
    live: Sequence[Resource],
    identities: Mapping[str, str],
    known: Mapping[str, Sequence[str]],
) -> Matching:
    """Finds for each declared resource of one scope the live one.

    First by what the deployment says: `known` has ids or ARNs by the declared address. Then by name: `identities` are
    the properties that name a resource, by type. Then by likeness: what the two say alike, references to resources
    that are matched already included, where one live resource is more alike than any other.
    """
    found = Matching()
    named = {(resource.type, name): resource for resource in live for name in resource.names}
    made = {type for type, name in named if MADE.fullmatch(name)}
    for one in declared:
        for name in known.get(one.address, ()):
            there = named.get((one.type, name))
            if there is not None and there.address not in found.live:
                found.add(one, there)
                break
        else:
            if one.type in made and any(MADE.fullmatch(name) for name in known.get(one.address, ())):
                found.gone.add(one.address)
    _by_name(declared, live, identities, found)
    while _by_likeness(declared, live, found):
        pass
    return found


def compare(declared: Resource, live: Resource, matching: Matching) -> list[Difference]:
    """In what the account differs from the code; what the code leaves open or cannot know differs in nothing."""
    wanted = _settled(declared.properties, live.properties, matching)
    found = differences(wanted, live.properties, declared_only=True)
    return [one for one in found if one.path.split(".")[0] not in ("derived", "related", "raw")]


def has_identity(resource: Resource, identities: Mapping[str, str]) -> bool:
    """Whether the code says what the resource is called, so that it can be said to be missing."""
    return isinstance(resource.properties.look_up(identities.get(resource.type, "")), str)


# -- matching


def _by_name(
    declared: Sequence[Resource], live: Sequence[Resource], identities: Mapping[str, str], found: Matching
) -> None:
    there: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for one in live:
        for name in {*one.names, one.properties.look_up(identities.get(one.type, ""))}:
            if isinstance(name, str):
                there[one.type, name.lower()].append(one)
    for one in declared:
        name = one.properties.look_up(identities.get(one.type, ""))
        if one.address in found.declared or one.address in found.gone or not isinstance(name, str):
            continue
        bearers = [each for each in there[one.type, name.lower()] if each.address not in found.live]
        if len(bearers) == 1:
            found.add(one, bearers[0])


def _by_likeness(declared: Sequence[Resource], live: Sequence[Resource], found: Matching) -> bool:
    """Matches what is surely alike; True where that may tell more apart."""
    mine: dict[str, list[Resource]] = defaultdict(list)
    theirs: dict[str, list[Resource]] = defaultdict(list)
    for one in declared:
        if (
            one.address not in found.declared
            and one.address not in found.gone
            and one.may_exist is None
            and not one.partial
        ):
            mine[one.type].append(one)
    for one in live:
        if one.address not in found.live:
            theirs[one.type].append(one)
    before = len(found.declared)
    for type, ones in mine.items():
        others = theirs.get(type, [])
        if 0 < len(ones) * len(others) <= MOST_PAIRS:
            _pair(ones, others, found)
    return len(found.declared) > before


def _pair(ones: Sequence[Resource], others: Sequence[Resource], found: Matching) -> None:
    likeness = {(one.address, other.address): _likeness(one, other, found) for one in ones for other in others}
    best: list[tuple[Resource, Resource]] = []
    for one in ones:
        ranked = sorted(others, key=lambda other: (-likeness[one.address, other.address], other.address))
        first = likeness[one.address, ranked[0].address]
        second = likeness[one.address, ranked[1].address] if len(ranked) > 1 else 0.0
        if first >= LEAST_LIKENESS and first > second:
            best.append((one, ranked[0]))
    for one, other in best:
        rivals = [likeness[each.address, other.address] for each in ones if each is not one]
        if all(likeness[one.address, other.address] > rival for rival in rivals):
            found.add(one, other)


def _likeness(one: Resource, other: Resource, found: Matching) -> float:
    """The share of what the code says that the live resource says as well, from 0 to 1."""
    wanted = _settled(one.properties, other.properties, found)
    agreed = asked = 0
    for key, value in wanted.items():
        if isinstance(value, Unknown) or value is None:
            continue
        there = other.properties.look_up(key)
        if isinstance(there, Unknown):
            continue
        asked += 1
        agreed += not differences(value, there, declared_only=True)
    for address in one.references:
        target = found.declared.get(address)
        if target is not None:
            asked += 1
            agreed += target.address in other.references
    return agreed / asked if asked else 0.0


# -- what references come to


def _settled(value: Value, live: Value, found: Matching) -> Value:
    """The declared value with its references to matched resources as the names that the account has for them.

    `live` tells which of a resource's names is meant; where it has none of them, the reference does by its own form.
    """
    if isinstance(value, Ref):
        target = found.declared.get(value.address)
        return _name_of(target, value, live) if target is not None else value
    if isinstance(value, OneOf | Unknown):
        return value
    if isinstance(value, Record):
        made = {key: _settled(each, _beneath(live, key), found) for key, each in value.items()}
        return Record(made, value.place, value.marks, value.rest, value.doubt)
    if isinstance(value, list):
        elements = [_settled(each, live, found) for each in value]
        return Items(elements, value.rest, value.doubt) if isinstance(value, Items) else elements
    return value


def _beneath(live: Value, key: str) -> Value:
    """What the account has under a key; of a list, whose elements are not told apart here, all of it."""
    live = decoded(live)
    return live.get(key) if isinstance(live, dict) else live


def _name_of(target: Resource, reference: Ref, live: Value) -> Value:
    if reference.path != "id" and not reference.prefix:
        return reference
    there = set(_strings(live)) & target.names
    alike = {name for name in target.names if name.startswith("arn:") == bool(reference.prefix)}
    return min(there & alike or there or alike, default=reference)


def _strings(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
