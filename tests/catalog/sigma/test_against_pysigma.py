"""The same rules and events, judged here and by pySigma's SQLite back end: its SQL, run by sqlite3.

Two limits of that side are levelled, not compared: SQL's `=` regards case, so columns are NOCASE as Sigma asks; SQLite
knows no REGEXP, so Python's stands in. Neither folds more than ASCII, so values are ASCII.
"""

from __future__ import annotations

import re
import sqlite3
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sigma.backends.sqlite import sqliteBackend
from sigma.collection import SigmaCollection
from sigma.exceptions import SigmaError

from mainstay.catalog.sigma.detections import read_detection
from mainstay.catalog.sigma.documents import Document
from mainstay.catalog.sigma.filters import apply_filters, read_filter
from mainstay.catalog.sigma.rules import Draft
from mainstay.engine import compile, parse
from mainstay.model.errors import DataError
from mainstay.model.values import Record

FIELDS = ("A", "B", "N")
BACKEND = sqliteBackend()

TEXT = st.text("aAb.-/'", max_size=4)
WRITTEN = st.text("aAb*?\\%_.'", min_size=1, max_size=5)
EVENTS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={"A": st.text("aAb*?\\%_.'", max_size=5), "B": TEXT, "N": st.integers(-3, 12)},
    ),
    min_size=1,
    max_size=8,
)
POSITION = st.sampled_from(("", "|contains", "|startswith", "|endswith"))
ENTRIES = st.one_of(
    st.tuples(st.builds("{}{}".format, st.sampled_from("AB"), POSITION), WRITTEN),
    st.tuples(st.builds("{}{}".format, st.sampled_from("AB"), POSITION), st.lists(WRITTEN, min_size=1, max_size=3)),
    st.tuples(st.builds("A{}|all".format, POSITION), st.lists(WRITTEN, min_size=2, max_size=3)),
    st.tuples(st.builds("A{}|neq".format, POSITION), WRITTEN),
    st.tuples(st.builds("A{}|cased".format, POSITION), st.text("aAb*?.", min_size=1, max_size=3)),
    st.tuples(st.sampled_from(("N|gt", "N|gte", "N|lt", "N|lte", "N")), st.integers(-3, 12)),
    st.tuples(st.sampled_from(("A|exists", "N|exists")), st.booleans()),
    st.tuples(st.sampled_from("AB"), st.none()),
    st.tuples(st.sampled_from(("A|fieldref", "A|fieldref|startswith", "A|fieldref|neq")), st.just("B")),
    st.tuples(st.sampled_from(("A|re", "A|re|i")), st.sampled_from(("^a", "b$", "a.b", "[ab]{2}", "A|b+"))),
    st.tuples(st.sampled_from(("B|windash|contains",)), st.sampled_from(("-a", "/b", "a-b"))),
    st.tuples(
        st.sampled_from(("A|base64|contains", "A|wide|base64|contains", "A|base64offset|contains")), TEXT.filter(bool)
    ),
)
SELECTIONS = st.one_of(
    st.lists(ENTRIES, min_size=1, max_size=3, unique_by=lambda entry: entry[0]).map(dict),
    st.lists(ENTRIES.map(lambda entry: dict([entry])), min_size=1, max_size=3),
)
CONDITIONS = st.sampled_from((
    "s1", "not s1", "s1 and s2", "s1 or s2 and not s3", "(s1 or s2) and s3", "1 of them", "all of s*", "not 1 of s*",
    "any of s* and not s1", "not (s1 and s2)", "s1 and not all of them", "not not s2",
))  # fmt: skip


def rows_of(queries: list[str], events: list[dict[str, Any]]) -> set[int]:
    """The numbers of the events that one of the queries finds."""
    database = sqlite3.connect(":memory:")
    try:
        database.create_function("REGEXP", 2, lambda pattern, text: text is not None and bool(re.search(pattern, text)))
        database.execute("CREATE TABLE logs (id INTEGER, A TEXT COLLATE NOCASE, B TEXT COLLATE NOCASE, N INTEGER)")
        rows = [(number, *(event.get(name) for name in FIELDS)) for number, event in enumerate(events)]
        database.executemany("INSERT INTO logs VALUES (?, ?, ?, ?)", rows)
        found = (database.execute(query.replace("SELECT *", "SELECT id")) for query in queries)
        return {number for rows in found for (number,) in rows}
    finally:
        database.close()


def rule(detection: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"title": "t", "logsource": {"product": "x"}, "detection": detection, **more}


@settings(max_examples=250, deadline=None, derandomize=True, database=None)
@given(st.tuples(SELECTIONS, SELECTIONS, SELECTIONS), CONDITIONS, EVENTS)
def test_a_rule_finds_the_events_that_its_sql_finds(
    selections: tuple[Any, ...], condition: str, events: list[dict[str, Any]]
) -> None:
    detection = {**{f"s{number}": each for number, each in enumerate(selections, 1)}, "condition": condition}
    queries = BACKEND.convert(SigmaCollection.from_dicts([rule(detection)]))
    judge = compile(parse(detection))
    assert {number for number, event in enumerate(events) if judge(event)} == rows_of(queries, events)


