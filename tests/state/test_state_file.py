"""The state file: what was acknowledged is there after a kill, whole; and nothing else is taken for one."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from mainstay.engine.tracking import Entry
from mainstay.engine.windows import Windows
from mainstay.model.conditions import Test as Entries
from mainstay.model.detections import About, Correlation, Detection, FirstSeen
from mainstay.model.errors import StateError
from mainstay.state import StateFile, tracker_id

KILLS = int(os.environ.get("MAINSTAY_KILLS", "20"))
CHECKPOINTING = """
import sys
from mainstay.state import StateFile
with StateFile(sys.argv[1]) as state:
    number = int(state.progress().get("log", "0"))
    while True:
        number += 1
        entries = [(f"{at}", f"{number}") for at in range(50)] + [(f"{number - 1} only", None), (f"{number} only", "0")]
        state.checkpoint({"a": entries, "b": entries}, {"log": f"{number}"})
        print(number, flush=True)
"""


class Plain:
    """Remembers entries as they are."""

    def __init__(self) -> None:
        self.entries: dict[str, str] = {}

    def load(self, entries: Iterable[Entry]) -> None:
        self.entries = dict(entries)

    def changes(self) -> Iterator[tuple[str, str | None]]:
        yield from ()


def kept(state: StateFile, tracker: str) -> dict[str, str]:
    into = Plain()
    state.restore(tracker, into)
    return into.entries


def test_what_was_acknowledged_is_there_after_a_kill_and_never_half_of_it(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    chosen = random.Random(KILLS)
    for _ in range(KILLS):
        child = subprocess.Popen(
            [sys.executable, "-c", CHECKPOINTING, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        first = child.stdout.readline()
        time.sleep(chosen.uniform(0, 0.05))
        child.send_signal(signal.SIGKILL)
        rest, errors = child.communicate()
        assert first, errors
        # the last line may be cut where the kill came between two writes
        acknowledged = int((first + rest[: rest.rfind("\n") + 1]).split()[-1])
        with StateFile(path) as state:
            number = int(state.progress()["log"])
            assert number >= acknowledged
            expected = {str(at): str(number) for at in range(50)} | {f"{number} only": "0"}
            assert kept(state, "a") == kept(state, "b") == expected


def test_a_second_process_is_refused_until_the_first_has_closed(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    program = "import sys; from mainstay.state import StateFile; StateFile(sys.argv[1]).close()"
    command = [sys.executable, "-c", program, str(path)]
    with StateFile(path) as state:
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        assert run.returncode != 0
        assert "another process uses it" in run.stderr
        state.checkpoint({"a": [("k", "1")]}, {})
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_a_checkpoint_that_fails_changes_nothing(tmp_path: Path) -> None:
    def failing() -> Iterator[tuple[str, str | None]]:
        yield "k", "2"
        raise KeyboardInterrupt

    with StateFile(tmp_path / "state.db") as state:
        state.checkpoint({"a": [("k", "1")]}, {"log": "1"})
        with pytest.raises(KeyboardInterrupt):
            state.checkpoint({"a": failing()}, {"log": "2"})
        assert (kept(state, "a"), state.progress()) == ({"k": "1"}, {"log": "1"})


def test_what_no_rule_asks_for_any_more_goes_after_ninety_days(tmp_path: Path) -> None:
    day = 24 * 3600.0
    with StateFile(tmp_path / "state.db") as state:
        state.checkpoint({"old": [("k", "1")], "used": [("k", "1")]}, {}, now_seconds=0)
        state.checkpoint({"used": []}, {}, now_seconds=90 * day)
        assert kept(state, "old") == {"k": "1"}
        state.checkpoint({"used": []}, {}, now_seconds=91 * day)
        assert (kept(state, "old"), kept(state, "used")) == ({}, {"k": "1"})


def test_what_is_no_state_file_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    text = tmp_path / "notes.txt"
    text.write_text("these are notes, and more than a header of them\n" * 50)
    for foreign, message in ((path, "something else"), (text, "not a state file"), (tmp_path, "a directory")):
        before = foreign.read_bytes() if foreign.is_file() else b""
        with pytest.raises(StateError, match=message):
            StateFile(foreign)
        assert not foreign.is_file() or foreign.read_bytes() == before


def test_a_file_that_was_damaged_is_refused_in_plain_words(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with StateFile(path) as state:
        state.checkpoint({"a": [(str(at), "x" * 100) for at in range(2000)]}, {})
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    with pytest.raises(StateError, match="damaged"), StateFile(path) as state:
        kept(state, "a")


def test_an_entry_that_mainstay_did_not_write_is_refused(tmp_path: Path) -> None:
    correlation = Correlation(About("c", "C", "low"), "event_count", ("r",), (), 10, (("gte", 2),))
    with StateFile(tmp_path / "state.db") as state:
        for key, value in (("[", "1"), ('[["u"],"e"]', "[1]"), ("3", "[]"), ('[["u"],"e"]', '["x",null,"y"]')):
            state.checkpoint({key + value: [(key, value), ('[["u"],"f"]', "[1,null,1]")]}, {})
            with pytest.raises(StateError, match="was not written so"):
                state.restore(key + value, Windows(correlation))


def test_a_rule_whose_memory_would_mean_something_else_has_another_one() -> None:
    def detection(title: str, learn_us: int) -> Detection:
        state = FirstSeen(("a",), ("b",), learn_us, 10)
        return Detection(About("r", title, "low"), {}, "json", Entries(("x",), "equals", (1,)), state=state)

    assert tracker_id(detection("One", 1)) == tracker_id(detection("Another", 1))
    assert tracker_id(detection("One", 1)) != tracker_id(detection("One", 2))
    correlations = [Correlation(About("c", "C", "low"), "event_count", ("r",), (), 10, (("gte", at),)) for at in (1, 2)]
    assert len({tracker_id(one) for one in correlations}) == 2
