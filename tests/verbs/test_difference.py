"""What changed against a ref, in real repositories: new, unchanged and fixed, and nothing left behind."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from mainstay.catalog import load
from mainstay.model.errors import UsageError
from mainstay.model.findings import Review
from mainstay.sources import Options
from mainstay.verbs.decisions import apply_waivers
from mainstay.verbs.difference import Earlier, compare_with_ref
from mainstay.verbs.review import review

CATALOG = load().controls
CONTROLS = [control for control in CATALOG if control.id == "s3-keeps-versions"]

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(*arguments: str) -> str:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    who = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *who, *arguments], check=True, capture_output=True, text=True, env=environment)
    return done.stdout.strip()


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "repository"
    directory.mkdir()
    monkeypatch.chdir(directory)
    git("init", "-q", "-b", "main")
    return directory


def write(files: dict[str, str]) -> None:
    for name, text in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)


def commit(files: dict[str, str]) -> str:
    write(files)
    git("add", "-A")
    git("commit", "-q", "--allow-empty", "-m", "a state")
    return git("rev-parse", "HEAD")


def bucket(name: str, body: str = "") -> str:
    return f'resource "aws_s3_bucket" "{name}" {{\n{body}}}\n'


def diff(ref: str = "HEAD", *paths: str, waivers: tuple[str, ...] = (), options: Options | None = None) -> Review:
    given = [Path(path) for path in paths or (".",)]
    chosen = options or Options()
    files = [Path(file) for file in waivers]
    today = date(2026, 11, 23)

    def judge(there: Sequence[Path], before: Earlier) -> Review:
        old = review(there, CONTROLS, before.options(chosen))
        return apply_waivers(old, CATALOG, today, files, there, before.moved)

    now = apply_waivers(review(given, CONTROLS, chosen), CATALOG, today, files, given)
    return compare_with_ref(now, given, ref, judge)


def changes(result: Review) -> dict[str, str | None]:
    return {finding.subject.address: finding.change for finding in result.findings if finding.verdict == "fail"}


def test_new_unchanged_and_fixed_are_told_apart_whatever_moved() -> None:
    commit({"infra/main.tf": bucket("a") + bucket("b")})
    write({"infra/main.tf": "# moved\n\n" + bucket("c") + bucket("a")})
    result = diff()
    assert changes(result) == {"aws_s3_bucket.a": "unchanged", "aws_s3_bucket.c": "new"}
    assert [(one.address, one.scope) for one in result.fixed] == [("aws_s3_bucket.b", "infra")]


def test_any_name_of_a_commit_will_do() -> None:
    first = commit({"main.tf": bucket("a")})
    git("tag", "start")
    commit({"main.tf": bucket("a") + bucket("b")})
    for ref in (first, "start", "HEAD~1", "main^"):
        assert changes(diff(ref))["aws_s3_bucket.b"] == "new"
    assert changes(diff("main"))["aws_s3_bucket.b"] == "unchanged"


def test_where_the_user_stands_makes_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    commit({"infra/main.tf": 'module "m" {\n  source = "../modules/m"\n}\n', "modules/m/main.tf": bucket("a")})
    monkeypatch.chdir("infra")
    assert changes(diff()) == {"module.m.aws_s3_bucket.a": "unchanged"}


def test_a_directory_that_was_not_there_is_all_new_and_one_that_is_gone_is_fixed() -> None:
    commit({"old/main.tf": bucket("a")})
    shutil.rmtree("old")
    write({"new/main.tf": bucket("b")})
    assert changes(diff("HEAD", "new")) == {"aws_s3_bucket.b": "new"}
    assert [one.scope for one in diff().fixed] == ["old"]


def test_a_new_file_of_a_module_brings_only_what_is_in_it() -> None:
    commit({"main.tf": bucket("old")})
    write({"more.tf": bucket("new")})
    found = changes(diff("HEAD", "more.tf"))
    assert found["aws_s3_bucket.old"] == "unchanged"
    assert found["aws_s3_bucket.new"] == "new"


def test_a_change_in_a_shared_module_is_new_in_each_of_its_instances() -> None:
    on = 'resource "aws_s3_bucket_versioning" "a" {\n  bucket = aws_s3_bucket.a.id\n'
    on += '  versioning_configuration {\n    status = "Enabled"\n  }\n}\n'
    call = 'module "m" {\n  source = "../m"\n}\n'
    commit({"x/main.tf": call, "y/main.tf": call, "m/main.tf": bucket("a") + on})
    write({"m/main.tf": bucket("a")})
    assert [(one.subject.scope, one.change) for one in diff().findings] == [("x", "new"), ("y", "new")]


def test_a_failure_whose_ignore_was_taken_away_is_new() -> None:
    commit({"main.tf": bucket("a", "  # mainstay:ignore[s3-keeps-versions] scratch\n")})
    write({"main.tf": bucket("a")})
    assert changes(diff()) == {"aws_s3_bucket.a": "new"}


def test_waiver_files_of_now_hold_for_both_states() -> None:
    commit({"infra/main.tf": bucket("a")})
    waiver = "- {control: s3-keeps-versions, path: infra/*, reason: r, owner: o}\n"
    write({".mainstay/waivers.yaml": waiver, "infra/main.tf": "#\n" + bucket("a")})
    result = diff(waivers=(".mainstay/waivers.yaml",))
    assert [one.verdict for one in result.findings] == ["waived"]
    assert result.fixed == []


def test_downloaded_modules_serve_both_states() -> None:
    downloaded = '{"Modules":[{"Key":"m","Source":"registry/m","Dir":".terraform/modules/m"}]}'
    call = 'module "m" {\n  source = "registry/m/aws"\n}\n'
    commit({"main.tf": call, ".gitignore": ".terraform\n"})
    write({".terraform/modules/modules.json": downloaded, ".terraform/modules/m/main.tf": bucket("a")})
    result = diff()
    assert changes(result) == {"module.m.aws_s3_bucket.a": "unchanged"}
    assert result.gaps == []


def test_gaps_that_were_there_are_known() -> None:
    commit({"main.tf": 'module "m" {\n  source = "./none"\n}\n'})
    write({"broken.tf": "resource {\n"})
    result = diff()
    assert [(gap.kind, gap in result.known_gaps) for gap in result.gaps] == [("syntax", False), ("module", True)]


def test_links_are_laid_out_and_those_that_lead_out_are_not(tmp_path: Path) -> None:
    (tmp_path / "secret.tf").write_text(bucket("secret"))
    Path("evil").symlink_to("../secret.tf")
    Path("abs.tf").symlink_to(tmp_path / "secret.tf")
    write({"real.txt": bucket("a")})
    Path("main.tf").symlink_to("real.txt")
    commit({})
    seen: list[str] = []

    def judge(there: Sequence[Path], before: Earlier) -> Review:
        seen.extend(sorted(one.name for one in before.home.iterdir()))
        return review(there, CONTROLS)

    now = review([Path("real.txt").parent], CONTROLS)
    compare_with_ref(now, [Path(".")], "HEAD", judge)
    assert seen == [".git", "main.tf", "real.txt"]


def test_nothing_runs_and_nothing_is_left_behind(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    commit({"main.tf": bucket("a"), ".gitattributes": "*.tf filter=evil export-ignore\n"})
    trap = tmp_path / "ran"
    for key in (
        "filter.evil.smudge",
        "filter.evil.clean",
        "core.fsmonitor",
        "core.pager",
        "uploadpack.packObjectsHook",
    ):
        git("config", key, f"touch {trap}")
    hook = Path(".git/hooks/post-checkout")
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {trap}\n")
    hook.chmod(0o755)
    before = {path: path.stat().st_mtime_ns for path in repository.rglob("*")}
    assert changes(diff()) == {"aws_s3_bucket.a": "unchanged"}
    assert {path: path.stat().st_mtime_ns for path in repository.rglob("*")} == before
    assert not trap.exists()
    assert list(temporary.iterdir()) == []


def test_a_hook_that_git_runs_can_compare(monkeypatch: pytest.MonkeyPatch) -> None:
    commit({"infra/main.tf": bucket("a")})
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index")
    assert changes(diff("HEAD", "infra")) == {"aws_s3_bucket.a": "unchanged"}


@pytest.mark.parametrize("ref", ["none", "--help", "HEAD:main.tf", "", "a b"])
def test_a_ref_that_is_not_there_is_a_usage_error(ref: str) -> None:
    commit({"main.tf": bucket("a")})
    with pytest.raises(UsageError, match=r"^git knows no commit .* here; a shallow clone may lack it \(git fetch\)$"):
        diff(ref)


def test_outside_of_a_repository_and_across_two_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    commit({"main.tf": bucket("a")})
    with pytest.raises(UsageError, match=r"^git does not read .*: fatal: not a git repository"):
        diff("HEAD", str(tmp_path / "outside"))
    with pytest.raises(UsageError, match="outside lies outside of the repository"):
        diff("HEAD", ".", str(tmp_path / "outside"))


def test_without_git_it_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    commit({"main.tf": bucket("a")})
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match=r"^git is not installed, and comparing with a ref needs it$"):
        diff()
