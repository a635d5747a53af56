"""The files that other tools read: the hook, the action, the template, the container file, the completion scripts."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
COMMAND = Path(sys.executable).parent / "mainstay"
SHOP = ROOT / "examples" / "shop" / "terraform" / "weak"
ACTION: Any = yaml.safe_load((ROOT / "action.yml").read_text())


def run(script: str, tmp_path: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    path = f"{COMMAND.parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "RUNNER_TEMP": str(tmp_path), **settings}
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True,
        check=False, timeout=60, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_the_hook_calls_a_command_that_there_is() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert hook["entry"].split()[0] == COMMAND.name
    done = subprocess.run(
        [str(COMMAND), *hook["entry"].split()[1:], *hook["args"]], cwd=SHOP, capture_output=True, check=False
    )
    assert done.returncode == 1
    assert hook["pass_filenames"] is False


def test_every_input_of_the_action_is_used_and_every_used_one_is_declared() -> None:
    used = set(re.findall(r"inputs\.([\w-]+)", (ROOT / "action.yml").read_text()))
    assert used == set(ACTION["inputs"])


def test_the_action_reviews_writes_its_files_and_hands_on_the_exit_code(tmp_path: Path) -> None:
    (script,) = (step["run"] for step in ACTION["runs"]["steps"] if step.get("id") == "review")
    outputs, summary = tmp_path / "outputs", tmp_path / "summary"
    done = run(
        script, tmp_path, PATHS=str(SHOP), ARGS="--severity high", SARIF="found.sarif", SUMMARY="true",
        GITHUB_OUTPUT=str(outputs), GITHUB_STEP_SUMMARY=str(summary),
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("::error ")
    assert outputs.read_text() == "exit-code=1\n"
    assert json.loads((tmp_path / "found.sarif").read_text())["version"] == "2.1.0"
    assert "|" in summary.read_text()


def test_the_gitlab_job_writes_the_reports_that_it_names(tmp_path: Path) -> None:
    template = yaml.safe_load((ROOT / "integrations" / "gitlab-ci.yml").read_text())
    job = template["mainstay"]
    script = "\n".join(line for line in job["script"] if not line.startswith("pip "))
    done = run(script, tmp_path, **{**template["variables"], "MAINSTAY_PATHS": str(SHOP)})
    assert done.returncode == 1, done.stderr
    for report in job["artifacts"]["reports"].values():
        assert (tmp_path / report).stat().st_size > 100


def test_the_container_copies_what_the_build_needs() -> None:
    text = (ROOT / "Containerfile").read_text()
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    project = (ROOT / "pyproject.toml").read_text()
    assert all((ROOT / name).exists() for name in allowed)
    assert {"LICENSE", "README.md", "pyproject.toml", "src"} <= set(allowed)
    assert 'readme = "README.md"' in project
    assert "requirements/runtime.txt" in text
    assert "USER 10001" in text


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_calls_the_command_back(shell: str) -> None:
    script = subprocess.run([str(COMMAND), "completion", shell], capture_output=True, text=True, check=True).stdout
    assert f"_MAINSTAY_COMPLETE={shell}_complete" in script


def test_bash_completes_commands_and_options() -> None:
    def completed(*words: str) -> set[str]:
        environment = {**os.environ, "_MAINSTAY_COMPLETE": "bash_complete", "COMP_CWORD": str(len(words) - 1)}
        environment["COMP_WORDS"] = " ".join(words)
        done = subprocess.run([str(COMMAND)], env=environment, capture_output=True, text=True, check=True)
        return {line.partition(",")[2] for line in done.stdout.splitlines()}

    assert completed("mainstay", "re") == {"review"}
    assert completed("mainstay", "review", "--sev") == {"--severity"}
    assert completed("mainstay", "review", "--severity", "h") == {"high"}
