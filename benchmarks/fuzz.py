"""Fuzzes everything that reads: mutated Terraform, plans, templates, reports of other scanners, configurations,
waivers and baselines must give resources, gaps or located faults, in bounded time, and no other error.

    make fuzz FUZZ_SECONDS=600

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
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

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
SLOWEST = 10.0
TOKENS = [
    b"{", b"}", b"[", b"]", b"(", b")", b'"', b"${", b"%{", b"}", b"<<EOT\n", b"\nEOT\n", b"<<-X\n", b"!Ref ", b"!Sub ",
    b"Fn::If", b"Fn::ForEach::X", b"&a ", b"*a ", b"<<: ", b"for ", b" in ", b" : ", b" => ", b"...", b"[*]", b".*.",
    b"count = ", b"for_each = ", b"dynamic ", b"var.", b"local.", b"each.value", b"try(", b"jsonencode(", b"null",
    b"-1", b"1e999", b"0.1", b"\x00", b"\xff\xfe", b"\xe2\x80\xae", b"\t", b"\r\n", b"#", b"/*", b"*/", b"AWS::NoValue",
]  # fmt: skip

Mutation = Callable[[random.Random, bytearray], None]


def _cut(chance: random.Random, data: bytearray) -> None:
    start = chance.randrange(len(data) + 1)
    del data[start : start + chance.randrange(1, 60)]


def _insert(chance: random.Random, data: bytearray) -> None:
    start = chance.randrange(len(data) + 1)
    data[start:start] = chance.choice(TOKENS)


def _repeat(chance: random.Random, data: bytearray) -> None:
    start = chance.randrange(len(data) + 1)
    piece = data[start : start + chance.randrange(1, 200)]
    data[start:start] = piece * chance.randrange(1, 30)


def _flip(chance: random.Random, data: bytearray) -> None:
    if data:
        data[chance.randrange(len(data))] = chance.randrange(256)


def _swap(chance: random.Random, data: bytearray) -> None:
    lines = data.split(b"\n")
    first, second = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[first], lines[second] = lines[second], lines[first]
    data[:] = b"\n".join(lines)


def _nest(chance: random.Random, data: bytearray) -> None:
    start = chance.randrange(len(data) + 1)
    opening = chance.choice([b"[", b"{", b"(", b'"${', b"{a=", b"- ", b"!Not [", b"tolist("])
    data[start:start] = opening * chance.choice([10, 100, 3000])


MUTATIONS: tuple[Mutation, ...] = (_cut, _insert, _repeat, _flip, _swap, _nest)


def mutated(seed: int, files: list[tuple[str, bytes]]) -> tuple[str, bytes]:
    """A file with one mutation or several, the same for the same seed."""
    chance = random.Random(seed)
    name, text = chance.choice(files)
    data = bytearray(text)
    for _ in range(chance.randrange(1, 6)):
        chance.choice(MUTATIONS)(chance, data)
    return name, bytes(data[:500_000])


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
    options = parser.parse_args()
    files, reader = seeds(options.seeds), Reader()
    end, seed, bad, slowest = time.monotonic() + options.seconds, options.start, 0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() < end:
            name, data = mutated(seed, files)
            path = Path(folder) / name
            path.write_bytes(data)
            began = time.monotonic()
            try:
                for gap in reader.read(path):
                    if gap.kind == "internal":
                        bad += 1
                        _keep(seed, name, data, gap.reason)
            except (Exception, RecursionError):  # noqa: BLE001 # whatever it is, it is what the fuzzer looks for
                bad += 1
                _keep(seed, name, data, traceback.format_exc())
            took = time.monotonic() - began
            slowest = max(slowest, took)
            if took > SLOWEST:
                bad += 1
                _keep(seed, name, data, f"took {took:.1f} s")
            path.unlink()
            seed += 1
    print(f"{seed - options.start:,} inputs, {bad} bad, the slowest took {slowest:.2f} s")
    return 1 if bad else 0


def _keep(seed: int, name: str, data: bytes, why: str) -> None:
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / f"{seed}-{name}").write_bytes(data)
    print(f"seed {seed} ({name}): {why.strip().splitlines()[-1]}", file=sys.stderr)
    (KEPT / f"{seed}.txt").write_text(why)


if __name__ == "__main__":
    sys.exit(main())
