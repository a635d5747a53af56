"""`hunt` and `ingest` through the real command."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.trails import COMMAND, DELETED, SEVERAL, delivered, environment, found, mainstay, record, rules

from mainstay.sandbox import Sandbox
from mainstay.state import StateFile

HOSTILE = ("\x1b[31mred\x1b[0m", "a\r\nb", "\u202eevil", "<script>alert(1)</script>", "=1+1", "\ud800", "a\x00b")
OWN = ("--no-pack", "--rules", "rules", "-q")
ABSENT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
"""
SEEN = """
import atexit, sys
atexit.register(lambda: print(sorted({names!r} & sys.modules.keys()), file=sys.stderr))
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder of logs with a trail that is deleted once and described three times, and rules for that."""
    rules(tmp_path / "rules")
    (tmp_path / "logs").mkdir()
    described = [record(number, "DescribeTrails") for number in (2, 3, 4)]
    (tmp_path / "logs" / "a.json.gz").write_bytes(delivered([record(1, "DeleteTrail"), *described, record(5)]))
    return tmp_path


FINDINGS = [("deletes-a-trail", "e1"), ("describes-trails-often", "e4")]


def test_findings_exit_with_one_and_the_threshold_decides(place: Path) -> None:
    run = mainstay("hunt", "logs", *OWN, "-f", "json", cwd=place)
    assert (run.returncode, run.stderr) == (1, "")
    assert found(run) == FINDINGS
    document = json.loads(run.stdout)
    assert document["schema"] == "mainstay/hunt/v1"
    assert {"findings", "gaps", "summary"} <= document.keys()
    assert document["findings"][0]["author"] == "Web Team"
    assert document["findings"][1]["group"] == ["e2", "e3", "e4"]
    assert mainstay("hunt", "logs", *OWN, "--fail-on", "critical", cwd=place).returncode == 0
    chosen = mainstay("hunt", "logs", *OWN, "--severity", "high", "-f", "json", cwd=place)
    assert found(chosen) == FINDINGS[:1]


def test_one_rule_and_what_it_is_built_on_can_be_asked_for_alone(place: Path) -> None:
    run = mainstay("hunt", "logs", *OWN, "--rule", "describes-trails-often", "-f", "json", cwd=place)
    assert found(run) == FINDINGS[1:]


def test_only_events_of_the_span_count(place: Path) -> None:
    span = ("--from", "2026-03-02T09:00:02Z", "--to", "2026-03-02T09:00:04Z")
    run = mainstay("hunt", "logs", *OWN, *span, "-f", "json", cwd=place)
    assert (run.returncode, found(run)) == (0, [])


def test_the_pack_judges_too_and_names_practices(place: Path) -> None:
    run = mainstay("hunt", "logs", "--practice", "sec04", "-f", "json", "-q", cwd=place)
    assert run.returncode == 1
    assert all(any(one.startswith("SEC04") for one in finding["practices"])
               for finding in json.loads(run.stdout)["findings"])  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["hunt", "nothere"], "nothere is no file and no folder"),
        (["hunt", "logs", "--no-pack"], "--no-pack leaves no rules"),
        (["hunt", "logs", *OWN, "--rule", "deletes-a-trial"], "did you mean 'deletes-a-trail'?"),
        (["hunt", "logs", "--practice", "SEC99"], "no detection proves a practice 'SEC99'"),
        (["hunt", "logs", *OWN, "--from", "soon"], "'soon' is no moment"),
        (["hunt", "logs", *OWN, "--from", "2026-03-03", "--to", "2026-03-02"], "--from is not before --to"),
        (["hunt", "logs", *OWN, "--engine", "duckdb"], "make one by `mainstay ingest`"),
        (["hunt", "logs", *OWN, "--learn"], "name a file by --state"),
        (["hunt", "logs", *OWN, "--state", "logs/a.json.gz"], "not a state file"),
        (["watch", "nothere", *OWN[:-1]], "there is no directory 'nothere'"),
    ],
)
def test_a_mistake_is_told_in_a_line_and_exits_with_two(place: Path, arguments: list[str], said: str) -> None:
    run = mainstay(*arguments, cwd=place)
    assert run.returncode == 2
    assert said in run.stderr
    assert "Traceback" not in run.stderr


