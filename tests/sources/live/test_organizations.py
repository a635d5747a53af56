"""Organisations: every account is read by a role, one that cannot be is a gap, and none sees into another."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core.exceptions import AccessDeniedError
from moto.sts.models import STSBackend

from mainstay.catalog import load
from mainstay.cli.app import main
from mainstay.evidence import open_ledger
from mainstay.model.errors import AccountError, UsageError
from mainstay.model.findings import Gap, Review
from mainstay.model.places import Unit
from mainstay.sources.live.api import Api
from mainstay.sources.live.organizations import Member, members, named, reached, sessions
from mainstay.sources.live.sessions import Identity, assume, identify
from mainstay.verbs.account_pass import Target
from mainstay.verbs.live import review_live

OWN = "123456789012"
REGION = "eu-west-1"
ALARM = "dynamodb-warns-of-throttling"
CONTROLS = [one for one in load().controls if one.id == ALARM]


@dataclass(frozen=True)
class Organization:
    """An organisation in moto. Each account has a table of one name; only the first member's has an alarm."""

    session: boto3.Session
    members: tuple[str, ...]
    suspended: str
    refused: set[str]

    @property
    def active(self) -> list[str]:
        return sorted([OWN, *self.members])


@pytest.fixture
def organization(monkeypatch: pytest.MonkeyPatch) -> Iterator[Organization]:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "MOTO_ACCOUNT_ID"):
        monkeypatch.delenv(name, raising=False)
    refused: set[str] = set()
    assume_role = STSBackend.assume_role

    def asked(self: STSBackend, **given: Any) -> Any:
        if given["role_arn"].split(":")[4] in refused:
            raise AccessDeniedError("arn:aws:iam::123456789012:user/ops", "sts:AssumeRole")
        return assume_role(self, **given)

    with mock_aws():
        session = boto3.Session(region_name=REGION)
        client = session.client("organizations")
        client.create_organization(FeatureSet="ALL")
        *ids, suspended = [
            client.create_account(AccountName=name, Email=f"{name}@example.com")["CreateAccountStatus"]["AccountId"]
            for name in ("payments", "search", "closed")
        ]
        client.close_account(AccountId=suspended)
        _fill(session, alarm=False)
        for number, id in enumerate(ids):
            _fill(assume(session, f"arn:aws:iam::{id}:role/builder"), alarm=number == 0)
        monkeypatch.setattr(STSBackend, "assume_role", asked)
        yield Organization(session, tuple(ids), suspended, refused)


def _fill(session: boto3.Session, alarm: bool) -> None:
    session.client("dynamodb").create_table(
        TableName="orders", ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )  # fmt: skip
    if alarm:
        session.client("cloudwatch").put_metric_alarm(
            AlarmName="orders", Namespace="AWS/DynamoDB", MetricName="ReadThrottleEvents", Period=60,
            ComparisonOperator="GreaterThanThreshold", EvaluationPeriods=3, Threshold=0, Statistic="Sum",
            Dimensions=[{"Name": "TableName", "Value": "orders"}],
        )  # fmt: skip


def targets(organization: Organization) -> tuple[list[Target], list[Gap]]:
    own = identify(organization.session)
    found = list(sessions(organization.session, own, members(organization.session, "aws"), "reader"))

    def reach(session: boto3.Session, identity: Identity) -> Target:
        return Target(Api(session, identity.account), (REGION,))

    return reached(found, reach)


def verdicts(review: Review) -> list[tuple[str, str]]:
    return [(one.subject.scope, one.verdict) for one in review.findings]


def test_every_active_account_is_read_and_sees_its_own_resources_only(organization: Organization) -> None:
    found, gaps = targets(organization)
    assert gaps == []
    assert [one.caller.account for one in found] == organization.active
    assert organization.suspended not in organization.active
    reviews = [review_live(found, CONTROLS) for _ in range(2)]
    expected = [(id, "pass" if id == organization.members[0] else "fail") for id in organization.active]
    assert [verdicts(review) for review in reviews] == [expected, expected]
    for finding in reviews[0].findings:
        assert finding.subject.address == f"arn:aws:dynamodb:{REGION}:{finding.subject.scope}:table/orders"
    assert len({finding.fingerprint for finding in reviews[0].findings}) == len(expected)


