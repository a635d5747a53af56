"""Networks and the countries that they are in, drawn by seed: none is drawn twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Network:
    """A network of the public internet: the first three numbers of its addresses, and where it is."""

    prefix: str
    place: str

    @property
    def cidr(self) -> str:
        return f"{self.prefix}.0/24"

    def address(self, random: Random) -> str:
        return f"{self.prefix}.{random.randrange(4, 250)}"


class Places:
    """Draws networks and remembers them: the table of places that a company's configuration would have."""

    def __init__(self, random: Random, countries: Mapping[str, Sequence[int]], cloud: Sequence[int]) -> None:
        self._random, self._countries, self._cloud = random, countries, cloud
        self.networks: dict[str, Network] = {}

    def network(self, place: str, random: Random | None = None) -> Network:
        """A network in a country, at a hoster (`hosting`), or in AWS itself (`cloud`)."""
        draw = random or self._random
        firsts = self._cloud if place == "cloud" else self._countries[place]
        while True:
            prefix = f"{draw.choice(firsts)}.{draw.randrange(1, 255)}.{draw.randrange(1, 255)}"
            if prefix not in self.networks:
                self.networks[prefix] = Network(prefix, place)
                return self.networks[prefix]

    def somewhere(self, random: Random, *, but: str = "") -> Network:
        """A network of any country or hoster but one."""
        return self.network(random.choice([name for name in self._countries if name not in (but, "DE")]), random)

    def table(self) -> dict[str, str]:
        return {network.cidr: network.place for network in self.networks.values() if network.place != "cloud"}
