"""The command line as its users meet it: exit codes, typos, pipes, files, and what goes where."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "mainstay"]
OPEN_BUCKET = 'resource "aws_s3_bucket" "logs" {\n  bucket = "logs"\n  acl    = "public-read-write"\n}\n'
PLAIN_VOLUME = """\
resource "aws_ebs_volume" "data" {
  availability_zone = "eu-west-1a"
  size              = 10
  encrypted         = var.encrypt
}
variable "encrypt" {}
"""


def mainstay(*arguments: object, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, "NO_COLOR": "", **(env or {})}, stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.fixture
def infra(tmp_path: Path) -> Path:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "main.tf").write_text(OPEN_BUCKET)
    return tmp_path


def test_findings_exit_with_one_and_go_to_stdout(infra: Path) -> None:
    run = mainstay("review", "infra", cwd=infra)
    assert run.returncode == 1
    assert "s3-acl" in run.stdout or "s3-" in run.stdout
    assert "--> infra/main.tf:3:3" in run.stdout
    assert run.stderr == ""


def test_a_clean_tree_exits_with_zero(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('resource "aws_ebs_volume" "d" {\n  encrypted = true\n}\n')
    run = mainstay("review", ".", "--control", "ebs-encrypts-volumes", cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    assert "No weaknesses found" in run.stdout


def test_gaps_without_findings_exit_with_three_unless_allowed(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('module "net" {\n  source = "terraform-aws-modules/vpc/aws"\n}\n')
    assert mainstay("review", ".", cwd=tmp_path).returncode == 3
    assert mainstay("review", ".", "--allow-incomplete", cwd=tmp_path).returncode == 0


def test_findings_go_before_gaps_in_the_exit_code(infra: Path) -> None:
    (infra / "infra" / "broken.tf").write_text("resource {{{\n")
    assert mainstay("review", "infra", cwd=infra).returncode == 1


def test_findings_below_the_threshold_do_not_fail(infra: Path) -> None:
    assert mainstay("review", "infra", "--fail-on", "never", cwd=infra).returncode == 0


def test_a_variable_settles_what_is_undecided(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(PLAIN_VOLUME)
    command = ("review", ".", "--control", "ebs-encrypts-volumes")
    undecided = mainstay(*command, cwd=tmp_path)
    assert undecided.returncode == 0
    assert "set var.encrypt" in undecided.stdout
    assert mainstay(*command, "--var", "encrypt=false", cwd=tmp_path).returncode == 1
    settled = mainstay(*command, "--var", "encrypt=true", cwd=tmp_path)
    assert settled.returncode == 0
    assert "set var.encrypt" not in settled.stdout


def test_the_same_run_twice_is_the_same_to_the_byte(infra: Path) -> None:
    for name in ("console", "json", "sarif"):
        runs = {mainstay("review", "infra", "-f", name, cwd=infra).stdout for _ in range(2)}
        assert len(runs) == 1, name


def test_json_holds_all_verdicts(infra: Path) -> None:
    document = json.loads(mainstay("review", "infra", "--format", "json", cwd=infra).stdout)
    assert document["schema"] == "mainstay/review/v1"
    assert {finding["verdict"] for finding in document["findings"]} >= {"pass", "fail"}
    assert {finding["resource"]["address"] for finding in document["findings"]} == {"aws_s3_bucket.logs"}


def test_an_output_file_is_written_whole_and_stdout_stays_empty(infra: Path) -> None:
    run = mainstay("review", "infra", "-f", "sarif", "-o", "out.sarif", cwd=infra)
    assert (run.returncode, run.stdout) == (1, "")
    assert json.loads((infra / "out.sarif").read_text())["version"] == "2.1.0"
    assert [path.name for path in infra.iterdir() if path.name.startswith(".out")] == []


def test_an_output_file_that_cannot_be_written_is_a_usage_error(infra: Path) -> None:
    run = mainstay("review", "infra", "-o", "nowhere/out.json", "-f", "json", cwd=infra)
    assert run.returncode == 2
    assert "cannot write" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_killed_review_leaves_the_earlier_output_or_a_whole_one(infra: Path) -> None:
    output = infra / "out.json"
    whole = 0
    for delay in (0.1, 0.3, 0.5, 0.7, 0.9, 3.0):
        output.write_text('{"earlier": true}')
        run = subprocess.Popen([*COMMAND, "review", "infra", "-f", "json", "-o", "out.json"], cwd=infra)
        try:
            run.wait(delay)
        except subprocess.TimeoutExpired:
            run.kill()
            run.wait()
        found = json.loads(output.read_text())
        assert found == {"earlier": True} or found["schema"] == "mainstay/review/v1"
        whole += "schema" in found
    assert whole >= 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["reviw", "infra"], "Did you mean 'review'?"),
        (["review", "nothere"], "does not exist"),
        (["review"], "name a PATH to review"),
        (["review", "infra", "--control", "s3-keep-versions"], "s3-keeps-versions"),
        (["review", "infra", "--severity", "hihg"], "'hihg' is not one of"),
        (["review", "infra", "--var", "encrypt"], "is not NAME=VALUE"),
        (["review", "infra", "--practice", "SEC99"], "SEC99"),
        (["review", "infra", "--var", "encypt=true"], "nothing under review has a variable 'encypt'"),
        (["review", "infra", "--parameter", "Env=prod"], "nothing under review has a parameter 'Env'"),
        (["explain", "s3-keeps-version"], "s3-keeps-versions"),
        (["review", "infra", "--catalog", "infra"], "no controls"),
        (["review", "infra", "-f", "json=infra"], "cannot write infra: it is a directory"),
        (["review", "infra", "-o", "nowhere/x"], "there is no directory 'nowhere'"),
    ],
)
def test_a_mistake_is_told_in_a_line_and_exits_with_two(infra: Path, arguments: list[str], said: str) -> None:
    run = mainstay(*arguments, cwd=infra)
    assert run.returncode == 2
    assert said in run.stderr
    assert "Traceback" not in run.stderr
    assert run.stdout == ""


def test_a_closed_pipe_ends_quietly(infra: Path) -> None:
    command = f"{sys.executable} -m mainstay list | head -1"
    run = subprocess.run(command, shell=True, cwd=infra, capture_output=True, text=True, check=False, timeout=60)
    assert run.stderr == ""
    assert len(run.stdout.splitlines()) == 1


def interrupted(directory: Path, ready: Callable[[], bool]) -> tuple[int, str]:
    """The exit code and stderr of a review of many modules that Ctrl-C ends as soon as it is ready."""
    for number in range(400):
        (directory / f"r{number}").mkdir(parents=True)
        (directory / f"r{number}" / "main.tf").write_text(OPEN_BUCKET + f'\nlocals {{ n = "{number}" }}\n')
    environment = {**os.environ, "MAINSTAY_CACHE": str(directory.parent / "cache")}
    run = subprocess.Popen(
        [*COMMAND, "review", str(directory)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    until = time.monotonic() + 30
    while not ready() and time.monotonic() < until and run.poll() is None:
        time.sleep(0.01)
    run.send_signal(signal.SIGINT)
    _, stderr = run.communicate(timeout=30)
    return run.returncode, stderr


def test_ctrl_c_ends_without_a_traceback(tmp_path: Path) -> None:
    status, stderr = interrupted(tmp_path / "code", lambda: any((tmp_path / "cache").glob("*/*")))
    assert status == 130
    assert stderr.splitlines()[-1] == "interrupted"
    assert "Traceback" not in stderr


@pytest.mark.parametrize("module", ["click", "mainstay.cli.showing"])
def test_ctrl_c_while_modules_are_imported_is_no_traceback_either(module: str) -> None:
    program = (
        "import os, signal, sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, *_):\n"
        "        name == sys.argv[1] and os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Finder())\n"
        "from mainstay.__main__ import main\n"
        "main()\n"
    )
    run = subprocess.run([sys.executable, "-c", program, module], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (-signal.SIGINT, "")


def test_no_colour_in_a_pipe_and_colour_when_asked(infra: Path) -> None:
    assert "\x1b[" not in mainstay("review", "infra", cwd=infra).stdout
    assert "\x1b[" in mainstay("review", "infra", "--color", "always", cwd=infra).stdout
    assert "\x1b[" in mainstay("review", "infra", cwd=infra, env={"FORCE_COLOR": "1"}).stdout
    forced_off = mainstay("review", "infra", cwd=infra, env={"FORCE_COLOR": "1", "NO_COLOR": "1"})
    assert "\x1b[" not in forced_off.stdout


def test_lines_fit_a_narrow_terminal(infra: Path) -> None:
    run = mainstay("review", "infra", cwd=infra, env={"COLUMNS": "60"})
    assert max(map(len, run.stdout.splitlines())) <= 60


def test_filters_choose_controls(infra: Path) -> None:
    document = json.loads(mainstay("review", "infra", "-f", "json", "--pillar", "rel", cwd=infra).stdout)
    assert document["findings"]
    assert all(any(p.startswith("REL") for p in f["practices"]) for f in document["findings"])
    severe = json.loads(mainstay("review", "infra", "-f", "json", "--severity", "critical", cwd=infra).stdout)
    assert {finding["severity"] for finding in severe["findings"]} == {"critical"}
    one = json.loads(mainstay("review", "infra", "-f", "json", "--practice", "sec08-bp04", cwd=infra).stdout)
    assert one["findings"]
    assert all("SEC08-BP04" in finding["practices"] for finding in one["findings"])


def test_the_builtin_catalogue_says_what_its_examples_say(tmp_path: Path) -> None:
    run = mainstay("test", cwd=tmp_path)
    assert run.returncode == 0, run.stdout
    assert "all as they say" in run.stdout


def test_a_control_of_ones_own_is_scaffolded_tested_and_judged_by(infra: Path) -> None:
    made = mainstay("new", "control", "s3-has-a-name", "--type", "AWS::S3::Bucket", "--catalog", "own", cwd=infra)
    assert made.returncode == 0, made.stderr
    assert mainstay("test", "--catalog", "own", cwd=infra).returncode == 0
    run = mainstay("review", "infra", "--catalog", "own", "--control", "s3-has-a-name", "-f", "json", cwd=infra)
    assert [finding["control"] for finding in json.loads(run.stdout)["findings"]] == ["s3-has-a-name"]


def test_explain_shows_controls_and_practices(tmp_path: Path) -> None:
    control = mainstay("explain", "s3-keeps-versions", cwd=tmp_path)
    assert control.returncode == 0
    assert "severity" in control.stdout
    practice = mainstay("explain", "REL09-BP01", cwd=tmp_path)
    assert practice.returncode == 0
    assert "s3-keeps-versions" in practice.stdout


def test_what_is_no_file_is_written_to_and_not_replaced(infra: Path) -> None:
    os.mkfifo(infra / "pipe")
    reader = subprocess.Popen(["cat", "pipe"], cwd=infra, stdout=subprocess.PIPE, text=True)
    try:
        run = mainstay("review", "infra", "-f", "json", "-o", "pipe", cwd=infra)
        assert (infra / "pipe").is_fifo()
        assert run.returncode == 1
        assert json.loads(reader.communicate(timeout=30)[0])["schema"] == "mainstay/review/v1"
    finally:
        reader.kill()
        reader.communicate()


def test_an_output_behind_a_link_leaves_the_link(infra: Path) -> None:
    (infra / "link.json").symlink_to("real.json")
    assert mainstay("review", "infra", "-f", "json", "-o", "link.json", cwd=infra).returncode == 1
    assert (infra / "link.json").is_symlink()
    assert json.loads((infra / "real.json").read_text())["schema"] == "mainstay/review/v1"


def test_a_dash_is_stdout_and_no_file(infra: Path) -> None:
    run = mainstay("review", "infra", "-f", "json", "-o", "-", cwd=infra)
    assert json.loads(run.stdout)["schema"] == "mainstay/review/v1"
    assert not (infra / "-").exists()


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="the system has no full device")
def test_a_full_disk_behind_stdout_is_told_in_a_line(infra: Path) -> None:
    with Path("/dev/full").open("w") as full:
        run = subprocess.run(
            [*COMMAND, "review", "infra"], cwd=infra, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert run.returncode == 2
    assert len(run.stderr.splitlines()) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="scopes are judged in several processes on Linux only")
def test_a_review_that_is_told_to_end_takes_its_workers_along(tmp_path: Path) -> None:
    for number in range(400):
        (tmp_path / f"r{number}").mkdir()
        (tmp_path / f"r{number}" / "main.tf").write_text(OPEN_BUCKET * 1 + f'\nlocals {{ n = "{number}" }}\n')
    run = subprocess.Popen(
        [*COMMAND, "review", str(tmp_path), "-j", "2", "--no-cache"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    children = Path(f"/proc/{run.pid}/task/{run.pid}/children")
    workers: list[str] = []
    while not workers and run.poll() is None:
        workers = children.read_text().split()
    assert workers
    time.sleep(0.2)
    run.send_signal(signal.SIGTERM)
    try:
        _, stderr = run.communicate(timeout=30)  # ends only when no worker holds stderr any more
    finally:
        run.kill()
    assert run.returncode == -signal.SIGTERM
    assert stderr == ""
