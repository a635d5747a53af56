"""Modules: calls, nesting, outputs, providers, override files, and what is not there to be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mainstay.model.values import OneOf, Ref, Unknown

CHILD = (
    'variable "n" {\n  default = 0\n}\nresource "a_b" "c" {\n  n = var.n\n}\noutput "n" {\n'
    '  value = var.n\n}\noutput "id" {\n  value = a_b.c.id\n}\n'
)


def test_modules_nest_with_count_and_for_each(read: Callable[..., Any]) -> None:
    reading = read(
        {
            "main.tf": 'module "outer" {\n  source = "./outer"\n  for_each = { x = 1, y = 2 }\n  n = each.value\n}\n'
            'resource "r_s" "t" {\n  all = [for k, m in module.outer : m.sum]\n'
            '  one = module.outer["x"].sum\n  id = module.outer["x"].id\n}\n',
            "outer/main.tf": 'variable "n" {}\nmodule "inner" {\n  source = "../inner"\n  count = 2\n'
            "  n = var.n * 10 + count.index\n}\n"
            'output "sum" {\n  value = sum(module.inner[*].n)\n}\noutput "id" {\n  value = module.inner[0].id\n}\n',
            "inner/main.tf": CHILD,
        }
    )
    body = reading['module.outer["y"].module.inner[1].a_b.c']
    assert body["n"] == 21
    assert reading["r_s.t"]["all"] == [21, 41]
    assert reading["r_s.t"]["one"] == 21
    reference = reading["r_s.t"]["id"]
    assert isinstance(reference, Ref)
    assert reference.address == 'module.outer["x"].module.inner[0].a_b.c'
    assert (
        reading.resources['module.outer["y"].module.inner[1].a_b.c'].origin.module
        == 'module.outer["y"].module.inner[1]'
    )
    assert reading.gaps == []


def test_a_module_that_may_exist_makes_its_resources_doubtful(read: Callable[..., Any]) -> None:
    reading = read(
        {
            "main.tf": 'variable "u" {}\nmodule "m" {\n  source = "./m"\n  count = var.u ? 1 : 0\n}\n',
            "m/main.tf": CHILD,
        }
    )
    found = reading.resources["module.m[0].a_b.c"]
    assert found.may_exist is not None
    assert found.may_exist.settle == "set var.u or pass a plan"


def test_a_registry_module_is_a_gap_until_it_is_downloaded(read: Callable[..., Any]) -> None:
    files = {
        "main.tf": 'module "net" {\n  source = "terraform-aws-modules/vpc/aws"\n}\nresource "a_b" "x" {\n'
        "  v = module.net.vpc_id\n}\n"
    }
    reading = read(files)
    assert [gap.kind for gap in reading.gaps] == ["module"]
    assert "terraform init" in reading.gaps[0].reason
    assert isinstance(reading["a_b.x"]["v"], Unknown)
    manifest = {"Modules": [{"Key": "", "Dir": "."}, {"Key": "net", "Source": "x", "Dir": ".terraform/modules/net"}]}
    files[".terraform/modules/modules.json"] = json.dumps(manifest)
    files[".terraform/modules/net/main.tf"] = 'output "vpc_id" {\n  value = "known"\n}\n' + CHILD.replace("id", "other")
    reading = read(files)
    assert reading.gaps == []
    assert reading["a_b.x"]["v"] == "known"
    assert "module.net.a_b.c" in reading.resources


def test_default_tags_do_not_reach_auto_scaling_groups(read: Callable[..., Any]) -> None:
    reading = read(
        {
            "main.tf": 'provider "aws" {\n  default_tags {\n    tags = { Env = "prod" }\n  }\n}\n'
            'resource "aws_autoscaling_group" "web" {\n  min_size = 1\n}\nresource "aws_lb" "web" {}\n'
        }
    )
    assert reading["aws_lb.web"]["tags"] == {"Env": "prod"}
    assert "tags" not in reading["aws_autoscaling_group.web"]


def test_default_tags_lie_under_the_resources_own(read: Callable[..., Any]) -> None:
    reading = read(
        {
            "main.tf": 'provider "aws" {\n  default_tags {\n    tags = { Env = "prod", Team = "a" }\n  }\n}\n'
            'provider "aws" {\n  alias = "west"\n  default_tags {\n    tags = { Env = "west" }\n  }\n}\n'
            'resource "aws_x" "own" {\n  tags = { Team = "b" }\n}\nresource "aws_x" "none" {\n}\n'
            'resource "aws_x" "west" {\n  provider = aws.west\n}\nresource "google_x" "other" {\n}\n'
            'module "m" {\n  source = "./m"\n  providers = {\n    aws = aws.west\n    aws.second = aws\n  }\n}\n'
            'variable "tags" {}\nresource "aws_x" "unknown" {\n  tags = var.tags\n}\n',
            "m/main.tf": 'provider "aws" {\n}\nresource "aws_x" "m" {\n}\nresource "aws_x" "second" {\n'
            "  provider = aws.second\n}\n",
        }
    )
    assert reading["aws_x.own"]["tags"] == {"Env": "prod", "Team": "b"}
    assert reading["aws_x.none"]["tags"] == {"Env": "prod", "Team": "a"}
    assert reading["aws_x.west"]["tags"] == {"Env": "west"}
    assert reading["module.m.aws_x.m"]["tags"] == {"Env": "west"}
    assert reading["module.m.aws_x.second"]["tags"] == {"Env": "prod", "Team": "a"}
    assert "tags" not in reading["google_x.other"]
    unknown = reading["aws_x.unknown"]["tags"]
    assert isinstance(unknown["Env"], OneOf)
    assert unknown["Env"].options[0] == "prod"
    assert isinstance(unknown.look_up("Other"), Unknown)


def test_override_files_change_what_others_declare(read: Callable[..., Any]) -> None:
    reading = read(
        {
            "main.tf": 'resource "a_b" "c" {\n  x = 1\n  y = 1\n  rule {\n    p = 1\n  }\n'
            '  dynamic "extra" {\n    for_each = [1]\n    content {\n      p = 1\n    }\n  }\n}\n'
            "locals {\n  l = 1\n}\n",
            "a_override.tf": 'resource "a_b" "c" {\n  x = 2\n  rule {\n    p = 2\n  }\n  extra {\n    p = 2\n  }\n}\n',
            "override.tf": 'resource "a_b" "c" {\n  z = local.l\n}\nlocals {\n  l = 3\n}\n',
        }
    )
    assert reading["a_b.c"] == {"x": 2, "y": 1, "z": 3, "rule": [{"p": 2}], "extra": [{"p": 2}]}
    assert reading.gaps == []


def test_tofu_files_take_the_place_of_tf_files(read: Callable[..., Any]) -> None:
    reading = read(
        {
            "main.tf": 'resource "a_b" "terraform" {\n}\n',
            "main.tofu": 'resource "a_b" "tofu" {\n}\n',
            "more.tf.json": '{"resource": {"a_b": {"terraform_json": {}}}}',
            "more.tofu.json": '{"resource": {"a_b": {"tofu_json": {}}}}',
            "only.tofu": 'resource "a_b" "only" {\n}\n',
        }
    )
    assert sorted(reading.resources) == ["a_b.only", "a_b.tofu", "a_b.tofu_json"]


def test_something_declared_twice_is_a_gap(read: Callable[..., Any]) -> None:
    reading = read('resource "a_b" "c" {\n  x = 1\n}\nresource "a_b" "c" {\n  x = 2\n}\n')
    assert reading["a_b.c"] == {"x": 2}
    assert "declared twice" in reading.gaps[0].reason
    assert reading.gaps[0].place.line == 4


@pytest.mark.parametrize("source", ["../outside", "/etc", "./link"])
def test_a_module_outside_the_tree_is_refused(read: Callable[..., Any], tmp_path: Path, source: str) -> None:
    (tmp_path / "link").symlink_to("/etc")
    reading = read(f'module "m" {{\n  source = "{source}"\n}}\nresource "a_b" "c" {{\n}}\n')
    assert list(reading.resources) == ["a_b.c"]
    assert len(reading.gaps) == 1


def test_modules_that_call_themselves_end_with_a_gap(read: Callable[..., Any]) -> None:
    reading = read(
        {
            "main.tf": 'module "a" {\n  source = "./a"\n}\nmodule "self" {\n  source = "./"\n}\n',
            "a/main.tf": 'module "b" {\n  source = "../b"\n}\nresource "a_b" "a" {\n}\n',
            "b/main.tf": 'module "a" {\n  source = "../a"\n}\nresource "a_b" "b" {\n}\n',
        }
    )
    assert sorted(reading.resources) == ["module.a.a_b.a", "module.a.module.b.a_b.b"]
    assert sum("calls itself" in reason for reason in reading.reasons) == 2


def test_the_zones_of_a_region_are_counted_but_not_guessed(read: Callable[..., Any]) -> None:
    text = (
        'provider "aws" {\n  region = "eu-west-1"\n}\ndata "aws_availability_zones" "z" {\n}\n'
        'data "aws_region" "r" {\n}\n'
        'resource "a_b" "c" {\n  count = length(slice(data.aws_availability_zones.z.names, 0, 2))\n'
        "  zone = data.aws_availability_zones.z.names[count.index]\n  region = data.aws_region.r.name\n}\n"
    )
    reading = read(text)
    assert list(reading.resources) == ["a_b.c[0]", "a_b.c[1]"]
    assert reading["a_b.c[0]"]["region"] == "eu-west-1"
    assert reading["a_b.c[0]"]["zone"].prefix == "eu-west-1"
