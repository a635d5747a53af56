"""Data sources whose answer the configuration itself, or an option, gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from mainstay.model.values import ABSENT, Items, Ref, Text, Unknown, Value
from mainstay.sources.terraform import policy_document
from mainstay.sources.terraform.bodies import evaluate, evaluate_body
from mainstay.sources.terraform.facts import Facts
from mainstay.sources.terraform.scope import Scope, literal_scope
from mainstay.sources.terraform.syntax import Block


def literal(block: Block, name: str) -> str:
    """An attribute that Terraform wants as a plain string; empty where it is something else."""
    attribute = block.body.attributes.get(name)
    if attribute is None:
        return ""
    value = evaluate(attribute.expression, literal_scope(Path(".")))
    return value if isinstance(value, str) else ""


Computed = Callable[[Block, Scope, Facts, str, str], Value]
"""Takes the block, its scope, the facts, the attribute that is asked for and the data source's address."""


def _region(block: Block, scope: Scope, facts: Facts, key: str, address: str) -> Value:
    if key not in ("name", "id", "region"):
        return ABSENT
    return facts.region or Ref("", "region", block.place, "the region is not given", "pass --region")


def _partition(block: Block, scope: Scope, facts: Facts, key: str, address: str) -> Value:
    answers = {"partition": facts.partition, "id": facts.partition, "dns_suffix": facts.dns_suffix}
    return answers.get(key, ABSENT)


def _identity(block: Block, scope: Scope, facts: Facts, key: str, address: str) -> Value:
    if key not in ("account_id", "id"):
        return ABSENT
    return facts.account or Ref("", "account.id", block.place, "the account is not given", "pass --account")


FEWER_ZONES = "us-west-1"
"""The one region in which an account may see two zones only; elsewhere there are three or more."""


def _zones(block: Block, scope: Scope, facts: Facts, key: str, address: str) -> Value:
    if key not in ("names", "zone_ids"):
        return ABSENT
    least = 2 if facts.region == FEWER_ZONES else 3
    why = "the region's zones are not known"
    zones: list[Unknown] = [Ref(address, f"{key}[{number}]", block.place, why) for number in range(least)]
    further = Unknown(why, block.place, "pass a plan")
    if key == "names" and facts.region is not None:
        zones = [Text((facts.region, zone), block.place) for zone in zones]
        further = Text((facts.region, further), block.place)
    return Items(zones, further)


def _policy(block: Block, scope: Scope, facts: Facts, key: str, address: str) -> Value:
    if key not in ("json", "minified_json"):
        return ABSENT
    return policy_document.render(evaluate_body(block, scope), block.place, indent=key == "json")


CACHE_POLICIES: Mapping[str, str] = {
    "Managed-Amplify": "2e54312d-136d-493c-8eb9-b001f22f67d2",
    "Managed-CachingDisabled": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
    "Managed-CachingOptimized": "658327ea-f89d-4fab-a63d-7e88639e58f6",
    "Managed-CachingOptimizedForUncompressedObjects": "b2884449-e4de-46a7-ac36-70bc7f1ddd6d",
    "Managed-Elemental-MediaPackage": "08627262-05a9-4f76-9ded-b50ca2e3a84f",
    "UseOriginCacheControlHeaders": "83da9c7e-98b4-4e11-a168-04f0df8e2c65",
    "UseOriginCacheControlHeaders-QueryStrings": "4cc15a8a-d715-48a4-82b8-cc0b614638fe",
}
"""The cache policies that AWS manages have the same id in every account."""


def _cache_policy(block: Block, scope: Scope, facts: Facts, key: str, address: str) -> Value:
    named = block.body.attributes.get("name")
    name = evaluate(named.expression, scope) if named is not None and key == "id" else ABSENT
    return CACHE_POLICIES.get(name, ABSENT) if isinstance(name, str) else ABSENT


COMPUTED: Mapping[str, Computed] = {
    "aws_availability_zones": _zones,
    "aws_caller_identity": _identity,
    "aws_cloudfront_cache_policy": _cache_policy,
    "aws_iam_policy_document": _policy,
    "aws_partition": _partition,
    "aws_region": _region,
}
