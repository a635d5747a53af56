from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainstay.model.findings import Gap
from mainstay.model.resources import Resource
from mainstay.model.values import unknowns
from mainstay.sources.cloudformation import Options, is_template, read

TORTURE = """\
AWSTemplateFormatVersion: 2010-09-09
Transform: [AWS::LanguageExtensions]
Parameters:
  Env: {Type: String, AllowedValues: [dev, prod]}
  Open: {Type: String}
  List: {Type: CommaDelimitedList, Default: "a,b"}
  Bad: 3
Mappings:
  M: {dev: {n: 1}, prod: {n: 2}}
Conditions:
  Prod: !Equals [!Ref Env, prod]
  NotProd: !Not [!Condition Prod]
  Loop: !And [!Condition Loop, !Condition Prod]
  Text: !Equals [!Sub "${Open}-x", !Join ["-", [!Ref Env, x]]]
Resources:
  Fn::ForEach::L: [N, !Ref List, {"B${N}": {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub "${N}-${Env}"}}}]
  Plain: &plain
    Type: AWS::A::B
    Condition: Prod
    DeletionPolicy: !If [Prod, Retain, Delete]
    Properties:
      A: !If [Prod, !FindInMap [M, !Ref Env, n], !Ref AWS::NoValue]
      B: !Select [1, !Split ["-", !Sub "x-${Open}-${Plain2.Arn}"]]
      C: {Fn::ToJsonString: {Statement: [{Effect: Allow, Resource: !GetAtt Plain2.Arn}]}}
      D: !Cidr [!Ref Open, 2, 8]
      E: "{{resolve:secretsmanager:x}}"
      F: {"Fn::Transform": {Name: Nope}}
      G: !Base64 {"Fn::Join": ["", ["#!", !Ref AWS::Region]]}
      H: [!Ref AWS::NoValue, !GetAZs "", !ImportValue x]
  Plain2: {<<: *plain, Condition: Text}
  Nested: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: t.yaml}}
  Broken: [1]
  Worse: {Type: 3}
Outputs:
  O: {Value: !Ref Plain}
Rules: {R: {Assertions: []}}
"""


def test_a_torture_template_keeps_every_resource_and_names_every_fault(reading: Callable[..., Any]) -> None:
    result = reading(TORTURE)
    assert set(result.resources) == {"Ba", "Bb", "Plain", "Plain2", "Nested"}
    assert sorted(result.messages) == [
        "evaluation t.yaml:13:9: condition Loop: it depends on itself: Loop -> Loop",
        "evaluation t.yaml:31:3: the template t.yaml nests itself",
        "evaluation t.yaml:32:3: Broken is no resource: it has no type",
        "evaluation t.yaml:33:3: Worse is no resource: it has no type",
        "evaluation t.yaml:7:3: parameter Bad has to be a map",
        "unsupported t.yaml:27:10: what the macro Nope makes is not known",
    ]
    plain = result.resources["Plain"]
    assert plain.properties["A"] == 2
    assert plain.raw["DeletionPolicy"] == "Retain"
    assert plain.properties["C"].value["Statement"][0]["Effect"] == "Allow"
    assert result.resources["Ba"].properties["BucketName"].options == ("a-dev", "a-prod")


def test_a_broken_template_is_a_syntax_gap_with_its_place(reading: Callable[..., Any]) -> None:
    result = reading("Resources:\n  A:\n    Type: [AWS::A::B\n  B: 1\n")
    assert [gap.kind for gap in result.gaps] == ["syntax"]
    assert result.gaps[0].place.line == 4
    assert reading("- just\n- a list\n").messages == ["syntax t.yaml:1:1: a template has to be a map"]


