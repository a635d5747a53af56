"""Sessions: whose credentials a pass has, in which account, and which regions there are.

Credentials are temporary wherever a role is assumed, and renewed before they expire.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    UnknownRegionError,
)
from botocore.parsers import ResponseParserError

from mainstay.documents import did_you_mean
from mainstay.model.errors import AccountError

SESSION_NAME = "mainstay"
OFF = ("not-opted-in",)
ANYWHERE = "us-east-1"
"""The region that is asked where none is named and any would do."""

QUICK = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3})


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is calling: the account, the ARN, and the partition that it lies in."""

    account: str
    arn: str
    partition: str
    temporary: bool = True

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is wrong with calling as this identity: machines call with temporary credentials, and root never."""
        said = []
        if self.arn.endswith(":root"):
            said.append("this is the root user: use a role that may only read")
        if not self.temporary:
            said.append("the credentials are long-term keys: use a role or IAM Identity Center, whose keys expire")
        return tuple(said)


def open_session(profile: str | None = None, region: str | None = None, role_arn: str | None = None) -> boto3.Session:
    """The session of a profile or of the environment; with a role, that role's.

    Raises AccountError for a profile or a region that there is not.
    """
    region = region or os.environ.get("AWS_REGION") or None  # the other SDKs know this variable, boto3 does not
    try:
        session = boto3.Session(profile_name=profile, region_name=region)
    except ProfileNotFound as error:
        names = ", ".join(boto3.Session().available_profiles) or "there is none"
        raise AccountError(f"{error}; profiles: {names}") from None
    if session.region_name:
        _check_region(session, session.region_name)
    return assume(session, role_arn) if role_arn else session


def assume(session: boto3.Session, role_arn: str, external_id: str | None = None) -> boto3.Session:
    """The session of a role. The role is assumed with the first call, and again before its credentials expire.

    Raises AccountError where there are no credentials to assume it by.
    """
    around = session._session
    own = session.get_credentials()
    if own is None:
        raise AccountError(why(NoCredentialsError()))
    extra = {"RoleSessionName": SESSION_NAME, **({"ExternalId": external_id} if external_id else {})}
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=partial(around.create_client, region_name=session.region_name or ANYWHERE, config=QUICK),
        source_credentials=own,
        role_arn=role_arn,
        extra_args=extra,
    )
    inner = botocore.session.Session(profile=around.profile)  # what else it sets holds for the role as well
    # so that the models of services are read once for all accounts
    inner.register_component("data_loader", around.get_component("data_loader"))
    inner._credentials = DeferredRefreshableCredentials(  # type: ignore[attr-defined]
        method="assume-role", refresh_using=fetcher.fetch_credentials
    )
    inner.set_config_variable("region", session.region_name)
    return boto3.Session(botocore_session=inner, region_name=session.region_name)


def identify(session: boto3.Session) -> Identity:
    """Whose credentials the session has. Raises AccountError where nobody can tell."""
    try:
        client = session.client("sts", region_name=session.region_name or ANYWHERE, config=QUICK)
        answer = client.get_caller_identity()
    except TROUBLE as error:
        raise AccountError(why(error)) from None
    if "Account" not in answer or str(answer.get("Arn")).count(":") < 5:
        raise AccountError(f"what answers{_endpoint()} does not say whose account it is: it is not AWS")
    credentials = session.get_credentials()
    temporary = credentials is not None and credentials.token is not None
    return Identity(answer["Account"], answer["Arn"], answer["Arn"].split(":")[1], temporary)


def regions_of(session: boto3.Session, asked: Sequence[str]) -> tuple[str, ...]:
    """The regions to read: those that are asked for, all that are switched on for `all`, or the session's own.

    Raises AccountError for a region that there is not or that is switched off, and where none is known.
    """
    if not asked:
        if not session.region_name:
            raise AccountError("no region: name one by --regions, AWS_REGION or the profile")
        asked = (session.region_name,)
    for name in asked:
        if name != "all":
            _check_region(session, name)
    try:
        home = session.region_name or ANYWHERE
        answer = session.client("ec2", region_name=home, config=QUICK).describe_regions(AllRegions=True)
    except TROUBLE as error:
        if "all" in asked:
            raise AccountError(f"which regions there are is not known: {why(error)}") from None
        return tuple(dict.fromkeys(asked))  # what is wrong with them is told by their first call
    states = {one["RegionName"]: one.get("OptInStatus", "") for one in answer["Regions"]}
    if "all" in asked:
        return tuple(sorted(name for name, state in states.items() if state not in OFF))
    for name in asked:
        if name not in states:
            raise AccountError(f"there is no region {name!r} in this account; there are {', '.join(sorted(states))}")
        if states[name] in OFF:
            raise AccountError(f"the region {name} is switched off in this account")
    return tuple(dict.fromkeys(asked))


def _check_region(session: boto3.Session, name: str) -> None:
    """Refuse a region that no partition has before anything is asked of it: a typo else ends in a host's silence."""
    regions = {part: session.get_available_regions("ec2", part) for part in session.get_available_partitions()}
    if any(name in known for known in regions.values()):
        return
    try:
        near = regions.get(session.get_partition_for_region(name), [])
    except UnknownRegionError:
        near = [region for known in regions.values() for region in known]
    turned = [region for region in near if sorted(region) == sorted(name)]  # letters that changed places
    hint = did_you_mean(name, turned or near) or "a new one needs a newer boto3"
    raise AccountError(f"there is no region {name!r} that boto3 knows: {hint}")


