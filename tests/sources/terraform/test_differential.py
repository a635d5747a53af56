"""The same modules read by the Go core: the same addresses, and the same values where it knows them.

Where the two differ on purpose, the Go core is wrong, or says less:
- it gives `null` for what it cannot know, and leaves out resources and blocks over unknown collections;
- it gives one instance, for certain, to an unknown `count`;
- a data source's attributes are made-up texts, also those of policy documents;
- an attribute that the provider sets is a made-up text, or the resource's name;
- files of values are read only where they are named;
- an output that is called like an input of its module gives the input.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tfparse

from mainstay.model.values import Value, is_known

CHILD = (
    'variable "name" {\n  type = string\n}\nvariable "rules" {\n'
    "  type = list(object({ port = optional(number, 443), open = bool }))\n"
    '  default = []\n}\nvariable "create" {\n  type = bool\n  default = true\n}\n'
    'resource "x_bucket" "this" {\n  count = var.create ? 1 : 0\n  name = "${var.name}-bucket"\n'
    "  size = length(var.rules)\n"
    '  dynamic "rule" {\n    for_each = var.rules\n    content {\n      port = rule.value.port\n'
    "      open = rule.value.open\n    }\n  }\n}\n"
    'output "made" {\n  value = try(x_bucket.this[0].name, "")\n}\n'
)
MODULES: dict[str, dict[str, str]] = {
    "counts": {
        "main.tf": 'resource "x_a" "none" {\n  count = 0\n}\nresource "x_a" "two" {\n  count = 2\n'
        "  n = count.index * 10\n}\n"
        'resource "x_a" "each" {\n  for_each = { a = "A", b = "B" }\n  k = each.key\n  v = lower(each.value)\n}\n'
        'resource "x_a" "set" {\n  for_each = toset(["q", "p", "q"])\n  v = each.value\n}\n'
    },
    "locals": {
        "main.tf": 'locals {\n  zones = ["a", "b", "c"]\n'
        '  nets = [for i, z in local.zones : cidrsubnet("10.0.0.0/16", 8, i)]\n'
        '  by_zone = zipmap(local.zones, local.nets)\n  tags = merge({ Env = var.env }, { Team = "x" })\n}\n'
        'variable "env" {\n  default = "dev"\n}\nresource "x_net" "n" {\n  for_each = local.by_zone\n'
        "  cidr = each.value\n"
        '  tags = local.tags\n  name = format("%s-%s", var.env, each.key)\n'
        '  prod = var.env == "prod" ? true : false\n}\n'
    },
    "values": {
        "terraform.tfvars": 'size = "large"\nlist = ["a", "b"]\n',
        "z.auto.tfvars": 'size = "huge"\n',
        "main.tf": 'variable "size" {\n  default = "small"\n}\nvariable "list" {\n  type = list(string)\n'
        "  default = []\n}\n"
        'resource "x_a" "r" {\n  size = var.size\n  list = var.list\n  joined = join("/", var.list)\n}\n',
    },
    "modules": {
        "main.tf": 'module "one" {\n  source = "./child"\n  name = "one"\n'
        "  rules = [{ open = true }, { port = 22, open = false }]\n}\n"
        'module "off" {\n  source = "./child"\n  name = "off"\n  create = false\n}\n'
        'module "many" {\n  source = "./child"\n  for_each = toset(["x", "y"])\n  name = "many-${each.key}"\n}\n'
        'module "counted" {\n  source = "./child"\n  count = 2\n  name = "c${count.index}"\n}\n'
        'resource "x_user" "u" {\n  one = module.one.made\n}\n',
        "child/main.tf": CHILD,
    },
    "blocks": {
        "main.tf": 'resource "x_a" "r" {\n  name = "n"\n  outer {\n    a = 1\n    inner {\n      b = 2\n'
        "    }\n  }\n  outer {\n    a = 2\n  }\n"
        '  text = <<-EOT\n    %{ for x in ["a", "b"] ~}\n    - ${x}\n    %{ endfor ~}\n    end\n  EOT\n}\n'
    },
}


def theirs(directory: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    values = [path.name for path in sorted(directory.glob("*.tfvars"))]
    for kind, blocks in tfparse.load_from_path(str(directory), vars_paths=values).items():
        if kind.startswith("x_"):
            found.update({block["__tfmeta"]["path"]: block for block in blocks})
    return found


def without_index(address: str) -> str:
    return re.sub(r"\[[^\]]*\]", "", address)


@pytest.mark.parametrize("name", MODULES)
def test_the_go_core_finds_the_same_resources(read: Callable[..., Any], tmp_path: Path, name: str) -> None:
    ours, others = read(MODULES[name]), theirs(tmp_path)
    assert ours.gaps == []
    assert set(ours.resources) == set(others)
    assert ours.resources


@pytest.mark.parametrize("name", MODULES)
def test_the_go_core_finds_the_same_values(read: Callable[..., Any], tmp_path: Path, name: str) -> None:
    ours, others = read(MODULES[name]), theirs(tmp_path)
    compared = 0
    for address, found in ours.resources.items():
        for key, value in found.body.items():
            if is_known(value):
                assert as_theirs(value) == as_theirs(without_notes(others[address][key])), (address, key)
                compared += 1
    assert compared


def as_theirs(value: Value) -> Value:
    """A single block is no list there; numbers are numbers."""
    value = json.loads(json.dumps(value))
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        return as_theirs(value[0])
    if isinstance(value, list):
        return [as_theirs(child) for child in value]
    return {key: as_theirs(child) for key, child in value.items()} if isinstance(value, dict) else value


def without_notes(value: Value) -> Value:
    if isinstance(value, dict):
        return {key: without_notes(child) for key, child in value.items() if key not in ("__tfmeta", "id")}
    return [without_notes(child) for child in value] if isinstance(value, list) else value
