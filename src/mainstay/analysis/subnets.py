"""Which subnets a resource stands in: by its own properties, its subnet group or its mount targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mainstay.analysis.graph import Graph, at_path, is_live
from mainstay.model.places import Mark
from mainstay.model.resources import Resource
from mainstay.model.values import ABSENT, Items, OneOf, Record, Ref, Text, Unknown, Value, find_mark

SUBNET = "AWS::EC2::Subnet"
FILE_SYSTEM, MOUNT_TARGET = "AWS::EFS::FileSystem", "AWS::EFS::MountTarget"

SUBNETS: Mapping[str, tuple[str, ...]] = {
    "AWS::AmazonMQ::Broker": ("SubnetIds",),
    "AWS::AppRunner::VpcConnector": ("Subnets",),
    "AWS::AutoScaling::AutoScalingGroup": ("VPCZoneIdentifier",),
    "AWS::Batch::ComputeEnvironment": ("ComputeResources.Subnets",),
    "AWS::Cloud9::EnvironmentEC2": ("SubnetId",),
    "AWS::CodeBuild::Project": ("VpcConfig.Subnets",),
    "AWS::DAX::SubnetGroup": ("SubnetIds",),
    "AWS::DMS::ReplicationSubnetGroup": ("SubnetIds",),
    "AWS::DirectoryService::MicrosoftAD": ("VpcSettings.SubnetIds",),
    "AWS::DirectoryService::SimpleAD": ("VpcSettings.SubnetIds",),
    "AWS::DocDB::DBSubnetGroup": ("SubnetIds",),
    "AWS::EC2::ClientVpnTargetNetworkAssociation": ("SubnetId",),
    "AWS::EC2::Instance": ("SubnetId", "NetworkInterfaces.SubnetId"),
    "AWS::EC2::NatGateway": ("SubnetId",),
    "AWS::EC2::NetworkInterface": ("SubnetId",),
    "AWS::EC2::TransitGatewayAttachment": ("SubnetIds",),
    "AWS::EC2::TransitGatewayVpcAttachment": ("SubnetIds",),
    "AWS::EC2::VPCEndpoint": ("SubnetIds",),
    "AWS::ECS::Service": ("NetworkConfiguration.AwsvpcConfiguration.Subnets",),
    "AWS::EFS::MountTarget": ("SubnetId",),
    "AWS::EKS::Cluster": ("ResourcesVpcConfig.SubnetIds",),
    "AWS::EKS::FargateProfile": ("Subnets",),
    "AWS::EKS::Nodegroup": ("Subnets",),
    "AWS::EMR::Cluster": ("Instances.Ec2SubnetId", "Instances.Ec2SubnetIds"),
    "AWS::EMRServerless::Application": ("NetworkConfiguration.SubnetIds",),
    "AWS::ElastiCache::ServerlessCache": ("SubnetIds",),
    "AWS::ElastiCache::SubnetGroup": ("SubnetIds",),
    "AWS::ElasticLoadBalancing::LoadBalancer": ("Subnets",),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": ("Subnets", "SubnetMappings.SubnetId"),
    "AWS::Elasticsearch::Domain": ("VPCOptions.SubnetIds",),
    "AWS::FSx::FileSystem": ("SubnetIds",),
    "AWS::Glue::Connection": ("ConnectionInput.PhysicalConnectionRequirements.SubnetId",),
    "AWS::ImageBuilder::InfrastructureConfiguration": ("SubnetId",),
    "AWS::Lambda::Function": ("VpcConfig.SubnetIds",),
    "AWS::MSK::Cluster": ("BrokerNodeGroupInfo.ClientSubnets",),
    "AWS::MSK::ServerlessCluster": ("VpcConfigs.SubnetIds",),
    "AWS::MWAA::Environment": ("NetworkConfiguration.SubnetIds",),
    "AWS::MemoryDB::SubnetGroup": ("SubnetIds",),
    "AWS::Neptune::DBSubnetGroup": ("SubnetIds",),
    "AWS::NetworkFirewall::Firewall": ("SubnetMappings.SubnetId",),
    "AWS::OpenSearchService::Domain": ("VPCOptions.SubnetIds",),
    "AWS::RDS::DBProxy": ("VpcSubnetIds",),
    "AWS::RDS::DBProxyEndpoint": ("VpcSubnetIds",),
    "AWS::RDS::DBSubnetGroup": ("SubnetIds",),
    "AWS::Redshift::ClusterSubnetGroup": ("SubnetIds",),
    "AWS::RedshiftServerless::Workgroup": ("SubnetIds",),
    "AWS::Route53Resolver::ResolverEndpoint": ("IpAddresses.SubnetId",),
    "AWS::SageMaker::Domain": ("SubnetIds",),
    "AWS::SageMaker::Model": ("VpcConfig.Subnets",),
    "AWS::SageMaker::NotebookInstance": ("SubnetId",),
    "AWS::Transfer::Server": ("EndpointDetails.SubnetIds",),
}
"""By type, where the ids of its subnets stand."""

GROUPS: Mapping[str, tuple[str, str]] = {
    "AWS::DAX::Cluster": ("SubnetGroupName", "AWS::DAX::SubnetGroup"),
    "AWS::DMS::ReplicationInstance": ("ReplicationSubnetGroupIdentifier", "AWS::DMS::ReplicationSubnetGroup"),
    "AWS::DocDB::DBCluster": ("DBSubnetGroupName", "AWS::DocDB::DBSubnetGroup"),
    "AWS::ElastiCache::CacheCluster": ("CacheSubnetGroupName", "AWS::ElastiCache::SubnetGroup"),
    "AWS::ElastiCache::ReplicationGroup": ("CacheSubnetGroupName", "AWS::ElastiCache::SubnetGroup"),
    "AWS::MemoryDB::Cluster": ("SubnetGroupName", "AWS::MemoryDB::SubnetGroup"),
    "AWS::Neptune::DBCluster": ("DBSubnetGroupName", "AWS::Neptune::DBSubnetGroup"),
    "AWS::RDS::DBCluster": ("DBSubnetGroupName", "AWS::RDS::DBSubnetGroup"),
    "AWS::RDS::DBInstance": ("DBSubnetGroupName", "AWS::RDS::DBSubnetGroup"),
    "AWS::Redshift::Cluster": ("ClusterSubnetGroupName", "AWS::Redshift::ClusterSubnetGroup"),
}
"""By type, where its subnet group's name stands, and the type of the group."""

