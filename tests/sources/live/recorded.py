"""One real pass over an account in moto, whose answers are played back as often as a test likes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from functools import cache
from typing import Any
from unittest import mock

import boto3
from moto import mock_aws
from tests.population import REGION, populate

from mainstay.catalog import load
from mainstay.model.values import Record, Value
from mainstay.sources.live.api import Api
from mainstay.sources.live.calls import Caller, CallError, Failed
from mainstay.verbs.account_pass import Target
from mainstay.verbs.live import review_live

ACCOUNT = "123456789012"
HOLDING = frozenset({
    "athena", "cloudtrail", "cloudwatch", "dynamodb", "ec2", "elasticache", "events", "iam", "kms", "lambda", "logs",
    "rds", "redshift", "s3", "s3control", "sns", "sqs", "sso-admin", "sts",
})  # fmt: skip
"""The services that the account has something in, of its own or moto's. To load the others takes most of the time."""

Key = tuple[str, str, str, str]
"""Service, operation, region and parameters of a call."""
Answers = dict[Key, list[Record] | CallError]


def key(service: str, operation: str, region: str, parameters: Mapping[str, Value]) -> Key:
    return (service, operation, region, json.dumps(parameters, sort_keys=True))


class Recorder:
    """Makes calls, and keeps what was answered; a service that holds nothing answers with an empty page."""

    def __init__(self, caller: Caller) -> None:
        self.account, self.partition = caller.account, caller.partition
        self.caller = caller
        self.answers: Answers = {}

    def pages(
        self,
        service: str,
        operation: str,
        region: str,
        parameters: Mapping[str, Value],
        tokens: tuple[str, str] | None = None,
    ) -> Iterator[Record]:
        at = key(service, operation, region, parameters)
        if service not in HOLDING:
            self.answers[at] = [Record()]
            yield Record()
            return
        try:
            pages = list(self.caller.pages(service, operation, region, parameters, tokens))
        except CallError as error:
            self.answers[at] = error
            raise
        self.answers[at] = copied(pages)
        yield from pages


class Player:
    """Answers as was recorded; `refuse` is asked before each call and may raise instead."""

    account, partition = ACCOUNT, "aws"

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.asked: list[Key] = []

    def refuse(self, service: str, operation: str, region: str) -> None:
        pass

    def pages(
        self,
        service: str,
        operation: str,
        region: str,
        parameters: Mapping[str, Value],
        tokens: tuple[str, str] | None = None,
    ) -> Iterator[Record]:
        at = key(service, operation, region, parameters)
        self.asked.append(at)
        self.refuse(service, operation, region)
        answer = self.answers.get(at)
        if answer is None:
            raise Failed("NotRecorded", str(at))
        if isinstance(answer, CallError):
            raise answer
        for page in answer:
            yield copied(page)


@cache
def recorded() -> Answers:
    """The answers to every call of a pass over a small account by all controls."""
    keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "MOTO_ACCOUNT_ID": ACCOUNT}
    with mock.patch.dict(os.environ, keys), mock_aws():
        session = boto3.Session(region_name=REGION)
        clients: dict[str, Any] = {}
        populate(lambda name: clients.setdefault(name, session.client(name)), 2)  # type: ignore[call-overload]
        recorder = Recorder(Api(session, ACCOUNT, tries=1))
        review_live([Target(recorder, (REGION,))], load().controls)
    return _shortened(recorder.answers)


def _shortened(answers: Answers) -> Answers:
    """Of what moto has of its own by the hundred, a few are enough."""
    for answer in answers.values():
        for page in answer if isinstance(answer, list) else ():
            for name in ("Snapshots", "Images", "Policies"):
                if isinstance(page.get(name), list):
                    page[name] = page[name][:3]
    return answers


def copied(value: Value) -> Value:
    if isinstance(value, Record):
        return Record({name: copied(inner) for name, inner in value.items()})
    return [copied(inner) for inner in value] if isinstance(value, list) else value


class AtOnce:
    """Does what a crew is given at once, in this thread."""

    def submit(self, work: Any, *given: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(work(*given))
        return future
