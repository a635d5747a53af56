"""`derived.escalation_paths`: which ways to further rights a policy leaves open, and which it surely does not."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analysis.workload import fact, resource

from mainstay.analysis.escalation_ways import ACTS_ON, WAYS
from mainstay.engine import compile
from mainstay.model.conditions import Condition, Count
from mainstay.model.conditions import Test as Entry  # pytest takes a `Test` for a class of tests
from mainstay.model.values import ABSENT, Document, Items, OneOf, Record, Ref, Text, Unknown, Value

POLICY = "AWS::IAM::ManagedPolicy"
UNSET = Unknown("var.x is not set", None, "set var.x")
NEW_VERSION, RUN = "iam:CreatePolicyVersion", "iam:PassRole + ec2:RunInstances"
ACCOUNT = Ref("", "account.id")


def paths(*statements: Value, type: str = POLICY) -> Value:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return fact("escalation_paths", "p", [resource(type, "p", PolicyDocument=document)])


def allow(action: Value, on: Value = "*", **more: Value) -> dict[str, Value]:
    return {"Effect": "Allow", "Action": action, "Resource": on, **more}


def deny(action: Value, on: Value = "*", **more: Value) -> dict[str, Value]:
    return {**allow(action, on, **more), "Effect": "Deny"}


def test_an_administrator_has_every_way() -> None:
    assert len(paths(allow("*"))) == len(WAYS) == len(set(WAYS))
    assert len(paths(allow("iam:*"))) == len(ACTS_ON) - 1


def test_no_way_asks_for_all_that_another_asks_for() -> None:
    assert not [(one, other) for one in WAYS for other in WAYS if set(one) < set(other)]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (allow(NEW_VERSION), [NEW_VERSION]),
        (allow("IAM:createpolicyversion"), [NEW_VERSION]),
        (allow(["s3:Get*", "iam:Create?olicyV*"]), [NEW_VERSION]),
        (allow("s3:*"), []),
        (allow(NEW_VERSION, "arn:aws:iam::*:policy/*"), [NEW_VERSION]),
        (allow(NEW_VERSION, "arn:aws:iam::111122223333:policy/*"), [NEW_VERSION]),
        (allow(NEW_VERSION, Text(("arn:aws:iam::", ACCOUNT, ":policy/*"))), [NEW_VERSION]),
        (allow(NEW_VERSION, "arn:aws:iam::111122223333:policy/app-*"), []),
        (allow(NEW_VERSION, "arn:aws:iam::111122223333:role/*"), []),
        (allow(NEW_VERSION, Ref("aws_iam_policy.own", "arn")), []),
        (allow(NEW_VERSION, Ref("data.aws_iam_policy.other", "arn")), []),
        (allow(NEW_VERSION, Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}), []),
        ({"Effect": "Allow", "Action": NEW_VERSION, "NotResource": "arn:aws:iam::1:policy/admin"}, [NEW_VERSION]),
        (allow(["iam:PassRole", "ec2:RunInstances"]), [RUN]),
        (allow(["iam:PassRole", "ec2:RunInstances"], "arn:aws:iam::111122223333:role/app"), []),
        (allow("iam:PassRole"), []),
        (allow("iam:PutUserPolicy", "arn:aws:iam::*:user/${aws:username}"), ["iam:PutUserPolicy"]),
        (allow("iam:CreateAccessKey", "arn:aws:iam::*:user/${aws:username}"), []),
        (allow("sts:AssumeRole"), []),
    ],
)
def test_a_way_is_open_where_a_statement_allows_it_on_everything_of_its_kind(
    statement: Value, expected: list[str]
) -> None:
    assert paths(statement) == expected


def test_the_actions_of_a_way_may_stand_in_several_statements() -> None:
    assert paths(allow("iam:PassRole"), allow("ec2:RunInstances", "arn:aws:ec2:*:*:*")) == [RUN]
    assert paths(allow("iam:PassRole", "arn:aws:iam::1:role/app"), allow("ec2:*")) == []


def test_all_but_some_actions_are_the_others() -> None:
    assert paths({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}) == []
    assert NEW_VERSION in paths({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"})


def test_an_unconditional_denial_of_everything_closes_a_way() -> None:
    assert paths(allow(NEW_VERSION), deny("iam:*")) == []
    assert paths(allow(NEW_VERSION), deny("iam:*", "arn:aws:iam::*:policy/app-*")) == [NEW_VERSION]
    assert paths(allow(NEW_VERSION), deny("iam:*", Condition={"Bool": {"a": "b"}})) == [NEW_VERSION]
    assert (
        paths(allow(["iam:PassRole", "ec2:RunInstances"]), deny("ec2:RunInstances", "arn:aws:ec2:*:*:instance/*")) == []
    )


def test_the_inline_policies_of_a_role_are_held_together() -> None:
    documents = [{"PolicyDocument": {"Statement": allow(action)}} for action in ("iam:PassRole", "ec2:RunInstances")]
    assert fact("escalation_paths", "p", [resource("AWS::IAM::Role", "p", Policies=documents)]) == [RUN]
    assert fact("escalation_paths", "p", [resource("AWS::IAM::Role", "p")]) is ABSENT


@pytest.mark.parametrize(
    "statement",
    [
        UNSET,
        allow(UNSET),
        allow(NEW_VERSION, UNSET),
        allow(NEW_VERSION, Text(("arn:aws:iam::1:policy/", UNSET))),
        allow(NEW_VERSION, Condition=OneOf([{"Bool": {"a": "b"}}, None], "var.x is not set", None, "set var.x")),
        allow(NEW_VERSION, OneOf(["*", "arn:aws:iam::1:policy/app"], "var.x is not set", None, "set var.x")),
        allow(Items([], UNSET)),
    ],
)
def test_what_a_statement_may_allow_is_not_known_and_says_why(statement: Value) -> None:
    found = paths(statement)
    assert isinstance(found, Unknown)
    assert (found.reason, found.settle) == ("var.x is not set", "set var.x")


def test_what_is_surely_open_stays_so_beside_what_is_not_known() -> None:
    found = paths(allow(NEW_VERSION), allow("iam:PassRole", UNSET), allow("ec2:*"))
    assert (list(found), found.doubt.reason) == ([NEW_VERSION], "var.x is not set")


def test_what_is_denied_may_close_what_is_allowed() -> None:
    assert isinstance(paths(allow(NEW_VERSION), deny(UNSET)), Unknown)


def test_what_is_not_known_but_cannot_matter_leaves_the_answer() -> None:
    assert paths(allow("s3:GetObject", UNSET)) == []
    assert paths(allow("iam:PassRole", UNSET)) == []
    assert paths(allow("iam:PassRole", Text(("arn:aws:iam::", UNSET, ":role/app"))), allow("ec2:*")) == []


def test_a_document_is_read_however_it_is_held() -> None:
    known = {"Statement": allow(NEW_VERSION, [Ref("aws_x.y", "arn"), "*"])}
    one = resource(POLICY, "p", PolicyDocument=Document(known))
    assert fact("escalation_paths", "p", [one]) == [NEW_VERSION]
    text = resource(POLICY, "p", PolicyDocument='{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}')
    assert len(fact("escalation_paths", "p", [text])) == len(WAYS)


def test_a_long_pattern_takes_no_long_time() -> None:
    assert paths(allow("*a" * 4000 + "b")) == []


# -- what is not known never contradicts what turns out

ACTIONS = ["*", "iam:*", NEW_VERSION, "iam:PassRole", "ec2:Run*", "s3:Get*"]
ON = ["*", "arn:aws:iam::1:policy/*", "arn:aws:iam::1:role/app", "arn:aws:ec2:*:*:instance/*"]
USUAL = [("Action", "Resource")]
UNUSUAL = [("NotAction", "Resource"), ("Action", "NotResource")]
CONDITIONS: list[Condition] = [
    *(Count(("paths",), comparison, number) for comparison in ("gte", "equals", "lte") for number in (0, 1, 2)),
    *(Entry(("paths",), operator, (value,)) for operator in ("equals", "neq") for value in (NEW_VERSION, RUN, None)),
]


class Turn:
    """Makes policies of which something is not known, each with what it turns out to be."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def pattern(self, patterns: list[str]) -> tuple[Value, Value]:
        """A pattern, or a few of them, and what they turn out to be."""
        actual = self.random.choice(patterns)
        cut = self.random.randrange(len(actual))
        other = self.random.choice(patterns)
        ways: list[tuple[Value, Value]] = [
            (actual, actual),
            ([actual, other], [actual, other]),
            (UNSET, actual),
            (Text((actual[:cut], UNSET)), actual),
            (Text((UNSET, actual[cut:])) if cut else UNSET, actual),
            (OneOf([other, actual], "var.o"), actual),
            (Items([other], actual), [other] + [actual] * self.random.randrange(2)),
            (Items([other], UNSET), [other] + [actual] * self.random.randrange(2)),
        ]
        return self.random.choice(ways)

    def statement(self) -> tuple[Value, Value]:
        action, did = self.pattern(ACTIONS)
        on, was = self.pattern(ON)
        names = self.random.choice(USUAL * 4 + UNUSUAL)
        effect = self.random.choice(["Allow", "Allow", "Allow", "Deny"])
        told: dict[str, Value] = {"Effect": effect, names[0]: action, names[1]: on}
        turned: dict[str, Value] = {"Effect": effect, names[0]: did, names[1]: was}
        condition = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
        ways: list[tuple[Value, Value]] = [
            *[(told, turned)] * 6,
            (UNSET, turned),
            (told | {"Effect": UNSET}, turned),
            (told | {"Condition": UNSET}, turned | {"Condition": self.random.choice([condition, None])}),
            (OneOf([None, told], "var.o"), self.random.choice([None, turned])),
        ]
        return self.random.choice(ways)

    def policy(self) -> tuple[Value, Value]:
        statements = [self.statement() for _ in range(self.random.randint(1, 3))]
        told, turned = [one for one, _ in statements], [other for _, other in statements]
        if not self.random.randrange(5):
            further, actual = self.statement()
            return {"Statement": Items(told, further)}, {"Statement": turned + [actual] * self.random.randrange(2)}
        return {"Statement": told}, {"Statement": turned}


@settings(max_examples=600, deadline=None, derandomize=True, database=None)
@given(st.randoms(use_true_random=False))
def test_no_verdict_is_contradicted_by_what_turns_out(random: Random) -> None:
    policies = Turn(random).policy()
    before, after = (
        Record({"paths": fact("escalation_paths", "p", [resource(POLICY, "p", PolicyDocument=policy)])})
        for policy in policies
    )
    for condition in CONDITIONS:
        answer = compile(condition)(before)
        assert answer is None or answer is compile(condition)(after), (condition, before, after, policies)
