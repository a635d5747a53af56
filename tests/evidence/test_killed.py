"""A process that is killed while it appends loses nothing that it was told is recorded.

`MAINSTAY_KILLS` says how often it is killed; 100 take a few minutes.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.evidence.account import ACCOUNT, BUCKET, bucket, day, everything, finding

from mainstay.evidence import open_ledger
from mainstay.model.places import Unit

KILLS = int(os.environ.get("MAINSTAY_KILLS", "4"))
ROOT = Path(__file__).parent.parent.parent

APPENDING = """
import sys
from tests.evidence.test_killed import append_until_killed
append_until_killed(sys.argv[1])
"""


def append_until_killed(place: str) -> None:
    """Goes on with the pass, unit by unit, and says of each when it is recorded."""
    with open_ledger(place, write=True) as ledger:
        pass_ = ledger.resumable("live", ACCOUNT) or ledger.begin("live", ACCOUNT, "1.0", day(0))
        number = len(ledger.collected(pass_))
        while True:
            unit = Unit(ACCOUNT, f"region-{number}", BUCKET)
            resources = [bucket(f"b{number}-{index}", Size=index) for index in range(number % 8)]
            ledger.record_unit(pass_, unit, resources, (), day(0))
            print(f"unit {unit.region}", flush=True)
            recorded = ledger.record_findings(pass_, [finding(one) for one in resources], lambda *_: False)
            if recorded.new == len(resources):
                print(f"findings {number}", flush=True)
            number += 1


def test_nothing_acknowledged_is_lost_when_the_process_is_killed(place: str) -> None:
    chosen = random.Random(KILLS)
    kills = KILLS if "://" not in place else max(1, KILLS // 3)
    acknowledged: list[str] = []
    for _ in range(kills):
        child = subprocess.Popen(
            [sys.executable, "-c", APPENDING, place],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        assert child.stderr is not None
        first = child.stdout.readline()
        time.sleep(chosen.uniform(0, 0.1))
        child.send_signal(signal.SIGKILL)
        rest, errors = child.communicate()
        assert first, errors
        # the last line may be cut where the kill came between two writes
        acknowledged += (first + rest[: rest.rfind("\n") + 1]).splitlines()
        with open_ledger(place, write=False) as ledger:
            assert ledger.verify() == []
            pass_ = ledger.resumable("live", ACCOUNT)
            assert pass_ is not None
            collected = {unit.region for unit in ledger.collected(pass_)}
            assert collected >= {line.removeprefix("unit ") for line in acknowledged if line.startswith("unit")}
            names = {row.address for row in ledger.findings()}
    for line in acknowledged:
        kind, number = line.split()
        if kind == "findings":
            assert {f"arn:aws:s3:::b{number}-{index}" for index in range(int(number) % 8)} <= names
    with open_ledger(place, write=True) as ledger:
        kept = list(ledger.resources())
        assert len(kept) == sum(int(region.removeprefix("region-")) % 8 for region in collected)
        ledger.record_findings(pass_, [finding(one) for one in kept], everything, at=day(1))
        ledger.end(pass_, "complete", day(1))
        assert ledger.resumable("live", ACCOUNT) is None
        assert len(ledger.findings()) == len(kept)
        assert ledger.verify() == []


def test_processes_append_to_one_chain(place: str) -> None:
    """Several of them, each making the ledger if it is the first."""
    program = (
        "import sys; from mainstay.evidence import open_ledger; from tests.evidence.account import *\n"
        "with open_ledger(sys.argv[1], write=True) as ledger:\n"
        "    for number in range(4): look(ledger, day(number), [bucket(sys.argv[2])], [], lambda *_: False)\n"
    )
    command = [sys.executable, "-c", program, place]
    children = [subprocess.Popen([*command, name], cwd=ROOT, stderr=subprocess.PIPE, text=True) for name in "abc"]
    for child in children:
        _, errors = child.communicate()
        assert child.returncode == 0, errors
    with open_ledger(place, write=False) as ledger:
        assert [one.number for one in ledger.passes()] == list(range(1, 13))
        assert ledger.verify() == []