STANDS_FOR: Mapping[str, str] = {
    "AWS::DocDB::DBSubnetGroup": "AWS::RDS::DBSubnetGroup",
    "AWS::Neptune::DBSubnetGroup": "AWS::RDS::DBSubnetGroup",
}
"""By type of subnet group, the type that an account lists it as: the three services share their groups."""

GROUP_NAMES: Mapping[str, str] = {group: name for name, group in GROUPS.values()}
"""By type of subnet group, the property that names it; it has the same name in those that refer to it."""


@dataclass(frozen=True, slots=True)
class Named:
    """The subnets that a resource names: their ids, and why there may be more of them."""

    ids: tuple[Value, ...] = ()
    further: Unknown | None = None


def subnet_values(resource: Resource, graph: Graph) -> list[Value]:
    """What the resource says of its subnets, from each place where it says something: lists, ids, unknowns."""
    values = [at_path(resource.properties, tuple(path.split("."))) for path in SUBNETS.get(resource.type, ())]
    if resource.type in GROUPS:
        name, group = GROUPS[resource.type]
        values.append(_of_group(resource.properties.look_up(name), resource, group, graph))
    return [value for value in values if value is not None and value is not ABSENT]


def named(values: list[Value]) -> Named:
    """The subnets that some values name; no value among them is one of several lists."""
    ids: list[Value] = []
    further: Unknown | None = None
    for value in values:
        further = _gather(value, ids) or further
    return Named(tuple(ids), further)


def subnets_mark(resource: Resource) -> Mark | None:
    """Where the resource says in which subnets it stands, or the resource itself."""
    names = [path.split(".") for path in SUBNETS.get(resource.type, ())]
    if resource.type in GROUPS:
        names.append([GROUPS[resource.type][0]])
    for path in names:
        if resource.properties.get(path[0]) is not None:
            return find_mark(resource.properties, path)
    return resource.properties.place


def _of_group(value: Value, resource: Resource, type: str, graph: Graph) -> Value:
    if value is None or value is ABSENT:
        return ABSENT
    if isinstance(value, OneOf):
        options = [_of_group(option, resource, type, graph) for option in value.options]
        return OneOf(options, value.reason, value.place, value.settle)
    if is_live(resource) and isinstance(value, str):
        return _of_listed(value, resource, type, graph)
    group = _group(value, resource, type, graph)
    if group is not None:
        return group.properties.look_up(SUBNETS[type][0])
    if isinstance(value, Unknown) and not isinstance(value, Ref):
        return Unknown(value.reason, value.place, value.settle)
    if isinstance(value, Ref):
        return Unknown(f"the subnets of {value.address} are not known", value.place, "pass a plan")
    return Unknown(f"the subnet group {value} is not in the code", None, "review it together with its subnet group")


def _of_listed(name: str, resource: Resource, type: str, graph: Graph) -> Value:
    """What the subnet group of an account with a name says of its subnets; other regions have others of that name."""
    for listed in (type, STANDS_FOR.get(type, type)):
        for group in graph.named(listed, GROUP_NAMES[type], name):
            if group.origin.region == resource.origin.region:
                return group.properties.look_up(SUBNETS[listed][0])
    hidden = graph.hidden((STANDS_FOR.get(type, type), type))
    return Unknown(hidden.reason if hidden else f"the subnet group {name} is not among those that the account lists")


def _group(value: Value, resource: Resource, type: str, graph: Graph) -> Resource | None:
    """The subnet group that a value means: by reference, by name, or the only one that is referred to."""
    if isinstance(value, Ref):
        one = graph.by_address.get(value.address)
        return one if one is not None and one.type == type else None
    referred = graph.referred(resource, type)
    if isinstance(value, str):
        bearers = graph.named(type, GROUP_NAMES[type], value)
        mine = [one for one in bearers if one.address in referred] or bearers
        if len(mine) == 1:
            return mine[0]
    return graph.by_address[referred[0]] if len(referred) == 1 else None


def _gather(value: Value, ids: list[Value]) -> Unknown | None:
    """Adds the ids that a value holds to `ids`; what it may hold besides is the answer."""
    if isinstance(value, list):
        further = value.why if isinstance(value, Items) and value.rest is not ABSENT else None
        for element in value:
            further = _gather(element, ids) or further
        return further
    if value is None or value is ABSENT or isinstance(value, Record | dict):
        return None
    if _is_one(value):
        ids.append(value)
        return None
    return value if isinstance(value, Unknown) else None


def _is_one(value: Value) -> bool:
    """True for a single id, whichever it is; an attribute of another name may be a list of them."""
    if isinstance(value, OneOf):
        return all(option is None or option is ABSENT or _is_one(option) for option in value.options)
    if isinstance(value, Ref):
        return value.path == "id"
    return isinstance(value, str | Text)
