"""Choosing what may fire by a few values never loses a rule that fires, and leaves nothing to ask of what is known."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mainstay.analysis.meaning import Meaning
from mainstay.engine import parse
from mainstay.engine.compile import compile
from mainstay.engine.selecting import Selection, keys_of
from mainstay.model.conditions import All
from mainstay.model.detections import About, Detection
from mainstay.model.events import Event

MEANING = Meaning({}, None)

NAMES = st.sampled_from(["GetObject", "PutObject", "ConsoleLogin", "getobject", "x", ""])
SOURCES = st.sampled_from(["s3.amazonaws.com", "signin.amazonaws.com", "iam.amazonaws.com"])
AGENTS = st.sampled_from(["aws-cli/2.17.0", "Boto3/1.34", "Mozilla/5.0", "trufflehog", None])
ADDRESSES = st.sampled_from(["203.0.113.9", "10.0.0.4", "s3.amazonaws.com", "AWS Internal", None, "2001:db8::1"])
ERRORS = st.sampled_from([None, "AccessDenied", "Client.UnauthorizedOperation"])
ARN = "arn:aws:sts::111122223333:assumed-role/app/i-0123456789abcdef0"
IDENTITIES = st.sampled_from([
    {"type": "Root", "arn": "arn:aws:iam::111122223333:root", "accountId": "111122223333"},
    {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ci", "accessKeyId": "AKIAEXAMPLE", "userName": "ci"},
    {"type": "AssumedRole", "arn": ARN, "accessKeyId": "ASIAEXAMPLE"},
    {"type": "AWSService", "invokedBy": "autoscaling.amazonaws.com"},
    {},
])  # fmt: skip
EVENTS = st.fixed_dictionaries(
    {
        "eventName": NAMES, "eventSource": SOURCES, "userAgent": AGENTS, "sourceIPAddress": ADDRESSES,
        "errorCode": ERRORS, "userIdentity": IDENTITIES, "recipientAccountId": st.just("111122223333"),
        "requestParameters": st.sampled_from([None, {"bucketName": "orders"}, {"userName": "ci"}]),
    }
)  # fmt: skip
ENTRIES = st.sampled_from([
    {"eventName": "GetObject"}, {"eventName|startswith": "Get"}, {"eventName": ["PutObject", "x"]},
    {"eventName|neq": "GetObject"}, {"eventSource": "s3.amazonaws.com"}, {"eventSource|contains": "iam"},
    {"errorCode": None}, {"errorCode|exists": True}, {"errorCode|endswith": "Operation"},
    {"userIdentity.type": "Root"}, {"userIdentity.arn|re": ".+:assumed-role/.+"}, {"userAgent|contains": "hog"},
    {"derived.actor": ["instance", "root"]}, {"derived.long_term_key": True}, {"derived.public_source": True},
    {"derived.network": "203.0.113.0/24"}, {"derived.agent": "boto3"}, {"requestParameters.bucketName": "orders"},
    {"derived.grants": "administration"}, {"derived.strangers|exists": False}, {"derived.on_oneself|neq": True},
    {"userIdentity.userName|fieldref": "requestParameters.userName"}, {"userIdentity|exists": False},
])  # fmt: skip
SELECTIONS = st.one_of(ENTRIES, st.lists(ENTRIES, min_size=1, max_size=3), st.lists(NAMES, min_size=1, max_size=2))
CONDITIONS = st.sampled_from([
    "a", "a and b", "a or b", "not a", "a and not b", "not (a or b)", "1 of them", "all of them", "not a and not b",
])  # fmt: skip
DETECTIONS = st.builds(lambda a, b, said: {"a": a, "b": b, "condition": said}, SELECTIONS, SELECTIONS, CONDITIONS)


def selection(*conditions: Any) -> Selection:
    detections = [Detection(About(str(n), "", "low"), {}, "cloudtrail", parse(one)) for n, one in enumerate(conditions)]
    return Selection(detections, "cloudtrail", MEANING)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(st.lists(DETECTIONS, min_size=1, max_size=6), st.lists(EVENTS, min_size=1, max_size=20))
def test_no_rule_that_fires_is_left_out(documents: list[Any], events: list[dict[str, Any]]) -> None:
    chosen = selection(*documents)
    for fields in events:
        left = dict(chosen.left(keys_of("cloudtrail", fields)))
        event = Event("cloudtrail", 0, "", dict(fields), "", 1)
        event.fields["derived"] = MEANING.of(event)
        for number, document in enumerate(documents):
            fires = compile(parse(document))(event.fields) is True
            assert fires == (number in left and compile(left[number])(event.fields) is True), document


def test_rules_for_other_calls_are_gone_and_of_those_for_this_one_the_rest_is_left() -> None:
    rest = {"requestParameters.bucketName": "orders"}
    chosen = selection({"eventName": "GetObject", **rest}, {"eventName": "PutObject"}, {"eventName|startswith": "Get"})
    keys = keys_of("cloudtrail", {"eventName": "GetObject", "eventSource": "s3.amazonaws.com"})
    assert dict(chosen.left(keys)) == {0: parse(rest), 2: All(())}


def test_what_is_no_json_or_no_text_has_a_key_of_its_own() -> None:
    odd = [True, 1, 1.5, "1", None, {"a": "\ud800"}, [10**30], {"b": 1}]
    keys = [keys_of("cloudtrail", {"errorCode": each})[1] for each in odd]
    assert len(set(zip(map(type, keys), keys, strict=True))) == len(odd)
