"""A simulation: a company's days with attacks and decoys in them, as a stream of records and the truth about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import merge
from operator import itemgetter
from random import Random

from mainstay.simulation.attacks import ATTACKS
from mainstay.simulation.background import Background, Timed
from mainstay.simulation.company import Company
from mainstay.simulation.decoys import DECOYS
from mainstay.simulation.incidents import Incident
from mainstay.simulation.network_logs import Flow, Query, flows, queries
from mainstay.simulation.records import Json
from mainstay.simulation.rhythm import DAY
from mainstay.simulation.scene import Scene


@dataclass(frozen=True, slots=True)
class Simulation:
    """What `generate` gives. The background is made anew each time that it is read, always the same."""

    company: Company
    start: int
    end: int
    events_per_day: int
    incidents: tuple[Incident, ...]
    played: tuple[Timed, ...]
    wires: tuple[tuple[Flow, ...], tuple[Query, ...]]

    def records(self) -> Iterator[Json]:
        """All records of CloudTrail, in time order. Parts of records are shared: don't change them."""
        for _, record in self.timed():
            yield record

    def timed(self) -> Iterator[Timed]:
        """Each record with its time in seconds since 1970."""
        background = Background(self.company, self.events_per_day)
        return merge(background.records(self.start, self.end), self.played, key=itemgetter(0))

    def flows(self, per_day: int = 20_000) -> Iterator[Flow]:
        """Lines of the production accounts' flow logs in time order, so many of the background a day."""
        return merge(flows(self.company, self.start, self.end, per_day), self.wires[0], key=lambda flow: flow.start)

    def queries(self, per_day: int = 10_000) -> Iterator[Query]:
        """Lines of their resolvers' query logs."""
        return merge(
            queries(self.company, self.start, self.end, per_day), self.wires[1], key=lambda query: query.second
        )

    def lists(self) -> dict[str, tuple[str, ...]]:
        """The lists that this company's configuration would have."""
        return self.company.lists()

    def places(self) -> dict[str, str]:
        """The table of networks and the countries that they are in."""
        return self.company.places.table()


def generate(
    seed: int,
    start: datetime,
    days: float,
    events_per_day: int,
    attacks: Sequence[str] | int = 0,
    decoys: Sequence[str] | int = 0,
    *,
    quiet: float = 0.3,
) -> Simulation:
    """Days of a company by a seed, with attacks and decoys of the kinds that are named, or so many of any kind.

    Nothing happens in the first part of the time (`quiet`), so that what is usual can be learned. Raises KeyError for
    a kind that there is not.
    """
    company = Company(seed)
    first = int(start.replace(tzinfo=start.tzinfo or UTC).timestamp())
    end = first + int(days * DAY)
    incidents: list[Incident] = []
    played: list[Timed] = []
    wires: tuple[list[Flow], list[Query]] = ([], [])
    for programs, wanted, decoy in ((ATTACKS, attacks, False), (DECOYS, decoys, True)):
        for number, kind in enumerate(_kinds(programs, wanted, Random(f"{seed}:{decoy}"))):
            random = Random(f"{seed}:{kind}:{number}")
            scene = _played(company, programs[kind], random, (first + (end - first) * quiet, end), decoy)
            incidents.append(_incident(f"{kind}-{number}", kind, decoy, scene))
            played.extend(scene.records)
            wires[0].extend(scene.flows)
            wires[1].extend(scene.queries)
    played.sort(key=itemgetter(0))
    incidents.sort(key=lambda incident: (incident.start, incident.id))
    wires[0].sort(key=lambda flow: flow.start)
    wires[1].sort(key=lambda query: query.second)
    return Simulation(
        company, first, end, events_per_day, tuple(incidents), tuple(played), (tuple(wires[0]), tuple(wires[1]))
    )


def _kinds(programs: Mapping[str, Callable[[Scene], None]], wanted: Sequence[str] | int, random: Random) -> list[str]:
    """The kinds to play: as named, or so many that no kind comes twice before each came once."""
    if not isinstance(wanted, int):
        return list(wanted)
    kinds: list[str] = []
    while len(kinds) < wanted:
        kinds.extend(random.sample(list(programs), len(programs)))
    return kinds[:wanted]


def _played(
    company: Company, program: Callable[[Scene], None], random: Random, between: tuple[float, float], decoy: bool
) -> Scene:
    """Plays a program so that it ends before the time does, if there is a moment for that."""
    for _ in range(30):
        scene = Scene(company, random, random.uniform(*between), random.choice(company.production()))
        scene.hurry = 1.0 if decoy else random.choice((0.3, 1, 1, 3))
        program(scene)
        if scene.now < between[1]:
            break
    return scene


def _incident(id: str, kind: str, decoy: bool, scene: Scene) -> Incident:
    records = sorted(scene.records, key=itemgetter(0))
    times = [second for second, _ in records] + [flow.start for flow in scene.flows] + [q.second for q in scene.queries]
    return Incident(
        id,
        kind,
        decoy,
        scene.account.id,
        tuple(scene.principals),
        datetime.fromtimestamp(int(min(times)), UTC),
        datetime.fromtimestamp(int(max(times)), UTC),
        tuple(record["eventID"] for _, record in records),
        len(scene.flows),
        len(scene.queries),
    )
