"""Credentials: whose they are, how long they last, and one clear line for whatever is wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.loaders import JSONFileLoader
from botocore.parsers import ResponseParserError
from moto import mock_aws

from mainstay.model.errors import AccountError
from mainstay.sources.live.api import Api
from mainstay.sources.live.sessions import assume, identify, open_session, regions_of, why

ROLE = "arn:aws:iam::111122223333:role/reader"
REGION = "eu-west-1"


@pytest.fixture(autouse=True)
def _nothing_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (
        "AWS_ENDPOINT_URL",
        "AWS_PROFILE",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_SESSION_TOKEN",
        "AWS_ACCESS_KEY_ID",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    (tmp_path / "config").write_text(
        "[profile shop]\nregion = eu-north-1\naws_access_key_id = key\naws_secret_access_key = secret\n"
        "[profile half]\naws_access_key_id = key\n"
        "[profile tools]\nregion = eu-south-2\n"
    )


def answered(session: boto3.Session, call: str, answer: Any) -> None:
    """What a hook before a call returns is taken for the answer."""
    session.events.register(f"before-call.{call}", answer)


class Assumed:
    """Stands in for AssumeRole: the credentials last for so many minutes, and `refused` ends it."""

    def __init__(self, session: boto3.Session, minutes: float) -> None:
        self.times = 0
        self.asked: list[dict[str, Any]] = []
        self.minutes = minutes
        self.refused = False
        answered(session, "sts.AssumeRole", self)

    def __call__(self, params: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        self.times += 1
        self.asked.append(dict(params["body"]))
        if self.refused:
            told = {"Code": "AccessDenied", "Message": f"not authorized to perform sts:AssumeRole on {ROLE}"}
            return SimpleNamespace(status_code=403), {"Error": told, "ResponseMetadata": {"HTTPStatusCode": 403}}
        keys = {"AccessKeyId": f"KEY{self.times}", "SecretAccessKey": "secret", "SessionToken": "token"}
        until = datetime.now(UTC) + timedelta(minutes=self.minutes)
        return SimpleNamespace(status_code=200), {"Credentials": {**keys, "Expiration": until}}


def of_role(minutes: float = 60, region: str | None = REGION) -> tuple[boto3.Session, Assumed]:
    session = boto3.Session("key", "secret", region_name=region)
    return session, Assumed(session, minutes)


def key_of(session: boto3.Session) -> str:
    credentials = session.get_credentials()
    assert credentials is not None
    return str(credentials.get_frozen_credentials().access_key)


# -- roles


def test_a_role_is_assumed_once_with_the_first_call_and_gives_temporary_credentials() -> None:
    session, assumed = of_role()
    role = assume(session, ROLE, external_id="shared")
    assert assumed.times == 0
    assert [key_of(role) for _ in range(3)] == ["KEY1"] * 3
    credentials = role.get_credentials()
    assert credentials is not None
    assert credentials.token == "token"
    [asked] = assumed.asked
    assert (asked["RoleArn"], asked["RoleSessionName"], asked["ExternalId"]) == (ROLE, "mainstay", "shared")


def test_credentials_that_are_about_to_expire_are_renewed_before_they_do() -> None:
    session, assumed = of_role(minutes=5)
    role = assume(session, ROLE)
    assert [key_of(role) for _ in range(2)] == ["KEY1", "KEY2"]
    assumed.minutes = 60
    assert [key_of(role) for _ in range(3)] == ["KEY3"] * 3


def test_a_role_that_may_not_be_assumed_any_more_ends_the_account() -> None:
    session, assumed = of_role(minutes=5)
    role = assume(session, ROLE)
    assert key_of(role)
    assumed.refused = True
    with pytest.raises(AccountError, match=r"^AccessDenied: not authorized to perform sts:AssumeRole on arn:"):
        list(Api(role, "111122223333").pages("sqs", "list_queues", REGION, {}))


def test_a_role_is_assumed_where_no_region_is_named() -> None:
    session, _ = of_role(region=None)
    assert key_of(assume(session, ROLE)) == "KEY1"


def test_the_models_of_services_are_read_once_for_all_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    session, _ = of_role()
    read: list[str] = []
    load = JSONFileLoader.load_file

    def counted(self: JSONFileLoader, path: str) -> Any:
        read.append(path)
        return load(self, path)

    monkeypatch.setattr(JSONFileLoader, "load_file", counted)
    session.client("sqs")
    assert any("service-2" in path for path in read)
    del read[:]
    for _ in range(3):
        assume(session, ROLE).client("sqs")
    assert read == []


def test_what_a_profile_says_besides_credentials_holds_for_its_roles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "gone")
    role = open_session("shop", role_arn=ROLE)
    assert role.region_name == "eu-north-1"
    assert role.client("sqs").meta.region_name == "eu-north-1"


# -- who is calling


@mock_aws
def test_whoever_calls_is_told_to_use_temporary_credentials_of_a_role() -> None:
    boto3.client("iam", "us-east-1", aws_access_key_id="key", aws_secret_access_key="secret").create_user(UserName="me")
    user = identify(boto3.Session("key", "secret"))
    assert not user.temporary
    assert "long-term keys" in " ".join(user.remarks)
    role = identify(assume(boto3.Session("key", "secret"), ROLE))
    assert (role.account, role.partition, role.temporary, role.remarks) == ("111122223333", "aws", True, ())
    assert role.arn == "arn:aws:sts::111122223333:assumed-role/reader/mainstay"


# -- what is wrong is one line


@pytest.mark.parametrize(
    ("begin", "told"),
    [
        (lambda: open_session("nowhere"), "The config profile (nowhere) could not be found; profiles: shop, half, to"),
        (lambda: identify(open_session()), "no credentials: set AWS_PROFILE or give --profile, or log in"),
        (lambda: open_session(role_arn=ROLE), "no credentials: set AWS_PROFILE or give --profile, or log in"),
        (lambda: identify(open_session("half")), "the credentials are not complete: "),
        (lambda: regions_of(boto3.Session("key", "secret"), ()), "no region: name one by --regions, AWS_REGION or"),
    ],
    ids=["profile", "none", "none for a role", "half", "region"],
)  # fmt: skip
def test_what_cannot_begin_says_what_to_do(begin: Callable[[], object], told: str) -> None:
    with pytest.raises(AccountError) as error:
        begin()
    assert str(error.value).startswith(told)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("ExpiredToken", "the credentials have expired (ExpiredToken): log in again"),
        ("InvalidClientTokenId", "AWS does not know these credentials (InvalidClientTokenId: said)"),
        ("RequestTimeTooSkewed", "AWS refuses the signature (RequestTimeTooSkewed): check this machine's clock"),
        ("SignatureDoesNotMatch", "AWS refuses the signature (SignatureDoesNotMatch): check this machine's clock"),
        ("ServiceUnavailable", "ServiceUnavailable: said"),
    ],
)
def test_an_answer_that_refuses_credentials_says_what_to_do(code: str, told: str) -> None:
    assert why(ClientError({"Error": {"Code": code, "Message": "said"}}, "GetCallerIdentity")).startswith(told)


# -- regions


def test_the_region_comes_from_the_option_then_the_environment_then_the_profile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert open_session("tools").region_name == "eu-south-2"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
    assert open_session().region_name == "eu-west-2"
    monkeypatch.setenv("AWS_REGION", "eu-west-3")
    assert open_session("tools").region_name == "eu-west-3"
    assert open_session("tools", "eu-west-1").region_name == "eu-west-1"


def test_regions_are_those_that_are_there_and_on() -> None:
    session = boto3.Session("key", "secret", region_name=REGION)
    told = [("eu-west-1", "opt-in-not-required"), ("af-south-1", "not-opted-in"), ("eu-south-1", "opted-in")]
    regions = {"Regions": [{"RegionName": name, "OptInStatus": state} for name, state in told]}

    def answer(**_: Any) -> tuple[Any, dict[str, Any]]:
        return SimpleNamespace(status_code=200), regions

    answered(session, "ec2.DescribeRegions", answer)
    assert regions_of(session, ()) == (REGION,)
    assert regions_of(session, ("all",)) == ("eu-south-1", "eu-west-1")
    assert regions_of(session, ("eu-south-1", REGION, REGION)) == ("eu-south-1", REGION)
    with pytest.raises(AccountError, match="the region af-south-1 is switched off in this account"):
        regions_of(session, ("af-south-1",))
    with pytest.raises(AccountError, match="there is no region 'eu-west-2' in this account; there are af-south-1, "):
        regions_of(session, (REGION, "eu-west-2"))


def test_a_region_that_nobody_has_is_refused_before_anything_is_asked() -> None:
    told = r"^there is no region 'us-esat-1' that boto3 knows: did you mean 'us-east-1'\?$"
    session = boto3.Session("key", "secret", region_name=REGION)
    for begin in (lambda: open_session(region="us-esat-1"), lambda: regions_of(session, (REGION, "us-esat-1"))):
        with pytest.raises(AccountError, match=told):
            begin()
    with pytest.raises(AccountError, match="'nowhere' that boto3 knows: a new one needs a newer boto3"):
        open_session(region="nowhere")
    assert open_session(region="cn-north-1").region_name == "cn-north-1"


def test_an_endpoint_that_is_no_address_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "127.0.0.1:5987")
    session = boto3.Session("key", "secret", region_name=REGION)
    told = r"^nothing can be asked at AWS_ENDPOINT_URL \(127\.0\.0\.1:5987\): Invalid endpoint"
    with pytest.raises(AccountError, match=told):
        identify(session)
    with pytest.raises(AccountError, match=r"^which regions there are is not known: nothing can be asked at AWS_END"):
        regions_of(session, ("all",))


def test_an_answer_that_is_not_of_aws_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    session = boto3.Session("key", "secret", region_name=REGION)

    def page(**_: Any) -> None:
        raise ResponseParserError("Unable to parse response:\n<html>")

    session.events.register("before-call.sts.GetCallerIdentity", page)
    told = r"^what answers at AWS_ENDPOINT_URL \(http://127\.0\.0\.1:9\) does not answer as AWS does$"
    with pytest.raises(AccountError, match=told):
        identify(session)
