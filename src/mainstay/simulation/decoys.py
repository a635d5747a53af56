"""Decoys: what looks like an attack and is somebody's work. A finding about one is a false alarm."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random
from typing import Final

from mainstay.simulation import identities
from mainstay.simulation.company import Person
from mainstay.simulation.records import Caller, spoken
from mainstay.simulation.scene import Scene
from mainstay.simulation.shapes import least_policy


def _production(scene: Scene) -> None:
    scene.account = scene.random.choice(scene.company.production())


def _country(scene: Scene, person: Person) -> str:
    """Where a person lives: nobody is at two ends of a continent in one morning."""
    return scene.company.places.table()[person.home.cidr]


def planned_work(scene: Scene) -> None:
    """An administrator looks after an account, from where he always does."""
    scene.to_hour(8, 15)
    person = scene.person("platform")
    caller = scene.coming(person, account=scene.company.accounts["shop-staging"])
    for _ in range(scene.random.randint(10, 25)):
        scene.call(
            caller,
            scene.random.choice(
                (
                    "iam:ListRoles",
                    "iam:GetRole",
                    "iam:GetPolicy",
                    "ec2:DescribeInstances",
                    "ec2:DescribeSecurityGroups",
                    "rds:DescribeDBInstances",
                    "iam:ListAttachedRolePolicies",
                )
            ),
            wait=(2, 60),
        )
    for _ in range(scene.random.randint(1, 3)):
        scene.call(caller, "ec2:CreateTags")


def backup_retention(scene: Scene) -> None:
    """The backup tool reads a bucket whole and removes what its retention has ended."""
    scene.to_hour(1, 3, workday=False)
    _production(scene)
    caller = scene.tool("backup")
    for name in ("s3:ListBuckets", "ec2:DescribeSnapshots"):
        scene.call(caller, name)
    for _ in range(scene.random.randint(60, 200)):
        scene.call(caller, "s3:GetObject", wait=(0.1, 2))
    for snapshot in scene.some("snapshot", scene.random.randint(10, 30)):
        scene.call(caller, "ec2:DeleteSnapshot", {"snapshotId": snapshot, "force": False}, wait=(0.3, 3))


def posture_scan(scene: Scene) -> None:
    """The scanner goes through everything, also where it meets a closed door."""
    scene.account = scene.random.choice(list(scene.company.accounts.values()))
    caller = scene.tool("scanner")
    names = (
        "iam:ListUsers",
        "iam:ListRoles",
        "iam:GetAccountAuthorizationDetails",
        "iam:ListAccessKeys",
        "s3:ListBuckets",
        "s3:GetBucketAcl",
        "s3:GetBucketPolicy",
        "s3:GetBucketPublicAccessBlock",
        "ec2:DescribeSnapshotAttribute",
        "ec2:DescribeInstances",
        "ec2:DescribeSecurityGroups",
        "kms:ListKeys",
        "kms:GetKeyPolicy",
        "secretsmanager:ListSecrets",
        "lambda:GetPolicy20150331v2",
        "ssm:DescribeParameters",
        "cloudtrail:DescribeTrails",
        "organizations:DescribeOrganization",
        "ses:ListIdentities",
        "guardduty:ListDetectors",
    )
    for _ in range(scene.random.randint(80, 200)):
        name = scene.random.choice(names)
        if scene.random.random() < 0.05:
            scene.refused(caller, name)
        else:
            scene.call(caller, name, wait=(0.1, 1.5))


def new_office(scene: Scene) -> None:
    """A third office opens: many people who live near it come from a network that was never seen before, each with
    his second factor."""
    scene.to_hour(7, 9)
    network = scene.company.places.network("DE", scene.random)
    begin = scene.now
    people = [p for p in scene.company.people if p.team in ("developers", "data") and _country(scene, p) == "DE"]
    for person in scene.random.sample(people, min(len(people), scene.random.randint(7, 12))):
        scene.now = begin + scene.random.random() * 4 * 3600
        caller = scene.coming(person, address=f"{network.prefix}.{10 + scene.random.randrange(3)}")
        for name in ("ec2:DescribeInstances", "logs:DescribeLogGroups", "s3:ListBuckets", "monitoring:DescribeAlarms"):
            scene.call(caller, name, wait=(5, 120))


def pipeline_roles(scene: Scene) -> None:
    """The pipeline makes a role and its policy, both narrow."""
    scene.to_hour(8, 15)
    _production(scene)
    caller = scene.pipeline()
    application = scene.thing("application")
    name = f"{scene.company.word}-{application}-export"
    trust = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
    )
    document = least_policy(scene.thing("bucket").name, "s3:GetObject", "s3:PutObject")
    arn = f"arn:aws:iam::{scene.account.id}:policy/{name}"
    scene.call(
        caller,
        "iam:CreatePolicy",
        {"policyName": name, "path": "/", "policyDocument": document},
        {"policy": {"policyName": name, "arn": arn, "defaultVersionId": "v1", "createDate": spoken(scene.second)}},
    )
    scene.call(caller, "iam:CreateRole", {"path": "/", "roleName": name, "assumeRolePolicyDocument": trust},
               {"role": {"roleName": name, "arn": f"arn:aws:iam::{scene.account.id}:role/{name}"}})  # fmt: skip
    scene.call(caller, "iam:AttachRolePolicy", {"roleName": name, "policyArn": arn})
    scene.call(caller, "iam:PutRolePolicy", {"roleName": name, "policyName": "logs", "policyDocument": document})


def password_mistyped(scene: Scene) -> None:
    scene.to_hour(7, 15)
    user = scene.random.choice([u for u in scene.company.users if u.name.startswith("console")])
    scene.account = user.account
    address, agent = user.network.address(scene.random), scene.company.data["browsers"][0]
    for _ in range(scene.random.randint(2, 3)):
        scene.login(user, address, agent=agent, failed=True)
        scene.wait(5, 20)
    caller = scene.login(user, address, agent=agent)
    for name in ("ce:GetCostAndUsage", "health:DescribeEventAggregates"):
        scene.call(caller, name)


def night_duty(scene: Scene) -> None:
    """The person on call is woken, signs in at home with the second factor, and looks."""
    scene.to_hour(0, 3, workday=False)
    person = scene.person("platform")
    caller = scene.coming(person, account=scene.random.choice(scene.company.production()),
                          address=f"{person.home.prefix}.{person.host}")  # fmt: skip
    for _ in range(scene.random.randint(8, 20)):
        scene.call(
            caller,
            scene.random.choice(
                (
                    "monitoring:DescribeAlarms",
                    "logs:StartQuery",
                    "logs:GetQueryResults",
                    "ecs:DescribeServices",
                    "rds:DescribeEvents",
                    "monitoring:GetMetricData",
                )
            ),
            wait=(5, 60),
        )
    scene.call(
        caller,
        "ecs:UpdateService",
        {
            "cluster": scene.account.things["cluster"][0],
            "service": scene.thing("application"),
            "forceNewDeployment": True,
        },
        {"service": {"status": "ACTIVE", "desiredCount": 3}},
    )


def nightly_export(scene: Scene) -> None:
    """The known job of the data team takes the day's exports, more than usual at the end of a month."""
    scene.to_hour(1, 3, workday=False)
    user = next(user for user in scene.company.users if user.calls == "export")
    scene.account = user.account
    caller = Caller(identities.user(user), user.account.id, user.network.address(Random(user.id)),
                    scene.company.data["agents"]["user"], scene.region)  # fmt: skip
    bucket = next(b for b in scene.account.things["bucket"] if "exports" in b.name)
    scene.call(caller, "s3:ListObjects", region=bucket.region, a_bucket=bucket)
    for _ in range(scene.random.randint(80, 200)):
        scene.call(caller, "s3:GetObject", region=bucket.region, a_bucket=bucket, wait=(0.2, 2))


