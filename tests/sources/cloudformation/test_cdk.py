from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainstay.catalog import load_shapes
from mainstay.model.resources import Resource
from mainstay.sources import Options, Scope, files, read
from mainstay.sources.cloudformation import Assembly, read_assembly
from mainstay.sources.spelling import Spelling

SPELLING = Spelling(load_shapes())


def queue(path: str | None, **properties: Any) -> dict[str, Any]:
    metadata = {"Metadata": {"aws:cdk:path": path}} if path else {}
    return {"Type": "AWS::SQS::Queue", "Properties": properties, **metadata}


def nested(path: str, asset: str) -> dict[str, Any]:
    return {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": {"Fn::Join": ["", ["https://s3.", {"Ref": "AWS::URLSuffix"}, "/b/0a1b.json"]]}},
        "Metadata": {"aws:cdk:path": path, "aws:asset:path": asset, "aws:asset:property": "TemplateURL"},
    }


def stack(template: str, environment: str = "aws://unknown-account/unknown-region", **more: Any) -> dict[str, Any]:
    properties = {"templateFile": template}
    return {"type": "aws:cloudformation:stack", "environment": environment, "properties": properties, **more}


REGION = {"Fn::Sub": "${AWS::Region}.${AWS::Partition}.${AWS::AccountId}"}
FILES: dict[str, Any] = {
    "cdk.json": {"app": "node app.js"},
    "cdk.out/cdk.out": {"version": "48.0.0"},
    "cdk.out/tree.json": {"version": "tree-0.1", "tree": {"id": "App"}},
    "cdk.out/manifest.json": {
        "version": "48.0.0",
        "artifacts": {
            "Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}},
            "Shop.assets": {"type": "cdk:asset-manifest", "properties": {"file": "Shop.assets.json"}},
            "Shop": stack("Shop.template.json"),
            "assembly-Prod": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Prod"}},
        },
    },
    "cdk.out/Shop.assets.json": {"files": {}},
    "cdk.out/Shop.template.json": {
        "Resources": {
            "Orders1A2B": queue("Shop/Orders/Queue/Resource", QueueName=REGION),
            "Inner3C4D": nested("Shop/Inner.NestedStack/Inner.NestedStackResource", "ShopInner.nested.template.json"),
            "CDKMetadata": {"Type": "AWS::CDK::Metadata", "Properties": {"Analytics": "v2"}},
        }
    },
    "cdk.out/ShopInner.nested.template.json": {
        "Resources": {"Late5E6F": queue("Shop/Inner/Late/Resource")},
    },
    "cdk.out/asset.0a1b/template.json": {"Resources": {"Stray": queue(None)}},
    "cdk.out/assembly-Prod/cdk.out": {"version": "48.0.0"},
    "cdk.out/assembly-Prod/manifest.json": {
        "version": "48.0.0",
        "artifacts": {
            "ProdShop": stack(
                "ProdShop.template.json",
                "aws://222222222222/cn-north-1",
                metadata={
                    "/Prod/Shop/Orders/Resource": [
                        {"type": "aws:cdk:creationStack", "data": ["new Shop (app.js:4:72)"]},
                        {"type": "aws:cdk:logicalId", "data": "Orders7G8H"},
                    ],
                    "/Prod/Shop/Twice": [{"type": "aws:cdk:logicalId", "data": "Twice"}],
                    "/Prod/Shop/Inner/Twice": [{"type": "aws:cdk:logicalId", "data": "Twice"}],
                },
            )
        },
    },
    "cdk.out/assembly-Prod/ProdShop.template.json": {
        "Resources": {"Orders7G8H": queue(None, QueueName=REGION), "Twice": queue(None)}
    },
}


def scopes(tree: Path, contents: dict[str, Any], options: Options | None = None, at: str = "") -> dict[str, Scope]:
    for name, value in contents.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value if isinstance(value, str) else json.dumps(value, indent=1))
    found = read([tree / at], options or Options(tree=tree), SPELLING)
    return {Path(scope.name).relative_to(tree).as_posix(): scope for scope in found}


def resources(found: dict[str, Scope]) -> Iterator[Resource]:
    return (resource for scope in found.values() for resource in scope.resources)


