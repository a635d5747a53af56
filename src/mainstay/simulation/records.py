"""A record of CloudTrail: the one place where its fields are put together, in the order in which AWS writes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from time import gmtime
from typing import Any, Final

from mainstay.simulation import tokens

Json = dict[str, Any]
"""An object of JSON. Parts of it are shared between records: who changes one makes a copy."""

GLOBAL: Final = frozenset({"iam", "organizations", "route53", "cloudfront", "health", "ce", "support", "account"})
"""Services whose calls are recorded in us-east-1 wherever they come from."""
_VERSION: Final = "1.11"
_OWN_ENDPOINT: Final = {"iam": "iam.amazonaws.com", "organizations": "organizations.us-east-1.amazonaws.com",
                        "route53": "route53.amazonaws.com"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the identity, and from where and with what. An address of a service is the service's name."""

    identity: Json
    account: str
    address: str
    agent: str
    region: str
    console: bool = False
    endpoint: str | None = None

    @property
    def is_service(self) -> bool:
        return self.address.endswith(".amazonaws.com")

    @property
    def arn(self) -> str:
        identity = self.identity
        issuer = identity.get("sessionContext", {}).get("sessionIssuer", {})
        return str(issuer.get("arn") or identity.get("arn") or identity.get("invokedBy") or identity["principalId"])


@lru_cache(maxsize=4096)
def _day(day: int) -> str:
    time = gmtime(day * 86_400)
    return f"{time.tm_year}-{time.tm_mon:02}-{time.tm_mday:02}T"


def stamp(second: int) -> str:
    """A second since 1970 as CloudTrail writes it."""
    day, rest = divmod(second, 86_400)
    hour, rest = divmod(rest, 3_600)
    return f"{_day(day)}{hour:02}:{rest // 60:02}:{rest % 60:02}Z"


def spoken(second: int) -> str:
    """A second since 1970 as IAM, STS and RDS write it inside of answers."""
    time = gmtime(second)
    month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][time.tm_mon - 1]
    half = "AM" if time.tm_hour < 12 else "PM"
    return f"{month} {time.tm_mday}, {time.tm_year}, {time.tm_hour % 12 or 12}:{time.tm_min:02}:{time.tm_sec:02} {half}"


@lru_cache(maxsize=4096)
def _tls(service: str, region: str, host: str | None) -> Json:
    named = host or _OWN_ENDPOINT.get(service) or f"{service}.{region}.amazonaws.com"
    return {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256", "clientProvidedHostHeader": named}


def record(
    random: Random,
    second: int,
    caller: Caller,
    service: str,
    name: str,
    *,
    region: str,
    account: str,
    read_only: bool,
    data: bool,
    parameters: Json | None,
    response: Json | None,
    request: str,
    error: tuple[str, str] | None = None,
    extra: Json | None = None,
    resources: Sequence[Json] | None = None,
    host: str | None = None,
    shared: str | None = None,
) -> Json:
    """One call of an API as a record. `error` is a code and a message, `shared` the event's id in other accounts."""
    made: Json = {
        "eventVersion": _VERSION,
        "userIdentity": caller.identity,
        "eventTime": stamp(second),
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": caller.address,
        "userAgent": caller.agent,
    }
    if error is not None:
        made["errorCode"] = error[0]
        if error[1]:
            made["errorMessage"] = error[1]
    made["requestParameters"] = parameters
    made["responseElements"] = response
    if extra is not None:
        made["additionalEventData"] = extra
    made["requestID"] = request
    made["eventID"] = tokens.uuid(random)
    made["readOnly"] = read_only
    if resources:
        made["resources"] = resources
    made["eventType"] = "AwsApiCall"
    made["managementEvent"] = not data
    made["recipientAccountId"] = account
    if shared is not None:
        made["sharedEventID"] = shared
    if caller.endpoint is not None:
        made["vpcEndpointId"] = caller.endpoint
    made["eventCategory"] = "Data" if data else "Management"
    if not caller.is_service:
        made["tlsDetails"] = _tls(service, region, host)
    if caller.console:
        made["sessionCredentialFromConsole"] = "true"
    return made


def sign_in(
    random: Random,
    second: int,
    identity: Json,
    account: str,
    address: str,
    agent: str,
    *,
    region: str = "us-east-1",
    failed: str | None = None,
    mfa: str | None = None,
    name: str = "ConsoleLogin",
) -> Json:
    """A login at the console. `mfa` is the device's ARN, `failed` the reason why it was refused."""
    used: Json = {"LoginTo": f"https://{region}.console.aws.amazon.com/console/home?hashArgs=%23&isauthcode=true",
                  "MobileVersion": "No", "MFAUsed": "Yes" if mfa else "No"}  # fmt: skip
    if mfa:
        used["MFAIdentifier"] = mfa
    made: Json = {
        "eventVersion": _VERSION,
        "userIdentity": identity,
        "eventTime": stamp(second),
        "eventSource": "signin.amazonaws.com",
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": address,
        "userAgent": agent,
    }
    if failed:
        made["errorMessage"] = failed
    made["requestParameters"] = None
    made["responseElements"] = {name: "Failure" if failed else "Success"}
    made["additionalEventData"] = used if name == "ConsoleLogin" else {"MfaType": "Virtual MFA"}
    made |= {
        "eventID": tokens.uuid(random),
        "readOnly": False,
        "eventType": "AwsConsoleSignIn",
        "managementEvent": True,
        "recipientAccountId": account,
        "eventCategory": "Management",
        "tlsDetails": _tls("signin", region, f"{region}.signin.aws.amazon.com"),
    }
    return made


def happening(
    random: Random,
    second: int,
    service: str,
    name: str,
    account: str,
    region: str,
    details: Json,
    user: Json | None = None,
) -> Json:
    """What a service did of its own (AwsServiceEvent)."""
    host = f"{service}.amazonaws.com"
    return {
        "eventVersion": _VERSION,
        "userIdentity": user or {"accountId": account, "invokedBy": host},
        "eventTime": stamp(second),
        "eventSource": host,
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": host,
        "userAgent": host,
        "requestParameters": None,
        "responseElements": None,
        "eventID": tokens.uuid(random),
        "readOnly": False,
        "eventType": "AwsServiceEvent",
        "managementEvent": True,
        "recipientAccountId": account,
        "serviceEventDetails": details,
        "eventCategory": "Management",
    }
