"""The short version of `make fuzz`: whatever is read is read, or told of; nothing breaks, and nothing takes long."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from tests.fuzzed.inputs import INPUTS

SEEDS = {"account": 4, "remembered": 2, "aggregator": 4, "formats": 6, "damaged": 20, "tampered": 20, "moment": 60}
USUAL = 60
START = int(os.environ.get("FUZZ_START", "0"))
LONGEST_SECONDS = 30
"""Several times what a machine needs that has nothing else to do."""


@pytest.mark.parametrize("name", INPUTS)
def test_odd_input_is_read_or_told_of(name: str, tmp_path: Path) -> None:
    for seed in range(START, START + SEEDS.get(name, USUAL)):
        folder = tmp_path / str(seed)
        folder.mkdir()
        began = time.monotonic()
        try:
            INPUTS[name](seed, folder)
        except Exception as error:
            error.add_note(f"seed {seed} of {name}")
            raise
        assert time.monotonic() - began < LONGEST_SECONDS, f"seed {seed}"
