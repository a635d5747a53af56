"""Who acts in an event of CloudTrail, as its `userIdentity` tells it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

from mainstay.analysis.meaning.agents import BY_HAND, agent, runs_in
from mainstay.model.values import ABSENT, Value

Fields = dict[str, Any]

_PERSONAL: Final = frozenset({"IdentityCenterUser", "SAMLUser", "Directory"})
_HIDDEN: Final = "HIDDEN_DUE_TO_SECURITY_REASONS"
_NOBODY: Final = "ANONYMOUS_PRINCIPAL"
_SESSION = re.compile(r"(arn:[^:]+):sts::(\d*):(?:assumed-role/([^/]+)/(.*)|federated-user/(.+))", re.DOTALL)
_INSTANCE = re.compile(r"m?i-[0-9a-f]{8,17}")
_ADDRESS = re.compile(r"[^@\s/]+@[^@\s/]+\.[^@\s/.]+")
_OF_SERVICE, _OF_PERSON = ":role/aws-service-role/", ":role/aws-reserved/sso.amazonaws.com/"
_SCOPES: Final = {"AWS::Lambda::Function": "function", "AWS::EC2::Instance": "instance"}
_OF_UNIQUE_ID: Final = {"AIDA": "user", "AROA": "role"}


def text(value: Value) -> str:
    """The value where it is text; nothing of what is absent, unknown or of another kind."""
    return value if isinstance(value, str) else ""


def fields(value: Value) -> Fields:
    """The value where it is a map."""
    return value if isinstance(value, dict) else {}


def principal(identity: Fields) -> Value:
    """The standing identity. Of a user without an ARN, as of a failed login, the ARN that he has without a path."""
    kind, arn = text(identity.get("type")), text(identity.get("arn"))
    if kind == "IAMUser" or kind == "Root":
        return arn or _by_name(identity, kind)
    issuer = fields(fields(identity.get("sessionContext")).get("sessionIssuer"))
    of_issuer = text(issuer.get("arn"))
    if of_issuer:
        return of_issuer
    if arn:
        return standing(arn)
    return _otherwise(identity, kind) or ABSENT


@lru_cache(maxsize=65536)
def standing(arn: str) -> str:
    """The ARN of what a session is of: of a role's, the role without its path, which a session's ARN leaves out."""
    found = _SESSION.fullmatch(arn)
    if found is None or not found[3]:
        return arn
    return f"{found[1]}:iam::{found[2]}:role/{found[3]}"


def session(identity: Fields) -> Value:
    """The name of the session, behind the role's in the ARN, or else behind the role's id."""
    arn = text(identity.get("arn"))
    if ":sts:" in arn:
        return _session_name(arn) or ABSENT
    id, _, name = text(identity.get("principalId")).partition(":")
    return name if name and id.startswith("AROA") else ABSENT


@lru_cache(maxsize=65536)
def _session_name(arn: str) -> str:
    found = _SESSION.fullmatch(arn)
    return (found[4] or found[5] or "") if found is not None else ""


def long_term_key(identity: Fields) -> Value:
    """Whether the key expires is told by its prefix. Of another account's caller the key is not told at all."""
    key = text(identity.get("accessKeyId"))
    if key:
        return key.startswith("AKIA")
    return False if identity and identity.get("type") != "AWSAccount" else ABSENT


def actor(record: Fields, own: frozenset[str]) -> Value:
    """What acts. `own` are the accounts that are no strangers."""
    identity = fields(record.get("userIdentity"))
    kind = text(identity.get("type"))
    if kind == "Root":
        return "root"
    if kind == "IAMUser":
        return "person" if _is_by_hand(record, identity) else "user"
    if kind in ("AssumedRole", "Role", "FederatedUser"):
        return _of_session(record, identity)
    if kind == "WebIdentityUser":
        return "workload"
    if kind == "AWSAccount":
        return _of_account(identity, own)
    if kind == "AWSService" or (not kind and identity.get("invokedBy")):
        return "service"
    if kind in _PERSONAL or text(identity.get("userName")) or identity.get("onBehalfOf"):
        return "person"
    return ABSENT


