"""The review as a person reads it in a terminal, a pipe or a log: weaknesses, doubts, gaps, and a summary."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TextIO

from mainstay.model.controls import LAYERS, PILLARS
from mainstay.model.findings import Finding, Gap, Review
from mainstay.outputs.blocks import group, weakness
from mainstay.outputs.frames import SourceLines
from mainstay.outputs.paint import Line, Tone, cells, painter, wrap
from mainstay.outputs.style import Style
from mainstay.outputs.summary import Summary, Tally, summarize
from mainstay.outputs.wording import by_place, count, fresh, open_controls, settling, told, waived, where

EXAMPLES_SHOWN = 3
DOUBTS_SHOWN = 10
GAPS_SHOWN = 20
TYPES_SHOWN = 5
FEWEST_PRACTICES = 10
NARROW = 76
NARROWEST = 40
BLANK: Line = ()


def write_console(review: Review, stream: TextIO, style: Style) -> None:
    """Write the review for a person."""
    paint = painter(style.color)
    style = replace(style, width=max(style.width, NARROWEST))
    encoding = getattr(stream, "encoding", None) or "utf-8"
    for line in _page(review, style):
        # An old terminal's encoding must not stop a review: what it can't show is written as an escape.
        stream.write(paint(line).encode(encoding, "backslashreplace").decode(encoding) + "\n")


def _page(review: Review, style: Style) -> Iterator[Line]:
    summary = summarize(review)
    sources = SourceLines(style.base)
    for weaknesses in group(fresh(review)):
        yield from weakness(weaknesses, sources, style)
        yield BLANK
    for section in (
        _undecided([finding for finding in review.findings if finding.verdict == "unknown"], style),
        _gaps(review, style),
        _decided(review, style),
        _remarks(review, style),
        _unjudged(review, style),
        _table(summary, style),
        _layers(summary, style),
        _practices(summary, style),
    ):
        yield from section
    yield from _verdict(review, summary, style)


def _undecided(findings: list[Finding], style: Style) -> Iterator[Line]:
    """The unknown verdicts by the fact that would settle them, the fact that settles most first."""
    if not findings:
        return
    doubts: dict[str, list[Finding]] = {}
    for finding in findings:
        doubts.setdefault(settling(finding), []).append(finding)
    ordered = sorted(doubts.items(), key=lambda doubt: (-len(doubt[1]), doubt[0]))
    shown = ordered if style.verbose else ordered[:DOUBTS_SHOWN]
    yield (("Undecided", "strong"), (f": {count(len(findings), 'verdict')}, by what would settle them", "plain"))
    gutter = len(f"{len(ordered[0][1]):,}")
    for fact, members in shown:
        for number, line in enumerate(wrap(fact, style.width - gutter - 4)):
            yield (f"  {f'{len(members):,}' if number == 0 else '':>{gutter}}  ", "strong"), (line, "plain")
        yield from _examples(members, " " * (gutter + 6), style)
    if len(ordered) > len(shown):
        left = ordered[len(shown) :]
        verdicts = count(sum(len(members) for _, members in left), "verdict")
        yield ((f"  and {verdicts} that {count(len(left), 'other fact')} would settle", "quiet"),)
    yield BLANK


def _examples(findings: list[Finding], indent: str, style: Style) -> Iterator[Line]:
    findings = sorted(findings, key=by_place)
    shown = findings if style.verbose else findings[:EXAMPLES_SHOWN]
    for finding in shown:
        place = where(finding)
        named = f"{finding.control.id} on {finding.subject.address}"
        if place is None:
            yield (indent, "plain"), (named, "quiet")
        elif len(indent) + cells(named) + 2 + cells(str(place)) <= style.width:
            yield (indent, "plain"), (f"{named}  ", "quiet"), (str(place), "place")
        else:
            yield (indent, "plain"), (named, "quiet")
            yield (f"{indent}  ", "plain"), (str(place), "place")
    if len(findings) > len(shown):
        yield ((f"{indent}and {len(findings) - len(shown):,} more", "quiet"),)


def _gaps(review: Review, style: Style) -> Iterator[Line]:
    """What could not be read, equal reasons together."""
    gaps = [gap for gap in review.gaps if gap not in review.known_gaps]
    if not gaps:
        return
    alike: dict[tuple[str, str], list[Gap]] = {}
    for gap in gaps:
        alike.setdefault((gap.kind, gap.reason), []).append(gap)
    shown = list(alike.items()) if style.verbose else list(alike.items())[:GAPS_SHOWN]
    yield ("Gaps", "strong"), (f": {count(len(gaps), 'thing')} that could not be read", "plain")
    for (kind, reason), members in shown:
        for number, line in enumerate(wrap(f"{kind}: {reason}", style.width - 4)):
            yield (("  " if number == 0 else "    ", "plain"), (line, "plain"))
        unknown = open_controls(members)
        if unknown:
            yield ((f"      {unknown}", "quiet"),)
        places = [gap.where for gap in members if gap.where]
        listed = places if style.verbose else places[:EXAMPLES_SHOWN]
        for place in listed:
            yield ("      ", "plain"), (place, "place")
        if len(places) > len(listed):
            yield ((f"      and {len(places) - len(listed):,} more", "quiet"),)
    if len(alike) > len(shown):
        yield ((f"  and {len(alike) - len(shown):,} more", "quiet"),)
    yield BLANK


def _decided(review: Review, style: Style) -> Iterator[Line]:
    """What people live with, and what is gone since it was last compared."""
    lived_with = [finding for finding in review.findings if finding.waiver is not None and finding.verdict == "waived"]
    if lived_with and style.verbose:
        yield ("Waived", "strong"), (f": {count(len(lived_with), 'finding')}", "plain")
        for finding in sorted(lived_with, key=by_place):
            yield ("  ", "plain"), (f"{finding.control.id} on {finding.subject.address}", "quiet")
            for line in wrap(waived(finding.waiver) if finding.waiver else "", style.width - 4):
                yield ("    ", "plain"), (line, "plain")
        yield BLANK
    if review.fixed:
        shown = review.fixed if style.verbose else review.fixed[:EXAMPLES_SHOWN]
        yield ("Fixed", "good"), (f": {count(len(review.fixed), 'finding')}", "plain")
        for known in shown:
            yield ("  ", "plain"), (f"{known.control} on {known.address}", "quiet")
        if len(review.fixed) > len(shown):
            yield ((f"  and {len(review.fixed) - len(shown):,} more", "quiet"),)
        yield BLANK


def _remarks(review: Review, style: Style) -> Iterator[Line]:
    if not review.remarks:
        return
    yield (("Remarks", "strong"),)
    for remark in review.remarks:
        for number, line in enumerate(wrap(str(remark), style.width - 4)):
            yield ("  " if number == 0 else "    ", "plain"), (line, "plain")
    yield BLANK


def _unjudged(review: Review, style: Style) -> Iterator[Line]:
    """The types that no control knows: silence about them is no praise."""
    if not review.unjudged_types:
        return
    types = sorted(review.unjudged_types.items(), key=lambda item: (-item[1], item[0]))
    shown = types if style.verbose else types[:TYPES_SHOWN]
    total = sum(review.unjudged_types.values())
    names = ", ".join(f"{name} ({number:,})" for name, number in shown)
    more = f" and {count(len(types) - len(shown), 'more type')}" if len(types) > len(shown) else ""
    for number, line in enumerate(wrap(f"Not judged: {count(total, 'resource')} of {names}{more}", style.width - 2)):
        yield (("" if number == 0 else "  ", "plain"), (line, "plain"))
    yield BLANK


def _table(summary: Summary, style: Style) -> Iterator[Line]:
    if not summary.total.controls:
        return
    narrow = style.width < NARROW
    names = {pillar: pillar if narrow else title for pillar, title in PILLARS.items()}
    first = max(map(len, [*names.values(), "Pillar"]))
    waived = summary.total.verdicts["waived"] > 0
    heads = ["controls", "pass", "fail", "unknown", "n/a", *(["waived"] if waived else [])]
    rows = [(names[pillar], tally) for pillar, tally in summary.pillars.items()]
    widths = [max(len(head), *(len(_numbers(tally, waived)[i]) for _, tally in rows)) for i, head in enumerate(heads)]
    heading = "  ".join(
        [f"{'Pillar':<{first}}", *(f"{head:>{width}}" for head, width in zip(heads, widths, strict=True)), "worst"]
    )
    yield ((heading, "quiet"),)
    for name, tally in rows:
        numbers = "  ".join(f"{text:>{width}}" for text, width in zip(_numbers(tally, waived), widths, strict=True))
        worst: tuple[str, Tone] = (tally.worst, tally.worst) if tally.worst else ("-", "quiet")
        yield (f"{name:<{first}}  {numbers}  ", "plain" if tally.controls else "quiet"), worst
    yield BLANK


def _numbers(tally: Tally, waived: bool) -> list[str]:
    verdicts = tally.verdicts
    numbers = [tally.controls, verdicts["pass"], verdicts["fail"], verdicts["unknown"], verdicts["not_applicable"]]
    return [f"{number:,}" if number else "-" for number in [*numbers, *([verdicts["waived"]] if waived else [])]]


def _layers(summary: Summary, style: Style) -> Iterator[Line]:
    """The layers of the workload beside what other scanners found in them; only where there are such results."""
    if not summary.results:
        return
    first = max(map(len, LAYERS))
    heads = ["pass", "fail", "unknown", "other scanners"]
    yield (("  ".join([f"{'Layer':<{first}}", *heads]), "quiet"),)
    for layer, tally in summary.layers.items():
        counted = [tally.verdicts["pass"], tally.verdicts["fail"], tally.verdicts["unknown"]]
        texts = [f"{number or '-':>{len(head)}}" for number, head in zip(counted, heads[:3], strict=True)]
        results = summary.results.get(layer)
        seen = "-" if results is None else f"{results:,}"
        tone: Tone = "plain" if tally.controls or results is not None else "quiet"
        yield ((f"{layer:<{first}}  {'  '.join(texts)}  {seen:>{len(heads[3])}}", tone),)
    yield BLANK


def _practices(summary: Summary, style: Style) -> Iterator[Line]:
    """What the verdicts say of the framework's practices, and how far they reach: no share without its coverage."""
    if sum(row.judged for row in summary.coverage.values()) < (1 if style.verbose else FEWEST_PRACTICES):
        return  # a review that was narrowed to a few controls says nothing of the whole
    narrow = style.width < NARROW
    first = max(map(len, [*(PILLARS if narrow else PILLARS.values()), "Practices"]))
    heads = ["in all", "askable", "judged", "met", "partly", "not met"]
    yield (("  ".join([f"{'Practices':<{first}}", *heads]), "quiet"),)
    for pillar, row in summary.coverage.items():
        states = row.states
        numbers = [row.practices, row.answerable, row.judged, states["met"], states["partial"], states["not_met"]]
        texts = [f"{number or '-':>{len(head)}}" for number, head in zip(numbers, heads, strict=True)]
        name = pillar if narrow else PILLARS[pillar]
        yield ((f"{name:<{first}}  {'  '.join(texts)}", "plain" if row.judged else "quiet"),)
    rows = summary.coverage.values()
    said = (
        f"Of {sum(row.practices for row in rows)} practices, configuration can speak to "
        f"{sum(row.answerable for row in rows)}, the catalogue knows {sum(row.served for row in rows)} of them, "
        f"and this review judged {sum(row.judged for row in rows)}."
    )
    for line in wrap(said, style.width):
        yield ((line, "quiet"),)
    yield BLANK


def _verdict(review: Review, summary: Summary, style: Style) -> Iterator[Line]:
    """The last line: what was found in how much, and what stays open."""
    whole = told(review)
    said, *opened = whole.split("; ")
    verdicts = summary.total.verdicts
    tone: Tone = "strong" if verdicts["fail"] or opened or not summary.total.controls else "good"
    for part in [whole] if cells(whole) <= style.width else [said, "; ".join(opened)]:
        for line in wrap(part, style.width):
            yield ((line, tone),)
