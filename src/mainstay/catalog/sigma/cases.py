"""Cases: the events beside a rule that show it at work, `<name>.events.jsonl`, one case a line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from json import JSONDecodeError
from pathlib import Path
from typing import Final

from mainstay.catalog.sigma.case_events import check_event, source_of
from mainstay.catalog.sigma.loading import PACK
from mainstay.catalog.sigma.placeholders import Lists
from mainstay.catalog.sigma.rules import Rules
from mainstay.documents import decode, decode_json, did_you_mean
from mainstay.model.detections import Case, Correlation, Rule
from mainstay.model.errors import Fault
from mainstay.model.events import LogSource
from mainstay.model.places import Place

SUFFIX: Final = ".events.jsonl"
_KEYS: Final = ("fires", "why", "events", "lists", "places")
_SHOWN: Final = "catalog/detections/"
_LONE: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Proof:
    """The rules of one file, with what they refer to elsewhere, and the cases beside them.

    `firing` are the ids of the rules one of which has to fire: all of the file that are not quiet.
    """

    file: str
    rules: tuple[Rule, ...]
    firing: frozenset[str]
    source: LogSource
    cases: tuple[Case, ...]

    def filled(self, case: Case) -> tuple[Rule, ...]:
        """The rules as they are where the configuration has the lists of the case."""
        lists: Lists = case.lists
        return Rules(self.rules).filled(lists).rules


def read_proofs(rules: Rules) -> tuple[tuple[Proof, ...], tuple[Fault, ...]]:
    """The cases of all the rules, which still have their placeholders, and what is wrong with them.

    A rule of the pack needs a case in which it fires and two in which it does not, unless it is quiet.
    """
    by_id = {rule.about.id: rule for rule in rules.rules}
    by_file: dict[str, list[Rule]] = {}
    for rule in rules.rules:
        if rule.about.place:
            by_file.setdefault(rule.about.place.file, []).append(rule)
    proofs, faults = [], []
    for file, here in by_file.items():
        own = file.startswith(_SHOWN)
        path = PACK / file.removeprefix(_SHOWN) if own else Path(file)
        beside = path.with_name(f"{path.stem}{SUFFIX}")
        shown = f"{file.rpartition('.')[0]}{SUFFIX}"
        firing = frozenset(rule.about.id for rule in here if not rule.quiet)
        cases: tuple[Case, ...] = ()
        if beside.is_file():
            cases, wrong = read_cases(beside, shown)
            faults += wrong
        if own and firing:
            faults += _too_few(cases, here[0])
        if cases:
            proofs.append(Proof(file, _with_referred(here, by_id), firing, source_of(here, by_id), cases))
    return tuple(proofs), tuple(faults)


def _too_few(cases: Sequence[Case], rule: Rule) -> Iterator[Fault]:
    firing = sum(case.fires for case in cases)
    if firing < 1 or len(cases) - firing < 2:
        message = f"the rule '{rule.about.id}' has {firing} cases that fire and {len(cases) - firing} that do not"
        yield Fault(message, rule.about.place, f"it needs one and two, in its {SUFFIX}")


def _with_referred(rules: Iterable[Rule], by_id: Mapping[str, Rule]) -> tuple[Rule, ...]:
    """The rules, each behind what it refers to; what stands in other files has no findings of its own here."""
    found: dict[str, Rule] = {}

    def add(rule: Rule, here: bool) -> None:
        if isinstance(rule, Correlation):
            for name in rule.rules:
                if name not in found:
                    add(by_id[name], False)
        found.setdefault(rule.about.id, rule if here else replace(rule, quiet=True))

    rules = list(rules)
    for rule in rules:
        found.pop(rule.about.id, None)
        add(rule, True)
    return tuple(found.values())


def read_cases(path: Path, shown: str) -> tuple[tuple[Case, ...], list[Fault]]:
    """The cases of a file, those of which nothing is wrong, and the faults of the others."""
    try:
        text, unreadable = decode(path.read_bytes(), shown)
    except OSError as error:
        return (), [Fault(f"cannot be read: {error.strerror}", Place(shown, 1, 1))]
    faults = [unreadable] if unreadable else []
    cases = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            case, wrong = _case(line, Place(shown, number, 1))
            faults += wrong
            if case and not wrong:
                cases.append(case)
    return tuple(cases), faults


def _case(line: str, place: Place) -> tuple[Case | None, list[Fault]]:
    try:
        value = decode_json(line)
    except ValueError as error:
        column = error.colno if isinstance(error, JSONDecodeError) else 1
        message = error.msg if isinstance(error, JSONDecodeError) else str(error)
        return None, [Fault(f"not valid JSON: {message}", Place(place.file, place.line, column))]
    if not isinstance(value, dict):
        return None, [Fault("a case is a map", place)]
    if _LONE.search(json.dumps(value, ensure_ascii=False)):
        return None, [Fault("a text has half of a character (a lone surrogate), which no log has", place)]
    faults = [Fault(f"a case has no key '{key}'", place, did_you_mean(key, _KEYS)) for key in value if key not in _KEYS]
    fires, why, events, lists, places = (value.get(key) for key in _KEYS)
    if not isinstance(fires, bool):
        faults.append(Fault("'fires' has to be true or false", place))
    if not isinstance(why, str) or not why.strip():
        faults.append(Fault("'why' has to be a sentence", place))
    if not isinstance(events, list) or not events or not all(isinstance(event, dict) for event in events):
        faults.append(Fault("'events' has to be a list of events", place))
        events = []
    for number, event in enumerate(events, 1):
        faults += [Fault(f"event {number}: {message}", place, hint) for message, hint in check_event(event)]
    lists = {} if lists is None else lists
    if not isinstance(lists, dict) or not all(_texts(entries) for entries in lists.values()):
        faults.append(Fault("'lists' has to map names to lists of texts", place))
        lists = {}
    filled = {name: tuple(entries) for name, entries in lists.items()}
    places = {} if places is None else places
    if not isinstance(places, dict) or not all(map(_is_place, places.values())):
        faults.append(Fault("'places' has to map networks to lists of name, latitude and longitude", place))
        places = {}
    known = {network: (name, latitude, longitude) for network, (name, latitude, longitude) in places.items()}
    return Case(fires is True, str(why).strip(), tuple(events), filled, place, known), faults


def _is_place(entry: object) -> bool:
    return (
        isinstance(entry, list)
        and len(entry) == 3
        and isinstance(entry[0], str)
        and all(isinstance(number, int | float) for number in entry[1:])
    )


def _texts(entries: object) -> bool:
    return isinstance(entries, list) and all(isinstance(entry, str) for entry in entries)
