"""However much goes by, a detector remembers a bounded number of things; counted, not weighed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.trails import DELETED, SEVERAL, record

from mainstay.analysis.meaning import Meaning
from mainstay.catalog.sigma import load_rules
from mainstay.engine import detecting
from mainstay.engine import plans as plans_of
from mainstay.model.events import Event
from mainstay.sources.logs.moments import moment_us

MOST = 50


def test_what_is_remembered_of_events_does_not_grow_with_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detecting, "MOST_REMEMBERED", MOST)
    monkeypatch.setattr(plans_of, "MOST_PLANS", MOST)
    (tmp_path / "rules.yml").write_text(f"{DELETED}---\n{SEVERAL}")
    rules = load_rules((tmp_path,), {}, builtin=False).rules
    detector = detecting.Detector(rules, lambda origins: Meaning({}, None, origins), 60_000_000)
    found = 0
    for number in range(1, 3_000):
        name = "DeleteTrail" if number % 2 else "DescribeTrails"
        fields = record(number, name, sourceIPAddress=f"2001:db8::{number:x}", userAgent=f"agent {number}")
        event = Event("cloudtrail", moment_us(fields["eventTime"]) or 0, f"e{number}", fields, "a", number)
        found += len(list(detector.take_events([event])))
        plans = detector.plans["cloudtrail"]
        assert len(detector._recent) <= 2 * MOST
        assert max(map(len, (plans.known, plans._steps, plans._made_steps))) <= MOST
        assert len(detector) <= 61, "a minute of them waits"
    assert found >= 1_500
    assert sum(len(one.windows._groups) for one in detector._correlations) == 1
    assert all(len(group.members) <= 301 for one in detector._correlations for group in one.windows._groups.values())
