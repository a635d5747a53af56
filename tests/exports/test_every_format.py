"""What holds of every format: each control is said or left with a reason, and two runs write the same."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from pathlib import Path

import pytest
from tests.exports.examples import CONTROLS

from mainstay.exports import EXPORTS
from mainstay.model.errors import UsageError
from mainstay.verbs.export import export

ROOT = Path(__file__).parents[2]
DIGEST = """
import sys
from tests.exports.test_every_format import digest
sys.stdout.write(digest())
"""


def digest() -> str:
    """Of all that is written, in every format, and all that is left."""
    found = hashlib.sha256()
    for write in EXPORTS.values():
        stream = io.StringIO()
        left = write(CONTROLS, stream)
        found.update((stream.getvalue() + repr(left)).encode())
    return found.hexdigest()


@pytest.mark.parametrize("format", EXPORTS)
def test_what_is_left_out_is_listed_with_the_reason(format: str) -> None:
    done = export(format, CONTROLS, io.StringIO())
    head, *rest = done.lines()
    ids = {control.id for control in CONTROLS}
    assert head.startswith(f"exported {len(CONTROLS) - len(done.left)} of {len(CONTROLS)} controls as {format}")
    assert len(rest) == len(done.left)
    assert all(one.control in ids and one.reason for one in done.left)


@pytest.mark.parametrize("format", EXPORTS)
def test_nothing_is_written_of_a_control_that_is_left_out(format: str) -> None:
    left = {one.control for one in EXPORTS[format](CONTROLS, io.StringIO())}
    of_left, of_none = io.StringIO(), io.StringIO()
    EXPORTS[format]([control for control in CONTROLS if control.id in left][:20], of_left)
    EXPORTS[format]([], of_none)
    assert "denial(" not in of_left.getvalue().removeprefix(of_none.getvalue())
    assert not any(id in of_left.getvalue() or id.replace("-", "_") in of_left.getvalue() for id in list(left)[:20])


def test_another_run_writes_the_same() -> None:
    """Whatever order sets and maps have there: strings hash otherwise in each process."""
    other = subprocess.run([sys.executable, "-c", DIGEST], cwd=ROOT, capture_output=True, text=True, check=True)
    assert other.stdout == digest()


def test_a_format_that_there_is_not_is_refused() -> None:
    with pytest.raises(UsageError, match="there is no export 'sentinel'; there are guard, rego"):
        export("sentinel", [], io.StringIO())
