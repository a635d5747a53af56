"""One tree with everything that can be wrong in it: each thing is told with its place, and nothing else is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

GOOD = 'resource "aws_ebs_volume" "good" {\n  availability_zone = "a"\n  size = 1\n}\n'
BOMB = "Resources:\n  A: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"  {chr(66 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(12)
)


def review(tree: Path, *options: str) -> dict[str, Any]:
    run = subprocess.run(
        [sys.executable, "-m", "mainstay", "review", str(tree), "-f", "json", *options],
        capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert "Traceback" not in run.stderr, run.stderr
    assert run.returncode in (0, 1, 3), run.stderr
    document: dict[str, Any] = json.loads(run.stdout)
    return document


def write(tree: Path, name: str, data: str | bytes) -> None:
    path = tree / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)


CASES: dict[str, tuple[str, str | bytes, str, str]] = {
    "broken HCL": ("broken.tf", 'resource "aws_s3_bucket" "x" {\n  bucket = = 1\n}\n', "syntax", "aws_s3_bucket"),
    "a brace that is never closed": ("open.tf", 'resource "aws_s3_bucket" "x" {\n  tags = {\n', "syntax", "open.tf"),
    "latin-1 text": ("latin.tf", b'locals { a = "\xe9" }\n', "syntax", "latin.tf"),
    "a NUL byte": ("nul.tf", b'locals { a = "\x00" }\n', "syntax", "nul.tf"),
    "broken JSON": ("broken.tf.json", '{"resource": {"aws_s3_bucket": ', "syntax", "broken.tf.json"),
    "cyclic locals": ("circle.tf", 'locals {\n  a = local.b\n  b = local.a\n}\n'
                      'resource "aws_ebs_volume" "c" {\n  encrypted = local.a\n}\n', "evaluation", "itself"),
    "a file outside the tree": ("shadow.tf", 'resource "aws_ebs_volume" "s" {\n'
                                '  availability_zone = file("/etc/shadow")\n}\n', "refused", "/etc/shadow"),
    "a file outside by dots": ("dots.tf", 'resource "aws_ebs_volume" "s" {\n'
                               '  availability_zone = file("../../../etc/passwd")\n}\n', "refused", "passwd"),
    "a module that calls itself": ("self.tf", 'module "again" {\n  source = "./"\n}\n', "module", "itself"),
    "a module outside the tree": ("far.tf", 'module "far" {\n  source = "../../elsewhere"\n}\n', "", "far"),
    "a module that is not downloaded": ("far.tf", 'module "vpc" {\n  source = "a/vpc/aws"\n}\n', "module", "init"),
    "a YAML bomb": ("bomb.yaml", "AWSTemplateFormatVersion: '2010-09-09'\n" + BOMB, "limit", "bomb.yaml"),
    "broken YAML": ("broken.yaml", "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  A: [\n", "syntax", "broken"),
    "deep YAML": ("deep.yaml", "AWSTemplateFormatVersion: x\nResources:\n  A: " + "[" * 5000, "limit", "deep.yaml"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_fault_is_a_gap_with_its_place_and_loses_nothing_else(tmp_path: Path, case: str) -> None:
    name, data, kind, said = CASES[case]
    write(tmp_path, "main.tf", GOOD)
    write(tmp_path, name, data)
    document = review(tmp_path)
    gaps = [gap for gap in document["gaps"] if not kind or gap["kind"] == kind]
    assert any(said in f"{gap['reason']} {gap['file']}" for gap in gaps), document["gaps"]
    assert all(gap["file"] and gap["line"] for gap in gaps)
    failing = {f["resource"]["address"] for f in document["findings"] if f["verdict"] == "fail"}
    assert "aws_ebs_volume.good" in failing


def test_a_huge_file_is_a_gap_and_costs_no_memory(tmp_path: Path) -> None:
    write(tmp_path, "main.tf", GOOD)
    with (tmp_path / "huge.tf").open("wb") as file:
        file.truncate(50_000_000)
    kinds = {gap["kind"] for gap in review(tmp_path)["gaps"]}
    assert kinds == {"limit"}


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    write(tmp_path, "main.tf", GOOD)
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "nothing.tf").symlink_to(tmp_path / "nothing.tf")
    document = review(tmp_path)
    assert document["summary"]["resources"] == 1
    assert [gap["kind"] for gap in document["gaps"]] == ["unreadable"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_is_a_gap(tmp_path: Path) -> None:
    write(tmp_path, "main.tf", GOOD)
    write(tmp_path, "secret.tf", "locals {}")
    (tmp_path / "secret.tf").chmod(0)
    assert [gap["kind"] for gap in review(tmp_path)["gaps"]] == ["unreadable"]


@pytest.mark.parametrize(
    "text",
    [
        "locals {\n  x = " + "[" * 4000 + "]" * 4000 + "\n}\n",
        'locals {\n  x = "' + "${" * 300 + "1" + "}" * 300 + '"\n}\n',
        "locals {\n" + '  a0 = "xxxxxxxxxx"\n' + "".join(
            f'  a{n} = "${{local.a{n - 1}}}${{local.a{n - 1}}}"\n' for n in range(1, 45)
        ) + "}\n",
        "locals {\n" + "  a0 = [1, 2]\n" + "".join(
            f"  a{n} = concat(local.a{n - 1}, local.a{n - 1})\n" for n in range(1, 45)
        ) + "}\n",
        "locals {\n  x = range(0, 1000000000)\n  y = setproduct(range(1000), range(1000), range(1000))\n}\n",
        "locals {\n  x = join(\"\", [for a in range(1000) : join(\"\", [for b in range(1000) : "
        "join(\"\", [for c in range(1000) : \"x\"])])])\n}\n",
    ],
    ids=["deep list", "deep template", "doubling strings", "doubling lists", "huge ranges", "nested loops"],
)  # fmt: skip
def test_what_grows_without_bound_is_stopped(tmp_path: Path, text: str) -> None:
    last = "a44" if "a44" in text else "y" if " y =" in text else "x"
    write(tmp_path, "main.tf", GOOD + text + f'resource "aws_ebs_volume" "v" {{\n  size = local.{last}\n}}\n')
    document = review(tmp_path)
    assert document["summary"]["resources"] == 2
