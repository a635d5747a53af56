"""Loading a user's catalogue: what is good is read, and everything wrong is told at once, with its place."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from mainstay.catalog import load
from mainstay.model.errors import DataError, Fault
from mainstay.model.values import Record

GOOD = """\
- id: rds-survives-zone-loss
  title: Databases keep a standby in a second zone
  applies_to: [AWS::RDS::DBInstance, AWS::RDS::DBCluster]
  when: {Engine|startswith: [postgres, mysql]}
  expect: {DeletionProtection: true}
  severity: high
  layer: data
  practices: REL10-BP01
  why: Without a standby, the loss of one zone is an outage.
  fix: Set MultiAZ.
  also: {checkov: CKV_AWS_157, prowler: [rds_instance_multi_az]}
  examples:
    pass:
      - {Engine: postgres, DeletionProtection: true}
    fail:
      - {Engine: postgres}
      - {type: AWS::RDS::DBCluster, Engine: mysql, DeletionProtection: false}
"""


def faults_of(directory: Path, *texts: str) -> tuple[Fault, ...]:
    """What loading files of these texts complains about."""
    for number, text in enumerate(texts):
        (directory / f"{number}.yaml").write_text(text)
    with pytest.raises(DataError) as caught:
        load([directory], builtin=False)
    return caught.value.faults


def test_a_control_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "rds.yaml").write_text(GOOD)
    (control,) = load([tmp_path], builtin=False).controls
    assert control.id == "rds-survives-zone-loss"
    assert control.applies_to == ("AWS::RDS::DBInstance", "AWS::RDS::DBCluster")
    assert control.when is not None
    assert (control.severity, control.layer, control.practices) == ("high", "data", ("REL10-BP01",))
    assert control.also == {"checkov": ("CKV_AWS_157",), "prowler": ("rds_instance_multi_az",)}
    assert str(control.place) == f"{tmp_path / 'rds.yaml'}:1:3"
    assert [(example.verdict, example.type, dict(example.properties)) for example in control.examples] == [
        ("pass", "AWS::RDS::DBInstance", {"Engine": "postgres", "DeletionProtection": True}),
        ("fail", "AWS::RDS::DBInstance", {"Engine": "postgres"}),
        ("fail", "AWS::RDS::DBCluster", {"Engine": "mysql", "DeletionProtection": False}),
    ]
    assert all(isinstance(example.properties, Record) and example.place for example in control.examples)


def test_controls_are_read_from_the_controls_folder_where_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("nothing: of ours\n")
    (tmp_path / "controls").mkdir()
    (tmp_path / "controls/rds.yml").write_text(GOOD)
    assert [control.id for control in load([tmp_path], builtin=False).controls] == ["rds-survives-zone-loss"]


@pytest.mark.parametrize(
    ("written", "instead", "line", "message", "hint"),
    [
        ("severity: high", "severity: hihg", 6, "there is no severity 'hihg'", "did you mean 'high'?"),
        ("severity: high", "severity: 3", 6, "'severity' has to be text", ""),
        ("layer: data", "layer: storage", 7, "there is no layer 'storage'", "one of edge, network"),
        ("layer: data", "layers: data", 7, "a control has no key 'layers'", "did you mean 'layer'?"),
        (
            "  why: Without a standby, the loss of one zone is an outage.\n",
            "",
            1,
            "the control lacks the key 'why'",
            "",
        ),
        ("REL10-BP01", "REL10-BP99", 8, "there is no practice 'REL10-BP99'", "did you mean 'REL10-BP0"),
        ("REL10-BP01", "[1]", 8, "'practices' has to be a text or a list of texts", ""),
        ("rds-survives-zone-loss", "Rds_Survives", 1, "the id 'Rds_Survives' is not a kebab-case sentence", ""),
        (
            "DBCluster]",
            "DBClutser]",
            3,
            "there is no resource type 'AWS::RDS::DBClutser'",
            "did you mean 'AWS::RDS::DBCluster'?",
        ),
        (
            "{DeletionProtection: true}\n  sev",
            "{DeletionProtect: true}\n  sev",
            5,
            "AWS::RDS::DBInstance has no property 'DeletionProtect'",
            "did you mean 'DeletionProtection'?",
        ),
        ("Engine|startswith", "Engine|startwith", 4, "there is no modifier", "did you mean 'startswith'?"),
        (
            "{Engine|startswith: [postgres, mysql]}",
            "{related.AWS::RDS::Nothing.A: 1}",
            4,
            "there is no resource type 'AWS::RDS::Nothing' to be related",
            "",
        ),
        (
            "{Engine|startswith: [postgres, mysql]}",
            "{related.AWS::EC2::FlowLog.Nam: 1}",
            4,
            "AWS::EC2::FlowLog has no property 'Nam'",
            "",
        ),
        ("{checkov: CKV", "{chekov: CKV", 11, "'also' knows no scanner 'chekov'", "did you mean 'checkov'?"),
        ("    pass:", "    passes:", 13, "examples have no verdict 'passes'", "did you mean 'pass'?"),
        ("      - {Engine: postgres}\n", "", 12, "no example lacks a property that the control judges", ""),
        (
            "    pass:\n      - {Engine: postgres, DeletionProtection: true}\n",
            "",
            12,
            "the control has no example that has to pass",
            "",
        ),
        (
            "- {Engine: postgres}",
            "- {Enigne: postgres}",
            16,
            "AWS::RDS::DBInstance has no property 'Enigne'",
            "did you mean 'Engine'?",
        ),
        ("- {Engine: postgres}", "- {Engine: [postgres]}", 16, "'Engine' of AWS::RDS::DBInstance is no list", ""),
        ("- {Engine: postgres}", "- postgres", 15, "an example is a map of properties", ""),
        (
            "- {Engine: postgres}",
            "- {related: {AWS::EC2::FlowLog: [{Nam: x}]}}",
            16,
            "AWS::EC2::FlowLog has no property 'Nam'",
            "",
        ),
        (
            "{type: AWS::RDS::DBCluster,",
            "{type: AWS::RDS::DBProxy,",
            17,
            "the control does not apply to 'AWS::RDS::DBProxy'",
            "",
        ),
    ],
)
def test_a_fault_has_a_place_and_a_hint(
    tmp_path: Path, written: str, instead: str, line: int, message: str, hint: str
) -> None:
    assert written in GOOD
    faults = faults_of(tmp_path, GOOD.replace(written, instead))
    found = [fault for fault in faults if message in fault.message]
    assert found, [str(fault) for fault in faults]
    assert found[0].place is not None
    assert (found[0].place.file, found[0].place.line) == (str(tmp_path / "0.yaml"), line)
    assert hint in found[0].hint


def test_all_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    other = GOOD.replace("rds-survives-zone-loss", "rds-other").replace("severity: high", "severity: hot")
    faults = faults_of(tmp_path, GOOD.replace("layer: data", "layer: x"), other, "- [\n", "a: b\n", "- text\n", "\x00")
    assert {fault.place.file.rpartition("/")[2] for fault in faults if fault.place} == {f"{n}.yaml" for n in range(6)}


def test_an_id_is_taken_once(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path, GOOD, GOOD)
    assert fault.message == "the id 'rds-survives-zone-loss' is taken"
    assert fault.hint == f"it stands at {tmp_path / '0.yaml'}:1:3"


def test_a_user_does_not_redefine_a_builtin_control(tmp_path: Path) -> None:
    taken = load().controls[0]
    (tmp_path / "mine.yaml").write_text(GOOD.replace("rds-survives-zone-loss", taken.id))
    with pytest.raises(DataError, match=f"the id '{taken.id}' is taken"):
        load([tmp_path])


def test_a_directory_without_controls_is_a_fault(tmp_path: Path) -> None:
    for directory in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(DataError, match="there are no controls"):
            load([directory])


def test_an_unreadable_file_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "0.yaml").write_bytes(b"- id: \xff\xfe\n")
    with pytest.raises(DataError, match=r"0\.yaml:1:7: not valid UTF-8 text"):
        load([tmp_path], builtin=False)


def test_the_builtin_catalogue_loads_quickly() -> None:
    started = time.process_time()
    load(examples=False)
    assert time.process_time() - started < 1, "0.25 s where it was measured"


def test_the_builtin_catalogue_loads_without_schemas_and_practices(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a review has no need of this")

    monkeypatch.setattr("mainstay.catalog.checks.load_shapes", refuse)
    monkeypatch.setattr("mainstay.catalog.checks.load_practices", refuse)
    assert len(load().controls) >= 130


def test_the_catalogue_without_examples_is_the_same_otherwise() -> None:
    whole, bare = load().controls, load(examples=False).controls
    assert [replace(control, examples=()) for control in whole] == list(bare)
    assert sum(len(control.examples) for control in whole) > 700
