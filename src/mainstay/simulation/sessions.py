"""Sessions of machines and people: the credentials that they hold at a moment, and the records of getting them."""

from __future__ import annotations

from functools import lru_cache
from random import Random
from typing import Final

from mainstay.simulation import identities, tokens
from mainstay.simulation.company import Account, Company, Machine, Person, Role
from mainstay.simulation.records import Caller, Json, happening, record, sign_in, spoken
from mainstay.simulation.rhythm import DAY

LIFE: Final = 6 * 3600
"""How long a machine keeps its credentials, in seconds."""
_PROVIDERS = {"instance": "ec2.amazonaws.com", "function": "lambda.amazonaws.com", "task": "ecs-tasks.amazonaws.com"}


def machine_caller(company: Company, machine: Machine, second: int) -> tuple[Caller, int]:
    """What a machine holds at a second, and since when: the same for everybody who asks."""
    began = (second + machine.shift) // LIFE * LIFE - machine.shift
    return _held(company, machine, began), began


@lru_cache(maxsize=4096)
def _held(company: Company, machine: Machine, began: int) -> Caller:
    random = Random(f"{company.seed}:{machine.id}:{machine.kind}:{began}")
    account = machine.role.account
    session = machine.id if machine.kind in ("instance", "function") else f"{random.getrandbits(128):032x}"
    federated = None
    if machine.kind == "pod":
        session = f"botocore-session-{began}"
        issuer = f"oidc.eks.{machine.region}.amazonaws.com/id/{cluster_id(company, account)}"
        provider = f"arn:aws:iam::{account.id}:oidc-provider/{issuer}"
        federated = {"federatedProvider": provider, "attributes": {}}
    identity = identities.role(
        machine.role, session, began, account.key(random), instance=machine.kind == "instance", federated=federated
    )
    agent = company.data["agents"][machine.kind]
    return Caller(identity, account.id, machine.address, agent, machine.region, endpoint=machine.endpoint)


def cluster_id(company: Company, account: Account) -> str:
    return f"{Random(f'{company.seed}:{account.id}:eks').getrandbits(128):032X}"


def assumed(random: Random, role: Role, session: str, key: str, second: int, hours: int = 6) -> Json:
    """What STS answers when a role was assumed."""
    return {
        "credentials": {"accessKeyId": key, "sessionToken": tokens.session_token(random),
                        "expiration": spoken(second + hours * 3600)},
        "assumedRoleUser": {"assumedRoleId": f"{role.id}:{session}", "arn": role.session_arn(session)},
    }  # fmt: skip


def assumption(
    random: Random,
    second: int,
    caller: Caller,
    role: Role,
    session: str,
    key: str,
    *,
    name: str = "AssumeRole",
    more: Json | None = None,
    answer: Json | None = None,
    account: str | None = None,
    shared: str | None = None,
    region: str | None = None,
) -> Json:
    """The record of a role being assumed, in the trail of an account: the role's own unless another is given."""
    parameters = {"roleArn": role.arn, "roleSessionName": session, "durationSeconds": 3600} | (more or {})
    response = assumed(random, role, session, key, second) | (answer or {})
    return record(
        random, second, caller, "sts", name, region=region or caller.region, account=account or role.account.id,
        read_only=True, data=False, parameters=parameters, response=response, request=tokens.uuid(random),
        resources=[{"accountId": role.account.id, "type": "AWS::IAM::Role", "ARN": role.arn}], shared=shared,
    )  # fmt: skip


