"""How many zones there are: of zones whose names may not be known, which are surely two and which may be one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace

from mainstay.model.values import Items, OneOf, Ref, Text, Unknown, Value

_LIST = re.compile(r"(?:.*\.)?data\.aws_availability_zones\.[\w-]+(?:\[[^\]?]*\])?$|$")
"""The address of a list of zones, of which each has another name: a data source's, or the account's own."""

_ELEMENT = re.compile(r"((?:names|zone_ids)|availability_zones\b.*)\[(\d+)\]$")


@dataclass(frozen=True, slots=True)
class Zone:
    """The zone of a subnet: its name, or that it has one.

    Zones of one `family` are the same where `member` is, and surely two where it is not; of zones of two families
    neither is known. Zones with the same `key` are one. `sure` is False where it may not be there at all.
    """

    value: Value
    family: Hashable = None
    member: str = ""
    key: Hashable = None
    sure: bool = True


def zone(value: Value, kind: str = "name", key: Hashable = None) -> Zone:
    """The zone that a property gives by its name or, where `kind` is `id`, by its id. `key` is whose zone it is."""
    if isinstance(value, str):
        return Zone(value, kind, value, (kind, value))
    if isinstance(value, OneOf) and all(isinstance(option, str) for option in value.options):
        return Zone(value, key=key)
    family = _family(value)
    if family is None:
        return Zone(surely(value), key=key)
    return Zone(surely(value), *family, family)


def surely(value: Unknown) -> Text:
    """A string that is there for certain, of which nothing else is known than what `value` says."""
    return value if isinstance(value, Text) else Text((value,), value.place)


def distinct_zones(zones: Iterable[Zone], further: Unknown | None = None) -> Value:
    """The list of the distinct zones, in which `count` sees no more and no fewer than there may be.

    Those that are surely different from each other stand as they are; what may be the same as one of them stands as
    something that is perhaps not there. `further` is why there may be more of them.
    """
    found: dict[Hashable, Zone] = {}
    for number, one in enumerate(zones):
        key = one.key if one.key is not None else (number,)
        if key not in found or (one.sure and not found[key].sure):
            found[key] = one
    if not found and further is not None:
        return Unknown(further.reason, further.place, further.settle)
    sure = [key for key, one in found.items() if one.sure]
    sizes = Counter(found[key].family for key in sure if found[key].family is not None)
    largest = max(sizes, key=lambda family: sizes[family]) if sizes else None
    apart = [key for key in sure if found[key].family == largest] if sizes else sure[:1]
    elements = [found[key].value for key in apart]
    others = found.keys() - set(apart)
    elements.extend(_perhaps(one.value) for key, one in found.items() if key in others)
    return Items(elements) if further is None else Items(elements, surely(further), further)


def perhaps(one: Zone) -> Zone:
    """The zone of something that may not be there."""
    return replace(one, sure=False)


def _perhaps(value: Value) -> OneOf:
    why = value if isinstance(value, Unknown) else Unknown(f"{value} may not be another zone", None, "pass a plan")
    options = value.options if isinstance(value, OneOf) else (value,)
    return OneOf((*options, None), why.reason, why.place, why.settle)


def _family(value: Value) -> tuple[Hashable, str] | None:
    """Which other zones a zone that is not known can be told from, and as which of them."""
    if isinstance(value, Ref):
        element = _ELEMENT.match(value.path) if _LIST.match(value.address) else None
        return ((value.address, element[1]), element[2]) if element else ((value.address, value.path, "whole"), "")
    if not isinstance(value, Text):
        return None
    parts = [part for part in value.parts if isinstance(part, str | Ref)]
    if len(parts) < len(value.parts):
        return None
    *before, last = parts
    head = tuple(part if isinstance(part, str) else (part.address, part.path) for part in before)
    if isinstance(last, str):
        return (("text", head), last)
    family = _family(last)
    return None if family is None else (("text", head, family[0]), family[1])
