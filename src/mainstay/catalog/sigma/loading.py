"""Loads the rules of mainstay's pack and of any folder of Sigma rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from mainstay.catalog.practices import load_practices
from mainstay.catalog.sigma.correlations import read_correlation, resolved
from mainstay.catalog.sigma.detections import check_facts, read_detection
from mainstay.catalog.sigma.documents import Document, Reading, read_file, rule_files
from mainstay.catalog.sigma.filters import Filter, apply_filters, read_filter
from mainstay.catalog.sigma.placeholders import LISTS, Lists
from mainstay.catalog.sigma.rules import Draft, Other, Rules
from mainstay.documents import did_you_mean, place_of
from mainstay.model.controls import SEVERITIES
from mainstay.model.detections import Correlation, Detection
from mainstay.model.errors import DataError, Fault

PACK: Final = LISTS.parent


def load_rules(directories: Sequence[Path], lists: Lists, builtin: bool = True) -> Rules:
    """The rules of the pack and of the folders, their placeholders filled in from `lists`.

    What is wrong in a folder becomes faults, and the rest loads. Raises DataError for what is wrong in the pack.
    """
    return read_rules(directories, builtin=builtin).filled(lists)


def read_rules(directories: Sequence[Path], *, builtin: bool = True, check: bool = False) -> Rules:
    """The same with placeholders as they are written; `check` looks up the practices of the pack as well.

    Raises DataError for what is wrong in the pack.
    """
    reading = Reading([], [])
    if builtin:
        for file in rule_files(PACK):
            if file != LISTS:
                read_file(file, f"catalog/detections/{file.relative_to(PACK).as_posix()}", True, reading)
    faulty = len(reading.faults)
    seen: set[Path] = set()
    for directory in directories:
        for file in rule_files(directory):
            if (real := file.resolve()) not in seen:
                seen.add(real)
                read_file(file, str(file), False, reading, str(directory))
    own, faults = reading.faults[:faulty], reading.faults[faulty:]
    drafts, filters = _read(reading.documents, own, faults, check)
    of_pack = {document.file for document in reading.documents if document.own}
    for fault in (*apply_filters(drafts, filters), *_name(drafts)):
        (own if fault.place and fault.place.file in of_pack else faults).append(fault)
    for draft, wrong in _resolve(drafts):
        (own if draft.document.own else faults).extend(wrong)
    if own:
        raise DataError(sorted(own, key=_order))
    return _rules(drafts, reading, faults, len(filters))


def _read(
    documents: Iterable[Document], own: list[Fault], faults: list[Fault], check: bool
) -> tuple[list[Draft], list[Filter]]:
    """The documents of which nothing is wrong."""
    drafts, filters = [], []
    for document in documents:
        if "filter" in document.record and "detection" not in document.record:
            found, wrong = read_filter(document)
            if not wrong:
                filters.append(found)
        else:
            read = read_correlation if "correlation" in document.record else read_detection
            draft, wrong = read(document)
            if check or not document.own:
                wrong += _check_practices(draft)
            if not wrong:
                drafts.append(draft)
        (own if document.own else faults).extend(wrong)
    return drafts, filters


def _check_practices(draft: Draft) -> Iterator[Fault]:
    if draft.rule.about.practices:
        known = load_practices()
        for practice in draft.rule.about.practices:
            if practice not in known:
                place = place_of(draft.document.record, "mainstay")
                yield Fault(f"there is no practice '{practice}'", place, did_you_mean(practice, known))


def _name(drafts: list[Draft]) -> list[Fault]:
    """Gives each rule an id of its own. A rule that stands in two files, with one uuid, counts once."""
    taken: dict[str, Draft] = {}
    uuids: dict[str, Draft] = {}
    faults = []
    for draft in list(drafts):
        about = draft.rule.about
        first = uuids.setdefault(draft.uuid, draft) if draft.uuid else draft
        if first is not draft and first.document.file != draft.document.file:
            hint = f"it stands at {first.rule.about.place}"
            faults.append(Fault(f"the id '{about.uuid}' is taken", about.place, hint))
            drafts.remove(draft)
            continue
        name, number = about.id, 2
        if name in taken and draft.uuid:
            name = f"{about.id}-{draft.uuid[:8]}"
        while name in taken:
            name = f"{about.id}-{number}"
            number += 1
        taken[name] = draft
        draft.rule = replace(draft.rule, about=replace(about, id=name))
    return faults


def _resolve(drafts: list[Draft]) -> Iterator[tuple[Draft, list[Fault]]]:
    """Turns references into ids, and puts each correlation behind what it refers to. One that can't be is removed."""
    placed = [draft for draft in drafts if isinstance(draft.rule, Detection)]
    waiting = [draft for draft in drafts if isinstance(draft.rule, Correlation)]
    index = _Index(drafts)
    progress = True
    while waiting and progress:
        progress = False
        for draft in list(waiting):
            found, faults = index.references(draft)
            if faults or all(other in placed for other in found.values()):
                waiting.remove(draft)
                progress = True
                faults = faults or _settle(draft, found)
                if faults:
                    index.remove(draft)
                else:
                    placed.append(draft)
                yield draft, faults
    for draft in waiting:
        yield draft, [Fault("the correlation refers to itself", draft.rule.about.place)]
    drafts[:] = placed


