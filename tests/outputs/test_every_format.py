"""What must hold of every format, and what the formats for other tools promise to those."""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import botocore.session
import duckdb
import jsonschema
import pytest
from botocore.validate import ParamValidator

from mainstay.model.decisions import Known, Waiver
from mainstay.model.errors import Fault
from mainstay.model.findings import Finding, Gap, Review
from mainstay.model.patches import Edit, NoPatch, Patch
from mainstay.model.places import Place
from mainstay.model.reports import Report, Result
from mainstay.outputs import FORMATS, Style
from mainstay.outputs.accounts import Home
from mainstay.outputs.asff import write_batches
from mainstay.outputs.markdown import MOST_CHARACTERS

HOSTILE = 'x["a|b`c"]\n::error::%0A<script>alert(1)</script>&@everyone,\x00\x1b[31m\udc80]]>--><!--=1+1'
WAIVED = Waiver("moves to the new cluster", "file", "data-team", date(2027, 5, 1), Place("waivers.yaml", 3, 3))


OCSF = json.loads((Path(__file__).parent / "ocsf_compliance_finding.schema.json").read_text())
HOME = Home("123456789012", "eu-west-1")


def written(name: str, review: Review, **style: Any) -> str:
    """What the format writes; of a binary one, its rows as text. Security Hub takes code as of an account only."""
    stream = io.StringIO()
    if name == "parquet":
        return rows(review)
    if name == "asff":
        write_batches(review, stream, HOME)
    else:
        FORMATS[name](review, stream, Style(**style))
    return stream.getvalue()


def rows(review: Review) -> str:
    below = io.BytesIO()
    with io.TextIOWrapper(below, encoding="utf-8") as stream, duckdb.connect() as connection:
        FORMATS["parquet"](review, stream, Style())
        with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
            file.write(below.getvalue())
            file.flush()
            found = connection.execute(f"SELECT findings FROM '{file.name}' AS findings").fetchall()
    return "".join(f"{json.dumps(row, default=str, ensure_ascii=False)}\n" for (row,) in found)


@pytest.fixture
def decided(weak: Review) -> Review:
    """The weak review with every kind of decision in it."""
    one, two, three, four, *rest = (finding for finding in weak.findings if finding.verdict == "fail")
    inner = replace(two.subject, calls=(Place("infra/main.tf", 3, 1), Place("infra/m/main.tf", 9, 1)), construct="S/Db")
    findings: list[Finding] = [
        replace(one, verdict="waived", waiver=WAIVED),
        replace(two, subject=inner, change="new", patch=Patch("set MultiAZ", (Edit("infra/a.tf", 4, 9, "true"),))),
        replace(three, change="unchanged", patch=NoPatch("the key is yours to choose")),
        replace(four, change="new", waiver=replace(WAIVED, until=date(2020, 1, 1))),
        *(replace(finding, change="new") for finding in rest),
        *(finding for finding in weak.findings if finding.verdict != "fail"),
    ]
    result = Result("bandit", "B105", "no", "low", "code", Place("a.py", 1, 1), "aws_x.y", "infra")
    return replace(
        weak,
        findings=findings,
        fixed=[Known("0" * 16, "s3-keeps-versions", "AWS::S3::Bucket", "aws_s3_bucket.old", "infra")],
        known_gaps=frozenset(weak.gaps[:1]),
        reports=[Report("bandit", "1.8", "b.sarif", ("code",), (result,))],
        remarks=[Fault("the waiver has expired", Place("waivers.yaml", 3, 3))],
    )


def hostile(review: Review) -> Review:
    """The review with texts that other people may have written."""
    place = Place(HOSTILE, 1, 1, 1, 9)
    findings = [
        replace(
            finding,
            subject=replace(finding.subject, address=HOSTILE, scope=HOSTILE, place=place),
            reasons=tuple(replace(reason, actual=HOSTILE, mark=place) for reason in finding.reasons),
        )
        for finding in review.findings
    ]
    return replace(review, findings=findings, gaps=[Gap("syntax", HOSTILE, place)], known_gaps=frozenset())


