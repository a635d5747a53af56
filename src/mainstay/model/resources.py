"""Resources: the typed things that a workload is made of."""

from __future__ import annotations

from dataclasses import dataclass, field

from mainstay.model.places import Place
from mainstay.model.values import Record, Unknown


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a resource comes from.

    `scope` names the graph that the resource belongs to: one root module or one stack, as a path; resources of
    different scopes never refer to each other. `module` is the module's address (`module.network[0]`) or the path of
    nested stacks, empty at the root. `spelling` is the source's own name of the type (`aws_s3_bucket`). `calls` are the
    module blocks, or the resources that nest stacks, that it is reached by, from the root inwards. `construct` is the
    path of the CDK construct that made it. `region` is where a live resource is; empty in code and for global services.
    """

    source: str
    scope: str
    place: Place | None
    module: str = ""
    spelling: str = ""
    calls: tuple[Place, ...] = ()
    construct: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource in the model's vocabulary: CloudFormation's type and property names.

    `may_exist` says why it is not certain that there is such a resource at all (an unknown `count`); None where it is.
    `references` are the addresses that its properties point at. `partial` marks a piece of a resource that is
    declared somewhere else: what it says can be judged, what it does not say cannot. `names` are what AWS calls a live
    resource, its id and its ARN: a string in another resource that equals one of them points at it.
    """

    type: str
    address: str
    properties: Record
    origin: Origin
    raw: Record = field(default_factory=Record)
    may_exist: Unknown | None = None
    references: frozenset[str] = frozenset()
    partial: bool = False
    names: frozenset[str] = frozenset()
