"""Code beside account: what is matched with what, and what is said of the rest."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mainstay.model.errors import UsageError
from mainstay.model.findings import Finding, Review
from mainstay.model.places import Place, ServiceDefault
from mainstay.model.resources import Origin, Resource
from mainstay.model.values import Record, Ref, Unknown
from mainstay.sources import Scope
from mainstay.sources.live.stacks import stack_of
from mainstay.sources.states import read_state
from mainstay.verbs.drift import AS_DECLARED, DECLARED, EXISTS, Beside, beside

IDENTITIES = {"AWS::S3::Bucket": "BucketName", "AWS::EC2::VPC": "VpcId", "AWS::EC2::Subnet": "SubnetId"}


def declared(type: str, address: str, refers: Sequence[str] = (), **properties: Any) -> Resource:
    marks = {name: Place("main.tf", number + 2, 3) for number, name in enumerate(properties)}
    record = Record(properties, Place("main.tf", 1, 1), marks)
    origin = Origin("terraform", "infra", Place("main.tf", 1, 1))
    return Resource(type, address, record, origin, references=frozenset(refers))


def live(type: str, id: str, refers: Sequence[str] = (), raw: Mapping[str, Any] | None = None, **said: Any) -> Resource:
    origin = Origin("live", "123456789012", None, region="eu-west-1")
    body = Record(raw or {})
    return Resource(type, id, Record(said), origin, body, references=frozenset(refers), names=frozenset({id}))


def findings(
    code: Sequence[Resource],
    account: Sequence[Resource],
    known: Mapping[str, Sequence[str]] | None = None,
    unseen: Sequence[str] = (),
) -> dict[tuple[str, str], Finding]:
    scope = Scope("infra", list(code), [])
    found = Beside([scope], account, IDENTITIES, lambda type: type not in unseen, {"infra": known or {}})
    return {(one.control.id, one.subject.address): one for one in found.findings()}


def verdicts(found: Mapping[tuple[str, str], Finding], control: str) -> dict[str, str]:
    return {address: finding.verdict for (id, address), finding in found.items() if id == control}


def test_a_bucket_of_the_same_name_is_the_one_that_is_declared() -> None:
    code = [declared("AWS::S3::Bucket", "aws_s3_bucket.a", BucketName="orders")]
    found = findings(code, [live("AWS::S3::Bucket", "orders", BucketName="orders")])
    assert verdicts(found, EXISTS) == {"aws_s3_bucket.a": "pass"}
    assert verdicts(found, AS_DECLARED) == {"aws_s3_bucket.a": "pass"}
    assert verdicts(found, DECLARED) == {"orders": "pass"}


def test_what_differs_is_told_with_both_values_and_both_places() -> None:
    code = [
        declared(
            "AWS::S3::Bucket", "aws_s3_bucket.a", BucketName="orders", VersioningConfiguration={"Status": "Enabled"}
        )
    ]
    account = [live("AWS::S3::Bucket", "orders", BucketName="orders", VersioningConfiguration={"Status": "Suspended"})]
    finding = findings(code, account)[AS_DECLARED, "aws_s3_bucket.a"]
    [reason] = finding.reasons
    assert (finding.verdict, reason.path) == ("fail", "VersioningConfiguration.Status")
    assert (reason.expected, reason.actual) == ("Enabled, as declared", "Suspended in orders")
    assert reason.mark == Place("main.tf", 3, 3)


def test_a_secret_that_differs_is_not_shown() -> None:
    code = [declared("AWS::X::Y", "x.y", Name="a", MasterUserPassword="one")]
    finding = findings(code, [live("AWS::X::Y", "a", Name="a", MasterUserPassword="two")], {"x.y": ["a"]})[
        AS_DECLARED, "x.y"
    ]
    assert "one" not in str(finding.reasons)
    assert "two" not in str(finding.reasons)
    assert finding.verdict == "fail"


def test_what_is_not_known_on_either_side_is_no_drift() -> None:
    code = [declared("AWS::X::Y", "x.y", Name="a", Size=Unknown("var.size"), Kind="b")]
    found = findings(code, [live("AWS::X::Y", "a", Name="a", Size=3, Kind=Unknown("refused"))], {"x.y": ["a"]})
    assert verdicts(found, AS_DECLARED) == {"x.y": "pass"}


def test_what_the_deployment_says_goes_before_names() -> None:
    code = [declared("AWS::S3::Bucket", "aws_s3_bucket.a", BucketName=Unknown("generated"))]
    account = [live("AWS::S3::Bucket", name, BucketName=name) for name in ("shop-1", "shop-2")]
    assert verdicts(findings(code, account, {"aws_s3_bucket.a": ["shop-2"]}), DECLARED) == {
        "shop-2": "pass",
        "shop-1": "fail",
    }


def test_subnets_are_told_apart_by_what_they_say_and_by_the_network_that_they_are_in() -> None:
    code = [
        declared("AWS::EC2::VPC", "vpc", CidrBlock="10.0.0.0/16"),
        declared("AWS::EC2::Subnet", "b", ["vpc"], CidrBlock="10.0.2.0/24", VpcId=Ref("vpc", "id")),
        declared("AWS::EC2::Subnet", "a", ["vpc"], CidrBlock="10.0.1.0/24", VpcId=Ref("vpc", "id")),
    ]
    account = [
        live("AWS::EC2::VPC", "vpc-0", CidrBlock="172.31.0.0/16", raw={"IsDefault": True}),
        live("AWS::EC2::VPC", "vpc-1", CidrBlock="10.0.0.0/16"),
        live("AWS::EC2::Subnet", "s-1", ["vpc-1"], CidrBlock="10.0.1.0/24", VpcId="vpc-1"),
        live("AWS::EC2::Subnet", "s-2", ["vpc-1"], CidrBlock="10.0.2.0/24", VpcId="vpc-1"),
        live("AWS::EC2::Subnet", "s-3", ["vpc-0"], CidrBlock="10.0.9.0/24", VpcId="vpc-0"),
    ]
    found = findings(code, account)
    assert verdicts(found, AS_DECLARED) == {"vpc": "pass", "a": "pass", "b": "pass"}
    assert verdicts(found, DECLARED) == {
        "vpc-1": "pass", "s-1": "pass", "s-2": "pass", "vpc-0": "not_applicable", "s-3": "fail",
    }  # fmt: skip


def test_a_reference_to_another_resource_than_declared_is_drift() -> None:
    code = [declared("AWS::EC2::VPC", "vpc"), declared("AWS::EC2::Subnet", "a", ["vpc"], VpcId=Ref("vpc", "id"))]
    account = [live("AWS::EC2::VPC", "vpc-1"), live("AWS::EC2::Subnet", "s-1", ["vpc-2"], VpcId="vpc-2")]
    finding = findings(code, account, {"vpc": ["vpc-1"], "a": ["s-1"]})[AS_DECLARED, "a"]
    assert [(one.path, one.expected, one.actual) for one in finding.reasons] == [
        ("VpcId", "vpc-1, as declared", "vpc-2 in s-1")
    ]


def test_what_has_a_name_and_is_not_there_is_missing() -> None:
    code = [declared("AWS::S3::Bucket", "aws_s3_bucket.a", BucketName="orders")]
    found = findings(code, [live("AWS::S3::Bucket", "others", BucketName="others")])
    assert verdicts(found, EXISTS) == {"aws_s3_bucket.a": "fail"}


def test_what_has_no_name_and_may_be_one_of_several_is_unknown() -> None:
    code = [declared("AWS::S3::Bucket", "aws_s3_bucket.a", BucketName=Unknown("generated"))]
    found = findings(code, [live("AWS::S3::Bucket", name, BucketName=name) for name in ("one", "two")])
    assert verdicts(found, EXISTS) == {"aws_s3_bucket.a": "unknown"}


def test_what_the_deployment_names_and_the_account_lacks_is_missing_whatever_looks_like_it() -> None:
    code = [declared("AWS::EC2::VPC", "vpc", CidrBlock="10.0.0.0/16")]
    found = findings(code, [live("AWS::EC2::VPC", "vpc-0c0ffee0", CidrBlock="10.0.0.0/16")], {"vpc": ["vpc-0badc0de"]})
    assert verdicts(found, EXISTS) == {"vpc": "fail"}
    assert verdicts(found, DECLARED) == {"vpc-0c0ffee0": "fail"}


def test_access_that_was_given_by_hand_is_drift() -> None:
    code = [declared("AWS::IAM::User", "user", UserName="u"), declared("AWS::S3::Bucket", "bucket", BucketName="b")]
    policy = live("AWS::S3::BucketPolicy", "b.Policy", ["b"], PolicyDocument={"Statement": []})
    account = [
        live("AWS::IAM::User", "u", UserName="u", ManagedPolicyArns=["arn:aws:iam::aws:policy/AdministratorAccess"]),
        live("AWS::S3::Bucket", "b", BucketName="b"),
        replace(policy, names=frozenset()),
        live("AWS::IAM::AccessKey", "AKIA", ["u"], UserName="u"),
    ]
    found = findings(code, account, {"user": ["u"], "bucket": ["b"]})
    assert [one.path for one in found[AS_DECLARED, "user"].reasons] == ["ManagedPolicyArns"]
    assert verdicts(found, DECLARED) == {"u": "pass", "b": "pass", "b.Policy": "fail", "AKIA": "fail"}


def test_what_a_service_does_by_default_was_not_declared() -> None:
    bucket = declared("AWS::S3::Bucket", "a", BucketName="orders", Versioned=False)
    marks = {**bucket.properties.marks, "Versioned": ServiceDefault("2026-11")}
    code = [replace(bucket, properties=Record(bucket.properties, bucket.properties.place, marks))]
    found = findings(code, [live("AWS::S3::Bucket", "orders", BucketName="orders", Versioned=True)])
    assert verdicts(found, AS_DECLARED) == {"a": "pass"}


def test_nothing_is_said_to_be_missing_where_the_list_was_refused() -> None:
    code = [declared("AWS::S3::Bucket", "aws_s3_bucket.a", BucketName="orders")]
    assert verdicts(findings(code, [], unseen=["AWS::S3::Bucket"]), EXISTS) == {"aws_s3_bucket.a": "unknown"}


@pytest.mark.parametrize(
    ("type", "id", "said"),
    [
        ("AWS::Athena::WorkGroup", "primary", {}),
        ("AWS::EC2::Instance", "i-1", {"Tags": [{"Key": "aws:autoscaling:groupName", "Value": "web"}]}),
        ("AWS::S3::Bucket", "b", {"Tags": [{"Key": "aws:cloudformation:stack-name", "Value": "other"}]}),
    ],
)
def test_nobody_has_to_declare_what_aws_or_another_stack_made(type: str, id: str, said: Mapping[str, Any]) -> None:
    assert verdicts(findings([], [live(type, id, **said)]), DECLARED) == {id: "not_applicable"}


def test_every_account_has_settings_that_nobody_has_to_declare() -> None:
    assert findings([], [live("AWS::IAM::AccountPasswordPolicy", "123456789012")]) == {}


def test_one_resource_is_said_once_and_the_account_settles_what_the_code_leaves_open() -> None:
    code = [declared("AWS::S3::Bucket", "a", BucketName="orders")]
    account = [live("AWS::S3::Bucket", "orders", BucketName="orders")]
    from_here = (
        "../repository/infra"  # a scope goes by the path from the working directory, a finding by that in the tree
    )
    found = Beside([Scope(from_here, code, [])], account, IDENTITIES, lambda _: True)
    by = {one.control.id: one for one in found.findings()}
    control = by[EXISTS].control

    def said(id: str, resource: Resource, verdict: Any) -> Finding:
        return replace(
            by[EXISTS],
            control=replace(control, id=id),
            subject=found._finding(EXISTS, resource, "pass").subject,
            verdict=verdict,
        )

    cases = [
        ("both", "fail", "fail"),
        ("settled", "unknown", "pass"),
        ("contradicted", "pass", "fail"),
        ("refused", "fail", "unknown"),
    ]
    mine = Review([said(id, code[0], one) for id, one, _ in cases], [], [], 1, 1)
    theirs = Review([said(id, account[0], other) for id, _, other in cases], [], [], 1, 0)
    together = beside(mine, theirs, found)
    assert [
        (one.control.id, one.subject.source, one.verdict)
        for one in together.findings
        if one.control.id in {name for name, _, _ in cases}
    ] == [
        ("both", "terraform", "fail"),
        ("settled", "live", "pass"),
        ("contradicted", "terraform", "pass"),
        ("contradicted", "live", "fail"),
        ("refused", "terraform", "fail"),
    ]


def test_a_template_is_of_the_stack_that_has_most_of_its_resources() -> None:
    stacks = {
        "one": {"Bucket": ("AWS::S3::Bucket", "b-1"), "Queue": ("AWS::SQS::Queue", "q-1")},
        "two": {"Bucket": ("AWS::S3::Bucket", "b-2")},
    }
    assert stack_of({"Bucket": "AWS::S3::Bucket", "Queue": "AWS::SQS::Queue"}, stacks) == {
        "Bucket": "b-1",
        "Queue": "q-1",
    }
    assert stack_of({"Table": "AWS::DynamoDB::Table"}, stacks) == {}


STATE = {
    "version": 4,
    "resources": [
        {"mode": "data", "type": "aws_vpc", "name": "x", "instances": [{"attributes": {"id": "vpc-9"}}]},
        {
            "module": "module.net", "mode": "managed", "type": "aws_subnet", "name": "a",
            "instances": [
                {"index_key": "x", "attributes": {"id": "s-1", "arn": "arn:s-1"}},
                {"index_key": 0, "attributes": {"id": "s-2"}},
            ],
        },
    ],
}  # fmt: skip
SHOWN = {
    "values": {"root_module": {"child_modules": [{"resources": [
        {"mode": "managed", "address": 'module.net.aws_subnet.a["x"]', "values": {"id": "s-1", "arn": "arn:s-1"}},
        {"mode": "managed", "address": "module.net.aws_subnet.a[0]", "values": {"id": "s-2"}},
    ]}]}},
}  # fmt: skip


@pytest.mark.parametrize("document", [STATE, SHOWN])
def test_a_state_tells_what_each_address_is_called(document: Mapping[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    assert read_state(file) == {
        'module.net.aws_subnet.a["x"]': ("arn:s-1", "s-1"),
        "module.net.aws_subnet.a[0]": ("s-2",),
    }


@pytest.mark.parametrize("text", ["", "[]", "{", '{"version": 4}', '{"resources": []}', "\udce9"])
def test_what_is_no_state_is_said_to_be_none(text: str, tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    file.write_text(text, encoding="utf-8", errors="surrogatepass")
    with pytest.raises(UsageError, match="state"):
        read_state(file)


def test_a_reference_inside_of_a_list_is_the_name_that_it_has_there() -> None:
    code = [
        declared("AWS::KMS::Key", "key"),
        declared("AWS::X::Y", "x.y", Rules=[Record({"Key": Ref("key", "Arn")}), Record({"Key": Ref("key", "id")})]),
    ]
    key = replace(live("AWS::KMS::Key", "k-1"), names=frozenset({"k-1", "arn:aws:kms:::key/k-1"}))
    account = [key, live("AWS::X::Y", "y", Rules=[Record({"Key": "arn:aws:kms:::key/k-1"}), Record({"Key": "k-1"})])]
    assert verdicts(findings(code, account, {"key": ["k-1"], "x.y": ["y"]}), AS_DECLARED)["x.y"] == "pass"


def test_settings_that_nobody_set_are_no_drift_and_a_rule_that_nobody_wrote_is() -> None:
    given, more = Record({"Key": "a", "Value": "1"}), Record({"Key": "b", "Value": "2"})
    for name, verdict in (("LoadBalancerAttributes", "pass"), ("Rules", "fail")):
        code = [declared("AWS::X::Y", "x.y", **{name: [given]})]
        found = findings(code, [live("AWS::X::Y", "y", **{name: [given, more]})], {"x.y": ["y"]})
        assert verdicts(found, AS_DECLARED) == {"x.y": verdict}


def test_a_password_that_an_account_never_tells_is_no_drift() -> None:
    code = [declared("AWS::RDS::DBInstance", "db", MasterUserPassword="one")]
    found = findings(code, [live("AWS::RDS::DBInstance", "db-1")], {"db": ["db-1"]})
    assert verdicts(found, AS_DECLARED) == {"db": "pass"}
