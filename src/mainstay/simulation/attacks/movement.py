"""From account to account, out of the organization, past the pipeline, through the network's walls."""

from __future__ import annotations

from typing import Any

from mainstay.simulation.attacks.credentials import look_around
from mainstay.simulation.scene import Scene


def lateral_move(scene: Scene) -> None:
    caller, _ = scene.outside_of_machine() if scene.random.random() < 0.6 else scene.hijacker()
    others = [account for account in scene.company.accounts.values() if account is not scene.account]
    session = scene.random.choice(("botocore-session-1", "ops", "AWSCLI-Session", "x"))
    scene.call(caller, "sts:GetCallerIdentity")
    for _ in range(scene.random.randint(2, 6)):
        scene.refused(caller, "sts:AssumeRole")
    for account in scene.random.sample(others, scene.random.randint(2, 3)):
        caller = scene.assume(caller, scene.company.role(account, "OrganizationAdmin"), session)
        look_around(scene, caller, 2, 6, 0.1)


def organization_left(scene: Scene) -> None:
    scene.account = scene.random.choice([a for a in scene.company.accounts.values() if a.purpose != "management"])
    caller, _ = scene.hijacker()
    scene.call(caller, "organizations:DescribeOrganization")
    if scene.random.random() < 0.5:
        scene.refused(caller, "organizations:LeaveOrganization")
    else:
        scene.call(caller, "organizations:LeaveOrganization", {})


def change_outside_pipeline(scene: Scene) -> None:
    scene.account = scene.random.choice(scene.company.production())
    caller, _ = scene.hijacker()
    function = scene.thing("function")
    for _ in range(scene.random.randint(1, 3)):
        match scene.random.randrange(3):
            case 0:
                scene.call(
                    caller,
                    "lambda:UpdateFunctionCode20150331v2",
                    {"functionName": function, "publish": True, "dryRun": False},
                    {"functionName": function, "codeSize": 99_120, "lastUpdateStatus": "InProgress"},
                )
            case 1:
                scene.call(caller, "ecs:RegisterTaskDefinition")
                scene.call(caller, "ecs:UpdateService")
            case _:
                layer = f"arn:aws:lambda:{scene.region}:{scene.stranger()}:layer:helper:3"
                scene.call(
                    caller,
                    "lambda:UpdateFunctionConfiguration20150331v2",
                    {"functionName": function, "layers": [layer]},
                    {"functionName": function, "layers": [{"arn": layer}], "lastUpdateStatus": "InProgress"},
                )


def network_opened(scene: Scene) -> None:
    caller = scene.intruder()
    scene.call(caller, "ec2:DescribeSecurityGroups")
    way = scene.random.randrange(4)
    if way < 2:
        protocol, first, last = scene.random.choice(
            (("tcp", 22, 22), ("tcp", 3389, 3389), ("tcp", 0, 65535), ("-1", -1, -1))
        )
        rule: dict[str, Any] = {"ipProtocol": protocol, "groups": {}, "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]},
                                "ipv6Ranges": {}, "prefixListIds": {}}  # fmt: skip
        if protocol != "-1":
            rule |= {"fromPort": first, "toPort": last}
        if scene.random.random() < 0.3:
            rule["ipv6Ranges"] = {"items": [{"cidrIpv6": "::/0"}]}
        scene.call(caller, "ec2:AuthorizeSecurityGroupIngress",
                   {"groupId": scene.thing("group"), "ipPermissions": {"items": [rule]}})  # fmt: skip
    elif way == 2:
        scene.call(caller, "ec2:CreateNetworkAclEntry",
                   {"networkAclId": scene.thing("acl"), "ruleNumber": 1, "egress": False, "ruleAction": "allow",
                    "icmpTypeCode": {}, "portRange": {}, "aclProtocol": "-1", "cidrBlock": "0.0.0.0/0"})  # fmt: skip
    else:
        vpc, stranger = scene.thing("vpc"), scene.stranger()
        peering = f"pcx-0{scene.random.getrandbits(64):016x}"
        scene.call(
            caller,
            "ec2:AcceptVpcPeeringConnection",
            {"vpcPeeringConnectionId": peering},
            {
                "vpcPeeringConnection": {
                    "vpcPeeringConnectionId": peering,
                    "status": {"code": "active"},
                    "requesterVpcInfo": {"ownerId": stranger},
                    "accepterVpcInfo": {"vpcId": vpc},
                }
            },
        )
        scene.call(caller, "ec2:CreateRoute",
                   {"routeTableId": scene.thing("table_id"), "destinationCidrBlock": "172.31.0.0/16",
                    "vpcPeeringConnectionId": peering})  # fmt: skip
