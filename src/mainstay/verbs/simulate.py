"""`simulate`: writes a made-up company's logs, the truth about them, and what such a company would configure."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from mainstay.catalog.sigma import declared_lists
from mainstay.documents import did_you_mean
from mainstay.model.errors import UsageError
from mainstay.outputs.wording import count
from mainstay.simulation import ATTACKS, DECOYS, Simulation, deliver, deliver_flows, deliver_queries, generate

START: Final = datetime(2026, 3, 2, tzinfo=UTC)
"""A Monday: weekends are part of what is usual."""

LEARNING_DAYS: Final = 8
"""Nothing happens before, where there are so many days: the pack learns for a week what is usual."""

POSITIONS: Final[Mapping[str, tuple[float, float]]] = {
    "DE": (52.52, 13.4), "PT": (38.72, -9.14), "US": (38.9, -77.04), "NL": (52.37, 4.9), "BR": (-15.79, -47.88),
    "VN": (21.03, 105.85), "RU": (55.76, 37.62), "IN": (28.61, 77.21), "NG": (9.06, 7.49),
}  # fmt: skip
"""The capitals of the countries that a simulation knows, in degrees."""


def simulate(
    directory: Path, seed: int, days: float, events_per_day: int, attacks: Sequence[str] | None
) -> tuple[Simulation, str]:
    """Writes CloudTrail, flow logs and resolver logs below `directory`/logs as AWS delivers them, with one attack of
    each kind or of those named, and all the decoys.

    Gives the simulation, and one line about it. Raises UsageError for a kind that there is not, and where something is
    in the directory already.
    """
    for kind in attacks or ():
        if kind not in ATTACKS:
            raise UsageError(
                f"there is no attack {kind!r}; {did_you_mean(kind, ATTACKS) or ', '.join(sorted(ATTACKS))}"
            )
    if directory.is_dir() and any(directory.iterdir()):
        raise UsageError(f"{directory} is not empty: a simulation is written to a new directory")
    kinds = list(ATTACKS) if attacks is None else attacks
    made = generate(seed, START, days, events_per_day, kinds, list(DECOYS), quiet=min(0.8, LEARNING_DAYS / days))
    logs = directory / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    files = [
        *deliver(made, logs),
        *deliver_flows(made, logs, events_per_day // 2),
        *deliver_queries(made, logs, events_per_day // 3),
    ]
    (directory / "incidents.json").write_text(json.dumps(_incidents(made), indent=2) + "\n", "utf-8")
    _configure(made, directory)
    attacked = sum(not incident.is_decoy for incident in made.incidents)
    decoys = len(made.incidents) - attacked
    said = (
        f"{count(len(files), 'file')} of logs, {count(attacked, 'attack')} and {count(decoys, 'decoy')} in {directory}"
    )
    return made, said


def _incidents(made: Simulation) -> list[dict[str, object]]:
    return [
        {
            "id": one.id,
            "kind": one.kind,
            "decoy": one.is_decoy,
            "account": one.account,
            "principals": one.principals,
            "start": one.start.isoformat(),
            "end": one.end.isoformat(),
            "event_ids": one.event_ids,
        }
        for one in made.incidents
    ]


def _configure(made: Simulation, directory: Path) -> None:
    """The configuration: the lists that rules of the pack read, and the table of places."""
    known = declared_lists()
    lines = ["[detect]", 'places = "places.csv"', "", "[detect.lists]"]
    lines += [f"{name} = {json.dumps(values)}" for name, values in made.lists().items() if name in known]
    (directory / "mainstay.toml").write_text("\n".join(lines) + "\n", "utf-8")
    with (directory / "places.csv").open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(("network", "name", "latitude", "longitude"))
        for network, country in sorted(made.places().items()):
            if country in POSITIONS:
                table.writerow((network, country, *POSITIONS[country]))
