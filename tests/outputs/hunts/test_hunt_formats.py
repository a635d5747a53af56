"""What must hold of every format of hunts, and what the formats for other tools promise to those.

`UPDATE_GOLDEN=1 pytest tests/outputs/hunts` writes the golden files of the console anew; read what changed.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import botocore.session
import jsonschema
import pytest
from botocore.validate import ParamValidator
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.findings import Gap
from mainstay.model.hunts import Comparison, Hunt
from mainstay.outputs import Style
from mainstay.outputs.accounts import Home
from mainstay.outputs.hunts import ALERTS, COMPARISONS, FORMATS, write_gaps
from mainstay.outputs.hunts.asff import left_out
from mainstay.outputs.hunts.parquet import COLUMNS
from mainstay.outputs.hunts.telling import instant, iso
from mainstay.outputs.hunts.timeline import timeline
from mainstay.outputs.markdown import MOST_CHARACTERS

Written = Callable[..., str]
GOLDEN = Path(__file__).parent / "golden"
PAGE = Path(__file__).parents[3] / "docs" / "reference" / "hunt-json.md"
SCHEMA = json.loads(files("mainstay.outputs").joinpath("hunt.schema.json").read_text())
OCSF = json.loads((Path(__file__).parent / "ocsf_detection_finding.schema.json").read_text())
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
PEOPLE = ("console", "markdown", "html", "csv")


def closed(schema: Any) -> Any:
    """The schema without room for properties that it does not name."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: closed(value) for key, value in schema.items()}
    if "properties" in schema and schema.get("type") == "object":
        result["additionalProperties"] = False
    return result


def printable(text: str) -> bool:
    """Markdown alone has characters that are not seen, of our own: they keep an @ from calling somebody."""
    text = text.replace("@\N{ZERO WIDTH SPACE}", "@")
    return all(character.isprintable() or character == "\n" for character in text)


# -- every format


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_names_rules_principals_and_the_authors_of_foreign_rules(
    name: str, hunted: Hunt, written: Written
) -> None:
    text = written(name, hunted)
    for told in ("cloudtrail-stopped", "arn:aws:iam::111122223333:user/alice", "Example Author", "Somebody asks"):
        assert told in text.replace("\\", "")


@pytest.mark.parametrize("name", FORMATS)
def test_hostile_texts_are_neither_control_characters_nor_broken_code_points(
    name: str, hostile: Hunt, written: Written
) -> None:
    text = written(name, hostile)
    assert printable(text)
    assert text.encode()
    assert "alert(1)" in text


@pytest.mark.parametrize("name", FORMATS)
def test_gaps_are_told_where_nothing_was_found(name: str, hunted: Hunt, written: Written) -> None:
    style = {"home": Home("111122223333", "eu-central-1")} if name == "asff" else {}
    assert "the gzip stream ends early" in written(name, replace(hunted, findings=[]), **style)


# -- console


@pytest.mark.parametrize("width", [40, 80, 120])
def test_the_page_is_the_golden_one(hunted: Hunt, written: Written, width: int) -> None:
    golden = GOLDEN / f"console-{width}.txt"
    text = written("console", hunted, width=width)
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text)
    assert text == golden.read_text()


@pytest.mark.parametrize("verbose", [False, True])
@pytest.mark.parametrize("width", [1, 40, 80, 120])
def test_no_line_is_wider_than_the_page_and_colour_changes_nothing_but_the_colour(
    hunted: Hunt, written: Written, width: int, verbose: bool
) -> None:
    plain = written("console", hunted, width=width, verbose=verbose)
    assert max(map(len, plain.splitlines())) <= max(width, 40)
    colored = written("console", hunted, width=width, verbose=verbose, color=True)
    assert colored != plain
    assert ESCAPE.sub("", colored) == plain


def test_the_worst_comes_first_and_a_long_list_is_cut_until_asked_for(hunted: Hunt, written: Written) -> None:
    text = written("console", hunted)
    assert re.findall(r"^(CRITICAL|HIGH|MEDIUM|LOW) ", text, re.M) == ["CRITICAL", "HIGH", "HIGH", "MEDIUM"]
    assert "and 37 more; -v shows them" in text
    assert text.count("GetCallerIdentity from") == 3
    assert written("console", hunted, verbose=True).count("GetCallerIdentity from") == 40


