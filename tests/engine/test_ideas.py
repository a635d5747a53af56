"""The most awkward ideas of a review, written in the grammar: each gives the verdicts that its data file says.

A file of `ideas/` is a list of entries with `expect`, perhaps `when`, and subjects under the verdict that they should
get. Tags say what is not known: `!unknown reason`, `!ref address.attribute`, `!one_of [...]`, `!text [...]`,
`!open {items, rest}`, `!document {...}`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mainstay.documents import read_yaml
from mainstay.engine import compile, evaluate, interpret, parse
from mainstay.model.controls import Control
from mainstay.model.places import Place
from mainstay.model.resources import Origin, Resource
from mainstay.model.values import Document, Items, OneOf, Record, Ref, Text, Unknown, Value

IDEAS = sorted((Path(__file__).parent / "ideas").glob("*.yaml"))
VERDICTS = ("pass", "fail", "unknown", "not_applicable")


def tagged(tag: str, value: Value, place: Place) -> Value:
    match tag:
        case "!unknown":
            return Unknown(value, place, f"set {value}")
        case "!ref":
            address, _, attribute = value.rpartition(".")
            return Ref(address, attribute, place)
        case "!one_of":
            return OneOf(value, "it depends", place)
        case "!text":
            return Text(value, place)
        case "!open":
            return Items(value["items"], value["rest"])
        case "!document":
            return Document(value, place)
    raise ValueError(tag)


def entries() -> Iterator[Record]:
    for file in IDEAS:
        parsed = read_yaml(file.read_text(), file.name, tags=tagged)
        assert parsed.faults == ()
        yield from parsed.value


def control(entry: Record) -> Control:
    when = parse(entry["when"]) if "when" in entry else None
    return Control(
        entry["idea"], "An idea", ("AWS::Some::Thing",), parse(entry["expect"]), "low", "data", (), "", "", when
    )


def subjects() -> Iterator[tuple[Record, str, Record]]:
    for entry in entries():
        for verdict in VERDICTS:
            for subject in entry.get(verdict, ()):
                yield entry, verdict, subject


CASES = [
    pytest.param(entry, verdict, subject, id=f"{entry['idea']}-{verdict}") for entry, verdict, subject in subjects()
]


@pytest.mark.parametrize(("entry", "verdict", "subject"), CASES)
def test_the_idea_gives_the_verdict(entry: Record, verdict: str, subject: Record) -> None:
    resource = Resource("AWS::Some::Thing", "thing", subject, Origin("terraform", ".", None))

    (finding,) = evaluate([control(entry)], [resource], datetime.now(UTC))

    assert finding.verdict == verdict
    assert bool(finding.reasons) is (verdict in ("fail", "unknown"))
    if verdict == "unknown":
        assert all(reason.actual.startswith("unknown: ") for reason in finding.reasons)


@pytest.mark.parametrize(("entry", "verdict", "subject"), CASES)
def test_the_idea_is_compiled_as_it_is_interpreted(entry: Record, verdict: str, subject: Record) -> None:
    expect = parse(entry["expect"])

    assert compile(expect)(subject) is interpret(expect, subject)


def test_every_idea_is_shown_passing_failing_and_undecided() -> None:
    names = [entry["idea"] for entry in entries()]

    assert len(names) == len(set(names)) == 20
    assert [entry["idea"] for entry in entries() if not all(entry.get(verdict) for verdict in VERDICTS[:3])] == []