def _of_session(record: Fields, identity: Fields) -> str:
    context = fields(identity.get("sessionContext"))
    issuer, arn = text(fields(context.get("sessionIssuer")).get("arn")), text(identity.get("arn"))
    scope = text(fields(identity.get("inScopeOf")).get("issuerType"))
    name = text(session(identity))
    if _OF_SERVICE in issuer:
        return "service"
    if _OF_PERSON in issuer or "/AWSReservedSSO_" in arn or _is_by_hand(record, identity) or _ADDRESS.fullmatch(name):
        return "person"
    if scope in _SCOPES:
        return _SCOPES[scope]
    if scope or fields(context.get("webIdFederationData")).get("federatedProvider"):
        return "workload"
    if context.get("ec2RoleDelivery") or _INSTANCE.fullmatch(name):
        return "instance"
    if identity.get("type") == "FederatedUser":
        return "user"
    return runs_in(text(record.get("userAgent"))) or "role"


def _of_account(identity: Fields, own: frozenset[str]) -> Value:
    """What is told of a caller from another account, or of one without any."""
    account, id = text(identity.get("accountId")), text(identity.get("principalId"))
    if account == _NOBODY or (not account and not id):
        return "anonymous"
    if text(identity.get("invokedBy")):
        return "service"
    if account not in own:
        return "stranger"
    return "root" if id == account else _OF_UNIQUE_ID.get(id[:4], "role")


def _is_by_hand(record: Fields, identity: Fields) -> bool:
    """Whether a person is at work for certain: in a console, or with a second factor, which no machine has."""
    if record.get("sessionCredentialFromConsole") == "true" or agent(text(record.get("userAgent"))) in BY_HAND:
        return True
    attributes = fields(fields(identity.get("sessionContext")).get("attributes"))
    return attributes.get("mfaAuthenticated") == "true"


def _by_name(identity: Fields, kind: str) -> Value:
    account, name = text(identity.get("accountId")), text(identity.get("userName"))
    if not account:
        return ABSENT
    if kind == "Root":
        return f"arn:aws:iam::{account}:root"
    return f"arn:aws:iam::{account}:user/{name}" if name and name != _HIDDEN else ABSENT


def _otherwise(identity: Fields, kind: str) -> str:
    """What names an identity that has no ARN."""
    service = text(identity.get("invokedBy"))
    if service and kind in ("AWSService", ""):
        return service
    id = text(identity.get("principalId"))
    if kind == "AWSAccount":
        account = text(identity.get("accountId"))
        return "" if account == _NOBODY else id.partition(":")[0] or account
    return text(fields(identity.get("onBehalfOf")).get("userId")) or id or text(identity.get("userName")) or service


_NAMED: Final = ("userName", "roleName")
_MEANT: Final = frozenset(
    {"CreateAccessKey", "DeleteAccessKey", "UpdateAccessKey", "ListAccessKeys", "ChangePassword", "CreateLoginProfile",
     "DeleteLoginProfile", "GetLoginProfile", "GetUser", "UploadSigningCertificate"}
)  # fmt: skip
"""The calls of IAM that are about their caller where they name nobody."""


def on_oneself(record: Fields) -> Value:
    """Whether IAM's request is about the one who makes it, or STS's for the role that makes it."""
    source, whose = record.get("eventSource"), principal(fields(record.get("userIdentity")))
    parameters = fields(record.get("requestParameters"))
    if not isinstance(whose, str):
        return ABSENT
    if source == "sts.amazonaws.com":
        role = text(parameters.get("roleArn"))
        return _same(role, whose) if role else ABSENT
    if source != "iam.amazonaws.com":
        return ABSENT
    for key, kind in zip(_NAMED, (":user/", ":role/"), strict=True):
        name = text(parameters.get(key))
        if name:
            return kind in whose and whose.rpartition("/")[2].lower() == name.lower()
    return True if record.get("eventName") in _MEANT else ABSENT


def _same(one: str, other: str) -> bool:
    """Whether two ARNs are of one role; either may lack its path."""
    return (
        one.rpartition("/")[2].lower() == other.rpartition("/")[2].lower()
        and one.split(":")[4:5] == other.split(":")[4:5]
    )