@pytest.mark.parametrize(
    ("change", "last"),
    [
        ({}, "Nothing found: 4 rules over 10 events of CloudTrail, 1 file"),
        ({"rules": ()}, "Nothing was judged: no rule is for 10 events of CloudTrail, 1 file"),
        ({"event_counts": {}}, "Nothing was judged: no events in 1 file"),
        ({"gaps": [Gap("denied", "no")]}, "Nothing found: 4 rules over 10 events of CloudTrail, 1 file; 1 gap"),
    ],
)
def test_where_nothing_is_found_the_last_line_says_what_was_judged(
    quiet: Hunt, written: Written, change: dict[str, Any], last: str
) -> None:
    assert written("console", replace(quiet, **change)).splitlines()[-1] == last


def test_a_stream_that_knows_no_unicode_gets_bars_of_ascii(hunted: Hunt) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    FORMATS["console"](hunted, stream, Style())
    stream.flush()
    assert re.search(rb"^medium    [#=]{2}", raw.getvalue(), re.M)
    assert b"\\u" not in raw.getvalue()


@given(
    times=st.lists(st.integers(-(2**62), 2**62), min_size=1, max_size=20),
    near=st.booleans(),
    most=st.integers(2, 200),
)
def test_a_timeline_fits_and_loses_no_finding(times: list[int], near: bool, most: int) -> None:
    from mainstay.model.conditions import All
    from mainstay.model.detections import About, Detection, EventFinding

    by = Detection(About("a", "A", "low"), {}, "json", All(()))
    findings = [
        EventFinding(by, "json", time % 10**9 if near else time, "", "", "", "", "", "", "", 1) for time in times
    ]
    chart = timeline(findings, most)
    assert chart is not None
    assert sum(chart.counts["low"]) == len(findings)
    assert len(chart.counts["low"]) <= most
    assert chart.start_us <= min(one.time_us for one in findings) <= max(one.time_us for one in findings) < chart.end_us


def test_a_time_has_microseconds_where_there_are_any() -> None:
    assert iso(1_772_442_000_000_000) == "2026-03-02T09:00:00Z"
    assert iso(1_772_442_000_000_001) == "2026-03-02T09:00:00.000001Z"
    assert (instant(2**62).year, instant(-(2**62)).year) == (9999, 1)


# -- JSON


def test_the_json_is_valid_by_its_schema_and_has_the_keys_of_the_contract_first(
    hunted: Hunt, hostile: Hunt, quiet: Hunt, written: Written
) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for hunt in (hunted, hostile, quiet):
        document = json.loads(written("json", hunt))
        jsonschema.validate(document, closed(SCHEMA), jsonschema.Draft202012Validator)
        assert len(document["findings"]) == len(hunt.findings)
    document = json.loads(written("json", hunted))
    assert list(document["findings"][0])[:14] == [
        "control", "author", "severity", "time", "event_id", "event_name", "principal", "source_ip", "account",
        "region", "file", "practices", "attack", "group",
    ]  # fmt: skip
    assert document["findings"][40]["time"] == "2026-03-02T11:01:30.123456Z"
    summary = document["summary"]
    assert (summary["rejected"], summary["repeated"], summary["late"], summary["asides"]) == (2, 9, 1, 2)
    assert summary["controls"]["aws-sts-getcalleridentity"] == 40
    assert (summary["first"], summary["last"]) == ("2026-03-02T09:00:00Z", "2026-03-02T14:00:30Z")


def test_hostile_texts_come_back_from_json_as_they_were(hostile: Hunt, written: Written) -> None:
    text = written("json", hostile)
    assert text.isascii()
    assert json.loads(text)["findings"][0]["principal"] == hostile.findings[0].principal


def test_json_lines_are_the_findings_then_the_gaps_then_the_summary(hunted: Hunt, written: Written) -> None:
    document = json.loads(written("json", hunted))
    lines = [json.loads(line) for line in written("jsonl", hunted).splitlines()]
    gaps = [{"gap": gap} for gap in document["gaps"]]
    assert lines == [*document["findings"], *gaps, {"summary": document["summary"]}]


