"""Rego says of every example of the catalogue what mainstay says of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.exports.examples import PIECES, Judge, examples_of, exports_of, has_examples, hidden_parts

from mainstay.model.controls import Control
from mainstay.verbs.review import review

regorus = pytest.importorskip("regorus", reason="no evaluator for Rego: install gordon-to-regorus")

EXPORTED = exports_of("rego")
PROVEN_AT_LEAST = 500
TOGETHER = 8

Denials = set[tuple[str, str]]
"""The resource and the control of each."""


def denied(policy: str, resources: Mapping[str, Any]) -> Denials:
    engine = regorus.Engine()
    engine.add_policy("mainstay.rego", policy)
    engine.set_input_json(json.dumps({"Resources": resources}))
    found = json.loads(engine.eval_rule_as_json("data.main.deny"))
    return {(one["resource"], one["id"]) for one in found}


def groups() -> Iterator[tuple[str, Sequence[Control]]]:
    """The controls of each type, a few at a time: what is judged grows with the square of their number."""
    for type, controls in EXPORTED.by_type().items():
        for at in range(0, len(controls), TOGETHER):
            yield type, controls[at : at + TOGETHER]


@pytest.fixture(scope="module")
def differences() -> dict[str, list[str]]:
    """By control, where Rego and mainstay part: over its own examples, and over those of others of its type."""
    judge = Judge()
    found: dict[str, list[str]] = {id: [] for id in EXPORTED.controls}
    for type, controls in groups():
        examples = [(one.id, *pair) for one in controls for pair in examples_of(one, type)]
        subjects = {f"{id}[{at}]": properties for at, (id, _, properties) in enumerate(examples)}
        resources = {name: {"Type": type, "Properties": properties} for name, properties in subjects.items()}
        said = denied(EXPORTED.text(controls), resources)
        meant = {(name, id) for name, one in subjects.items() for id in judge.fails(controls, type, one)}
        for name, id in said ^ meant:
            found[id].append(f"{name}: {'denied' if (name, id) in said else 'not denied'}")
    return found


@pytest.mark.parametrize("id", EXPORTED.controls)
def test_a_control_denies_what_fails_it_and_nothing_else(id: str, differences: dict[str, list[str]]) -> None:
    assert differences[id] == []


def test_most_controls_are_proven() -> None:
    assert sum(map(has_examples, EXPORTED.controls.values())) >= PROVEN_AT_LEAST


def test_what_a_function_makes_is_never_denied() -> None:
    """Whatever part of a resource that passes is made by a function: it may be as it should, so nothing is denied."""
    wrong: Denials = set()
    for type, controls in groups():
        resources: dict[str, Any] = {}
        for control in controls:
            resources |= hidden_parts(control, type)
        said = denied(EXPORTED.text(controls), resources)
        wrong |= {(name, id) for name, id in said if name.startswith(f"{id}/")}
    assert wrong == set()


def test_a_rule_that_is_a_resource_of_its_own_is_denied_where_it_stands(tmp_path: Path) -> None:
    control = EXPORTED.controls["security-group-keeps-ssh-private"]
    (tmp_path / "web.json").write_text(json.dumps({"Resources": PIECES}))
    assert [one.verdict for one in review([tmp_path], [control]).findings] == ["fail"]
    assert denied(EXPORTED.text([control]), PIECES) == {("Shell", control.id)}


@pytest.mark.parametrize(
    ("properties", "verdict"),
    [
        ({"Encrypted": "True"}, "allowed"),
        ({"Encrypted": {"Ref": "AWS::NoValue"}}, "denied"),
        ({"Encrypted": {"Ref": "Encrypt"}}, "allowed"),
        ({}, "denied"),
    ],
)
def test_values_are_read_as_mainstay_reads_them(properties: dict[str, Any], verdict: str) -> None:
    policy = EXPORTED.text([EXPORTED.controls["ebs-encrypts-volumes"]])
    said = denied(policy, {"Disk": {"Type": "AWS::EC2::Volume", "Properties": properties, "Condition": "Live"}})
    assert said == ({("Disk", "ebs-encrypts-volumes")} if verdict == "denied" else set())


def test_lines_are_short_enough_for_every_evaluator() -> None:
    assert max(map(len, EXPORTED.text(list(EXPORTED.controls.values())).splitlines())) <= 1000
