"""What every page has around its sections: a head with the policy that lets nothing in, the title, the filters."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from importlib.resources import files

from mainstay.model.controls import PILLARS, SEVERITIES
from mainstay.outputs.html.markup import Markup, element, opening

Choice = tuple[str, str, Iterable[tuple[str, str]]]
"""What is chosen by: its name, its label, and the values with what is shown of each."""


def page(title: str, told: str, main: Iterable[str], more_css: str = "") -> Iterator[str]:
    """A whole page; `told` is its first sentence, `more_css` what it styles besides what every page does."""
    css, script = part(__package__, "page.css") + more_css, part(__package__, "page.js")
    yield "<!DOCTYPE html>"
    yield opening("html", lang="en")
    yield "<head>"
    yield element("meta", charset="utf-8")
    yield element("meta", http_equiv="Content-Security-Policy", content=_policy(css, script))
    yield element("meta", name="viewport", content="width=device-width, initial-scale=1")
    yield element("meta", name="color-scheme", content="light dark")
    yield element("meta", name="referrer", content="no-referrer")
    yield element("title", title)
    yield f"<style>{css}</style>"
    yield "</head>"
    yield "<body>"
    yield element("header", element("h1", title), element("p", told, class_="told"))
    yield "<main>"
    yield from main
    yield "</main>"
    yield f"<script>{script}</script>"
    yield "</body>"
    yield "</html>"


def part(package: str, name: str) -> str:
    """A file of a package, as it stands in the page."""
    return files(package).joinpath(name).read_text("utf-8")


def _policy(css: str, script: str) -> str:
    """What the browser may do with the page: apply this style, run this script, and nothing else."""
    return (
        f"default-src 'none'; style-src '{_digest(css)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def filters(hint: str, *more: Choice) -> Markup:
    """The controls of the list: by pillar, by severity, by `more`, by text, of which `hint` says what it may be.

    Without JavaScript they would do nothing, so the script shows them.
    """
    above = {one: one if one == "critical" else f"{one} and above" for one in reversed(SEVERITIES[1:])}
    choices: list[Choice] = [("pillar", "Pillar", PILLARS.items()), ("severity", "Severity", above.items()), *more]
    return element(
        "form",
        element("h2", "Filter"),
        *(_choice(*each) for each in choices),
        element(
            "label",
            element("span", "Text"),
            element("input", type="search", name="text", autocomplete="off", placeholder=hint),
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
