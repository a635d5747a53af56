"""From few rights to all: by the ways in which IAM itself can be turned."""

from __future__ import annotations

import json

from mainstay.simulation import identities
from mainstay.simulation.records import Caller, spoken
from mainstay.simulation.scene import ADMINISTRATION, Scene

_NEARLY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Maintenance",
                "Effect": "Allow",
                "Action": ["iam:*", "sts:AssumeRole", "s3:*", "ec2:*"],
                "Resource": "*",
            }
        ],
    }
)
_SPLIT = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"},
    {"Effect": "Allow", "NotAction": "aws-portal:*", "Resource": ["*"]}]})  # fmt: skip


def _document(scene: Scene) -> str:
    return scene.random.choice((ADMINISTRATION, ADMINISTRATION, _NEARLY, _SPLIT))


def _own_role(caller: Caller) -> str:
    return str(caller.identity["sessionContext"]["sessionIssuer"]["userName"])


def _uses(scene: Scene, caller: Caller) -> None:
    """The new rights are tried."""
    scene.wait(5, 60)
    for name in scene.random.sample(
        ("s3:ListBuckets", "iam:ListUsers", "secretsmanager:ListSecrets", "ec2:DescribeInstances"), 3
    ):
        scene.call(caller, name)


def by_policy_version(scene: Scene) -> None:
    caller = scene.thief()[0] if scene.random.random() < 0.5 else scene.outside_of_machine("instance", "task")[0]
    policy = f"arn:aws:iam::{scene.account.id}:policy/{scene.thing('policy')}"
    for name in ("iam:GetPolicy", "iam:GetPolicyVersion"):
        scene.call(caller, name)
    later = scene.random.random() < 0.3
    scene.call(
        caller,
        "iam:CreatePolicyVersion",
        {"policyArn": policy, "policyDocument": _document(scene), "setAsDefault": not later},
        {"policyVersion": {"versionId": "v4", "isDefaultVersion": not later, "createDate": spoken(scene.second)}},
    )
    if later:
        scene.call(caller, "iam:SetDefaultPolicyVersion", {"policyArn": policy, "versionId": "v4"})
    _uses(scene, caller)


def by_attachment(scene: Scene) -> None:
    arn = scene.random.choice(("AdministratorAccess", "AdministratorAccess", "IAMFullAccess", "PowerUserAccess"))
    arn = f"arn:aws:iam::aws:policy/{arn}"
    if scene.random.random() < 0.5:
        caller, user = scene.thief()
        scene.call(caller, "iam:ListAttachedUserPolicies")
        scene.call(caller, "iam:AttachUserPolicy", {"userName": user.name, "policyArn": arn})
    else:
        caller, _ = scene.outside_of_machine("instance", "function", "task", "pod")
        scene.call(caller, "iam:ListAttachedRolePolicies", app_role=_own_role(caller))
        scene.call(caller, "iam:AttachRolePolicy", {"roleName": _own_role(caller), "policyArn": arn})
    _uses(scene, caller)


def by_inline_policy(scene: Scene) -> None:
    name = scene.random.choice(("maintenance", "access2", "temp", "sso-fix"))
    if scene.random.random() < 0.5:
        caller, user = scene.thief()
        scene.refused(caller, "iam:AttachUserPolicy")
        scene.call(
            caller, "iam:PutUserPolicy", {"userName": user.name, "policyName": name, "policyDocument": _document(scene)}
        )
    else:
        caller, _ = scene.outside_of_machine("instance", "function", "task", "pod")
        scene.call(caller, "iam:PutRolePolicy",
                   {"roleName": _own_role(caller), "policyName": name, "policyDocument": _document(scene)})  # fmt: skip
    _uses(scene, caller)


def by_function(scene: Scene) -> None:
    """A strong role is given to a new function, which then acts with it."""
    caller = scene.intruder()
    role = scene.company.role(scene.account, "OrganizationAdmin")
    name = f"{scene.random.choice(('cleanup', 'sync', 'health', 'tmp'))}-{scene.random.randrange(1000)}"
    arn = f"arn:aws:lambda:{scene.region}:{scene.account.id}:function:{name}"
    scene.call(caller, "iam:ListRoles")
    scene.call(
        caller,
        "lambda:CreateFunction20150331",
        {
            "functionName": name,
            "runtime": "python3.12",
            "role": role.arn,
            "handler": "index.handler",
            "code": {},
            "timeout": 60,
            "memorySize": 128,
            "publish": False,
            "packageType": "Zip",
            "environment": {},
        },
        {
            "functionName": name,
            "functionArn": arn,
            "runtime": "python3.12",
            "role": role.arn,
            "handler": "index.handler",
            "codeSize": 412,
            "timeout": 60,
            "memorySize": 128,
            "version": "$LATEST",
            "state": "Pending",
        },
    )
    scene.call(caller, "lambda:Invoke", {"functionName": arn, "invocationType": "RequestResponse"}, function=name)
    identity = identities.role(role, name, scene.second, scene.account.key(scene.random))
    inside = Caller(
        identity,
        scene.account.id,
        scene.company.places.network("cloud", scene.random).address(scene.random),
        scene.company.data["agents"]["function"],
        scene.region,
    )
    target = scene.random.choice(
        [user for user in scene.company.users if user.account is scene.account] or [scene.user()]
    )
    scene.call(inside, "iam:AttachUserPolicy",
               {"userName": target.name, "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"})  # fmt: skip
    scene.call(caller, "lambda:DeleteFunction20150331", {"functionName": name})
