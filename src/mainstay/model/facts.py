"""Derived facts: what only the graph of a scope tells of a resource, under `derived` among its properties.

`analysis` works them out where a control reads one; the catalogue checks and words them by this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

IN_SUBNETS: Final = tuple(
    f"AWS::{name}"
    for name in (
        "AmazonMQ::Broker", "AppRunner::VpcConnector", "AutoScaling::AutoScalingGroup", "Batch::ComputeEnvironment",
        "Cloud9::EnvironmentEC2", "CodeBuild::Project", "DAX::Cluster", "DAX::SubnetGroup", "DMS::ReplicationInstance",
        "DMS::ReplicationSubnetGroup", "DirectoryService::MicrosoftAD", "DirectoryService::SimpleAD",
        "DocDB::DBCluster", "DocDB::DBSubnetGroup", "EC2::ClientVpnTargetNetworkAssociation", "EC2::Instance",
        "EC2::NatGateway", "EC2::NetworkInterface", "EC2::TransitGatewayAttachment", "EC2::TransitGatewayVpcAttachment",
        "EC2::VPCEndpoint", "ECS::Service", "EFS::FileSystem", "EFS::MountTarget", "EKS::Cluster",
        "EKS::FargateProfile", "EKS::Nodegroup", "EMR::Cluster", "EMRServerless::Application",
        "ElastiCache::CacheCluster", "ElastiCache::ReplicationGroup", "ElastiCache::ServerlessCache",
        "ElastiCache::SubnetGroup", "ElasticLoadBalancing::LoadBalancer", "ElasticLoadBalancingV2::LoadBalancer",
        "Elasticsearch::Domain", "FSx::FileSystem", "Glue::Connection", "ImageBuilder::InfrastructureConfiguration",
        "Lambda::Function", "MSK::Cluster", "MSK::ServerlessCluster", "MWAA::Environment", "MemoryDB::Cluster",
        "MemoryDB::SubnetGroup", "Neptune::DBCluster", "Neptune::DBSubnetGroup", "NetworkFirewall::Firewall",
        "OpenSearchService::Domain", "RDS::DBCluster", "RDS::DBInstance", "RDS::DBProxy", "RDS::DBProxyEndpoint",
        "RDS::DBSubnetGroup", "Redshift::Cluster", "Redshift::ClusterSubnetGroup", "RedshiftServerless::Workgroup",
        "Route53Resolver::ResolverEndpoint", "SageMaker::Domain", "SageMaker::Model", "SageMaker::NotebookInstance",
        "Transfer::Server",
    )
)  # fmt: skip
"""The types that stand in subnets: whose properties, subnet group or mount targets name some."""

WITH_POLICIES: Final = tuple(
    f"AWS::IAM::{name}"
    for name in ("Group", "GroupPolicy", "ManagedPolicy", "Policy", "Role", "RolePolicy", "User", "UserPolicy")
)
"""The types that grant permissions by a document of their own."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What a derived fact tells, as a noun phrase, of resources of which types, and what its value is."""

    phrase: str
    types: tuple[str, ...]
    value: str


FACTS: Final[Mapping[str, Fact]] = {
    "age_days": Fact("the whole days since it was made", ("AWS::IAM::AccessKey",), "number"),
    "availability_zones": Fact(
        "the distinct availability zones of the subnets that it stands in", IN_SUBNETS, "list of strings"
    ),
    "days_left": Fact(
        "the whole days until it expires, below zero when it has",
        ("AWS::CertificateManager::Certificate", "AWS::IAM::ServerCertificate"),
        "number",
    ),
    "escalation_paths": Fact(
        "the permissions by which the unconditional statements of its policy let the holder gain further rights",
        WITH_POLICIES,
        "list of strings",
    ),
    "in_use": Fact("whether anything in the account points at it", ("AWS::EC2::SecurityGroup",), "boolean"),
    "nat_gateway_zones": Fact(
        "the distinct availability zones of the NAT gateways in it", ("AWS::EC2::VPC",), "list of strings"
    ),
    "public_subnets": Fact("whether one of its subnets has a route to an internet gateway", IN_SUBNETS, "boolean"),
    **{
        f"regions_without_{name}": Fact(
            f"the regions under review that have no {words}", ("AWS::Account",), "list of strings"
        )
        for name, words in {
            "analyzer": "access analyzer for what is shared with strangers",
            "detector": "enabled GuardDuty detector",
            "hub": "Security Hub",
            "recorder": "configuration recorder",
            "scanning": "scanning by Amazon Inspector",
        }.items()
    },
    "routes_to_internet": Fact("whether it has a route to an internet gateway", ("AWS::EC2::Subnet",), "boolean"),
    "subnet_zones": Fact("the distinct availability zones of the subnets in it", ("AWS::EC2::VPC",), "list of strings"),
}
"""By name, as a control writes it behind `derived.`."""