def _endpoint() -> str:
    url = os.environ.get("AWS_ENDPOINT_URL")
    return f" at AWS_ENDPOINT_URL ({url})" if url else ""


def why(error: Exception) -> str:
    """One line for the user: what is wrong with the credentials, the clock or the network, and what to do."""
    if isinstance(error, NoCredentialsError):
        return "no credentials: set AWS_PROFILE or give --profile, or log in (aws sso login)"
    if isinstance(error, PartialCredentialsError):
        return f"the credentials are not complete: {error}"
    if isinstance(error, NoRegionError):
        return "no region: name one by --regions, AWS_REGION or the profile"
    if isinstance(error, ClientError):
        told = error.response.get("Error", {})
        code, message = told.get("Code", ""), told.get("Message", "")
        if code in EXPIRED:
            return f"the credentials have expired ({code}): log in again"
        if code in ("InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure"):
            return f"AWS does not know these credentials ({code}: {message})"
        if code in SKEW or code in SIGNATURE:
            return f"AWS refuses the signature ({code}): check this machine's clock, then the credentials"
        return f"{code}: {message}"
    if isinstance(error, ResponseParserError):
        return f"what answers{_endpoint()} does not answer as AWS does"
    said = " ".join(str(error).split())
    if isinstance(error, ValueError) and not isinstance(error, BotoCoreError):
        return f"nothing can be asked{_endpoint()}: {said}"
    return said


def is_over(error: ClientError) -> bool:
    """True where no further call can succeed: the credentials have expired, or the clock is wrong.

    A signature alone that does not match is the fault of one call, or of a proxy before one service.
    """
    told = error.response.get("Error", {})
    code, message = told.get("Code", ""), told.get("Message", "").lower()
    return code in EXPIRED or code in SKEW or (code in SIGNATURE and ("expired" in message or "not yet" in message))


TROUBLE = (BotoCoreError, ClientError, ResponseParserError, ValueError)
"""What a call ends in: botocore's own errors, an answer that it cannot read, and an endpoint that is no address."""

EXPIRED = ("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired")
SKEW = ("RequestExpired", "RequestTimeTooSkewed", "RequestInTheFuture")
SIGNATURE = ("InvalidSignatureException", "SignatureDoesNotMatch")
