"""Whom a condition leaves, of everybody whom a statement names.

What a condition says of who asks is of one of four sorts, told apart because an account may be of an organization, and
both be in a network. Within a sort, several conditions leave what all of them leave.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from ipaddress import ip_network
from typing import Final, Literal

from mainstay.analysis.meaning.documents import texts
from mainstay.analysis.meaning.network import is_public
from mainstay.model.values import Value

Sort = Literal["accounts", "organizations", "ids", "networks"]
SORTS: Final[tuple[Sort, ...]] = ("accounts", "organizations", "ids", "networks")
EVERYBODY: Final = "*"

_KEYS: Final[Mapping[str, Sort]] = {
    "aws:principalaccount": "accounts",
    "aws:principalarn": "accounts",
    "aws:sourceaccount": "accounts",
    "aws:sourcearn": "accounts",
    "aws:sourceowner": "accounts",
    "kms:calleraccount": "accounts",
    "s3:dataaccesspointaccount": "accounts",
    "s3:dataaccesspointarn": "accounts",
    "elasticfilesystem:accesspointarn": "accounts",
    "aws:principalorgid": "organizations",
    "aws:principalorgpaths": "organizations",
    "aws:sourceorgid": "organizations",
    "aws:sourceorgpaths": "organizations",
    "aws:userid": "ids",
    "aws:sourceip": "networks",
    "aws:sourcevpc": "networks",
    "aws:sourcevpce": "networks",
    "aws:sourcevpcarn": "networks",
}
_SERVICES_ONLY: Final = frozenset({"aws:principalisawsservice", "elasticfilesystem:accessedviamounttarget"})
_EQUAL: Final = frozenset({"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "ipaddress"})
_UNEQUAL: Final = frozenset(
    {"stringnotequals", "stringnotequalsignorecase", "stringnotlike", "arnnotequals", "arnnotlike", "notipaddress"}
)
_ACCOUNT: Final = re.compile(r"\d{12}")
_ORGANIZATION: Final = re.compile(r"o-[a-z0-9]+")
_NARROWEST_OF_ALL: Final = {4: 8, 6: 32}
_OWN_ACCOUNT: Final = "${aws:ResourceAccount}"
_OWN_ORGANIZATION: Final = ("${aws:ResourceOrgID}", "${aws:ResourceOrgPaths}")


@dataclass(frozen=True, slots=True)
class Own:
    """What is no stranger: accounts, organizations and ids. Without organizations, one that is named is the own one."""

    names: frozenset[str]
    networks: tuple[str, ...] = ()

    @property
    def knows_organizations(self) -> bool:
        return any(_ORGANIZATION.fullmatch(name) for name in self.names)


@dataclass(frozen=True, slots=True)
class Limit:
    """Who is left, by sort: the strangers that are named, none where all that are named are own ones, or everybody of
    that sort where it is not there."""

    left: Mapping[Sort, frozenset[str]]

    def of_everybody(self) -> frozenset[str]:
        if any(not names for names in self.left.values()):
            return frozenset()
        return next((self.left[sort] for sort in SORTS if sort in self.left), frozenset({EVERYBODY}))

    def leaves(self, account: str) -> bool:
        """Whether somebody of another account, who is named, is left: from wherever he comes."""
        if "accounts" in self.left and account not in self.left["accounts"]:
            return False
        return self.left.get("organizations") != frozenset()

    def both(self, other: Limit) -> Limit:
        sorts = self.left.keys() | other.left.keys()
        return Limit({sort: _both(self.left.get(sort), other.left.get(sort)) for sort in sorts})


NO_LIMIT: Final = Limit({})
NOBODY: Final = Limit({"accounts": frozenset()})


def _both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str]:
    if one is None or other is None:
        return (one if one is not None else other) or frozenset()
    return one & other


def limit_of(condition: Value, own: Own) -> Limit:
    """Whom the condition of an Allow statement leaves."""
    limits = (
        Limit({sort: names}) for sort, names in _entries(condition, own, _equal, "true") if EVERYBODY not in names
    )
    return reduce(Limit.both, limits, NO_LIMIT)


def limit_of_denial(condition: Value, own: Own) -> Limit:
    """Whom the condition of a statement that denies everybody leaves: those of whom one of its entries does not hold.

    Without a condition that is nobody; with one that says something else it is everybody.
    """
    entries = list(_entries(condition, own, _unequal, "false"))
    if len(entries) < sum(1 for _ in raw_entries(condition)) or any(EVERYBODY in names for _, names in entries):
        return NO_LIMIT
    sorts = {sort for sort, _ in entries}
    names = frozenset[str]().union(*(names for _, names in entries))
    if len(sorts) <= 1:
        return Limit(dict.fromkeys(sorts, names)) if sorts else NOBODY
    if names:
        return NO_LIMIT
    return Limit({"networks" if sorts & {"networks", "ids"} else "accounts": names})


def raw_entries(condition: Value) -> Iterator[tuple[str, str, list[str]]]:
    """The operator, the key, both in lower case, and the values of each entry."""
    if not isinstance(condition, dict):
        return
    for operator, keys in condition.items():
        if isinstance(keys, dict):
            for key, values in keys.items():
                yield str(operator).lower(), str(key).lower(), texts(values)


def _equal(operator: str) -> bool:
    """Whether the operator holds of nothing but its values: not where the key is missing."""
    return operator.removeprefix("foranyvalue:") in _EQUAL


def _unequal(operator: str) -> bool:
    """Whether it holds of all but its values, where the key is missing too."""
    return operator.removeprefix("forallvalues:").removesuffix("ifexists") in _UNEQUAL


def _entries(
    condition: Value, own: Own, compares: Callable[[str], bool], flag: str
) -> Iterator[tuple[Sort, frozenset[str]]]:
    for operator, key, values in raw_entries(condition):
        sort = _KEYS.get(key)
        if sort is not None and compares(operator):
            yield sort, frozenset(_names(sort, key, values, own))
        elif key in _SERVICES_ONLY and operator.removesuffix("ifexists" if flag == "false" else "") == "bool":
            names = frozenset[str]() if {value.lower() for value in values} == {flag} else frozenset({EVERYBODY})
            yield ("networks" if key.startswith("elastic") else "accounts"), names
        elif key in ("aws:principalservicename", "aws:principalservicenameslist") and compares(operator):
            yield "accounts", frozenset()


def _names(sort: Sort, key: str, values: Iterable[str], own: Own) -> Iterator[str]:
    """The strangers among the values of an entry; EVERYBODY where one of them is no limit."""
    for value in values:
        name = {
            "accounts": _account,
            "organizations": _organization,
            "ids": _id,
            "networks": _network,
        }[sort](value, key, own)
        if name:
            yield name


def _account(value: str, key: str, own: Own) -> str:
    if value == _OWN_ACCOUNT:
        return ""
    parts = value.split(":")
    account = parts[4] if len(parts) > 5 and parts[0] == "arn" else value
    if _ACCOUNT.fullmatch(account):
        return "" if account in own.names else account
    if key == "aws:sourcearn" and not account and parts[5][:1] not in ("", "*", "?"):
        return ""  # a bucket's ARN has no account: that it is named is all that can be told
    return EVERYBODY


def _organization(value: str, key: str, own: Own) -> str:
    if value in _OWN_ORGANIZATION:
        return ""
    name = value.partition("/")[0]
    if not _ORGANIZATION.fullmatch(name):
        return EVERYBODY
    return name if own.knows_organizations and name not in own.names else ""


def _id(value: str, key: str, own: Own) -> str:
    name = value.partition(":")[0]
    if not name or set(name) & set("*?$"):
        return EVERYBODY
    return "" if name in own.names else name


def _network(value: str, key: str, own: Own) -> str:
    if key != "aws:sourceip":
        return EVERYBODY if value[:1] in ("", "*", "?", "$") else ""
    try:
        network = ip_network(value, strict=False)
    except ValueError:
        return EVERYBODY
    if network.prefixlen < _NARROWEST_OF_ALL[network.version]:
        return EVERYBODY
    if not own.networks or not is_public(str(network.network_address)):
        return ""
    return "" if any(_lies_in(value, other) for other in own.networks) else value


def _lies_in(value: str, other: str) -> bool:
    try:
        inner, outer = ip_network(value, strict=False), ip_network(other, strict=False)
    except ValueError:
        return False
    if inner.version != outer.version:
        return False
    return outer.prefixlen <= inner.prefixlen and inner.network_address in outer
