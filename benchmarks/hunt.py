"""How many events detection judges a CPU second, in how much memory, out of files and archives, and beside its peers.

    python -m benchmarks.hunt stream RULES --events 1000000    gunzip, decoding, SigmaHQ's rules, and with our pack
    python -m benchmarks.hunt memory RULES --events 10000000   the resident set, million by million
    python -m benchmarks.hunt archive RULES --events 1000000   ingest, then DuckDB and Spark; findings as the stream's
    python -m benchmarks.hunt peers RULES --events 100000      Zircolite and pySigma's SQLite back end
    python -m benchmarks.hunt profile RULES --events 100000    what the stream spends its time on

RULES is a folder of Sigma rules such as `rules/cloud/aws` of SigmaHQ. Each measurement is a process of its own, one
after the other in turns; a rate leaves out the start of the interpreter and the loading of rules, which are printed
apart. With `--work` the logs are kept for the next time.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import json
import os
import platform
import pstats
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import hunt_peers
from benchmarks.hunt_events import SEED, batches, delivered, described, endless

from mainstay.catalog.sigma import load_rules
from mainstay.model.detections import EventFinding
from mainstay.simulation import Company
from mainstay.verbs import log_files
from mainstay.verbs.hunt import HOUR_US, HuntOptions, hunt
from mainstay.verbs.hunting import Judging, seldom_collected
from mainstay.verbs.ingest import ingest

Figures = dict[str, Any]
MILLION = 1_000_000
MOST_GROWTH = 1.15
"""By how much the resident set may grow after the first third of all events."""


def judging(rules: Path, pack: bool) -> Judging:
    """SigmaHQ's rules alone, or with our pack and the lists of the company that the events are of."""
    lists = Company(SEED).lists() if pack else {}
    return Judging(load_rules([rules], lists, builtin=pack), lists)


class Timed:
    """CPU and wall seconds since it was made; CPU is that of all threads and of children that ended."""

    def __init__(self) -> None:
        gc.collect()
        self._cpu, self._wall = _cpu_seconds(), time.monotonic()

    def figures(self, events: int) -> Figures:
        return {"cpu": _cpu_seconds() - self._cpu, "wall": time.monotonic() - self._wall, "events": events}


def _cpu_seconds() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


# -- what is measured, each in a process of its own


def gunzip(folder: Path, rules: Path) -> Figures:
    files = log_files.found([str(folder)])
    timed = Timed()
    held = sum(len(file.contents().data) for file in files)
    return {**timed.figures(0), "inflated": held}


def keys(folder: Path, rules: Path) -> Figures:
    files = log_files.found([str(folder)])
    timed = Timed()
    count = 0
    for batch in batches(files):
        for record in batch.records:
            record.keys()
            count += 1
    return timed.figures(count)


def _stream(folder: Path, by: Judging) -> Figures:
    detector = by.detector(HOUR_US)
    files = log_files.found([str(folder)])
    timed = Timed()
    found: list[EventFinding] = []
    with seldom_collected():
        for batch in batches(files):
            found += detector.take(batch.source, batch.records)
        found += detector.flush()
    figures = timed.figures(sum(detector.counts.events.values()))
    counts = detector.counts
    return {**figures, "findings": len(found), "candidates": counts.candidates, "fired": dict(counts.fired)}


def sigma(folder: Path, rules: Path) -> Figures:
    return _stream(folder, judging(rules, pack=False))


def pack(folder: Path, rules: Path) -> Figures:
    return _stream(folder, judging(rules, pack=True))


def ingesting(folder: Path, rules: Path) -> Figures:
    where = folder.parent / "archive"
    shutil.rmtree(where, ignore_errors=True)
    timed = Timed()
    done = ingest([str(folder)], where)
    figures = timed.figures(done.event_count)
    return {**figures, "bytes": sum(path.stat().st_size for path in where.rglob("*") if path.is_file())}