def machine_start(company: Company, random: Random, machine: Machine, caller: Caller, began: int) -> Json:
    """How the machine got its credentials: from the service that runs it, or for a token of its cluster."""
    identity, role = caller.identity, machine.role
    session = str(identity["principalId"]).split(":", 1)[1]
    if machine.kind == "pod":
        provider = identity["sessionContext"]["webIdFederationData"]["federatedProvider"]
        subject = f"system:serviceaccount:{machine.application}:{machine.application}"
        web = Caller(
            identities.web(provider, "sts.amazonaws.com", subject),
            role.account.id,
            caller.address,
            caller.agent,
            caller.region,
        )
        return assumption(
            random, began, web, role, session, identity["accessKeyId"], name="AssumeRoleWithWebIdentity",
            answer={"subjectFromWebIdentityToken": subject, "provider": provider, "audience": "sts.amazonaws.com"},
        )  # fmt: skip
    host = _PROVIDERS[machine.kind]
    service = Caller(identities.service(host), role.account.id, host, host, caller.region)
    return assumption(random, began, service, role, session, identity["accessKeyId"], shared=tokens.uuid(random))


def person_caller(
    company: Company,
    random: Random,
    person: Person,
    role: Role,
    second: int,
    *,
    address: str,
    console: bool,
    mfa: bool = True,
) -> tuple[Caller, list[tuple[float, Json]]]:
    """A person comes in through Identity Center: the session, and the records of its beginning."""
    account, region = role.account, company.regions[0]
    agent = person.browser if console else person.tool
    caller = Caller(
        identities.role(role, person.name, second, account.key(random)),
        account.id,
        address,
        agent,
        region,
        console=console,
    )
    management = company.accounts["management"]
    who = {
        "type": "IdentityCenterUser",
        "accountId": management.id,
        "onBehalfOf": {
            "userId": str(tokens.uuid(Random(person.name))),
            "identityStoreArn": f"arn:aws:identitystore::{management.id}:identitystore/d-9967{company.seed % 10**6:06}",
        },
        "credentialId": tokens.uuid(random),
    }
    start: list[tuple[float, Json]] = []
    if mfa:
        proof = happening(random, second - 2, "signin", "CredentialVerification", management.id, region,
                          {"CredentialVerification": "Success"}, who)  # fmt: skip
        proof |= {"eventType": "AwsServiceEvent", "sourceIPAddress": address, "userAgent": person.browser,
                  "additionalEventData": {"AuthWorkflowID": tokens.uuid(random), "UserName": person.name,
                                          "CredentialType": "TOTP"}}  # fmt: skip
        start.append((second - 2, proof))
    federate = happening(random, second - 1, "sso", "Federate", management.id, region,
                         {"role_name": role.name.split("_")[1], "account_id": account.id}, who)  # fmt: skip
    federate |= {"sourceIPAddress": address, "userAgent": person.browser}
    start.append((second - 1, federate))
    saml = Caller(
        {"type": "SAMLUser", "principalId": f"{tokens.text(random, 27)}=:{person.name}", "userName": person.name,
         "identityProvider": f"{tokens.text(random, 27)}="},
        account.id, address, agent, region,
    )  # fmt: skip
    more = {"principalArn": f"arn:aws:iam::{account.id}:saml-provider/AWSSSO_{role.id[-16:].lower()}_DO_NOT_DELETE",
            "sAMLAssertionID": f"_{tokens.uuid(random)}"}  # fmt: skip
    start.append((second, assumption(random, second, saml, role, person.name, caller.identity["accessKeyId"],
                                     name="AssumeRoleWithSAML", more=more)))  # fmt: skip
    if console:
        identity = {key: value for key, value in caller.identity.items() if key != "accessKeyId"}
        start.append((second + 1, sign_in(random, second + 1, identity, account.id, address, agent, region=region)))
    return caller, start


def whereabouts(company: Company, person: Person, second: int) -> str | None:
    """The address that a person works from on the day of a second; None on a day off."""
    day = second // DAY
    if day % 365 in person.free:
        return None
    random = Random(f"{company.seed}:{person.name}:{day}")
    drawn = random.random()
    if drawn < person.remote or (day + 3) % 7 > 4:
        return f"{(person.mobile if random.random() < 0.05 else person.home).prefix}.{person.host}"
    office = company.office[0 if person.offset else 1]
    return f"{office.prefix}.{10 + random.randrange(3)}"
