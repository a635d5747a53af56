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


Computed = Callable[[Block, Scope, Facts, str], Value]


def _region(block: Block, scope: Scope, facts: Facts, key: str) -> Value:
    if key not in ("name", "id", "region"):
        return ABSENT
    return facts.region or Ref("", "region", block.place, "the region is not given", "pass --region")


def _partition(block: Block, scope: Scope, facts: Facts, key: str) -> Value:
    answers = {"partition": facts.partition, "id": facts.partition, "dns_suffix": facts.dns_suffix}
    return answers.get(key, ABSENT)


def _identity(block: Block, scope: Scope, facts: Facts, key: str) -> Value:
    if key not in ("account_id", "id"):
        return ABSENT
    return facts.account or Ref("", "account.id", block.place, "the account is not given", "pass --account")


FEWER_ZONES = "us-west-1"
"""The one region in which an account may see two zones only; elsewhere there are three or more."""


def _zones(block: Block, scope: Scope, facts: Facts, key: str) -> Value:
    if key not in ("names", "zone_ids"):
        return ABSENT
    zone = Unknown("the region's zones are not known", block.place, "pass a plan")
    if key == "names" and facts.region is not None:
        zone = Text((facts.region, zone), block.place)
    return Items([zone] * (2 if facts.region == FEWER_ZONES else 3), zone)


def _policy(block: Block, scope: Scope, facts: Facts, key: str) -> Value:
    if key not in ("json", "minified_json"):
        return ABSENT
    return policy_document.render(evaluate_body(block, scope), block.place, indent=key == "json")


COMPUTED: Mapping[str, Computed] = {
    "aws_availability_zones": _zones,
    "aws_caller_identity": _identity,
    "aws_iam_policy_document": _policy,
    "aws_partition": _partition,
    "aws_region": _region,
}