def _hunted(source: Path, by: Judging, engine: str) -> Figures:
    timed = Timed()
    done = hunt([str(source)], by, HuntOptions(engine=engine))
    figures = timed.figures(sum(done.event_counts.values()))
    found = sorted((one.rule.about.id, one.event_id, *one.group) for one in done.findings)
    (source.parent / f"found-{engine}.json").write_text(json.dumps(found))
    return {**figures, "findings": len(found), "gaps": len(done.gaps)}


def stream_hunt(folder: Path, rules: Path) -> Figures:
    return _hunted(folder, judging(rules, pack=True), "auto")


def duckdb(folder: Path, rules: Path) -> Figures:
    return _hunted(folder.parent / "archive", judging(rules, pack=True), "duckdb")


def spark(folder: Path, rules: Path) -> Figures:
    return _hunted(folder.parent / "archive", judging(rules, pack=True), "local[2]")


MEASURED: Mapping[str, Callable[[Path, Path], Figures]] = {
    one.__name__: one for one in (gunzip, keys, sigma, pack, ingesting, stream_hunt, duckdb, spark)
}


def alone(name: str, folder: Path, rules: Path) -> Figures:
    """A measurement in a process of its own, with the memory and the CPU seconds of the whole process."""
    command = [sys.executable, "-m", "benchmarks.hunt", "one", str(rules), "--name", name, "--folder", str(folder)]
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: Figures = json.loads(ran.stdout.splitlines()[-1])
    return figures


