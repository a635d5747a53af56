"""What can be wrong with a ledger is said in one line, and nothing of it is lost."""

from __future__ import annotations

import os
import pwd
import resource
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Timer

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from tests.evidence.account import ACCOUNT, BUCKETS, bucket, day, finding, look

from mainstay.evidence import Ledger, LedgerError, open_ledger
from mainstay.evidence.opening import _known_versions
from mainstay.evidence.schema import NEWEST, VERSION_TABLE, Words, metadata


def fill(path: Path | str) -> None:
    with open_ledger(path, write=True) as ledger:
        look(ledger, day(0), [bucket(f"b{number}") for number in range(50)], [finding(bucket("b0"))])


def message(path: Path | str, write: bool) -> str:
    with pytest.raises(LedgerError) as raised, open_ledger(path, write=write) as ledger:
        ledger.begin("live", ACCOUNT, "1.0", day(9))
    assert "\n" not in str(raised.value)
    return str(raised.value)


# -- files


@pytest.mark.parametrize("size", [1, 50, 99, 100, 4096, 20_000, 40_000])
@pytest.mark.parametrize("write", [True, False])
def test_a_half_written_file_is_refused(tmp_path: Path, size: int, write: bool) -> None:
    path = tmp_path / "ledger.db"
    fill(path)
    os.truncate(path, size)
    left = path.read_bytes()
    assert "put back a backup" in message(path, write)
    assert path.read_bytes() == left


def test_an_empty_file_becomes_a_ledger_and_is_none_to_read(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.touch()
    assert "not a ledger" in message(path, False)
    fill(path)
    with open_ledger(path, write=False) as ledger:
        assert len(ledger.passes()) == 1


@pytest.mark.parametrize(
    ("name", "write", "expected"),
    [
        ("none.db", False, "there is none yet"),
        ("none/ledger.db", True, "there is no directory"),
        (".", True, "it is a directory"),
        ("mysql://u:secret@localhost/db", True, "give the path of a file, or postgresql://"),
        ("postgresql://u:secret@127.0.0.1:1/db", False, "127.0.0.1"),
        ("postgresql://u:secret@127.0.0.1:x/db", False, "not a URL of a database"),
    ],
)
def test_a_place_without_a_ledger_is_named(tmp_path: Path, name: str, write: bool, expected: str) -> None:
    said = message(name if "://" in name else tmp_path / name, write)
    assert expected in said
    assert "secret" not in said


@pytest.mark.parametrize("content", [b"hello", b"SQLite format 3\0", b"\0" * 5_000])
def test_a_file_of_something_else_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(content)
    assert "not a ledger" in message(path, True)
    assert path.read_bytes() == content


# -- what may not be written


@pytest.fixture
def guarded() -> Iterator[Path]:
    """A directory that somebody who is not root can reach."""
    home = Path(tempfile.mkdtemp(prefix="ledger-", dir="/tmp"))
    home.chmod(0o755)
    yield home
    home.chmod(0o755)
    shutil.rmtree(home)


def as_somebody(work: Callable[[], str]) -> str:
    """What the function returns in a child process that is not root's."""
    return in_child(work, nobody=os.geteuid() == 0)


def in_child(work: Callable[[], str], nobody: bool = False) -> str:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if nobody:
                os.setuid(pwd.getpwnam("nobody").pw_uid)
            os.write(writing, work().encode())
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, encoding="utf-8") as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return said


@pytest.mark.parametrize("directory", [0o555, 0o755])
def test_a_read_only_ledger_can_be_read_and_not_appended_to(guarded: Path, directory: int) -> None:
    path = guarded / "ledger.db"
    fill(path)
    message(guarded / "none.db", False)  # so that the child has all modules
    path.chmod(0o444)
    guarded.chmod(directory)
    assert "read-only" in as_somebody(lambda: message(path, True))

    def read() -> str:
        with open_ledger(path, write=False) as ledger:
            return f"{len(ledger.findings())} finding, {ledger.verify()}"

    assert as_somebody(read) == "1 finding, []"
    assert stat.S_IMODE(path.stat().st_mode) == 0o444


def test_a_directory_that_is_not_ours_gets_no_ledger(guarded: Path) -> None:
    fill(guarded / "other.db")
    guarded.chmod(0o555)
    assert "cannot be opened" in as_somebody(lambda: message(guarded / "ledger.db", True))


# -- full disks


