"""What the fields of an event mean: the facts of EVENT_FACTS, each worked out where a rule first reads it."""

from __future__ import annotations

import re
from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, Sequence, ValuesView
from functools import lru_cache
from typing import Any, Final

import msgspec

from mainstay.analysis.meaning.agents import agent
from mainstay.analysis.meaning.calls import OPENING, service, written
from mainstay.analysis.meaning.grants import grants
from mainstay.analysis.meaning.identity import actor, fields, long_term_key, on_oneself, principal, session, text
from mainstay.analysis.meaning.limits import Own
from mainstay.analysis.meaning.network import entropy, is_public, network, registered_domain
from mainstay.analysis.meaning.ports import opened_ports
from mainstay.analysis.meaning.strangers import removed_denials, strangers
from mainstay.model.event_facts import EVENT_FACTS
from mainstay.model.events import LOG_SOURCES, Event, LogSource, moved
from mainstay.model.locations import Location, Places
from mainstay.model.values import ABSENT, Value

Chains = Callable[[str, str], tuple[str, int]]
"""Of an access key's id and a principal: the principal at the beginning of the chain, and its number of roles."""

OWN_ACCOUNTS, OWN_NETWORKS = "own_accounts", "own_networks"

_VERSION = re.compile(r"_?\d{4}_?\d{2}_?\d{2}(?:v\d+)?$")
_LARGEST_CACHE: Final = 1024
_kept: Final = dict.get


def no_chains(key: str, principal: str) -> tuple[str, int]:
    """Where nothing is known of chains, everybody is at the beginning of his own."""
    return principal, 0


class Meaning:
    """What is known besides an event itself: lists and places of the configuration, and chains of assumed roles."""

    def __init__(
        self, lists: Mapping[str, Sequence[str]], places: Places | None = None, chains: Chains = no_chains
    ) -> None:
        self.places = places
        self.chains = chains
        self._own = frozenset(lists.get(OWN_ACCOUNTS, ()))
        self._networks = tuple(lists.get(OWN_NETWORKS, ()))
        self._by_account: dict[str, Own] = {}

    def of(self, event: Event) -> dict[str, Value]:
        """The facts of an event, to stand under `derived` beside its fields."""
        return Facts(self, event.source, event.fields)

    def tellable(self, fact: str, event: Event) -> bool:
        """As the function of that name, of an event of which the call is known."""
        return tellable(fact, text(event.fields.get("eventSource")), text(event.fields.get("eventName")))

    def own(self, account: str) -> Own:
        """What is no stranger to an account."""
        own = self._by_account.get(account)
        if own is None:
            if len(self._by_account) >= _LARGEST_CACHE:
                self._by_account.clear()
            own = self._by_account[account] = Own(self._own | {account} - {""}, self._networks)
        return own


class Facts(dict[str, Value]):
    """A map of facts that works each out when it is asked for and keeps it. One that cannot be said is absent.

    What reads a dict past its methods, as the writer of JSON does, sees what was asked for before: give it a `copy`.
    """

    __slots__ = ("_absent", "_functions", "meaning", "record", "source")

    def __init__(self, meaning: Meaning, source: LogSource, record: dict[str, Any]) -> None:
        self.meaning = meaning
        self.source = source
        self.record = record
        self._functions = _BY_SOURCE[source]
        self._absent: set[str] | None = None

    def __missing__(self, name: str) -> Value:
        value = self.get(name, ABSENT)
        if value is ABSENT:
            raise KeyError(name)
        return value

    def get(self, name: str, default: Value = None) -> Value:
        kept = _kept(self, name, ABSENT)
        if kept is not ABSENT:
            return kept
        function = self._functions.get(name)
        if function is None or (self._absent is not None and name in self._absent):
            return default
        value = function(self)
        if value is ABSENT:
            if self._absent is None:
                self._absent = set()
            self._absent.add(name)
            return default
        self[name] = value
        return value

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name, ABSENT) is not ABSENT

    def __iter__(self) -> Iterator[str]:
        return dict.__iter__(self._all())

    def __len__(self) -> int:
        return dict.__len__(self._all())

    def __bool__(self) -> bool:
        return len(self) > 0

    def __eq__(self, other: object) -> bool:
        return dict.__eq__(self._all(), other._all() if isinstance(other, Facts) else other)

    def __repr__(self) -> str:
        return dict.__repr__(self._all())

    def keys(self) -> KeysView[str]:  # type: ignore[override]  # typeshed has a type that only dict makes
        return dict.keys(self._all())

    def values(self) -> ValuesView[Value]:  # type: ignore[override]  # as above
        return dict.values(self._all())

    def items(self) -> ItemsView[str, Value]:  # type: ignore[override]  # as above
        return dict.items(self._all())

    def copy(self) -> dict[str, Value]:
        return dict(self.items())

    def _all(self) -> Facts:
        for name in self._functions:
            self.get(name)
        return self

    @property
    def call(self) -> str:
        return _call(text(self.record.get("eventSource")), text(self.record.get("eventName")))

    @property
    def own(self) -> Own:
        return self.meaning.own(text(self.record.get("recipientAccountId")))

    @property
    def identity(self) -> dict[str, Any]:
        return fields(self.record.get("userIdentity"))


