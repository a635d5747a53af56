"""From the control plane onto machines, containers and clusters."""

from __future__ import annotations

from mainstay.simulation import tokens
from mainstay.simulation.scene import Scene

_HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"


def _command(scene: Scene, instances: list[str]) -> tuple[dict[str, object], dict[str, object]]:
    asked: dict[str, object] = {
        "instanceIds": instances,
        "documentName": scene.random.choice(("AWS-RunShellScript", "AWS-RunShellScript", "AWS-RunPowerShellScript")),
        "parameters": _HIDDEN,
        "interactive": False,
    }
    command = asked | {"commandId": tokens.uuid(scene.random), "status": "Pending", "targets": []}
    return asked, {"command": command}


def commands_on_many(scene: Scene) -> None:
    caller = scene.intruder()
    scene.call(caller, "ssm:DescribeInstanceInformation")
    instances = scene.some("instance", scene.random.randint(6, 14))
    if scene.random.random() < 0.5:
        scene.call(caller, "ssm:SendCommand", *_command(scene, instances))
    else:
        for instance in instances:
            scene.call(caller, "ssm:SendCommand", *_command(scene, [instance]), wait=(0.5, 8))
    for instance in instances[:4]:
        scene.call(caller, "ssm:GetCommandInvocation", {"commandId": tokens.uuid(scene.random), "instanceId": instance})


def session_on_host(scene: Scene) -> None:
    caller = scene.intruder()
    scene.call(caller, "ssm:DescribeInstanceInformation")
    for instance in scene.some("instance", scene.random.randint(1, 4)):
        session = f"{str(caller.identity['principalId']).rpartition(':')[2]}-{tokens.text(scene.random, 17).lower()}"
        scene.call(
            caller,
            "ssm:StartSession",
            {"target": instance},
            {
                "sessionId": session,
                "tokenValue": "Value hidden due to security reasons.",
                "streamUrl": f"wss://ssmmessages.{scene.region}.amazonaws.com/v1/data-channel/{session}?role=publish_subscribe",
            },
        )
        scene.wait(60, 900)
        scene.call(caller, "ssm:TerminateSession", {"sessionId": session}, {"sessionId": session})


def user_data_changed(scene: Scene) -> None:
    caller = scene.intruder()
    instance = scene.thing("instance")
    scene.call(caller, "ec2:DescribeInstanceAttribute", {"instanceId": instance, "attribute": "userData"})
    scene.call(caller, "ec2:StopInstances", instance=instance)
    scene.wait(30, 180)
    scene.call(
        caller, "ec2:ModifyInstanceAttribute", {"instanceId": instance, "userData": {"value": "<sensitiveDataRemoved>"}}
    )
    scene.call(caller, "ec2:StartInstances", instance=instance)


def container_entered(scene: Scene) -> None:
    caller = scene.intruder()
    cluster = scene.account.things["cluster"][0]
    arn = f"arn:aws:ecs:{scene.region}:{scene.account.id}:cluster/{cluster}"
    for name in ("ecs:ListClusters", "ecs:ListServices", "ecs:DescribeTasks"):
        scene.call(caller, name)
    if scene.random.random() < 0.5:
        scene.call(
            caller,
            "ecs:UpdateService",
            {
                "cluster": cluster,
                "service": scene.thing("application"),
                "enableExecuteCommand": True,
                "forceNewDeployment": True,
            },
            {"service": {"enableExecuteCommand": True, "status": "ACTIVE"}},
        )
        scene.wait(60, 300)
    for _ in range(scene.random.randint(1, 5)):
        task = f"{scene.random.getrandbits(128):032x}"
        scene.call(
            caller,
            "ecs:ExecuteCommand",
            {
                "cluster": cluster,
                "container": "app",
                "command": scene.random.choice(("/bin/sh", "/bin/bash", "env")),
                "interactive": True,
                "task": task,
            },
            {
                "clusterArn": arn,
                "containerName": "app",
                "interactive": True,
                "session": {
                    "sessionId": f"ecs-execute-command-{tokens.text(scene.random, 17).lower()}",
                    "streamUrl": _HIDDEN,
                    "tokenValue": _HIDDEN,
                },
                "taskArn": f"arn:aws:ecs:{scene.region}:{scene.account.id}:task/{cluster}/{task}",
            },
        )


def cluster_taken(scene: Scene) -> None:
    caller, _ = scene.hijacker()
    cluster = scene.account.things["cluster"][0]
    scene.call(caller, "eks:ListClusters")
    scene.call(caller, "eks:DescribeCluster")
    who = (
        f"arn:aws:iam::{scene.account.id}:role/{scene.thing('app_role').name}"
        if scene.random.random() < 0.5
        else caller.arn
    )
    scene.call(caller, "eks:CreateAccessEntry", {"name": cluster, "principalArn": who, "type": "STANDARD"},
               {"accessEntry": {"clusterName": cluster, "principalArn": who, "type": "STANDARD"}})  # fmt: skip
    policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
    scene.call(
        caller,
        "eks:AssociateAccessPolicy",
        {"name": cluster, "principalArn": who, "policyArn": policy, "accessScope": {"type": "cluster"}},
        {"clusterName": cluster, "principalArn": who, "associatedAccessPolicy": {"policyArn": policy}},
    )
