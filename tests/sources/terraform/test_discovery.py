"""Which directories of a tree are root modules, and which files may be templates."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from mainstay.sources.discovery import explore

Write = Callable[[Mapping[str, str | bytes]], Path]

CALL = 'module "m" {{\n  source = "{}"\n}}\n'


def roots(tree: Path) -> list[str]:
    return [root.relative_to(tree.resolve()).as_posix() for root in explore(tree).roots()]


def test_a_module_that_another_calls_is_no_root(write: Write) -> None:
    tree = write({"main.tf": CALL.format("./modules/a"), "modules/a/main.tf": "", "modules/b/main.tf": ""})
    assert roots(tree) == [".", "modules/b"]


def test_calls_in_json_are_seen_however_they_are_laid_out(write: Write) -> None:
    tree = write({"main.tf.json": '{"module":{"m":{"x":1,"source":"./a"}}}', "a/main.tf": ""})
    assert roots(tree) == ["."]


@pytest.mark.parametrize("sign", ["prod.tfvars", "backend.tf"])
def test_a_called_module_with_a_backend_or_values_is_a_root_too(write: Write, sign: str) -> None:
    content = 'terraform {\n  backend "s3" {\n  }\n}\n' if sign == "backend.tf" else "x = 1\n"
    tree = write({"main.tf": CALL.format("./a"), "a/main.tf": "", f"a/{sign}": content})
    assert roots(tree) == [".", "a"]


def test_modules_that_call_each_other_in_a_circle_are_reached_by_nobody(write: Write) -> None:
    tree = write({"a/main.tf": CALL.format("../b"), "b/main.tf": CALL.format("../a")})
    found = explore(tree)
    assert found.roots() == []
    assert found.modules - found.reached([]) == found.modules


def test_what_tools_leave_behind_is_not_looked_at(write: Write) -> None:
    tree = write({".terraform/modules/x/main.tf": "", "node_modules/y/t.yaml": "", "t.yaml": "", ".hidden.yaml": ""})
    found = explore(tree)
    assert found.modules == set()
    assert [path.name for path in found.candidates] == ["t.yaml"]


def test_a_single_file_stands_for_its_directory(write: Write) -> None:
    tree = write({"main.tf": "", "other.yaml": ""})
    found = explore(tree / "main.tf")
    assert found.roots() == [tree.resolve()]
    assert found.candidates == []


def test_links_that_lead_in_circles_and_pipes_end_nothing(write: Write) -> None:
    tree = write({"a/main.tf": ""})
    (tree / "a/loop").symlink_to(tree)
    (tree / "a/self.tf").symlink_to(tree / "a/self.tf")
    os.mkfifo(tree / "a/pipe.tf")
    (tree / "a/zero.tf").symlink_to("/dev/zero")
    assert roots(tree) == ["a"]


def test_a_directory_that_is_not_there_is_a_gap(tmp_path: Path) -> None:
    assert [gap.kind for gap in explore(tmp_path / "missing").gaps] == ["unreadable"]
