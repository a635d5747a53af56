"""The account used for what costs money or good names: mining, mail, models."""

from __future__ import annotations

from typing import Any

from mainstay.simulation import tokens
from mainstay.simulation.scene import Scene

_LARGE = ("p3.16xlarge", "p4d.24xlarge", "g5.48xlarge", "g4dn.metal", "p3.8xlarge", "c5.24xlarge", "g6.48xlarge")


def mining(scene: Scene) -> None:
    caller = scene.hijacker()[0] if scene.random.random() < 0.5 else scene.thief()[0]
    regions = scene.random.sample(scene.company.data["strange_regions"], scene.random.randint(1, 4))
    scene.call(caller, "ec2:DescribeRegions")
    for region in regions:
        kind = scene.random.choice(_LARGE)
        for name in ("ec2:DescribeVpcs", "ec2:DescribeInstanceTypes", "servicequotas:GetServiceQuota"):
            scene.call(caller, name, region=region)
        if scene.random.random() < 0.5:
            scene.call(caller, "servicequotas:RequestServiceQuotaIncrease",
                       {"serviceCode": "ec2", "quotaCode": "L-417A185B", "desiredValue": 512.0},
                       {"requestedQuota": {"status": "PENDING", "desiredValue": 512.0}}, region=region)  # fmt: skip
        scene.call(caller, "ec2:CreateKeyPair", {"keyName": "k1", "keyType": "rsa"}, {"keyName": "k1"}, region=region)
        most = scene.random.randint(2, 20)
        asked: dict[str, Any] = {
            "instancesSet": {
                "items": [
                    {
                        "imageId": tokens.resource_id(scene.random, "ami"),
                        "minCount": 1,
                        "maxCount": most,
                        "keyName": "k1",
                    }
                ]
            },
            "instanceType": kind,
            "blockDeviceMapping": {},
            "monitoring": {"enabled": False},
            "disableApiTermination": scene.random.random() < 0.5,
            "clientToken": tokens.uuid(scene.random),
        }
        for _ in range(scene.random.randint(1, 4)):
            if scene.random.random() < 0.4:
                scene.call(
                    caller,
                    "ec2:RunInstances",
                    asked,
                    region=region,
                    error=(
                        "Client.VcpuLimitExceeded",
                        "You have requested more vCPU capacity than your current vCPU limit of 0 "
                        "allows for the instance bucket that the specified instance type belongs to.",
                    ),
                )
        items = [{"instanceId": tokens.resource_id(scene.random, "i"), "instanceType": kind,
                  "instanceState": {"code": 0, "name": "pending"}} for _ in range(most)]  # fmt: skip
        scene.call(caller, "ec2:RunInstances", asked,
                   {"reservationId": tokens.resource_id(scene.random, "r"), "ownerId": scene.account.id,
                    "instancesSet": {"items": items}}, region=region)  # fmt: skip


def mail(scene: Scene) -> None:
    caller, _ = scene.thief()
    region = scene.random.choice(("us-east-1", scene.region))
    for name in ("ses:GetSendQuota", "ses:ListIdentities", "ses:GetAccount"):
        scene.call(caller, name, region=region)
    if scene.random.random() < 0.5:
        scene.call(caller, "ses:PutAccountDetails",
                   {"mailType": "TRANSACTIONAL", "productionAccessEnabled": True,
                    "useCaseDescription": "HIDDEN_DUE_TO_SECURITY_REASONS"}, region=region)  # fmt: skip
    domain = f"{tokens.text(scene.random, 9).lower()}.example.net"
    scene.call(caller, "ses:CreateEmailIdentity", {"emailIdentity": domain},
               {"identityType": "DOMAIN", "verifiedForSendingStatus": False}, region=region)  # fmt: skip
    for _ in range(scene.random.randint(10, 60)):
        scene.call(caller, "ses:SendRawEmail", region=region, wait=(0.3, 6))


def models(scene: Scene) -> None:
    caller = scene.thief()[0] if scene.random.random() < 0.6 else scene.outside_of_machine()[0]
    model = scene.random.choice(("anthropic.claude-sonnet-4-5-20250929-v1:0", "anthropic.claude-opus-4-1-20250805-v1:0",
                                 "meta.llama3-1-405b-instruct-v1:0"))  # fmt: skip
    region = scene.random.choice(("us-east-1", "us-west-2"))
    for name in ("bedrock:GetModelInvocationLoggingConfiguration", "bedrock:ListFoundationModels",
                 "bedrock:GetFoundationModelAvailability"):  # fmt: skip
        scene.call(caller, name, region=region)
    if scene.random.random() < 0.6:
        scene.call(
            caller, "bedrock:PutFoundationModelEntitlement", {"modelId": model}, {"status": "SUCCESS"}, region=region
        )
    if scene.random.random() < 0.3:
        scene.call(caller, "bedrock:DeleteModelInvocationLoggingConfiguration", {}, region=region)
    for _ in range(scene.random.randint(20, 150)):
        name = scene.random.choice(("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream", "bedrock:Converse"))
        scene.call(caller, name, {"modelId": model}, region=region, wait=(0.5, 10))
