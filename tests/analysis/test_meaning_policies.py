"""Policies inside events, judged by what they grant and whom they let in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import product
from random import Random
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainstay.analysis.escalation_ways import WAYS
from mainstay.analysis.meaning import Meaning
from mainstay.analysis.meaning.documents import statements as statements_of
from mainstay.analysis.meaning.grants import granted
from mainstay.analysis.meaning.limits import Own
from mainstay.analysis.meaning.managed import MANAGED
from mainstay.analysis.meaning.strangers import let_in_by
from mainstay.model.events import Event
from mainstay.model.values import Value

ACCOUNT, SISTER, OTHER, FOURTH = "111122223333", "222233334444", "444455556666", "777788889999"
LISTS = {"own_accounts": [SISTER, "o-own1234567"]}
ROOT = f"arn:aws:iam::{OTHER}:root"
GITHUB = "token.actions.githubusercontent.com"
OF_GITHUB = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{GITHUB}"
CANONICAL = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"


def facts(call: str, lists: dict[str, list[str]] | None = None, **parameters: Value) -> dict[str, Value]:
    service, _, name = call.partition(":")
    record = {
        "recipientAccountId": ACCOUNT,
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "requestParameters": parameters,
    }
    return Meaning(LISTS if lists is None else lists).of(Event("cloudtrail", 0, "e", record, "f", 1))


def allow(principal: Value = None, condition: Value = None, **more: Value) -> dict[str, Value]:
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", **more}
    return {
        **statement,
        **({"Principal": principal} if principal is not None else {}),
        **({"Condition": condition} if condition is not None else {}),
    }


def deny(principal: Value = None, condition: Value = None, **more: Value) -> dict[str, Value]:
    return {**allow(principal, condition, **more), "Effect": "Deny"}


def policy(*statements: Value) -> dict[str, Value]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def of_bucket(*statements: Value, lists: dict[str, list[str]] | None = None) -> Value:
    return facts("s3:PutBucketPolicy", lists, bucketName="b", bucketPolicy=policy(*statements)).get("strangers")


# -- where what is written stands

PUBLIC = json.dumps(policy(allow("*")))
OPEN = ["*"]
SHARED = [OTHER]


@pytest.mark.parametrize(
    ("call", "parameters", "expected"),
    [
        ("s3:PutBucketPolicy", {"bucketPolicy": json.loads(PUBLIC), "policy": ""}, OPEN),
        ("s3:PutBucketPolicy", {"bucketPolicy": PUBLIC}, OPEN),
        ("s3:PutAccessPointPolicy", {"name": "p", "PutAccessPointPolicyRequest": {"Policy": PUBLIC}}, OPEN),
        ("s3:PutBucketAcl", {"bucketName": "b", "x-amz-acl": ["public-read"]}, OPEN),
        ("s3:PutBucketAcl", {"bucketName": "b", "x-amz-acl": "private"}, []),
        ("s3:PutObjectAcl",
         {"AccessControlPolicy": {"Owner": {"ID": CANONICAL}, "AccessControlList": {"Grant": [
             {"Grantee": {"xsi:type": "CanonicalUser", "ID": CANONICAL}, "Permission": "FULL_CONTROL"},
             {"Grantee": {"xsi:type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"},
              "Permission": "READ"},
             {"Grantee": {"xsi:type": "Group", "URI": "http://acs.amazonaws.com/groups/s3/LogDelivery"},
              "Permission": "WRITE"}]}}}, OPEN),
        ("s3:PutBucketAcl", {"x-amz-grant-read": f'id="{CANONICAL}", id="{"a" * 64}"'}, [CANONICAL, "a" * 64]),
        ("s3:PutBucketAcl",
         {"accessControlList": {"x-amz-grant-read": 'uri="http://acs.amazonaws.com/groups/global/AuthenticatedUsers"'}},
         OPEN),
        ("kms:PutKeyPolicy", {"keyId": "k", "policy": PUBLIC}, OPEN),
        ("kms:CreateGrant", {"granteePrincipal": ROOT, "retiringPrincipal": f"arn:aws:iam::{ACCOUNT}:role/r"}, SHARED),
        ("kms:CreateGrant", {"granteePrincipal": "ec2.eu-central-1.amazonaws.com"}, []),
        ("sqs:SetQueueAttributes", {"attributes": {"Policy": PUBLIC}}, OPEN),
        ("sqs:AddPermission", {"aWSAccountIds": [OTHER, ACCOUNT], "actions": ["*"]}, SHARED),
        ("sns:SetTopicAttributes", {"attributeName": "Policy", "attributeValue": PUBLIC}, OPEN),
        ("sns:SetTopicAttributes", {"attributeName": "DisplayName", "attributeValue": PUBLIC}, None),
        ("lambda:AddPermission20150331v2", {"principal": "*", "action": "lambda:InvokeFunction"}, OPEN),
        ("lambda:AddPermission20150331v2", {"principal": "*", "principalOrgID": "o-own1234567"}, []),
        ("lambda:AddPermission20150331v2", {"principal": "*", "principalOrgID": "o-elsewhere1"}, ["o-elsewhere1"]),
        ("lambda:AddPermission20150331v2", {"principal": "s3.amazonaws.com"}, []),
        ("lambda:AddPermission20150331v2", {"principal": OTHER}, SHARED),
        ("lambda:AddLayerVersionPermission20181031", {"principal": "*", "organizationId": "o-own1234567"}, []),
        ("lambda:CreateFunctionUrlConfig", {"functionName": "f", "authType": "NONE"}, OPEN),
        ("lambda:CreateFunctionUrlConfig", {"functionName": "f", "authType": "AWS_IAM"}, []),
        ("secretsmanager:PutResourcePolicy", {"secretId": "s", "resourcePolicy": PUBLIC}, OPEN),
        ("glue:PutResourcePolicy", {"policyInJson": PUBLIC}, OPEN),
        ("dynamodb:PutResourcePolicy", {"resourceArn": "t", "policy": PUBLIC}, OPEN),
        ("ecr:SetRepositoryPolicy", {"policyText": PUBLIC}, OPEN),
        ("elasticfilesystem:PutFileSystemPolicy", {"policy": PUBLIC}, OPEN),
        ("glacier:SetVaultAccessPolicy", {"policy": {"policy": PUBLIC}}, OPEN),
        ("backup:PutBackupVaultAccessPolicy", {"policy": PUBLIC}, OPEN),
        ("es:UpdateDomainConfig", {"accessPolicies": PUBLIC}, OPEN),
        ("es:UpdateDomainConfig", {"domainName": "d"}, None),
        ("apigateway:UpdateRestApi",
         {"updateRestApiInput": {"patchOperations": [
             {"op": "replace", "path": "/name", "value": "n"}, {"op": "replace", "path": "/policy", "value": PUBLIC}]}},
         OPEN),
        ("events:PutPermission", {"principal": "*"}, OPEN),
        ("events:PutPermission",
         {"principal": "*", "condition": {"type": "StringEquals", "key": "aws:PrincipalOrgID",
                                          "value": "o-own1234567"}}, []),
        ("ram:CreateResourceShare", {"principals": [OTHER, SISTER], "allowExternalPrincipals": True}, SHARED),
        ("ram:AssociateResourceShare",
         {"principals": [f"arn:aws:organizations::{OTHER}:ou/o-own1234567/ou-ab12-11111111"]}, []),
        ("ram:AssociateResourceShare",
         {"principals": [f"arn:aws:organizations::{OTHER}:organization/o-elsewhere1"]}, ["o-elsewhere1"]),
        ("ec2:ModifySnapshotAttribute", {"createVolumePermission": {"add": {"items": [{"userId": OTHER}]}}}, SHARED),
        ("ec2:ModifySnapshotAttribute", {"createVolumePermission": {"add": {"items": [{"group": "all"}]}}}, OPEN),
        ("ec2:ModifySnapshotAttribute", {"createVolumePermission": {"remove": {"items": [{"group": "all"}]}}}, None),
        ("ec2:ModifyImageAttribute", {"launchPermission": {"add": {"items": [{"userId": SISTER}]}}}, []),
        ("ec2:ModifyVpcEndpointServicePermissions",
         {"ModifyVpcEndpointServicePermissionsRequest": {"AddAllowedPrincipals": {"content": ROOT, "tag": 1}}}, SHARED),
        ("rds:ModifyDBSnapshotAttribute", {"attributeName": "restore", "valuesToAdd": ["all"]}, OPEN),
        ("rds:ModifyDBClusterSnapshotAttribute", {"attributeName": "restore", "valuesToRemove": ["all"]}, None),
        ("ssm:ModifyDocumentPermission", {"permissionType": "Share", "accountIdsToAdd": ["All"]}, OPEN),
        ("redshift:AuthorizeSnapshotAccess", {"accountWithRestoreAccess": OTHER}, SHARED),
        ("lakeformation:GrantPermissions",
         {"principal": {"dataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}}, []),
        ("lakeformation:GrantPermissions", {"principal": {"dataLakePrincipalIdentifier": OTHER}}, SHARED),
        ("aoss:CreateAccessPolicy", {"type": "data", "policy": json.dumps([{"Principal": [ROOT]}])}, SHARED),
        ("iam:CreateRole", {"roleName": "r", "assumeRolePolicyDocument": quote(PUBLIC)}, OPEN),
        ("iam:UpdateAssumeRolePolicy", {"policyDocument": PUBLIC}, OPEN),
        ("iam:UpdateAssumeRolePolicy", {"policyDocument": "{"}, None),
        ("iam:UpdateAssumeRolePolicy", {"policyDocument": "[" * 9000}, None),
        ("s3:DeleteBucketPolicy", {"bucketPolicy": PUBLIC}, None),
    ],
)  # fmt: skip
def test_whom_a_request_lets_in_is_found_wherever_it_says_so(call: str, parameters: Value, expected: Value) -> None:
    assert facts(call, **parameters).get("strangers") == expected


# -- whom a statement lets in


def limited(operator: str, key: str, value: Value) -> Value:
    return {operator: {key: value}}


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([allow({"AWS": ACCOUNT})], []),
        ([allow({"AWS": [f"arn:aws:iam::{SISTER}:role/r", f"arn:aws:sts::{OTHER}:assumed-role/r/s"]})], SHARED),
        ([allow({"AWS": "*"})], OPEN),
        ([allow(None, NotPrincipal={"AWS": ROOT})], OPEN),
        ([allow({"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"})], []),
        ([allow({"CanonicalUser": CANONICAL})], [CANONICAL]),
        ([allow({"Service": "cloudtrail.amazonaws.com"})], []),
        ([deny("*")], []),
        ([allow("*", limited("StringEquals", "AWS:PrincipalOrgId", "o-own1234567"))], []),
        ([allow("*", limited("StringEquals", "aws:PrincipalOrgID", "o-elsewhere1"))], ["o-elsewhere1"]),
        ([allow("*", limited("StringEqualsIfExists", "aws:PrincipalOrgID", "o-own1234567"))], OPEN),
        ([allow("*", limited("ForAllValues:StringEquals", "aws:PrincipalOrgID", "o-own1234567"))], OPEN),
        ([allow("*", limited("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-own1234567/r-1/*"))], []),
        ([allow("*", limited("StringNotEquals", "aws:PrincipalAccount", OTHER))], OPEN),
        ([allow("*", limited("StringEquals", "aws:SourceAccount", ACCOUNT))], []),
        ([allow("*", limited("StringLike", "aws:PrincipalAccount", "*"))], OPEN),
        ([allow("*", limited("StringEquals", "aws:PrincipalAccount", "${aws:ResourceAccount}"))], []),
        ([allow("*", limited("ArnLike", "aws:SourceArn", f"arn:aws:sns:*:{OTHER}:topic"))], SHARED),
        ([allow("*", limited("ArnLike", "aws:SourceArn", "arn:aws:s3:::invoices"))], []),
        ([allow("*", limited("ArnLike", "aws:SourceArn", "arn:aws:s3:::*"))], OPEN),
        ([allow("*", limited("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/deploy"))], OPEN),
        ([allow("*", limited("StringEquals", "sts:ExternalId", "secret"))], OPEN),
        ([allow({"AWS": ROOT}, limited("StringEquals", "sts:ExternalId", "secret"))], SHARED),
        ([allow("*", limited("IpAddress", "aws:SourceIp", ["192.0.2.0/24", "2001:db8::/32"]))], []),
        ([allow("*", limited("IpAddress", "aws:SourceIp", ["0.0.0.0/1", "128.0.0.0/1"]))], OPEN),
        ([allow({"AWS": ROOT}, limited("IpAddress", "aws:SourceIp", "192.0.2.0/24"))], SHARED),
        ([allow("*", limited("StringEquals", "aws:SourceVpce", "vpce-1"))], []),
        ([allow("*", limited("Bool", "aws:PrincipalIsAWSService", "true"))], []),
        ([allow("*", limited("Bool", "aws:SecureTransport", "true"))], OPEN),
        ([allow("*", limited("StringLike", "aws:userid", "AROA9:*"))], ["AROA9"]),
        ([allow({"AWS": ROOT}, limited("StringEquals", "aws:PrincipalOrgID", "o-own1234567"))], []),
        ([allow("*"), deny("*", limited("StringNotEqualsIfExists", "aws:PrincipalOrgID", "o-own1234567"))], []),
        ([allow("*"), deny("*", {"StringNotEquals": {"aws:PrincipalAccount": [OTHER]},
                                 "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}})], SHARED),
        ([allow("*"), deny("*", limited("Bool", "aws:SecureTransport", "false"))], OPEN),
        ([allow("*"), deny("*", Action="s3:Delete*")], OPEN),
        ([allow("*", Action="s3:DeleteObject"), deny("*", Action="s3:Delete*")], []),
        ([allow({"AWS": ROOT}), deny({"AWS": OTHER})], []),
        ([allow("*"), deny(None, NotPrincipal={"AWS": [ACCOUNT, ROOT]})], SHARED),
    ],
)  # fmt: skip
def test_a_statement_lets_in_whom_its_condition_leaves(statements: list[Value], expected: list[str]) -> None:
    assert of_bucket(*statements) == expected


def test_an_organization_is_the_own_one_where_the_list_names_none() -> None:
    statement = allow("*", limited("StringEquals", "aws:PrincipalOrgID", "o-elsewhere1"))
    assert of_bucket(statement, lists={}) == []


def test_an_address_outside_the_own_networks_is_a_stranger() -> None:
    statement = allow("*", limited("IpAddress", "aws:SourceIp", ["192.0.2.7/32", "198.51.100.7/32"]))
    assert of_bucket(statement, lists={"own_networks": ["192.0.2.0/24"]}) == ["198.51.100.7/32"]


@pytest.mark.parametrize(
    ("provider", "condition", "stranger"),
    [
        (OF_GITHUB, limited("StringLike", f"{GITHUB}:sub", "repo:acme/app:*"), False),
        (OF_GITHUB, limited("StringLike", f"{GITHUB}:sub", "repo:acme*"), True),
        (OF_GITHUB, limited("StringLike", f"{GITHUB}:sub", "*"), True),
        (OF_GITHUB,
         limited("StringEquals", f"{GITHUB}:aud", "sts.amazonaws.com"), True),
        (OF_GITHUB, None, True),
        (f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.example.com/id/1",
         limited("StringEquals", "oidc.example.com/id/1:aud", "sts.amazonaws.com"), False),
        (f"arn:aws:iam::{ACCOUNT}:saml-provider/idp",
         limited("StringEquals", "SAML:aud", "https://signin.aws.amazon.com/saml"), False),
        (f"arn:aws:iam::{OTHER}:saml-provider/idp",
         limited("StringEquals", "SAML:aud", "https://signin.aws.amazon.com/saml"), True),
        ("cognito-identity.amazonaws.com",
         limited("StringEquals", "cognito-identity.amazonaws.com:aud", "eu-central-1:1"), False),
        ("cognito-identity.amazonaws.com",
         limited("ForAnyValue:StringLike", "cognito-identity.amazonaws.com:amr", "*"), True),
    ],
)  # fmt: skip
def test_a_provider_of_identities_is_a_stranger_unless_it_is_said_who(
    provider: str, condition: Value, stranger: bool
) -> None:
    statement = allow({"Federated": provider}, condition, Action="sts:AssumeRoleWithWebIdentity")
    found = facts("iam:CreateRole", assumeRolePolicyDocument=json.dumps(policy(statement)))
    assert found["strangers"] == ([provider] if stranger else [])


def test_a_policy_without_a_denial_is_told_from_one_with() -> None:
    assert facts("s3:PutBucketPolicy", bucketPolicy=policy(allow("*")))["removed_denials"] is True
    assert facts("s3:PutBucketPolicy", bucketPolicy=policy(allow("*"), deny("*")))["removed_denials"] is False
    assert "removed_denials" not in facts("iam:AttachUserPolicy", policyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")


# -- against requests, one by one

Request = tuple[str, str | None, str | None]  # an action, the caller's account and organization
ORGANIZATIONS = {ACCOUNT: "o-own1234567", SISTER: "o-own1234567"}
ACTIONS = ("s3:GetObject", "s3:PutObject")
REQUESTS: tuple[Request, ...] = tuple(
    (action, account, organization)
    for action in ACTIONS
    for account, organization in (
        (None, None),
        *((own, ORGANIZATIONS[own]) for own in (ACCOUNT, SISTER)),
        *product((OTHER, FOURTH, "999900001111"), (None, "o-own1234567", "o-elsewhere1")),
    )
)

PRINCIPALS = st.sampled_from(
    ["*", {"AWS": "*"}, {"AWS": ACCOUNT}, {"AWS": ROOT}, {"AWS": [ROOT, FOURTH]}, {"AWS": [SISTER, FOURTH]}]
)
COMPARED = {
    "aws:PrincipalAccount": ([ACCOUNT], [OTHER], [SISTER, FOURTH], [OTHER, FOURTH]),
    "aws:PrincipalOrgID": (["o-own1234567"], ["o-elsewhere1"], ["o-own1234567", "o-elsewhere1"]),
}
ENTRIES = [(key, tuple(values)) for key, lists in COMPARED.items() for values in lists]


def conditions(*operators: str) -> st.SearchStrategy[Value]:
    entries = st.tuples(st.sampled_from(operators), st.sampled_from(ENTRIES))
    return st.lists(entries, max_size=2).map(
        lambda found: {operator: {key: list(values)} for operator, (key, values) in found}
    )


ALLOWS = st.builds(
    lambda principal, condition, action: allow(principal, condition or None, Action=action),
    PRINCIPALS, conditions("StringEquals", "StringLike"), st.sampled_from(["s3:*", "s3:GetObject", "*"]),
)  # fmt: skip
LAX_ALLOWS = st.builds(lambda principal, condition: allow(principal, condition or None), PRINCIPALS,
                       conditions("StringEquals", "StringEqualsIfExists", "StringNotEquals"))  # fmt: skip
DENIES = st.builds(
    lambda principal, condition, action: deny(principal, condition or None, Action=action),
    PRINCIPALS, conditions("StringNotEquals", "StringNotEqualsIfExists", "StringEquals"),
    st.sampled_from(["s3:*", "s3:GetObject", "*"]),
)  # fmt: skip


def matches(statement: dict[str, Value], request: Request) -> bool:
    action, account, organization = request
    if not re.fullmatch(statement["Action"].replace("*", ".*"), action):
        return False
    principal = statement["Principal"]
    named = [principal["AWS"]] if isinstance(principal, dict) else [principal]
    named = [one for each in named for one in (each if isinstance(each, list) else [each])]
    if not any(one == "*" or (account is not None and account in one) for one in named):
        return False
    context = {"aws:PrincipalAccount": account, "aws:PrincipalOrgID": organization}
    for operator, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            if context[key] is None:
                held = "Not" in operator or operator.endswith("IfExists")
            else:
                held = (context[key] in values) is ("Not" not in operator)
            if not held:
                return False
    return True


def admitted(statements: Sequence[dict[str, Value]]) -> Iterator[Request]:
    for request in REQUESTS:
        deciding = {statement["Effect"] for statement in statements if matches(statement, request)}
        if deciding == {"Allow"}:
            yield request


def is_own(request: Request) -> bool:
    return request[1] in (ACCOUNT, SISTER) or request[2] == "o-own1234567"


def covers(label: str, request: Request) -> bool:
    return label in ("*", request[1], request[2])


@given(st.lists(ALLOWS | LAX_ALLOWS | DENIES, min_size=1, max_size=4))
@settings(max_examples=200, deadline=None)
def test_whoever_is_admitted_and_is_a_stranger_is_told(statements: list[dict[str, Value]]) -> None:
    found = of_bucket(*statements)
    for request in admitted(statements):
        assert is_own(request) or any(covers(label, request) for label in found), request


@given(st.lists(ALLOWS, min_size=1, max_size=3))
@settings(max_examples=120, deadline=None)
def test_whoever_is_told_is_admitted_where_nothing_is_denied(statements: list[dict[str, Value]]) -> None:
    strangers = [request for request in admitted(statements) if not is_own(request)]
    for label in of_bucket(*statements):
        if label == "*":  # nobody knows the last account, so that it stands for everybody
            assert any(account == "999900001111" for _, account, _ in strangers)
        else:
            assert any(covers(label, request) for request in strangers), label


WHOLE_DENIES = st.builds(
    lambda keys: deny("*", {"StringNotEquals": {keys[0]: list(keys[1])}}, Action="*"), st.sampled_from(ENTRIES)
)


@given(ALLOWS, st.lists(WHOLE_DENIES, max_size=2))
@settings(max_examples=120, deadline=None)
def test_whoever_is_told_is_admitted_past_denials_of_all_but_some(
    statement: dict[str, Value], denials: list[dict[str, Value]]
) -> None:
    strangers = [request for request in admitted([statement, *denials]) if not is_own(request)]
    for label in of_bucket(statement, *denials):
        assert any(covers(label, request) or label == "*" for request in strangers), label


MORE_CONDITIONS = st.sampled_from(
    [
        limited("StringEquals", "aws:SourceAccount", ACCOUNT), limited("IpAddress", "aws:SourceIp", "192.0.2.0/24"),
        limited("Bool", "aws:SecureTransport", "true"),
        limited("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{OTHER}:*"),
        limited("StringLike", "aws:userid", "AROA9:*"),
        limited("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-x1/*"),
        limited("Null", "aws:PrincipalOrgID", "false"), limited("StringEquals", "aws:SourceVpc", "vpc-1"),
    ]
)  # fmt: skip


@given(st.lists(ALLOWS | DENIES, min_size=1, max_size=3), DENIES | WHOLE_DENIES, MORE_CONDITIONS, st.integers(0, 2))
@settings(max_examples=120, deadline=None)
def test_a_further_denial_or_condition_lets_in_nobody_new(
    statements: list[dict[str, Value]], denial: dict[str, Value], more: dict[str, Value], which: int
) -> None:
    before = set(of_bucket(*statements))
    limited_more = [
        {**one, "Condition": {**more, **one.get("Condition", {})}} if at == which and one["Effect"] == "Allow" else one
        for at, one in enumerate(statements)
    ]
    for after in (of_bucket(*statements, denial), of_bucket(*limited_more)):
        assert set(after) <= before or any(not label.isdecimal() for label in before)  # of which an account is left
        assert before or not after


# -- what a policy grants


def grant(*statements: Value) -> Value:
    return facts("iam:PutUserPolicy", policyDocument=json.dumps(policy(*statements))).get("grants")


EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


@pytest.mark.parametrize(
    ("statements", "administration"),
    [
        ([EVERYTHING], True),
        ([{**EVERYTHING, "Action": ["*:*"]}], True),
        ([{**EVERYTHING, "Action": "IAM:*"}], True),
        ([{**EVERYTHING, "Resource": ["arn:aws:iam::*:*", "arn:aws:s3:::b"]}], True),
        ([{**EVERYTHING, "Resource": f"arn:aws:iam::{ACCOUNT}:*"}], True),
        ([{**EVERYTHING, "Resource": "arn:aws:s3:::b/*"}], False),
        ([{"Effect": "Allow", "NotAction": ["s3:DeleteBucket"], "Resource": "*"}], True),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], True),
        ([{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::b"}], True),
        ([{"Effect": "Allow", "NotAction": "*", "Resource": "*"}], False),
        ([EVERYTHING, {**EVERYTHING, "Effect": "Deny", "Action": "s3:DeleteBucket"}], True),
        ([EVERYTHING, {**EVERYTHING, "Effect": "Deny"}], False),
        ([{**EVERYTHING, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}], False),
        ([{**EVERYTHING, "Condition": {"StringLike": {"aws:userid": "*"}}}], True),
        ([{**EVERYTHING, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}], True),
        ([{**EVERYTHING, "Condition": {}}], True),
        ([{**EVERYTHING, "Action": "s3:*"}], False),
        ([{**EVERYTHING, "Action": "*:Get*"}], False),
    ],
)
def test_administration_is_told_however_it_is_written(statements: list[Value], administration: bool) -> None:
    assert ("administration" in grant(*statements)) is administration


def test_ways_to_further_rights_are_told() -> None:
    passing = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}
    running = {"Effect": "Allow", "Action": "ec2:Run*", "Resource": "*"}
    assert grant(passing, running) == ["iam:PassRole + ec2:RunInstances"]
    assert grant({**EVERYTHING, "Action": "iam:Create*Version"}) == ["iam:CreatePolicyVersion"]
    assert grant({**EVERYTHING, "Action": "s3:GetObject"}) == []
    assert grant(EVERYTHING) == ["administration", *(" + ".join(way) for way in WAYS)]


@pytest.mark.parametrize(
    ("call", "parameters", "first"),
    [
        ("iam:AttachUserPolicy", {"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}, "administration"),
        ("iam:AttachRolePolicy", {"policyArn": "arn:aws-us-gov:iam::aws:policy/IAMFullAccess"}, "administration"),
        ("sso:AttachManagedPolicyToPermissionSet",
         {"managedPolicyArn": "arn:aws:iam::aws:policy/PowerUserAccess"}, "administration"),
        ("sso:PutInlinePolicyToPermissionSet", {"inlinePolicy": json.dumps(policy(EVERYTHING))}, "administration"),
        ("iam:CreatePolicyVersion", {"policyDocument": quote(json.dumps(policy(EVERYTHING)))}, "administration"),
        ("iam:CreatePolicy", {"policyDocument": policy(EVERYTHING)}, "administration"),
        ("iam:AttachUserPolicy", {"policyArn": f"arn:aws:iam::{ACCOUNT}:policy/AdministratorAccess"}, None),
        ("iam:SetDefaultPolicyVersion", {"policyArn": f"arn:aws:iam::{ACCOUNT}:policy/p", "versionId": "v1"}, None),
        ("iam:PutUserPolicy", {"policyDocument": "no policy"}, None),
        ("iam:UpdateAssumeRolePolicy", {"policyDocument": json.dumps(policy(EVERYTHING))}, None),
    ],
)  # fmt: skip
def test_what_is_granted_is_found_wherever_it_stands(call: str, parameters: Value, first: str | None) -> None:
    found = facts(call, **parameters).get("grants")
    assert (found[0] if found is not None else None) == first


def test_the_managed_policies_that_grant_more_than_duties_are_all_in_the_table() -> None:
    managed_policies = pytest.importorskip("moto.iam.aws_managed_policies")
    documents = json.loads(managed_policies.aws_managed_policies_data)
    judged = {
        f"{entry['Path']}{name}".lstrip("/"): tuple(granted(statements_of(entry["Document"]) or []))
        for name, entry in documents.items()
        if re.search(r'"iam:|"NotAction"|"Action": "\*"', json.dumps(entry["Document"]))
    }
    assert {name: found for name, found in judged.items() if found} == MANAGED


PATTERNS = st.sampled_from(["*", "iam:*", "iam:List*", "IAM:?*", "new:*", "s3:*", "*:*", "iam:New*", "i*", "*:NewCall"])
ARNS = st.sampled_from(
    ["*", "arn:aws:*", "arn:aws:iam::*:*", "arn:aws:s3:::*", f"arn:aws:iam::{ACCOUNT}:user/*", "arn:*:*"]
)
STATEMENTS = st.builds(
    lambda effect, no_action, actions, no_resource, resources: {
        "Effect": effect, ("NotAction" if no_action else "Action"): actions,
        ("NotResource" if no_resource else "Resource"): resources,
    },
    st.sampled_from(["Allow", "Allow", "Deny"]), st.booleans(), st.lists(PATTERNS, min_size=1, max_size=2),
    st.booleans(), st.lists(ARNS, min_size=1, max_size=2),
)  # fmt: skip
FRESH = (
    ("qqq:zzz", "arn:aws:qqq:yy-1:000011112222:xxx"),
    ("iam:zzz", f"arn:aws:iam::{ACCOUNT}:xxx"),
)


def speaks_of(statement: dict[str, Value], action: str, resource: str) -> bool:
    def among(key: str, name: str, flags: int) -> bool:
        patterns = statement.get(key) or statement[f"Not{key}"]
        found = any(
            re.fullmatch(re.escape(one).replace(r"\*", ".*").replace(r"\?", "."), name, flags) for one in patterns
        )
        return found is (key in statement)

    return among("Action", action, re.IGNORECASE) and among("Resource", resource, 0)


@given(st.lists(STATEMENTS, min_size=1, max_size=3))
@settings(max_examples=150, deadline=None)
def test_administration_is_what_allows_calls_that_nobody_named(statements: list[dict[str, Value]]) -> None:
    allowed = any(
        {one["Effect"] for one in statements if speaks_of(one, action, resource)} == {"Allow"}
        for action, resource in FRESH
    )
    assert ("administration" in grant(*statements)) is allowed


# -- however it is written


def respelled(value: Value, random: Random, keys: bool = True) -> Value:
    """The same policy with its keys in another order, and those of the grammar in another case."""
    if isinstance(value, list):
        return [respelled(one, random, keys) for one in value]
    if not isinstance(value, dict):
        return value
    items = list(value.items())
    random.shuffle(items)
    return {
        (random.choice([key, key.lower(), key.upper()]) if keys else key): respelled(
            child, random, keys and key != "Principal"
        )
        for key, child in items
    }


@given(st.lists(ALLOWS | DENIES | STATEMENTS, min_size=1, max_size=3), st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_order_spacing_case_and_form_change_no_fact(statements: list[dict[str, Value]], random: Random) -> None:
    document = policy(*statements)
    other = respelled(document, random)
    key = next(key for key in other if key.lower() == "statement")
    random.shuffle(other[key])
    text = json.dumps(other, indent=random.choice([None, 3]))
    written = random.choice([other, text, quote(text), f"\n {text}", {**other}])
    for call, path in (("iam:CreatePolicy", "policyDocument"), ("kms:PutKeyPolicy", "policy")):
        plain = facts(call, **{path: document}).copy()
        other_form = facts(call, **{random.choice([path, path.upper()]): written}).copy()
        assert {**other_form, "text": None} == {**plain, "text": None}  # the text is what is written


def test_a_long_policy_takes_no_long_time() -> None:
    pattern = "arn:aws:s3:::" + "*a" * 2000
    statements = [allow("*", Resource=pattern), deny("*", Resource=pattern.replace("a", "*"), Action="s3:Get*")]
    assert set(let_in_by(statements, Own(frozenset()))) == {"*"}
