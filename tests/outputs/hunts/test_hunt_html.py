"""The HTML page of a hunt: well-formed, closed to the outside, and nothing in it is markup of others."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from mainstay.model.hunts import Hunt

Written = Callable[..., str]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
VOID = {"meta", "input"}


class Page(HTMLParser):
    """A page, taken apart strictly: it fails where a tag is not closed in its order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.inside: dict[str, str] = {}
        self.said: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("style", "script"):
            self.inside[self.open[-1]] = self.inside.get(self.open[-1], "") + data
        else:
            self.said.append(data)

    def all(self, name: str) -> list[str]:
        return [attributes[name] for _, attributes in self.tags if name in attributes]


def test_the_page_is_well_formed_and_nothing_hostile_becomes_markup(
    hunted: Hunt, hostile: Hunt, quiet: Hunt, written: Written
) -> None:
    for hunt in (hunted, hostile, quiet):
        page = Page(written("html", hunt))
        ids = page.all("id")
        assert len(ids) == len(set(ids))
        assert set(page.all("aria-labelledby")) <= set(ids)
        assert [link for link in page.all("href") if not link.startswith("https://")] == []
        named = {name for _, attributes in page.tags for name in attributes}
        assert not {name for name in named if name.startswith("on") or name in ("src", "style", "action")}
        tags = [tag for tag, _ in page.tags]
        assert tags.count("script") == 1
        assert not {"link", "img", "iframe", "object"} & set(tags)
    assert "javascript:alert(1)" in " ".join(Page(written("html", hostile)).said)


def test_the_policy_allows_the_style_and_the_script_of_the_page_and_nothing_else(
    hunted: Hunt, written: Written
) -> None:
    page = Page(written("html", hunted))
    policy = next(attributes["content"] for _, attributes in page.tags if "http-equiv" in attributes)
    digests = {
        name: "'sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode() + "'"
        for name, content in page.inside.items()
    }
    assert policy == (
        f"default-src 'none'; style-src {digests['style']}; script-src {digests['script']}; "
        "base-uri 'none'; form-action 'none'"
    )


def test_the_bars_of_the_timeline_are_as_many_as_its_findings_say(hunted: Hunt, written: Written) -> None:
    text = written("html", hunted)
    told = re.findall(r"<title>[^<]*Z: ([\d,]+) (critical|high|medium|low)</title>", text)
    assert sum(int(number) for number, _ in told) == len(hunted.findings)
    heights = [float(height) for height in re.findall(r'<rect [^>]*height="([\d.]+)"', text)]
    assert max(heights) == 100.0
    assert len(heights) == len(told)


def test_a_large_hunt_stays_a_small_page_that_says_what_it_left_out(hunted: Hunt, written: Written) -> None:
    many = [replace(hunted.findings[-1], event_id=f"e-{number}") for number in range(20_000)]
    text = written("html", replace(hunted, findings=many))
    assert len(text) < 100_000
    assert "and 19,975 more: -f csv or -f json writes them all" in text


def test_a_browser_filters_the_rules(hunted: Hunt, written: Written, tmp_path: Path) -> None:
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser is None:
        message = f"none of {', '.join(BROWSERS)} is installed: the page's script is not tested"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    file = tmp_path / "hunt.html"
    file.write_text(written("html", hunted), "utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom"]
    command = [str(browser), *options, f"{file.as_uri()}#severity=high&pillar=SEC&text=198.51.100.7"]
    dom = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    items = [attributes for _, attributes in Page(dom).tags if attributes.get("class") == "item"]
    assert [item["id"] for item in items if "hidden" not in item] == ["rule-console-guessed"]
    assert "1 of 4 entries: Security, high and above, 198.51.100.7" in " ".join(Page(dom).said)
