"""Judges scopes, one by one: what a scope holds is read, related, and judged by the controls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property

from mainstay import engine
from mainstay.analysis import Links, derive, facts_read, properties_read, relate
from mainstay.catalog import load_shapes
from mainstay.model.controls import Control
from mainstay.sources import Root, Scope
from mainstay.sources.plan import with_plan
from mainstay.sources.spelling import Spelling, Table, load_tables
from mainstay.verbs.judged import Judged

RELATED = "related."


class Judge:
    """Judges by one set of controls. Tables and schemas are read when the first scope needs them.

    `live` are the tables that the resources of accounts are spelled by, where such are judged; `now` is the time that
    what an account tells of times is held against.
    """

    def __init__(
        self, controls: Sequence[Control], live: Mapping[str, Table] | None = None, now: datetime | None = None
    ) -> None:
        self.controls = controls
        self.live = live or {}
        self.now = now
        self.evaluation = engine.Evaluation(controls)

    def __call__(self, root: Root) -> Judged:
        return self.judged(root.read(self.spelling))

    def judged(self, scope: Scope) -> Judged:
        """The verdicts on a scope that was read."""
        derived = derive(scope.resources, self.facts, scope.unseen, self.now, scope.regions)
        resources = relate(derived, self.related, self.links, scope.unseen)
        unjudged = Counter(one.type for one in scope.resources if one.type not in self.reads)
        findings = list(map(with_plan, self.evaluation.findings(resources)))
        return Judged(findings, scope.gaps, len(scope.resources), scope.parts, unjudged, scope.inputs)

    @cached_property
    def reads(self) -> Mapping[str, frozenset[str]]:
        return reads_by_type(self.controls)

    @cached_property
    def spelling(self) -> Spelling:
        told = {type: self.reads.get(type, frozenset()) | paths for type, paths in properties_read(self.facts).items()}
        tables = replace(load_tables(), live=self.live) if self.live else None
        return Spelling(load_shapes(), {**self.reads, **told}, tables)

    @cached_property
    def types(self) -> frozenset[str]:
        """The types that the controls look at: those they judge, those related to them, and those of derived facts."""
        return frozenset({*self.reads, *properties_read(self.facts)}).union(*self.related.values())

    @cached_property
    def facts(self) -> Mapping[str, frozenset[str]]:
        """By type, the derived facts that its controls ask for."""
        return facts_read(self.reads)

    @cached_property
    def related(self) -> Mapping[str, frozenset[str]]:
        """By type, the types whose resources its controls ask for."""
        return {type: related for type, paths in self.reads.items() if (related := _related_types(paths))}

    @cached_property
    def links(self) -> Mapping[str, Links]:
        types = self.spelling.tables.types
        return {name: Links(one.links, one.identity, one.also, one.parts) for name, one in types.items()}


def reads_by_type(controls: Iterable[Control]) -> Mapping[str, frozenset[str]]:
    """By resource type, the property paths that the controls read."""
    found: dict[str, frozenset[str]] = {}
    for control in controls:
        paths = engine.reads(control.expect)
        if control.when is not None:
            paths |= engine.reads(control.when)
        for type in control.applies_to:
            found[type] = found.get(type, frozenset()) | paths
    return found


def _related_types(paths: Iterable[str]) -> frozenset[str]:
    return frozenset(path.removeprefix(RELATED).split(".")[0] for path in paths if path.startswith(RELATED))
