"""Policies that AWS manages and that grant more than duties, as they read in November 2026.

Those with `administration` do, and those that leave a known way to further rights open without a condition. All others
that AWS manages are left out: nothing is said of what they grant.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mainstay.analysis.escalation_ways import ACTS_ON, WAYS

_EVERY_WAY: Final = tuple(" + ".join(way) for way in WAYS)
_EVERY_WAY_OF_IAM: Final = tuple(action for action in ACTS_ON if action != "iam:PassRole")

MANAGED: Final[Mapping[str, tuple[str, ...]]] = {
    "AIDevOpsAgentActionsPolicy": ("administration",),
    "AdministratorAccess": ("administration", *_EVERY_WAY),
    "AdministratorAccess-Amplify": (
        "iam:AttachRolePolicy",
        "iam:CreatePolicyVersion",
        "iam:PutRolePolicy",
        "iam:UpdateAssumeRolePolicy",
        "iam:PassRole + cloudformation:CreateStack",
        "iam:PassRole + cloudformation:UpdateStackSet",
        "iam:PassRole + lambda:CreateFunction + lambda:AddPermission",
        "iam:PassRole + lambda:CreateFunction + lambda:CreateEventSourceMapping",
        "iam:PassRole + lambda:CreateFunction + lambda:InvokeFunction",
    ),
    "AmazonDynamoDBFullAccesswithDataPipeline": (
        "iam:PassRole + datapipeline:CreatePipeline + datapipeline:PutPipelineDefinition"
        " + datapipeline:ActivatePipeline",
        "iam:PassRole + ec2:RunInstances",
        "iam:PassRole + lambda:CreateFunction + lambda:AddPermission",
        "iam:PassRole + lambda:CreateFunction + lambda:CreateEventSourceMapping",
        "iam:PassRole + lambda:CreateFunction + lambda:InvokeFunction",
    ),
    "AmazonElasticMapReduceFullAccess": (
        "iam:PassRole + cloudformation:CreateStack",
        "iam:PassRole + ec2:RequestSpotInstances",
        "iam:PassRole + ec2:RunInstances",
    ),
    "IAMFullAccess": ("administration", *_EVERY_WAY_OF_IAM),
    "PowerUserAccess": ("administration",),
    "service-role/AWSElasticBeanstalkService": (
        "iam:PassRole + cloudformation:CreateStack",
        "iam:PassRole + cloudformation:CreateStackSet + cloudformation:CreateStackInstances",
        "iam:PassRole + cloudformation:UpdateStackSet",
        "iam:PassRole + codebuild:CreateProject + codebuild:StartBuild",
    ),
    "service-role/AmazonElasticMapReduceRole": (
        "iam:PassRole + ec2:RequestSpotInstances",
        "iam:PassRole + ec2:RunInstances",
    ),
}
"""By the name with its path, behind `arn:aws:iam::aws:policy/`."""
