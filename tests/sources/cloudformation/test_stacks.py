from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mainstay.model.places import Place
from mainstay.model.values import Value
from mainstay.sources.cloudformation import Options, nested_templates, read

OUTER = """\
Parameters:
  Env: {Type: String}
Conditions:
  Big: !Equals [!Ref Env, big]
Resources:
  Net:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: parts/net.yaml
      Parameters: {Cidr: 10.1.0.0/16, Kind: !Ref Env}
  Data:
    Type: AWS::CloudFormation::Stack
    Condition: Big
    Properties:
      TemplateURL: ./parts/data.json
      Parameters: {Vpc: !GetAtt Net.Outputs.VpcId, Cidr: !GetAtt [Net, Outputs.Range]}
"""
NET = """\
Parameters:
  Cidr: {Type: String}
  Kind: {Type: String}
Conditions:
  Large: !Equals [!Ref Kind, big]
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties: {CidrBlock: !Ref Cidr}
  Extra: {Type: "AWS::A::B", Condition: Large}
Outputs:
  VpcId: {Value: !Ref Vpc}
  Range: {Value: !GetAtt Vpc.CidrBlock}
"""
DATA = """{"Parameters": {"Vpc": {"Type": "AWS::EC2::VPC::Id"}, "Cidr": {"Type": "String"}},
"Resources": {"Group": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"VpcId": {"Ref": "Vpc"},
  "SecurityGroupIngress": [{"CidrIp": {"Ref": "Cidr"}, "IpProtocol": {"Ref": "AWS::StackName"}}]}}}}
"""
MAP = '{"M": {"a": {"b": 7}}}'
FILES = {"t.yaml": OUTER, "parts/net.yaml": NET, "parts/data.json": DATA}


def test_nested_stacks_are_read_with_their_parameters_and_give_their_outputs(
    reading: Callable[..., Any], showing: Callable[[Value], Value]
) -> None:
    result = reading(FILES)
    assert result.messages == []
    assert list(result.resources) == ["Net", "Net/Vpc", "Net/Extra", "Data", "Data/Group"]
    assert showing(result.resources["Net/Vpc"].properties) == {"CidrBlock": "10.1.0.0/16"}
    group = result.resources["Data/Group"]
    assert showing(group.properties["VpcId"]) == "<Net/Vpc.id>"
    assert showing(group.properties["SecurityGroupIngress"][0]["CidrIp"]) == "<Net/Vpc.CidrBlock>"
    assert group.references == {"Net/Vpc"}
    assert (group.origin.scope, group.origin.module) == ("t.yaml", "Data")
    assert group.origin.place == Place("parts/data.json", 2, 15, 2, 22)


def test_what_stands_in_a_nested_stack_may_exist_where_the_stack_may_or_its_own_condition_says_so(
    reading: Callable[..., Any],
) -> None:
    resources = reading(FILES).resources
    assert resources["Net/Vpc"].may_exist is None
    assert resources["Net/Extra"].may_exist.reason == "condition Large depends on parameter Kind"
    assert resources["Net/Extra"].may_exist.settle == "set parameter Env with --parameter Env=..."
    assert resources["Data/Group"].may_exist.reason == "condition Big depends on parameter Env"
    assert "Data" not in reading(FILES, parameters={"Env": "small"}).resources


@pytest.mark.parametrize(
    ("location", "message"),
    [
        (
            "https://s3.amazonaws.com/b/k.yaml",
            "module t.yaml:2:3: https://s3.amazonaws.com/b/k.yaml is not a local file",
        ),
        ("nowhere.yaml", "module t.yaml:2:3: there is no file nowhere.yaml"),
        ("../outside.yaml", "refused t.yaml:2:3: ../outside.yaml lies outside the tree that is reviewed"),
        ("/etc/hosts", "refused t.yaml:2:3: /etc/hosts lies outside the tree that is reviewed"),
        ("!Ref AWS::Region", "module t.yaml:2:3: the template of the nested stack S is not known"),
        ("t.yaml", "evaluation t.yaml:2:3: the template t.yaml nests itself"),
        ("list.yaml", "evaluation t.yaml:2:3: list.yaml is no template"),
        ("broken.yaml", "syntax broken.yaml:1:5: "),
    ],
)
def test_a_nested_stack_that_cannot_be_read_is_a_gap(location: str, message: str, reading: Callable[..., Any]) -> None:
    text = "Resources:\n  S:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n"
    text += f"      TemplateURL: {location}\n  After: {{Type: 'AWS::A::B'}}\n"
    result = reading({"t.yaml": text, "list.yaml": "[]", "broken.yaml": "a: b: c", "../outside.yaml": NET})
    assert len(result.messages) == 1
    assert result.messages[0].startswith(message)
    assert set(result.resources) == {"S", "After"}


