"""`show`: what each verb answers, on both databases, and that every answer is what the schema says."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from tests.evidence.conftest import schema_of_its_own
from tests.evidence.postgres import NoServer, serving
from tests.verbs.ledgers import (
    ACCOUNT,
    BUCKET,
    LOGS,
    NOW,
    PLAIN_HTTP,
    PUBLIC,
    REGION,
    RETIRED,
    VERSIONS,
    catalog,
    control,
    fill,
)

from mainstay.evidence import Ledger, open_ledger
from mainstay.model.errors import UsageError
from mainstay.model.findings import Finding, Reason, Subject
from mainstay.outputs import FORMATS, Style
from mainstay.outputs.tables import LISTINGS, Page
from mainstay.verbs import show_findings, show_ledger, show_passes, show_practices, show_resource, show_trends, showing
from mainstay.verbs.show_findings import VERDICTS, Filters

SCHEMA = Draft202012Validator(json.loads((files("mainstay.outputs") / "show.schema.json").read_text("utf-8")))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    if request.param == "sqlite":
        with open_ledger(tmp_path_factory.mktemp("show") / "ledger.sqlite", write=True) as opened:
            yield fill(opened)
        return
    try:
        with serving() as server, open_ledger(schema_of_its_own(server), write=True) as opened:
            yield fill(opened)
    except NoServer as reason:
        pytest.skip(f"no PostgreSQL to test with: {reason}")


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger of its own, for what writes."""
    with open_ledger(tmp_path / "ledger.sqlite", write=True) as opened:
        yield fill(opened)


def document(page: Page) -> Any:
    """The page as JSON, which keeps to its schema."""
    stream = io.StringIO()
    LISTINGS["json"](page, stream, Style())
    found = json.loads(stream.getvalue())
    SCHEMA.validate(found)
    return found


def shown(page: Page, format_name: str = "console", width: int = 80) -> str:
    stream = io.StringIO()
    LISTINGS[format_name](page, stream, Style(width=width))
    return stream.getvalue()


def listed(ledger: Ledger, at: str | None = None, limit: int | None = None, **filters: Any) -> Any:
    query = show_findings.query_of(Filters(**filters), ledger, catalog, limit)
    return document(show_findings.findings(ledger, query, showing.moment(ledger, at, NOW) if at else None))


def names(rows: Any) -> set[tuple[str, str]]:
    return {(row["address"].rpartition(":")[2], row["control"]) for row in rows}


def test_the_overview_says_the_last_pass_what_it_changed_and_what_fails(ledger: Ledger) -> None:
    page = showing.overview(ledger, catalog, NOW)
    found = document(page)
    assert (found["pass"]["number"], found["pass"]["state"], found["resources"]) == (3, "complete", 2)
    assert (found["pass"]["units"], found["pass"]["gaps"]) == (1, 2)
    assert found["failures"] == {"critical": 1, "high": 0, "medium": 1, "low": 1}
    assert (found["unknown"], found["waived"]) == (1, 1)
    assert found["changes"] == {"new": 1, "fixed": 1, "came_back": 1}
    assert [row["control"] for row in found["worst"]] == [PUBLIC, VERSIONS, RETIRED]
    by_pillar = {row["id"]: row for row in found["pillars"]}
    assert (by_pillar["SEC"]["failures"], by_pillar["SEC"]["worst"]) == (2, "critical")
    assert found["head"] == ledger.head()
    assert len(shown(page).splitlines()) <= 25


def test_the_overview_says_that_what_stood_before_the_last_pass_was_pruned(fresh: Ledger) -> None:
    fresh.prune(NOW, NOW)
    page = showing.overview(fresh, catalog, NOW)
    assert document(page)["changes"] is None
    assert "was pruned" in shown(page)


