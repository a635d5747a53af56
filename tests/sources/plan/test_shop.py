"""The example workload as a plan: it gives the findings that its Terraform files give."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from mainstay.catalog import load
from mainstay.model.findings import Finding, Review
from mainstay.sources import Options
from mainstay.verbs.review import review

SHOP = Path(__file__).parents[3] / "examples" / "shop"
TWINS = ("weak", "well-built")


@cache
def reviewed(source: str, twin: str) -> Review:
    files, plan = SHOP / "terraform" / twin, SHOP / "plan" / f"{twin}.json"
    path = plan if source == "plan" else files
    return review([path], load().controls, Options(plan=plan if source == "both" else None))


def findings(source: str, twin: str) -> dict[tuple[str, str], Finding]:
    return {(one.control.id, one.subject.address): one for one in reviewed(source, twin).findings}


def known(found: dict[tuple[str, str], Finding]) -> set[tuple[str, str, str]]:
    """Control, address and verdict of each finding that is decided."""
    return {(*key, one.verdict) for key, one in found.items() if one.verdict != "unknown"}


@pytest.mark.parametrize("twin", TWINS)
def test_a_plan_with_its_files_gives_what_the_files_give_and_leaves_less_open(twin: str) -> None:
    files, both = findings("files", twin), findings("both", twin)
    assert known(files) - known(both) == set()
    assert {key: one.fingerprint for key, one in both.items()} == {key: one.fingerprint for key, one in files.items()}
    places = {key: one.subject.place for key, one in both.items()}
    assert places == {key: one.subject.place for key, one in files.items()}
    assert reviewed("both", twin).gaps == []


@pytest.mark.parametrize("twin", TWINS)
def test_a_plan_by_itself_knows_less_of_policies_and_contradicts_nothing(twin: str) -> None:
    files, alone = findings("files", twin), findings("plan", twin)
    assert alone.keys() == files.keys()
    opened = {key for key, one in alone.items() if one.verdict == "unknown"}
    settled = {key for key, one in files.items() if one.verdict == "unknown"}
    assert {one for one in known(files) if one[:2] not in opened} == {
        one for one in known(alone) if one[:2] not in settled
    }
    assert len(opened) < len(files) / 4
    assert reviewed("plan", twin).gaps == []
