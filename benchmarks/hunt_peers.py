"""Detection beside its peers: the same events and rules, first what each matches, then what it takes."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import venv
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.hunt_events import records

BUILD = Path(__file__).parent.parent / "build"
SQLITE = ("pysigma==2.0.1", "pysigma-backend-sqlite==2.1.1")
Figures = dict[str, Any]


def sqlite_python() -> str:
    """The interpreter of the SQLite back end's environment, which is made when it is first asked for."""
    directory = BUILD / "pysigma-sqlite"
    python = directory / "bin" / "python"
    ready = directory / "ready"
    if not ready.exists():
        if uv := shutil.which("uv"):
            subprocess.run([uv, "venv", "--quiet", directory], check=True)
            install = [uv, "pip", "install", "--quiet", "--python", str(python)]
        else:
            venv.create(directory, with_pip=True)
            install = [str(python), "-m", "pip", "install", "-qq"]
        subprocess.run([*install, *SQLITE], check=True)
        ready.touch()
    return str(python)


def ours(rules: Path, events: Path, out: Path) -> Figures:
    """Runs `main` below in a process of its own, on the same lines of JSON."""
    subprocess.run([sys.executable, "-m", "benchmarks.hunt_peers", str(rules), str(events), str(out)], check=True)
    figures: Figures = json.loads(out.read_text())
    return figures


def sqlite(rules: Path, events: Path, out: Path) -> Figures:
    script = Path(__file__).with_name("hunt_sqlite.py")
    subprocess.run([sqlite_python(), str(script), str(rules), str(events), str(out)], check=True)
    figures: Figures = json.loads(out.read_text())
    return figures


def zircolite(command: str) -> Callable[[Path, Path, Path], Figures]:
    """Zircolite by its command, with the configuration that lies beside it, in one process.

    Its CPU seconds are the whole process's less those of a run over a single event: start and rules.
    """
    words = [shutil.which(word) or str(Path(word).resolve()) for word in shlex.split(command)]
    config = Path(words[-1]).parent / "config" / "config.yaml"

    def spent(rules: Path, events: Path, out: Path) -> float:
        out.unlink(missing_ok=True)
        whole = [*words, "-e", str(events), "-j", "-r", str(rules), "-o", str(out), "-c", str(config)]
        whole += ["--no-event-filter", "--no-parallel", "-q"]
        where = os.posix_spawn(
            sys.executable,
            [sys.executable, "-c", _QUIETLY, str(out.parent), *whole],
            os.environ,
        )
        _, status, used = os.wait4(where, 0)
        if status:
            raise RuntimeError(f"Zircolite ended with {os.waitstatus_to_exitcode(status)}")
        return used.ru_utime + used.ru_stime

    def run(rules: Path, events: Path, out: Path) -> Figures:
        single = out.with_name("single.jsonl")
        with events.open("rb") as lines:
            single.write_bytes(next(iter(lines)))
        start = spent(rules, single, out)
        cpu = spent(rules, events, out) - start
        found = json.loads(out.read_text()) if out.exists() else []
        matches = {one["id"]: sorted({row["eventID"] for row in one["matches"]}) for one in found}
        return {"cpu": cpu, "start": start, "matches": matches, "failed": {}}

    return run


_QUIETLY = """
import os, subprocess, sys
sys.exit(subprocess.run(sys.argv[2:], cwd=sys.argv[1], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode)
"""


def compare(rules: Path, folder: Path, runs: int, command: str | None) -> int:
    """Prints the matches rule by rule, then CPU seconds. Nobody's matches are taken for the truth."""
    events = folder.parent / "events.jsonl"
    unique = {json.loads(text)["eventID"]: text for text in records(folder)}
    events.write_bytes(b"\n".join(unique.values()) + b"\n")
    rules = rules.resolve()
    tools: dict[str, Callable[[Path, Path, Path], Figures]] = {"mainstay": ours, "pySigma SQLite": sqlite}
    if command:
        tools["Zircolite"] = zircolite(command)
    measured: Mapping[str, list[Figures]] = defaultdict(list)
    for _ in range(runs):
        for name, run in tools.items():
            measured[name].append(run(rules, events.resolve(), folder.resolve().parent / f"{name.split()[0]}.json"))
            print(f"  {name}: {measured[name][-1]['cpu']:.2f} CPU s", file=sys.stderr, flush=True)
    _matches({name: found[0] for name, found in measured.items()})
    print(f"\n{len(unique):,} events\n\n| | CPU seconds | events a CPU second | start and rules |\n|---|---|---|---|")
    for name, found in measured.items():
        cpu = [one["cpu"] for one in found]
        middle = statistics.median(cpu)
        start, rate = statistics.median(one["start"] for one in found), len(unique) / middle
        print(f"| {name} | {middle:.2f} ({min(cpu):.2f} to {max(cpu):.2f}) | {rate:,.0f} | {start:.2f} s |")
    return 0


def _matches(found: Mapping[str, Figures]) -> None:
    """How many events each tool matches, by rule: those that they differ on, and how many they agree on."""
    titles: Mapping[str, str] = found["mainstay"]["titles"]
    print("| rule | " + " | ".join(found) + " |\n|---|" + "---|" * len(found))
    agreed = 0
    for id, title in sorted(titles.items(), key=lambda one: one[1]):
        sets = [set(one["matches"].get(id, ())) for one in found.values()]
        if all(each == sets[0] for each in sets):
            agreed += 1
            continue
        cells = [
            "fails" if id in one["failed"] else f"{len(each):,}" for one, each in zip(found.values(), sets, strict=True)
        ]
        print(f"| {title} | " + " | ".join(cells) + " |")
    sums = [sum(map(len, one["matches"].values())) for one in found.values()]
    print("| all rules | " + " | ".join(f"{one:,}" for one in sums) + " |")
    print(f"\n{agreed} of {len(titles)} rules match the same events by all tools")


def main(rules: Path, events: Path, out: Path) -> None:
    from mainstay.catalog.sigma import load_rules
    from mainstay.model.detections import EventFinding
    from mainstay.sources import logs
    from mainstay.verbs.hunt import HOUR_US
    from mainstay.verbs.hunting import Judging

    loaded = load_rules([rules], {}, builtin=False)
    detector = Judging(loaded).detector(HOUR_US)
    start = _cpu_seconds()
    found: list[EventFinding] = []
    for file in logs.log_files(str(events)):
        for batch in logs.read(file):
            found += detector.take(batch.source, batch.records)
    found += detector.flush()
    cpu = _cpu_seconds() - start
    matches: dict[str, set[str]] = defaultdict(set)
    for one in found:
        matches[one.rule.about.uuid].add(one.event_id)
    out.write_text(json.dumps({
        "cpu": cpu, "start": start, "failed": {}, "matches": {id: sorted(ids) for id, ids in matches.items()},
        "titles": {rule.about.uuid: rule.about.title for rule in loaded.rules},
    }))  # fmt: skip


def _cpu_seconds() -> float:
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