def one(name: str, folder: Path, rules: Path) -> None:
    figures = MEASURED[name](folder, rules)
    figures["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
    figures["start"] = _cpu_seconds() - figures["cpu"]
    print(json.dumps(figures))


def turns(names: Sequence[str], folder: Path, rules: Path, runs: int) -> dict[str, list[Figures]]:
    """Each measurement `runs` times, in turns, so that what the machine does besides meets them all."""
    measured: dict[str, list[Figures]] = {name: [] for name in names}
    for _ in range(runs):
        for name in names:
            measured[name].append(alone(name, folder, rules))
            last = measured[name][-1]
            print(f"  {name}: {last['cpu']:.2f} CPU s, load {os.getloadavg()[0]:.1f}", file=sys.stderr, flush=True)
    return measured


def spread(values: Sequence[float], form: str = ",.0f") -> str:
    """The median and the range."""
    return f"{statistics.median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


# -- subcommands


def stream(rules: Path, events: int, work: Path, runs: int) -> int:
    folder = delivered(work, events)
    print(described(folder), end="\n\n")
    measured = turns(("gunzip", "keys", "sigma", "pack"), folder, rules, runs)
    count = measured["keys"][0]["events"]
    print(f"{count:,} events\n")
    print("| | events a CPU second | start and rules | peak | candidates | findings |\n|---|---|---|---|---|---|")
    for name, found in measured.items():
        rates = spread([count / each["cpu"] for each in found])
        start = f"{statistics.median(each['start'] for each in found):.2f} s"
        peak = f"{max(each['peak_mb'] for each in found):.0f} MB"
        first = found[0]
        share = f"{first['candidates'] / count:.1%}" if "candidates" in first else ""
        print(f"| {name} | {rates} | {start} | {peak} | {share} | {first.get('findings', '')} |")
    for name in ("sigma", "pack"):
        often = sorted(measured[name][0]["fired"].items(), key=lambda one: -one[1])[:3]
        print(f"\nmost findings of {name}: " + ", ".join(f"{rule} {times:,}" for rule, times in often))
    return 0


def memory(rules: Path, events: int, work: Path) -> int:
    """Exits with 1 where the resident set grows after the first third."""
    folder = delivered(work, min(events, 200_000))
    by = judging(rules, pack=True)
    detector, count, findings, seen = by.detector(HOUR_US), 0, 0, []
    step = max(events // 10, 1) if events < 10 * MILLION else MILLION
    mark = step
    for file in endless(folder):
        with seldom_collected():
            for batch in batches([file]):
                findings += sum(1 for _ in detector.take(batch.source, batch.records))
                count += len(batch.records)
        if count >= mark:
            seen.append(_resident_mb())
            print(f"{count:>12,} events: {seen[-1]:7.1f} MB, {findings:,} findings", flush=True)
            mark += step
        if count >= events:
            break
    early = max(seen[: len(seen) // 3 or 1])
    print(f"peak after a third {early:.1f} MB, then {max(seen):.1f} MB; {detector.dropped:,} things were forgotten")
    return int(max(seen) > early * MOST_GROWTH)


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def archive(rules: Path, events: int, work: Path, runs: int) -> int:
    """Exits with 1 where an engine finds something else than the stream."""
    folder = delivered(work, events)
    print(described(folder), end="\n\n")
    names = ["ingesting", "stream_hunt", "duckdb", *(["spark"] if shutil.which("java") else [])]
    measured = turns(names, folder, rules, runs)
    print("| | events a CPU second | events a second | start and rules | peak | findings |\n|---|---|---|---|---|---|")
    for name, found in measured.items():
        # Spark's work is done by the JVM, which is no child that ends before we look
        cpu = "not counted" if name == "spark" else spread([each["events"] / each["cpu"] for each in found])
        wall = spread([each["events"] / each["wall"] for each in found])
        start = f"{statistics.median(each['start'] for each in found):.2f} s"
        peak = f"{max(each['peak_mb'] for each in found):.0f} MB"
        print(f"| {name} | {cpu} | {wall} | {start} | {peak} | {found[0].get('findings', '')} |")
    size = measured["ingesting"][0]["bytes"]
    print(f"\nthe archive has {size / 1e6:.1f} MB")
    wanted = json.loads((folder.parent / "found-auto.json").read_text())
    same = True
    for engine in ("duckdb", "local[2]")[: len(names) - 2]:
        found_by = json.loads((folder.parent / f"found-{engine}.json").read_text())
        ours, theirs = (set(map(tuple, each)) for each in (wanted, found_by))
        same &= wanted == found_by
        said = "the same" if wanted == found_by else f"{len(ours - theirs)} missing, {len(theirs - ours)} more"
        print(f"findings of {engine} beside the stream's {len(wanted):,}: {said}")
    return int(not same)


def profile(rules: Path, events: int, work: Path, with_pack: bool) -> int:
    folder = delivered(work, events)
    by = judging(rules, with_pack)
    profiler = cProfile.Profile()
    figures = profiler.runcall(_stream, folder, by)
    print(f"{figures['events']:,} events, {figures['candidates']:,} candidates, {figures['findings']:,} findings")
    for order in ("tottime", "cumulative"):
        pstats.Stats(profiler).strip_dirs().sort_stats(order).print_stats(30)
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("stream", "memory", "archive", "peers", "profile", "one"))
    parser.add_argument("rules", type=Path)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--work", type=Path, help="where logs and environments are kept (default: a temporary folder)")
    parser.add_argument("--zircolite", help="the command of Zircolite, such as 'env/bin/python checkout/zircolite.py'")
    parser.add_argument("--no-pack", action="store_true", help="profile SigmaHQ's rules alone")
    parser.add_argument("--name", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.what == "one":
        one(options.name, options.folder, options.rules)
        return 0
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, load {load}, seed {SEED}")
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or Path(temporary)
        if options.what == "stream":
            return stream(options.rules, options.events, work, options.runs)
        if options.what == "memory":
            return memory(options.rules, options.events, work)
        if options.what == "archive":
            return archive(options.rules, options.events, work, options.runs)
        if options.what == "peers":
            return hunt_peers.compare(options.rules, delivered(work, options.events), options.runs, options.zircolite)
        return profile(options.rules, options.events, work, not options.no_pack)


if __name__ == "__main__":
    sys.exit(main())
