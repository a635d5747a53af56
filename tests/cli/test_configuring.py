"""An option goes before the environment, the environment before the file, the file before the default."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from mainstay.cli.configuring import config_option, with_environment
from mainstay.model.errors import DataError


@click.command()
@click.argument("paths", nargs=-1, is_eager=True, type=click.Path(path_type=Path))
@config_option
@click.option("--fail-on", default="low")
@click.option("--pillar", "pillars", multiple=True)
@click.option("--allow-incomplete", is_flag=True)
@click.option("--cache/--no-cache", default=True)
@click.pass_context
def command(ctx: click.Context, **given: Any) -> None:
    configuration = given["configuration"]
    paths = given["paths"] or configuration.paths
    click.echo(f"{given['fail_on']} {given['pillars']} {given['allow_incomplete']} {[path.name for path in paths]}")


def run(*arguments: str, environment: dict[str, str] | None = None) -> str:
    return (
        CliRunner()
        .invoke(with_environment(command, but=["cache"]), arguments, env=environment, catch_exceptions=False)
        .output.strip()
    )


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "infra").mkdir()
    (tmp_path / "mainstay.toml").write_text(
        'paths = ["infra"]\nfail-on = "high"\npillars = ["REL"]\nallow-incomplete = true\n'
    )
    monkeypatch.chdir(tmp_path)


def test_each_source_goes_before_the_next() -> None:
    assert run() == "high ('REL',) True ['infra']"
    assert run(environment={"MAINSTAY_FAIL_ON": "medium"}) == "medium ('REL',) True ['infra']"
    assert run("--fail-on", "never", "--pillar", "SEC", environment={"MAINSTAY_FAIL_ON": "medium"}) == (
        "never ('SEC',) True ['infra']"
    )


def test_variables_are_named_as_options_are_and_may_hold_several_values() -> None:
    environment = {"MAINSTAY_PILLAR": "SEC OPS", "MAINSTAY_ALLOW_INCOMPLETE": "false", "MAINSTAY_CACHE": "a directory"}
    assert run(environment=environment) == "high ('SEC', 'OPS') False ['infra']"
    assert run(environment={"MAINSTAY_CONFIG": "none.toml"}).endswith("File 'none.toml' does not exist.")


def test_the_file_is_looked_for_from_the_first_path(tmp_path: Path) -> None:
    (tmp_path / "infra/mainstay.toml").write_text('fail-on = "critical"\n')
    assert run("infra", "other") == "critical () False ['infra', 'other']"
    assert run("infra", "--config", "mainstay.toml") == "high ('REL',) True ['infra']"


def test_without_a_file_the_defaults_count(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "mainstay.toml").unlink()
    assert run("infra") == "low () False ['infra']"


def test_a_wrong_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "mainstay.toml").write_text("fail-no = 1\n")
    with pytest.raises(DataError, match=r"^mainstay\.toml:1:1: the configuration has no key 'fail-no' \(did you mean"):
        run("infra")
