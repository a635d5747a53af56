"""Two runs give the same bytes: no time, no order of a hash, no cache and no other process shows in an output."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from mainstay.outputs import FORMATS

EXAMPLES = Path(__file__).parents[2] / "examples"
TOLD = {"SOURCE_DATE_EPOCH": "1700000000"}
"""For the formats whose readers demand a time."""

HOME = ["--account", "123456789012", "--region", "eu-west-1"]
"""For the one that files findings by account."""

RUNS: tuple[tuple[dict[str, str], list[str]], ...] = (
    ({"PYTHONHASHSEED": "1", "TZ": "UTC"}, []),
    ({"PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo", "LC_ALL": "C"}, ["--jobs", "1", "--no-cache"]),
    ({"PYTHONHASHSEED": "3"}, []),
)
"""The third finds the cache of the first."""


def test_every_run_writes_the_same_in_every_format(tmp_path: Path) -> None:
    written: list[dict[str, bytes]] = []
    for number, (settings, options) in enumerate(RUNS):
        environment = {**os.environ, "MAINSTAY_CACHE": str(tmp_path / "cache"), "COLUMNS": "100", **TOLD, **settings}
        folder = tmp_path / str(number)
        folder.mkdir()
        formats = [option for name in FORMATS for option in ("-f", f"{name}={folder / name}")]
        command = [sys.executable, "-m", "mainstay", "review", "shop", "quickstart", *HOME, *formats, *options]
        done = subprocess.run(command, cwd=EXAMPLES, env=environment, capture_output=True, check=False)
        assert done.returncode == 1, done.stderr.decode()
        written.append({name: (folder / name).read_bytes() for name in FORMATS})
    for name in FORMATS:
        assert len(written[0][name]) > 1000
        assert len({run[name] for run in written}) == 1, name
