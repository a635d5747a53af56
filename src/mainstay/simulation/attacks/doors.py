"""Back doors: ways in that stay when the stolen credentials are gone."""

from __future__ import annotations

import json
from urllib.parse import quote

from mainstay.simulation import identities, tokens
from mainstay.simulation.attacks.credentials import look_around
from mainstay.simulation.records import Caller, spoken
from mainstay.simulation.scene import Scene


def _trust(principal: object, condition: object = None) -> str:
    statement: dict[str, object] = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust_opened(scene: Scene) -> None:
    caller, _ = scene.hijacker()
    stranger = scene.stranger()
    principal = scene.random.choice(
        ({"AWS": f"arn:aws:iam::{stranger}:root"}, {"AWS": stranger}, {"AWS": f"arn:aws:iam::{stranger}:role/ops"},
         {"AWS": "*"}, {"AWS": [f"arn:aws:iam::{scene.account.id}:root", f"arn:aws:iam::{stranger}:user/x"]})
    )  # fmt: skip
    scene.call(caller, "iam:ListRoles")
    if scene.random.random() < 0.6:
        name = scene.thing("app_role").name
        scene.call(caller, "iam:GetRole", app_role=name)
        scene.call(caller, "iam:UpdateAssumeRolePolicy", {"roleName": name, "policyDocument": _trust(principal)})
    else:
        name, document = scene.random.choice(("SupportAccess", "AuditHelper", "vendor-sync")), _trust(principal)
        scene.call(
            caller,
            "iam:CreateRole",
            {"path": "/", "roleName": name, "assumeRolePolicyDocument": document, "maxSessionDuration": 43_200},
            {
                "role": {
                    "path": "/",
                    "roleName": name,
                    "roleId": f"AROA{scene.account.key_part}{tokens.letters(scene.random, 9)}",
                    "arn": f"arn:aws:iam::{scene.account.id}:role/{name}",
                    "createDate": spoken(scene.second),
                    "assumeRolePolicyDocument": quote(document, safe=""),
                }
            },
        )
        scene.call(caller, "iam:AttachRolePolicy",
                   {"roleName": name, "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"})  # fmt: skip


def _new_key(scene: Scene, caller: Caller, name: str) -> str:
    key = scene.account.key(scene.random, "AKIA")
    scene.call(
        caller,
        "iam:CreateAccessKey",
        {"userName": name},
        {"accessKey": {"accessKeyId": key, "status": "Active", "userName": name, "createDate": spoken(scene.second)}},
    )
    return key


def user_created(scene: Scene) -> None:
    caller, _ = scene.hijacker()
    name = scene.random.choice(("support", "svc-backup2", "aws-config", "deploy-bot", "admin1", "cloudwatch-agent"))
    user = scene.company.new_user(scene.random, scene.account, name, scene.bad_network())
    scene.call(caller, "iam:ListUsers")
    scene.call(
        caller,
        "iam:CreateUser",
        {"userName": name},
        {
            "user": {
                "path": "/",
                "userName": name,
                "userId": user.id,
                "arn": user.arn,
                "createDate": spoken(scene.second),
            }
        },
    )
    key = _new_key(scene, caller, name)
    scene.call(caller, "iam:AttachUserPolicy",
               {"userName": name, "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"})  # fmt: skip
    scene.wait(60, 3600)
    door = Caller(identities.user(user, key=key), scene.account.id, user.network.address(scene.random),
                  scene.attack_tool(), scene.region)  # fmt: skip
    look_around(scene, door, 4, 10, 0.05)


def login_profile_for_another(scene: Scene) -> None:
    caller = scene.thief()[0] if scene.random.random() < 0.5 else scene.hijacker()[0]
    others = [
        user for user in scene.company.users if user.account is scene.account and user.arn != caller.identity["arn"]
    ]
    other = scene.random.choice(
        others or [scene.company.new_user(scene.random, scene.account, "reporting", scene.company.vpn)]
    )
    scene.call(caller, "iam:ListUsers")
    if scene.random.random() < 0.6:
        scene.call(
            caller,
            "iam:CreateLoginProfile",
            {"userName": other.name, "passwordResetRequired": False},
            {
                "loginProfile": {
                    "userName": other.name,
                    "createDate": spoken(scene.second),
                    "passwordResetRequired": False,
                }
            },
        )
    else:
        scene.call(caller, "iam:UpdateLoginProfile", {"userName": other.name, "passwordResetRequired": False})
    scene.wait(10, 600)
    look_around(scene, scene.login(other, caller.address, mfa=False), 3, 8, 0.1)


def key_for_another(scene: Scene) -> None:
    caller = scene.thief()[0] if scene.random.random() < 0.4 else scene.hijacker()[0]
    others = [
        user for user in scene.company.users if user.account is scene.account and user.arn != caller.identity["arn"]
    ]
    other = scene.random.choice(
        others or [scene.company.new_user(scene.random, scene.account, "reporting", scene.company.vpn)]
    )
    scene.call(caller, "iam:ListUsers")
    scene.call(caller, "iam:ListAccessKeys", user=other.name)
    key = _new_key(scene, caller, other.name)
    scene.wait(30, 1800)
    door = Caller(identities.user(other, key=key), scene.account.id, scene.bad_network().address(scene.random),
                  scene.attack_tool(), scene.region)  # fmt: skip
    look_around(scene, door, 3, 10)


def provider_added(scene: Scene) -> None:
    """A provider of identities that the intruder owns, and a role for it."""
    caller, _ = scene.hijacker()
    if scene.random.random() < 0.5:
        host = f"login.{tokens.text(scene.random, 8).lower()}.example.net"
        arn = f"arn:aws:iam::{scene.account.id}:oidc-provider/{host}"
        scene.call(caller, "iam:CreateOpenIDConnectProvider",
                   {"url": f"https://{host}", "clientIDList": ["sts.amazonaws.com"], "thumbprintList": ["f" * 40]},
                   {"openIDConnectProviderArn": arn})  # fmt: skip
        action = "sts:AssumeRoleWithWebIdentity"
    else:
        arn = f"arn:aws:iam::{scene.account.id}:saml-provider/workforce2"
        scene.call(
            caller,
            "iam:CreateSAMLProvider",
            {"name": "workforce2", "sAMLMetadataDocument": "<EntityDescriptor/>"},
            {"sAMLProviderArn": arn},
        )
        action = "sts:AssumeRoleWithSAML"
    document = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Federated": arn}, "Action": action}]})  # fmt: skip
    scene.call(
        caller, "iam:UpdateAssumeRolePolicy", {"roleName": scene.thing("app_role").name, "policyDocument": document}
    )