def test_broken_logs_are_gaps_and_the_rest_is_judged(place: Path) -> None:
    (place / "logs" / "b.json.gz").write_bytes(delivered([record(6)])[:-12])
    (place / "logs" / "c.json").write_text("no log")
    broken = mainstay("hunt", "logs", *OWN, "--rule", "describes-trails-often", "--to", "2026-03-02T09:00:03Z",
                      "-f", "json", cwd=place)  # fmt: skip
    assert broken.returncode == 3
    assert {Path(gap["file"]).name for gap in json.loads(broken.stdout)["gaps"]} == {"b.json.gz", "c.json"}
    assert found(mainstay("hunt", "logs", *OWN, "-f", "json", cwd=place)) == FINDINGS
    quiet = ("--to", "2026-03-02T09:00:01Z", "--allow-incomplete")
    assert mainstay("hunt", "logs", *OWN, *quiet, cwd=place).returncode == 0


def test_a_broken_rule_is_told_and_the_others_judge(place: Path) -> None:
    (place / "rules" / "broken.yml").write_text(DELETED.replace("condition: selection", "condition: selection and ("))
    run = mainstay("hunt", "logs", *OWN, "-f", "json", cwd=place)
    assert found(run) == FINDINGS
    assert any("broken.yml" in str(one["file"]) for one in json.loads(run.stdout)["remarks"])


def test_an_empty_folder_has_nothing_and_stdin_is_a_source(place: Path) -> None:
    (place / "empty").mkdir()
    assert mainstay("hunt", "empty", *OWN, cwd=place).returncode == 0
    lines = "".join(json.dumps(record(number, "DescribeTrails")) + "\n" for number in (2, 3, 4))
    run = mainstay("hunt", "-", *OWN, "-f", "json", cwd=place, given=lines)
    assert found(run) == FINDINGS[1:]


def test_several_formats_are_written_at_once(place: Path) -> None:
    run = mainstay("hunt", "logs", *OWN, "-f", "json=out.json", "-f", "csv=out.csv", cwd=place)
    assert (run.returncode, run.stdout, run.stderr) == (1, "", "")
    assert len(json.loads((place / "out.json").read_text())["findings"]) == 2
    assert len((place / "out.csv").read_text().splitlines()) == 3


def test_two_sets_of_rules_are_compared(place: Path) -> None:
    rules(place / "older", deleted=DELETED.replace("DeleteTrail", "ListTrails"))
    run = mainstay("hunt", "logs", "--compare", "older", "rules", "-q", "-f", "json", cwd=place)
    assert run.returncode == 0
    changes = {one["control"]: one for one in json.loads(run.stdout)["changes"]}
    assert [one["event_id"] for one in changes["deletes-a-trail"]["new"]] == ["e1"]
    assert [one["event_id"] for one in changes["deletes-a-trail"]["lost"]] == ["e5"]


def test_a_rule_that_only_one_side_has_is_absent_on_the_other(place: Path) -> None:
    rules(place / "older", several=SEVERAL)
    for sides, kind, id in ((("older", "rules"), "new", "e1"), (("rules", "older"), "lost", "e1")):
        arguments = ("hunt", "logs", "--compare", *sides, "--rule", "deletes-a-trail", "-q", "-f", "json")
        run = mainstay(*arguments, cwd=place)
        assert (run.returncode, run.stderr) == (0, "")
        (change,) = json.loads(run.stdout)["changes"]
        assert [one["event_id"] for one in change[kind]] == [id]
        assert change["rule"] == ("new" if kind == "new" else "gone")
    run = mainstay("hunt", "logs", "--compare", "older", "rules", "--rule", "deletes-a-trial", "-q", cwd=place)
    assert run.returncode == 2
    assert "did you mean 'deletes-a-trail'?" in run.stderr


def test_a_comparison_of_what_could_not_be_read_exits_with_three(place: Path) -> None:
    (place / "logs" / "b.json.gz").write_bytes(delivered([record(6)])[:-12])
    arguments = ("hunt", "logs", "--compare", "rules", "rules", "-q")
    assert mainstay(*arguments, cwd=place).returncode == 3
    assert mainstay(*arguments, "--allow-incomplete", cwd=place).returncode == 0


