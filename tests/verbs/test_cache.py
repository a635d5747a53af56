"""The cache and the workers never change what a review finds."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mainstay.catalog import load
from mainstay.model.controls import Control
from mainstay.model.findings import Review
from mainstay.sources import Options
from mainstay.verbs.cache import Cache, home
from mainstay.verbs.review import review

BUCKET = 'resource "aws_s3_bucket" "b" {\n  bucket = "b"\n}\n'
VERSIONS = """resource "aws_s3_bucket_versioning" "b" {
  bucket = aws_s3_bucket.b.id
  versioning_configuration {
    status = "%s"
  }
}
"""
POLICY = 'resource "aws_s3_bucket_policy" "p" {\n  bucket = "b"\n  policy = file("policy.json")\n}\n'
SHOP = Path(__file__).parents[2] / "examples" / "shop"
WORDS = ("s3-keeps-versions", "rds-survives-zone-loss", "s3-policy-refuses-plain-http")


@pytest.fixture(scope="module")
def controls() -> tuple[Control, ...]:
    return tuple(control for control in load().controls if control.id in WORDS)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two roots that share a module, a template with a nested one, and a file that is read by a function."""
    files = {
        "one/main.tf": 'module "m" {\n  source = "../shared"\n}\n',
        "two/main.tf": 'module "m" {\n  source = "../shared"\n}\nlocals {\n  words = fileset(path.module, "*.txt")\n}\n'
        + BUCKET,
        "two/terraform.tfvars": "",
        "shared/main.tf": BUCKET + VERSIONS % "Enabled",
        "four/main.tf": POLICY + BUCKET,
        "four/policy.json": '{"Statement": []}',
        "stack.yaml": "Resources:\n  Db: {Type: 'AWS::RDS::DBInstance', Properties: {Engine: postgres}}\n"
        "  Inner: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: inner.yaml}}\n",
        "inner.yaml": "Resources:\n  B: {Type: 'AWS::S3::Bucket'}\n",
        "broken/main.tf": 'resource "aws_s3_bucket" {',
        "absent/main.tf": 'module "m" {\n  source = "../later"\n}\n',
    }
    for name, text in files.items():
        (tmp_path / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "tree"


def same(left: Review, right: Review) -> bool:
    return (left.findings, left.gaps, left.resource_count, left.file_count, left.unjudged_types) == (
        right.findings, right.gaps, right.resource_count, right.file_count, right.unjudged_types,
    )  # fmt: skip


def _moved(old: Path, new: Path) -> None:
    shutil.move(old, new)
    old.symlink_to(new)


CHANGES: dict[str, Callable[[Path], object]] = {
    "nothing": lambda tree: None,
    "a shared module": lambda tree: (tree / "shared/main.tf").write_text(BUCKET + VERSIONS % "Suspended"),
    "a file that a function reads": lambda tree: (tree / "four/policy.json").write_text("{}"),
    "a file that a function lists": lambda tree: (tree / "two/a.txt").write_text(""),
    "a nested template": lambda tree: (tree / "inner.yaml").write_text("Resources: {}"),
    "a file more": lambda tree: (tree / "one/more.tf").write_text(BUCKET),
    "a file less": lambda tree: (tree / "shared/main.tf").unlink(),
    "values": lambda tree: (tree / "two/terraform.tfvars").write_text('x = "y"'),
    "a module that was not there": lambda tree: shutil.copytree(tree / "shared", tree / "later"),
    "a module that is a link now": lambda tree: _moved(tree / "shared", tree / "moved"),
    "a syntax error mended": lambda tree: (tree / "broken/main.tf").write_text(BUCKET),
    "a file that is too large": lambda tree: (tree / "stack.yaml").write_text("x: y\n" * 3_000_000),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_review_with_a_cache_is_the_review_without(
    tree: Path, tmp_path: Path, controls: tuple[Control, ...], change: Callable[[Path], object]
) -> None:
    cache = tmp_path / "cache"
    first = review([tree], controls, cache=cache)
    assert same(first, review([tree], controls))
    assert len(first.findings) > 5
    change(tree)
    assert same(review([tree], controls, cache=cache), review([tree], controls))


@pytest.mark.parametrize("joined", [True, False])
def test_another_plan_gets_another_answer(tmp_path: Path, joined: bool) -> None:
    private = [control for control in load().controls if control.id == "rds-is-not-public"]
    code, plan = tmp_path / "code", tmp_path / "plan.json"
    shutil.copytree(SHOP / "terraform" / "weak", code)
    text = (SHOP / "plan" / "weak.json").read_text()
    failures = []
    for written in (text, text.replace('"publicly_accessible":true', '"publicly_accessible":false')):
        plan.write_text(written)
        where, options = (code, Options(plan=plan)) if joined else (plan, Options())
        for _ in range(2):
            kept = review([where], private, options, cache=tmp_path / "cache")
            assert same(kept, review([where], private, options))
        failures.append([finding.verdict for finding in kept.findings].count("fail"))
    assert failures == [1, 0]


def test_the_second_run_reads_nothing_again(
    tree: Path, tmp_path: Path, controls: tuple[Control, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    first = review([tree], controls, cache=cache)
    monkeypatch.setattr("mainstay.verbs.judging.Judge.__call__", lambda *_: pytest.fail("was judged again"))
    assert same(first, review([tree], controls, cache=cache))


def test_other_questions_get_other_answers(tree: Path, tmp_path: Path, controls: tuple[Control, ...]) -> None:
    cache = tmp_path / "cache"
    review([tree], controls, cache=cache)
    for options, chosen in ((Options(region="eu-west-1"), controls), (None, controls[:1]), (Options(), controls[::-1])):
        assert same(review([tree], chosen, options, cache=cache), review([tree], chosen, options))


def test_another_repository_around_a_path_gives_its_scopes_another_name(
    tree: Path, tmp_path: Path, controls: tuple[Control, ...]
) -> None:
    cache = tmp_path / "cache"
    for directory in (tmp_path, tree, tree / "two"):
        (directory / ".git").mkdir()
        paths = [tree / "two"]
        assert same(review(paths, controls, cache=cache), review(paths, controls))
        assert same(review([tree], controls, cache=cache), review([tree], controls))
        assert same(review([*paths, tree / "one"], controls, cache=cache), review([*paths, tree / "one"], controls))


@pytest.mark.parametrize("damage", [b"", b"x", b"\x78\x9c\x03\x00", None], ids=["empty", "text", "zlib", "half"])
def test_a_damaged_entry_is_judged_anew(
    tree: Path, tmp_path: Path, controls: tuple[Control, ...], damage: bytes | None
) -> None:
    cache = tmp_path / "cache"
    first = review([tree], controls, cache=cache)
    entries = [path for path in cache.rglob("*") if path.is_file()]
    assert len(entries) >= 6
    for path in entries:
        path.write_bytes(path.read_bytes()[:-9] if damage is None else damage)
    assert same(first, review([tree], controls, cache=cache))


def test_a_cache_that_cannot_be_written_is_none(tree: Path, tmp_path: Path, controls: tuple[Control, ...]) -> None:
    (tmp_path / "cache").write_text("a file")
    assert same(review([tree], controls, cache=tmp_path / "cache"), review([tree], controls))


def test_what_is_old_is_dropped(tmp_path: Path) -> None:
    cache = Cache(tmp_path, ["q"])
    cache.keep("old", [], b"{}")
    cache.keep("new", [], b"{}")
    long_ago = time.time() - 90 * 24 * 3600
    os.utime(cache._path("old"), (long_ago, long_ago))
    cache.prune()
    assert (cache.find("old"), cache.find("new")) == (None, b"{}")


def test_the_cache_lies_where_the_desktop_standard_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAINSTAY_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/cache/somebody")
    assert home() == Path("/var/cache/somebody/mainstay")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert home() == Path.home() / ".cache/mainstay"
    monkeypatch.setenv("MAINSTAY_CACHE", "/elsewhere")
    assert home() == Path("/elsewhere")


@pytest.mark.skipif(sys.platform != "linux", reason="scopes are judged in several processes on Linux only")
def test_several_processes_find_what_one_finds(tmp_path: Path, controls: tuple[Control, ...]) -> None:
    for number in range(40):
        directory = tmp_path / f"r{number:02}"
        directory.mkdir()
        (directory / "main.tf").write_text(BUCKET + VERSIONS % ("Enabled" if number % 3 else "Suspended"))
    seen: list[tuple[int, int]] = []
    alone = review([tmp_path], controls)
    several = review(
        [tmp_path], controls, cache=tmp_path / "c", jobs=3, progress=lambda done, known, _: seen.append((done, known))
    )
    assert same(alone, several)
    assert same(alone, review([tmp_path], controls, cache=tmp_path / "c"))
    assert seen == [(number + 1, 40) for number in range(40)]


def test_a_review_that_is_killed_leaves_a_cache_that_answers_right(tree: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "MAINSTAY_CACHE": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "mainstay", "review", str(tree), "-f", "json", "--control", WORDS[0]]
    wanted = subprocess.run([*command, "--no-cache"], capture_output=True, env=environment, check=False).stdout
    for delay in (0.25, 0.35, 0.45, 0.55):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
        done = subprocess.run(command, capture_output=True, env=environment, check=False)
        assert done.stdout == wanted
        shutil.rmtree(tmp_path / "cache", ignore_errors=True)


WORKER = """
import multiprocessing, os, time
from concurrent.futures import ProcessPoolExecutor
from mainstay.verbs.workers import ends_with_its_parent
with ProcessPoolExecutor(1, multiprocessing.get_context("fork"), ends_with_its_parent) as pool:
    print(pool.submit(os.getpid).result(), flush=True)
    pool.submit(time.sleep, 60).result()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="there are workers on Linux only")
def test_a_killed_review_leaves_no_worker_behind() -> None:
    parent = subprocess.Popen([sys.executable, "-c", WORKER], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    worker = Path("/proc", parent.stdout.readline().strip())
    assert worker.exists()
    parent.kill()
    parent.wait()
    parent.stdout.close()
    for _ in range(100):
        if not worker.exists() or " Z " in (worker / "stat").read_text():
            return
        time.sleep(0.05)
    pytest.fail("the worker outlived its parent")
