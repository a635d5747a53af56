"""What DuckDB and a real Spark cluster find in the same archive, and what the closures say of every event."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
from sqlglot import exp, select
from tests.archive.trail import START, batch, trail

from mainstay.archive.candidates import candidates
from mainstay.archive.errors import EngineError
from mainstay.archive.folder import Archive
from mainstay.archive.querying import Engine
from mainstay.archive.writing import Writing
from mainstay.engine.compile import compile
from mainstay.engine.detecting import Detector
from mainstay.engine.parse import parse
from mainstay.model.detections import About, Detection, FirstSeen
from mainstay.model.events import Event
from mainstay.model.values import Value

EVENTS = int(os.environ.get("MAINSTAY_EVENTS", "20000"))
FIRST_US = int(START.timestamp()) * 1_000_000
WEEK_US = 7 * 86_400_000_000

ENGINES = ["duckdb", "spark"] if "MAINSTAY_EVENTS" in os.environ else ["duckdb"]
"""Spark takes minutes for these small questions: `make hunt-million` asks it; what it finds is compared every time."""


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    found: Engine = request.getfixturevalue(request.param)
    return found


class Nothing:
    """No derived facts."""

    def of(self, event: Event) -> dict[str, Value]:
        return {}

    def tellable(self, fact: str, event: Event) -> bool:
        return False


def rule(id: str, condition: dict[str, object], state: FirstSeen | None = None) -> Detection:
    return Detection(About(id, id, "low"), {}, "cloudtrail", parse(condition), state=state)


RULES = [
    rule("rare-call", {"eventName": ["StopLogging", "CreateUser"]}),
    rule("denied-read", {"eventName": "GetObject", "errorCode": "AccessDenied", "awsRegion|startswith": "EU-"}),
    rule("nested", {"eventName": "RunInstances", "requestParameters.bucketName": "data-7"}),
    rule("broad", {"eventSource|startswith": "s3", "userIdentity.userName": "person-3", "requestID|startswith": "a"}),
    rule(
        "new-address",
        {"userIdentity.type": "AssumedRole"},
        FirstSeen(("sourceIPAddress",), ("userIdentity.arn",), 0, WEEK_US),
    ),
    rule("odd", {"userAgent|contains": "é"}),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of many files of logs, one record of which no column can be trusted with."""
    folder = tmp_path_factory.mktemp("hunt") / "archive"
    records = list(trail(EVENTS, seconds=0.5))
    records[11]["userAgent"] = "caf\u00e9"
    with Writing(folder) as writing:
        for at in range(0, len(records), 500):
            writing.ingest(f"trail-{at}.json", f"digest-{at}", [batch(records[at : at + 500], f"trail-{at}.json")])
            if at % 5000 == 0:
                writing.flush()
    return folder


def found(
    engine: Engine, folder: Path, rules: list[Detection], since: int | None = None, until: int | None = None
) -> list[Event]:
    with Archive(folder) as archive:
        plans = Detector(rules, lambda origins: Nothing()).plans
        return [one.event() for one in candidates(engine, archive, plans, since, until)]


def matches(events: list[Event], rules: list[Detection]) -> set[tuple[str, str]]:
    judges = [(each.about.id, compile(each.condition)) for each in rules]
    return {(id, event.id) for event in events for id, judge in judges if judge(event.fields) is True}


def everything(engine: Engine, folder: Path) -> list[Event]:
    return found(engine, folder, [rule("all", {"requestID|exists": True}), RULES[-1]])


@pytest.mark.filterwarnings("ignore")
def test_both_engines_find_every_match_in_order_and_few_besides(engine: Engine, duckdb: Engine, folder: Path) -> None:
    events = found(engine, folder, RULES)
    assert [(event.time_us, event.id) for event in events] == sorted((event.time_us, event.id) for event in events)
    stateless = [each for each in RULES if each.state is None]
    whole = everything(duckdb, folder)
    assert len(whole) == EVENTS
    assert matches(events, stateless) == matches(whole, stateless)
    assert {id for id, _ in matches(events, stateless)} == {each.about.id for each in stateless}
    assert len(events) < EVENTS / 3
    assert [event.id for event in events] == [event.id for event in found(duckdb, folder, RULES)]


@pytest.mark.filterwarnings("ignore")
def test_what_is_new_is_found_at_the_same_events_as_if_all_were_looked_at(
    engine: Engine, duckdb: Engine, folder: Path
) -> None:
    new = RULES[4]

    def firsts(events: list[Event]) -> dict[tuple[Value, Value], str]:
        seen: dict[tuple[Value, Value], str] = {}
        for event in events:
            if compile(new.condition)(event.fields) is True:
                seen.setdefault((event.fields["userIdentity"]["arn"], event.fields["sourceIPAddress"]), event.id)
        return seen

    thin = found(engine, folder, [new])
    assert len(thin) < EVENTS / 3
    assert firsts(thin) == firsts(everything(duckdb, folder))


@pytest.mark.filterwarnings("ignore")
def test_only_the_time_that_is_asked_for_is_looked_at(engine: Engine, folder: Path) -> None:
    since, until = FIRST_US + 600_000_000, FIRST_US + 1_200_000_000
    events = found(engine, folder, [rule("all", {"eventName|exists": True})], since, until)
    assert len(events) == 1200
    assert all(since <= event.time_us < until for event in events)


@pytest.mark.filterwarnings("ignore")
def test_an_engine_that_cannot_answer_says_so(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(EngineError):
        list(engine.rows(select(exp.column("x")).from_("events"), {"events": [tmp_path / "none.parquet"]}))


def test_a_part_that_is_cut_or_spoilt_is_a_gap_and_the_rest_is_read(duckdb: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    records = list(trail(3000))
    with Writing(folder) as writing:
        for at in range(0, 3000, 1000):
            writing.ingest(f"{at}", f"{at}", [batch(records[at : at + 1000])])
            writing.flush()
    with Archive(folder) as archive:
        parts = archive.parts("cloudtrail")
        cut, spoilt, *_ = parts
        os.truncate(archive.path_of(cut), 1000)
        data = bytearray(archive.path_of(spoilt).read_bytes())
        data[4:-2000] = b"\xff" * (len(data) - 2004)
        archive.path_of(spoilt).write_bytes(bytes(data))
        plans = Detector([rule("all", {"eventName|exists": True})], lambda origins: Nothing()).plans
        events = list(candidates(duckdb, archive, plans))
        assert len(events) == 3000 - cut.events - spoilt.events
        assert [gap.place.file for gap in archive.gaps if gap.place] == [cut.path, spoilt.path]


def test_a_manifest_that_names_no_part_of_a_source_has_no_candidates(duckdb: Engine, tmp_path: Path) -> None:
    with Writing(tmp_path / "archive"):
        pass
    assert found(duckdb, tmp_path / "archive", RULES) == []
    with sqlite3.connect(tmp_path / "archive" / "manifest.sqlite") as connection:
        assert connection.execute("SELECT count(*) FROM parts").fetchone() == (0,)
    connection.close()