@pytest.mark.parametrize("at", ["", "cdk.out"])
def test_an_app_has_a_scope_for_each_stack_that_its_manifests_name(tmp_path: Path, at: str) -> None:
    found = scopes(tmp_path, FILES, at=at)
    assert {name: [one.address for one in scope.resources] for name, scope in found.items()} == {
        "cdk.out/Shop.template.json": ["Orders1A2B", "Inner3C4D", "Inner3C4D/Late5E6F"],
        "cdk.out/assembly-Prod/ProdShop.template.json": ["Orders7G8H", "Twice"],
    }
    assert [gap for scope in found.values() for gap in scope.gaps] == []
    assert {one.origin.scope for one in resources(found)} == set(found)


def test_every_resource_says_which_construct_made_it(tmp_path: Path) -> None:
    found = scopes(tmp_path, FILES)
    assert {one.address: one.origin.construct for one in resources(found)} == {
        "Orders1A2B": "Shop/Orders/Queue",
        "Inner3C4D": "Shop/Inner.NestedStack/Inner.NestedStackResource",
        "Inner3C4D/Late5E6F": "Shop/Inner/Late",
        "Orders7G8H": "Prod/Shop/Orders",
        "Twice": "",  # the manifest does not tell which of two stacks it is in
    }


def test_constructs_are_told_by_a_file_of_their_own_and_by_template(tmp_path: Path) -> None:
    logical_id, template = "aws:cdk:logicalId", "aws:cdk:templateFile"
    contents = {
        "cdk.out/manifest.json": {
            "artifacts": {"A": stack("A.template.json", additionalMetadataFile="A.metadata.json")},
        },
        "cdk.out/A.metadata.json": {
            "/A": [{"type": template, "data": "A.template.json"}],
            "/A/Queue/Resource": [{"type": logical_id, "data": "Queue"}],
            "/A/Inner": [{"type": template, "data": "AInner.nested.template.json"}],
            "/A/Inner/Queue/Resource": [{"type": logical_id, "data": "Queue"}],
        },
        "cdk.out/A.template.json": {
            "Resources": {"Queue": queue(None), "Inner": nested("A/Inner", "AInner.nested.template.json")}
        },
        "cdk.out/AInner.nested.template.json": {"Resources": {"Queue": queue(None)}},
    }
    found = scopes(tmp_path, contents)
    assert {one.address: one.origin.construct for one in resources(found)} == {
        "Queue": "A/Queue",
        "Inner": "A/Inner",
        "Inner/Queue": "A/Inner/Queue",
    }


def test_stacks_are_deployed_where_the_manifest_says_unless_the_user_says_otherwise(tmp_path: Path) -> None:
    def names(options: Options) -> dict[str, Any]:
        found = resources(scopes(tmp_path, FILES, options))
        return {one.address: one.properties["QueueName"] for one in found if "QueueName" in one.properties}

    told = names(Options(tree=tmp_path))
    assert told["Orders7G8H"] == "cn-north-1.aws-cn.222222222222"
    assert not isinstance(told["Orders1A2B"], str)
    given = names(Options(tree=tmp_path, region="eu-west-1", account="333333333333"))
    assert set(given.values()) == {"eu-west-1.aws.333333333333"}


@pytest.mark.parametrize(
    ("manifest", "kind", "reason"),
    [
        ('{"version": "48.0.0", "artifacts": {', "syntax", "the assembly is broken or not written to its end: "),
        ("[]", "syntax", "the manifest names no artifacts; the templates are read without it"),
        ('{"artifacts": []}', "syntax", "the manifest names no artifacts; the templates are read without it"),
    ],
)
def test_a_broken_manifest_is_a_gap_and_the_templates_are_read_without_it(
    tmp_path: Path, manifest: str, kind: str, reason: str
) -> None:
    found = scopes(tmp_path, {**FILES, "cdk.out/manifest.json": manifest})
    gaps = [gap for scope in found.values() for gap in scope.gaps]
    assert [(gap.kind, gap.place.file if gap.place else "") for gap in gaps] == [
        (kind, (tmp_path / "cdk.out/manifest.json").as_posix())
    ]
    assert gaps[0].reason.startswith(reason)
    assert [one.address for one in resources(found)] == ["Orders1A2B", "Inner3C4D", "Inner3C4D/Late5E6F"]


