"""Stolen keys and sessions, guessed passwords, logins that should not be."""

from __future__ import annotations

from dataclasses import replace

from mainstay.simulation import identities
from mainstay.simulation.records import Caller, sign_in
from mainstay.simulation.scene import Scene

_LOOKING = (
    "iam:ListUsers", "iam:ListRoles", "iam:GetAccountAuthorizationDetails", "iam:ListAttachedUserPolicies",
    "iam:ListUserPolicies", "iam:GetUser", "iam:ListAccessKeys", "iam:ListGroupsForUser", "iam:GetAccountSummary",
    "iam:SimulatePrincipalPolicy", "s3:ListBuckets", "s3:GetBucketAcl", "s3:GetBucketPolicy", "ec2:DescribeInstances",
    "ec2:DescribeRegions", "ec2:DescribeSecurityGroups", "ec2:DescribeSnapshots", "ec2:DescribeVpcs",
    "lambda:ListFunctions20150331", "rds:DescribeDBInstances", "secretsmanager:ListSecrets", "ssm:DescribeParameters",
    "ses:GetSendQuota", "ses:ListIdentities", "organizations:DescribeOrganization", "cloudtrail:DescribeTrails",
    "guardduty:ListDetectors", "sns:ListTopics", "dynamodb:ListTables", "eks:ListClusters", "ecs:ListClusters",
    "kms:ListKeys", "route53:ListHostedZones", "servicequotas:ListServiceQuotas", "bedrock:ListFoundationModels",
)  # fmt: skip


def look_around(scene: Scene, caller: Caller, least: int = 8, most: int = 30, refused: float = 0.4) -> None:
    """What somebody does who does not know what he may."""
    scene.call(caller, "sts:GetCallerIdentity", wait=(1, 20))
    for name in scene.random.sample(_LOOKING, scene.random.randint(least, min(most, len(_LOOKING)))):
        region = scene.random.choice((*scene.company.regions, "us-east-1")) if name.startswith("ec2") else None
        if scene.random.random() < refused:
            scene.refused(caller, name, region=region)
        else:
            scene.call(caller, name, region=region, wait=(0.3, 12))


def stolen_key(scene: Scene) -> None:
    caller, _ = scene.thief()
    look_around(scene, caller)
    if scene.random.random() < 0.4:
        scene.wait(600, 7200)
        look_around(scene, replace(caller, address=scene.bad_network().address(scene.random)), 4, 12)


def stolen_instance_credentials(scene: Scene) -> None:
    caller, _ = scene.outside_of_machine("instance")
    look_around(scene, caller, 6, 20, 0.6)
    for _ in range(scene.random.randint(2, 12)):
        scene.call(caller, "s3:GetObject")


def console_brute_force(scene: Scene) -> None:
    user = scene.user(calls=False)
    scene.account = user.account
    address, agent = scene.bad_network().address(scene.random), scene.random.choice(scene.company.data["browsers"])
    for _ in range(scene.random.randint(12, 60)):
        scene.login(user, address, agent=agent, failed=True)
        scene.wait(1, 25)
    caller = scene.login(user, address, agent=agent, mfa=False)
    look_around(scene, caller, 4, 10)


def password_spray(scene: Scene) -> None:
    scene.account = scene.company.accounts["management"]
    agent = scene.random.choice(scene.company.data["browsers"])
    address = scene.bad_network().address(scene.random)
    targets = [user for user in scene.company.users if not user.calls]
    hit = scene.random.choice(targets)
    for _ in range(scene.random.randint(1, 3)):
        for user in targets:
            scene.login(user, address, agent=agent, failed=True)
            scene.wait(2, 30)
        for _ in range(scene.random.randint(5, 12)):
            identity = {"type": "IAMUser", "principalId": "", "accountId": scene.account.id, "accessKeyId": "",
                        "userName": "HIDDEN_DUE_TO_SECURITY_REASONS"}  # fmt: skip
            scene.add(sign_in(scene.random, scene.second, identity, scene.account.id, address, agent,
                              region=scene.region, failed="No username found in supplied account"))  # fmt: skip
            scene.wait(2, 30)
    look_around(scene, scene.login(hit, address, agent=agent, mfa=False), 3, 8)


def login_without_mfa(scene: Scene) -> None:
    user = scene.user(calls=False)
    scene.account = user.account
    caller = scene.login(user, scene.bad_network().address(scene.random), mfa=False)
    look_around(scene, caller, 4, 12)


def impossible_travel(scene: Scene) -> None:
    user = scene.user(calls=False)
    scene.account = user.account
    here = scene.login(user, user.network.address(scene.random))
    for name in ("iam:GetAccountSummary", "health:DescribeEventAggregates", "ce:GetCostAndUsage"):
        scene.call(here, name)
    scene.wait(300, 2400)
    place = scene.random.choice(("VN", "BR", "NG", "IN", "US"))
    there = scene.login(user, scene.company.places.network(place, scene.random).address(scene.random))
    look_around(scene, there, 4, 12, 0.2)


def root_used(scene: Scene) -> None:
    scene.account = scene.random.choice(list(scene.company.accounts.values()))
    address, agent = scene.bad_network().address(scene.random), scene.random.choice(scene.company.data["browsers"])
    mfa = scene.random.random() < 0.3
    shown = identities.root(scene.account, scene.random)
    device = f"arn:aws:iam::{scene.account.id}:mfa/root-account-mfa-device" if mfa else None
    scene.add(sign_in(scene.random, scene.second, shown, scene.account.id, address, agent, mfa=device))
    identity = identities.root(scene.account, scene.random, scene.second, mfa=mfa)
    caller = Caller(identity, scene.account.id, address, agent, "us-east-1", console=True)
    scene.wait(5, 60)
    for name in ("iam:GetAccountSummary", "iam:ListAccessKeys", "iam:ListUsers", "health:DescribeEventAggregates"):
        scene.call(caller, name)
    if scene.random.random() < 0.5:
        key = scene.account.key(scene.random, "AKIA")
        scene.call(caller, "iam:CreateAccessKey", {}, {"accessKey": {"accessKeyId": key, "status": "Active"}})
