"""Reports of other scanners in a review: read, joined, counted by layer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mainstay.catalog import load, load_shapes
from mainstay.model.errors import DataError
from mainstay.model.findings import Review
from mainstay.outputs.summary import summarize
from mainstay.sources import Options, read
from mainstay.sources.spelling import Spelling
from mainstay.verbs.intake import with_reports
from mainstay.verbs.review import review

CODE = """\
resource "aws_s3_bucket" "orders" {
  bucket = "shop-orders"
}

resource "aws_lambda_function" "receipts" {
  function_name = "receipts"
  image_uri     = "registry.example.org/shop/receipts:1"
}
"""


@pytest.fixture
def reviewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Review:
    monkeypatch.chdir(tmp_path)
    Path("main.tf").write_text(CODE)
    return review([Path("main.tf")], load(examples=False).controls)


def write(name: str, document: Any) -> Path:
    Path(name).write_text(json.dumps(document))
    return Path(name)


def sarif(tool: str, *results: dict[str, Any], **run: Any) -> dict[str, Any]:
    return {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": tool}}, "results": list(results), **run}]}


def test_each_layer_has_its_results_and_each_result_its_resource(reviewed: Review) -> None:
    location = {"physicalLocation": {"artifactLocation": {"uri": "main.tf"}, "region": {"startLine": 2}}}
    named = {"logicalLocations": [{"fullyQualifiedName": "aws_lambda_function.receipts"}]}
    suppressed = {"message": {"text": "kept"}, "suppressions": [{"kind": "inSource"}]}
    files = [
        write("checkov.sarif", sarif("checkov", {"ruleId": "C1", "locations": [location]})),
        write("bandit.sarif", sarif("bandit", {"ruleId": "B1", "locations": [named]}, suppressed)),
    ]
    found = with_reports(reviewed, [*files, files[0]])
    joined = [[result.resource for result in report.results] for report in found.reports]
    assert joined == [["aws_s3_bucket.orders"], ["aws_lambda_function.receipts", ""]]
    assert summarize(found).results == {"code": 1, "operations": 1}


def test_names_that_only_properties_hold_are_looked_up_in_the_code(reviewed: Review) -> None:
    event = {"class_uid": 2003, "metadata": {"product": {"name": "Prowler"}},
             "resources": [{"uid": "arn:aws:s3:::shop-orders"}]}  # fmt: skip
    image = sarif("Trivy", {"ruleId": "CVE-1"}, properties={"imageName": "registry.example.org/shop/receipts:1"})
    files = [write("prowler.json", [event]), write("trivy.sarif", image)]
    spelling = Spelling(load_shapes())
    found = with_reports(reviewed, files, lambda: read([Path("main.tf")], Options(), spelling))
    assert [result.resource for report in found.reports for result in report.results] == [
        "aws_s3_bucket.orders",
        "aws_lambda_function.receipts",
    ]
    without = with_reports(reviewed, files)
    assert [result.resource for report in without.reports for result in report.results] == ["", ""]


def test_gaps_and_remarks_of_a_report_are_those_of_the_review(reviewed: Review) -> None:
    silent = {"runs": [{"tool": {"driver": {"name": "semgrep"}}}, *sarif("Homemade")["runs"]]}
    found = with_reports(reviewed, [write("all.sarif", silent)])
    assert [gap.reason for gap in found.gaps] == ["the run of semgrep has no results: it did not scan"]
    assert [str(remark) for remark in found.remarks] == [
        "all.sarif:1:1: Homemade is not known: its results count as code"
    ]


def test_everything_that_is_wrong_in_the_files_is_told_together(reviewed: Review) -> None:
    with pytest.raises(DataError) as raised:
        with_reports(reviewed, [write("a.json", 1), Path("missing.json"), write("good.sarif", sarif("bandit"))])
    assert [fault.place.file for fault in raised.value.faults if fault.place] == ["a.json", "missing.json"]
