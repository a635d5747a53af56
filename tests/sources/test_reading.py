"""What a tree holds is found out by looking at it: languages, roots, and what belongs to what."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mainstay.catalog import load_shapes
from mainstay.sources import Options, Scope, read
from mainstay.sources.spelling import Spelling

BUCKET = 'resource "aws_s3_bucket" "b" {\n  bucket = "b"\n}\n'
TEMPLATE = "Resources:\n  B: {Type: 'AWS::S3::Bucket'}\n"


def nesting(name: str) -> str:
    return f"Resources:\n  S:\n    Type: AWS::CloudFormation::Stack\n    Properties: {{TemplateURL: ./{name}}}\n"


def scopes(tree: Path, files: dict[str, str | bytes], options: Options | None = None) -> dict[str, Scope]:
    for name, text in files.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    found = read([tree], options or Options(), Spelling(load_shapes()))
    return {Path(scope.name).relative_to(tree).as_posix(): scope for scope in found}


def test_a_mixed_tree_gives_a_scope_for_each_root_and_template(tmp_path: Path) -> None:
    found = scopes(
        tmp_path,
        {
            "app/main.tf": BUCKET,
            "stack.yaml": TEMPLATE,
            "stack.json": '{"Resources": {"B": {"Type": "AWS::S3::Bucket"}}}',
            "values.yaml": "Resources: {limits: {cpu: 1}}\n",
            "package.json": '{"name": "x"}',
            ".terraform/modules/x/main.tf": BUCKET,
            "node_modules/x/template.yaml": TEMPLATE,
        },
    )
    assert set(found) == {"app", "stack.yaml", "stack.json"}
    assert all(len(scope.resources) == 1 for scope in found.values())


def test_a_module_that_another_calls_is_judged_through_its_caller(tmp_path: Path) -> None:
    found = scopes(
        tmp_path,
        {"main.tf": 'module "m" {\n  source = "./modules/m"\n}\n', "modules/m/main.tf": BUCKET},
    )
    assert [scope.resources[0].address for scope in found.values()] == ["module.m.aws_s3_bucket.b"]


@pytest.mark.parametrize(
    "mark", [{"modules/m/backend.tf": 'terraform {\n  backend "s3" {}\n}\n'}, {"modules/m/prod.tfvars": "x = 1\n"}]
)
def test_a_module_with_a_backend_or_values_is_a_root_all_the_same(tmp_path: Path, mark: dict[str, str | bytes]) -> None:
    found = scopes(
        tmp_path,
        {"main.tf": 'module "m" {\n  source = "./modules/m"\n}\n', "modules/m/main.tf": BUCKET, **mark},
    )
    assert set(found) == {".", "modules/m"}


def test_modules_that_only_call_each_other_are_not_forgotten(tmp_path: Path) -> None:
    found = scopes(
        tmp_path,
        {
            "a/main.tf": BUCKET + 'module "b" {\n  source = "../b"\n}\n',
            "b/main.tf": BUCKET + 'module "a" {\n  source = "../a"\n}\n',
        },
    )
    addresses = {resource.address for scope in found.values() for resource in scope.resources}
    assert "aws_s3_bucket.b" in addresses
    assert any(gap.kind == "module" for scope in found.values() for gap in scope.gaps)


def test_a_call_in_a_comment_hides_no_root(tmp_path: Path) -> None:
    found = scopes(
        tmp_path,
        {"a/main.tf": '/*\nmodule "b" {\n  source = "../b"\n}\n*/\n' + BUCKET, "b/main.tf": BUCKET},
    )
    assert set(found) == {"a", "b"}


def test_nested_templates_are_judged_through_the_outermost(tmp_path: Path) -> None:
    found = scopes(tmp_path, {"outer.yaml": nesting("inner.yaml"), "inner.yaml": TEMPLATE})
    assert set(found) == {"outer.yaml"}
    assert "S/B" in {resource.address for resource in found["outer.yaml"].resources}


def test_templates_that_only_nest_each_other_are_judged_once(tmp_path: Path) -> None:
    found = scopes(tmp_path, {"a.yaml": nesting("b.yaml"), "b.yaml": nesting("a.yaml")})
    assert set(found) == {"a.yaml"}
    assert found["a.yaml"].gaps


def test_a_template_in_utf_16_is_found(tmp_path: Path) -> None:
    assert set(scopes(tmp_path, {"wide.yaml": TEMPLATE.encode("utf-16")})) == {"wide.yaml"}


def test_a_single_file_is_read_with_the_module_around_it(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('resource "aws_s3_bucket" "b" {\n  bucket = local.name\n}\n')
    (tmp_path / "names.tf").write_text('locals {\n  name = "shop"\n}\n')
    (scope,) = read([tmp_path / "main.tf"], Options(), Spelling(load_shapes()))
    assert scope.resources[0].properties["BucketName"] == "shop"


def test_a_file_that_is_neither_is_a_gap(tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text("a: 1\n")
    (scope,) = read([tmp_path / "values.yaml"], Options(), Spelling(load_shapes()))
    assert [gap.kind for gap in scope.gaps] == ["unsupported"]


def test_a_fault_in_a_module_without_resources_is_told(tmp_path: Path) -> None:
    found = scopes(
        tmp_path,
        {
            "main.tf": BUCKET + 'module "m" {\n  source = "./m"\n  count  = 0\n}\n',
            "m/main.tf": 'resource "aws_s3_bucket" "lost" {\n  bucket = = 1\n}\n',
        },
    )
    assert [(gap.kind, gap.place.line if gap.place else 0) for gap in found["."].gaps] == [("syntax", 2)]


def test_a_scope_names_its_inputs(tmp_path: Path) -> None:
    found = scopes(
        tmp_path,
        {"main.tf": 'variable "size" {}\n' + BUCKET, "stack.yaml": "Parameters: {Env: {Type: String}}\n" + TEMPLATE},
        Options(parameters={"Env": "prod"}),
    )
    assert {name: set(scope.inputs) for name, scope in found.items()} == {".": {"size"}, "stack.yaml": {"Env"}}


def test_installed_modules_are_found_below_keys_with_dots(tmp_path: Path) -> None:
    manifest = '{"Modules": [{"Key": "a.b", "Source": "x/b/aws", "Dir": ".terraform/modules/a.b"}]}'
    found = scopes(
        tmp_path,
        {
            "main.tf": 'module "a" {\n  source   = "./a"\n  for_each = toset(["x.y"])\n}\n',
            "a/main.tf": 'module "b" {\n  source = "x/b/aws"\n}\n',
            ".terraform/modules/modules.json": manifest,
            ".terraform/modules/a.b/main.tf": BUCKET,
        },
    )
    assert [one.address for one in found["."].resources] == ['module.a["x.y"].module.b.aws_s3_bucket.b']


def test_a_fault_of_ours_in_one_scope_costs_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> object:
        raise KeyError("a fault of ours")

    monkeypatch.setattr("mainstay.sources.reading.terraform.read_root", broken)
    found = scopes(tmp_path, {"main.tf": BUCKET, "stack.yaml": TEMPLATE})
    assert [gap.kind for gap in found["."].gaps] == ["internal"]
    assert "KeyError in test_reading.py" in found["."].gaps[0].reason
    assert len(found["stack.yaml"].resources) == 1


def test_what_may_be_there_says_which_variable_would_tell(tmp_path: Path) -> None:
    found = scopes(
        tmp_path,
        {
            "main.tf": 'variable "ports" {}\nresource "aws_security_group" "g" {\n  dynamic "ingress" {\n'
            "    for_each = var.ports\n    content {\n      from_port = 22\n      to_port = 22\n"
            '      protocol = "tcp"\n      cidr_blocks = ["0.0.0.0/0"]\n    }\n  }\n}\n'
        },
    )
    rules = found["."].resources[0].properties["SecurityGroupIngress"]
    assert rules.why.settle == "set var.ports or pass a plan"


def test_pipes_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    os.mkfifo(tmp_path / "pipe.tf")
    found = scopes(tmp_path, {"stack.yaml": TEMPLATE})
    assert len(found["stack.yaml"].resources) == 1


def test_a_template_that_links_out_of_the_tree_is_refused(tmp_path: Path) -> None:
    (tmp_path / "outside.yaml").write_text(TEMPLATE)
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    found = scopes(tree, {})
    assert [gap.kind for gap in found["link.yaml"].gaps] == ["refused"]
    assert found["link.yaml"].resources == []