def test_the_own_account_is_read_without_a_role_and_the_others_with_it(organization: Organization) -> None:
    own = identify(organization.session)
    arns = {account.id: identify(one).arn for account, one in sessions(
        organization.session, own, members(organization.session, "aws"), "audit/reader")}  # fmt: skip
    assert arns.pop(OWN) == own.arn
    assert sorted(arns) == sorted(organization.members)
    assert all(":assumed-role/" in arn and arn.endswith("/mainstay") for arn in arns.values())


def test_an_account_whose_role_is_refused_is_a_gap_also_in_the_ledger(
    organization: Organization, tmp_path: Path
) -> None:
    lost = organization.members[1]
    organization.refused.add(lost)
    found, gaps = targets(organization)
    left = [id for id in organization.active if id != lost]
    assert [one.caller.account for one in found] == left
    [gap] = gaps
    assert (gap.kind, gap.unit, gap.permission) == ("denied", Unit(lost), "sts:AssumeRole")
    assert gap.reason.startswith(f"account {lost} could not be read: AccessDenied: User: ")
    with open_ledger(tmp_path / "ledger.sqlite", write=True) as ledger:
        review = review_live(found, CONTROLS, ledger, unreached=gaps)
        assert [id for id, _ in verdicts(review)] == left
        assert gap in review.gaps
        assert gap in ledger.gaps(ledger.passes()[-1])


def test_accounts_that_were_read_before_and_are_not_reached_now_keep_their_findings(
    organization: Organization, tmp_path: Path
) -> None:
    with open_ledger(tmp_path / "ledger.sqlite", write=True) as ledger:
        review_live(targets(organization)[0], CONTROLS, ledger)
        before = ledger.counts(("scope", "verdict"))
        assert len(before) == 3
        organization.refused.update(organization.members)
        found, gaps = targets(organization)
        review_live(found, CONTROLS, ledger, unreached=gaps)
        assert ledger.counts(("scope", "verdict")) == before


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., int]:
    def run(*given: str) -> int:
        monkeypatch.chdir(tmp_path)
        chosen = ["--live", "-q", "--no-ledger", "--format", "json", "--control", ALARM]
        monkeypatch.setattr(sys, "argv", ["mainstay", "review", *chosen, *given])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0)

    return run


def test_the_command_reads_an_organisation(
    organization: Organization, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    organization.refused.add(organization.members[1])
    status = command("--organization", "--role-name", "reader")
    told = json.loads(capsys.readouterr().out)
    assert {one["resource"]["scope"] for one in told["findings"]} == {OWN, organization.members[0]}
    assert [gap["account"] for gap in told["gaps"] if gap["kind"] == "denied"] == [organization.members[1]]
    assert status == 1


def test_other_accounts_need_a_role_and_a_number(organization: Organization) -> None:
    own = identify(organization.session)
    with pytest.raises(UsageError, match="name the role to assume by --role-name"):
        list(sessions(organization.session, own, [Member(OWN), Member("999900001111")], None))
    with pytest.raises(UsageError, match="'payments' is no account: its number has twelve digits"):
        named(["999900001111", "payments"])
    assert named(["999900001111", OWN, OWN]) == [Member("999900001111"), Member(OWN)]


def test_an_organisation_that_cannot_be_listed_names_the_permission(organization: Organization) -> None:
    member = assume(organization.session, f"arn:aws:iam::{organization.members[0]}:role/reader")

    def refuse(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "ListAccounts")

    member.events.register("before-call.organizations.ListAccounts", refuse)
    with pytest.raises(AccountError, match="AccessDeniedException: no; this needs organizations:ListAccounts"):
        members(member, "aws")
