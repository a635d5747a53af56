"""Passes that do not go to their end, and several accounts at once: what is kept, what is said, and how it goes on."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.population import REGION
from tests.sources.live.recorded import Answers, Player, key

from mainstay.catalog import load
from mainstay.evidence import Ledger, Query, open_ledger
from mainstay.model.errors import AccountError
from mainstay.model.findings import Gap, Review
from mainstay.model.places import Unit
from mainstay.model.values import Record, Value
from mainstay.sources.live.calls import CallError, Refused
from mainstay.verbs.account_pass import Target
from mainstay.verbs.live import review_live

SERVICES = ("S3", "SQS", "DynamoDB")
CONTROLS = [one for one in load().controls if any(type.split("::")[1] in SERVICES for type in one.applies_to)]


def answers(account: str) -> Answers:
    """A few buckets, queues and tables."""
    block = {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": True,
        "RestrictPublicBuckets": True,
    }
    buckets = [Record({"Name": f"shop-{n}", "BucketRegion": REGION}) for n in range(3)]
    urls = [f"https://sqs.{REGION}.amazonaws.com/{account}/shop-{n}" for n in range(3)]
    told: Answers = {
        key("s3", "list_buckets", "us-east-1", {}): [Record({"Buckets": buckets})],
        key("sqs", "list_queues", REGION, {}): [Record({"QueueUrls": urls})],
        key("dynamodb", "list_tables", REGION, {}): [Record({"TableNames": ["shop"]})],
    }
    told[key("dynamodb", "describe_table", REGION, {"TableName": "shop"})] = [Record({"Table": Record()})]
    for n in range(3):
        told[key("s3", "get_bucket_acl", "us-east-1", {"Bucket": f"shop-{n}"})] = [Record({"Grants": []})]
        parameters = {"AttributeNames": ["All"], "QueueUrl": urls[n]}
        told[key("sqs", "get_queue_attributes", REGION, parameters)] = [Record({"Attributes": Record()})]
        at = key("s3", "get_public_access_block", "us-east-1", {"Bucket": f"shop-{n}"})
        told[at] = [Record({"PublicAccessBlockConfiguration": Record(block)})]
    return told


class Fake(Player):
    """Answers what it has, and with nothing what it has not; `fails` says at which call the credentials expire."""

    def __init__(self, account: str = "111122223333", fails: int = 10**9) -> None:
        super().__init__(answers(account))
        self.account = account
        self.left = fails
        self.refused: set[str] = set()
        self.lock = threading.Lock()

    def pages(
        self,
        service: str,
        operation: str,
        region: str,
        parameters: Mapping[str, Value],
        tokens: tuple[str, str] | None = None,
    ) -> Iterator[Record]:
        with self.lock:
            self.left -= 1
            if self.left < 0:
                raise AccountError("the credentials have expired (ExpiredToken): log in again")
        if operation in self.refused:
            raise Refused("AccessDenied", "no")
        answer = self.answers.get(key(service, operation, region, parameters), [Record()])
        if isinstance(answer, CallError):
            raise answer
        yield from answer


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path / "ledger.sqlite", write=True) as opened:
        yield opened


def verdicts(review: Review) -> dict[tuple[str, str, str], str]:
    return {(one.control.id, one.subject.scope, one.subject.address): one.verdict for one in review.findings}


def look(*callers: Fake, ledger: Ledger | None = None, resume: bool = False) -> Review:
    return review_live([Target(caller, (REGION,)) for caller in callers], CONTROLS, ledger, resume)


@pytest.mark.parametrize("fails", [1, 5, 12, 20])
def test_a_pass_whose_credentials_expire_goes_on_to_the_same_findings(fails: int, ledger: Ledger) -> None:
    whole = look(Fake())
    with pytest.raises(AccountError, match=r"expired .* what was read is in the ledger, go on with --resume"):
        look(Fake(fails=fails), ledger=ledger)
    [interrupted] = ledger.passes()
    assert interrupted.state == "interrupted"
    kept = ledger.collected(interrupted)
    resumed = Fake()
    assert verdicts(look(resumed, ledger=ledger, resume=True)) == verdicts(whole)
    assert [one.state for one in ledger.passes()] == ["complete"]
    assert 10**9 - resumed.left <= _calls() - len(kept)


def _calls() -> int:
    whole = Fake()
    look(whole)
    return 10**9 - whole.left


def test_without_a_ledger_nothing_is_promised() -> None:
    with pytest.raises(AccountError, match=r"log in again$"):
        look(Fake(fails=3))


def test_a_unit_with_a_gap_is_read_again_when_the_pass_goes_on(ledger: Ledger) -> None:
    first = Fake()
    first.refused.add("list_queues")

    def progress(done: int, known: int, where: str) -> None:
        if done == known:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        review_live([Target(first, (REGION,))], CONTROLS, ledger, progress=progress)
    review = look(Fake(), ledger=ledger, resume=True)
    assert verdicts(review) == verdicts(look(Fake()))
    assert review.gaps == []


def test_ctrl_c_ends_the_pass_at_once_while_a_call_hangs(ledger: Ledger) -> None:
    ended = threading.Event()

    class Hanging(Fake):
        def pages(
            self,
            service: str,
            operation: str,
            region: str,
            parameters: Mapping[str, Value],
            tokens: tuple[str, str] | None = None,
        ) -> Iterator[Record]:
            if operation == "list_queues":
                ended.wait(60)
            yield from super().pages(service, operation, region, parameters, tokens)

    def progress(done: int, known: int, where: str) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        review_live([Target(Hanging(), (REGION,))], CONTROLS, ledger, progress=progress)
    ended.set()
    assert [one.state for one in ledger.passes()] == ["interrupted"]
    assert verdicts(look(Fake(), ledger=ledger, resume=True)) == verdicts(look(Fake()))


def test_one_account_that_ends_early_leaves_the_others_and_what_was_known_of_it(ledger: Ledger) -> None:
    accounts = ("111122223333", "222233334444", "333344445555")
    look(*map(Fake, accounts), ledger=ledger)
    before = ledger.counts(("scope", "verdict"))
    callers = [Fake(accounts[0]), Fake(accounts[1], fails=4), Fake(accounts[2])]
    review = look(*callers, ledger=ledger)
    assert {one.subject.scope for one in review.findings} == {accounts[0], accounts[2]}
    [gap] = review.gaps
    assert gap.unit == Unit(accounts[1])
    assert "could not be read to the end" in gap.reason
    assert ledger.counts(("scope", "verdict")) == before  # nothing of it is taken for gone
    assert [one.state for one in ledger.passes()] == ["complete", "interrupted"]
    assert {one.subject.scope for one in look(*map(Fake, accounts), ledger=ledger, resume=True).findings} == {*accounts}


def test_buckets_that_could_not_be_listed_are_not_gone(ledger: Ledger) -> None:
    look(Fake(), ledger=ledger)
    buckets = Query(types=frozenset({"AWS::S3::Bucket"}))
    before = Counter(one.verdict for one in ledger.findings(buckets))
    refusing = Fake()
    refusing.refused.add("list_buckets")
    look(refusing, ledger=ledger)
    assert before
    assert Counter(one.verdict for one in ledger.findings(buckets)) == before


def test_results_come_in_one_order_whatever_answers_first() -> None:
    accounts = ("333344445555", "111122223333", "222233334444")
    runs = [list(verdicts(look(*map(Fake, accounts))).items()) for _ in range(3)]
    assert runs[0] == runs[1] == runs[2]


def test_accounts_that_are_not_reached_are_gaps_of_the_review() -> None:
    gap = Gap("denied", "account 999900001111 could not be read", unit=Unit("999900001111"), call="sts.assume_role")
    assert gap in review_live([Target(Fake(), (REGION,))], CONTROLS, unreached=[gap]).gaps
