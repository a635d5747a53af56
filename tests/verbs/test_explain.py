"""`explain`: everything about one control or practice."""

from __future__ import annotations

import pytest

from mainstay.catalog import Catalog
from mainstay.catalog.sigma import read_rules
from mainstay.cli.pages import explanation
from mainstay.engine import parse
from mainstay.model.controls import Control
from mainstay.model.detections import Detection
from mainstay.model.errors import UsageError
from mainstay.verbs.explain import ControlExplanation, DetectionExplanation, PracticeExplanation, explain

ZONES = Control(
    id="rds-survives-zone-loss",
    title="Databases keep a standby in a second zone",
    applies_to=("AWS::RDS::DBInstance",),
    when=parse({"Engine|startswith": ["postgres", "mysql"]}),
    expect=parse({"MultiAZ": True}),
    severity="high",
    layer="data",
    practices=("REL11-BP02", "REL10-BP01"),
    why="The loss of one zone is an outage.",
    fix="Set MultiAZ.",
)
VERSIONS = Control(
    id="s3-keeps-versions",
    title="Buckets keep versions",
    applies_to=("AWS::S3::Bucket",),
    expect=parse({"VersioningConfiguration.Status": "Enabled"}),
    severity="medium",
    layer="data",
    practices=("REL09-BP02",),
    why="A deleted object is gone.",
    fix="Enable versioning.",
)
CATALOG = Catalog((ZONES, VERSIONS))


def test_a_control_is_explained_in_words_and_with_its_practices() -> None:
    explanation = explain("rds-survives-zone-loss", CATALOG)
    assert isinstance(explanation, ControlExplanation)
    assert explanation.control is ZONES
    assert explanation.applies_when == "`Engine` starts with `postgres` or `mysql`"
    assert explanation.expects == "`MultiAZ` is true"
    assert [practice.id for practice in explanation.practices] == ["REL11-BP02", "REL10-BP01"]
    assert explanation.practices[1].url.endswith("/rel_fault_isolation_multiaz_region_system.html")


def test_a_control_without_when_always_applies() -> None:
    explanation = explain("s3-keeps-versions", CATALOG)
    assert isinstance(explanation, ControlExplanation)
    assert explanation.applies_when == ""


@pytest.mark.parametrize("name", ["REL10-BP01", "rel10-bp01", " REL10-BP01 "])
def test_a_practice_shows_the_controls_that_prove_it(name: str) -> None:
    explanation = explain(name, CATALOG)
    assert isinstance(explanation, PracticeExplanation)
    assert explanation.practice.title == "Deploy the workload to multiple locations"
    assert explanation.controls == (ZONES,)


def test_a_detection_says_what_keeps_it_quiet_with_the_lists_as_they_are_named() -> None:
    rules = read_rules(()).rules
    told = {rule.about.id: explain(rule.about.id, CATALOG, rules) for rule in rules if isinstance(rule, Detection)}
    excepted = [rule for rule in rules if isinstance(rule, Detection) and rule.unless]
    assert excepted
    for rule in excepted:
        found = told[rule.about.id]
        assert isinstance(found, DetectionExplanation)
        assert found.unless
        page = " ".join(explanation(found, 100).split())
        assert f"unless {found.unless.split(';')[0][:40]}" in page
    named = [one.unless for one in told.values() if isinstance(one, DetectionExplanation) and "%own_" in one.unless]
    assert named


def test_a_practice_without_controls_says_so() -> None:
    explanation = explain("OPS01-BP01", CATALOG)
    assert isinstance(explanation, PracticeExplanation)
    assert explanation.controls == ()


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("rds-survive-zone-los", "did you mean 'rds-survives-zone-loss'?"),
        ("S3-KEEP-VERSION", "did you mean 's3-keeps-versions'?"),
        ("REL10-BP1", "did you mean 'REL10-BP"),
    ],
)
def test_a_typo_gets_a_suggestion(name: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        explain(name, CATALOG)
    assert str(caught.value).startswith(f"there is no control, detection or practice '{name}'; ")
    assert hint in str(caught.value)


def test_what_resembles_nothing_gets_no_suggestion() -> None:
    with pytest.raises(UsageError, match=r"^there is no control, detection or practice 'zzzzzz'$"):
        explain("zzzzzz", CATALOG)
