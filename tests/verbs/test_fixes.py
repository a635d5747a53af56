"""Every fix of the catalogue, made and reviewed again: each failing example as Terraform, as YAML and as JSON."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest
from tests.verbs.spelled import template, terraform

from mainstay.catalog import load, load_shapes
from mainstay.catalog.by_hand import load_by_hand
from mainstay.engine.remedies import can_remedy
from mainstay.model.controls import Control, Example
from mainstay.model.findings import Finding, Review
from mainstay.model.patches import NoPatch, Patch
from mainstay.sources.spelling import load_tables
from mainstay.sources.spelling.reverse import shape_at
from mainstay.verbs.fixing import apply, with_patches
from mainstay.verbs.review import review

LANGUAGES = ("terraform", "yaml", "json")
LEAST_FIXED = {"terraform": 125, "yaml": 130, "json": 130}
"""How many controls have a fix that works, at least: a floor to raise, and never to lower without a reason."""
LEAST_SPELLED = 0.85
"""How many findings there are for each failing example; in Terraform some types have several resources."""


@dataclass(frozen=True, slots=True)
class Trial:
    """All examples of one language in a tree, reviewed, fixed and reviewed again."""

    scopes: Mapping[str, Control]
    failures: Mapping[str, Finding]
    before: Mapping[str, bytes]
    after: Mapping[str, bytes]
    again: Review


def _written(language: str) -> Iterator[tuple[str, str, Control]]:
    """The file, the text and the control of every failing example."""
    tables, shapes = load_tables(), load_shapes()
    for control in _controls():
        for number, example in enumerate(_failing(control)):
            name = f"{control.id}-{number}"
            if language != "terraform":
                text = template(example.type, example.properties, as_json=language == "json")
                yield f"{name}.{language}", text, control
            else:
                texts = terraform(tables, shapes[example.type], example.type, example.properties)
                yield from ((f"{name}-{kind}/main.tf", text, control) for kind, text in enumerate(texts))


@cache
def _controls() -> tuple[Control, ...]:
    """Those that say plainly what they ask for, in part at least; the others have no fix."""
    return tuple(control for control in load().controls if can_remedy(control))


def _failing(control: Control) -> list[Example]:
    return [one for one in control.examples if one.verdict == "fail" and one.type in load_shapes()]


@pytest.fixture(scope="module", params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def trial(language: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    home = tmp_path_factory.mktemp(language)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        yield _tried(language)


def _tried(language: str) -> Trial:
    scopes: dict[str, Control] = {}
    for file, text, control in _written(language):
        path = Path(file)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
        scopes[file.removesuffix("/main.tf")] = control
    controls = _controls()
    found = review([Path()], controls)
    failures = [one for one in found.findings if one.verdict == "fail" and _is_of(one, scopes)]
    patched = {one.subject.scope: one for one in with_patches(replace(found, findings=failures)).findings}
    before: dict[str, bytes] = {}
    after: dict[str, bytes] = {}
    for finding in patched.values():
        if isinstance(finding.patch, Patch):
            (file,) = {edit.file for edit in finding.patch.edits}
            before[file] = Path(file).read_bytes()
            after[file] = apply(before[file], finding.patch.edits)
            Path(file).write_bytes(after[file])
    return Trial(scopes, patched, before, after, review([Path()], controls))


def _is_of(finding: Finding, scopes: Mapping[str, Control]) -> bool:
    return scopes[finding.subject.scope].id == finding.control.id


def test_every_fix_makes_its_control_pass(trial: Trial) -> None:
    verdicts = {(one.subject.scope, one.subject.address, one.control.id): one.verdict for one in trial.again.findings}
    wrong = {}
    for scope, finding in trial.failures.items():
        if isinstance(finding.patch, Patch):
            verdict = verdicts.get((scope, finding.subject.address, finding.control.id))
            if verdict != "pass":
                wrong[scope] = verdict
    assert wrong == {}


def test_a_fixed_file_can_be_read_as_well_as_before(trial: Trial) -> None:
    assert [gap for gap in trial.again.gaps if gap.place and gap.place.file in trial.after] == []


def test_a_fix_keeps_every_line_that_it_does_not_change(trial: Trial) -> None:
    """Of what was there, a fix takes no line away without putting another in its place, and few of those."""
    for file, text in trial.before.items():
        scope = file.removesuffix("/main.tf")
        patch = trial.failures[scope].patch
        assert isinstance(patch, Patch)
        old, new = text.decode().splitlines(), trial.after[file].decode().splitlines()
        gone = [line for line in difflib.ndiff(old, new) if line.startswith("- ")]
        assert len(gone) <= len(patch.edits), file
        kept = [text[left.end : right.start] for left, right in zip(patch.edits, patch.edits[1:], strict=False)]
        rest = [text[: patch.edits[0].start], *kept, text[patch.edits[-1].end :]]
        position = 0
        for part in rest:
            position = trial.after[file].index(part, position) + len(part)


def test_so_many_controls_can_be_fixed(trial: Trial, language: str) -> None:
    fixed = {one.control.id for one in trial.failures.values() if isinstance(one.patch, Patch)}
    assert len(fixed) >= LEAST_FIXED[language]


def test_most_failing_examples_can_be_written(trial: Trial, language: str) -> None:
    examples = sum(len(_failing(control)) for control in _controls())
    assert len(trial.failures) >= LEAST_SPELLED * examples


def test_what_a_control_asks_plainly_is_fixed_or_a_reason_given(trial: Trial) -> None:
    """A condition that can be read backwards leaves no finding without a word."""
    for finding in trial.failures.values():
        assert finding.patch is not None
        if isinstance(finding.patch, NoPatch):
            assert finding.patch.reason
            assert not finding.patch.reason.endswith(".")


def test_what_is_left_to_a_person_is_a_property_of_its_type() -> None:
    shapes = load_shapes()
    pairs = {path for table in load_tables().terraform.values() for path, _ in table.pairs.values()}
    for type, path in load_by_hand():
        steps = tuple(path.split("."))
        assert shape_at(shapes[type], steps) is not None or steps[:1] in pairs, f"{type} has no {path}"
