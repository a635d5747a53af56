"""Data taken away: objects by the thousand, secrets one after the other."""

from __future__ import annotations

from mainstay.simulation.scene import Scene


def mass_download(scene: Scene) -> None:
    caller = scene.hijacker()[0] if scene.random.random() < 0.5 else scene.outside_of_machine()[0]
    bucket = scene.random.choice([b for b in scene.account.things["bucket"] if b.typical_bytes > 300_000] or
                                 scene.account.things["bucket"])  # fmt: skip
    scene.call(caller, "s3:ListBuckets")
    scene.hurry = scene.random.choice((0.2, 0.5, 2.0))
    for prefix in bucket.prefixes:
        scene.call(caller, "s3:ListObjects", region=bucket.region, a_bucket=bucket, prefix=prefix)
    for number in range(scene.random.randint(150, 400)):
        scene.call(
            caller, "s3:GetObject", region=bucket.region, wait=(0.1, 3), a_bucket=bucket,
            object=f"{bucket.prefixes[number % len(bucket.prefixes)]}{number:06}.gz",
            extra=scene.of_s3(int(bucket.typical_bytes * scene.random.lognormvariate(0.8, 0.7))),
        )  # fmt: skip


def secrets_harvested(scene: Scene) -> None:
    caller = scene.intruder()
    if scene.random.random() < 0.6:
        scene.call(caller, "secretsmanager:ListSecrets")
        for secret in scene.some("secret", scene.random.randint(10, 24)):
            scene.call(caller, "secretsmanager:GetSecretValue", own_secret=secret, wait=(0.3, 10))
    else:
        scene.call(caller, "ssm:DescribeParameters")
        parameters = scene.some("parameter", scene.random.randint(15, 32))
        if scene.random.random() < 0.5:
            for start in range(0, len(parameters), 3):
                scene.call(caller, "ssm:GetParameters",
                           {"names": parameters[start : start + 3], "withDecryption": True}, wait=(0.3, 8))  # fmt: skip
        for parameter in parameters:
            scene.call(caller, "ssm:GetParameter", own_parameter=parameter, wait=(0.3, 8))
