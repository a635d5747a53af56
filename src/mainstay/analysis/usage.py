"""Whether something in an account uses a security group."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from mainstay.analysis.graph import Graph, at_path, is_live
from mainstay.model.resources import Resource
from mainstay.model.values import ABSENT, Unknown, Value, unknowns

GROUP = "AWS::EC2::SecurityGroup"

USERS: Mapping[str, tuple[str, ...]] = {
    GROUP: ("SecurityGroupEgress.DestinationSecurityGroupId", "SecurityGroupIngress.SourceSecurityGroupId"),
    "AWS::AutoScaling::LaunchConfiguration": ("SecurityGroups",),
    "AWS::Batch::ComputeEnvironment": ("ComputeResources.SecurityGroupIds",),
    "AWS::CodeBuild::Project": ("VpcConfig.SecurityGroupIds",),
    "AWS::EC2::LaunchTemplate": (
        "LaunchTemplateData.NetworkInterfaces.Groups",
        "LaunchTemplateData.SecurityGroupIds",
    ),
    "AWS::EC2::NetworkInterface": ("GroupSet",),
    "AWS::ECS::Service": ("NetworkConfiguration.AwsvpcConfiguration.SecurityGroups",),
    "AWS::Glue::Connection": ("ConnectionInput.PhysicalConnectionRequirements.SecurityGroupIdList",),
    "AWS::Lambda::Function": ("VpcConfig.SecurityGroupIds",),
}
"""What uses a group, and by which properties: whatever runs has a network interface; the others make some at times."""


class Usage:
    """Who uses what in a scope; worked out once, when the first group asks."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def in_use(self, group: Resource) -> Value:
        """Whether anything in the account points at the group; ABSENT code does not tell what else there is."""
        if not is_live(group):
            return ABSENT
        return group.address in self._pointed_at or self._doubt or False

    @cached_property
    def _pointed_at(self) -> frozenset[str]:
        return frozenset[str]().union(*(one.references for one in self.graph.by_address.values()))

    @cached_property
    def _doubt(self) -> Unknown | None:
        """Why something may use a group of which that is not known."""
        read = (
            at_path(one.properties, tuple(path.split(".")))
            for type, paths in USERS.items()
            for one in self.graph.by_type.get(type, ())
            for path in paths
        )
        return self.graph.hidden(USERS) or next((why for value in read for why in unknowns(value)), None)
