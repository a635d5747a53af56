"""The JSON output keeps its contract: the schema, the page that tells it, and its promises about size and order."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mainstay.model.decisions import Known, Waiver
from mainstay.model.errors import Fault
from mainstay.model.findings import Finding, Review
from mainstay.model.patches import Edit, NoPatch, Patch
from mainstay.model.places import Place
from mainstay.model.reports import Report, Result
from mainstay.outputs import FORMATS, Style

SCHEMA = json.loads(files("mainstay.outputs").joinpath("review.schema.json").read_text())
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "json.md"


def text_of(review: Review) -> str:
    stream = io.StringIO()
    FORMATS["json"](review, stream, Style())
    return stream.getvalue()


def document_of(review: Review) -> Any:
    return json.loads(text_of(review))


def closed(schema: Any) -> Any:
    """The schema without room for properties that it does not name."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: closed(value) for key, value in schema.items()}
    if schema.get("type") == "object" and "additionalProperties" not in schema:
        result["unevaluatedProperties"] = False
    return result


def closed_schema() -> Any:
    schema = closed(SCHEMA)
    # The summary is a tally and more, so the tally alone must not be closed.
    del schema["$defs"]["tally"]["unevaluatedProperties"]
    return schema


@pytest.mark.parametrize("schema", [SCHEMA, closed_schema()], ids=["published", "closed"])
def test_a_review_is_valid_against_the_schema(weak: Review, schema: Any) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document_of(weak), schema, jsonschema.Draft202012Validator)


def test_a_review_of_nothing_is_valid_against_the_schema() -> None:
    document = document_of(Review([], [], [], 0, 0))
    jsonschema.validate(document, closed_schema(), jsonschema.Draft202012Validator)
    assert document["findings"] == []
    assert document["summary"]["unknown_share"] == 0


def test_the_schema_refuses_a_finding_whose_existence_is_doubted_without_a_reason(weak: Review) -> None:
    document = document_of(weak)
    document["findings"][0]["may_exist"] = True
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMA, jsonschema.Draft202012Validator)


def test_every_verdict_is_there_in_the_order_of_the_review(weak: Review) -> None:
    written = [(f["control"], f["verdict"], f["resource"]["address"]) for f in document_of(weak)["findings"]]
    assert written == [(f.control.id, f.verdict, f.subject.address) for f in weak.findings]


def test_a_finding_says_what_failed_and_where(weak: Review) -> None:
    finding = next(f for f in document_of(weak)["findings"] if f["control"] == "rds-survives-zone-loss")
    assert finding == {
        "control": "rds-survives-zone-loss",
        "title": "Databases keep a standby in a second zone",
        "verdict": "fail",
        "severity": "high",
        "layer": "data",
        "practices": ["REL10-BP01", "REL11-BP02"],
        "resource": {
            "type": "AWS::RDS::DBInstance",
            "address": "aws_db_instance.orders",
            "file": "infra/database.tf",
            "line": 6,
            "column": 1,
            "module": "",
            "construct": None,
            "scope": "infra",
            "source": "terraform",
        },
        "reasons": [
            {
                "path": "MultiAZ",
                "expected": "true",
                "actual": "false",
                "file": "infra/database.tf",
                "line": 13,
                "column": 25,
                "service_default": None,
                "settle": None,
            }
        ],
        "may_exist": False,
        "may_exist_reason": None,
        "fingerprint": "4a27ddea23a6e4bb",
    }


def test_a_service_default_has_no_place_but_a_date(weak: Review) -> None:
    reasons = [r for f in document_of(weak)["findings"] for r in f["reasons"] if r["service_default"]]
    assert [(r["path"], r["file"], r["line"]) for r in reasons] == [("MultiAZ", None, None)]
    assert reasons[0]["service_default"] == "2026-11"


def test_what_may_exist_says_why(weak: Review) -> None:
    doubted = [f for f in document_of(weak)["findings"] if f["may_exist"]]
    assert {f["resource"]["address"] for f in doubted} == {"aws_db_instance.reports"}
    assert {f["may_exist_reason"] for f in doubted} == {"count depends on var.reports"}


