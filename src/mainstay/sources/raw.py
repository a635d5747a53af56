"""What the readers hand to the spelling tables: resources as their source spells them, evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mainstay.model.resources import Origin
from mainstay.model.values import Record, Unknown


@dataclass(frozen=True, slots=True)
class RawResource:
    """A resource in its source's own words.

    `body` has the source's attribute names. `links` names, by top-level attribute, the addresses of the resources
    that its value was made from: also where the value is known, so that the reference can no longer be seen in it.
    `condition` is the text that decides whether it exists, where that is not known: of two resources with the same
    condition, both exist or neither. `around` is what the source says of the resource outside its body, such as the
    `DeletionPolicy` of a template. `names` are what AWS calls a live resource.
    """

    type: str
    address: str
    body: Record
    origin: Origin
    links: Mapping[str, frozenset[str]] = field(default_factory=dict)
    may_exist: Unknown | None = None
    condition: str = ""
    around: Record = field(default_factory=Record)
    names: frozenset[str] = frozenset()
