"""The ports that a request opens to the whole internet."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Final

from mainstay.analysis.meaning.calls import OPENING
from mainstay.analysis.meaning.documents import at, named, texts
from mainstay.model.values import ABSENT, Value

_ALL: Final = "all"
_HIGHEST: Final = 65535
_WITH_PORTS: Final = frozenset({"6", "17", "tcp", "udp"})
_WITHOUT_PORTS: Final = frozenset({"1", "58", "icmp", "icmpv6"})
_WHOLE: Final = {4: 1, 6: 3}
"""The longest prefix of a range that is the whole internet: half of it, or all that is given out."""

_RULES: Final = {
    "ec2:AuthorizeSecurityGroupIngress": ("", "ipPermissions.items"),
    "ec2:ModifySecurityGroupRules": ("ModifySecurityGroupRulesRequest.SecurityGroupRule.SecurityGroupRule",),
    "ec2:CreateNetworkAclEntry": ("?ruleAction=allow",),
    "ec2:ReplaceNetworkAclEntry": ("?ruleAction=allow",),
    "lightsail:OpenInstancePublicPorts": ("portInfo",),
    "lightsail:PutInstancePublicPorts": ("portInfos",),
}
_RANGES: Final = (
    "cidrIp", "cidrIpv6", "cidrIpv4", "ipRanges.items.cidrIp", "ipv6Ranges.items.cidrIpv6", "cidrBlock",
    "ipv6CidrBlock", "cidrs", "ipv6Cidrs",
)  # fmt: skip


def opened_ports(call: str, parameters: Value) -> Value:
    """`22`, `1000-2000` or `all`, in order, each once; ABSENT of other calls."""
    if call not in OPENING or not isinstance(parameters, dict):
        return ABSENT
    if call.endswith("AclEntry") and texts(named(parameters, "egress")) == ["true"]:
        return ABSENT
    opened = {
        ports
        for path in _RULES[call]
        for rule in at(parameters, path)
        if isinstance(rule, dict) and _lets_all_in(rule, call)
        for ports in _ports(rule)
    }
    return [_shown(*ports) for ports in sorted(opened)]


def _lets_all_in(rule: dict[str, Value], call: str) -> bool:
    ranges = [text for path in _RANGES for text in texts(list(at(rule, path)))]
    if not ranges:
        return call.startswith("lightsail:") and not list(at(rule, "cidrListAliases"))
    return any(map(_is_whole, ranges))


def _is_whole(text: str) -> bool:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return False
    return network.prefixlen <= _WHOLE[network.version]


def _ports(rule: dict[str, Value]) -> Iterator[tuple[int, int]]:
    protocol = next(iter(_found(rule, "ipProtocol", "aclProtocol", "protocol")), "-1").lower()
    if protocol in _WITHOUT_PORTS:
        return
    first = _number(_found(rule, "fromPort", "portRange.from"))
    last = _number(_found(rule, "toPort", "portRange.to"))
    if protocol not in _WITH_PORTS or first is None or first < 0:
        yield 0, _HIGHEST
    else:
        yield first, last if last is not None and last >= first else first


def _found(rule: dict[str, Value], *paths: str) -> list[str]:
    return [text for path in paths for text in texts(list(at(rule, path)))]


def _number(found: list[str]) -> int | None:
    text = found[0] if found else ""
    return int(text) if text.lstrip("-").isdecimal() and len(text) < 7 else None


def _shown(first: int, last: int) -> str:
    if first <= 1 and last >= _HIGHEST:
        return _ALL
    return str(first) if first == last else f"{first}-{last}"
