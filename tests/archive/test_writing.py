"""Files of logs come into an archive once, whole or not at all, whatever happens to the writer."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.archive.trail import batch, trail

from mainstay.archive.errors import ArchiveError
from mainstay.archive.folder import Archive
from mainstay.archive.manifest import VERSION
from mainstay.archive.writing import Writing
from mainstay.model.events import Batch

KILLS = int(os.environ.get("MAINSTAY_KILLS", "3"))
FILES = 60


def ids(folder: Path) -> list[str]:
    """The ids of all events that count, row by row."""
    found: list[str] = []
    with Archive(folder) as archive:
        for part in archive.parts("cloudtrail"):
            found += pq.read_table(archive.path_of(part), columns=["id"], partitioning=None)["id"].to_pylist()
        assert archive.gaps == []
    return found


def files_of(folder: Path) -> set[str]:
    with Archive(folder) as archive:
        return {file.name for file in archive.manifest.files()}


def test_many_small_files_become_one_part_for_each_account_region_and_day(tmp_path: Path) -> None:
    records = list(trail(2000, seconds=60))
    with Writing(tmp_path / "a") as writing:
        for at in range(0, 2000, 10):
            assert writing.ingest(f"{at}.json", str(at), [batch(records[at : at + 10])]).events == 10
    parts = {path.parent.relative_to(tmp_path / "a").as_posix() for path in (tmp_path / "a").rglob("*.parquet")}
    assert "source=cloudtrail/account=111122223333/region=eu-central-1/day=2026-03-02" in parts
    assert len(parts) == len(list((tmp_path / "a").rglob("*.parquet"))) == 2 * 2 * 2
    assert sorted(ids(tmp_path / "a")) == sorted(record["eventID"] for record in records)


def test_the_same_content_counts_once_under_whatever_name(tmp_path: Path) -> None:
    records = list(trail(50))
    for _ in range(2):
        with Writing(tmp_path / "a") as writing:
            writing.ingest("one.json", "digest", [batch(records)])
            assert writing.ingest("other.json", "digest", [batch(records)]).known
    assert len(ids(tmp_path / "a")) == 50


def test_a_file_that_ends_in_an_error_is_left_out_and_can_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mainstay.archive.writing.MOST_ROWS", 20)
    records = list(trail(100))

    def broken() -> Iterator[Batch]:
        for at in range(0, 60, 10):
            yield batch(records[at : at + 10])
        raise ValueError("cut off")

    with Writing(tmp_path / "a") as writing:
        writing.ingest("good.json", "good", [batch(records[60:70])])
        with pytest.raises(ValueError, match="cut off"):
            writing.ingest("bad.json", "bad", broken())
        rest = [batch(records[at : at + 10]) for at in range(70, 100, 10)]
        assert writing.ingest("long.json", "long", rest).events == 30
    assert sorted(ids(tmp_path / "a")) == sorted(record["eventID"] for record in records[60:])
    with Writing(tmp_path / "a") as writing:
        assert writing.ingest("bad.json", "bad", [batch(records[:60])]).events == 60
    assert len(ids(tmp_path / "a")) == len(set(ids(tmp_path / "a"))) == 100


def test_compacting_makes_fewer_parts_of_the_same_events(tmp_path: Path) -> None:
    records = list(trail(400))
    with Writing(tmp_path / "a") as writing:
        for at in range(0, 400, 100):
            writing.ingest(str(at), str(at), [batch(records[at : at + 100])])
            writing.flush()
        before = sorted(ids(tmp_path / "a"))
        assert writing.compact() == 12
        assert writing.compact() == 0
    assert sorted(ids(tmp_path / "a")) == before
    assert len(list((tmp_path / "a").rglob("*.parquet"))) == 4


def test_one_process_writes_at_a_time(tmp_path: Path) -> None:
    with Writing(tmp_path / "a"), pytest.raises(ArchiveError, match="another process writes"):
        Writing(tmp_path / "a")
    with Writing(tmp_path / "a"):
        pass


def test_what_is_no_archive_newer_or_not_writable_is_refused(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("Dear")
    with pytest.raises(ArchiveError, match="not empty"):
        Writing(tmp_path / "full")
    with pytest.raises(ArchiveError, match="is no archive"):
        Archive(tmp_path / "full")
    with Writing(tmp_path / "new"):
        pass
    for version, to_do in ((VERSION + 1, "update mainstay"), (VERSION - 1, "ingest the logs anew")):
        connection = sqlite3.connect(tmp_path / "new" / "manifest.sqlite")
        with connection:
            connection.execute("UPDATE archive SET version = ?", (version,))
        connection.close()
        for opening in (Archive, Writing):
            with pytest.raises(ArchiveError, match=f"version {version}.*: {to_do}"):
                opening(tmp_path / "new")
    (tmp_path / "spoilt").mkdir()
    (tmp_path / "spoilt" / "manifest.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(ArchiveError, match="not a database"):
        Archive(tmp_path / "spoilt")
    (tmp_path / "file").write_text("")
    with pytest.raises(ArchiveError, match="can't be written"):
        Writing(tmp_path / "file" / "inside")


def test_a_full_disk_is_told_and_takes_nothing_that_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records = list(trail(100))
    with Writing(tmp_path / "a") as writing:
        writing.ingest("first", "first", [batch(records[:50])])

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(ArchiveError, match="No space left"), Writing(tmp_path / "a") as writing:  # noqa: PT012 - the second file fails where the context ends
        writing.ingest("second", "second", [batch(records[50:])])
        monkeypatch.setattr(os, "fsync", full)
    monkeypatch.undo()
    assert len(ids(tmp_path / "a")) == 50
    with Writing(tmp_path / "a") as writing:
        assert writing.ingest("second", "second", [batch(records[50:])]).events == 50
    assert len(ids(tmp_path / "a")) == 100


INGEST = """
import sys
from pathlib import Path
from mainstay.archive.writing import Writing
from tests.archive.trail import batch, trail
records = list(trail(1200))
print("ready", flush=True)
with Writing(Path(sys.argv[1])) as writing:
    for at in range(0, 1200, 20):
        writing.ingest(f"{at}.json", f"digest-{at}", [batch(records[at : at + 20])])
        if at % 60 == 0:
            writing.flush()
"""


def test_a_writer_that_is_killed_leaves_whole_files_and_the_next_one_brings_the_rest(tmp_path: Path) -> None:
    records = list(trail(1200))
    folder = tmp_path / "a"
    draw = random.Random(5)
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": f"{root}:{root / 'src'}"}
    for _ in range(KILLS):
        process = subprocess.Popen([sys.executable, "-c", INGEST, str(folder)], env=environment, stdout=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(draw.random() * 0.3)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        if (folder / "manifest.sqlite").exists() and files_of(folder) != set():
            whole = {int(name.removesuffix(".json")) for name in files_of(folder)}
            wanted = [record["eventID"] for at in whole for record in records[at : at + 20]]
            assert sorted(ids(folder)) == sorted(wanted)
    with Writing(folder) as writing:
        for at in range(0, 1200, 20):
            writing.ingest(f"{at}.json", f"digest-{at}", [batch(records[at : at + 20])])
    assert sorted(ids(folder)) == sorted(record["eventID"] for record in records)
    with Archive(folder) as archive:
        counted = {part.path for part in archive.parts("cloudtrail")}
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("part-*")} == counted
