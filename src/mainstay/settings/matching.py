"""Findings and waivers brought together: what is waived, what has expired, what nothing needs any more. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from mainstay.model.controls import Control
from mainstay.model.decisions import WaiverSource
from mainstay.model.errors import Fault
from mainstay.model.findings import Finding
from mainstay.model.places import Place
from mainstay.settings.rules import Rule, files_of

OPEN = ("fail", "unknown")
"""The verdicts that a waiver can be needed for."""

OURS = ("file", "inline")


@dataclass(frozen=True, slots=True)
class Waived:
    """Findings with their waivers, and what is to be said of the waivers."""

    findings: list[Finding]
    remarks: list[Fault]


@dataclass(slots=True)
class _Use:
    """What became of a rule: how many findings need it, and how many of its controls it is about at all. Of several
    rules, that of the lowest rank decides."""

    rule: Rule
    rank: int
    needed: int = 0
    met: int = 0


def waive(
    findings: Sequence[Finding], rules: Sequence[Rule], controls: Sequence[Control], today: date, *, whole: bool = True
) -> Waived:
    """The findings of `controls`, those that a rule covers with the verdict `waived`.

    Where several rules cover a finding, the first that holds decides. One that has expired leaves the verdict, and
    stands beside it. `whole` says that all was reviewed that the waiver files speak for, so that an entry that meets
    nothing is a mistake.
    """
    uses = [_Use(rule, rank) for rank, rule in enumerate(rules)]
    by_control = {control.id: _by_file(use for use in uses if use.rule.names(control)) for control in controls}
    judged = [
        _judged(finding, named, today) if (named := by_control.get(finding.control.id)) else finding
        for finding in findings
    ]
    ran = {id(use) for named in by_control.values() for group in named.values() for use in group}
    idle = [use.rule for use in uses if not use.met and id(use) in ran]
    remarks = [*_expired(uses, today), *_unneeded(uses), *_misplaced(idle, findings, whole)]
    return Waived(judged, sorted(set(remarks), key=_order))


def _by_file(uses: Iterable[_Use]) -> dict[str | None, list[_Use]]:
    """Rules by the file that they are for, so that a finding is held against few of them."""
    found: dict[str | None, list[_Use]] = {}
    for use in uses:
        found.setdefault(use.rule.only_in, []).append(use)
    return found


def _judged(finding: Finding, named: Mapping[str | None, list[_Use]], today: date) -> Finding:
    near = [use for file in (*files_of(finding), None) for use in named.get(file, ())]
    covering = sorted((use for use in near if use.rule.reaches(finding)), key=lambda use: use.rank)
    for use in covering:
        use.met += 1
        use.needed += finding.verdict in OPEN
    if finding.verdict not in OPEN or not covering:
        return finding
    waivers = [use.rule.waiver for use in covering]
    holding = next((waiver for waiver in waivers if not waiver.expired(today)), None)
    if holding is not None:
        return replace(finding, verdict="waived", waiver=holding)
    return replace(finding, waiver=waivers[0])


def _expired(uses: Iterable[_Use], today: date) -> Iterator[Fault]:
    """Remarks on those that are needed and hold no longer."""
    for use in uses:
        waiver = use.rule.waiver
        if use.needed and waiver.expired(today):
            many = "1 finding counts" if use.needed == 1 else f"{use.needed} findings count"
            message = f"the waiver of {use.rule.about} has expired on {waiver.until}; {many} again"
            yield Fault(message, waiver.place, f"its owner is {waiver.owner}" if waiver.owner else "")


def _unneeded(uses: Iterable[_Use]) -> Iterator[Fault]:
    """Remarks on our own that nothing needs. Other scanners may need theirs for what only they find."""
    for use in uses:
        waiver = use.rule.waiver
        if use.met and not use.needed and waiver.source in OURS:
            yield Fault(f"nothing needs the waiver of {use.rule.about} any more", waiver.place)


def _misplaced(idle: Iterable[Rule], findings: Sequence[Finding], whole: bool) -> Iterator[Fault]:
    """Remarks on our own whose controls ran and found nothing to judge in what they speak of."""
    for rule in idle:
        waiver = rule.waiver
        if waiver.source == "file" and whole:
            yield Fault(f"the waiver of {rule.about} is for nothing that was reviewed", waiver.place)
        elif waiver.source == "inline" and any(rule.reaches(finding) for finding in findings):
            yield Fault(f"{rule.about} is waived here and judges nothing that stands here", waiver.place)


def _order(fault: Fault) -> tuple[str, int, int, str]:
    place = fault.place
    return (place.file, place.line, place.column, fault.message) if place else ("", 0, 0, fault.message)


def not_understood(ignores: Iterable[tuple[WaiverSource, str, Place]]) -> Iterator[Fault]:
    """One remark a scanner, at the first of its ignores, for those that speak of no control of ours."""
    by_source: defaultdict[WaiverSource, list[tuple[str, Place]]] = defaultdict(list)
    for source, name, place in ignores:
        by_source[source].append((name, place))
    for source, found in sorted(by_source.items()):
        names = {name for name, _ in found}
        shown = ", ".join(sorted(names)[:5]) + (", ..." if len(names) > 5 else "")
        count = "1 ignore" if len(found) == 1 else f"{len(found)} ignores"
        verb = "waives" if len(found) == 1 else "waive"
        yield Fault(f"{count} for {source} {verb} nothing here: no control knows {shown}", found[0][1])
