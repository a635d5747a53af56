"""`mainstay show` as its users meet it: pipes, files, exit codes, and what is said where there is nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import create_engine, text
from tests.verbs.ledgers import PUBLIC, RETIRED, VERSIONS, control, fill

from mainstay.cli.showing import show
from mainstay.evidence import open_ledger
from mainstay.model.errors import MainstayError
from mainstay.model.findings import Finding, Subject

SUBCOMMANDS = (
    "findings", "changes", "resource orders", "passes", "gaps", "trends", "owners", "practices", "plan", "milestones",
    "verify",
)  # fmt: skip
PROGRAM = (
    "from mainstay.cli import app, commands\nfrom mainstay.cli.showing import show\n"
    "commands.COMMANDS = tuple({one.name: one for one in (*commands.COMMANDS, show)}.values())\napp.main()"
)
"""The command line with `show`, wherever it is registered."""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a ledger at its usual place."""
    home = tmp_path_factory.mktemp("project")
    (home / ".mainstay").mkdir()
    (home / "infra" / "prod").mkdir(parents=True)
    with open_ledger(home / ".mainstay" / "ledger.sqlite", write=True) as ledger:
        fill(ledger)
    return home


@pytest.fixture
def project(filled: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(filled / "infra" / "prod")
    monkeypatch.setenv("COLUMNS", "80")
    return filled


def asked(*words: str) -> Result:
    return CliRunner().invoke(show, list(words), standalone_mode=False)


def answered(*words: str) -> str:
    result = asked(*words)
    assert result.exception is None, result.output
    return result.stdout


def refused(*words: str) -> str:
    result = asked(*words)
    assert isinstance(result.exception, MainstayError)
    return str(result.exception)


def command(*words: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, "show", *words], cwd=cwd, capture_output=True, text=True, check=False,
        timeout=60, env={**os.environ, **env}, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_the_nearest_ledger_above_is_asked(project: Path) -> None:
    assert "Last pass  3, live, complete" in answered()


def test_without_a_ledger_it_is_said_what_makes_one(tmp_path: Path) -> None:
    run = command(cwd=tmp_path)
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1
    assert "`mainstay review --live`" in run.stderr
    assert not (tmp_path / ".mainstay").exists()
    for words in (("milestone", "v1"), ("prune", "--before", "1d")):
        assert command(*words, "--ledger", "none.sqlite", cwd=tmp_path).returncode == 2
        assert not (tmp_path / "none.sqlite").exists()


@pytest.mark.parametrize("words", [*SUBCOMMANDS, ""])
@pytest.mark.parametrize("format_name", ["console", "json"])
def test_every_question_is_answered(project: Path, words: str, format_name: str) -> None:
    printed = answered(*words.split(), "-f", format_name)
    assert "\x1b" not in printed
    if format_name == "json":
        assert json.loads(printed)["schema"].startswith("mainstay/show-")
    else:
        assert printed.strip()


def test_options_of_the_group_hold_for_its_commands(project: Path, tmp_path: Path) -> None:
    output = tmp_path / "findings.json"
    assert (
        answered("--ledger", str(project / ".mainstay/ledger.sqlite"), "-f", "json", "-o", str(output), "findings")
        == ""
    )
    assert json.loads(output.read_text())["total"] == 3


@pytest.mark.parametrize("format_name", ["html", "sarif", "ocsf", "asff", "junit"])
def test_reviews_have_all_findings_also_by_controls_that_are_gone(project: Path, format_name: str) -> None:
    printed = answered("findings", "-f", format_name)
    assert PUBLIC in printed
    assert RETIRED in printed


def test_findings_go_to_parquet(project: Path, tmp_path: Path) -> None:
    duckdb: Any = pytest.importorskip("duckdb")
    file = tmp_path / "findings.parquet"
    answered("findings", "-f", "parquet", "-o", str(file))
    rows = duckdb.sql(f"select kind, count(*) from '{file}' group by kind order by kind").fetchall()
    assert rows == [("finding", 3), ("gap", 2)]


def test_a_cut_list_of_a_machine_format_is_told_on_stderr(project: Path) -> None:
    result = asked("findings", "--limit", "1", "-f", "csv")
    assert len(result.stdout.splitlines()) == 2
    assert "and 2 more" in result.stderr
    assert "and 2 more" in answered("findings", "--limit", "1", "-f", "markdown")


def test_colour_is_for_terminals_that_want_it(project: Path) -> None:
    assert "\x1b[" in answered("findings", "--color", "always")
    assert "\x1b[" not in command("findings", cwd=project, FORCE_COLOR="1", NO_COLOR="1").stdout
    assert "\x1b[" in command("findings", cwd=project, FORCE_COLOR="1", NO_COLOR="").stdout


def test_an_old_terminal_gets_bars_that_it_can_show(project: Path) -> None:
    run = command("trends", cwd=project, PYTHONIOENCODING="ascii", TERM="dumb")
    assert (run.returncode, run.stderr) == (0, "")
    assert "\\u" not in run.stdout


def test_a_closed_pipe_is_no_error(project: Path) -> None:
    run = subprocess.run(
        f'"{sys.executable}" -c \'{PROGRAM}\' show findings --all --verdict all -f json | head -n 1',
        shell=True, cwd=project, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "mainstay/show-findings/v1" in run.stdout
    assert run.stderr == ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("changes", "--since", "lunch"), "did you mean 'launch'"),
        (("findings", "--control", "s3-keep-versions"), "did you mean 's3-keeps-versions'"),
        (("practices", "SEC8"), "did you mean"),
        (("practices", "--since", "lunch"), "did you mean 'launch'"),
        (("resource", "order"), "did you mean arn:aws:s3:::orders"),
        (("gaps", "--pass", "8"), "the last one is 3"),
        (("milestone", "launch"), "already a milestone"),
    ],
    ids=" ".join,
)
def test_a_name_that_there_is_not_has_a_suggestion(project: Path, words: tuple[str, ...], message: str) -> None:
    assert message in refused(*words)