def key_rotation(scene: Scene) -> None:
    """A user's key is rotated by itself, from the machine that uses it."""
    scene.to_hour(8, 15)
    user = scene.user()
    scene.account = user.account
    address = user.network.address(Random(user.id))
    caller = Caller(identities.user(user), user.account.id, address, scene.company.data["tools"][1], scene.region)
    scene.call(caller, "iam:ListAccessKeys", user=user.name)
    key = user.account.key(scene.random, "AKIA")
    scene.call(
        caller,
        "iam:CreateAccessKey",
        {"userName": user.name},
        {
            "accessKey": {
                "accessKeyId": key,
                "status": "Active",
                "userName": user.name,
                "createDate": spoken(scene.second),
            }
        },
    )
    scene.wait(60, 900)
    renewed = replace(caller, identity=identities.user(user, key=key))
    scene.call(renewed, "sts:GetCallerIdentity")
    for name, more in (("iam:UpdateAccessKey", {"status": "Inactive"}), ("iam:DeleteAccessKey", {})):
        scene.call(renewed, name, {"userName": user.name, "accessKeyId": user.key} | more)


def game_day(scene: Scene) -> None:
    """Instances of staging are stopped on purpose and come back."""
    scene.to_hour(8, 13)
    caller = scene.coming(scene.person("platform"), account=scene.company.accounts["shop-staging"])
    stopped = scene.some("instance", scene.random.randint(4, 8))
    for instance in stopped:
        scene.call(caller, "ec2:StopInstances", instance=instance, wait=(1, 10))
    scene.wait(900, 3600)
    for instance in stopped:
        scene.call(caller, "ec2:StartInstances", instance=instance, wait=(1, 10))


