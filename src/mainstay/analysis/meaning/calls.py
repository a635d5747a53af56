"""What calls write that lets somebody in or do something, and where it stands in their parameters.

Parameters are named as CloudTrail writes them; `at` finds them in any case. A call that is not here writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

Form = Literal["permissions", "policy", "principals", "acl", "managed", "everybody"]


@dataclass(frozen=True, slots=True)
class Written:
    """One thing that a call writes.

    `permissions` say what their holder may do, a `policy` who may do something with a resource or take on a role;
    `principals` are let in one by one; `acl` is one of S3's, `managed` the ARN of a policy. With `everybody`, that
    there is anything at `path` lets everybody in. `conditions` are parameters that limit `principals`, with the key
    that they are a condition on.
    """

    form: Form
    path: str
    conditions: tuple[tuple[str, str], ...] = ()


_PERMISSIONS: Final = Written("permissions", "policyDocument")
_POLICY: Final = Written("policy", "policy")
_DOCUMENT: Final = Written("policy", "policyDocument")
_RESOURCE_POLICY: Final = Written("policy", "resourcePolicy")
_ACCESS_POLICIES: Final = Written("policy", "accessPolicies")
_ATTACHED: Final = Written("managed", "policyArn")
_ACL: Final = Written("acl", "")
_OPEN_URL: Final = Written("everybody", "?authType=NONE.authType")
_ATTRIBUTE: Final = Written("policy", "attributes.Policy")
_RESTORE: Final = Written("principals", "?attributeName=restore.valuesToAdd")
_LISTED: Final = tuple(
    Written("policy", path) for path in ("policy", "resourcePolicy", "policyDocument", "policyInJson", "content")
)

WRITTEN: Final[Mapping[str, tuple[Written, ...]]] = {
    # -- what a holder may do
    "iam:PutUserPolicy": (_PERMISSIONS,),
    "iam:PutRolePolicy": (_PERMISSIONS,),
    "iam:PutGroupPolicy": (_PERMISSIONS,),
    "iam:CreatePolicy": (_PERMISSIONS,),
    "iam:CreatePolicyVersion": (_PERMISSIONS,),
    "iam:AttachUserPolicy": (_ATTACHED,),
    "iam:AttachRolePolicy": (_ATTACHED,),
    "iam:AttachGroupPolicy": (_ATTACHED,),
    "sso:PutInlinePolicyToPermissionSet": (Written("permissions", "inlinePolicy"),),
    "sso:AttachManagedPolicyToPermissionSet": (Written("managed", "managedPolicyArn"),),
    # -- who may take on a role
    "iam:CreateRole": (Written("policy", "assumeRolePolicyDocument"),),
    "iam:UpdateAssumeRolePolicy": (_DOCUMENT,),
    # -- storage
    "s3:PutBucketPolicy": (Written("policy", "bucketPolicy"),),
    "s3express:PutBucketPolicy": (Written("policy", "bucketPolicy"),),
    "s3:PutBucketAcl": (_ACL,),
    "s3:PutObjectAcl": (_ACL,),
    "s3:CreateBucket": (_ACL,),
    "s3:PutObject": (_ACL,),
    "s3:CopyObject": (_ACL,),
    "s3:CreateMultipartUpload": (_ACL,),
    "s3:InitiateMultipartUpload": (_ACL,),
    "s3:PutAccessPointPolicy": (_POLICY, Written("policy", "PutAccessPointPolicyRequest.Policy")),
    "s3:PutAccessPointPolicyForObjectLambda": (
        _POLICY, Written("policy", "PutAccessPointPolicyForObjectLambdaRequest.Policy"),
    ),
    "s3:PutMultiRegionAccessPointPolicy": (
        Written("policy", "PutMultiRegionAccessPointPolicyRequest.Details.Policy"), Written("policy", "details.policy"),
    ),
    "s3tables:PutTableBucketPolicy": (_RESOURCE_POLICY,),
    "s3tables:PutTablePolicy": (_RESOURCE_POLICY,),
    "elasticfilesystem:PutFileSystemPolicy": (_POLICY,),
    "glacier:SetVaultAccessPolicy": (_POLICY, Written("policy", "policy.policy")),
    "backup:PutBackupVaultAccessPolicy": (_POLICY,),
    "mediastore:PutContainerPolicy": (_POLICY,),
    # -- keys and secrets
    "kms:PutKeyPolicy": (_POLICY,),
    "kms:CreateKey": (_POLICY,),
    "kms:ReplicateKey": (_POLICY,),
    "kms:CreateGrant": (
        Written("principals", "granteePrincipal"), Written("principals", "retiringPrincipal"),
    ),
    "acm-pca:PutPolicy": (_POLICY,),
    "acm-pca:CreatePermission": (
        Written("principals", "principal", (("sourceAccount", "aws:SourceAccount"),)),
    ),
    # -- messages
    "sqs:SetQueueAttributes": (_ATTRIBUTE,),
    "sqs:CreateQueue": (_ATTRIBUTE, Written("policy", "attribute.Policy")),
    "sqs:AddPermission": (Written("principals", "aWSAccountIds"), Written("principals", "aWSAccountId")),
    "sns:SetTopicAttributes": (Written("policy", "?attributeName=Policy.attributeValue"),),
    "sns:CreateTopic": (_ATTRIBUTE,),
    "sns:AddPermission": (Written("principals", "aWSAccountId"), Written("principals", "aWSAccountIds")),
    "events:PutPermission": (
        _POLICY, Written("principals", "principal", (("condition.value", "aws:PrincipalOrgID"),)),
    ),
    "logs:PutDestinationPolicy": (Written("policy", "accessPolicy"),),
    "kafka:PutClusterPolicy": (_POLICY,),
    "ses:PutIdentityPolicy": (_POLICY,),
    "ses:CreateEmailIdentityPolicy": (_POLICY,),
    "ses:UpdateEmailIdentityPolicy": (_POLICY,),
    # -- functions, images of containers, interfaces
    "lambda:AddPermission": (
        Written(
            "principals", "principal",
            (("sourceAccount", "aws:SourceAccount"), ("sourceArn", "aws:SourceArn"),
             ("principalOrgID", "aws:PrincipalOrgID")),
        ),
    ),
    "lambda:AddLayerVersionPermission": (
        Written("principals", "principal", (("organizationId", "aws:PrincipalOrgID"),)),
    ),
    "lambda:CreateFunctionUrlConfig": (_OPEN_URL,),
    "lambda:UpdateFunctionUrlConfig": (_OPEN_URL,),
    "serverlessrepo:PutApplicationPolicy": (
        Written("principals", "statements.principals", (("statements.principalOrgIDs", "aws:PrincipalOrgID"),)),
    ),
    "ecr:SetRepositoryPolicy": (Written("policy", "policyText"),),
    "ecr:PutRegistryPolicy": (Written("policy", "policyText"),),
    "ecr-public:SetRepositoryPolicy": (Written("policy", "policyText"),),
    "apigateway:CreateRestApi": (_POLICY, Written("policy", "createRestApiInput.policy")),
    "apigateway:UpdateRestApi": (
        Written("policy", "patchOperations.?path=/policy.value"),
        Written("policy", "updateRestApiInput.patchOperations.?path=/policy.value"),
    ),
    "vpc-lattice:PutAuthPolicy": (_POLICY,),
    "codebuild:UpdateProjectVisibility": (
        Written("everybody", "?projectVisibility=PUBLIC_READ.projectVisibility"),
    ),
    "codeartifact:PutDomainPermissionsPolicy": (_DOCUMENT,),
    "codeartifact:PutRepositoryPermissionsPolicy": (_DOCUMENT,),
    "imagebuilder:PutImagePolicy": (_POLICY,),
    "imagebuilder:PutImageRecipePolicy": (_POLICY,),
    "imagebuilder:PutComponentPolicy": (_POLICY,),
    "rekognition:PutProjectPolicy": (_DOCUMENT,),
    "sagemaker:PutModelPackageGroupPolicy": (_RESOURCE_POLICY,),
    "lex:CreateResourcePolicy": (_POLICY,),
    "lex:UpdateResourcePolicy": (_POLICY,),
    # -- search, tables, warehouses
    "es:CreateElasticsearchDomain": (_ACCESS_POLICIES,),
    "es:UpdateElasticsearchDomainConfig": (_ACCESS_POLICIES,),
    "es:CreateDomain": (_ACCESS_POLICIES,),
    "es:UpdateDomainConfig": (_ACCESS_POLICIES,),
    "aoss:CreateAccessPolicy": (Written("principals", "?type=data.policy.Principal"),),
    "aoss:UpdateAccessPolicy": (Written("principals", "?type=data.policy.Principal"),),
    "dynamodb:CreateTable": (_RESOURCE_POLICY,),
    "redshift:AuthorizeSnapshotAccess": (Written("principals", "accountWithRestoreAccess"),),
    "redshift:AuthorizeDataShare": (Written("principals", "consumerIdentifier"),),
    "redshift:AuthorizeEndpointAccess": (Written("principals", "account"),),
    "lakeformation:GrantPermissions": (Written("principals", "principal.dataLakePrincipalIdentifier"),),
    "lakeformation:BatchGrantPermissions": (
        Written("principals", "entries.principal.dataLakePrincipalIdentifier"),
    ),
    # -- snapshots, images, documents, shares
    "ec2:ModifySnapshotAttribute": (
        Written("principals", "createVolumePermission.add.items.userId"),
        Written("principals", "createVolumePermission.add.items.group"),
    ),
    "ec2:ModifyImageAttribute": tuple(
        Written("principals", f"launchPermission.add.items.{key}")
        for key in ("userId", "group", "organizationArn", "organizationalUnitArn")
    ),
    "ec2:ModifyFpgaImageAttribute": (
        Written("principals", "loadPermission.add.items.userId"),
        Written("principals", "loadPermission.add.items.group"),
    ),
    "ec2:CreateNetworkInterfacePermission": (
        Written("principals", "awsAccountId"),
        Written("principals", "CreateNetworkInterfacePermissionRequest.AwsAccountId"),
    ),
    "ec2:ModifyVpcEndpointServicePermissions": (
        Written("principals", "ModifyVpcEndpointServicePermissionsRequest.AddAllowedPrincipals.content"),
        Written("principals", "addAllowedPrincipals.items"),
    ),
    "rds:ModifyDBSnapshotAttribute": (_RESTORE,),
    "rds:ModifyDBClusterSnapshotAttribute": (_RESTORE,),
    "ssm:ModifyDocumentPermission": (Written("principals", "accountIdsToAdd"),),
    "ram:CreateResourceShare": (Written("principals", "principals"),),
    "ram:AssociateResourceShare": (Written("principals", "principals"),),
    "network-firewall:PutResourcePolicy": (_POLICY,),
    "route53resolver:PutFirewallRuleGroupPolicy": (Written("policy", "firewallRuleGroupPolicy"),),
    "route53resolver:PutResolverQueryLogConfigPolicy": (Written("policy", "resolverQueryLogConfigPolicy"),),
    "wafv2:PutPermissionPolicy": (_POLICY,),
}  # fmt: skip
"""By call, as `derived.call` names it."""

ANYWHERE: Final[Mapping[str, tuple[Written, ...]]] = {"PutResourcePolicy": _LISTED}
"""By the name of the call, of services that are not told apart: the secret's, the table's, the catalogue's ..."""


@lru_cache(maxsize=16384)
def written(call: str) -> tuple[Written, ...]:
    """What a call writes; nothing of one that is not known to write anything."""
    return WRITTEN.get(call) or ANYWHERE.get(call.partition(":")[2], ())


OPENING: Final = frozenset(
    {
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:CreateNetworkAclEntry",
        "ec2:ModifySecurityGroupRules",
        "ec2:ReplaceNetworkAclEntry",
        "lightsail:OpenInstancePublicPorts",
        "lightsail:PutInstancePublicPorts",
    }
)
"""The calls that open ports."""

_NAMED_OTHERWISE: Final[Mapping[str, str]] = {
    "email": "ses",
    "models.lex": "lex",
    "models-v2-lex": "lex",
    "monitoring": "cloudwatch",
    "streams.dynamodb": "dynamodb",
    "tagging": "tag",
}


def service(event_source: str) -> str:
    """The prefix of a service's actions in IAM: `cloudwatch` of `monitoring.amazonaws.com`."""
    name = event_source.removesuffix(".cn").removesuffix(".amazonaws.com")
    return _NAMED_OTHERWISE.get(name, name)
