"""`watch` through the real command: folders that fill, slow pipes, Ctrl-C, and kills at any moment."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.cli.trails import COMMAND, delivered, environment, mainstay, record, rules

KILLS = int(os.environ.get("MAINSTAY_KILLS", "5"))
OWN = ("--no-pack", "--rules", "rules", "-f", "jsonl")
LONGEST_SECONDS = 30
Found = set[tuple[str, str]]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    rules(tmp_path / "rules")
    (tmp_path / "logs").mkdir()
    return tmp_path


@contextmanager
def watching(place: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    run = subprocess.Popen(
        [*COMMAND, "watch", *arguments, *OWN], cwd=place, env=environment(), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield run
    finally:
        run.kill()
        run.communicate()


def alerts(text: str) -> Found:
    """Of whole lines: what was killed may have begun another."""
    told = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
    return {(one["control"], one["event_id"]) for one in told if "control" in one}


def first(run: subprocess.Popen[str]) -> Found:
    assert run.stdout is not None
    return alerts(run.stdout.readline())


def test_what_is_there_is_judged_once_and_again_only_where_the_state_is_not_kept(place: Path) -> None:
    (place / "logs" / "a.json.gz").write_bytes(delivered([record(1, "DeleteTrail")]))
    for state, again in ((), 1), (("--state", "state"), 0):
        runs = [mainstay("watch", "logs", "--once", *OWN, *state, cwd=place) for _ in range(2)]
        assert [(run.returncode, run.stderr) for run in runs] == [(0, "")] * 2
        assert [len(alerts(run.stdout)) for run in runs] == [1, again]


def test_a_folder_that_fills_is_watched_until_ctrl_c(place: Path) -> None:
    with watching(place, "logs", "--poll", "0.2") as run:
        data = delivered(record(number, "DeleteTrail") for number in range(1, 40))
        with (place / "logs" / "a.json.gz").open("wb") as file:
            for at in range(0, len(data), 200):
                file.write(data[at : at + 200])
                file.flush()
                time.sleep(0.05)
        assert first(run) == {("deletes-a-trail", "e1")}
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=LONGEST_SECONDS)
        assert (run.returncode, err) == (0, "")
        assert '"gap"' not in out


def test_lines_that_come_slowly_are_judged_before_stdin_ends(place: Path) -> None:
    with watching(place, "-") as run:
        assert run.stdin is not None
        line = json.dumps(record(1, "DeleteTrail")) + "\n"
        for piece in (line[:50], line[50:]):
            run.stdin.write(piece)
            run.stdin.flush()
            time.sleep(0.1)
        assert first(run) == {("deletes-a-trail", "e1")}


def test_lines_without_an_id_are_told_apart_whenever_they_come(place: Path) -> None:
    with watching(place, "-") as run:
        assert run.stdin is not None
        for number in (1, 2, 3):
            event = {name: value for name, value in record(number, "DeleteTrail").items() if name != "eventID"}
            run.stdin.write(json.dumps(event) + "\n")
            run.stdin.flush()
            assert first(run) == {("deletes-a-trail", f"-:{number}")}


def test_flow_logs_keep_their_header_through_a_slow_pipe(place: Path) -> None:
    rule = (
        "title: Somebody is refused\nname: refused\nlogsource: {product: aws, service: vpcflow}\n"
        "detection: {selection: {action: REJECT}, condition: selection}\nlevel: low\n"
    )
    (place / "rules" / "flow.yml").write_text(rule)
    with watching(place, "-") as run:
        assert run.stdin is not None
        run.stdin.write("version account-id interface-id srcaddr dstaddr start end action log-status\n")
        for number in (2, 3):
            run.stdin.write(f"2 111122223333 eni-{number} 192.0.2.1 192.0.2.2 1772442000 1772442060 REJECT OK\n")
            run.stdin.flush()
            assert first(run) == {("refused", f"-:{number}")}


def test_no_finding_is_lost_however_often_it_is_killed(place: Path) -> None:
    """Most of what correlations look at waits for its turn when the kill comes."""
    for number in range(60):
        begin, seconds = number * 10 + 1, number * 100 + number // 4 * 2_000
        records = [record(begin, "DeleteTrail", seconds + 1)]
        records += [record(begin + n, "DescribeTrails", seconds + 20 * n) for n in (1, 2)]
        (place / "logs" / f"2026-03-02T{number:04}.json.gz").write_bytes(delivered(records))
    whole = alerts(mainstay("watch", "logs", "--once", *OWN, cwd=place).stdout)
    assert len(whole) == 60 + 15
    chance, seen = random.Random(KILLS), set[tuple[str, str]]()
    for _ in range(KILLS):
        with watching(place, "logs", "--once", "--state", "state") as run:
            assert run.stdout is not None
            text = "".join(run.stdout.readline() for _ in range(chance.randrange(1, 60 // KILLS + 2)))
            time.sleep(chance.uniform(0, 0.01))
            run.kill()
            seen |= alerts(text + run.stdout.read())
    last = mainstay("watch", "logs", "--once", "--state", "state", *OWN, cwd=place)
    assert (last.returncode, last.stderr) == (0, "")
    assert whole <= seen | alerts(last.stdout)
