"""Whatever both moto's CloudFormation and a collector know is deployed and read back; of the rest, what stands for it.

The templates are cases in `cases/`: `test_collectors.py` deploys each, compares what the account says with what the
template says, and holds every listed difference to differing. This holds the list of cases to what moto knows.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import moto
import yaml

from mainstay.sources.live.collectors import load_collectors

HERE = Path(__file__).parent
DEPLOYED = re.compile(r'def cloudformation_type\(\) -> str:\s+(?:#[^\n]*\s+)*return "(AWS::\w+::\w+)"')
KINDS = ("template", "calls", "answers")
LEAST_DEPLOYED = 70
LONG_ENOUGH = 15


@cache
def in_cloudformation() -> frozenset[str]:
    """The types that moto's CloudFormation makes: importing all of moto to ask it would take long."""
    directory = Path(moto.__file__).parent
    texts = (file.read_text(encoding="utf-8") for file in directory.glob("*/models*/**/*.py"))
    modules = (file.read_text(encoding="utf-8") for file in directory.glob("*/models.py"))
    found = frozenset(type for text in (*texts, *modules) for type in DEPLOYED.findall(text))
    return found - {"AWS::SERVICE::RESOURCE"}


@cache
def cases() -> Mapping[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for file in sorted((HERE / "cases").glob("*.yaml")):
        for type, listed in yaml.safe_load(file.read_text(encoding="utf-8")).items():
            found[type].extend(listed)
    return found


def shown_by(kind: str) -> set[str]:
    return {type for type, listed in cases().items() if any(kind in case for case in listed)}


def undeployed() -> Mapping[str, str]:
    found: dict[str, str] = yaml.safe_load((HERE / "undeployed.yaml").read_text(encoding="utf-8"))
    return found


def collected() -> set[str]:
    return {type for collector in load_collectors().values() for type in collector.types}


def differing() -> Iterator[tuple[str, str, str]]:
    """Type, property and reason of each place where the deployed resource is not told as AWS would."""
    for type, listed in cases().items():
        for case in listed:
            yield from ((type, path, why) for path, why in case.get("differs", {}).items())


def test_moto_is_asked_for_what_it_makes() -> None:
    """The pattern that finds moto's types finds them."""
    assert {"AWS::S3::Bucket", "AWS::EC2::VPC", "AWS::Lambda::Function", "AWS::IAM::Role"} <= in_cloudformation()
    assert len(in_cloudformation()) > 90


def test_every_type_that_moto_and_a_collector_know_is_deployed_and_read_back() -> None:
    both = in_cloudformation() & collected()
    assert sorted(both - shown_by("template") - undeployed().keys()) == []
    assert len(both & shown_by("template")) >= LEAST_DEPLOYED


def test_what_is_said_not_to_be_deployed_is_not_and_is_shown_in_another_way() -> None:
    assert undeployed().keys() & shown_by("template") == set()
    assert undeployed().keys() - (in_cloudformation() & collected()) == set()
    assert undeployed().keys() - (shown_by("calls") | shown_by("answers")) == set()


def test_every_collected_type_is_shown_by_a_template_by_calls_or_by_answers() -> None:
    assert {kind for listed in cases().values() for case in listed for kind in case if kind in KINDS} == set(KINDS)
    assert sorted(collected() - set().union(*map(shown_by, KINDS))) == []
    assert all(sum(kind in case for kind in KINDS) == 1 for listed in cases().values() for case in listed)


def test_every_difference_between_moto_and_aws_has_its_reason() -> None:
    reasons = list(differing())
    assert len(reasons) > 50
    assert [(type, path) for type, path, why in reasons if len(why) < LONG_ENOUGH] == []
