"""What works region by region has to be in every region under review."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.analysis.twin import live
from tests.analysis.workload import EVERY_FACT, resource

from mainstay.analysis import derive, linked
from mainstay.analysis.relations import Unseen
from mainstay.model.resources import Resource
from mainstay.model.values import ABSENT, Items, Unknown, Value

ACCOUNT, DETECTOR, ANALYZER = "AWS::Account", "AWS::GuardDuty::Detector", "AWS::AccessAnalyzer::Analyzer"
REGIONS = ("eu-central-1", "eu-west-1", "us-east-1")
REFUSED = Unknown("ListDetectors was refused")


def without(
    what: str, *others: Resource, unseen: Unseen | None = None, regions: Sequence[str] = REGIONS
) -> tuple[Value, Value]:
    """The regions that surely lack something, and why others may."""
    found = derive(linked([live(ACCOUNT, "111122223333"), *others]), EVERY_FACT, unseen, regions=regions)[0]
    value = found.properties["derived"][f"regions_without_{what}"]
    return (list(value), value.rest) if isinstance(value, Items) else (value, ABSENT)


def detector(region: str, enabled: Value = True) -> Resource:
    return live(DETECTOR, f"d-{region}", region=region, Enable=enabled)


def test_a_region_lacks_what_is_only_elsewhere_or_switched_off() -> None:
    assert without("detector", *map(detector, REGIONS)) == ([], ABSENT)
    assert without("detector", detector("eu-west-1")) == (["eu-central-1", "us-east-1"], ABSENT)
    assert without("detector", detector("eu-west-1"), detector("us-east-1", False))[0] == ["eu-central-1", "us-east-1"]
    assert without("detector", detector("ap-south-1")) == (list(REGIONS), ABSENT)


def test_an_analyzer_of_unused_access_does_not_look_for_what_is_shared() -> None:
    analyzers = [live(ANALYZER, f"a-{region}", region=region, Type="ORGANIZATION") for region in REGIONS[:2]]
    unused = live(ANALYZER, "u", region=REGIONS[2], Type="ACCOUNT_UNUSED_ACCESS")
    assert without("analyzer", *analyzers, unused) == ([REGIONS[2]], ABSENT)


def test_what_could_not_be_read_may_be_there() -> None:
    assert without("detector", detector(REGIONS[0]), unseen={DETECTOR: REFUSED}) == ([], REFUSED)
    assert without("detector", *map(detector, REGIONS), unseen={DETECTOR: REFUSED}) == ([], ABSENT)
    assert without("detector", detector(REGIONS[0]), detector(REGIONS[1], REFUSED)) == ([REGIONS[2]], REFUSED)


@pytest.mark.parametrize("what", ["hub", "recorder", "scanning"])
def test_nothing_anywhere_is_nothing_in_every_region(what: str) -> None:
    assert without(what) == (list(REGIONS), ABSENT)


def test_regions_that_nobody_tells_are_unknown() -> None:
    value, _ = without("hub", regions=())
    assert isinstance(value, Unknown)
    (found,) = derive([resource(ACCOUNT, "account")], EVERY_FACT, regions=REGIONS)
    assert "regions_without_hub" not in found.properties["derived"]
