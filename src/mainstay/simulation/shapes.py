"""Calls by name: from the table in `calls.yaml` to records, filled in from the things of an account."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any, Final
from zlib import crc32

import yaml

from mainstay.simulation import tokens
from mainstay.simulation.company import Account, Bucket, Company, Role
from mainstay.simulation.records import GLOBAL, Caller, Json, record, spoken

_WORD: Final = re.compile(r"\{(\w+)\}")
_READS: Final = re.compile(
    r"^(Describe|Get|List|Lookup|Search|Head|BatchGet|Generate(DataKey|Credential)|Decrypt|AssumeRole|Simulate|Filter|InvokeModel|Converse"
    r"|StartQuery$)"
)


class Scope:
    """What the words in braces of one call stand for. A word is drawn once, so that all parts of a call agree."""

    __slots__ = ("account", "application", "company", "random", "region", "second", "user", "values")

    def __init__(self, company: Company, account: Account, random: Random) -> None:
        self.company, self.account, self.random = company, account, random
        self.region, self.second, self.application, self.user = "", 0, "", ""
        self.values: dict[str, Any] = {}

    def word(self, name: str) -> Any:
        values = self.values
        if name not in values:
            made = _WORDS.get(name)
            if made is None:
                things = self.account.things[name]
                values[name] = things[int(self.random.random() * len(things))]
            else:
                values[name] = made(self)
        return values[name]


def _bucket(scope: Scope) -> Bucket:
    """An application has a bucket that it lives on, and now and then uses another."""
    buckets: list[Bucket] = scope.account.things["bucket"]
    drawn = scope.random.random()
    if scope.application and drawn < 0.85:
        return buckets[crc32(scope.application.encode()) % len(buckets)]
    return buckets[int(drawn * 7919) % len(buckets)]


def _object(scope: Scope) -> str:
    random, bucket = scope.random, scope.word("a_bucket")
    prefix = scope.word("prefix")
    return f"{prefix}{int(random.random() * 400):05}-{int(random.random() * 16**6):06x}.{_ending(bucket, prefix)}"


def _ending(bucket: Bucket, prefix: str) -> str:
    if "assets" in bucket.name:
        return {"img/": "webp", "css/": "css"}.get(prefix, "js")
    return "parquet" if "lake" in bucket.name else "gz" if "backup" in bucket.name else "json"


def _role_name(scope: Scope, kind: str) -> str:
    roles: list[Role] = [role for role in scope.account.things["app_role"] if role.name.endswith(kind)]
    return scope.random.choice(roles).name


def least_policy(bucket: str, *actions: str) -> str:
    """A policy of few rights, as the pipeline writes it."""
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Sid": "Objects", "Effect": "Allow", "Action": list(actions or ("s3:GetObject",)),
         "Resource": f"arn:aws:s3:::{bucket}/*"}]})  # fmt: skip


def _own(scope: Scope, kind: str) -> Any:
    """One of the few things that belong to the application that calls, or any."""
    things = scope.account.things[kind]
    mine = [thing for thing in things if f"/{scope.application}/" in thing]
    return scope.random.choice(mine or things)


def _hex(random: Random) -> str:
    return f"{random.getrandbits(68):017x}"


_WORDS: Final[Mapping[str, Callable[[Scope], Any]]] = {
    "account": lambda scope: scope.account.id,
    "region": lambda scope: scope.region,
    "request": lambda scope: tokens.uuid(scope.random),
    "uuid": lambda scope: tokens.uuid(scope.random),
    "hex": lambda scope: _hex(scope.random),
    "a_bucket": _bucket,
    "bucket": lambda scope: scope.word("a_bucket").name,
    "bucket_host": lambda scope: f"{scope.word('bucket')}.s3.{scope.region}.amazonaws.com",
    "prefix": lambda scope: scope.random.choice(scope.word("a_bucket").prefixes),
    "object": _object,
    "milliseconds": lambda scope: scope.second * 1000,
    "spoken": lambda scope: spoken(scope.second),
    "new_snapshot": lambda scope: tokens.resource_id(scope.random, "snap"),
    "new_instance": lambda scope: tokens.resource_id(scope.random, "i"),
    "new_key": lambda scope: scope.account.key(scope.random, "AKIA"),
    "small_type": lambda scope: scope.random.choice(("t3.medium", "m7g.large", "c7g.xlarge")),
    "attribute": lambda scope: scope.random.choice(("instanceType", "disableApiTermination", "ebsOptimized")),
    "app_role": lambda scope: scope.random.choice(scope.account.things["app_role"]).name,
    "task_role": lambda scope: _role_name(scope, "task"),
    "user": lambda scope: scope.user or scope.random.choice(scope.company.users).name,
    "self": lambda scope: scope.user,
    "own_secret": lambda scope: _own(scope, "secret"),
    "own_parameter": lambda scope: _own(scope, "parameter"),
    "own_path": lambda scope: _own(scope, "parameter").rsplit("/", 2)[0] + "/",
    "private_ip": lambda scope: f"10.20.{scope.random.randrange(8)}.{scope.random.randrange(4, 250)}",
    "private_name": lambda scope: f"ip-10-20-1-{scope.random.randrange(4, 250)}.{scope.region}.compute.internal",
    "least_policy": lambda scope: least_policy(scope.word("bucket"), "s3:GetObject", "s3:PutObject"),
}

Filler = Callable[[Scope], Any]


def _compiled(template: Any) -> Filler | None:
    """A function that fills a template; None where there is nothing to fill, so that the template itself can serve."""
    if isinstance(template, str):
        return _compiled_text(template)
    if isinstance(template, dict):
        parts = {key: _compiled(value) for key, value in template.items()}
        changing = [(key, part) for key, part in parts.items() if part is not None]
        if not changing:
            return None

        def fill(scope: Scope) -> Any:
            made = template.copy()
            for key, part in changing:
                made[key] = part(scope)
            return made

        return fill
    if isinstance(template, list):
        items = [(_compiled(item), item) for item in template]
        if not any(part for part, _ in items):
            return None
        return lambda scope: [part(scope) if part else item for part, item in items]
    return None


def _compiled_text(template: str) -> Filler | None:
    words = _WORD.findall(template)
    if not words:
        return None
    if template == f"{{{words[0]}}}":
        word = words[0]
        return lambda scope: scope.word(word)
    pieces = _WORD.split(template)
    return lambda scope: "".join(
        [piece if number % 2 == 0 else str(scope.word(piece)) for number, piece in enumerate(pieces)]
    )


_RESOURCES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "bucket": (("AWS::S3::Bucket", "arn:aws:s3:::{bucket}"),),
    "object": (("AWS::S3::Object", "arn:aws:s3:::{bucket}/{object}"), ("AWS::S3::Bucket", "arn:aws:s3:::{bucket}")),
    "key": (("AWS::KMS::Key", "arn:aws:kms:{region}:{account}:key/{kms}"),),
    "function": (("AWS::Lambda::Function", "arn:aws:lambda:{region}:{account}:function:{function}"),),
    "table": (("AWS::DynamoDB::Table", "arn:aws:dynamodb:{region}:{account}:table/{table}"),),
    "parameter": (("AWS::SSM::Parameter", "arn:aws:ssm:{region}:{account}:parameter{own_parameter}"),),
}


def _of_s3(scope: Scope, inward: int, outward: int) -> Json:
    return {"SignatureVersion": "SigV4", "CipherSuite": "TLS_AES_128_GCM_SHA256", "bytesTransferredIn": inward,
            "AuthenticationMethod": "AuthHeader", "x-amz-id-2": tokens.host_id(scope.random),
            "bytesTransferredOut": outward}  # fmt: skip


def _size(scope: Scope) -> int:
    return int(scope.word("a_bucket").typical_bytes * scope.random.lognormvariate(0, 1)) + 1


_EXTRAS: Final[Mapping[str, Filler]] = {
    "s3": lambda scope: _of_s3(scope, 0, scope.random.randrange(200, 4000)),
    "s3-out": lambda scope: _of_s3(scope, 0, _size(scope)),
    "s3-in": lambda scope: _of_s3(scope, _size(scope), 0),
    "lambda": lambda scope: {"functionVersion": f"arn:aws:lambda:{scope.region}:{scope.account.id}:function:"
                                                f"{scope.word('function')}:$LATEST"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """A call as CloudTrail writes it."""

    service: str
    name: str
    read_only: bool
    data: bool = False
    parameters: Any = None
    response: Any = None
    extra: Filler | None = None
    resources: Filler | None = None
    fill_parameters: Filler | None = None
    fill_response: Filler | None = None


@cache
def shapes() -> Mapping[str, Shape]:
    """All calls of the table, by service and name: `s3:GetObject`."""
    text = (files("mainstay.simulation") / "calls.yaml").read_text(encoding="utf-8")
    found = {}
    for service, calls in yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)).items():
        for name, entry in calls.items():
            kinds = _RESOURCES.get(entry.get("resources", ""))
            templates = [{"accountId": "{account}", "type": kind, "ARN": arn} for kind, arn in kinds or ()]
            found[f"{service}:{name}"] = Shape(
                service,
                name,
                bool(_READS.match(name)),
                entry.get("data", False),
                entry.get("parameters"),
                entry.get("response"),
                _EXTRAS.get(entry.get("extra", "")),
                _compiled(templates) if kinds else None,
                _compiled(entry.get("parameters")),
                _compiled(entry.get("response")),
            )
    return found


def shape(call: str) -> Shape:
    """The shape of a call; one of a call that the table does not have says only what its name tells."""
    known = shapes().get(call)
    if known is not None:
        return known
    service, name = call.split(":")
    return Shape(service, name, bool(_READS.match(name)))


_GIVEN: Final = object()


def made(
    scope: Scope,
    of: Shape,
    second: int,
    caller: Caller,
    region: str,
    *,
    parameters: Any = _GIVEN,
    response: Any = _GIVEN,
    error: tuple[str, str] | None = None,
    extra: Json | None = None,
) -> Json:
    """A record of a call in the scope's account. What is given goes before what the shape says."""
    service = of.service
    if service in GLOBAL:
        region = "us-east-1"
    values = scope.values
    scope.region, scope.second = region, second
    asked = parameters
    if asked is _GIVEN:
        asked = of.fill_parameters(scope) if of.fill_parameters else of.parameters
    answered: Any = None
    if error is None:
        answered = response
        if answered is _GIVEN:
            answered = of.fill_response(scope) if of.fill_response else of.response
    elif error[0] in ("AccessDenied", "Client.RequestLimitExceeded") and service not in ("s3", "kms"):
        asked = None
    if extra is None and of.extra is not None:
        extra = of.extra(scope)
    host = None
    if service == "s3":
        request = tokens.letters(scope.random, 16)
        host = asked.get("Host") if isinstance(asked, dict) else None
    else:
        request = scope.word("request")
    resources = of.resources(scope) if of.resources and error is None else None
    values.clear()
    return record(
        scope.random, second, caller, service, of.name, region=region, account=scope.account.id,
        read_only=of.read_only, data=of.data, parameters=asked, response=answered, request=request, error=error,
        extra=extra, resources=resources, host=host,
    )  # fmt: skip
