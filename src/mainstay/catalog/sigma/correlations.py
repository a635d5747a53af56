"""Rules that name several events together, and what they refer to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, cast, get_args

from mainstay.catalog.sigma.about import Entry
from mainstay.catalog.sigma.documents import Document
from mainstay.catalog.sigma.extension import is_percentile, span_us
from mainstay.catalog.sigma.rules import Draft
from mainstay.documents import Item, did_you_mean
from mainstay.model.detections import Bound, Correlation, CorrelationType
from mainstay.model.errors import Fault
from mainstay.model.values import Record

TYPES: Final[tuple[CorrelationType, ...]] = get_args(CorrelationType)
BOUNDS: Final[tuple[Bound, ...]] = get_args(Bound)
TEMPORAL: Final = ("temporal", "temporal_ordered")
_KEYS = ("type", "rules", "group-by", "timespan", "condition", "aliases", "generate")


def read_correlation(document: Document) -> tuple[Draft, list[Fault]]:
    """The correlation of a document, its references as they are written. With faults it must not be judged by."""
    entry = Entry(document, "correlation", "generate")
    about = entry.about()
    block = entry.record.get("correlation")
    if not isinstance(block, Record):
        entry.fault("correlation", "'correlation' has to be a map")
        block = Record()
    reader = _Reader(entry, block)
    rule = reader.correlation()
    entry.faults += reader.faults
    if entry.extension.state is not None:
        entry.fault("mainstay", "a correlation has no state", "the rules that it refers to may have one")
    quiet = entry.extension.quiet
    rule = replace(rule, about=about, name=entry.text("name"), quiet=quiet is True)
    return Draft(rule, document, quiet, generate=reader.generate()), entry.faults


class _Reader(Item):
    """The map under `correlation`."""

    def __init__(self, entry: Entry, block: Record) -> None:
        super().__init__(block, "a correlation", _KEYS, ("type", "rules", "timespan"))
        self.entry = entry

    def correlation(self) -> Correlation:
        kind = self.record.get("type")
        if "type" in self.record and kind not in TYPES:
            hint = did_you_mean(str(kind), TYPES) or f"there are {', '.join(TYPES)}"
            self.fault("type", f"there is no correlation type '{kind}'", hint)
            kind = None
        span = span_us(self.record.get("timespan"))
        if span is None and "timespan" in self.record:
            self.fault("timespan", "'timespan' has to be a time such as 30s, 15m, 6h or 7d")
        rules = self.entry.texts("rules", self.record)
        if not rules and "rules" in self.record:
            self.fault("rules", "'rules' names no rule")
        kind = cast(CorrelationType, kind or "event_count")
        bounds, fields, percentile = self.condition(kind)
        return Correlation(
            about=self.entry.about(),
            type=kind,
            rules=tuple(dict.fromkeys(rules)),
            group_by=self.entry.texts("group-by", self.record),
            timespan_us=span or 0,
            condition=bounds,
            fields=fields,
            percentile=percentile,
            aliases=self.aliases(),
        )

    def condition(self, kind: CorrelationType) -> tuple[tuple[tuple[Bound, float], ...], tuple[str, ...], float]:
        """What is compared, of which fields, and which percentile."""
        percentile = self.entry.extension.percentile
        condition = self.record.get("condition")
        if condition is None and kind in TEMPORAL:
            return (), (), 50
        if not isinstance(condition, Record):
            hint = "a condition over the names of rules is no part of Sigma's specification" if condition else ""
            self.fault("condition", "'condition' has to be a map such as {gte: 10}", hint)
            return (), (), 50
        self.check_keys(condition, (*BOUNDS, "field", "percentile"), "a condition has no key")
        bounds = tuple((name, self.number(condition, name)) for name in BOUNDS if name in condition)
        if not bounds:
            self.fault("condition", f"'condition' compares with nothing: it needs one of {', '.join(BOUNDS)}")
        fields = self.entry.texts("field", condition)
        counts = kind in (*TEMPORAL, "event_count")
        if counts and fields:
            self.fault("field", f"'{kind}' counts events and has no field", record=condition)
        if not counts and (not fields or (len(fields) > 1 and kind != "value_count")):
            self.fault("condition", f"'{kind}' needs one 'field'")
        if "percentile" in condition:
            percentile = condition["percentile"] if is_percentile(condition["percentile"]) else None
            if percentile is None:
                self.fault("percentile", "'percentile' has to be a number between 0 and 100", record=condition)
        if percentile is not None and kind != "value_percentile":
            self.fault("condition", f"'{kind}' has no percentile")
        return bounds, fields, 50 if percentile is None else percentile

    def number(self, condition: Record, name: str) -> float:
        value = condition[name]
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return value
        self.fault(name, f"'{name}' compares with a number", record=condition)
        return 0

    def aliases(self) -> dict[str, dict[str, str]]:
        aliases = self.record.get("aliases", Record())
        written = isinstance(aliases, Record) and all(
            isinstance(paths, Record) and all(isinstance(path, str) for path in paths.values())
            for paths in aliases.values()
        )
        if not written:
            self.fault("aliases", "'aliases' has to map names to maps from rules to fields")
            return {}
        return {name: dict(paths) for name, paths in aliases.items()}

    def generate(self) -> bool:
        """Whether the rules that are referred to have findings of their own; it may stand on either level."""
        value = self.record.get("generate", self.entry.record.get("generate", False))
        if not isinstance(value, bool):
            self.fault("generate", "'generate' has to be true or false")
        return value is True


def resolved(draft: Draft, found: Mapping[str, Draft]) -> Correlation:
    """The correlation with ids in the place of its references, of which `found` tells what each means.

    A rule of a generic category has its own name for a field in `group_by`: it becomes an alias.
    """
    rule = cast(Correlation, draft.rule)
    ids = {reference: other.rule.about.id for reference, other in found.items()}
    aliases = {
        name: {ids.get(reference, reference): path for reference, path in paths.items()}
        for name, paths in rule.aliases.items()
    }
    for name in rule.group_by:
        if name not in aliases and any(other.log and other.log.name(name) != name for other in found.values()):
            aliases[name] = {
                other.rule.about.id: other.log.name(name) if other.log else name for other in found.values()
            }
    names = {field: {other.log.name(field) for other in found.values() if other.log} for field in rule.fields}
    fields = tuple(names[field].pop() if len(names[field]) == 1 else field for field in rule.fields)
    rules = tuple(dict.fromkeys(ids[reference] for reference in rule.rules))
    return replace(rule, rules=rules, aliases=aliases, fields=fields)
