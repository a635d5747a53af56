"""The page of a review: the order of its sections."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from mainstay.catalog import load_practices
from mainstay.model.findings import Review
from mainstay.outputs.html.findings import decided, gaps, not_met, remarks, undecided, unjudged
from mainstay.outputs.html.frame import filters, page
from mainstay.outputs.html.overview import layers, pillars, practices, scanners
from mainstay.outputs.style import Style
from mainstay.outputs.summary import summarize
from mainstay.outputs.wording import told

VERDICTS = {"fail": "not met", "new": "not met, new", "unknown": "undecided", "waived": "waived", "fixed": "fixed"}


def write_html(review: Review, stream: TextIO, style: Style) -> None:
    """Write the review for a browser. Long lists are cut; `--verbose` cuts them later, never not at all."""
    for piece in page("Well-Architected review", told(review), _main(review, style)):
        stream.write(piece + "\n")


def _main(review: Review, style: Style) -> Iterator[str]:
    summary = summarize(review)
    known = load_practices()
    yield from pillars(summary)
    yield from layers(summary)
    yield filters("a name, a file, a word", ("verdict", "Verdict", VERDICTS.items()))
    yield from not_met(review, known, style)
    yield from undecided(review, style)
    yield from gaps(review, style)
    yield from decided(review, style)
    yield from scanners(review, style)
    yield from remarks(review, style)
    yield from unjudged(review)
    yield from practices(summary, review)
