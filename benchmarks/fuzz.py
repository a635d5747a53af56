"""Fuzzes everything that reads: mutated Terraform, plans, templates, reports of other scanners, configurations,
waivers and baselines must give resources, gaps or located faults, in bounded time, and no other error. Every second
input is of those in `tests/fuzzed/inputs.py`: what accounts answer, states, attestations, ledgers.

    make fuzz FUZZ_SECONDS=600
    python -m benchmarks.fuzz --only tampered --only account

Seeds are files of the repository, or those given; findings are patched as well. What breaks a reader is kept under
`build/fuzz/` with its seed number, so that it can be run again.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.fuzzed.inputs import INPUTS
from tests.fuzzed.mutations import mutate

from mainstay import settings
from mainstay.catalog import load, load_shapes
from mainstay.engine import Evaluation
from mainstay.model.errors import DataError
from mainstay.model.findings import Gap, Review
from mainstay.settings.reading import read_configuration
from mainstay.sources import Options, read
from mainstay.sources.reports import read_report
from mainstay.sources.spelling import Spelling
from mainstay.verbs.fixing import with_patches

ROOT = Path(__file__).parent.parent
KEPT = ROOT / "build" / "fuzz"
SLOWEST = 20.0
"""Seconds of the processor; the first of an input reads all models and schemas."""


def mutated(seed: int, files: list[tuple[str, bytes]]) -> tuple[str, bytes]:
    """A file with one mutation or several, the same for the same seed."""
    chance = random.Random(seed)
    name, text = chance.choice(files)
    return name, mutate(chance, text)


class Reader:
    """Reads whatever a file is taken for by its name, as the command would; what it may raise is a DataError."""

    def __init__(self) -> None:
        self.controls = load().controls
        self.spelling = Spelling(load_shapes())
        self.evaluation = Evaluation(self.controls)
        self.ids = {control.id for control in self.controls}

    def read(self, path: Path) -> Iterator[Gap]:
        """Reads the file; gives the gaps."""
        try:
            if path.suffix == ".toml":
                read_configuration(path, path.name)
            elif "waivers" in path.name:
                settings.read_waivers(path, path.name, self.ids, path.parent, path.parent)
            elif "baseline" in path.name:
                settings.read_baseline(path, path.name)
            elif "sarif" in path.name or "ocsf" in path.name:
                yield from read_report(path, path.name).gaps
            else:
                yield from self.reviewed(path)
        except DataError as error:
            if not error.faults:
                raise AssertionError("a DataError names no fault") from error

    def reviewed(self, path: Path) -> Iterator[Gap]:
        for scope in read([path.parent], Options(), self.spelling):
            yield from scope.gaps
            findings = list(self.evaluation.findings(scope.resources))
            review = Review(findings, scope.gaps, self.controls, len(scope.resources), 1)
            settings.read_notes(path.read_text("utf-8", "replace"), str(path), self.ids)
            with_patches(review)


SEEDS: tuple[tuple[str, str], ...] = (
    ("examples", "*.tf"),
    ("examples", "*.yaml"),
    ("examples/shop/plan", "*.json"),
    ("tests/sources", "*.json"),
    ("tests/sources", "*.sarif"),
    ("tests/sources/cloudformation", "*.yaml"),
    ("tests/settings", "*.toml"),
)
"""Folders and patterns of what is in the repository."""

WRITTEN: dict[str, bytes] = {
    "mainstay.toml": b"""severity = "high"
format = ["console", "sarif=out.sarif"]
exclude = ["examples/*"]
[variables]
stage = "prod"
[controls.s3-keeps-versions]
enabled = false
reason = "kept elsewhere"
""",
    "waivers.yaml": b"""- control: s3-keeps-versions
  address: aws_s3_bucket.logs
  reason: logs are copied
  owner: platform
  until: 2027-01-31
- {control: "rds-*", everywhere: true, reason: none are left, owner: data}
""",
    "baseline.json": b"""{"schema": "mainstay/baseline/v1",
"findings": [
{"fingerprint": "0123456789abcdef", "control": "a-b", "type": "AWS::S3::Bucket", "address": "x", "scope": "."}
],
"gaps": [{"kind": "syntax", "reason": "x", "file": "main.tf"}]}
""",
}


def seeds(paths: Sequence[Path]) -> list[tuple[str, bytes]]:
    found = paths or sorted({path for folder, pattern in SEEDS for path in (ROOT / folder).rglob(pattern)})
    files = [(path.name, path.read_bytes()) for path in found]
    return files if paths else [*files, *WRITTEN.items()]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seeds", nargs="*", type=Path, help="files to begin with (default: those of the repository)")
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--start", type=int, default=0, help="the first seed number")
    parser.add_argument("--only", action="append", choices=["files", *INPUTS], help="only this input; may repeat")
    options = parser.parse_args()
    run = Run(seeds(options.seeds), options.only or (["files"] if options.seeds else ["files", *INPUTS]))
    end, seed = time.monotonic() + options.seconds, options.start
    while time.monotonic() < end:
        run.one(seed)
        seed += 1
    for name, count in sorted(run.counts.items()):
        print(f"{name}: {count:,} inputs, the slowest took {run.slowest[name]:.2f} s")
    print(f"{seed - options.start:,} inputs, {run.bad} bad")
    return 1 if run.bad else 0


class Run:
    """Goes through seeds: every second one is a file, the others are each of the other inputs in turn."""

    def __init__(self, files: list[tuple[str, bytes]], names: Sequence[str]) -> None:
        self.files = files
        self.others = [name for name in names if name != "files"]
        self.reader = Reader() if "files" in names else None
        self.bad = 0
        self.counts: Counter[str] = Counter()
        self.slowest: dict[str, float] = defaultdict(float)

    def one(self, seed: int) -> None:
        is_file = self.reader is not None and (not self.others or seed % 2 == 0)
        label = "files" if is_file else self.others[seed // 2 % len(self.others)]
        name, data = mutated(seed, self.files) if is_file else (label, b"")
        with tempfile.TemporaryDirectory() as folder:
            began = time.process_time()  # others may use the machine too
            try:
                if is_file:
                    self.read(seed, Path(folder, name), data)
                else:
                    INPUTS[label](seed, Path(folder))
            except (Exception, RecursionError):  # noqa: BLE001 # whatever it is, it is what the fuzzer looks for
                self.keep(seed, name, data, traceback.format_exc())
            took = time.process_time() - began
        if took > SLOWEST:
            self.keep(seed, name, data, f"took {took:.1f} s")
        self.counts[label] += 1
        self.slowest[label] = max(self.slowest[label], took)

    def read(self, seed: int, path: Path, data: bytes) -> None:
        path.write_bytes(data)
        for gap in self.reader.read(path) if self.reader is not None else ():
            if gap.kind == "internal":
                self.keep(seed, path.name, data, gap.reason)

    def keep(self, seed: int, name: str, data: bytes, why: str) -> None:
        """Keeps what broke something, with what it broke."""
        self.bad += 1
        _keep(seed, name, data, why)


def _keep(seed: int, name: str, data: bytes, why: str) -> None:
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / f"{seed}-{name}").write_bytes(data)
    print(f"seed {seed} ({name}): {why.strip().splitlines()[-1]}", file=sys.stderr)
    (KEPT / f"{seed}.txt").write_text(why)


if __name__ == "__main__":
    sys.exit(main())
