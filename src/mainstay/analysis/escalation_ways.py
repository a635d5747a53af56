"""The known ways from permissions to further permissions that one policy document decides.

Left out of what is known: ways that need something with more rights to be there already (a function whose code may be
changed, a role that may be assumed), and those that ask for more permissions than another way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

Kind = Literal["group", "policy", "role", "user"]

ACTS_ON: Final[Mapping[str, Kind]] = {
    "iam:AddUserToGroup": "group",
    "iam:AttachGroupPolicy": "group",
    "iam:AttachRolePolicy": "role",
    "iam:AttachUserPolicy": "user",
    "iam:CreateAccessKey": "user",
    "iam:CreateLoginProfile": "user",
    "iam:CreatePolicyVersion": "policy",
    "iam:PassRole": "role",
    "iam:PutGroupPolicy": "group",
    "iam:PutRolePolicy": "role",
    "iam:PutUserPolicy": "user",
    "iam:UpdateAssumeRolePolicy": "role",
    "iam:UpdateLoginProfile": "user",
}
"""The actions on identities, with the kind that each is on: on any of the kind, they give away all rights."""

ON_ONESELF: Final = frozenset({"iam:AttachUserPolicy", "iam:PutUserPolicy"})
"""Those that give the holder further rights also where they are allowed on nobody else."""

_WITH_ANY_ROLE: Final = (
    "apprunner:CreateService",
    "bedrock-agentcore:CreateCodeInterpreter bedrock-agentcore:StartCodeInterpreterSession"
    " bedrock-agentcore:InvokeCodeInterpreter",
    "cloudformation:CreateStack",
    "cloudformation:CreateStackSet cloudformation:CreateStackInstances",
    "cloudformation:UpdateStackSet",
    "codebuild:CreateProject codebuild:StartBuild",
    "codebuild:CreateProject codebuild:StartBuildBatch",
    "datapipeline:CreatePipeline datapipeline:PutPipelineDefinition datapipeline:ActivatePipeline",
    "ec2:RequestSpotInstances",
    "ec2:RunInstances",
    "ecs:RegisterTaskDefinition ecs:CreateService",
    "ecs:RegisterTaskDefinition ecs:RunTask",
    "ecs:RegisterTaskDefinition ecs:StartTask",
    "glue:CreateDevEndpoint",
    "glue:CreateJob glue:CreateTrigger",
    "glue:CreateJob glue:StartJobRun",
    "glue:UpdateJob glue:CreateTrigger",
    "glue:UpdateJob glue:StartJobRun",
    "lambda:CreateFunction lambda:AddPermission",
    "lambda:CreateFunction lambda:CreateEventSourceMapping",
    "lambda:CreateFunction lambda:InvokeFunction",
    "sagemaker:CreateNotebookInstance",
    "sagemaker:CreateProcessingJob",
    "sagemaker:CreateTrainingJob",
)
"""What starts something that acts with a role, for one who may pass any."""

WAYS: Final[tuple[tuple[str, ...], ...]] = (
    *((action,) for action in ACTS_ON if action != "iam:PassRole"),
    *(("iam:PassRole", *actions.split()) for actions in _WITH_ANY_ROLE),
)
"""The actions that one holder needs together, way by way."""