def fill_up(ledger: Ledger) -> int:
    """Appends until it fails, and returns how many units were recorded."""
    pass_ = ledger.begin("live", ACCOUNT, "1.0", day(1))
    for number in range(10_000):
        try:
            ledger.record_unit(pass_, BUCKETS, [bucket(f"b{number}", Text=os.urandom(2_000).hex())], (), day(1))
        except LedgerError as error:
            if "disk is full" not in str(error):
                raise
            return number
    raise AssertionError("it never fails")


def test_a_full_disk_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    fill(path)
    with open_ledger(path, write=True) as ledger:
        with closing(ledger._engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA max_page_count = 120")
        recorded = fill_up(ledger)
    with open_ledger(path, write=True) as ledger:
        assert ledger.verify() == []
        assert [one.address for one in ledger.resources()] == [f"arn:aws:s3:::b{recorded - 1}"]
        look(ledger, day(2), [], [])


def test_a_file_that_may_not_grow_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    fill(path)

    def work() -> str:
        resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
        ledger = open_ledger(path, write=True)
        return str(fill_up(ledger))

    recorded = int(in_child(work))
    assert recorded > 3
    with open_ledger(path, write=True) as ledger:
        assert ledger.verify() == []
        assert [one.address for one in ledger.resources()] == [f"arn:aws:s3:::b{recorded - 1}"]


@pytest.mark.parametrize("write", [True, False])
def test_a_checkpoint_that_the_disk_had_no_room_for_is_gone_on_with(tmp_path: Path, write: bool) -> None:
    path, left = tmp_path / "ledger.db", tmp_path / "left.db"
    fill(path)
    with open_ledger(path, write=True) as ledger:
        pass_ = ledger.begin("live", ACCOUNT, "1.0", day(1))
        for number in range(40):
            ledger.record_unit(pass_, BUCKETS, [bucket(f"b{number}", Text=os.urandom(2_000).hex())], (), day(1))
        shutil.copyfile(path, left)
        shutil.copyfile(f"{path}-wal", f"{left}-wal")
    with path.open("rb") as whole, left.open("r+b") as file:
        file.write(whole.read(4096))  # the first page says how many there are, and the others do not come
    cut = tmp_path / "cut.db"
    shutil.copyfile(left, cut)
    with open_ledger(left, write=write) as ledger:
        assert ledger.verify() == []
        assert [one.address for one in ledger.resources()] == ["arn:aws:s3:::b39"]
    Path(f"{cut}-wal").touch()
    assert "cut short" in message(cut, write)


# -- schemas


def test_a_newer_schema_is_refused_and_left_alone(place: str, ledger: Ledger) -> None:
    with ledger._writing() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    for write in (True, False):
        assert "a newer mainstay made it (schema 9999); update mainstay" in message(place, write)


def test_tables_of_something_else_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE findings (id INTEGER)")
        connection.commit()
    assert "tables of something else" in message(path, True)


def test_a_database_without_a_ledger_is_said_to_be_empty(server: str) -> None:
    assert "nothing in it yet" in message(server, False)


def _compare(context: object, shown: object, column: object, found: object, known: object) -> bool | None:
    """Words choose their type by the database, which Alembic does not look at."""
    return False if isinstance(known, Words) else None


def test_the_migrations_make_the_schema_that_the_code_knows(ledger: Ledger) -> None:
    with ledger._reading() as connection:
        options = {"version_table": VERSION_TABLE, "compare_type": _compare}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == NEWEST
    assert NEWEST in _known_versions()


def test_an_alembic_file_of_the_user_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = nowhere\n")
    monkeypatch.chdir(tmp_path)
    fill("ledger.db")
    assert (tmp_path / "ledger.db").exists()


def test_a_new_ledger_waits_for_one_who_writes_without_a_log(tmp_path: Path) -> None:
    """SQLite refuses the switch to a write-ahead log at once, whatever its timeout is."""
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("PRAGMA user_version = 0")
        other.execute("CREATE TABLE beside (x)")
        other.execute("BEGIN IMMEDIATE")
        timer = Timer(0.3, lambda: other.execute("ROLLBACK"))
        timer.start()
        with open_ledger(path, write=True) as ledger:
            assert ledger.begin("live", "one", "1.0", day(0)).number == 1
        timer.join()


def test_several_may_make_the_ledger_at_once(place: str) -> None:
    def work(number: int) -> int:
        with open_ledger(place, write=True) as ledger:
            return ledger.begin("live", str(number), "1.0", day(0)).number

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(work, range(4))) == [1, 2, 3, 4]
