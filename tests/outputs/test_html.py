"""The HTML page: well-formed, complete, closed to the outside, readable, and filtered by its own script."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from mainstay.model.decisions import Known, Waiver
from mainstay.model.errors import Fault
from mainstay.model.findings import Review
from mainstay.model.places import Place
from mainstay.model.reports import Report, Result
from mainstay.outputs import FORMATS, Style
from mainstay.outputs.summary import summarize

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
HOSTILE = "</style></script><script>alert(1)</script><img src=x onerror=alert(1)>\" onclick='x' &lt;\x00\udc80"
VOID = {"meta", "input"}


def written(review: Review, **style: Any) -> str:
    stream = io.StringIO()
    FORMATS["html"](review, stream, Style(**style))
    return stream.getvalue()


class Page(HTMLParser):
    """A page, taken apart strictly: it fails where a tag is not closed in its order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.said: list[str] = []
        self.inside: dict[str, str] = {}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names))
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("style", "script"):
            self.inside[self.open[-1]] = self.inside.get(self.open[-1], "") + data
        else:
            self.said.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.said).split())

    def all(self, name: str) -> list[str]:
        return [attributes[name] for _, attributes in self.tags if name in attributes]


@pytest.fixture
def decided(weak: Review) -> Review:
    """The weak review after a while: something waived, something known, something fixed, and a report."""
    one, two, *rest = (finding for finding in weak.findings if finding.verdict == "fail")
    waiver = Waiver("moves to the new cluster", "file", "data-team", place=Place("waivers.yaml", 3, 3))
    results = [
        Result("bandit", f"B{number}", "hard-coded password", "low", "code", Place("a.py", number, 1))
        for number in range(1, 41)
    ]
    others = [replace(finding, change="new") for finding in rest]
    return replace(
        weak,
        findings=[
            replace(one, verdict="waived", waiver=waiver),
            replace(two, change="unchanged"),
            *others,
            *(finding for finding in weak.findings if finding.verdict != "fail"),
        ],
        fixed=[Known("0" * 16, "s3-keeps-versions", "AWS::S3::Bucket", "aws_s3_bucket.old", "infra")],
        reports=[Report("bandit", "1.8", "b.sarif", ("code",), tuple(results))],
        remarks=[Fault("the waiver has expired", Place("waivers.yaml", 3, 3))],
    )


@pytest.fixture
def hostile(decided: Review) -> Review:
    place = Place(HOSTILE, 1, 1)
    findings = [
        replace(
            finding,
            control=replace(finding.control, title=HOSTILE, why=HOSTILE),
            subject=replace(finding.subject, address=HOSTILE, construct=HOSTILE, place=place),
            reasons=tuple(replace(reason, actual=HOSTILE, mark=place, settle=HOSTILE) for reason in finding.reasons),
            waiver=finding.waiver and replace(finding.waiver, reason=HOSTILE),
        )
        for finding in decided.findings
    ]
    report = Report(HOSTILE, HOSTILE, HOSTILE, ("code",), (Result("x", HOSTILE, HOSTILE, "low", "code", place),))
    gaps = [replace(gap, reason=HOSTILE, place=place) for gap in decided.gaps]
    return replace(decided, findings=findings, gaps=gaps, reports=[report], unjudged_types={HOSTILE: 1})


def test_the_page_is_well_formed_and_leads_nowhere_but_to_the_framework(
    decided: Review, hostile: Review, sound: Callable[..., Review]
) -> None:
    for review in (decided, hostile, sound(), Review([], [], [], 0, 0)):
        page = Page(written(review))
        ids = page.all("id")
        assert len(ids) == len(set(ids))
        assert set(page.all("aria-labelledby")) <= set(ids)
        for link in page.all("href"):
            assert link.startswith("https://docs.aws.amazon.com/wellarchitected/") or link.removeprefix("#") in ids
        named = {name for _, attributes in page.tags for name in attributes}
        assert not {name for name in named if name.startswith("on") or name in ("src", "style", "action")}
        assert not {"link", "img", "iframe", "object"} & {tag for tag, _ in page.tags}


def test_nothing_hostile_becomes_markup(hostile: Review) -> None:
    page = Page(written(hostile))
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert page.text.count("<script>alert(1)</script>") > 50
    assert "\\x00\\udc80" in page.text


