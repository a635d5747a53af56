"""The SARIF output: the form, by a schema of our own for the parts that are written, and what it says.

The committee's own schema is not kept here; `SARIF_SCHEMA=<its file> pytest tests/outputs` validates against it too.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mainstay.model.findings import GapKind, Review
from mainstay.model.places import Place
from mainstay.outputs import FORMATS, Style
from mainstay.outputs.sarif import GAP_MEANINGS

EMITTED = Path(__file__).parent / "sarif_emitted.schema.json"
OFFICIAL = os.environ.get("SARIF_SCHEMA", "")


def document_of(review: Review, base: Path = Path()) -> Any:
    stream = io.StringIO()
    FORMATS["sarif"](review, stream, Style(base=base))
    return json.loads(stream.getvalue())


def run_of(review: Review) -> Any:
    return document_of(review)["runs"][0]


def results_of(review: Review, control: str) -> list[Any]:
    return [result for result in run_of(review)["results"] if result["ruleId"] == control]


@pytest.mark.parametrize("path", [EMITTED, *([Path(OFFICIAL)] if OFFICIAL else [])], ids=lambda path: path.name)
def test_the_document_is_valid(weak: Review, sound: Callable[..., Review], path: Path) -> None:
    schema = json.loads(path.read_text())
    for review in (weak, sound(), Review([], [], [], 0, 0)):
        jsonschema.validate(document_of(review), schema, format_checker=jsonschema.FormatChecker())


def test_only_failures_are_results(weak: Review) -> None:
    fingerprints = [result["partialFingerprints"]["mainstay/v1"] for result in run_of(weak)["results"]]
    assert fingerprints == [f.fingerprint for f in weak.findings if f.verdict == "fail"]


def test_every_result_points_at_its_rule(weak: Review) -> None:
    run = run_of(weak)
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted(control.id for control in weak.controls)
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])


def test_a_control_that_was_not_declared_still_has_a_rule(weak: Review) -> None:
    rules = run_of(replace(weak, controls=[]))["tool"]["driver"]["rules"]
    assert {rule["id"] for rule in rules} == {finding.control.id for finding in weak.findings}


@pytest.mark.parametrize(
    ("control", "level", "score", "tags"),
    [
        ("rds-is-private", "error", "9.5", ["security", "SEC05-BP01", "SEC05-BP02", "network"]),
        ("rds-survives-zone-loss", "error", "8.0", ["REL10-BP01", "REL11-BP02", "data"]),
        (
            "load-balancer-writes-access-logs",
            "warning",
            "5.5",
            ["security", "OPS04-BP02", "SEC04-BP01", "load-balancer"],
        ),
        ("sqs-keeps-dead-letters", "note", "2.0", ["REL05-BP03", "application"]),
    ],
)
def test_severity_becomes_level_and_score(weak: Review, control: str, level: str, score: str, tags: list[str]) -> None:
    rule = next(rule for rule in run_of(weak)["tool"]["driver"]["rules"] if rule["id"] == control)
    assert rule["defaultConfiguration"]["level"] == level
    assert rule["properties"]["security-severity"] == score
    assert rule["properties"]["tags"] == tags
    assert {result["level"] for result in results_of(weak, control)} == {level}


def test_a_result_names_the_property_the_resource_and_the_place(weak: Review) -> None:
    result = results_of(weak, "rds-survives-zone-loss")[0]
    assert result["message"]["text"] == (
        "aws_db_instance.orders: MultiAZ is false, expected true. "
        "Fix: Set MultiAZ; the change is made without downtime."
    )
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "infra/database.tf", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 13, "startColumn": 25, "endLine": 13, "endColumn": 46},
            },
            "logicalLocations": [{"fullyQualifiedName": "aws_db_instance.orders", "kind": "resource"}],
        }
    ]


def test_a_result_that_only_may_exist_says_so(weak: Review) -> None:
    result = results_of(weak, "rds-survives-zone-loss")[1]
    assert "(if it exists: count depends on var.reports)" in result["message"]["text"]


def test_further_reasons_are_related_locations(weak: Review) -> None:
    related = results_of(weak, "iam-policy-names-actions")[0]["relatedLocations"]
    assert [(one["id"], one["physicalLocation"]["region"]["startLine"]) for one in related] == [(1, 50)]


def test_doubts_and_gaps_are_notifications_with_their_places(weak: Review) -> None:
    notifications = run_of(weak)["invocations"][0]["toolExecutionNotifications"]
    kinds = [one["descriptor"]["id"] for one in notifications]
    assert kinds == ["gap-syntax", "gap-module", "gap-module", *["undecided"] * 11]
    assert notifications[0]["locations"][0]["physicalLocation"]["region"] == {"startLine": 12, "startColumn": 3}
    assert notifications[3]["message"]["text"] == (
        "rds-encrypts-storage on aws_db_instance.reports is undecided: set var.encrypt or pass a plan"
    )


def test_every_notification_has_its_descriptor(weak: Review) -> None:
    run = run_of(weak)
    described = {one["id"] for one in run["tool"]["driver"]["notifications"]}
    assert {one["descriptor"]["id"] for one in run["invocations"][0]["toolExecutionNotifications"]} <= described
    assert set(GAP_MEANINGS) == set(GapKind.__args__)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("file", "uri", "rooted"),
    [
        ("a b/ü.tf", "a%20b/%C3%BC.tf", True),
        ("c:d.tf", "c%3Ad.tf", True),
        ("./a.tf", "a.tf", True),
        ("\udcff.tf", "%FF.tf", True),
        ("/srv/x.tf", "file:///srv/x.tf", False),
        ("../x.tf", "file:///srv/x.tf", False),
    ],
)
def test_files_become_uris_under_the_root_where_they_lie_under_it(
    weak: Review, file: str, uri: str, rooted: bool
) -> None:
    gap = replace(weak.gaps[0], place=Place(file, 1, 1))
    run = document_of(replace(weak, gaps=[gap], findings=[]), base=Path("/srv/project"))["runs"][0]
    location = run["invocations"][0]["toolExecutionNotifications"][0]["locations"][0]["physicalLocation"]
    assert location["artifactLocation"] == {"uri": uri} | ({"uriBaseId": "%SRCROOT%"} if rooted else {})