ONE_A_LINE = ("asff", "parquet")
"""Where there is nothing to tell, they have no line."""


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_writes_every_review(name: str, weak: Review, decided: Review, sound: Callable[..., Review]) -> None:
    for review in (weak, decided, sound(), Review([], [], [], 0, 0), hostile(decided)):
        text = written(name, review)
        assert text.endswith("\n") or (name in ONE_A_LINE and not review.findings)
        assert "\x1b" not in text
        assert text.encode("utf-8", "surrogatepass") == text.encode("utf-8")


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_says_where_the_worst_failure_is(name: str, weak: Review) -> None:
    text = written(name, weak)
    assert "aws_db_instance.orders" in text
    assert "infra/database.tf" in text


@pytest.mark.parametrize("name", ["console", "github", "markdown"])
def test_what_people_read_leaves_out_what_was_known(name: str, weak: Review) -> None:
    known = replace(weak, findings=[replace(f, change="unchanged") for f in weak.findings if f.verdict == "fail"])
    text = written(name, known)
    assert "No new weaknesses found" in text
    assert f"{len(known.findings)} known" in text
    assert "aws_db_instance.orders" not in text


# -- junit


def test_junit_is_well_formed_and_its_counts_are_right(decided: Review) -> None:
    for review in (decided, hostile(decided)):
        root = ElementTree.fromstring(written("junit", review).encode())
        cases = root.findall("./testsuite/testcase")
        for holder, own in [(root, cases), *((suite, suite.findall("testcase")) for suite in root)]:
            assert int(holder.attrib["tests"]) == len(own)
            assert int(holder.attrib["failures"]) == sum(case.find("failure") is not None for case in own)
            assert int(holder.attrib["errors"]) == sum(case.find("error") is not None for case in own)
            assert int(holder.attrib["skipped"]) == sum(case.find("skipped") is not None for case in own)
        judged = [finding for finding in review.findings if finding.verdict != "not_applicable"]
        assert len(cases) == len(judged) + len(review.gaps)


def test_junit_skips_what_is_waived_and_says_who_lives_with_it(decided: Review) -> None:
    root = ElementTree.fromstring(written("junit", decided))
    said = [skipped.attrib["message"] for skipped in root.iter("skipped")]
    assert "waived by data-team until 2027-05-01: moves to the new cluster" in said


# -- github


def test_github_writes_one_command_a_line_and_nothing_breaks_out_of_it(decided: Review) -> None:
    lines = written("github", hostile(decided)).splitlines()
    shown = [finding for finding in decided.findings if finding.verdict == "fail" and finding.change == "new"]
    assert len(lines) == len(shown) + 1 + 1
    command = re.compile(r"::(error|warning|notice) title=[^,:]+,file=[^,:]+,line=1,col=1,endColumn=9::[^\r\n]+")
    assert [line for line in lines[:-1] if not command.fullmatch(line)] == []


def test_github_shows_the_worst_first(weak: Review) -> None:
    levels = [line.split(" ")[0] for line in written("github", weak).splitlines() if "not read" not in line]
    order = {"::error": 0, "::warning": 1, "::notice": 2}
    numbers = [order[level] for level in levels if level in order]
    assert numbers == sorted(numbers)
    assert len(numbers) == 21


# -- gitlab


def test_gitlab_gets_what_its_report_needs(decided: Review) -> None:
    entries = json.loads(written("gitlab", decided))
    jsonschema.validate(entries, {
        "type": "array", "minItems": 20,
        "items": {
            "type": "object",
            "required": ["description", "check_name", "fingerprint", "severity", "location"],
            "properties": {
                "description": {"type": "string", "minLength": 10},
                "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
                "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
                "location": {
                    "type": "object", "required": ["path", "lines"],
                    "properties": {
                        "path": {"type": "string", "minLength": 1},
                        "lines": {"type": "object", "properties": {"begin": {"type": "integer", "minimum": 1}}},
                    },
                },
            },
        },
    })  # fmt: skip
    assert len({entry["fingerprint"] for entry in entries}) == len(entries)


# -- csv


def test_csv_has_a_row_for_what_needs_eyes_and_all_when_asked(decided: Review) -> None:
    rows = list(csv.DictReader(io.StringIO(written("csv", decided))))
    assert {row["verdict"] for row in rows} == {"fail", "unknown", "waived"}
    waived = next(row for row in rows if row["verdict"] == "waived")
    assert (waived["owner"], waived["until"]) == ("data-team", "2027-05-01")
    assert len(list(csv.reader(io.StringIO(written("csv", decided, verbose=True))))) == len(decided.findings) + 1