def test_nested_stacks_that_wait_for_one_another_end_with_a_gap(reading: Callable[..., Any]) -> None:
    text = "Resources:\n"
    for name, other in (("A", "B"), ("B", "A")):
        text += f"  {name}:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n"
        text += f"      TemplateURL: child.yaml\n      Parameters: {{P: !GetAtt {other}.Outputs.O}}\n"
    child = "Parameters: {P: {Type: String}}\nResources: {R: {Type: 'AWS::A::B'}}\nOutputs: {O: {Value: !Ref P}}\n"
    result = reading({"t.yaml": text, "child.yaml": child})
    assert any("depends on its own outputs" in message for message in result.messages)
    assert any("resources wait for one another: A -> B -> A" in message for message in result.messages)
    assert set(result.resources) == {"A", "A/R", "B", "B/R"}


def test_stacks_that_multiply_without_end_are_stopped(reading: Callable[..., Any]) -> None:
    files = {}
    for level in range(8):
        text = "Resources:\n"
        for i in range(9):
            text += (
                f"  S{i}:\n    Type: AWS::CloudFormation::Stack\n    Properties: {{TemplateURL: l{level + 1}.yaml}}\n"
            )
        files[f"l{level}.yaml"] = text
    files["l8.yaml"] = "Resources: {R: {Type: 'AWS::A::B'}}"
    result = reading(files)
    assert any(gap.kind == "limit" for gap in result.gaps)
    assert len(result.resources) < 2000


def test_an_include_brings_its_file_and_nothing_from_outside(
    reading: Callable[..., Any], showing: Callable[[Value], Value]
) -> None:
    text = """\
    Parameters: {Env: {Type: String, Default: prod}}
    Mappings: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: !Sub "${AWS::Partition}.json"}}}
    Resources:
      R:
        Type: AWS::A::B
        Properties:
          Own: !FindInMap [M, a, b]
          Fn::Transform: {Name: AWS::Include, Parameters: {Location: part.yaml}}
      S:
        Type: AWS::A::B
        Properties:
          Own: 1
          Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://b/k}}
      T:
        Type: AWS::A::B
        Properties:
          V: {Fn::Transform: {Name: Secret::Macro}}
          W: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: loop.yaml}}}
          X: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: /etc/hosts}}}
    """
    loop = "A: 1\nFn::Transform: {Name: AWS::Include, Parameters: {Location: loop.yaml}}\n"
    result = reading({"t.yaml": text, "part.yaml": "More: !Ref Env\nOwnToo: 2\n", "loop.yaml": loop, "aws.json": MAP})
    assert showing(result.resources["R"].properties) == {"Own": 7, "More": "prod", "OwnToo": 2}
    assert showing(result.resources["S"].properties) == {"Own": 1, "...": "?"}
    assert showing(result.resources["T"].properties) == {"V": "?", "W": {"A": 1, "...": "?"}, "X": "?"}
    assert sorted(result.messages) == [
        "evaluation loop.yaml:1:1: loop.yaml includes itself",
        "refused t.yaml:19:10: /etc/hosts lies outside the tree that is reviewed",
        "unsupported t.yaml:12:7: AWS::Include of s3://b/k: only local files are included",
        "unsupported t.yaml:17:10: what the macro Secret::Macro makes is not known",
    ]


def test_macros_and_sam_are_gaps_and_what_is_written_out_is_judged(reading: Callable[..., Any]) -> None:
    text = """\
    Transform: [AWS::Serverless-2016-10-31, AWS::LanguageExtensions, MyMacro]
    Resources:
      F: {Type: AWS::Serverless::Function}
      B: {Type: AWS::S3::Bucket}
    """
    result = reading(text)
    assert [gap.kind for gap in result.gaps] == ["unsupported", "evaluation"]
    assert "MyMacro" in result.messages[0]
    assert set(result.resources) == {"F", "B"}


