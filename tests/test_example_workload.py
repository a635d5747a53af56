"""The example workload: one shop, in Terraform, in CloudFormation and in an account, weak and well built.

`pairs.yaml` says which Terraform address is which logical id, and the logical id names the pair. A difference between
the sources is a bug in a source, a spelling table or a control. The account is an embedded one, and where it is not
like AWS is in `live.yaml`, each time with the reason.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests import accounts
from tests.accounts import Caller, Shop, Twin

from mainstay import engine
from mainstay.analysis.drift import match
from mainstay.catalog import answered_by_accounts, load
from mainstay.model.controls import Control
from mainstay.model.findings import Finding, Review
from mainstay.sources import Options, Scope, read
from mainstay.sources.spelling import load_tables
from mainstay.verbs.account_pass import Target
from mainstay.verbs.drift import AS_DECLARED, DECLARED, EXISTS, review_beside
from mainstay.verbs.judging import Judge
from mainstay.verbs.live import review_live
from mainstay.verbs.review import review

SHOP = Path(__file__).parents[1] / "examples" / "shop"
TWINS: tuple[Twin, ...] = ("weak", "well-built")
SOURCES = ("terraform", "cloudformation")
LEAST_PASSES = 400


@cache
def pairs() -> Mapping[str, str]:
    """Logical ids by Terraform address."""
    found: dict[str, str] = yaml.safe_load((SHOP / "pairs.yaml").read_text())
    return found


@cache
def reviewed(source: str, twin: str) -> Review:
    path = SHOP / "terraform" / twin if source == "terraform" else SHOP / "cloudformation" / f"{twin}.yaml"
    return review([path], load().controls, Options())


def pair(source: str, address: str) -> str:
    return pairs()[address] if source == "terraform" else address


def verdicts(source: str, twin: str) -> set[tuple[str, str, str]]:
    """Control, pair and verdict of each finding."""
    return {
        (finding.control.id, pair(source, finding.subject.address), finding.verdict)
        for finding in reviewed(source, twin).findings
    }


def weaknesses() -> set[tuple[str, str, str]]:
    listed: Mapping[str, list[str]] = yaml.safe_load((SHOP / "weaknesses.yaml").read_text())
    return {(control, name, "fail") for name, controls in listed.items() for control in controls}


def test_the_pairs_are_one_to_one() -> None:
    assert len(set(pairs().values())) == len(pairs())


@pytest.mark.parametrize("source", SOURCES)
def test_every_pair_is_judged_and_everything_judged_is_a_pair(source: str) -> None:
    judged = {finding.subject.address for twin in TWINS for finding in reviewed(source, twin).findings}
    assert judged == set(pairs() if source == "terraform" else pairs().values())


@pytest.mark.parametrize("twin", TWINS)
def test_the_same_workload_gets_the_same_verdicts_from_terraform_and_from_cloudformation(twin: str) -> None:
    terraform, cloudformation = (verdicts(source, twin) for source in SOURCES)
    assert terraform - cloudformation == set()
    assert cloudformation - terraform == set()


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("twin", TWINS)
def test_all_of_the_workload_can_be_read(source: str, twin: str) -> None:
    assert reviewed(source, twin).gaps == []


@pytest.mark.parametrize("source", SOURCES)
def test_every_planted_weakness_is_found(source: str) -> None:
    assert weaknesses() - verdicts(source, "weak") == set()


def test_the_weaknesses_are_of_many_pillars_and_of_every_severity() -> None:
    controls = {control.id: control for control in load().controls}
    planted = [controls[control] for control, _, _ in weaknesses()]
    assert {control.severity for control in planted} == {"low", "medium", "high", "critical"}
    assert {pillar for control in planted for pillar in control.pillars} >= {"OPS", "SEC", "REL", "PERF", "COST"}


@pytest.mark.parametrize("source", SOURCES)
def test_the_well_built_twin_passes_everything(source: str) -> None:
    found = verdicts(source, "well-built")
    assert {finding for finding in found if finding[2] not in ("pass", "not_applicable")} == set()
    assert len([finding for finding in found if finding[2] == "pass"]) >= LEAST_PASSES


@pytest.mark.parametrize("source", SOURCES)
def test_the_well_built_twin_is_asked_all_that_the_weak_one_fails(source: str) -> None:
    asked = {(control, name) for control, name, _ in verdicts(source, "well-built")}
    kept = {name for _, name in asked}
    assert {(control, name) for control, name, _ in weaknesses() if name in kept} - asked == set()


# ---- the fourth way: deployed, and read from the account


@dataclass(frozen=True)
class Deployed:
    """A twin in its account: what code and account say of it, each by logical id."""

    shop: Shop
    scope: Scope
    code: Review
    live: Review
    beside: Review
    of: Mapping[str, str]

    def verdicts(self, findings: list[Finding]) -> dict[tuple[str, str], Finding]:
        named = {(one.control.id, self.of.get(one.subject.address, one.subject.address)): one for one in findings}
        return {(control, name): one for (control, name), one in named.items() if name in self.of.values()}

    def drift(self, control: str) -> dict[str, Finding]:
        """What a drift control does not pass, by logical id or, of what nobody declared, by address."""
        return {
            one.subject.address: one
            for one in self.beside.findings
            if one.control.id == control and one.verdict in ("fail", "unknown")
        }


@cache
def asked() -> tuple[Control, ...]:
    """The controls on what the shop is made of."""
    types = {type for twin in TWINS for type in types_of(twin)}
    return tuple(one for one in answered_by_accounts(load().controls) if types.intersection(one.applies_to))


def template(twin: Twin) -> Path:
    return SHOP / "cloudformation" / f"{twin}.yaml"


@cache
def types_of(twin: Twin) -> frozenset[str]:
    [scope] = read([template(twin)], Options(), Judge(load().controls).spelling)
    return frozenset(one.type for one in scope.resources)


@cache
def deployed(twin: Twin) -> Deployed:
    return seen(twin)


def seen(twin: Twin) -> Deployed:
    """What the account says of a twin now."""
    shop = accounts.shop(twin)
    options = Options(region=shop.account.region, account=shop.account.id)
    [scope] = read([template(twin)], options, Judge(asked()).spelling)
    code = review([template(twin)], asked(), options)
    target = Target(Caller(shop.account), (shop.account.region,))
    account: list[Scope] = []
    live = review_live([target], asked(), also=types_of(twin), observed=account.append)
    identities = {type: facts.identity for type, facts in load_tables().types.items() if facts.identity}
    called = {name: (made.physical_id,) for name, made in shop.deployment.resources.items()}
    found = match(scope.resources, account[0].resources, identities, called)
    return Deployed(shop, scope, code, live, review_beside(code, live, [scope], account, [target]), found.live)


@cache
def listed() -> Mapping[str, Any]:
    found: dict[str, Any] = yaml.safe_load((SHOP / "live.yaml").read_text())
    return found


def fallen_short(shop: Shop) -> Callable[[str, str], bool]:
    """Whether what the sandbox could not make is what a control asks of a resource."""
    reads = {control.id: engine.reads(control.expect) for control in asked()}
    lost = {(one.logical_id, one.reason.partition(":")[0]) for one in shop.deployment.shortfalls if one.kind == "lost"}
    missing = {one.type for one in shop.deployment.shortfalls if one.kind == "missing"}

    def is_short(control: str, name: str) -> bool:
        paths = reads[control]
        return any(
            (name == id and path.startswith(what)) or f"related.{type}" in path
            for path in paths for id, what in lost or {("", "")} for type in missing or {"nothing"}
        )  # fmt: skip

    return is_short


def differing(twin: Twin) -> set[tuple[str, str]]:
    """Control and pair of each verdict that differs for another reason than what the sandbox owns up to."""
    there = deployed(twin)
    code, live = there.verdicts(list(there.code.findings)), there.verdicts(list(there.live.findings))
    is_short = fallen_short(there.shop)
    in_code = {one.id for one in asked() if any(path.startswith("raw.") for path in engine.reads(one.expect))}
    return {
        (control, name)
        for control, name in code.keys() | live.keys()
        if verdict_of(code, (control, name)) != (there_is := verdict_of(live, (control, name)))
        and there_is != "unknown"
        and not (there_is == "not_applicable" and control in in_code)  # what it hangs on, only code says
        and not is_short(control, name)
    }


def not_there(there: Deployed) -> set[str]:
    """What the account lacks, or does not tell of."""
    unread = {name for name, made in there.shop.deployment.resources.items() if made.type in listed()["unread"]}
    return unread | {one.logical_id for one in there.shop.deployment.shortfalls if one.kind == "missing"}


def verdict_of(findings: Mapping[tuple[str, str], Finding], key: tuple[str, str]) -> str:
    return findings[key].verdict if key in findings else "not asked"


@pytest.mark.parametrize("twin", TWINS)
def test_everything_judged_in_the_template_is_judged_in_the_account(twin: Twin) -> None:
    there = deployed(twin)
    missing = not_there(there)
    judged = {finding.subject.address for finding in there.code.findings}
    assert judged - missing - set(there.of.values()) == set()
    assert len(judged) > 60
    assert there.live.gaps == []


@pytest.mark.parametrize("twin", TWINS)
def test_the_account_gets_the_verdicts_of_the_template(twin: Twin) -> None:
    wanted = {(control, name) for control, one in listed()["verdicts"].items() for name in one["resources"]}
    assert differing(twin) - wanted == set()


def test_every_listed_verdict_differs() -> None:
    wanted = {(control, name) for control, one in listed()["verdicts"].items() for name in one["resources"]}
    assert wanted - differing("weak") - differing("well-built") == set()


@pytest.mark.parametrize("twin", TWINS)
def test_nothing_is_unknown_of_the_account_but_what_only_code_says_and_what_no_account_tells(twin: Twin) -> None:
    there = deployed(twin)
    unknown = [one for one in there.verdicts(list(there.live.findings)).values() if one.verdict == "unknown"]
    untold = {facts.untold for facts in load_tables().types.values() if facts.untold}
    left = [one for one in unknown if not any(why in reason.actual for reason in one.reasons for why in untold)]
    others = [one for one in left if not any("only the code says it" in reason.actual for reason in one.reasons)]
    assert [(one.control.id, one.subject.address) for one in others] == []
    assert all(any(path.startswith("raw.") for path in engine.reads(one.control.expect)) for one in left)


@pytest.mark.parametrize("twin", TWINS)
def test_the_account_is_as_the_template_declares(twin: Twin) -> None:
    there = deployed(twin)
    shortfalls = there.shop.deployment.shortfalls
    lost = {(one.logical_id, one.reason.partition(":")[0]) for one in shortfalls if one.kind == "lost"}
    drifted = {(name, reason.path) for name, finding in there.drift(AS_DECLARED).items() for reason in finding.reasons}
    left = {
        (name, path) for name, path in drifted if not any(name == id and path.startswith(what) for id, what in lost)
    }
    allowed = {(name, path) for name, one in listed()["drift"].items() for path in one["paths"]}
    assert left - allowed == set()
    if twin == "well-built":
        assert allowed - left == set(), "these do not differ any more"


@pytest.mark.parametrize("twin", TWINS)
def test_all_that_the_template_declares_is_there_and_nothing_else(twin: Twin) -> None:
    there = deployed(twin)
    missing = not_there(there)
    by_call = {name for name, made in there.shop.deployment.resources.items() if not made.stacked}
    types = {one.subject.address: one.subject.type for one in there.beside.findings}
    absent = there.drift(EXISTS)
    assert {name for name, one in absent.items() if one.verdict == "fail"} == missing
    assert {name for name, one in absent.items() if one.verdict == "unknown"} <= by_call  # no stack says their ids
    nobody_s = {there.of[address] for address in there.drift(DECLARED) if address in there.of}
    assert nobody_s <= by_call
    others = {address for address in there.drift(DECLARED) if address not in there.of}
    expected = set(listed()["undeclared"])
    found = {types[address] for address in others}
    assert found == expected if twin == "well-built" else found <= expected


@pytest.fixture
def broken() -> Iterator[Deployed]:
    """The well-built shop after `break.py`; it is put back afterwards."""
    deployed("well-built")  # what it was before
    shop = accounts.shop("well-built")
    ec2, s3 = shop.client("ec2"), shop.client("s3")
    [log] = ec2.describe_flow_logs()["FlowLogs"]
    bucket, group = shop.id("AssetsBucket"), shop.id("DatabaseSecurityGroup")
    blocked = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    subprocess.run([sys.executable, str(SHOP / "break.py")], env=shop.account.environment, check=True)
    try:
        yield seen("well-built")
    finally:
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=blocked)
        anyone = [{"CidrIp": "0.0.0.0/0"}]
        opened = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": anyone}
        ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[opened])
        kept = ("TrafficType", "LogDestinationType", "LogDestination", "MaxAggregationInterval")
        ec2.create_flow_logs(
            ResourceType="VPC",
            ResourceIds=[log["ResourceId"]],
            DeliverLogsPermissionArn=log["DeliverLogsPermissionArn"],
            **{key: log[key] for key in kept if key in log},
        )


def test_what_somebody_breaks_by_hand_is_drift_and_nothing_else_is(broken: Deployed) -> None:
    before = deployed("well-built")
    drifted = broken.drift(AS_DECLARED).keys() - before.drift(AS_DECLARED).keys()
    assert drifted == {"DatabaseSecurityGroup", "AssetsBucket"}
    assert broken.drift(EXISTS).keys() - before.drift(EXISTS).keys() == {"FlowLog"}
    [changed] = broken.drift(AS_DECLARED)["AssetsBucket"].reasons
    assert changed.path.startswith("PublicAccessBlockConfiguration")
    worse = {
        key
        for key, finding in broken.verdicts(list(broken.live.findings)).items()
        if finding.verdict == "fail" and before.verdicts(list(before.live.findings))[key].verdict == "pass"
    }
    assert {name for _, name in worse} >= {"DatabaseSecurityGroup", "AssetsBucket", "Vpc"}
