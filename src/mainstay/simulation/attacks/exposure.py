"""Things opened to everybody or to a stranger, so that they can be fetched from outside."""

from __future__ import annotations

import json
from typing import Any

from mainstay.simulation.scene import Scene


def bucket_opened(scene: Scene) -> None:
    caller = scene.intruder()
    bucket = scene.thing("bucket")
    host = f"{bucket.name}.s3.{bucket.region}.amazonaws.com"
    named = {"bucketName": bucket.name, "Host": host}
    scene.call(caller, "s3:ListBuckets")
    if scene.random.random() < 0.7:
        scene.call(caller, "s3:DeleteBucketPublicAccessBlock", named | {"publicAccessBlock": ""}, region=bucket.region)
    everybody: Any = scene.random.choice(("*", {"AWS": "*"}, {"AWS": f"arn:aws:iam::{scene.stranger()}:root"}))
    policy = {"Version": "2012-10-17", "Statement": [
        {"Sid": "Read", "Effect": "Allow", "Principal": everybody, "Action": ["s3:GetObject", "s3:ListBucket"],
         "Resource": [f"arn:aws:s3:::{bucket.name}", f"arn:aws:s3:::{bucket.name}/*"]}]}  # fmt: skip
    if scene.random.random() < 0.7:
        scene.call(caller, "s3:PutBucketPolicy", named | {"policy": "", "bucketPolicy": policy}, region=bucket.region)
    else:
        scene.call(caller, "s3:PutBucketAcl", named | {"acl": "", "x-amz-acl": "public-read"}, region=bucket.region)


def snapshot_shared(scene: Scene) -> None:
    caller = scene.intruder()
    scene.call(caller, "ec2:DescribeSnapshots")
    item = {"group": "all"} if scene.random.random() < 0.4 else {"userId": scene.stranger()}
    for snapshot in scene.some("snapshot", scene.random.randint(1, 4)):
        scene.call(caller, "ec2:ModifySnapshotAttribute",
                   {"snapshotId": snapshot, "createVolumePermission": {"add": {"items": [item]}},
                    "attributeType": "CREATE_VOLUME_PERMISSION"})  # fmt: skip


def database_snapshot_shared(scene: Scene) -> None:
    caller = scene.intruder()
    scene.call(caller, "rds:DescribeDBSnapshots")
    whom = "all" if scene.random.random() < 0.4 else scene.stranger()
    name = scene.thing("db_snapshot")
    scene.call(caller, "rds:ModifyDBSnapshotAttribute",
               {"dBSnapshotIdentifier": name, "attributeName": "restore", "valuesToAdd": [whom]},
               {"dBSnapshotIdentifier": name,
                "dBSnapshotAttributes": [{"attributeName": "restore", "attributeValues": [whom]}]})  # fmt: skip


def image_published(scene: Scene) -> None:
    caller = scene.intruder()
    scene.call(caller, "ec2:DescribeImages")
    item = {"group": "all"} if scene.random.random() < 0.5 else {"userId": scene.stranger()}
    scene.call(caller, "ec2:ModifyImageAttribute",
               {"imageId": scene.thing("image"), "launchPermission": {"add": {"items": [item]}},
                "attributeType": "launchPermission"})  # fmt: skip


def database_opened(scene: Scene) -> None:
    caller = scene.intruder()
    name = scene.thing("database")
    scene.call(caller, "rds:DescribeDBInstances")
    asked: dict[str, Any] = {"dBInstanceIdentifier": name, "publiclyAccessible": True, "applyImmediately": True,
                             "allowMajorVersionUpgrade": False}  # fmt: skip
    answered: dict[str, Any] = {"dBInstanceIdentifier": name, "engine": "postgres", "publiclyAccessible": True,
                                "dBInstanceStatus": "available", "pendingModifiedValues": {}}  # fmt: skip
    if scene.random.random() < 0.5:
        asked["masterUserPassword"] = "****"
        answered["pendingModifiedValues"] = {"masterUserPassword": "****"}
    scene.call(caller, "rds:ModifyDBInstance", asked, answered)
    scene.call(
        caller,
        "ec2:AuthorizeSecurityGroupIngress",
        {
            "groupId": scene.thing("group"),
            "ipPermissions": {
                "items": [
                    {
                        "ipProtocol": "tcp",
                        "fromPort": 5432,
                        "toPort": 5432,
                        "groups": {},
                        "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]},
                        "ipv6Ranges": {},
                        "prefixListIds": {},
                    }
                ]
            },
        },
    )


def function_opened(scene: Scene) -> None:
    caller = scene.intruder()
    name = scene.thing("function")
    arn = f"arn:aws:lambda:{scene.region}:{scene.account.id}:function:{name}"
    scene.call(caller, "lambda:ListFunctions20150331")
    if scene.random.random() < 0.6:
        scene.call(caller, "lambda:CreateFunctionUrlConfig", {"functionName": name, "authType": "NONE"},
                   {"functionUrl": f"https://{scene.random.getrandbits(120):030x}.lambda-url.{scene.region}.on.aws/",
                    "functionArn": arn, "authType": "NONE"})  # fmt: skip
        given: dict[str, Any] = {
            "functionName": name,
            "statementId": "FunctionURLAllowPublicAccess",
            "action": "lambda:InvokeFunctionUrl",
            "principal": "*",
            "functionUrlAuthType": "NONE",
        }
    else:
        principal = scene.random.choice(("*", scene.stranger()))
        given = {
            "functionName": name,
            "statementId": "events2",
            "action": "lambda:InvokeFunction",
            "principal": principal,
        }
    statement = {"Sid": given["statementId"], "Effect": "Allow", "Principal": given["principal"],
                 "Action": given["action"], "Resource": arn}  # fmt: skip
    scene.call(caller, "lambda:AddPermission20150331v2", given, {"statement": json.dumps(statement)})
