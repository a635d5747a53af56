"""In which of an account's regions under review a service that works region by region is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mainstay.analysis.graph import Graph, is_live
from mainstay.model.resources import Resource
from mainstay.model.values import ABSENT, Items, Unknown, Value


@dataclass(frozen=True, slots=True)
class Service:
    """What has to be in a region: a resource of the type, with a value of the property that will do."""

    type: str
    property: str = ""
    will_do: Callable[[Value], bool] = lambda _: True


SERVICES: Mapping[str, Service] = {
    "regions_without_analyzer": Service(
        "AWS::AccessAnalyzer::Analyzer", "Type", lambda value: value in ("ACCOUNT", "ORGANIZATION")
    ),
    "regions_without_detector": Service("AWS::GuardDuty::Detector", "Enable", lambda value: value is True),
    "regions_without_hub": Service("AWS::SecurityHub::Hub"),
    "regions_without_recorder": Service("AWS::Config::ConfigurationRecorder"),
    "regions_without_scanning": Service("AWS::InspectorV2::Enabler", "ResourceTypes", bool),
}
"""By fact, what a region has to have."""


def regions_without(service: Service, account: Resource, graph: Graph, regions: Sequence[str]) -> Value:
    """The regions that lack the service, in their order; ABSENT in code, which does not tell what regions there are."""
    if not is_live(account):
        return ABSENT
    if not regions:
        return Unknown("which regions are under review is not known")
    have: set[str] = set()
    doubts: dict[str, Unknown] = {}
    for resource in graph.by_type.get(service.type, ()):
        value = resource.properties.look_up(service.property) if service.property else None
        if isinstance(value, Unknown):
            doubts[resource.origin.region] = value
        elif service.will_do(value):
            have.add(resource.origin.region)
    hidden = graph.hidden((service.type,))
    lacking = [region for region in regions if region not in have]
    open_ = [region for region in lacking if hidden is not None or region in doubts]
    if not open_:
        return Items(lacking)
    return Items([one for one in lacking if one not in open_], doubts.get(open_[0], hidden) or ABSENT)
