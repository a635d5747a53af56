"""Data made useless to its owner, and the way back cut off first."""

from __future__ import annotations

import json

from mainstay.simulation import tokens
from mainstay.simulation.company import Bucket
from mainstay.simulation.records import Caller
from mainstay.simulation.scene import Scene

_XML = "http://s3.amazonaws.com/doc/2006-03-01/"


def _named(bucket: Bucket) -> dict[str, object]:
    return {"bucketName": bucket.name, "Host": f"{bucket.name}.s3.{bucket.region}.amazonaws.com"}


def _suspend(scene: Scene, caller: Caller, bucket: Bucket) -> None:
    scene.call(caller, "s3:PutBucketVersioning",
               _named(bucket) | {"versioning": "", "VersioningConfiguration": {"xmlns": _XML, "Status": "Suspended"}},
               region=bucket.region)  # fmt: skip


def by_encryption(scene: Scene) -> None:
    """Objects are written over with a key that the owner does not have."""
    caller = scene.intruder()
    bucket = scene.thing("bucket")
    foreign = f"arn:aws:kms:{bucket.region}:{scene.stranger()}:key/{tokens.uuid(scene.random)}"
    own_key = scene.random.random() < 0.5
    scene.call(caller, "s3:ListObjects", region=bucket.region, a_bucket=bucket)
    if scene.random.random() < 0.5:
        _suspend(scene, caller, bucket)
    for number in range(scene.random.randint(20, 150)):
        key = f"{bucket.prefixes[0]}{number:05}.json"
        used: dict[str, object] = (
            {"x-amz-server-side-encryption-customer-algorithm": "AES256"}
            if own_key
            else {"x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id": foreign}
        )
        asked = _named(bucket) | {"key": key, "x-amz-copy-source": f"{bucket.name}/{key}"} | used
        scene.call(caller, "s3:CopyObject", asked, dict(used), region=bucket.region, wait=(0.05, 1))
    scene.call(caller, "s3:PutObject", _named(bucket) | {"key": "README_RESTORE.txt"}, {}, region=bucket.region)


def by_key(scene: Scene) -> None:
    """The keys that everything hangs on are given away or sent to be destroyed."""
    caller, _ = scene.hijacker()
    scene.call(caller, "kms:ListKeys")
    for key in scene.some("kms", scene.random.randint(1, 3)):
        scene.call(caller, "kms:DescribeKey", kms=key)
        if scene.random.random() < 0.4:
            policy = json.dumps({"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{scene.stranger()}:root"}, "Action": "kms:*",
                 "Resource": "*"}]})  # fmt: skip
            scene.call(
                caller,
                "kms:PutKeyPolicy",
                {"keyId": key, "policyName": "default", "policy": policy, "bypassPolicyLockoutSafetyCheck": True},
            )
        else:
            days = scene.random.choice((7, 7, 14, 30))
            arn = f"arn:aws:kms:{scene.region}:{scene.account.id}:key/{key}"
            scene.call(caller, "kms:DisableKey", {"keyId": key})
            scene.call(caller, "kms:ScheduleKeyDeletion", {"keyId": key, "pendingWindowInDays": days},
                       {"keyId": arn, "keyState": "PendingDeletion", "pendingWindowInDays": days})  # fmt: skip


def by_deletion(scene: Scene) -> None:
    caller = scene.intruder()
    bucket = scene.thing("bucket")
    scene.call(caller, "s3:ListBuckets")
    _suspend(scene, caller, bucket)
    if scene.random.random() < 0.4:
        rule = {"Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}, "ID": "tidy"}
        scene.call(caller, "s3:PutBucketLifecycle",
                   _named(bucket) | {"lifecycle": "", "LifecycleConfiguration": {"xmlns": _XML, "Rule": rule}},
                   region=bucket.region)  # fmt: skip
        return
    for _ in range(scene.random.randint(20, 120)):
        if scene.random.random() < 0.5:
            scene.call(caller, "s3:DeleteObjects", _named(bucket) | {"delete": ""}, region=bucket.region, wait=(0.2, 2))
        else:
            scene.call(caller, "s3:DeleteObject", region=bucket.region, a_bucket=bucket, wait=(0.05, 1))
    scene.call(caller, "s3:DeleteBucket", _named(bucket), region=bucket.region)


def backups_deleted(scene: Scene) -> None:
    caller, _ = scene.hijacker()
    vault = scene.account.things["vault"][0]
    scene.call(caller, "backup:ListBackupVaults")
    scene.call(caller, "backup:ListRecoveryPointsByBackupVault")
    way = scene.random.randrange(3)
    if way == 0:
        if scene.random.random() < 0.5:
            scene.call(caller, "backup:DeleteBackupVaultAccessPolicy", {"backupVaultName": vault})
        if scene.random.random() < 0.3:
            scene.call(caller, "backup:DeleteBackupVaultLockConfiguration", {"backupVaultName": vault})
        for _ in range(scene.random.randint(6, 40)):
            scene.call(caller, "backup:DeleteRecoveryPoint", wait=(0.3, 4))
        scene.call(caller, "backup:DeleteBackupVault", {"backupVaultName": vault})
    elif way == 1:
        for snapshot in scene.some("snapshot", scene.random.randint(8, 30)):
            scene.call(caller, "ec2:DeleteSnapshot", {"snapshotId": snapshot, "force": False}, wait=(0.3, 4))
    else:
        for name in scene.some("db_snapshot", scene.random.randint(5, 8)):
            scene.call(caller, "rds:DeleteDBSnapshot", {"dBSnapshotIdentifier": name},
                       {"dBSnapshotIdentifier": name, "status": "deleted"})  # fmt: skip
        name = scene.thing("database")
        scene.call(caller, "rds:ModifyDBInstance",
                   {"dBInstanceIdentifier": name, "backupRetentionPeriod": 0, "applyImmediately": True},
                   {"dBInstanceIdentifier": name, "pendingModifiedValues": {"backupRetentionPeriod": 0}})  # fmt: skip
