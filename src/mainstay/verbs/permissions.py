"""`permissions`: the least that an identity must be allowed for a review by some controls, as policy documents."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mainstay.catalog import answered_by_accounts
from mainstay.model.controls import Control
from mainstay.sources.live import Collector, load_collectors, wanted_by
from mainstay.sources.live.permissions import Policy, action_of, policies
from mainstay.sources.live.registry import load_registry
from mainstay.verbs.dependents import dependents
from mainstay.verbs.judging import Judge
from mainstay.verbs.live import live_tables

ALWAYS = ("sts:GetCallerIdentity", "ec2:DescribeRegions")
"""Who is calling, and which regions there are."""
ORGANIZATION = ("organizations:DescribeOrganization", "organizations:ListAccounts", "sts:AssumeRole")


@dataclass(frozen=True, slots=True)
class Need:
    """An IAM action, and the ids of the controls that are left unknown without it; none where every pass needs it."""

    action: str
    controls: tuple[str, ...]


def needs(controls: Sequence[Control], organization: bool = False) -> list[Need]:
    """The actions that a review of accounts by the controls needs, in order of their names."""
    collectors = load_collectors()
    judge = Judge(answered_by_accounts(controls), live_tables())
    needing = dependents(controls)
    found: dict[str, set[str]] = {action: set() for action in (*ALWAYS, *(ORGANIZATION if organization else ()))}
    for type, action in _actions(judge, collectors):
        found.setdefault(action, set()).update(needing(type))
    return [Need(action, tuple(sorted(ids))) for action, ids in sorted(found.items()) if action]


def policy_documents(found: Sequence[Need]) -> list[Policy]:
    """The policies that allow what is needed and nothing else; several where one would be too long for IAM."""
    return policies(need.action for need in found)


def _actions(judge: Judge, collectors: Mapping[str, Collector]) -> Iterator[tuple[str, str]]:
    """Each type that is read with each action that reading it needs."""
    spelling = judge.spelling
    wanted = wanted_by(spelling.reads, spelling.shapes, spelling.tables.types)
    read: set[str] = set()
    for collector in collectors.values():
        if collector.types & judge.types:
            read |= collector.types
            for one in _with_parents(collector, collectors):
                for type in collector.types & judge.types:
                    for call in one.calls_for(wanted):
                        yield type, call.permission or action_of(call.service, call.operation)
    yield from _long_tail(judge.types - read)


def _with_parents(collector: Collector, collectors: Mapping[str, Collector]) -> Iterator[Collector]:
    yield collector
    if collector.parent:
        yield from _with_parents(collectors[collector.parent], collectors)


def _long_tail(types: Collection[str]) -> Iterator[tuple[str, str]]:
    """What reading by Cloud Control needs: leave to call it, and that of the services behind it."""
    registry = load_registry()
    for type in sorted(types):
        if type in registry:
            for action in sorted(registry[type].actions):
                yield type, action