def test_findings_of_no_account_are_counted_where_asff_leaves_them_out(place: Path) -> None:
    nobody = record(7, "DeleteTrail")
    del nobody["recipientAccountId"]
    (place / "logs" / "b.json.gz").write_bytes(delivered([nobody]))
    run = mainstay("hunt", "logs", *OWN, "-f", "asff", cwd=place)
    assert (run.returncode, run.stderr) == (1, "asff: 1 finding or gap of no account left out\n")
    assert len(json.loads(run.stdout)["Findings"]) == 2


def test_rules_without_their_lists_are_no_rules_at_work(place: Path) -> None:
    """A list that only an exception asks for holds nothing back."""
    text = DELETED.replace("name: deletes-a-trail", "name: NAME").replace("condition: selection", "condition: COND")
    lacking = text.replace("NAME", "lacks").replace(
        "detection:", "detection:\n  o: {recipientAccountId|expand: '%ours%'}"
    )
    (place / "rules" / "lacks.yml").write_text(lacking.replace("COND", "selection and o"))
    excepted = text.replace("NAME", "excepts").replace("COND", "selection")
    (place / "rules" / "excepts.yml").write_text(
        excepted + "mainstay: {unless: {recipientAccountId|expand: '%ours%'}}\n"
    )
    (place / "rules" / "several.yml").write_text(SEVERAL.replace("[describes-a-trail]", "[lacks]"))
    document = json.loads(mainstay("hunt", "logs", *OWN, "-f", "json", cwd=place).stdout)
    assert {one["control"]: one["reason"] for one in document["asides"]} == {
        "lacks": "the configuration has no list ours",
        "describes-trails-often": "all that it refers to waits for lists of the configuration",
    }
    assert (document["summary"]["rules"], document["summary"]["asides"]) == (3, 2)
    assert {one["control"] for one in document["findings"]} == {"deletes-a-trail", "excepts", "describes-a-trail"}


def test_what_learning_kept_is_said(place: Path) -> None:
    run = mainstay("hunt", "logs", *OWN, "--learn", "--state", "state", cwd=place)
    assert (run.returncode, run.stderr) == (0, "learned from 5 events, kept in state\n")


def test_a_state_file_serves_one_at_a_time(place: Path) -> None:
    with StateFile(place / "state"):
        run = mainstay("hunt", "logs", *OWN, "--state", "state", cwd=place)
    assert run.returncode == 2
    assert "another process uses it" in run.stderr


def test_an_archive_gives_what_the_files_give_and_twice_changes_nothing(place: Path) -> None:
    first = mainstay("ingest", "logs", "archive", cwd=place)
    assert (first.returncode, first.stdout) == (0, "")
    assert "5 events" in first.stderr
    assert "0 events" in mainstay("ingest", "logs", "archive", cwd=place).stderr
    whole = json.loads(mainstay("hunt", "archive", *OWN, "-f", "json", cwd=place).stdout)
    files = json.loads(mainstay("hunt", "logs", *OWN, "-f", "json", cwd=place).stdout)
    assert whole["findings"] == files["findings"]
    assert whole["findings"]


def test_raw_logs_need_no_extra_and_an_archive_says_which(place: Path) -> None:
    absent = {"pyarrow", "duckdb", "sqlglot", "isal", "pyspark", "boto3"}
    run = mainstay("hunt", "logs", *OWN, "-f", "json", cwd=place, prelude=ABSENT.format(names=absent))
    assert found(run) == FINDINGS
    (place / "archive").mkdir()
    (place / "archive" / "manifest.sqlite").touch()
    for arguments in (("hunt", "archive", *OWN), ("ingest", "logs", "other", "-q")):
        run = mainstay(*arguments, cwd=place, prelude=ABSENT.format(names={"pyarrow"}))
        assert (run.returncode, run.stderr.count("\n")) == (2, 1)
        assert "pip install 'mainstay[hunt]'" in run.stderr


def test_the_help_imports_nothing_heavy(tmp_path: Path) -> None:
    heavy = {"msgspec", "duckdb", "pyarrow", "pyspark", "sqlglot", "boto3"}
    run = mainstay("--help", cwd=tmp_path, prelude=SEEN.format(names=heavy))
    assert (run.returncode, run.stderr) == (0, "[]\n")


