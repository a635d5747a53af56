"""Two runs give the same bytes: no time, no order of a hash, no cache and no other process shows in an output."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mainstay.outputs import FORMATS

EXAMPLES = Path(__file__).parents[2] / "examples"

RUNS = (
    {"PYTHONHASHSEED": "1", "TZ": "UTC"},
    {"PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo", "LC_ALL": "C"},
)


@pytest.mark.parametrize("format_name", FORMATS)
def test_two_runs_write_the_same(format_name: str, tmp_path: Path) -> None:
    written = []
    for number, settings in enumerate(RUNS):
        for again in range(2):
            environment = {**os.environ, **settings, "MAINSTAY_CACHE": str(tmp_path / str(number)), "COLUMNS": "100"}
            command = [sys.executable, "-m", "mainstay", "review", "shop", "quickstart", "-f", format_name]
            if again:
                command += ["-j", "1", "--no-cache"]
            done = subprocess.run(command, cwd=EXAMPLES, env=environment, capture_output=True, check=False)
            assert done.returncode == 1, done.stderr.decode()
            written.append(done.stdout)
    assert len(written[0]) > 1000
    assert len(set(written)) == 1
