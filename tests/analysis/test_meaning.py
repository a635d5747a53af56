"""What an event means: who acts, with which program, from where; and how facts are worked out."""

from __future__ import annotations

import json
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainstay.analysis.meaning import Meaning, tellable
from mainstay.analysis.meaning.calls import OPENING, WRITTEN
from mainstay.model.event_facts import EVENT_FACTS
from mainstay.model.events import LOG_SOURCES, Event, LogSource
from mainstay.model.locations import Location, Network, Places
from mainstay.model.values import Value

DETECTIONS = Path(__file__).parents[2] / "docs" / "reference" / "detections.md"
ACCOUNT, OTHER = "111122223333", "444455556666"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app/worker"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/job"
ALICE = f"arn:aws:iam::{ACCOUNT}:user/people/alice"
BASE = {"recipientAccountId": ACCOUNT, "eventSource": "s3.amazonaws.com", "eventName": "GetObject"}


def facts(source: LogSource = "cloudtrail", lists: dict[str, list[str]] | None = None, **fields: Value) -> Value:
    record = {**BASE, **fields} if source == "cloudtrail" else fields
    return Meaning(lists or {}).of(Event(source, 0, "e", record, "f", 1))


def user(**more: Value) -> dict[str, Value]:
    return {"type": "IAMUser", "principalId": "AIDA1", "arn": ALICE, "accountId": ACCOUNT, "userName": "alice", **more}


def assumed(session: str = "job", role: str = ROLE, context: Value = None, **more: Value) -> dict[str, Value]:
    name = role.rpartition("/")[2]
    return {
        "type": "AssumedRole",
        "principalId": f"AROA1:{session}",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session}",
        "accountId": ACCOUNT,
        "accessKeyId": "ASIA1",
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": role}, **(context or {})},
        **more,
    }


def account(id: str, number: str = OTHER, **more: Value) -> dict[str, Value]:
    return {"type": "AWSAccount", "principalId": id, "accountId": number, **more}