def trail_retired(scene: Scene) -> None:
    """The security team stops a trail of the sandbox that the organisation's replaces; the pipeline deletes it."""
    scene.to_hour(8, 14)
    scene.account = scene.company.accounts["sandbox"]
    caller = scene.coming(scene.person("security"), account=scene.account)
    trail = scene.thing("trail")
    scene.call(caller, "cloudtrail:GetTrailStatus")
    scene.call(caller, "cloudtrail:StopLogging", {"name": trail})
    scene.wait(1800, 5400)
    scene.call(scene.pipeline(), "cloudtrail:DeleteTrail", {"name": trail})


def train_ride(scene: Scene) -> None:
    """Somebody works on a train: his mobile network first, then one of another city of the country, hours later."""
    scene.to_hour(6, 9)
    person = scene.person("developers")
    first = scene.coming(person, address=person.mobile.address(scene.random))
    for name in ("logs:DescribeLogGroups", "logs:StartQuery", "logs:GetQueryResults"):
        scene.call(first, name, wait=(10, 120))
    scene.wait(2.5 * 3600, 5 * 3600)
    caller = scene.coming(
        person, address=scene.company.places.network(_country(scene, person), scene.random).address(scene.random)
    )
    for name in ("ec2:DescribeInstances", "lambda:ListFunctions20150331", "monitoring:DescribeAlarms"):
        scene.call(caller, name, wait=(10, 120))


def snapshot_migration(scene: Scene) -> None:
    """Snapshots are shared with another account of the same company, by the pipeline."""
    scene.to_hour(8, 15)
    _production(scene)
    caller = scene.pipeline()
    other = scene.random.choice([a for a in scene.company.accounts.values() if a is not scene.account])
    for snapshot in scene.some("snapshot", scene.random.randint(3, 8)):
        scene.call(caller, "ec2:ModifySnapshotAttribute",
                   {"snapshotId": snapshot, "createVolumePermission": {"add": {"items": [{"userId": other.id}]}},
                    "attributeType": "CREATE_VOLUME_PERMISSION"})  # fmt: skip


def scaling_burst(scene: Scene) -> None:
    """A sale: a group grows by dozens of instances within minutes."""
    _production(scene)
    role, host = scene.company.role(scene.account, "AWSServiceRoleForAutoScaling"), "autoscaling.amazonaws.com"
    identity = identities.role(role, "AutoScaling", scene.second, "", invoked_by=host)
    del identity["accessKeyId"]
    caller = Caller(identity, scene.account.id, host, host, scene.region)
    for _ in range(scene.random.randint(20, 60)):
        scene.call(caller, "ec2:RunInstances", wait=(0.5, 6))


def terraform_plan(scene: Scene) -> None:
    """A person compares what is there with what is written, and reads everything to do so."""
    scene.to_hour(8, 15)
    person = scene.person("platform")
    came = scene.coming(person, account=scene.random.choice(scene.company.production()), console=False)
    caller = replace(came, agent=scene.company.data["agents"]["plan"])
    names = ("iam:GetRole", "iam:ListRolePolicies", "iam:GetRolePolicy", "iam:GetPolicy", "iam:GetPolicyVersion",
             "s3:GetBucketAcl", "s3:GetBucketPolicy", "s3:GetBucketVersioning", "s3:GetBucketEncryption",
             "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeRouteTables", "kms:DescribeKey",
             "lambda:GetFunction20150331v2", "rds:DescribeDBInstances", "ec2:DescribeVpcs")  # fmt: skip
    scene.call(caller, "sts:GetCallerIdentity")
    for _ in range(scene.random.randint(80, 250)):
        scene.call(caller, scene.random.choice(names), wait=(0.05, 0.6))


def patching(scene: Scene) -> None:
    """The pipeline sends the monthly patches to all instances of staging."""
    scene.to_hour(8, 12)
    scene.account = scene.company.accounts["shop-staging"]
    caller = scene.pipeline()
    asked = {
        "documentName": "AWS-RunPatchBaseline",
        "parameters": "HIDDEN_DUE_TO_SECURITY_REASONS",
        "interactive": False,
        "targets": [{"key": "tag:patch", "values": ["monthly"]}],
        "maxConcurrency": "20%",
    }
    scene.call(caller, "ssm:SendCommand", asked, {"command": asked | {"status": "Pending"}})


DECOYS: Final[Mapping[str, Callable[[Scene], None]]] = {
    "planned-work": planned_work, "backup-retention": backup_retention, "posture-scan": posture_scan,
    "new-office": new_office, "pipeline-roles": pipeline_roles, "password-mistyped": password_mistyped,
    "night-duty": night_duty, "nightly-export": nightly_export, "key-rotation": key_rotation, "game-day": game_day,
    "trail-retired": trail_retired, "train-ride": train_ride, "snapshot-migration": snapshot_migration,
    "scaling-burst": scaling_burst, "terraform-plan": terraform_plan, "patching": patching,
}  # fmt: skip