def test_no_cell_of_the_csv_is_a_formula(weak: Review) -> None:
    subject = replace(weak.findings[0].subject, address="=HYPERLINK(1)", module="@SUM(1)")
    rows = csv.DictReader(
        io.StringIO(written("csv", replace(weak, findings=[replace(weak.findings[0], subject=subject)])))
    )
    assert [(row["address"], row["module"]) for row in rows] == [("'=HYPERLINK(1)", "'@SUM(1)")]


# -- markdown


def test_markdown_stays_within_a_comment_and_says_what_it_left_out(weak: Review) -> None:
    failing = next(finding for finding in weak.findings if finding.verdict == "fail")
    many = [replace(failing, control=replace(failing.control, id=f"c-{number}")) for number in range(500)]
    text = written("markdown", replace(weak, findings=many))
    assert MOST_CHARACTERS / 2 < len(text) <= MOST_CHARACTERS
    left = re.search(r"and (\d+) more controls with failures", text)
    assert left
    assert text.count("<details>") + int(left[1]) == 500


def test_nothing_in_markdown_is_markup_or_calls_somebody(decided: Review) -> None:
    text = written("markdown", hostile(decided))
    outside = re.sub(r"(`+).*?\1", "", text)
    assert not re.search(r"(?<!\\)<script", outside)
    assert "@everyone" not in outside
    assert "<!--" not in outside.replace("<!-- mainstay -->", "")
    assert text.count("<details>") == text.count("</details>")


# -- sarif


def test_sarif_says_what_was_decided(decided: Review) -> None:
    results = json.loads(written("sarif", decided))["runs"][0]["results"]
    waived = [result for result in results if "suppressions" in result]
    assert [(one["suppressions"][0]["kind"], one["suppressions"][0]["justification"]) for one in waived] == [
        ("external", "waived by data-team until 2027-05-01: moves to the new cluster")
    ]
    assert {result.get("baselineState") for result in results} == {None, "new", "unchanged"}
    (flowing,) = (result for result in results if "codeFlows" in result)
    steps = flowing["codeFlows"][0]["threadFlows"][0]["locations"]
    uris = [step["location"]["physicalLocation"]["artifactLocation"]["uri"] for step in steps]
    assert uris[:2] == ["infra/main.tf", "infra/m/main.tf"]
    assert [step["nestingLevel"] for step in steps] == list(range(len(steps)))
    (fix,) = (result["fixes"][0] for result in results if "fixes" in result)
    (replacement,) = fix["artifactChanges"][0]["replacements"]
    assert replacement == {"deletedRegion": {"byteOffset": 4, "byteLength": 5}, "insertedContent": {"text": "true"}}


# -- console


def test_the_console_tells_layers_beside_other_scanners_and_remarks(decided: Review) -> None:
    text = written("console", decided, verbose=True)
    assert re.search(r"^code +- +- +- +1$", text, re.MULTILINE)
    assert "waived by data-team until 2027-05-01: moves to the new cluster" in text
    assert "s3-keeps-versions on aws_s3_bucket.old" in text
    assert "waivers.yaml:3:3: the waiver has expired" in text


# -- ocsf and asff


def test_ocsf_is_valid_whatever_was_decided_and_written(decided: Review) -> None:
    validator = jsonschema.Draft202012Validator(OCSF)
    for review in (decided, hostile(decided)):
        events = json.loads(written("ocsf", review))
        validator.validate(events)
        assert {event["activity_name"] for event in events} == {"Create", "Update", "Close"}
        assert len(events) == len(review.findings) + len(review.gaps) + len(review.fixed)


def test_asff_is_taken_whatever_was_decided_and_written(decided: Review) -> None:
    model = botocore.session.get_session().get_service_model("securityhub")
    request = model.operation_model("BatchImportFindings").input_shape
    for review in (decided, hostile(decided)):
        for line in written("asff", review).splitlines():
            report = ParamValidator().validate(json.loads(line), request)
            assert not report.has_errors(), report.generate_report()