def test_the_page_names_every_property_of_the_schema_and_its_example_is_valid() -> None:
    page = PAGE.read_text()
    named = set(re.findall(r"`([a-z_]+)`", page))
    declared = {name for part in [SCHEMA, *SCHEMA["$defs"].values()] for name in part.get("properties", {})}
    assert declared - named == set()
    example = re.search(r"```json\n(.*?)```", page, re.S)
    assert example
    jsonschema.validate(json.loads(example[1]), closed(SCHEMA), jsonschema.Draft202012Validator)


# -- csv, markdown and parquet


def test_csv_has_a_row_a_finding_and_a_gap_and_no_cell_is_a_formula(
    hunted: Hunt, hostile: Hunt, written: Written
) -> None:
    for hunt in (hunted, hostile):
        rows = list(csv.DictReader(io.StringIO(written("csv", hunt))))
        assert [row["severity"] for row in rows].count("gap") == len(hunt.gaps)
        assert len(rows) == len(hunt.findings) + len(hunt.gaps)
        assert not [value for row in rows for value in row.values() if value.startswith(("=", "+", "-", "@", "\t"))]


def test_markdown_is_no_markup_calls_nobody_and_fits_in_a_comment(
    hunted: Hunt, hostile: Hunt, written: Written
) -> None:
    text = written("markdown", hostile)
    outside = re.sub(r"(`+).*?\1", "", text)
    assert not re.search(r"(?<!\\)<(script|img)", outside)
    assert "@everyone" not in outside
    assert text.count("<details>") == text.count("</details>")
    stopped = hunted.findings[-1]
    many = [
        replace(stopped, rule=replace(stopped.rule, about=replace(stopped.rule.about, id=f"r-{number}")))
        for number in range(1_000)
    ]
    text = written("markdown", replace(hunted, findings=many))
    assert len(text) <= MOST_CHARACTERS
    left = re.search(r"and (\d+) more rules with findings", text)
    assert left
    assert text.count("<details>") + int(left[1]) == 1_000


def test_parquet_has_typed_columns_and_loses_nothing(hunted: Hunt, written: Written) -> None:
    rows = [json.loads(line) for line in written("parquet", hunted).splitlines()]
    assert [row["kind"] for row in rows] == ["finding"] * len(hunted.findings) + ["gap"] * len(hunted.gaps)
    assert list(rows[0]) == list(COLUMNS)
    assert len({row["fingerprint"] for row in rows}) == len(rows)
    assert rows[40]["time"] == "2026-03-02 11:01:30.123456"
    assert (rows[41]["count"], rows[41]["event_ids"][:2]) == (42, ["try-0", "try-1"])
    assert rows[42]["principal"] is None
    assert rows[-1]["gap"]["permission"] == "s3:GetObject"


# -- ocsf and asff


def test_ocsf_is_valid_by_the_schema_of_its_version(hunted: Hunt, hostile: Hunt, quiet: Hunt, written: Written) -> None:
    validator = jsonschema.Draft202012Validator(OCSF)
    for hunt in (hunted, hostile, quiet):
        events = json.loads(written("ocsf", hunt))
        validator.validate(events)
        assert len(events) == len(hunt.findings) + len(hunt.gaps)
    events = json.loads(written("ocsf", hunted))
    assert events[42]["evidences"][0]["src_endpoint"] == {"svc_name": "cloudtrail.amazonaws.com"}
    assert events[42]["finding_info"]["attacks"][0]["sub_technique"]["uid"] == "T1562.008"
    assert [event["is_alert"] for event in events[-4:]] == [True, False, False, False]