def test_loops_make_resources_conditions_and_properties(
    reading: Callable[..., Any], showing: Callable[[Value], Value]
) -> None:
    text = """\
    Transform: AWS::LanguageExtensions
    Parameters: {Names: {Type: CommaDelimitedList, Default: "a.1,b"}, Open: {Type: CommaDelimitedList}}
    Conditions:
      Fn::ForEach::Cs: [N, [x, y], {"Is${N}": {"Fn::Equals": [!Ref N, x]}}]
    Resources:
      Fn::ForEach::Buckets:
        - Name
        - !Ref Names
        - Bucket&{Name}:
            Type: AWS::S3::Bucket
            Properties:
              BucketName: !Sub "${Name}-${AWS::Partition}"
              Fn::ForEach::Inner: [K, [p, q], {"${K}${Name}": !Ref K}]
      Fn::ForEach::Outer:
        - A
        - [x, y]
        - Fn::ForEach::Inner:
            - B
            - [1, 2]
            - T${A}${B}: {Type: AWS::A::B, Condition: "Is${A}"}
      Fn::ForEach::Unknown: [N, !Ref Open, {"U${N}": {Type: AWS::A::B}}]
      Fn::ForEach::Wrong: [N, {}]
    """
    result = reading(text)
    assert list(result.resources) == ["Bucketa1", "Bucketb", "Tx1", "Tx2"]
    assert showing(result.resources["Bucketa1"].properties) == {"BucketName": "a.1-aws", "pa.1": "p", "qa.1": "q"}
    assert result.resources["Bucketb"].origin.place == Place("t.yaml", 9, 7, 9, 20)
    assert [gap.kind for gap in result.gaps] == ["evaluation", "evaluation"]
    assert "set parameter Open with --parameter Open=..." in result.messages[0]


def test_loops_that_multiply_without_end_are_stopped(reading: Callable[..., Any]) -> None:
    body = "{'R${A}${B}${C}${D}${E}': {Type: AWS::A::B}}"
    for name in "EDCBA":
        body = f"{{Fn::ForEach::{name}: [{name}, [{', '.join(map(str, range(30)))}], {body}]}}"
    result = reading(f"Resources: {body}\n")
    assert [gap.kind for gap in result.gaps] == ["limit"]


def test_texts_that_grow_without_end_are_stopped(reading: Callable[..., Any]) -> None:
    value = "x" * 100
    for _ in range(30):
        value = "{'Fn::Sub': ['${A}${A}', {A: " + value + "}]}"
    result = reading(f"Resources: {{R: {{Type: AWS::A::B, Properties: {{V: {value}, W: 1}}}}}}\n")
    assert {gap.kind for gap in result.gaps} == {"limit"}
    assert result.resources["R"].properties["W"] == 1


def test_resources_that_wait_for_one_another_are_a_gap(reading: Callable[..., Any]) -> None:
    text = """\
    Parameters: {P: {Type: String}}
    Conditions: {C: !Equals [!Ref P, x]}
    Resources:
      A: {Type: AWS::A::B, Properties: {V: !Ref B}}
      B: {Type: AWS::A::B, DependsOn: C}
      C: {Type: AWS::A::B, Properties: {V: !GetAtt A.Arn}}
      D: {Type: AWS::A::B, Properties: {V: !If [C, !Ref E, 1]}}
      E: {Type: AWS::A::B, Properties: {V: !If [C, 1, !Ref D]}}
      F: {Type: AWS::A::B, DependsOn: [A, B]}
    """
    result = reading(text)
    assert result.messages == ["evaluation t.yaml:4:3: resources wait for one another: A -> B -> C -> A"]
    assert set(result.resources) == set("ABCDEF")


def test_raw_keeps_the_attributes_beside_the_properties(reading: Callable[..., Any]) -> None:
    text = """\
    Resources:
      B:
        Type: AWS::S3::Bucket
        DeletionPolicy: Retain
        Properties: {A: !Ref AWS::Partition}
    """
    bucket = reading(text).resources["B"]
    assert bucket.raw == {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "Properties": {"A": "aws"}}
    assert bucket.properties == {"A": "aws"}
    assert bucket.raw.marks["DeletionPolicy"] == Place("t.yaml", 4, 5, 4, 19)


def test_properties_that_depend_on_a_condition_are_merged(
    reading: Callable[..., Any], showing: Callable[[Value], Value]
) -> None:
    text = """\
    Parameters: {P: {Type: String}}
    Conditions: {C: !Equals [!Ref P, x]}
    Resources:
      R: {Type: AWS::A::B, Properties: !If [C, {A: 1, B: 2}, {A: 1, B: 3, D: 4}]}
    """
    assert showing(reading(text).resources["R"].properties) == {"A": 1, "B": "one of 2, 3", "D": "one of None, 4"}


def test_nested_templates_are_found_where_they_are_written_out(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert nested_templates(tmp_path / "t.yaml") == {tmp_path / "parts/net.yaml", tmp_path / "parts/data.json"}
    assert nested_templates(tmp_path / "parts/net.yaml") == set()
    assert nested_templates(tmp_path / "missing.yaml") == set()


def test_a_template_outside_the_tree_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "real.yaml").write_text(NET)
    (tmp_path / "tree/link.yaml").symlink_to(tmp_path / "real.yaml")
    items = list(read(tmp_path / "tree/link.yaml", "link.yaml", Options(), tmp_path / "tree"))
    assert [getattr(item, "kind", None) for item in items] == ["refused"]