def test_a_key_that_stands_twice_is_a_gap_and_the_rest_is_read(reading: Callable[..., Any]) -> None:
    result = reading("Resources:\n  A: {Type: AWS::A::B}\n  B: {Type: AWS::A::B}\n  A: {Type: AWS::A::C}\n")
    assert result.messages == ["syntax t.yaml:4:3: the key 'A' stands twice in one map"]
    assert {address: resource.type for address, resource in result.resources.items()} == {
        "A": "AWS::A::C",
        "B": "AWS::A::B",
    }


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("[", "]"), ("{A: ", "}"), ("!If [C, ", ", 1]"), ("{Fn::Sub: ['${A}', {A: ", "}]}"), ("!Join ['', [", "]]"),
        ("!Not [", "]"), ("!Frobnicate [", "]"), ("{'Fn::Base64': ", "}"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("depth", [99, 150, 5000])
def test_nesting_too_deep_is_a_gap(opening: str, closing: str, depth: int, reading: Callable[..., Any]) -> None:
    nested = opening * depth + "x" + closing * depth
    text = f"Conditions:\n  C: !Equals [!Ref AWS::Region, x]\n  D: {nested}\nResources:\n  R:\n    Type: AWS::A::B\n"
    result = reading(text + f"    Condition: D\n    Properties:\n      V: {nested}\n      W: 1\n")
    kinds = {gap.kind for gap in result.gaps}
    assert kinds
    assert "syntax" not in kinds
    if "R" in result.resources:
        assert result.resources["R"].properties["W"] == 1
    else:
        assert kinds == {"limit"}


def test_long_chains_of_conditions_end(reading: Callable[..., Any]) -> None:
    chain = "".join(f"  C{i}: !Condition C{i + 1}\n" for i in range(2000))
    result = reading(
        f"Conditions:\n{chain}  C2000: !Equals [a, a]\nResources:\n  R: {{Type: AWS::A::B, Condition: C0}}\n"
    )
    assert "R" in result.resources
    assert {gap.kind for gap in result.gaps} == {"limit"}


def test_a_yaml_bomb_is_a_gap(reading: Callable[..., Any]) -> None:
    bomb = "".join(f"  - &a{i} [{', '.join([f'*a{i - 1}' if i else 'x'] * 9)}]\n" for i in range(12))
    result = reading(f"Metadata:\n{bomb}Resources:\n  R: {{Type: AWS::A::B}}\n")
    assert [gap.kind for gap in result.gaps] == ["limit"]


def test_files_that_cannot_be_read_are_gaps(tmp_path: Path) -> None:
    (tmp_path / "large.yaml").write_bytes(b"#" * 10_000_001)
    (tmp_path / "bytes.yaml").write_bytes(b"Resources: {A: {Type: AWS::A::B, Properties: {V: '\xff'}}}")
    (tmp_path / "wide.yaml").write_bytes("Resources: {A: {Type: AWS::A::B}}".encode("utf-16"))
    (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")
    (tmp_path / "dir.yaml").mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")
    kinds = {}
    for name in ("large", "bytes", "wide", "loop", "dir", "pipe", "missing"):
        items = list(read(tmp_path / f"{name}.yaml", name, Options(), tmp_path))
        kinds[name] = [item.kind if isinstance(item, Gap) else item.address for item in items]
    assert kinds == {
        "large": ["limit"], "bytes": ["A", "unreadable"], "wide": ["A"], "loop": ["unreadable"], "dir": ["unreadable"],
        "pipe": ["unreadable"], "missing": ["unreadable"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("AWSTemplateFormatVersion: 2010-09-09\nResources:\n  A:\n    Type: AWS::A::B\n", True),
        ("Resources:\n  A:\n    Type: 'AWS::A::B'\n", True),
        ('{"Resources": {"A": {"Type": "AWS::A::B"}}}', True),
        ('{"Resources":{"A":{"Type":"Custom::Thing"}}}', True),
        ("Resources: {A: {Type: Alexa::ASK::Skill}}", True),
        ("Resources:\n  A: [\n    Type: AWS::A::B\n", True),
        ("kind: Deployment\nresources: {limits: {cpu: 1}}\n", False),
        ("Resources:\n  - a\nType: A::B\n", False),
        (
            "data:\n  t.yaml: |\n    AWSTemplateFormatVersion: 1\n    Resources:\n      A:\n        Type: AWS::A::B\n",
            False,
        ),
        ('{"event": {"Resources": {"A": {"Type": "AWS::A::B"}}}}', False),
        ("", False),
        ("Resources: {A: {Type: String}}", False),
    ],
)
def test_templates_are_told_from_other_yaml_and_json(text: str, answer: bool) -> None:
    assert is_template(text) is answer


PIECES = st.sampled_from(
    [
        "!Ref ", "!Sub ", "!If [", "]", "{", "}", "Fn::ForEach::X: ", "Env", "*plain", "&plain ", "\n", "  ", ":", "- ",
        "${", "Prod", "!GetAtt Plain.Arn", "!Condition ", "AWS::NoValue", "null", "{{resolve:ssm:", "Fn::Transform: ",
        "Type: ", "1", "'", "\x00",
    ]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(TORTURE)), st.integers(0, 12), PIECES | st.text(max_size=4)), max_size=6),
    st.booleans(),
)
def test_no_mutation_of_a_template_makes_the_reader_raise(edits: list[tuple[int, int, str]], detected: bool) -> None:
    text = TORTURE
    for at, cut, piece in edits:
        text = text[:at] + piece + text[at + cut :]
    if detected:
        is_template(text)
    with TemporaryDirectory() as directory:
        path = Path(directory) / "t.yaml"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        for item in read(path, "t.yaml", Options(), Path(directory)):
            if isinstance(item, Resource):
                assert all(leaf.reason for leaf in unknowns(item.properties))
            else:
                assert item.reason
                assert item.place is not None


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_raise(data: bytes) -> None:
    with TemporaryDirectory() as directory:
        path = Path(directory) / "t.yaml"
        path.write_bytes(data)
        for item in read(path, "t.yaml", Options(), Path(directory)):
            assert isinstance(item, (Gap, Resource))
