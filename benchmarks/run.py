"""Measures mainstay against checkov on trees that are given as paths, in one run, and prints a Markdown table.

    make bench BENCH_PATHS="checkouts/terraform-aws-vpc checkouts/terragoat"
    make bench BENCH_PATHS="--alone checkouts/all-modules"

checkov comes from the package index, into an environment of its own under `build/`. CPU seconds (user and system, of
the process and its children) and peak memory are the operating system's; the figure is the median of the runs.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BUILD = Path(__file__).parent.parent / "build"
CHECKOV = "3.3.30"
MAINSTAY = [sys.executable, "-m", "mainstay"]


@dataclass(frozen=True, slots=True)
class Measured:
    """One command: CPU seconds and megabytes at the peak, the medians of its runs."""

    cpu_seconds: float
    megabytes: float


def measure(command: Sequence[str], runs: int) -> Measured:
    """Runs the command `runs` times, its output thrown away."""
    seconds, megabytes = [], []
    for _ in range(runs):
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read)
            _run_and_report(command, write)
        os.close(write)
        with os.fdopen(read) as report:
            figures = json.loads(report.read())
        os.waitpid(child, 0)
        seconds.append(figures["seconds"])
        megabytes.append(figures["kilobytes"] / 1024)
    return Measured(statistics.median(seconds), statistics.median(megabytes))


def _run_and_report(command: Sequence[str], write: int) -> None:
    """In a process of its own, so that the children's figures are this command's alone."""
    import resource

    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, check=False)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    with os.fdopen(write, "w") as report:
        json.dump({"seconds": usage.ru_utime + usage.ru_stime, "kilobytes": usage.ru_maxrss}, report)
    os._exit(0)


def checkov() -> str:
    """The checkov command, installed when it is first asked for."""
    directory = BUILD / f"checkov-{CHECKOV}"
    command = directory / "bin" / "checkov"
    if not command.exists():
        if uv := shutil.which("uv"):
            subprocess.run([uv, "venv", "--quiet", directory], check=True)
            install = [uv, "pip", "install", "--quiet", "--python", str(directory / "bin" / "python")]
        else:
            venv.create(directory, with_pip=True)
            install = [str(directory / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        subprocess.run([*install, f"checkov=={CHECKOV}"], check=True)
    return str(command)


def counted(path: Path) -> tuple[int, dict[str, Any]]:
    """The number of files that mainstay reads under a path, and the figures of its summary."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "review.json"
        subprocess.run([*MAINSTAY, "review", str(path), "--no-cache", "-f", "json", "-o", str(output)], check=False)
        summary = json.loads(output.read_text())["summary"]
    return summary["files"], summary


def row(path: Path, runs: int, alone: bool) -> str:
    """One line of the table: cold in one process, without a cache; warm with all verdicts kept."""
    files, summary = counted(path)
    command = [*MAINSTAY, "review", str(path)]
    ours = measure([*command, "--no-cache", "--jobs", "1"], runs)
    with tempfile.TemporaryDirectory() as cache:
        os.environ["MAINSTAY_CACHE"] = cache
        measure(command, 1)
        warm = measure(command, runs)
        del os.environ["MAINSTAY_CACHE"]
    start = f"| {path.resolve().name} ({files:,} files) | {ours.cpu_seconds:.2f} s | {ours.megabytes:.0f} MB |"
    start += f" {warm.cpu_seconds:.2f} s |"
    share = f"{summary['unknown_share']:.1%} of {sum(summary['verdicts'].values()):,}"
    if alone:
        return f"{start} | | | {share} |"
    theirs = measure([checkov(), "-d", str(path), "--quiet", "--compact", "--skip-download"], 1)
    ratio = theirs.cpu_seconds / ours.cpu_seconds
    return f"{start} {theirs.cpu_seconds:.1f} s | {theirs.megabytes:.0f} MB | 1/{ratio:.0f} | {share} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--alone", action="store_true", help="measure mainstay only")
    options = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, checkov {CHECKOV}\n")
    bare = measure([sys.executable, "-c", "pass"], 10).cpu_seconds
    start = measure([*MAINSTAY, "--help"], 10).cpu_seconds
    print(f"`mainstay --help`: {start * 1000:.0f} ms CPU (python alone: {bare * 1000:.0f} ms)\n")
    if options.paths:
        print("| tree | mainstay CPU | peak | warm | checkov CPU | peak | ratio | undecided |")
        print("|---|---|---|---|---|---|---|---|")
    for path in options.paths:
        print(row(path, options.runs, options.alone), flush=True)


if __name__ == "__main__":
    main()
