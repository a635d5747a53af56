"""Rules that name single events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from mainstay.catalog.sigma.about import Entry
from mainstay.catalog.sigma.documents import Document
from mainstay.catalog.sigma.logsources import KEYS, Unread, log_of, translated
from mainstay.catalog.sigma.placeholders import declared_lists, placeholders
from mainstay.catalog.sigma.rules import Draft
from mainstay.catalog.sigma.trees import Leaf, rebuilt
from mainstay.documents import did_you_mean, place_of
from mainstay.engine import parse, reads
from mainstay.model.conditions import All, Any, Condition, Test
from mainstay.model.detections import Detection, State, Travel
from mainstay.model.errors import DataError, Fault
from mainstay.model.event_facts import EVENT_FACTS
from mainstay.model.events import LogSource
from mainstay.model.places import Place
from mainstay.model.values import Record

_NOTHING = All(())


def read_detection(document: Document) -> tuple[Draft, list[Fault]]:
    """The detection of a document. Where there are faults it must not be judged by."""
    entry = Entry(document, "detection", "logsource")
    about = entry.about()
    logsource = read_logsource(entry)
    condition = read_block(entry, "detection")
    unless = entry.extension.unless
    log, reason = None, ""
    try:
        log = log_of(logsource)
        condition = translated(condition, log)
        unless = translated(unless, log) if unless else None
    except Unread as unread:
        log, reason = None, str(unread)
    extension, source = entry.extension, log.source if log else None
    if source == "cloudtrail":
        condition = with_texts(condition)
    if source:
        place = place_of(entry.record, "detection")
        entry.faults += check_facts(reads(condition), source, place)
        beside = {*_state_paths(extension.state), *(reads(unless) if unless else ())}
        entry.faults += check_facts(beside, source, place_of(entry.record, "mainstay"))
    if extension.percentile is not None:
        entry.fault("mainstay", "'percentile' belongs to a correlation")
    both = All((condition, unless)) if unless else condition
    if document.own:
        check_own(entry, both)
    needs = placeholders(both)
    quiet = extension.quiet is True
    rule = Detection(about, logsource, source, condition, entry.text("name"), extension.state, quiet, needs, unless)
    return Draft(rule, document, extension.quiet, reason=reason, log=log), entry.faults


def read_logsource(entry: Entry) -> Mapping[str, str]:
    """Product, service, category and definition."""
    value = entry.record.get("logsource")
    if not isinstance(value, Record):
        if "logsource" in entry.record:
            entry.fault("logsource", "'logsource' has to be a map")
        else:
            entry.faults.append(Fault("the rule lacks the key 'logsource'", entry.record.place))
        return {}
    found = {key: str(text) for key, text in value.items() if isinstance(text, str | int | float)}
    if not any(key in found for key in KEYS):
        entry.fault("logsource", f"'logsource' names none of {', '.join(KEYS)}")
    return found


def read_block(entry: Entry, key: str, without: Iterable[str] = ()) -> Condition:
    """The selections under a key and the condition over them."""
    block = entry.record.get(key)
    if not isinstance(block, Record):
        if key in entry.record:
            entry.fault(key, f"'{key}' has to be a map of selections with a condition")
        return _NOTHING
    block = Record(((name, part) for name, part in block.items() if name not in without), block.place, block.marks)
    if "timeframe" in block:
        hint = "a correlation rule has a 'timespan'"
        entry.fault("timeframe", "'timeframe' is no part of Sigma any more", hint, record=block)
        return _NOTHING
    if "condition" not in block:
        entry.fault(key, f"'{key}' lacks the key 'condition'")
        return _NOTHING
    try:
        return parse(block, place_of(entry.record, key))
    except DataError as error:
        entry.faults += error.faults
        return _NOTHING


def with_texts(condition: Condition) -> Condition:
    """The condition, in which a text that is looked for in a whole object is looked for in its JSON text as well: Sigma
    knows no objects, and what stands in one is text to those who write rules."""

    def changed(leaf: Leaf) -> Condition:
        if not isinstance(leaf, Test) or len(leaf.path) != 1 or leaf.path[0] not in EVENT_FACTS["text"].reads:
            return leaf
        if leaf.operator not in ("contains", "startswith", "endswith", "re"):
            return leaf
        return Any((leaf, replace(leaf, path=("derived", "text", *leaf.path))))

    return rebuilt(condition, changed)


def check_facts(paths: Iterable[str], source: LogSource, place: Place | None) -> Iterator[Fault]:
    """What is wrong with the derived facts among some paths that are read of the events of a source."""
    for dotted in sorted(paths):
        first, _, rest = dotted.partition(".")
        if first != "derived":
            continue
        name = rest.partition(".")[0]
        fact = EVENT_FACTS.get(name)
        if fact is None:
            yield Fault(f"events have no derived fact '{name}'", place, did_you_mean(name, EVENT_FACTS))
        elif source not in fact.sources:
            yield Fault(
                f"events of {source} have no derived fact '{name}'", place, f"it is of {', '.join(fact.sources)}"
            )


def check_own(entry: Entry, condition: Condition) -> None:
    """What the rules of the pack are asked for besides."""
    known = declared_lists()
    for name in placeholders(condition):
        if name not in known:
            hint = did_you_mean(name, known) or "it has to stand in catalog/detections/lists.yaml"
            entry.fault("detection", f"the placeholder '{name}' is not declared", hint)


def _state_paths(state: State | None) -> tuple[str, ...]:
    if state is None:
        return ()
    if isinstance(state, Travel):
        return state.by
    of = state.of if isinstance(state.of, tuple) else (state.of,) if state.of else ()
    return (*of, *state.by)
