"""The shape of the house: floors, names, and what a review must not import."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "mainstay"
FORBIDDEN_NAMES = {"utils", "common", "core", "helpers", "base", "lib", "misc"}
PURE = ("model", "engine", "analysis")
INPUT_OUTPUT = {"boto3", "httpx", "sqlite3", "socket", "subprocess", "urllib", "http", "requests"}
HEAVY = ("boto3", "botocore", "moto", "sqlalchemy", "duckdb", "networkx", "pydantic")


def modules() -> Iterator[Path]:
    return SOURCE.rglob("*.py")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_the_floors_are_kept() -> None:
    run = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout


def test_no_module_is_a_drawer() -> None:
    names = {part for path in modules() for part in path.relative_to(SOURCE).with_suffix("").parts}
    assert not names & FORBIDDEN_NAMES


@pytest.mark.parametrize("package", PURE)
def test_a_pure_package_does_no_input_or_output(package: str) -> None:
    for path in (SOURCE / package).rglob("*.py"):
        assert not {name.split(".")[0] for name in imports(path)} & INPUT_OUTPUT, path
        assert "open(" not in path.read_text(encoding="utf-8"), path


def test_the_model_needs_the_standard_library_only() -> None:
    for path in (SOURCE / "model").rglob("*.py"):
        for name in imports(path):
            top = name.split(".")[0]
            assert top == "mainstay" or top in sys.stdlib_module_names, f"{path}: {name}"


def test_what_a_package_exports_is_there() -> None:
    for path in SOURCE.rglob("__init__.py"):
        name = ".".join(("mainstay", *path.parent.relative_to(SOURCE).parts))
        exported = getattr(importlib.import_module(name), "__all__", [])
        for member in exported:
            assert hasattr(importlib.import_module(name), member), f"{name}.{member}"


def test_a_review_of_code_imports_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('resource "aws_s3_bucket" "b" {}\n')
    (tmp_path / "stack.yaml").write_text("Resources: {B: {Type: 'AWS::S3::Bucket'}}\n")
    program = (
        "import sys; from mainstay.cli import main\n"
        f"sys.argv = ['mainstay', 'review', {str(tmp_path)!r}]\n"
        "try: main()\n"
        f"finally: print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert run.stderr.strip() == "[]", run.stderr
    assert "s3-declares-public-access-block" in run.stdout


def test_help_reads_neither_catalogue_nor_parser() -> None:
    program = (
        "import sys; from mainstay.cli import main\n"
        "sys.argv = ['mainstay', '--help']\n"
        "try: main()\n"
        "finally: print([name for name in ('yaml', 'tree_sitter', 'rich', 'json') if name in sys.modules],"
        " file=sys.stderr)\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert run.stderr.strip() == "[]", run.stderr


def cpu_seconds(*command: str) -> float:
    """The CPU seconds of a command."""
    program = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL);"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN); print(used.ru_utime + used.ru_stime)"
    )
    return float(subprocess.run([sys.executable, "-c", program, *command], capture_output=True, text=True).stdout)


def test_help_costs_little_more_than_starting_python() -> None:
    bare = (sys.executable, "-c", "pass")
    told = (sys.executable, "-m", "mainstay", "--help")
    pairs = [(cpu_seconds(*bare), cpu_seconds(*told)) for _ in range(5)]  # side by side: the machine changes its speed
    assert min(seconds for _, seconds in pairs) < 0.150 or median(seconds / one for one, seconds in pairs) < 9
