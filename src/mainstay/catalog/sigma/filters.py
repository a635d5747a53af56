"""Filters: rules of a kind of their own that narrow others, written once for many of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mainstay.catalog.sigma.about import Entry
from mainstay.catalog.sigma.detections import read_block, read_logsource
from mainstay.catalog.sigma.documents import Document
from mainstay.catalog.sigma.logsources import KEYS, Unread, translated
from mainstay.catalog.sigma.placeholders import placeholders
from mainstay.catalog.sigma.rules import Draft
from mainstay.documents import did_you_mean
from mainstay.model.conditions import All, Condition
from mainstay.model.detections import Detection
from mainstay.model.errors import Fault
from mainstay.model.places import Place
from mainstay.model.values import Record

ANY = "any"


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition that the events of `rules` (names or ids; all of the logsource where it is empty) meet as well."""

    rules: tuple[str, ...]
    logsource: Mapping[str, str]
    condition: Condition
    place: Place | None

    def applies_to(self, draft: Draft) -> bool:
        """Whether the rule is one of those that are named, and of the filter's logs."""
        rule = draft.rule
        if not isinstance(rule, Detection):
            return False
        asked = {key: self.logsource[key].lower() for key in KEYS if key in self.logsource}
        if any(rule.logsource.get(key, "").lower() != wanted for key, wanted in asked.items()):
            return False
        return not self.rules or any(named(draft, reference) for reference in self.rules)


def named(draft: Draft, reference: str) -> bool:
    """Whether a reference means the rule: by its name or its id."""
    return reference == draft.rule.name or bool(draft.uuid and reference.lower() == draft.uuid)


def read_filter(document: Document) -> tuple[Filter, list[Fault]]:
    """The filter of a document. Where there are faults it must not be applied."""
    entry = Entry(document, "filter", "logsource")
    entry.about()
    logsource = read_logsource(entry)
    condition = read_block(entry, "filter", ("rules",))
    block = entry.record.get("filter")
    rules: tuple[str, ...] = ()
    if isinstance(block, Record):
        if "rules" not in block:
            entry.fault("filter", "'filter' lacks the key 'rules'", f"'{ANY}' stands for all of the logsource")
        rules = entry.texts("rules", block)
    return Filter(() if rules == (ANY,) else rules, logsource, condition, entry.record.place), entry.faults


def apply_filters(drafts: Sequence[Draft], filters: Sequence[Filter]) -> list[Fault]:
    """Narrows the rules; a filter that names no rule of its logs is a fault."""
    faults = []
    for each in filters:
        meant = [draft for draft in drafts if each.applies_to(draft)]
        for draft in meant:
            _narrow(draft, each)
        for reference in each.rules:
            if not any(named(draft, reference) for draft in meant):
                names = [draft.rule.name for draft in drafts if draft.rule.name]
                message = f"the filter names '{reference}', and there is no such rule of its logsource"
                faults.append(Fault(message, each.place, did_you_mean(reference, names)))
    return faults


def _narrow(draft: Draft, each: Filter) -> None:
    rule = draft.rule
    if not isinstance(rule, Detection):
        return
    try:
        condition = translated(each.condition, draft.log) if draft.log else each.condition
    except Unread as unread:
        draft.log, draft.reason = None, f"its filter at {each.place} can't be asked: {unread}"
        draft.rule = replace(rule, source=None)
        return
    narrowed = All((rule.condition, condition))
    draft.rule = replace(rule, condition=narrowed, needs=placeholders(narrowed))
