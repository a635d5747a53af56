"""Where networks are: the places that people give to ranges of addresses."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Union

Network = Union[IPv4Network, IPv6Network]


@dataclass(frozen=True, slots=True)
class Location:
    """A place, in degrees north and east; `name` is a country, a town or an office."""

    name: str
    latitude: float
    longitude: float


class Places:
    """Which place an address is at: that of the smallest network around it.

    Networks either lie inside one another or apart, so each version of addresses is cut into stretches, one place each.
    """

    def __init__(self, located: Iterable[tuple[Network, Location]]) -> None:
        self._stretches = {4: _Stretches(32), 6: _Stretches(128)}
        smaller_later = sorted(located, key=lambda one: (int(one[0].network_address), one[0].prefixlen))
        for network, location in smaller_later:
            first, last = int(network.network_address), int(network.broadcast_address)
            self._stretches[network.version].add(first, last, location)
        for stretches in self._stretches.values():
            stretches.close()
        self.find = lru_cache(maxsize=65536)(self._find)

    def _find(self, address: str) -> Location | None:
        """The place of an address; None where it is none, or nobody said."""
        try:
            parsed = ip_address(address)
        except ValueError:
            return None
        if parsed.version == 6 and parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        return self._stretches[parsed.version].at(int(parsed))


class _Stretches:
    """Numbers from 0, cut where the place changes. Ranges are added by their first number, the wider ones first."""

    def __init__(self, bits: int) -> None:
        self.end = 1 << bits
        self.starts = [0]
        self.locations: list[Location | None] = [None]
        self._open: list[tuple[int, Location]] = []

    def add(self, first: int, last: int, location: Location) -> None:
        self._close_before(first)
        self._begin(first, location)
        self._open.append((last, location))

    def close(self) -> None:
        self._close_before(self.end)

    def at(self, number: int) -> Location | None:
        return self.locations[bisect_right(self.starts, number) - 1]

    def _close_before(self, number: int) -> None:
        while self._open and self._open[-1][0] < number:
            last, _ = self._open.pop()
            if last + 1 < self.end:
                self._begin(last + 1, self._open[-1][1] if self._open else None)

    def _begin(self, number: int, location: Location | None) -> None:
        if self.starts[-1] == number:
            self.locations[-1] = location
        else:
            self.starts.append(number)
            self.locations.append(location)
