"""Judges scopes, one by one: what a scope holds is read, related, and judged by the controls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from mainstay import engine
from mainstay.analysis import Links, derive, facts_read, properties_read, relate
from mainstay.catalog import load_shapes
from mainstay.model.controls import Control
from mainstay.sources import Root
from mainstay.sources.plan import with_plan
from mainstay.sources.spelling import Spelling
from mainstay.verbs.judged import Judged

RELATED = "related."


class Judge:
    """Judges by one set of controls. Tables and schemas are read when the first scope needs them."""

    def __init__(self, controls: Sequence[Control]) -> None:
        self.controls = controls
        self.evaluation = engine.Evaluation(controls)

    def __call__(self, root: Root) -> Judged:
        scope = root.read(self.spelling)
        resources = relate(derive(scope.resources, self.facts), self.related, self.links)
        unjudged = Counter(one.type for one in scope.resources if one.type not in self.reads)
        findings = list(map(with_plan, self.evaluation.findings(resources)))
        return Judged(findings, scope.gaps, len(scope.resources), scope.parts, unjudged, scope.inputs)

    @cached_property
    def reads(self) -> Mapping[str, frozenset[str]]:
        return reads_by_type(self.controls)

    @cached_property
    def spelling(self) -> Spelling:
        told = {type: self.reads.get(type, frozenset()) | paths for type, paths in properties_read(self.facts).items()}
        return Spelling(load_shapes(), {**self.reads, **told})

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
        return {name: Links(facts.links, facts.identity) for name, facts in self.spelling.tables.types.items()}


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