def test_findings_are_failures_unless_another_verdict_is_asked_for(ledger: Ledger) -> None:
    failing = {("orders", VERSIONS), ("orders", PUBLIC), ("logs", RETIRED)}
    assert names(listed(ledger)["findings"]) == failing
    assert names(listed(ledger, verdicts=frozenset({"waived"}))["findings"]) == {("logs", LOGS)}
    assert len(listed(ledger, verdicts=VERDICTS)["findings"]) == 6
    [waived] = listed(ledger, verdicts=frozenset({"waived"}))["findings"]
    assert waived["waiver"]["owner"] == "web"


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"severity": "medium"}, {PUBLIC, VERSIONS}),
        ({"controls": (VERSIONS, RETIRED)}, {VERSIONS, RETIRED}),
        ({"practices": ("REL09",)}, {VERSIONS}),
        ({"practices": ("SEC03-BP07",)}, {PUBLIC}),
        ({"pillars": ("REL",)}, {VERSIONS}),
        ({"accounts": (ACCOUNT,), "owners": ("payments",)}, {PUBLIC, VERSIONS}),
        ({"owners": ("PAYMENTS",)}, {PUBLIC, VERSIONS}),
        ({"owners": ("",)}, {RETIRED}),
        ({"types": ("aws::s3::bucket",), "address": "*LOGS"}, {RETIRED}),
        ({"regions": ("eu-central-1",), "severity": "critical"}, {PUBLIC}),
    ],
    ids=lambda one: str(sorted(one) if isinstance(one, set) else one),
)
def test_filters_narrow_each_other_down(ledger: Ledger, filters: dict[str, Any], found: set[str]) -> None:
    assert {row["control"] for row in listed(ledger, **filters)["findings"]} == found


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"controls": ("s3-keep-versions",)}, "did you mean 's3-keeps-versions'"),
        ({"practices": ("REL09-BP1",)}, "did you mean 'REL09-BP"),
        ({"owners": ("paymets",)}, "did you mean 'payments'"),
        ({"accounts": ("999999999999",)}, "no finding of account"),
        ({"types": ("AWS::S3::Buckt",)}, "did you mean 'AWS::S3::Bucket'"),
    ],
    ids=str,
)
def test_a_name_that_nothing_has_is_no_clean_account(ledger: Ledger, filters: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        listed(ledger, **filters)


def test_a_cut_list_says_how_much_there_is(ledger: Ledger) -> None:
    found = listed(ledger, limit=1)
    assert (found["total"], found["left_out"], len(found["findings"])) == (3, 2, 1)
    assert found["findings"][0]["severity"] == "critical"


def test_findings_at_a_moment_are_those_that_stood_then(ledger: Ledger) -> None:
    first = {("orders", VERSIONS), ("logs", VERSIONS), ("logs", RETIRED)}
    assert names(listed(ledger, at="launch")["findings"]) == first
    assert names(listed(ledger, at="pass:1")["findings"]) == first
    assert names(listed(ledger, at="2d")["findings"]) == {("logs", VERSIONS), ("logs", RETIRED)}
    assert names(listed(ledger, at="2026-11-21")["findings"]) == {("logs", VERSIONS), ("logs", RETIRED)}


@pytest.mark.parametrize("text", ["launsh", "pass:9", "2099-01-01", "pass:0", "yesterday"])
def test_a_moment_that_is_none_is_told(ledger: Ledger, text: str) -> None:
    with pytest.raises(UsageError):
        showing.moment(ledger, text, NOW)


@pytest.mark.parametrize("zone", ["2026-11-20T13:30:00+02:00", "2026-11-20T11:30:00"])
def test_a_time_without_a_zone_is_utc(ledger: Ledger, zone: str) -> None:
    assert showing.moment(ledger, zone, NOW) == datetime(2026, 11, 20, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("by", "counts"),
    [
        ("owner", {"payments": 2, "": 1}),
        ("control", {PUBLIC: 1, VERSIONS: 1, RETIRED: 1}),
        ("practice", {"SEC03-BP07": 1, "SEC08-BP04": 2, "REL09-BP01": 1}),
        ("account", {ACCOUNT: 3}),
    ],
)
def test_findings_are_counted_by(ledger: Ledger, by: show_findings.Group, counts: dict[str, int]) -> None:
    query = show_findings.query_of(Filters(), ledger, catalog)
    found = document(show_findings.grouped(ledger, query, by, catalog, None, None))
    assert {row[by]: row["total"] for row in found["counts"]} == counts


@pytest.mark.parametrize("format_name", ["html", "sarif", "ocsf", "asff", "junit", "json", "csv", "markdown"])
def test_findings_are_written_in_the_formats_of_reviews(ledger: Ledger, format_name: str) -> None:
    query = show_findings.query_of(Filters(verdicts=VERDICTS), ledger, catalog)
    review = show_findings.review_of(ledger, query, catalog())
    assert {finding.control.id for finding in review.findings} >= {RETIRED, PUBLIC}
    assert [gap.call for gap in review.gaps] == ["s3:GetBucketPolicy", ""]
    stream = io.StringIO()
    FORMATS[format_name](review, stream, Style(verbose=True))
    assert RETIRED in stream.getvalue()


def test_the_gaps_of_a_review_are_those_of_what_is_asked_for(ledger: Ledger) -> None:
    query = show_findings.query_of(Filters(controls=(PUBLIC,)), ledger, catalog)
    assert [gap.reason for gap in show_findings.review_of(ledger, query, catalog()).gaps] == ["timed out"]


def test_changes_are_those_of_the_last_pass_unless_a_moment_is_named(ledger: Ledger) -> None:
    found = document(show_passes.changes(ledger, None))
    assert found["counts"] == {"new": 1, "fixed": 1, "came_back": 1}
    assert names(found["new"]) == {("orders", PUBLIC)}
    assert names(found["came_back"]) == {("orders", VERSIONS)}
    assert names(found["fixed"]) == {("logs", VERSIONS)}
    since = document(show_passes.changes(ledger, showing.moment(ledger, "launch", NOW)))
    assert since["counts"] == {"new": 1, "fixed": 1, "came_back": 1}
    assert document(show_passes.changes(ledger, NOW))["counts"] == {"new": 0, "fixed": 0, "came_back": 0}
    cut = document(show_passes.changes(ledger, None, limit=1))
    assert (cut["counts"], cut["left_out"]) == (found["counts"], 0)
    rows = shown(show_passes.changes(ledger, None), "csv").splitlines()
    assert [row.partition(",")[0] for row in rows] == ["list", "new", "came_back", "fixed"]


@pytest.mark.parametrize("name", ["orders", "arn:aws:s3:::orders"])
def test_a_resource_has_its_states_with_what_differs(ledger: Ledger, name: str) -> None:
    page = show_resource.resource(ledger, name)
    found = document(page)
    assert [(row["pass"], row["state"]) for row in found["states"]] == [
        (1, "known first"), (2, "1 difference"), (3, "1 difference"),
    ]  # fmt: skip
    [difference] = found["states"][1]["differences"]
    assert difference["path"] == "VersioningConfiguration.Status"
    assert (difference["before"], difference["after"]) == ("Suspended", "Enabled")
    assert {row["control"] for row in found["findings"]} == {VERSIONS, PUBLIC, PLAIN_HTTP}
    assert '- VersioningConfiguration.Status: "Suspended"\n' in shown(page)
    assert '+ VersioningConfiguration.Status: "Enabled"\n' in shown(page)


def test_two_moments_of_a_resource_are_compared(ledger: Ledger) -> None:
    launch, last = showing.moment(ledger, "launch", NOW), showing.moment(ledger, "pass:2", NOW)
    states = document(show_resource.resource(ledger, "orders", launch, last))["states"]
    assert [(row["pass"], len(row["differences"])) for row in states] == [(1, 0), (2, 1)]
    states = document(show_resource.resource(ledger, "orders", launch))["states"]
    assert [(row["pass"], len(row["differences"])) for row in states] == [(1, 0), (3, 0)]
    with pytest.raises(UsageError, match="not known"):
        show_resource.resource(ledger, "orders", NOW - timedelta(days=99), NOW - timedelta(days=98))


def test_a_resource_that_is_not_there_has_a_suggestion(ledger: Ledger) -> None:
    with pytest.raises(UsageError, match="did you mean arn:aws:s3:::orders"):
        show_resource.resource(ledger, "order")


def test_passes_come_last_first_with_what_they_read(ledger: Ledger) -> None:
    rows = document(show_passes.passes(ledger))["passes"]
    assert [(row["number"], row["state"]) for row in rows] == [(3, "complete"), (2, "complete"), (1, "interrupted")]
    assert (rows[0]["resources"], rows[0]["gaps"], rows[0]["failures"], rows[0]["undecided"]) == (2, 2, 3, 1)


def test_gaps_are_those_of_the_last_pass_the_most_unknown_first(ledger: Ledger) -> None:
    found = document(show_passes.gaps(ledger))
    assert (found["total"], found["controls_unknown"]) == (2, 1)
    assert [(row["permission"], row["controls"]) for row in found["gaps"]] == [
        ("s3:GetBucketPolicy", [PLAIN_HTTP]), ("", []),
    ]  # fmt: skip
    assert document(show_passes.gaps(ledger, 1))["total"] == 0
    with pytest.raises(UsageError, match="the last one is 3"):
        show_passes.gaps(ledger, 7)


@pytest.mark.parametrize(
    ("by", "last"),
    [
        ("severity", {"critical": [0, 0, 1], "medium": [2, 1, 1], "low": [1, 1, 1]}),
        ("pillar", {"SEC": [2, 1, 2], "REL": [2, 1, 1]}),
        ("owner", {"payments": [1, 0, 2], "": [2, 2, 1]}),
    ],
)
def test_trends_are_the_failures_at_the_end_of_each_pass(
    ledger: Ledger, by: show_trends.TrendBy, last: dict[str, list[int]]
) -> None:
    page = show_trends.trends(ledger, by, catalog)
    rows = document(page)["passes"]
    assert {name: [row["counts"][name] for row in rows] for name in rows[0]["counts"]} == last
    ended = {one.number: one.counts["fail"] for one in ledger.ended()}
    assert {row["pass"]: row["total"] for row in rows} == ended
    assert "█" not in shown(show_trends.trends(ledger, by, catalog, blocks=False))
    assert len(document(show_trends.trends(ledger, by, catalog, limit=2))["passes"]) == 2


def test_owners_come_with_nobody_last(ledger: Ledger) -> None:
    rows = document(show_passes.owners(ledger))["owners"]
    assert [(row["owner"], row["critical"], row["total"]) for row in rows] == [("payments", 1, 2), ("", 0, 1)]


def test_practices_are_answered_by_the_ledger(ledger: Ledger) -> None:
    page = show_practices.practices(ledger, catalog, NOW, limit=50)
    found = document(page)
    assert found["total"] == sum(found["states"].values()) == 307
    rows = {row["id"]: row for row in found["practices"]}
    assert rows["REL09-BP01"]["failing"] == [VERSIONS]
    assert {row["state"] for row in rows.values()} <= {"not_met", "partial"}
    assert found["left_out"] == 307 - len(rows)
    assert len(document(show_practices.practices(ledger, catalog, NOW))["practices"]) == 307
    one = document(show_practices.practices(ledger, catalog, NOW, "rel09-bp01"))
    assert (one["schema"], one["failing"]) == ("mainstay/show-practice/v1", [VERSIONS])
    assert [(row["control"], row["fail"], row["pass"]) for row in one["verdicts"]] == [(VERSIONS, 1, 1)]
    with pytest.raises(UsageError, match="did you mean"):
        show_practices.practices(ledger, catalog, NOW, "REL09-BP1")


def test_what_moved_since_a_milestone_says_why(ledger: Ledger) -> None:
    milestone = show_practices.named_milestone(ledger, "launch")
    found = document(show_practices.moved(ledger, catalog, NOW, milestone))
    moved = {row["id"]: row for row in found["moved"]}
    assert f"{PUBLIC} fails" in moved["SEC03-BP07"]["because"]
    assert moved["SEC03-BP07"]["before"] != moved["SEC03-BP07"]["after"]
    assert (moved["REL09-BP01"]["before"], moved["REL09-BP01"]["after"]) == ("not_met", "partial")
    with pytest.raises(UsageError, match="did you mean 'launch'"):
        show_practices.named_milestone(ledger, "lunch")


def test_the_plan_begins_with_the_worst(ledger: Ledger) -> None:
    found = document(show_practices.improvement_plan(ledger, catalog, NOW, top=1))
    assert [row["control"] for row in found["plan"]] == [PUBLIC]
    assert (found["total"], found["left_out"]) == (2, 1)


def test_a_milestone_is_made_once(fresh: Ledger) -> None:
    document(show_ledger.milestone(fresh, "v1", "before the launch", NOW))
    assert [row["name"] for row in document(show_ledger.milestones(fresh))["milestones"]] == ["v1", "launch"]
    for name in (" ", "7d", "24h", "pass:1", "pass:0", "2026-11-20", "20261120", "2026-11-20T10:00"):
        with pytest.raises(UsageError, match="no name for a milestone"):
            show_ledger.milestone(fresh, name, "", NOW)


def test_a_time_goes_before_a_milestone_of_that_name(fresh: Ledger) -> None:
    fresh.milestone("7d", "", NOW)
    assert showing.moment(fresh, "7d", NOW) == NOW - timedelta(days=7)


def test_a_pass_that_was_killed_takes_the_place_of_none_that_was_completed(fresh: Ledger) -> None:
    before = [show_passes.gaps(fresh), show_practices.practices(fresh, catalog, NOW)]
    fresh.begin("live", f"{ACCOUNT} {REGION}", "0.1", NOW)
    after = [show_passes.gaps(fresh), show_practices.practices(fresh, catalog, NOW)]
    assert [document(page) for page in after] == [document(page) for page in before]
    assert document(show_passes.changes(fresh, None))["counts"] == {"new": 1, "fixed": 1, "came_back": 1}
    said = shown(showing.overview(fresh, catalog, NOW))
    assert "Last pass  3, live, complete" in said
    assert "Since then 4, live, not ended" in said


def test_nothing_has_moved_since_a_milestone_where_the_evidence_is_the_same(fresh: Ledger) -> None:
    fresh.milestone("now", "", NOW)
    milestone = show_practices.named_milestone(fresh, "now")
    assert document(show_practices.moved(fresh, catalog, NOW, milestone))["moved"] == []


def test_of_before_the_first_pass_nothing_is_known(ledger: Ledger) -> None:
    with pytest.raises(UsageError, match="knows nothing from before 2026-11-14 11:00 UTC"):
        showing.check_known(ledger, NOW - timedelta(days=10))
    showing.check_known(ledger, NOW - timedelta(days=9))
    since = shown(show_passes.changes(ledger, NOW - timedelta(days=10)))
    assert "since the ledger began" in since


def test_of_a_resource_of_code_the_findings_are_shown(fresh: Ledger) -> None:
    subject = Subject(BUCKET, "aws_s3_bucket.orders", "infra", "", "terraform")
    pass_ = fresh.begin("code", "infra", "0.1", NOW)
    reasons = (Reason("VersioningConfiguration.Status", "'Enabled'", "'Suspended'"),)
    fresh.record_findings(pass_, [Finding(control(VERSIONS), "fail", subject, reasons)], lambda *_: False, at=NOW)
    page = show_resource.resource(fresh, "aws_s3_bucket.orders")
    found = document(page)
    assert [row["control"] for row in found["findings"]] == [VERSIONS]
    assert (found["states"], found["resources"][0]["scope"]) == ([], "infra")
    for format_name in ("console", "csv", "markdown"):
        assert VERSIONS in shown(page, format_name)
    with pytest.raises(UsageError, match="nothing to compare"):
        show_resource.resource(fresh, "aws_s3_bucket.orders", NOW)


def test_verify_counts_the_rows_and_knows_the_head(ledger: Ledger) -> None:
    found = document(show_ledger.verify(ledger, ledger.head()))
    assert (found["sound"], found["flaws"], found["head"]) == (True, [], ledger.head())
    assert found["rows"] == ledger.row_count() > 20
    lost = document(show_ledger.verify(ledger, "f" * 64))
    assert [row["kind"] for row in lost["flaws"]] == ["removed"]
    assert document(show_ledger.verify(ledger, f" {ledger.head().upper()}\n"))["sound"]
    for head in ("", "f" * 63, "head"):
        with pytest.raises(UsageError, match="64 hexadecimal digits"):
            show_ledger.verify(ledger, head)


def test_prune_counts_until_it_is_told_to_remove(fresh: Ledger) -> None:
    before = fresh.row_count()
    counted = document(show_ledger.prune(fresh, NOW - timedelta(days=1), NOW))
    assert counted["rows"] > 0
    assert fresh.row_count() == before
    done = document(show_ledger.prune(fresh, NOW - timedelta(days=1), NOW, apply=True))
    assert (done["rows"], done["applied"]) == (counted["rows"], True)
    assert fresh.row_count() == before - done["rows"] + 1
    assert document(show_ledger.verify(fresh))["sound"]
    with pytest.raises(UsageError, match="has not come"):
        show_ledger.prune(fresh, NOW + timedelta(days=1), NOW)


PAGES: dict[str, Callable[[Ledger], Page]] = {
    "overview": lambda one: showing.overview(one, catalog, NOW),
    "findings": lambda one: show_findings.findings(one, show_findings.query_of(Filters(), one, catalog)),
    "changes": lambda one: show_passes.changes(one, None),
    "resource": lambda one: show_resource.resource(one, "orders"),
    "passes": show_passes.passes,
    "gaps": show_passes.gaps,
    "trends": lambda one: show_trends.trends(one, "severity", catalog),
    "owners": show_passes.owners,
    "practices": lambda one: show_practices.practices(one, catalog, NOW, limit=50),
    "plan": lambda one: show_practices.improvement_plan(one, catalog, NOW),
    "milestones": show_ledger.milestones,
    "verify": show_ledger.verify,
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_the_same_each_time_and_fits_the_terminal(ledger: Ledger, name: str) -> None:
    page = PAGES[name](ledger)
    for format_name in LISTINGS:
        assert shown(page, format_name) == shown(PAGES[name](ledger), format_name)
        assert shown(page, format_name).strip()
    for width in (40, 80, 120):
        for line in shown(page, width=width).splitlines():
            # what can't be broken stays whole: an address, a hash, a link
            assert len(line) <= width or max(map(len, line.split())) > width - 20, line
