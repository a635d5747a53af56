"""A correlation makes the rules quiet that it refers to in its own directory, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from mainstay.catalog.sigma import load_rules

RULE = """\
title: A trail is described
name: describes-a-trail
logsource: {product: aws, service: cloudtrail}
detection: {selection: {eventName: DescribeTrails}, condition: selection}
level: low
"""
OFTEN = """\
title: Trails are described three times
name: describes-trails-often
correlation: {type: event_count, rules: [NAME], group-by: [userIdentity.arn], timespan: 10m, condition: {gte: 3}}
level: medium
"""


def quiet(*directories: Path, builtin: bool = False) -> dict[str, bool]:
    rules = load_rules(directories, {}, builtin=builtin)
    assert not rules.faults
    return {rule.about.id: rule.quiet for rule in rules.rules}


@pytest.fixture
def house(tmp_path: Path) -> Path:
    (tmp_path / "house").mkdir()
    (tmp_path / "house" / "often.yml").write_text(OFTEN.replace("NAME", "describes-a-trail"))
    return tmp_path / "house"


def test_within_a_directory_what_is_referred_to_is_quiet_in_whatever_file_it_stands(house: Path) -> None:
    (house / "deep").mkdir()
    (house / "deep" / "rule.yml").write_text(RULE)
    assert quiet(house) == {"describes-a-trail": True, "describes-trails-often": False}


def test_the_rules_of_another_directory_keep_their_findings(house: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "rule.yml").write_text(RULE)
    for order in ((house, tmp_path / "other"), (tmp_path / "other", house)):
        assert quiet(*order) == {"describes-a-trail": False, "describes-trails-often": False}


def test_a_correlation_of_a_user_silences_no_rule_of_the_pack(house: Path) -> None:
    (house / "often.yml").write_text(OFTEN.replace("NAME", "cloudtrail-stopped-or-deleted"))
    own = quiet(builtin=True)
    assert not own["cloudtrail-stopped-or-deleted"]
    assert quiet(house, builtin=True) == {**own, "describes-trails-often": False}
