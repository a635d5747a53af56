"""The short version of `make fuzz`: whatever is read is read, or told of; nothing breaks, and nothing takes long."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from tests.fuzzed.inputs import INPUTS

SEEDS = {"account": 2, "remembered": 2, "aggregator": 2, "formats": 6, "damaged": 12, "tampered": 8, "moment": 60}
USUAL = 60
START = int(os.environ.get("FUZZ_START", "0"))
LONGEST_SECONDS = 30
"""Of the processor, the first reading of all models included: several times what is needed."""


@pytest.mark.parametrize("name", INPUTS)
def test_odd_input_is_read_or_told_of(name: str, tmp_path: Path) -> None:
    for seed in range(START, START + SEEDS.get(name, USUAL)):
        folder = tmp_path / str(seed)
        folder.mkdir()
        began = time.process_time()
        try:
            INPUTS[name](seed, folder)
        except Exception as error:
            error.add_note(f"seed {seed} of {name}")
            raise
        assert time.process_time() - began < LONGEST_SECONDS, f"seed {seed}"
