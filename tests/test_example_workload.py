"""The example workload: one shop, in Terraform and in CloudFormation, weak and well built.

`pairs.yaml` says which Terraform address is which logical id, and the logical id names the pair. A difference between
the two sources is a bug in a source, a spelling table or a control.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest
import yaml

from mainstay.catalog import load
from mainstay.model.findings import Review
from mainstay.sources import Options
from mainstay.verbs.review import review

SHOP = Path(__file__).parents[1] / "examples" / "shop"
TWINS = ("weak", "well-built")
SOURCES = ("terraform", "cloudformation")
LEAST_PASSES = 400


@cache
def pairs() -> Mapping[str, str]:
    """Logical ids by Terraform address."""
    found: dict[str, str] = yaml.safe_load((SHOP / "pairs.yaml").read_text())
    return found


@cache
def reviewed(source: str, twin: str) -> Review:
    path = SHOP / "terraform" / twin if source == "terraform" else SHOP / "cloudformation" / f"{twin}.yaml"
    return review([path], load().controls, Options())


def pair(source: str, address: str) -> str:
    return pairs()[address] if source == "terraform" else address


def verdicts(source: str, twin: str) -> set[tuple[str, str, str]]:
    """Control, pair and verdict of each finding."""
    return {
        (finding.control.id, pair(source, finding.subject.address), finding.verdict)
        for finding in reviewed(source, twin).findings
    }


def weaknesses() -> set[tuple[str, str, str]]:
    listed: Mapping[str, list[str]] = yaml.safe_load((SHOP / "weaknesses.yaml").read_text())
    return {(control, name, "fail") for name, controls in listed.items() for control in controls}


def test_the_pairs_are_one_to_one() -> None:
    assert len(set(pairs().values())) == len(pairs())


@pytest.mark.parametrize("source", SOURCES)
def test_every_pair_is_judged_and_everything_judged_is_a_pair(source: str) -> None:
    judged = {finding.subject.address for twin in TWINS for finding in reviewed(source, twin).findings}
    assert judged == set(pairs() if source == "terraform" else pairs().values())


@pytest.mark.parametrize("twin", TWINS)
def test_the_same_workload_gets_the_same_verdicts_from_terraform_and_from_cloudformation(twin: str) -> None:
    terraform, cloudformation = (verdicts(source, twin) for source in SOURCES)
    assert terraform - cloudformation == set()
    assert cloudformation - terraform == set()


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("twin", TWINS)
def test_all_of_the_workload_can_be_read(source: str, twin: str) -> None:
    assert reviewed(source, twin).gaps == []


@pytest.mark.parametrize("source", SOURCES)
def test_every_planted_weakness_is_found(source: str) -> None:
    assert weaknesses() - verdicts(source, "weak") == set()


def test_the_weaknesses_are_of_many_pillars_and_of_every_severity() -> None:
    controls = {control.id: control for control in load().controls}
    planted = [controls[control] for control, _, _ in weaknesses()]
    assert {control.severity for control in planted} == {"low", "medium", "high", "critical"}
    assert {pillar for control in planted for pillar in control.pillars} >= {"OPS", "SEC", "REL", "PERF", "COST"}


@pytest.mark.parametrize("source", SOURCES)
def test_the_well_built_twin_passes_everything(source: str) -> None:
    found = verdicts(source, "well-built")
    assert {finding for finding in found if finding[2] not in ("pass", "not_applicable")} == set()
    assert len([finding for finding in found if finding[2] == "pass"]) >= LEAST_PASSES


@pytest.mark.parametrize("source", SOURCES)
def test_the_well_built_twin_is_asked_all_that_the_weak_one_fails(source: str) -> None:
    asked = {(control, name) for control, name, _ in verdicts(source, "well-built")}
    kept = {name for _, name in asked}
    assert {(control, name) for control, name, _ in weaknesses() if name in kept} - asked == set()