@lru_cache(maxsize=65536)
def _call(source: str, name: str) -> str:
    return f"{service(source)}:{_VERSION.sub('', name)}" if source and name else ""


def tellable(name: str, event_source: str, event_name: str) -> bool:
    """Whether a fact can be there at all of a call: the rules on the few calls that write policies need no others."""
    call = _call(event_source, event_name)
    if name == "opened_ports":
        return call in OPENING
    forms = {part.form for part in written(call)}
    if name == "grants":
        return bool(forms & {"permissions", "managed"})
    if name == "strangers":
        return bool(forms - {"permissions", "managed"})
    if name == "removed_denials":
        return bool(forms & {"permissions", "policy"})
    return name != "on_oneself" or event_source in ("iam.amazonaws.com", "sts.amazonaws.com")


def _said(value: str | None) -> Value:
    return value if value else ABSENT


def _address(facts: Facts) -> str:
    record = facts.record
    for name in ("sourceIPAddress", "client_ip", "srcaddr"):
        value = record.get(name)
        if isinstance(value, str):
            return value
    return ""


def _chain(facts: Facts) -> tuple[str, int] | None:
    """The chain is followed by sessions: a role that many use would make one chain of all of theirs."""
    whose = text(facts.identity.get("arn")) or facts.get("principal")
    return None if whose is None else facts.meaning.chains(text(facts.identity.get("accessKeyId")), whose)


def _origin(facts: Facts) -> Value:
    chain = _chain(facts)
    return ABSENT if chain is None else chain[0]


def _chain_length(facts: Facts) -> Value:
    chain = _chain(facts)
    return ABSENT if chain is None else chain[1]


def _public_source(facts: Facts) -> Value:
    answer = is_public(_address(facts))
    return ABSENT if answer is None else answer


def _strangers(facts: Facts) -> Value:
    if not written(facts.call):
        return ABSENT
    return strangers(facts.call, facts.record.get("requestParameters"), facts.own)


def _bytes(facts: Facts) -> Value:
    number = moved(facts.source, facts.record)
    return ABSENT if number is None else number


def _location(facts: Facts) -> Location | None:
    places = facts.meaning.places
    return None if places is None else places.find(_address(facts))


def _place(facts: Facts) -> Value:
    found = _location(facts)
    return ABSENT if found is None else found.name


def _position(facts: Facts) -> Value:
    found = _location(facts)
    return ABSENT if found is None else [found.latitude, found.longitude]


def _texts(facts: Facts) -> Value:
    return {
        name: msgspec.json.encode(value).decode()
        for name in EVENT_FACTS["text"].reads
        if isinstance(value := facts.record.get(name), dict)
    }


def _entropy(facts: Facts) -> Value:
    name = facts.record.get("query_name")
    return entropy(name) if isinstance(name, str) and name else ABSENT


_FUNCTIONS: Final[Mapping[str, Callable[[Facts], Value]]] = {
    "principal": lambda facts: principal(facts.identity),
    "session": lambda facts: session(facts.identity),
    "actor": lambda facts: actor(facts.record, facts.own.names),
    "long_term_key": lambda facts: long_term_key(facts.identity),
    "origin": _origin,
    "chain_length": _chain_length,
    "network": lambda facts: _said(network(_address(facts))),
    "public_source": _public_source,
    "agent": lambda facts: _said(agent(text(facts.record.get("userAgent")))),
    "call": lambda facts: _said(facts.call),
    "grants": lambda facts: grants(facts.call, facts.record.get("requestParameters")),
    "strangers": _strangers,
    "removed_denials": lambda facts: removed_denials(facts.call, facts.record.get("requestParameters")),
    "opened_ports": lambda facts: opened_ports(facts.call, facts.record.get("requestParameters")),
    "on_oneself": lambda facts: on_oneself(facts.record),
    "bytes": _bytes,
    "place": _place,
    "position": _position,
    "text": _texts,
    "entropy": _entropy,
    "domain": lambda facts: _said(registered_domain(text(facts.record.get("query_name")))),
}

_BY_SOURCE: Final[Mapping[str, Mapping[str, Callable[[Facts], Value]]]] = {
    source: {name: function for name, function in _FUNCTIONS.items() if source in EVENT_FACTS[name].sources}
    for source in LOG_SOURCES
}
