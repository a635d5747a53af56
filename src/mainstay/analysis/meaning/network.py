"""What addresses and names of hosts in events mean: the network, whether it is public, the domain, its entropy."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_INNER = tuple(
    ip_network(one)
    for one in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3", "::/127", "fc00::/7", "fe80::/10", "ff00::/8",
    )
)  # fmt: skip
"""No part of the public internet. The ranges for documentation are not here: in examples they stand for it."""

_SECOND_LEVELS: Mapping[str, frozenset[str]] = {
    country: frozenset(names.split())
    for country, names in {
        "ar": "com edu gob gov int mil net org",
        "au": "asn com edu gov id net org",
        "bd": "ac com edu gov net org",
        "br": "com edu eco gov jus mil net org",
        "cn": "ac com edu gov mil net org",
        "co": "com edu gov mil net nom org",
        "eg": "com edu gov net org sci",
        "hk": "com edu gov idv net org",
        "id": "ac biz co desa go mil my net or sch web",
        "il": "ac co gov idf k12 muni net org",
        "in": "ac co edu firm gen gov ind mil net nic org res",
        "jp": "ac ad co ed go gr lg ne or",
        "ke": "ac co go info me mobi ne or sc",
        "kr": "ac co es go hs kg ms ne or pe re sc",
        "mx": "com edu gob net org",
        "my": "com edu gov mil name net org",
        "ng": "com edu gov mil net org sch",
        "nz": "ac co cri geek gen govt health iwi kiwi mil net org school",
        "pe": "com edu gob mil net nom org",
        "ph": "com edu gov mil net ngo org",
        "pk": "com edu fam gob gov net org web",
        "pl": "com edu gov info mil net org waw",
        "sa": "com edu gov med net org pub sch",
        "sg": "com edu gov net org per",
        "th": "ac co go in mi net or",
        "tr": "av bel biz com edu gen gov info k12 mil name net org pol tel web",
        "tw": "club com edu game gov idv mil net org",
        "ua": "com edu gov in kiev kyiv lviv net odessa org",
        "uk": "ac co gov ltd me mod net nhs org plc police sch",
        "ve": "co com edu gob info net org web",
        "vn": "ac biz com edu gov health info int name net org pro",
        "za": "ac co edu gov law mil net nom org school web",
    }.items()
}
"""By country, the second levels under which others register names."""

_KEPT = 65_536


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


@lru_cache(maxsize=_KEPT)
def network(address: str) -> str | None:
    """The /24 of an IPv4 address, the /48 of an IPv6 one; None for the name of a service."""
    found = _address(address)
    if found is None:
        return None
    return str(ip_network((int(found) >> 80 << 80, 48)) if found.version == 6 else _block(found))


def _block(address: IPv4Address | IPv6Address) -> str:
    return f"{IPv4Address(int(address) >> 8 << 8)}/24"


@lru_cache(maxsize=_KEPT)
def is_public(address: str) -> bool | None:
    """Whether an address is one of the public internet; None for the name of a service and `AWS Internal`."""
    found = _address(address)
    return None if found is None else not any(found in inner for inner in _INNER)


def _labels(name: str) -> list[str]:
    return [label for label in name.lower().split(".") if label]


@lru_cache(maxsize=_KEPT)
def entropy(name: str) -> float:
    """The bits of information in a character of the longest label, without case; 0 where there is none."""
    longest = max(_labels(name), key=len, default="")
    shares = [count / len(longest) for count in Counter(longest).values()]
    return max(0.0, -sum(share * math.log2(share) for share in shares))


@lru_cache(maxsize=_KEPT)
def registered_domain(name: str) -> str:
    """The last two labels, three under a known second level; an address or a shorter name is itself."""
    if _address(name) is not None:
        return name
    labels = _labels(name)
    deep = len(labels) > 2 and labels[-2] in _SECOND_LEVELS.get(labels[-1], ())
    return ".".join(labels[-3 if deep else -2 :])
