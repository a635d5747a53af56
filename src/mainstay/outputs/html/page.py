"""The page around the sections: its head with the policy that lets nothing in, the filters, and the order of it all."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from importlib.resources import files
from typing import TextIO

from mainstay.catalog import load_practices
from mainstay.model.controls import PILLARS, SEVERITIES
from mainstay.model.findings import Review
from mainstay.outputs.html.findings import decided, gaps, not_met, remarks, undecided, unjudged
from mainstay.outputs.html.markup import Markup, element, opening
from mainstay.outputs.html.overview import layers, pillars, practices, scanners
from mainstay.outputs.style import Style
from mainstay.outputs.summary import summarize
from mainstay.outputs.wording import told

VERDICTS = {"fail": "not met", "new": "not met, new", "unknown": "undecided", "waived": "waived", "fixed": "fixed"}


def write_html(review: Review, stream: TextIO, style: Style) -> None:
    """Write the review for a browser. Long lists are cut; `--verbose` cuts them later, never not at all."""
    for piece in _page(review, style):
        stream.write(piece + "\n")


def _page(review: Review, style: Style) -> Iterator[str]:
    summary = summarize(review)
    known = load_practices()
    css, script = _part("page.css"), _part("page.js")
    yield "<!DOCTYPE html>"
    yield opening("html", lang="en")
    yield "<head>"
    yield from _head(css)
    yield "</head>"
    yield "<body>"
    yield element("header", element("h1", "Well-Architected review"), element("p", told(review), class_="told"))
    yield "<main>"
    yield from pillars(summary)
    yield from layers(summary)
    yield _filters()
    yield from not_met(review, known, style)
    yield from undecided(review, style)
    yield from gaps(review, style)
    yield from decided(review, style)
    yield from scanners(review, style)
    yield from remarks(review, style)
    yield from unjudged(review)
    yield from practices(summary, review)
    yield "</main>"
    yield f"<script>{script}</script>"
    yield "</body>"
    yield "</html>"


def _part(name: str) -> str:
    """A file of this package, as it stands in the page."""
    return files(__package__).joinpath(name).read_text("utf-8")


def policy(*, css: str, script: str) -> str:
    """What the browser may do with the page: apply this style, run this script, and nothing else."""
    return (
        f"default-src 'none'; style-src '{_digest(css)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def _head(css: str) -> Iterator[str]:
    yield element("meta", charset="utf-8")
    allowed = policy(css=css, script=_part("page.js"))
    yield element("meta", http_equiv="Content-Security-Policy", content=allowed)
    yield element("meta", name="viewport", content="width=device-width, initial-scale=1")
    yield element("meta", name="color-scheme", content="light dark")
    yield element("meta", name="referrer", content="no-referrer")
    yield element("title", "Well-Architected review")
    yield f"<style>{css}</style>"


def _filters() -> Markup:
    """The controls of the list. Without JavaScript they would do nothing, so the script shows them."""
    above = {one: one if one == "critical" else f"{one} and above" for one in reversed(SEVERITIES[1:])}
    return element(
        "form",
        element("h2", "Filter"),
        _choice("pillar", "Pillar", PILLARS.items()),
        _choice("severity", "Severity", above.items()),
        _choice("verdict", "Verdict", VERDICTS.items()),
        element(
            "label",
            element("span", "Text"),
            element("input", type="search", name="text", autocomplete="off", placeholder="a name, a file, a word"),
        ),
        element("button", "Clear", type="reset"),
        element("output", aria_live="polite"),
        id="filters",
        hidden=True,
        aria_label="Filter what is listed",
    )


def _choice(name: str, label: str, options: Iterable[tuple[str, str]]) -> Markup:
    choices = [element("option", text, value=value) for value, text in options]
    return element(
        "label", element("span", label), element("select", Markup('<option value="">all</option>'), *choices, name=name)
    )