@pytest.mark.parametrize(
    "words",
    [
        ("findings", "--all", "--limit", "3"), ("findings", "--group-by", "owner", "-f", "sarif"),
        ("practices", "--apply"), ("findngs",), ("prune",),
    ],
    ids=" ".join,
)  # fmt: skip
def test_options_that_make_no_sense_are_usage_errors(project: Path, words: tuple[str, ...]) -> None:
    assert command(*words, cwd=project).returncode == 2


def test_a_changed_row_is_a_flaw_with_its_name_and_exits_with_one(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    with open_ledger(file, write=True) as ledger:
        fill(ledger)
        head = ledger.head()
    assert asked("verify", "--ledger", str(file), "--head", head).return_value == 0
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE findings SET verdict = 'pass' WHERE seq = (SELECT min(seq) FROM findings)"))
    engine.dispose()
    result = asked("verify", "--ledger", str(file))
    assert result.return_value == 1
    assert "changed" in result.stdout
    assert "findings" in result.stdout


def test_a_milestone_is_made_and_compared_with(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    with open_ledger(file, write=True) as ledger:
        fill(ledger)
    assert "Milestone v1" in answered("milestone", "v1", "--note", "first", "--ledger", str(file))
    assert "0 new, 0 came back, 0 fixed since v1" in answered("changes", "--since", "v1", "--ledger", str(file))
    assert "Would remove" in answered("prune", "--before", "v1", "--ledger", str(file))


def test_a_list_needs_neither_the_catalogue_nor_alembic(project: Path) -> None:
    program = (
        "import sys, mainstay.catalog\n"
        "def load(*_, **__): raise SystemExit('the catalogue is read')\n"
        "mainstay.catalog.load = load\n"
        "from mainstay.cli.showing import show\n"
        "show(['findings', '--owner', 'payments'], standalone_mode=False)\n"
        "print([name for name in ('alembic', 'boto3', 'duckdb') if name in sys.modules], file=sys.stderr)\n"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=project, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "[]\n")


@pytest.mark.parametrize("ending", ["", "-wal", "-shm"])
def test_the_ledger_is_not_written_over(project: Path, ending: str) -> None:
    ledger = project / ".mainstay" / "ledger.sqlite"
    before = ledger.read_bytes()
    assert "is the ledger itself" in refused("findings", "-o", f"../../.mainstay/ledger.sqlite{ending}")
    assert ledger.read_bytes() == before


def test_nothing_is_told_of_before_the_first_pass(project: Path) -> None:
    assert "the ledger knows nothing from before" in refused("findings", "--at", "2020-01-01")


def test_findings_of_code_alone_are_not_for_security_hub(tmp_path: Path) -> None:
    at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    one = Finding(
        control(VERSIONS), "fail", Subject("AWS::S3::Bucket", "aws_s3_bucket.orders", "infra", "", "terraform")
    )
    with open_ledger(tmp_path / "ledger.sqlite", write=True) as ledger:
        ledger.record_findings(ledger.begin("code", "infra", "0.1", at), [one], lambda *_: False, at=at)
    where = ("--ledger", str(tmp_path / "ledger.sqlite"))
    assert "asff files findings by account" in refused("findings", "-f", "asff", *where)


def test_a_push_without_a_region_is_refused_in_a_line(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(project / "none"))
    assert "no region" in refused("practices", "--push", "a" * 32)
