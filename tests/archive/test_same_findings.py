"""The same findings from the files as they were delivered, from DuckDB and from Spark."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mainstay.archive.candidates import candidates
from mainstay.archive.folder import Archive
from mainstay.archive.querying import Engine
from mainstay.catalog.sigma import load_rules
from mainstay.model.detections import EventFinding
from mainstay.simulation import ATTACKS, DECOYS, deliver, deliver_flows, deliver_queries, generate
from mainstay.verbs.hunt import HOUR_US, HuntOptions, hunt
from mainstay.verbs.hunting import Judging
from mainstay.verbs.ingest import ingest
from mainstay.verbs.simulate import START

EVENTS = int(os.environ.get("MAINSTAY_EVENTS", "8000"))
RULES = [Path(one) for one in os.environ.get("MAINSTAY_RULES", "").split(":") if one]
"""Further rules beside the pack, such as a checkout of SigmaHQ's."""

DAYS = 2
Told = tuple[str, int, str, tuple[str, ...], int]


def told(findings: list[EventFinding]) -> list[Told]:
    return sorted((one.rule.about.id, one.time_us, one.event_id, one.group, one.count) for one in findings)


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Judging, list[Told]]:
    """An archive, the rules, and what the stream finds in the files that it was made of."""
    folder = tmp_path_factory.mktemp("same")
    made = generate(11, START, DAYS, EVENTS // DAYS, list(ATTACKS), list(DECOYS))
    deliver(made, folder / "logs")
    deliver_flows(made, folder / "logs", EVENTS // 20)
    deliver_queries(made, folder / "logs", EVENTS // 20)
    by = Judging(load_rules(RULES, made.lists()), made.lists())
    done = ingest([str(folder / "logs")], folder / "archive")
    assert done.gaps == ()
    assert done.event_count > EVENTS
    # flow logs come by the hour, and what CloudTrail delivers beside them is late by as much and a quarter more
    streamed = hunt([str(folder / "logs")], by, HuntOptions(lateness_us=2 * HOUR_US))
    assert streamed.late_count == 0
    return folder / "archive", by, told(list(streamed.findings))


@pytest.mark.filterwarnings("ignore")
def test_stream_duckdb_and_spark_find_the_same(engine: Engine, delivered: tuple[Path, Judging, list[Told]]) -> None:
    folder, by, streamed = delivered
    detector = by.detector()
    with Archive(folder) as archive:
        planned = candidates(engine, archive, detector.plans)
        found = told([*detector.take_planned(planned), *detector.flush()])
        assert archive.gaps == []
    assert found == streamed
    assert len({id for id, *_ in found}) > 40