SSO = f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/eu-central-1/AWSReservedSSO_Read_0123456789abcdef"
LINKED = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS"
POD = {"webIdFederationData": {"federatedProvider": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.example.com"}}
PIPELINE = f"arn:aws:iam::{ACCOUNT}:oidc-provider/id.example.com"
IN_LAMBDA = {"issuerType": "AWS::Lambda::Function", "sourceArn": f"arn:aws:lambda:eu-central-1:{ACCOUNT}:function:f"}


@pytest.mark.parametrize(
    ("identity", "principal", "session", "actor", "long_term"),
    [
        ({"type": "Root", "arn": f"arn:aws:iam::{ACCOUNT}:root", "accountId": ACCOUNT, "accessKeyId": "AKIA1"},
         f"arn:aws:iam::{ACCOUNT}:root", None, "root", True),
        ({"type": "Root", "principalId": ACCOUNT, "accountId": ACCOUNT}, f"arn:aws:iam::{ACCOUNT}:root", None, "root",
         False),
        (user(accessKeyId="AKIA1"), ALICE, None, "user", True),
        (user(accessKeyId="ASIA1", sessionContext={"attributes": {"mfaAuthenticated": "true"}}), ALICE, None, "person",
         False),
        ({"type": "IAMUser", "accountId": ACCOUNT, "accessKeyId": "", "userName": "bob"},
         f"arn:aws:iam::{ACCOUNT}:user/bob", None, "user", False),
        ({"type": "IAMUser", "accountId": ACCOUNT, "accessKeyId": "", "userName": "HIDDEN_DUE_TO_SECURITY_REASONS"},
         None, None, "user", False),
        (assumed(), ROLE, "job", "role", False),
        ({"type": "AssumedRole", "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/a/b", "accountId": ACCOUNT},
         f"arn:aws:iam::{ACCOUNT}:role/worker", "a/b", "role", False),
        (assumed("i-0123456789abcdef0"), ROLE, "i-0123456789abcdef0", "instance", False),
        (assumed("mi-0123456789abcdef0"), ROLE, "mi-0123456789abcdef0", "instance", False),
        (assumed("x", context={"ec2RoleDelivery": "2.0"}), ROLE, "x", "instance", False),
        (assumed("f", inScopeOf=IN_LAMBDA), ROLE, "f", "function", False),
        (assumed("pod-1", context=POD), ROLE, "pod-1", "workload", False),
        (assumed("alice@example.com"), ROLE, "alice@example.com", "person", False),
        (assumed("alice", SSO), SSO, "alice", "person", False),
        (assumed("SLRManagement", LINKED, invokedBy="rds.amazonaws.com"), LINKED, "SLRManagement", "service", False),
        (assumed("x", context={"attributes": {"mfaAuthenticated": "true"}}), ROLE, "x", "person", False),
        ({"type": "FederatedUser", "arn": f"arn:aws:sts::{ACCOUNT}:federated-user/carol", "accessKeyId": "ASIA1",
          "sessionContext": {"sessionIssuer": {"type": "IAMUser", "arn": ALICE}}}, ALICE, "carol", "user", False),
        ({"type": "SAMLUser", "principalId": "abc=:alice", "userName": "alice"}, "abc=:alice", None, "person", False),
        ({"type": "WebIdentityUser", "principalId": f"{PIPELINE}:app:build", "userName": "build",
          "identityProvider": PIPELINE}, f"{PIPELINE}:app:build", None, "workload", False),
        ({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}, "ec2.amazonaws.com", None, "service", False),
        ({"accountId": ACCOUNT, "invokedBy": "backup.amazonaws.com"}, "backup.amazonaws.com", None, "service", False),
        (account("AIDA9"), "AIDA9", None, "stranger", None),
        (account("AROA9:x"), "AROA9", "x", "stranger", None),
        (account("AROA9:x", ACCOUNT), "AROA9", "x", "role", None),
        (account("", "ANONYMOUS_PRINCIPAL"), None, None, "anonymous", None),
        ({"type": "IdentityCenterUser", "accountId": ACCOUNT, "onBehalfOf": {"userId": "u-1"}}, "u-1", None, "person",
         False),
        ({"type": "Unknown", "principalId": "u-1", "userName": "alice"}, "u-1", None, "person", False),
        ({"type": "Unknown"}, None, None, None, False),
        ({"type": "Directory", "userName": "alice"}, "alice", None, "person", False),
        (None, None, None, None, None),
    ],
)  # fmt: skip
def test_an_identity_tells_who_acts(
    identity: Value, principal: str | None, session: str | None, actor: str | None, long_term: bool | None
) -> None:
    found = facts(userIdentity=identity)
    told = found.get("principal"), found.get("session"), found.get("actor"), found.get("long_term_key")
    assert told == (principal, session, actor, long_term)


@pytest.mark.parametrize(
    ("fields", "actor"),
    [
        ({"userIdentity": user(), "userAgent": "[S3Console/0.4, aws-internal/3 aws-sdk-java/1.12]"}, "person"),
        ({"userIdentity": assumed(), "userAgent": "Mozilla/5.0 (X11; Linux x86_64)"}, "person"),
        ({"userIdentity": assumed(), "sessionCredentialFromConsole": "true"}, "person"),
        ({"userIdentity": assumed(), "userAgent": "Boto3/1.35 exec-env/AWS_Lambda_python3.12"}, "function"),
        ({"userIdentity": assumed(), "userAgent": "aws-sdk-java/2 exec-env/AWS_ECS_FARGATE"}, "workload"),
        ({"userIdentity": assumed("i-0123456789abcdef0"), "userAgent": "Boto3/1.35 exec-env/AWS_ECS_EC2"}, "instance"),
    ],
)
def test_the_program_tells_what_the_identity_leaves_open(fields: dict[str, Value], actor: str) -> None:
    assert facts(**fields)["actor"] == actor


def test_an_account_of_the_list_is_no_stranger() -> None:
    assert facts(userIdentity=account("AIDA9"), lists={"own_accounts": [OTHER]})["actor"] == "user"
    assert facts(userIdentity=account(OTHER), lists={"own_accounts": [OTHER]})["actor"] == "root"


@pytest.mark.parametrize(
    ("user_agent", "family"),
    [
        ("aws-cli/2.17.0 md/awscrt#0.20 ua/2.0 os/linux", "aws-cli"),
        ("[Boto3/1.26.165 Python/3.10.6 Linux/5.19 Botocore/1.29.165]", "boto3"),
        ("APN/1.0 HashiCorp/1.0 Terraform/1.9 (+https://www.terraform.io) terraform-provider-aws/5.1", "terraform"),
        ("aws-sdk-go/1.41.4 (go1.18.3; linux; amd64) amazon-ssm-agent/", "aws-sdk-go"),
        ("aws-cli/2.15 exec-env/CloudShell", "cloudshell"),
        ("RDS Console, aws-internal/3 aws-sdk-java/1.11.975", "console"),
        ("signin.amazonaws.com", "console"),
        ("AWS Internal", "aws-service"),
        ("cloudformation.amazonaws.com", "aws-service"),
        ("Mozilla/5.0 (Windows NT 10.0)", "browser"),
        ("stratus-red-team_39f95f43-cd2f-4beb-b69e-be60b6fe1f57", "stratus-red-team"),
        ("-", None),
        ("", None),
        (7, None),
    ],
)
def test_a_user_agent_has_a_family(user_agent: Value, family: str | None) -> None:
    assert facts(userAgent=user_agent).get("agent") == family


@pytest.mark.parametrize(
    ("source", "name", "call"),
    [
        ("s3.amazonaws.com", "GetObject", "s3:GetObject"),
        ("lambda.amazonaws.com", "AddPermission20150331v2", "lambda:AddPermission"),
        ("lambda.amazonaws.com", "CreateFunction20150331", "lambda:CreateFunction"),
        ("cloudfront.amazonaws.com", "CreateDistribution2020_05_31", "cloudfront:CreateDistribution"),
        ("monitoring.amazonaws.com", "DeleteAlarms", "cloudwatch:DeleteAlarms"),
        (None, "GetObject", None),
    ],
)
def test_a_call_is_named_by_its_service(source: Value, name: str, call: str | None) -> None:
    assert facts(eventSource=source, eventName=name).get("call") == call


@pytest.mark.parametrize(
    ("source", "name", "identity", "parameters", "expected"),
    [
        ("iam", "CreateAccessKey", user(), {"userName": "Alice"}, True),
        ("iam", "CreateAccessKey", user(), {"userName": "bob"}, False),
        ("iam", "CreateAccessKey", user(), None, True),
        ("iam", "ListUsers", user(), None, None),
        ("iam", "PutRolePolicy", assumed(), {"roleName": "worker"}, True),
        ("iam", "PutRolePolicy", user(), {"roleName": "alice"}, False),
        ("sts", "AssumeRole", assumed(), {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/worker"}, True),
        ("sts", "AssumeRole", assumed(), {"roleArn": f"arn:aws:iam::{OTHER}:role/worker"}, False),
        ("redshift", "CreateUser", user(), {"userName": "alice"}, None),
    ],
)
def test_a_request_may_be_about_the_one_who_makes_it(
    source: str, name: str, identity: Value, parameters: Value, expected: bool | None
) -> None:
    found = facts(
        eventSource=f"{source}.amazonaws.com", eventName=name, userIdentity=identity, requestParameters=parameters
    )
    assert found.get("on_oneself") is expected


@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [
        ("AuthorizeSecurityGroupIngress",
         {"groupId": "sg-1", "ipPermissions": {}, "ipProtocol": "tcp", "fromPort": 22, "toPort": 22,
          "cidrIp": "0.0.0.0/0"}, ["22"]),
        ("AuthorizeSecurityGroupIngress",
         {"ipPermissions": {"items": [
             {"ipProtocol": "tcp", "fromPort": 3389, "toPort": 3389, "ipv6Ranges": {"items": [{"cidrIpv6": "::/0"}]}},
             {"ipProtocol": "tcp", "fromPort": 1000, "toPort": 2000, "ipRanges": {"items": [{"cidrIp": "0.0.0.0/1"}]}},
             {"ipProtocol": "icmp", "fromPort": 8, "toPort": -1, "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}},
             {"ipProtocol": "tcp", "fromPort": 5432, "toPort": 5432, "ipRanges": {"items": [{"cidrIp": "10.0.0.0/8"}]}},
         ]}}, ["1000-2000", "3389"]),
        ("AuthorizeSecurityGroupIngress",
         {"ipPermissions": {"items": [{"ipProtocol": "-1", "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}}]}},
         ["all"]),
        ("AuthorizeSecurityGroupIngress",
         {"ipPermissions": {"items": [{"ipProtocol": "tcp", "fromPort": 0, "toPort": 65535, "cidrIp": "::/0"}]}},
         ["all"]),
        ("AuthorizeSecurityGroupIngress",
         {"ipPermissions": {"items": [{"ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "groups": {"items": [{}]}}]}},
         []),
        ("ModifySecurityGroupRules",
         {"ModifySecurityGroupRulesRequest": {"GroupId": "sg-1", "SecurityGroupRule": {"tag": 1, "SecurityGroupRule": {
             "IpProtocol": "tcp", "FromPort": 6379, "ToPort": 6379, "CidrIpv4": "0.0.0.0/0"}}}}, ["6379"]),
        ("CreateNetworkAclEntry",
         {"egress": False, "ruleAction": "allow", "aclProtocol": "6", "cidrBlock": "0.0.0.0/0",
          "portRange": {"from": 22, "to": 23}}, ["22-23"]),
        ("CreateNetworkAclEntry",
         {"egress": False, "ruleAction": "deny", "aclProtocol": "-1", "cidrBlock": "0.0.0.0/0"}, []),
        ("CreateNetworkAclEntry", {"egress": True, "ruleAction": "allow", "cidrBlock": "0.0.0.0/0"}, None),
        ("RevokeSecurityGroupIngress", {"ipProtocol": "tcp", "fromPort": 22, "cidrIp": "0.0.0.0/0"}, None),
    ],
)  # fmt: skip
def test_ports_that_are_opened_to_the_whole_internet_are_told(
    name: str, parameters: Value, expected: list[str] | None
) -> None:
    assert facts(eventSource="ec2.amazonaws.com", eventName=name, requestParameters=parameters).get("opened_ports") == (
        expected
    )


def test_an_address_has_a_network_and_a_name_has_none() -> None:
    from_outside = facts(sourceIPAddress="8.8.8.8")
    assert (from_outside["network"], from_outside["public_source"]) == ("8.8.8.0/24", True)
    from_aws = facts(sourceIPAddress="cloudformation.amazonaws.com")
    assert not {"network", "public_source"} & {*from_aws}
    assert facts(sourceIPAddress="10.1.2.3")["public_source"] is False
    assert facts("vpcflow", srcaddr="10.1.2.3", bytes=17).items() >= {"network": "10.1.2.0/24", "bytes": 17}.items()
    assert facts("alb", client_ip="8.8.8.8", sent_bytes="300")["bytes"] == 300


@pytest.mark.parametrize("value", [None, "-", True, {}, "12x"])
def test_bytes_that_are_no_number_are_absent(value: Value) -> None:
    assert "bytes" not in facts(additionalEventData={"bytesTransferredOut": value})


def test_the_beginning_of_a_chain_is_asked_of_whoever_follows_them() -> None:
    def chains(key: str, principal: str) -> tuple[str, int]:
        return (ALICE, 2) if (key, principal) == ("ASIA1", SESSION) else (principal, 0)

    record = {**BASE, "userIdentity": assumed()}
    found = Meaning({}, chains=chains).of(Event("cloudtrail", 0, "e", record, "f", 1))
    assert (found["origin"], found["chain_length"]) == (ALICE, 2)
    nobody = {"call": "s3:GetObject", "text": {"userIdentity": "{}"}}
    assert (facts(userIdentity=assumed())["origin"], facts(userIdentity={})) == (SESSION, nobody)


# -- the map of facts


def test_every_fact_of_the_table_is_worked_out_for_its_sources_and_for_no_others() -> None:
    everything: dict[str, Value] = {
        **BASE, "userIdentity": assumed(), "userAgent": "Boto3/1", "sourceIPAddress": "8.8.8.8", "srcaddr": "8.8.8.8",
        "client_ip": "8.8.8.8", "query_name": "a.example.com", "bytes": 1, "sent_bytes": 1,
        "additionalEventData": {"bytesTransferredOut": 1},
    }  # fmt: skip
    requests: list[dict[str, Value]] = [
        {"eventSource": "iam.amazonaws.com", "eventName": "PutRolePolicy",
         "requestParameters": {"roleName": "r", "policyDocument": {"Statement": []}}},
        {"eventSource": "iam.amazonaws.com", "eventName": "UpdateAssumeRolePolicy",
         "requestParameters": {"roleName": "r", "policyDocument": {"Statement": [{"Effect": "Deny"}]}}},
        {"eventSource": "iam.amazonaws.com", "eventName": "PutRolePolicy",
         "requestParameters": {"roleName": "r", "policyDocument": {"Statement": [{"Effect": "Deny"}]}}},
        {"eventSource": "ec2.amazonaws.com", "eventName": "AuthorizeSecurityGroupIngress", "requestParameters": {}},
    ]  # fmt: skip
    meaning = Meaning({}, Places([(ip_network("8.0.0.0/8"), Location("there", 1, 2))]))
    for source in LOG_SOURCES:
        told = {name for more in requests for name in meaning.of(Event(source, 0, "e", {**everything, **more}, "f", 1))}
        assert told == {name for name, fact in EVENT_FACTS.items() if source in fact.sources}


def test_the_facts_are_documented() -> None:
    table = (
        DETECTIONS.read_text("utf-8").partition("<!-- derived facts of events -->\n")[2].partition("<!-- end -->")[0]
    )
    assert table.splitlines()[2:] == [
        f"| `{name}` | {fact.value} | {fact.phrase} | {', '.join(fact.sources)} |" for name, fact in EVENT_FACTS.items()
    ]


def test_a_fact_is_worked_out_once_and_only_when_it_is_asked_for() -> None:
    asked: list[str] = []

    def chains(key: str, principal: str) -> tuple[str, int]:
        asked.append(principal)
        return principal, 0

    found = Meaning({}, chains=chains).of(Event("cloudtrail", 0, "e", {**BASE, "userIdentity": user()}, "f", 1))
    assert found.get("principal") == ALICE
    assert asked == []
    assert found.get("origin") == found["origin"] == ALICE
    assert asked == [ALICE]


def test_the_map_is_a_dict_in_every_way() -> None:
    def fresh() -> dict[str, Value]:
        found: dict[str, Value] = facts(userIdentity=user(), userAgent="Boto3/1")
        return found

    whole = {
        "principal": ALICE, "actor": "user", "long_term_key": False, "origin": ALICE, "chain_length": 0,
        "agent": "boto3", "call": "s3:GetObject", "text": {"userIdentity": json.dumps(user(), separators=(",", ":"))},
    }  # fmt: skip
    assert fresh() == whole
    assert whole == fresh()
    assert dict(fresh()) == {**fresh()} == fresh().copy() == whole
    assert json.loads(json.dumps(fresh().copy())) == whole
    assert set(fresh()) == set(fresh().keys()) == set(whole)
    assert (len(fresh()), bool(fresh()), list(fresh().values())) == (len(whole), True, list(fresh().copy().values()))
    assert "session" not in fresh()
    assert fresh().get("session", "none") == "none"
    with pytest.raises(KeyError, match="session"):
        fresh()["session"]


def test_a_fact_is_tellable_of_every_call_that_it_is_told_of() -> None:
    for call in [*WRITTEN, *OPENING, "lambda:AddPermission20150331v2", "glue:PutResourcePolicy", "s3:GetObject"]:
        service, _, name = call.partition(":")
        parameters = {"policyDocument": {"Statement": [{"Effect": "Deny"}]}, "policyArn": "arn:aws:iam::aws:policy/X"}
        told = facts(eventSource=f"{service}.amazonaws.com", eventName=name, requestParameters=parameters)
        for fact in told:
            assert tellable(fact, f"{service}.amazonaws.com", name)
    assert not tellable("grants", "s3.amazonaws.com", "GetObject")
    assert not tellable("opened_ports", "s3.amazonaws.com", "GetObject")


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
    | st.sampled_from(["*", "%7B", "{", "arn:aws:iam::1:x", '{"Statement": 1}', "0.0.0.0/0", "::/0", "AWSAccount"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["type", "arn", "items", "policy", "policyDocument", "Statement", "Effect", "Principal", "AWS",
                         "Condition", "StringEquals", "aws:PrincipalArn", "sessionContext", "sessionIssuer", "cidrIp",
                         "ipPermissions", "ipProtocol", "fromPort", "AccessControlPolicy", "AccessControlList", "Grant",
                         "Grantee", "ID", "x-amz-acl", "principals"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(st.sampled_from(sorted([*WRITTEN, *OPENING])), JUNK, JUNK, JUNK)
@settings(max_examples=150, deadline=None)
def test_nothing_that_stands_in_an_event_is_too_strange(
    call: str, parameters: Value, identity: Value, other: Value
) -> None:
    service, _, name = call.partition(":")
    found = facts(
        eventSource=f"{service}.amazonaws.com", eventName=name, requestParameters=parameters, userIdentity=identity,
        userAgent=other, sourceIPAddress=other, additionalEventData=other, recipientAccountId=other,
    )  # fmt: skip
    assert json.loads(json.dumps(found.copy())) == found


# -- places

NETWORKS = st.builds(
    lambda base, length: ip_network((base >> (32 - length) << (32 - length), length)),
    st.integers(0, 2**32 - 1).map(lambda number: number & 0xC1030107),
    st.integers(0, 32),
)


@given(st.lists(NETWORKS, max_size=12, unique=True), st.lists(st.integers(0, 2**32 - 1), max_size=8))
@settings(max_examples=80, deadline=None)
def test_the_smallest_network_around_an_address_gives_its_place(networks: list[Network], numbers: list[int]) -> None:
    places = Places((network, Location(str(network), 0, 0)) for network in networks)
    edges = [int(edge) + step for one in networks for edge in (one[0], one[-1]) for step in (-1, 0, 1)]
    for number in [*numbers, *(edge for edge in edges if 0 <= edge < 2**32)]:
        around = [one for one in networks if ip_address(number) in one]
        found = places.find(str(ip_address(number)))
        assert (found.name if found else None) == (str(max(around, key=lambda one: one.prefixlen)) if around else None)


def test_addresses_of_both_versions_have_places_and_names_have_none() -> None:
    here = Location("here", 50.1, 8.7)
    places = Places([(ip_network("192.0.2.0/24"), here), (ip_network("2001:db8::/32"), here)])
    assert places.find("192.0.2.7") == places.find("2001:db8::1") == places.find("::ffff:192.0.2.7") == here
    assert places.find("192.0.3.0") is places.find("2001:db9::") is places.find("AWS Internal") is None