def test_the_policy_allows_the_style_and_the_script_of_the_page_and_nothing_else(decided: Review) -> None:
    page = Page(written(decided))
    policy = next(
        attributes["content"]
        for _, attributes in page.tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    digests = {
        name: "'sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode() + "'"
        for name, content in page.inside.items()
    }
    assert dict(part.strip().split(" ", 1) for part in policy.split(";")) == {
        "default-src": "'none'",
        "style-src": digests["style"],
        "script-src": digests["script"],
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert not re.search(r"url\(|@import|fetch\(|innerHTML|eval\(", page.inside["style"] + page.inside["script"])


def test_the_numbers_are_those_of_the_summary(decided: Review) -> None:
    text = Page(written(decided)).text
    summary = summarize(decided)
    verdicts = summary.total.verdicts
    assert f"{verdicts['fail']} findings of 10 controls" in text
    assert f"Undecided {verdicts['unknown']} verdicts" in text
    for coverage in summary.coverage.values():
        states = coverage.states
        counted = f"{states['met']} met {states['partial']} partly met {states['not_met']} not met"
        judged = f"{coverage.judged} of {coverage.practices} practices judged"
        able = f"configuration can speak to {coverage.answerable}."
        assert f"{counted} {states['unknown']} unknown {judged}; {able}" in text
    bars = re.findall(r"<svg.*?</svg>", written(decided))
    for bar, coverage in zip(bars, summary.coverage.values(), strict=True):
        widths = [int(width) for width in re.findall(r' width="(\d+)"', bar)]
        assert sum(widths) == coverage.practices


def test_everything_that_was_decided_is_told(decided: Review) -> None:
    text = Page(written(decided)).text
    for told in (
        "waived by data-team: moves to the new cluster",
        "aws_s3_bucket.old",
        "waivers.yaml:3:3: the waiver has expired",
        "bandit 1.8 40 results",
        "AWS::Route53::RecordSet (7)",
        "infra/cache.tf:12",
        "set var.encrypt or pass a plan",
    ):
        assert told in text
    assert "and 15 more: -f json has them all" in text


def test_a_share_of_practices_is_never_shown(decided: Review) -> None:
    assert "%" not in Page(written(decided)).text


def test_a_large_review_stays_a_small_page(weak: Review) -> None:
    failures = [finding for finding in weak.findings if finding.verdict == "fail"]
    many = [
        replace(one, subject=replace(one.subject, address=f"module.m[{number}].{one.subject.address}"))
        for number in range(1_000)
        for one in failures
    ]
    passed = next(finding for finding in weak.findings if finding.verdict == "pass")
    text = written(replace(weak, findings=[*many, *[passed] * 50_000]))
    assert len(text) < 400_000
    page = Page(text)
    assert f"{len(many):,} findings" in page.text
    left = sum(int(number.replace(",", "")) for number in re.findall(r"and ([\d,]+) more: -f csv", page.text))
    assert left + page.text.count("module.m[") == len(many)


def test_two_pages_of_one_review_are_the_same(decided: Review) -> None:
    assert written(decided) == written(replace(decided))


def luminance(color: str) -> float:
    parts = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_every_colour_of_text_has_the_contrast_that_people_need(decided: Review) -> None:
    palettes = re.findall(r":root \{(.*?)\}", Page(written(decided)).inside["style"], re.DOTALL)
    assert len(palettes) == 3, "light, dark and print"
    for palette in palettes:
        colors = dict(re.findall(r"--(\w+): (#\w{6})", palette))
        for ground in ("ground", "raised"):
            for ink in ("ink", "quiet", "link"):
                assert contrast(colors[ground], colors[ink]) >= 4.5, (ground, ink)
        for severity in ("critical", "high", "medium", "low"):
            assert contrast(colors[severity], colors["on"]) >= 4.5, severity


# -- in a browser


@pytest.fixture(scope="session")
def browser() -> str:
    """A browser to open pages with. Without one these tests are skipped; where CI is set they fail."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        message = f"none of {', '.join(BROWSERS)} is installed: the page's script is not tested"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    return str(found)


@pytest.fixture
def shown(browser: str, tmp_path: Path, decided: Review) -> Callable[[str], str]:
    file = tmp_path / "review.html"
    file.write_text(written(decided), "utf-8")

    def show(fragment: str) -> str:
        """The page as the browser has it after its script ran."""
        options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
        command = [browser, *options, "--dump-dom", f"{file.as_uri()}{fragment}"]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout

    return show


def visible_items(dom: str) -> list[dict[str, str]]:
    tags = [attributes for _, attributes in Page(dom).tags if attributes.get("class") == "item"]
    return [attributes for attributes in tags if "hidden" not in attributes]


def test_a_browser_filters_by_what_the_address_says(shown: Callable[[str], str]) -> None:
    everything = visible_items(shown(""))
    filtered = shown("#pillar=SEC&severity=high&verdict=fail")
    severe = visible_items(filtered)
    assert severe == [
        item
        for item in everything
        if "SEC" in item.get("data-pillars", "").split()
        and item["data-severity"] in ("high", "critical")
        and "fail" in item["data-verdicts"].split()
    ]
    assert 0 < len(severe) < len(everything)
    assert f"{len(severe)} of {len(everything)} entries: Security, high and above, not met" in Page(filtered).text
    assert {item["data-verdicts"] for item in visible_items(shown("#verdict=waived"))} == {"waived"}


def test_a_browser_finds_words_wherever_they_stand_in_an_entry(shown: Callable[[str], str]) -> None:
    assert [item["id"] for item in visible_items(shown("#text=GP3+modules%2Fvolumes"))] == [
        "control-ebs-volume-is-of-current-type"
    ]
    assert visible_items(shown("#text=there+is+no+such+word")) == []


def test_a_link_to_a_control_opens_it(shown: Callable[[str], str]) -> None:
    tags = Page(shown("#control-rds-survives-zone-loss")).tags
    opened = [attributes["id"] for tag, attributes in tags if tag == "details" and "open" in attributes]
    assert opened == ["control-rds-survives-zone-loss"]
    form = next(attributes for tag, attributes in tags if tag == "form")
    assert "hidden" not in form