SELECTED = {"s": {"A": "a"}, "t": {"B": "b"}, "_u": {"N": 1}}
FORMS: list[tuple[dict[str, Any], bool, bool]] = [
    # What the detection is, whether mainstay takes it, whether pySigma does.
    *(
        ({**SELECTED, "condition": text}, True, True)
        for text in (
            "s", "s and t", "s or not t", "not (s or t)", "1 of them", "all of them", "1 of s*", "all of *", "_u",
            "any of them", "not not s", ["s", "t"],
        )
    ),
    *(
        ({**SELECTED, "condition": text}, False, False)
        for text in ("", "x", "s and", "(s", "s t", "1 of x*", "2 of them", "s or or t", "s | count() > 5", "near s")
    ),
    *(
        ({"s": {key: value}, "condition": "s"}, True, True)
        for key, value in {
            "A|contains": "x", "A|re|i|m|s": "x", "A|re|ignorecase": "x", "A|cidr": "10.0.0.0/8", "A|gt": 1,
            "A|exists": False, "A|neq": "x", "A|startswith|neq": ["x", "y"], "A|cased|contains": "x", "A|week": 3,
            "A|utf16|base64offset|contains": "x", "A|windash|contains|all": ["-x", "/y"], "A|fieldref|neq": "B",
            "A|expand": "%x%", "A": None, "|all": ["x", "y"], "A|base64": "x", "A|re": ["x", "y"], "A|gte": 1.5,
        }.items()
    ),
    *(
        ({"s": {key: value}, "condition": "s"}, False, False)
        for key, value in {
            "A|contain": "x", "A|i": "x", "A|re": "(", "A|cidr": "10.0.0.0/99", "A|gt": "many", "A|exists": "x",
            "A|contains": True, "A|base64": "x*",
        }.items()
    ),
    # The differences. Case does not matter in words, and `?` stands for one character in names of selections too.
    ({**SELECTED, "condition": "s AND NOT t"}, True, False),
    ({**SELECTED, "condition": "1 of ?"}, True, False),
    # Nobody means a text that is nowhere whole, or an empty list.
    ({"s": {"A|base64offset": "abc"}, "condition": "s"}, False, True),
    ({"s": {"A": []}, "condition": "s"}, False, True),
    ({"s": {"A|all": "x"}, "condition": "s"}, False, True),  # as the specification has it
    # Comparing twice is refused.
    ({"s": {"A|contains|startswith": "x"}, "condition": "s"}, False, True),
    # Fields hold lists here.
    ({"s": {"A|every": ["x"], "B|count|gte": 2}, "condition": "s"}, True, False),
    ({"s": {"A|utf16le|base64": "x"}, "condition": "s"}, True, False),
]  # fmt: skip


@pytest.mark.parametrize(("detection", "here", "there"), FORMS, ids=lambda value: str(value))
def test_a_form_is_taken_as_pysigma_takes_it(detection: dict[str, Any], here: bool, there: bool) -> None:
    try:
        parse(detection)
        taken = True
    except DataError:
        taken = False
    try:
        for each in SigmaCollection.from_dicts([rule(detection)]).rules:
            for condition in each.detection.parsed_condition:
                assert condition.parsed
        taken_there = True
    except SigmaError:
        taken_there = False
    assert (taken, taken_there) == (here, there)


@pytest.mark.parametrize(
    "condition", ["selection", "not selection", "1 of selection*", "not (selection or other)", "all of them"]
)
@pytest.mark.parametrize("rules", [["r"], "any", ["f0000000-0000-4000-8000-000000000001"]])
def test_a_filter_narrows_a_rule_as_pysigma_narrows_it(condition: str, rules: Any) -> None:
    detection = {"selection": {"A|contains": "a"}, "other": {"B": "b"}, "condition": "selection or other"}
    about = {"id": "f0000000-0000-4000-8000-000000000001", "name": "r"}
    block = {"rules": rules, "selection": {"B": "b"}, "other": {"N|gt": 5}, "condition": condition}
    narrowing = {"title": "f", "logsource": {"product": "x"}, "filter": block}
    events = [{"A": a, "B": b, "N": n} for a in ("a", "x") for b in ("b", "c") for n in (1, 9)]
    queries = BACKEND.convert(SigmaCollection.from_dicts([rule(detection, **about), narrowing]))
    draft, faults = read_detection(document(rule(detection, **about)))
    found, wrong = read_filter(document(narrowing))
    assert not faults
    assert not wrong
    assert not apply_filters([draft], [found])
    judge = compile(detected(draft))
    assert {number for number, event in enumerate(events) if judge(event)} == rows_of(queries, events)


def document(value: dict[str, Any]) -> Document:
    return Document(recorded(value), "rule.yml", "rule", False)


def recorded(value: Any) -> Any:
    if isinstance(value, dict):
        return Record((key, recorded(each)) for key, each in value.items())
    return [recorded(each) for each in value] if isinstance(value, list) else value


def detected(draft: Draft) -> Any:
    return draft.rule.condition  # type: ignore[union-attr] # read_detection makes detections
