"""Terraform's functions of IP networks, IPv4 and IPv6."""

from __future__ import annotations

import ipaddress
import re

from mainstay.sources.terraform.functions.numbers import whole
from mainstay.sources.terraform.types import EvaluationError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_LEADING_ZEROS = re.compile(r"(?<![\d:a-fA-F])0+(?=\d)")


def _read(prefix: str) -> Network:
    """The network around an address in CIDR notation, whose host bits are let pass."""
    plain = _LEADING_ZEROS.sub("", prefix) if ":" not in prefix else prefix
    try:
        if not re.fullmatch(r"[^/]+/\d{1,3}", plain):
            raise ValueError
        return ipaddress.ip_network(plain, strict=False)
    except ValueError:
        raise EvaluationError(f'"{prefix[:60]}" is not an address range in CIDR notation') from None


def _inside(network: Network, first: int, length: int) -> str:
    address = ipaddress.IPv4Address(first) if network.version == 4 else ipaddress.IPv6Address(first)
    return f"{address}/{length}"


def host(prefix: str, number: float) -> str:
    """The address with this number in the range, counted from its end when negative."""
    network, wanted = _read(prefix), whole(number, "host number")
    if not -network.num_addresses <= wanted < network.num_addresses:
        raise EvaluationError(f"{prefix} has no host number {wanted}")
    return str(network[wanted])


def netmask(prefix: str) -> str:
    network = _read(prefix)
    if network.version == 6:
        raise EvaluationError("an IPv6 range has no netmask")
    return str(network.netmask)


def subnet(prefix: str, new_bits: float, number: float) -> str:
    network, bits, wanted = _read(prefix), whole(new_bits, "number of bits"), whole(number, "network number")
    length = network.prefixlen + bits
    if not 0 <= length <= network.max_prefixlen:
        raise EvaluationError(f"there is no room to extend {prefix} by {bits} bits")
    if wanted < 0 or wanted >= 1 << max(bits, 0):
        raise EvaluationError(f"{bits} bits have no network number {wanted}")
    first = int(network.network_address) >> (network.max_prefixlen - length) << (network.max_prefixlen - length)
    return _inside(network, first + (wanted << (network.max_prefixlen - length)), length)


def subnets(prefix: str, *new_bits: float) -> list[str]:
    """Ranges one after another, each at the next address that its size allows."""
    network = _read(prefix)
    following, end = int(network.network_address), int(network.broadcast_address) + 1
    found: list[str] = []
    for each in new_bits:
        bits = whole(each, "number of bits")
        length = network.prefixlen + bits
        if not 1 <= bits <= 32 or length > network.max_prefixlen:
            raise EvaluationError(f"{prefix} can't be extended by {bits} bits")
        size = 1 << (network.max_prefixlen - length)
        first = -(-following // size) * size
        if first + size > end:
            raise EvaluationError(f"{prefix} has no room left for a range of prefix {length} after {len(found)} others")
        found.append(_inside(network, first, length))
        following = first + size
    return found


def contains(prefix: str, other: str) -> bool:
    """OpenTofu's cidrcontains: of an address or of a whole range."""
    network = _read(prefix)
    suffix = "" if "/" in other else "/128" if ":" in other else "/32"
    inner = _read(other + suffix)
    if inner.version != network.version:
        raise EvaluationError("an IPv4 and an IPv6 range can't be compared")
    return (
        network.network_address <= inner.network_address and inner.broadcast_address <= network.broadcast_address  # type: ignore[operator]  # of one version, as just seen
    )