class _Index:
    """The rules by name and by uuid."""

    def __init__(self, drafts: Iterable[Draft]) -> None:
        self.by_reference: dict[str, list[Draft]] = {}
        for draft in drafts:
            for reference in (draft.rule.name, draft.uuid):
                if reference:
                    self.by_reference.setdefault(reference, []).append(draft)

    def remove(self, draft: Draft) -> None:
        for known in self.by_reference.values():
            known[:] = [each for each in known if each is not draft]

    def references(self, draft: Draft) -> tuple[Mapping[str, Draft], list[Fault]]:
        """What the references of a correlation mean: in its own file first."""
        found: dict[str, Draft] = {}
        faults = []
        rule = draft.rule
        place = place_of(draft.document.record, "correlation")
        written = rule.rules if isinstance(rule, Correlation) else ()
        aliased = [name for paths in rule.aliases.values() for name in paths] if isinstance(rule, Correlation) else []
        for reference in dict.fromkeys((*written, *aliased)):
            known = self.by_reference.get(reference) or self.by_reference.get(reference.lower()) or []
            here = [each for each in known if each.document.file == draft.document.file]
            meant = here or known
            if len(meant) == 1 and (reference in written or any(meant[0] is each for each in found.values())):
                found[reference] = meant[0]
            elif len(meant) == 1:
                faults.append(Fault(f"the aliases name '{reference}', which is none of the rules", place))
            elif meant:
                faults.append(Fault(f"the name '{reference}' is that of {len(meant)} rules", place, "refer to the id"))
            else:
                hint = did_you_mean(reference, self.by_reference)
                faults.append(Fault(f"there is no rule '{reference}'", place, hint))
        return found, faults


def _settle(draft: Draft, found: Mapping[str, Draft]) -> list[Fault]:
    """The correlation in its last form, and what it makes of the rules that it refers to."""
    rule = resolved(draft, found)
    if "level" not in draft.document.record:
        severity = max((other.rule.about.severity for other in found.values()), key=SEVERITIES.index)
        rule = replace(rule, about=replace(rule.about, severity=severity))
    draft.rule = rule
    unread = next((other for other in found.values() if other.reason), None)
    if unread:
        draft.reason = f"it refers to '{unread.rule.about.id}': {unread.reason}"
        return []
    faults: list[Fault] = []
    for other in found.values():
        if other.log:
            paths = {rule.aliases.get(name, {}).get(other.rule.about.id, name) for name in rule.group_by}
            place = place_of(draft.document.record, "correlation")
            faults += check_facts(paths | set(rule.fields), other.log.source, place)
    for other in found.values():
        near = other.document.root == draft.document.root
        if not faults and near and not draft.generate and other.quiet is None:
            other.rule = replace(other.rule, quiet=True)
    return list(dict.fromkeys(faults))


def _rules(drafts: Sequence[Draft], reading: Reading, faults: Sequence[Fault], filters: int) -> Rules:
    judging = [draft.rule for draft in drafts if not draft.reason]
    others = tuple(Other(draft.rule, draft.reason) for draft in drafts if draft.reason)
    correlations = sum(isinstance(rule, Correlation) for rule in judging)
    counts = {
        "files": reading.files,
        "no rules": reading.no_rules,
        "detections": len(judging) - correlations,
        "correlations": correlations,
        "filters": filters,
        "others": len(others),
        "faults": len(faults),
    }
    return Rules(tuple(judging), others, tuple(sorted(faults, key=_order)), counts)


def _order(fault: Fault) -> tuple[str, int, int]:
    return (fault.place.file, fault.place.line, fault.place.column) if fault.place else ("", 0, 0)