def test_hostile_strings_reach_no_terminal_and_no_page(place: Path) -> None:
    """Long ones, too; the clocks of some of the events are decades off."""
    odd = [
        record(10 + number, "DeleteTrail", userAgent=text, sourceIPAddress=text, awsRegion=text,
               userIdentity={"type": "IAMUser", "arn": text}, requestParameters={"name": text})
        for number, text in enumerate((*HOSTILE, "x" * 1_000_000))
    ]  # fmt: skip
    odd[0]["eventTime"], odd[1]["eventTime"] = "2099-01-01T00:00:00Z", "1970-01-01T00:00:00Z"
    (place / "logs" / "a\x1b[31m<b>=\u202e.json.gz").write_bytes(delivered(odd))
    formats = ("console", "json", "jsonl", "csv", "markdown", "html", "ocsf", "asff")
    options = [option for name in formats for option in ("-f", f"{name}=out.{name}")]
    run = mainstay("hunt", "logs", *OWN, "-v", *options, cwd=place)
    assert (run.returncode, run.stderr) == (1, "")
    assert len(json.loads((place / "out.json").read_text())["findings"]) == len(odd) + 2
    for name in formats:
        text = (place / f"out.{name}").read_bytes().decode()
        assert not set("\x1b\x00\u202e\r") & set(text.replace("\r\n", "\n")), name
    assert "<script>alert" not in (place / "out.html").read_text()
    assert "<script>alert" not in re.sub(r"`[^`\n]*`", "", (place / "out.markdown").read_text())
    assert not any(cell.startswith("=1") for line in (place / "out.csv").read_text().splitlines()
                   for cell in line.split(","))  # fmt: skip


def test_narrow_and_dumb_terminals_are_served(place: Path) -> None:
    for given in ({"COLUMNS": "40"}, {"NO_COLOR": "1"}, {"TERM": "dumb"}):
        text = mainstay("hunt", "logs", *OWN, cwd=place, **given).stdout
        assert "Somebody deletes a trail" in " ".join(text.split())
        assert "\x1b" not in text
        assert max(map(len, text.splitlines())) <= int(given.get("COLUMNS", 80))


def test_a_closed_pipe_is_no_error(place: Path) -> None:
    (place / "logs" / "b.json.gz").write_bytes(delivered(record(n, "DeleteTrail") for n in range(100, 5_000)))
    run = subprocess.Popen([*COMMAND, "hunt", "logs", *OWN, "-f", "jsonl"], cwd=place, env=environment(),
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    assert run.stdout is not None
    assert run.stderr is not None
    assert run.stdout.readline()
    run.stdout.close()
    assert run.stderr.read() == b""
    run.stderr.close()
    run.wait(30)


def test_ctrl_c_ends_a_hunt_without_a_traceback(place: Path) -> None:
    with subprocess.Popen([*COMMAND, "hunt", "-", *OWN], cwd=place, env=environment(), stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:  # fmt: skip
        time.sleep(1.5)
        run.send_signal(signal.SIGINT)
        assert run.wait(30) == 130
        assert run.stderr is not None
        assert run.stderr.read().strip() == "interrupted"


@pytest.fixture
def bucket(place: Path) -> Iterator[dict[str, str]]:
    """A server with a bucket that holds the logs, and the environment in which it is found."""
    with Sandbox() as sandbox:
        client = sandbox.account.session().client("s3", endpoint_url=sandbox.account.endpoint)
        client.create_bucket(Bucket="trails", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        client.put_object(Bucket="trails", Key="AWSLogs/a.json.gz", Body=(place / "logs" / "a.json.gz").read_bytes())
        yield {"AWS_ENDPOINT_URL": sandbox.account.endpoint, "AWS_ACCESS_KEY_ID": "testing",
               "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "eu-central-1"}  # fmt: skip


def test_a_bucket_is_hunted_through(place: Path, bucket: dict[str, str]) -> None:
    run = mainstay("hunt", "s3://trails/AWSLogs/", *OWN, "-f", "json", cwd=place, **bucket)
    assert found(run) == FINDINGS
    assert json.loads(run.stdout)["findings"][0]["file"] == "s3://trails/AWSLogs/a.json.gz"


def test_without_the_pack_its_adjustments_are_about_nobody(place: Path) -> None:
    (place / "mainstay.toml").write_text('[detections.root-user-used]\nseverity = "low"\n')
    run = mainstay("hunt", "logs", *OWN, "--config", "mainstay.toml", "-f", "json", cwd=place)
    assert (run.returncode, run.stderr) == (1, "")
    assert found(run) == FINDINGS
