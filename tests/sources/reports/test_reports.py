"""Reports of other scanners are read whole, placed, and refused with a place where they are broken."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mainstay.model.errors import DataError
from mainstay.model.places import Place
from mainstay.sources.reports import Reading, Run, read_report, reading
from mainstay.sources.reports.layers import load_layers, parse_layers

DATA = Path(__file__).parent / "data"
NEITHER = "this is neither SARIF (an object with 'runs') nor findings of OCSF (objects with 'class_uid')"
NUMBERS = '{"runs": [{"tool": {"driver": {"name": "x"}},\n "results": [1]}]}'
SAMPLES = ("semgrep.sarif", "trivy-image.sarif", "findings.ocsf.json")


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str | dict[str, Any] | list[Any]], Reading]:
    monkeypatch.chdir(tmp_path)

    def read(content: str | dict[str, Any] | list[Any]) -> Reading:
        file = tmp_path / "report.json"
        file.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
        return read_report(file, "report.json")

    return read


def sample(name: str) -> tuple[Run, ...]:
    found = read_report(DATA / name, name)
    assert (found.gaps, found.remarks) == ((), ())
    return found.runs


def log(*results: dict[str, Any], name: str = "semgrep", **run: Any) -> dict[str, Any]:
    return {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": name}}, "results": list(results), **run}]}


def located(uri: str, **region: int) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}


def test_a_sarif_run_is_read_without_what_passed_and_what_has_gone() -> None:
    (run,) = sample("semgrep.sarif")
    assert (run.tool, run.version, run.layers) == ("Semgrep OSS", "1.182.0", ("application", "code"))
    first, kept, package = (one.result for one in run.sightings)
    assert (first.rule, first.message) == ("shell-true", "The command comes from outside")
    assert (first.severity, first.layer, first.url) == ("high", "code", "https://example.org/shell-true")
    assert first.place == Place("src/app.py", 4, 5, 4, 37)
    assert [one.suppressed for one in (first, kept, package)] == [False, True, False]
    assert (package.layer, package.severity) == ("application", "medium")


def test_an_image_scan_tells_the_system_from_the_application_and_names_the_image() -> None:
    (run,) = sample("trivy-image.sarif")
    system, library = run.sightings
    assert (system.result.layer, system.result.severity, system.result.place) == ("os", "critical", None)
    assert (library.result.layer, library.result.severity) == ("application", "medium")
    assert library.result.place is None
    assert library.result.message == (
        "Package: requests (at app/requirements.txt in registry.example.org/shop/orders:1.4)"
    )
    assert system.names == ("registry.example.org/shop/orders:1.4",)


def test_findings_of_ocsf_are_read_by_product_without_what_passed_or_was_closed() -> None:
    prowler, inspector, detector = sample("findings.ocsf.json")
    (versions,) = prowler.sightings
    assert (versions.result.rule, versions.result.severity) == ("s3_bucket_object_versioning", "high")
    assert versions.result.message == "Buckets keep versions: The bucket has no versioning."
    assert versions.result.url == "https://example.org/versioning"
    assert versions.names == ("arn:aws:s3:::shop-orders", "shop-orders")
    package, code = inspector.sightings
    assert (package.result.rule, package.result.layer, package.result.suppressed) == ("CVE-2026-0003", "os", True)
    assert (code.result.layer, code.result.place) == ("code", Place("src/app.py", 12, 1))
    assert "Receipts" in code.names
    assert (detector.sightings, detector.layers) == ((), ("operations",))


def test_findings_of_ocsf_may_stand_one_a_line_or_alone(read: Callable[[Any], Reading]) -> None:
    events = json.loads((DATA / "findings.ocsf.json").read_text("utf-8"))
    lines = "\n".join(map(json.dumps, events)) + "\n\n"
    assert read(lines).runs == read(events).runs
    assert len(read(events[0]).runs) == 1


def test_several_runs_of_one_log_are_reports_of_their_own(read: Callable[[Any], Reading]) -> None:
    both = {"runs": [*log(name="bandit")["runs"], *log(name="gosec")["runs"]]}
    assert [(run.tool, run.layers) for run in read(both).runs] == [("bandit", ("code",)), ("gosec", ("code",))]


@pytest.mark.parametrize(
    ("said", "severity"),
    [
        ({"properties": {"security-severity": "9.0"}, "level": "note"}, "critical"),
        ({"properties": {"security-severity": "0.1"}, "level": "error"}, "low"),
        ({"properties": {"issue_severity": "MEDIUM"}, "level": "error"}, "medium"),
        ({"properties": {"severity": "CRITICAL"}}, "critical"),
        ({"level": "error"}, "high"),
        ({"level": "none"}, "low"),
        ({}, "medium"),
    ],
)
def test_severity_goes_by_score_then_by_word_then_by_level(
    said: dict[str, Any], severity: str, read: Callable[[Any], Reading]
) -> None:
    (run,) = read(log({"ruleId": "r", "message": {"text": "m"}, **said})).runs
    assert run.sightings[0].result.severity == severity


def test_the_words_of_a_rule_take_the_arguments_of_a_result(read: Callable[[Any], Reading]) -> None:
    driver = {"name": "codeql", "rules": [{"id": "r", "messageStrings": {"found": {"text": "{0} reaches {1}"}}}]}
    result = {"ruleIndex": 0, "message": {"id": "found", "arguments": ["input", "a query"]}}
    (run,) = read({"runs": [{"tool": {"driver": driver}, "results": [result]}]}).runs
    assert (run.sightings[0].result.rule, run.sightings[0].result.message) == ("r", "input reaches a query")


def test_a_file_is_named_as_the_review_names_it(read: Callable[[Any], Reading], tmp_path: Path) -> None:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "a b.tf").write_text("")
    whole = tmp_path / "infra" / "a b.tf"
    uris = ["infra/a%20b.tf", "./infra/a%20b.tf", whole.as_uri(), str(whole), str(whole).removeprefix("/")]
    (run,) = read(log(*({"locations": [located(uri, startLine=2)]} for uri in uris))).runs
    assert {one.result.place for one in run.sightings} == {Place("infra/a b.tf", 2, 1)}
    bases = {"%SRCROOT%": {"uri": "infra/", "uriBaseId": "REPO"}, "REPO": {"uri": tmp_path.as_uri() + "/"}}
    artifact = {"uri": "a%20b.tf", "uriBaseId": "%SRCROOT%"}
    based = {"locations": [{"physicalLocation": {"artifactLocation": artifact}}]}
    (run,) = read(log(based, originalUriBaseIds=bases)).runs
    assert run.sightings[0].result.place == Place("infra/a b.tf", 1, 1)


def test_what_was_found_in_the_web_keeps_its_address(read: Callable[[Any], Reading]) -> None:
    (run,) = read(
        log({"message": {"text": "No CSP"}, "locations": [located("https://shop.example.org/")]}, name="ZAP")
    ).runs
    assert run.sightings[0].result.message == "No CSP (at https://shop.example.org/)"
    assert (run.sightings[0].result.place, run.layers) == (None, ("application",))


def test_an_unknown_tool_is_told(read: Callable[[Any], Reading]) -> None:
    found = read(log({"locations": [located("a.py", startLine=1)]}, {}, name="Homemade"))
    assert [str(remark) for remark in found.remarks] == [
        "report.json:1:1: Homemade is not known: its results count as application and code"
    ]


def test_a_run_that_did_not_scan_is_a_gap_and_no_praise(read: Callable[[Any], Reading]) -> None:
    silent = {"tool": {"driver": {"name": "semgrep"}}}
    failed = {**silent, "results": [], "invocations": [{"executionSuccessful": False}]}
    elsewhere = {**silent, "externalPropertyFileReferences": {"results": [{"location": {"uri": "more.json"}}]}}
    found = read({"runs": [silent, failed, elsewhere]})
    assert len(found.runs) == 1
    assert [(gap.kind, gap.reason) for gap in found.gaps] == [
        ("unreadable", "the run of semgrep has no results: it did not scan"),
        ("unreadable", "the run of semgrep did not end well: results may be missing"),
        ("unsupported", "the run of semgrep keeps its results in other files"),
    ]


def test_a_report_over_the_limit_is_a_gap(read: Callable[[Any], Reading], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_BYTES", 20)
    found = read(log())
    assert (found.runs, [gap.kind for gap in found.gaps]) == ((), ["limit"])


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("", "1:1: not JSON: Expecting value"),
        ('{"runs": [}', "1:11: not JSON: Expecting value"),
        ('{"class_uid": 2003}\n{"class_uid": 2003\n', "2:19: not JSON: Expecting ',' delimiter"),
        ('{"runs": [NaN]}', "1:1: not JSON: NaN is no JSON"),
        ("[" * 100_000, "1:1: not JSON: nested too deep"),
        ('{"results": []}', f"1:1: {NEITHER}"),
        ('{"version": "2.0.0",\n "runs": []}', "1:2: SARIF 2.0.0 is not read, only 2.1"),
        ('{\n "runs": {}}', "2:2: 'runs' has to be a list"),
        ('{"runs": [\n{"tool": {}}]}', "2:1: runs[0].tool.driver has to have a name"),
        (NUMBERS, "2:2: runs[0].results has to be a list of objects"),
        ('[{"class_uid": 1001}]', "1:1: none of 1 events of OCSF is a finding (class_uid 2001 to 2007)"),
    ],
)  # fmt: skip
def test_a_broken_report_is_an_error_with_its_place(content: str, fault: str, read: Callable[[Any], Reading]) -> None:
    with pytest.raises(DataError) as raised:
        read(content)
    assert [str(one) for one in raised.value.faults] == [f"report.json:{fault}"]


def test_events_that_are_no_findings_are_told(read: Callable[[Any], Reading]) -> None:
    found = read([{"class_uid": 2003}, {"class_uid": 4001}])
    assert [one.message for one in found.remarks] == ["1 of 2 events are no findings and are left out"]
    assert [one.message for one in read([]).remarks] == [
        "there is no event in it: which scanner found nothing is not known"
    ]


def test_the_longest_name_of_a_tool_decides() -> None:
    table = load_layers()
    layers = {
        name: scanner.layer
        for name in ("Snyk Container", "Snyk Code", "GitHub CodeQL")
        if (scanner := table.scanner(name))
    }
    assert layers == {"Snyk Container": "os", "Snyk Code": "code", "GitHub CodeQL": "code"}
    assert table.scanner("ruffian") is None


def test_a_table_with_a_layer_that_is_none_is_refused() -> None:
    with pytest.raises(DataError, match=r"layers\.yaml:2:6: 'x': there is no layer 'cod'"):
        parse_layers("tools:\n  x: {layer: cod}\nclasses: {}\n", "layers.yaml")


JUNK: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**400,
    1.5,
    "",
    "\udc80",
    "9" * 50,
    [],
    [[]],
    {},
    {"": None},
    "http://[",
    "file:///%00",
)


def mutated(chance: random.Random, value: Any) -> Any:
    """The document with some of its parts replaced by what nobody expects there."""
    if chance.random() < 0.04:
        return chance.choice(JUNK)
    if isinstance(value, dict):
        return {key: mutated(chance, inner) for key, inner in value.items() if chance.random() > 0.02}
    if isinstance(value, list):
        return [mutated(chance, inner) for inner in value]
    return value


@pytest.mark.parametrize("name", SAMPLES)
def test_no_report_however_broken_raises_anything_but_a_data_error(name: str, read: Callable[[Any], Reading]) -> None:
    chance = random.Random(name)
    text = (DATA / name).read_text("utf-8")
    document = json.loads(text)
    outcomes = {"read": 0, "refused": 0}
    for number in range(600):
        if number % 3:
            broken = json.dumps(mutated(chance, document))
        else:
            start = chance.randrange(len(text))
            broken = (
                text[:start] + chance.choice(["", "{", "]", '"', "\\u0000", "\n"]) + text[start + chance.randrange(9) :]
            )
        try:
            found = read(broken)
            outcomes["read"] += 1
            assert all(one.result.message and one.result.rule for run in found.runs for one in run.sightings)
        except DataError as error:
            outcomes["refused"] += all(fault.place is not None for fault in error.faults)
    assert sum(outcomes.values()) == 600
    assert min(outcomes.values()) > 50