def test_asff_is_taken_by_security_hub_in_batches_of_one_account(hunted: Hunt, hostile: Hunt, written: Written) -> None:
    model = botocore.session.get_session().get_service_model("securityhub")
    request = model.operation_model("BatchImportFindings").input_shape
    assert request is not None
    strangers = [replace(one, account="222233334444", region="cn-north-1") for one in hunted.findings] * 3
    for hunt in (hunted, hostile, replace(hunted, findings=[*hunted.findings, *strangers])):
        batches = [json.loads(line) for line in written("asff", hunt).splitlines()]
        for batch in batches:
            report = ParamValidator().validate(batch, request)
            assert not report.has_errors(), report.generate_report()
            assert len(batch["Findings"]) <= 100
            assert len({(one["AwsAccountId"], one["ProductArn"]) for one in batch["Findings"]}) == 1
        assert sum(len(batch["Findings"]) for batch in batches) + left_out(hunt) == len(hunt.findings) + len(hunt.gaps)
        assert left_out(hunt, Home("111122223333", "eu-central-1")) == 0
    for one in json.loads(written("asff", hostile).splitlines()[0])["Findings"]:
        texts = (one["Id"], one["Title"], one["Description"], one["Resources"][0]["Id"])
        assert [len(text) <= most for text, most in zip(texts, (512, 256, 1024, 512), strict=True)] == [True] * 4


def test_asff_says_which_behaviour_is_unusual(hunted: Hunt, written: Written) -> None:
    (batch,) = (json.loads(line)["Findings"] for line in written("asff", hunted).splitlines())
    types = {one["GeneratorId"]: one["FindingProviderFields"]["Types"] for one in batch}
    assert types["key-from-new-network"] == ["TTPs", "Unusual Behaviors"]
    assert types["cloudtrail-stopped"] == ["TTPs"]


# -- alerts and comparisons


def test_an_alert_is_two_lines_for_people_or_one_for_programs(hunted: Hunt, hostile: Hunt) -> None:
    stream = io.StringIO()
    ALERTS["console"](hunted.findings[-1], stream, Style())
    assert stream.getvalue() == (
        "2026-03-02 14:00:30Z  CRITICAL  A trail stops logging  cloudtrail-stopped\n"
        "  arn:aws:iam::111122223333:user/alice, StopLogging from 203.0.113.10 in 111122223333 eu-central-1\n"
    )
    for name, lines in (("console", 2), ("jsonl", 1)):
        for news, expected in ((hostile.findings[0], lines), (hostile.gaps[0], 1)):
            stream = io.StringIO()
            ALERTS[name](news, stream, Style())
            assert printable(stream.getvalue())
            assert len(stream.getvalue().splitlines()) == expected
    stream = io.StringIO()
    ALERTS["jsonl"](hunted.gaps[0], stream, Style())
    assert json.loads(stream.getvalue())["gap"]["file"] == "logs/b.json.gz"


def test_gaps_alone_are_written_with_their_places_and_none_writes_nothing(hunted: Hunt) -> None:
    stream = io.StringIO()
    write_gaps(hunted.gaps, stream)
    assert "unreadable: the gzip stream ends early\n      logs/b.json.gz:1:1\n" in stream.getvalue()
    stream = io.StringIO()
    write_gaps([], stream)
    assert stream.getvalue() == ""


def test_a_comparison_tells_new_lost_noisy_and_rules_that_came(
    hunted: Hunt, hostile: Hunt, compare: Callable[[Hunt], Comparison]
) -> None:
    told: dict[str, str] = {}
    for name, write in COMPARISONS.items():
        for hunt in (hunted, hostile, replace(hunted, gaps=[])):
            stream = io.StringIO()
            write(compare(hunt), stream, Style())
            assert printable(stream.getvalue())
            told.setdefault(name, stream.getvalue())
    document = json.loads(told["json"])
    whole = {"$ref": "#/$defs/comparison", "$defs": closed(SCHEMA)["$defs"]}
    jsonschema.validate(document, whole, jsonschema.Draft202012Validator)
    first, second = document["changes"]
    assert (first["noisy"], len(first["new"]), first["kept"]) == (True, 2, 3)
    assert (second["control"], len(second["lost"]), second["rule"]) == ("console-guessed", 1, "kept")
    assert "aws-sts-getcalleridentity: 2 new, 0 lost, 3 kept, noisy" in told["console"]
    assert "2 rules changed: 2 new and 1 lost in 12,345 events" in " ".join(told["console"].split())
    assert "- lost: 2026-03-02 12:00:00Z" in told["markdown"]


def test_a_comparison_in_which_nothing_changes_says_so(quiet: Hunt) -> None:
    stream = io.StringIO()
    COMPARISONS["console"](Comparison([], quiet, quiet), stream, Style(width=120))
    assert stream.getvalue() == "Nothing changes: both find the same in 10 events of CloudTrail, 1 file\n"