def test_decisions_patches_and_reports_are_written_as_the_schema_has_them(weak: Review) -> None:
    place = Place("infra/waivers.yaml", 3, 5)
    first, second, third, *rest = (finding for finding in weak.findings if finding.verdict == "fail")
    decided = replace(
        weak,
        findings=[
            replace(first, verdict="waived", waiver=Waiver("moved in May", "file", "team-a", date(2027, 5, 1), place)),
            replace(second, change="new", patch=Patch("set MultiAZ", (Edit("infra/a.tf", 4, 9, "true"),))),
            replace(third, change="unchanged", patch=NoPatch("the key is yours to choose")),
            *rest,
        ],
        fixed=[Known("0" * 16, "s3-keeps-versions", "AWS::S3::Bucket", "aws_s3_bucket.old", "infra")],
        known_gaps=frozenset(weak.gaps[:1]),
        reports=[
            Report("bandit", "1.8", "b.sarif", ("code",), (Result("bandit", "B105", "no", "low", "code", place, "x"),))
        ],
        remarks=[Fault("nothing needs this waiver any more", place)],
    )
    document = document_of(decided)
    jsonschema.validate(document, closed_schema(), jsonschema.Draft202012Validator)
    one, two, three = document["findings"][:3]
    assert (one["waiver"]["until"], one["waiver"]["expired"]) == ("2027-05-01", False)
    assert (two["change"], two["patch"]["edits"][0]["text"], "no_patch" in two) == ("new", "true", False)
    assert (three["change"], three["no_patch"]) == ("unchanged", "the key is yours to choose")
    assert [gap["known"] for gap in document["gaps"]].count(True) == 1
    assert document["summary"]["results"] == {"code": 1}


def test_the_summary_counts_what_is_there(weak: Review) -> None:
    summary = document_of(weak)["summary"]
    assert summary["verdicts"] == {"pass": 1, "fail": 21, "unknown": 11, "not_applicable": 1, "waived": 0}
    assert summary["severities"] == {"critical": 3, "high": 11, "medium": 1, "low": 6}
    assert (summary["controls"], summary["controls_loaded"]) == (11, 12)
    assert summary["unknown_share"] == round(11 / 33, 4)
    assert summary["pillars"]["REL"] == {
        "controls": 3,
        "verdicts": {"pass": 0, "fail": 5, "unknown": 1, "not_applicable": 0, "waived": 0},
        "worst": "high",
        "unknown_share": 0.1667,
    }
    assert summary["layers"]["network"]["worst"] == "critical"
    assert sum(tally["verdicts"]["fail"] for tally in summary["layers"].values()) == 21
    assert summary["unjudged_types"] == {"AWS::KMS::Key": 1, "AWS::Route53::RecordSet": 7}


def test_a_finding_takes_one_line(weak: Review) -> None:
    lines = text_of(weak).splitlines()
    assert [json.loads(line.rstrip(","))["control"] for line in lines if line.startswith('{"control"')] == [
        finding.control.id for finding in weak.findings
    ]


def test_texts_of_any_characters_come_back_as_they_were(sound: Callable[..., Review]) -> None:
    review = sound()
    finding = review.findings[0]
    odd = 'module.m["ü\n\x1b[31m\udcff"]'
    renamed = replace(finding, subject=replace(finding.subject, address=odd))
    text = text_of(replace(review, findings=[renamed]))
    assert text.isascii()
    assert json.loads(text)["findings"][0]["resource"]["address"] == odd


def test_findings_are_written_while_they_are_read(sound: Callable[..., Review]) -> None:
    finding = sound().findings[0]
    written_before_the_end: list[int] = []

    class Endless(list[Finding]):
        def __iter__(self):  # type: ignore[no-untyped-def]
            for number in range(10_000):
                if number == 9_999:
                    written_before_the_end.append(stream.tell())
                yield finding

    stream = io.StringIO()
    FORMATS["json"](Review(Endless(), [], [], 1, 1), stream, Style())
    assert written_before_the_end[-1] > len(json.dumps(json.loads(stream.getvalue())["findings"])) / 2


def test_the_page_names_every_property_of_the_schema() -> None:
    page = PAGE.read_text()
    named = set(re.findall(r"`([a-z_]+)`", page))
    declared = {name for part in [SCHEMA, *SCHEMA["$defs"].values()] for name in part.get("properties", {})}
    assert declared - named == set()


def test_the_example_of_the_page_is_valid() -> None:
    example = re.search(r"```json\n(.*?)```", PAGE.read_text(), re.S)
    assert example
    jsonschema.validate(json.loads(example[1]), closed_schema(), jsonschema.Draft202012Validator)