def test_what_a_manifest_names_and_the_assembly_lacks_is_a_gap(tmp_path: Path) -> None:
    artifacts = {
        "Gone": stack("Gone.template.json"),
        "Outside": stack("../secret.template.json"),
        "Stage": {"type": "cdk:cloud-assembly", "properties": {"directoryName": 3}},
        "Odd": "x",
    }
    contents = {
        "cdk.out/manifest.json": {"artifacts": artifacts},
        "secret.template.json": {"Resources": {"S": queue(None)}},
    }
    found = scopes(tmp_path, contents, at="cdk.out")
    assert list(resources(found)) == []
    assert sorted(gap.reason for scope in found.values() for gap in scope.gaps) == [
        "there is no '../secret.template.json' in the assembly, where the artifact Outside lies",
        "there is no 'Gone.template.json' in the assembly, where the artifact Gone lies",
        "there is no 3 in the assembly, where the artifact Stage lies",
    ]


def test_an_assembly_is_found_whatever_its_directory_is_called_and_none_is_no_finding(tmp_path: Path) -> None:
    moved = {name.replace("cdk.out/", "dist/", 1): value for name, value in FILES.items()}
    assert set(scopes(tmp_path / "a", moved)) == {
        "dist/Shop.template.json",
        "dist/assembly-Prod/ProdShop.template.json",
    }
    assert scopes(tmp_path / "b", {"cdk.json": {}, "cdk.out/synth.lock": ""}) == {}
    ours = {"manifest.json": {"artifacts": {}}, "stack.json": {"Resources": {"Q": queue(None)}}}
    assert set(scopes(tmp_path / "c", ours)) == {"stack.json"}


def test_a_stage_that_holds_itself_ends(tmp_path: Path) -> None:
    inner = {"type": "cdk:cloud-assembly", "properties": {"directoryName": "."}}
    contents = {
        "cdk.out/manifest.json": {"artifacts": {"Again": inner, "A": stack("A.template.json")}},
        "cdk.out/A.template.json": {"Resources": {"Q": queue(None)}},
    }
    assert [one.address for one in resources(scopes(tmp_path, contents))] == ["Q"]


def test_what_is_kept_of_a_stack_depends_on_the_manifest_that_names_it(tmp_path: Path) -> None:
    with files.noting() as noted:
        scopes(tmp_path, FILES)
    assert {
        str(tmp_path / "cdk.out/manifest.json"),
        str(tmp_path / "cdk.out/assembly-Prod/manifest.json"),
        str(tmp_path / "cdk.out/ShopInner.nested.template.json"),
    } <= {path for path, _ in noted}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 1) | st.sampled_from(["", ".", "..", "/", "\0", "x", "aws://a/b"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["type", "data", "x"]), inner),
    max_leaves=4,
)
ARTIFACT = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["aws:cloudformation:stack", "cdk:cloud-assembly"]) | JSON,
        "environment": JSON,
        "properties": st.dictionaries(st.sampled_from(["templateFile", "directoryName"]), JSON) | JSON,
        "metadata": st.dictionaries(st.sampled_from(["", "/", "/a/b"]), JSON) | JSON,
        "additionalMetadataFile": JSON,
    },
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(manifest=st.fixed_dictionaries({"artifacts": st.dictionaries(st.text(max_size=2), ARTIFACT) | JSON}))
def test_no_manifest_makes_reading_an_assembly_fail(tmp_path: Path, manifest: dict[str, Any]) -> None:
    directory = tmp_path / "cdk.out"
    directory.mkdir(exist_ok=True)
    (directory / "x").write_text("{}")
    (directory / "manifest.json").write_text(json.dumps(manifest))
    assembly = read_assembly(directory, "cdk.out")
    assert isinstance(assembly, Assembly)
    assert all(one.template.is_relative_to(directory) for one in assembly.stacks)
    assert all(gap.place is not None for gap in assembly.gaps)
