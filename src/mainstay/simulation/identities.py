"""`userIdentity` as CloudTrail writes it, for every kind of caller."""

from __future__ import annotations

from random import Random

from mainstay.simulation import tokens
from mainstay.simulation.company import Account, Role, User
from mainstay.simulation.records import Json, stamp


def user(who: User, *, key: str | None = None, session: int | None = None, mfa: bool = False) -> Json:
    """An IAM user: with the long-term key unless another is given, of a console session if it has a beginning."""
    identity: Json = {
        "type": "IAMUser",
        "principalId": who.id,
        "arn": who.arn,
        "accountId": who.account.id,
        "accessKeyId": key or who.key,
        "userName": who.name,
    }
    if session is not None:
        identity["sessionContext"] = {
            "attributes": {"creationDate": stamp(session), "mfaAuthenticated": "true" if mfa else "false"}
        }
    return identity


def role(
    of: Role,
    session: str,
    created: int,
    key: str,
    *,
    invoked_by: str | None = None,
    instance: bool = False,
    federated: Json | None = None,
    mfa: bool = False,
) -> Json:
    """A session of a role that began at a second since 1970."""
    context: Json = {
        "sessionIssuer": {
            "type": "Role", "principalId": of.id, "arn": of.arn, "accountId": of.account.id, "userName": of.name,
        },
        "attributes": {"creationDate": stamp(created), "mfaAuthenticated": "true" if mfa else "false"},
    }  # fmt: skip
    if federated:
        context["webIdFederationData"] = federated
    if instance:
        context["ec2RoleDelivery"] = "2.0"
    identity: Json = {
        "type": "AssumedRole",
        "principalId": f"{of.id}:{session}",
        "arn": of.session_arn(session),
        "accountId": of.account.id,
        "accessKeyId": key,
        "sessionContext": context,
    }
    if invoked_by:
        identity["invokedBy"] = invoked_by
    return identity


def root(account: Account, random: Random, created: int | None = None, *, mfa: bool = True) -> Json:
    identity: Json = {
        "type": "Root",
        "principalId": account.id,
        "arn": f"arn:aws:iam::{account.id}:root",
        "accountId": account.id,
        "accessKeyId": "",
    }
    if created is not None:
        identity["accessKeyId"] = account.key(random, "ASIA")
        identity["sessionContext"] = {
            "attributes": {"creationDate": stamp(created), "mfaAuthenticated": "true" if mfa else "false"}
        }
    return identity


def service(name: str) -> Json:
    return {"type": "AWSService", "invokedBy": name}


def foreign(account_id: str, random: Random) -> Json:
    """A principal of another account, as the trail of the account that it calls shows it."""
    return {"type": "AWSAccount", "principalId": f"AROA{tokens.letters(random, 17)}:collector", "accountId": account_id}


def web(provider: str, audience: str, subject: str) -> Json:
    return {
        "type": "WebIdentityUser",
        "principalId": f"{provider}:{audience}:{subject}",
        "userName": subject,
        "identityProvider": provider,
    }
