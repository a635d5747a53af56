"""What a deployment is asked to make, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Json = Any
"""None, a bool, a number, a string, a list or a map; mypy's recursive aliases hide more than they tell."""

ShortfallKind = Literal["missing", "lost", "unchecked", "failed"]


@dataclass(frozen=True, slots=True)
class Declared:
    """A resource as the template has it, evaluated.

    What only a deployed stack knows is left in CloudFormation's own words: `Ref`, `Fn::GetAtt`, `Fn::Join`,
    `Fn::Base64` and `Fn::ToJsonString`. `attributes` are those beside the properties, such as DeletionPolicy.
    """

    logical_id: str
    type: str
    properties: Mapping[str, Json]
    depends_on: tuple[str, ...] = ()
    attributes: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Template:
    """A template whose conditions are decided and whose parameters are put in."""

    resources: tuple[Declared, ...]
    outputs: Mapping[str, Json] = field(default_factory=dict)
    description: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """A resource that is in the account. `stacked` is False where a service's own API made it: no stack lists it."""

    physical_id: str
    type: str
    stacked: bool


@dataclass(frozen=True, slots=True)
class Completion:
    """A call that did what moto's CloudFormation does not: `properties` are those that it carried."""

    logical_id: str
    type: str
    call: str
    properties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What the account lacks of the template.

    missing: moto cannot make the resource. lost: it is there without some properties. unchecked: it is there, and
    nobody has looked which of its properties moto keeps. failed: moto refused it.
    """

    logical_id: str
    type: str
    reason: str
    kind: ShortfallKind


@dataclass(frozen=True, slots=True)
class Deployment:
    """What came of putting a template into an account."""

    stack: str
    stack_id: str
    resources: Mapping[str, Made]
    completed: tuple[Completion, ...] = ()
    shortfalls: tuple[Shortfall, ...] = ()
    outputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def failed(self) -> tuple[Shortfall, ...]:
        """What was refused, as against what moto never could."""
        return tuple(shortfall for shortfall in self.shortfalls if shortfall.kind == "failed")
