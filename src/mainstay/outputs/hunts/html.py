"""The hunt as one HTML page in the look of reviews: it opens anywhere, asks nothing of the network, and prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TextIO

from mainstay.catalog import load_practices
from mainstay.model.controls import PILLARS
from mainstay.model.detections import EventFinding
from mainstay.model.hunts import Aside, Hunt
from mainstay.model.practices import Practice
from mainstay.outputs.html.frame import filters, page, part
from mainstay.outputs.html.markup import Markup, element, identifier, joined, opening
from mainstay.outputs.html.overview import practice_link, severity
from mainstay.outputs.hunts.telling import (
    SOURCES,
    Group,
    alike,
    author,
    groups,
    iso,
    place,
    short_time,
    technique_url,
    told,
    where_from,
)
from mainstay.outputs.hunts.timeline import timeline
from mainstay.outputs.style import Style
from mainstay.outputs.wording import count

TITLE = "Hunt through logs"
SHOWN, SHOWN_VERBOSE = 25, 1_000
EVENTS_SHOWN = 50
EXAMPLES_SHOWN = 5
LONGEST = 600
STEPS = 120
HEIGHT = 100


def write_html(hunt: Hunt, stream: TextIO, style: Style) -> None:
    """Write the hunt for a browser. Long lists are cut; `--verbose` cuts them later, never not at all."""
    main = _main(hunt, SHOWN_VERBOSE if style.verbose else SHOWN)
    for piece in page(TITLE, told(hunt), main, part(__package__, "html.css")):
        stream.write(piece + "\n")


def _main(hunt: Hunt, most: int) -> Iterator[str]:
    yield from _timeline(hunt)
    yield from _read(hunt)
    yield filters("a name, an address, a word")
    yield from _found(hunt, most)
    yield from _gaps(hunt, most)
    yield from _asides(hunt.asides, most)
    yield from _remarks(hunt, most)


def _start(id: str, title: str, said: str) -> Markup:
    return joined(
        [opening("section", aria_labelledby=id), element("h2", title, id=id), element("p", said, class_="count")]
    )


def _timeline(hunt: Hunt) -> Iterator[Markup]:
    """Stacked bars over time, the worst severity at the bottom, and the same numbers as a legend."""
    chart = timeline(hunt.findings, STEPS)
    if chart is None:
        return
    rows = [(name, row) for name, row in chart.counts.items()]
    length = len(rows[0][1])
    highest = max(sum(row[at] for _, row in rows) for at in range(length))
    bars: list[Markup] = []
    for at in range(length):
        top = float(HEIGHT)
        for name, row in rows:
            if row[at]:
                tall = HEIGHT * row[at] / highest
                top -= tall
                said = element("title", f"{short_time(chart.start_us + at * chart.step_us)}: {row[at]:,} {name}")
                box = {"x": f"{at + 0.05:.2f}", "y": f"{top:.2f}", "width": "0.9", "height": f"{tall:.2f}"}
                bars.append(element("rect", said, class_=name, **box))
    yield _start("timeline", "Timeline", f"A bar is {chart.step}; the highest has {count(highest, 'finding')}.")
    shape = {"viewBox": f"0 0 {length} {HEIGHT}", "preserveAspectRatio": "none"}
    yield element("svg", *bars, class_="timeline", role="img", aria_label="Findings over time", **shape)
    ends = [element("span", short_time(one)) for one in (chart.start_us, chart.end_us)]
    yield element("p", *ends, class_="ends")
    keys = (
        element("li", element("span", class_=f"key {name}"), element("b", f"{sum(row):,}"), f" {name}")
        for name, row in rows
    )
    yield element("ul", *keys, class_="states legend")
    yield Markup("</section>")


def _read(hunt: Hunt) -> Iterator[Markup]:
    """What was read, and what of it could not be judged."""
    yield _start("read", "Read", f"{count(len(hunt.rules), 'rule')} over {count(hunt.file_count, 'file')}")
    rows = [(f"Events of {SOURCES[source]}", number) for source, number in hunt.event_counts.items() if number]
    rows += [
        ("Records that are no events", hunt.rejected_count),
        ("Events delivered twice", hunt.repeated_count),
        ("Events too late for their order", hunt.late_count),
        ("Gaps", len(hunt.gaps)),
        ("Rules that judged nothing", len(hunt.asides)),
    ]
    body = (element("tr", element("th", name, scope="row"), element("td", f"{number:,}")) for name, number in rows)
    yield element("div", element("table", element("tbody", *body)), class_="wide")
    yield Markup("</section>")


def _found(hunt: Hunt, most: int) -> Iterator[Markup]:
    known = load_practices()
    fired = groups(hunt.findings)
    said = f"{count(len(hunt.findings), 'finding')} of {count(len(fired), 'rule')}." if fired else "No rule fired."
    yield _start("findings", "Findings", said)
    taken: Counter[str] = Counter()
    for group in fired:
        name = identifier("rule", group.about.id)
        taken[name] += 1  # ids of foreign rules may be one when they are written as ids of elements
        yield from _group(group, known, most, name if taken[name] == 1 else f"{name}-{taken[name]}")
    yield Markup("</section>")


def _group(group: Group, known: Mapping[str, Practice], most: int, id: str) -> Iterator[Markup]:
    about = group.about
    pillars = [pillar for pillar in PILLARS if any(one.startswith(pillar) for one in about.practices)]
    yield opening(
        "details", class_="item", id=id, data_pillars=" ".join(pillars), data_severity=about.severity,
        data_verdicts="fail",
    )  # fmt: skip
    times = count(len(group.findings), "finding")
    yield element(
        "summary", severity(about.severity), element("h3", _short(about.title)), element("span", times, class_="count")
    )
    if about.description:
        yield element("p", element("b", "What it means "), _short(about.description))
    if about.response:
        yield element("p", element("b", "Do first "), _short(about.response))
    if about.falsepositives:
        yield element("p", element("b", "May also be "), _short("; ".join(about.falsepositives)))
    links = [element("li", practice_link(one, known.get(one))) for one in about.practices]
    links += [element("li", _link(technique_url(one), f"ATT&CK {one}")) for one in about.attack]
    links += [element("li", _link(one, one)) for one in about.references]
    if links:
        yield element("ul", *links, class_="links", aria_label="Practices, techniques and references")
    by = f" · by {author(about)}" if author(about) else ""
    yield element("p", element("code", about.id), _short(by), class_="quiet")
    yield opening("ul", class_="resources")
    for finding in group.findings[:most]:
        yield _finding(finding)
    if len(group.findings) > most:
        yield element(
            "li", f"and {len(group.findings) - most:,} more: -f csv or -f json writes them all", class_="quiet"
        )
    yield Markup("</ul></details>")


def _link(url: str, label: str) -> Markup:
    """A link that leads to a page and nowhere else; anything else stays text."""
    if not url.startswith("https://"):
        return element("code", _short(label))
    return element("a", _short(label), href=url, rel="noreferrer noopener")


def _finding(finding: EventFinding) -> Markup:
    when = element("time", short_time(finding.time_us), class_="when", datetime=iso(finding.time_us))
    said: list[str] = [when, element("code", _short(finding.principal) or "nobody named")]
    said.append(element("p", _short(where_from(finding))))
    if finding.values:
        shown = (joined([element("code", _short(path)), " ", _short(value)]) for path, value in finding.values)
        said.append(element("p", joined(shown, " · "), class_="values"))
    if finding.count > 1:
        said.append(_events(finding))
    else:
        said.append(element("p", f"Event {_short(finding.event_id)} in {_short(place(finding))}", class_="count"))
    return element("li", *said)


def _events(finding: EventFinding) -> Markup:
    """The events of a finding that took several."""
    kept = finding.group[:EVENTS_SHOWN]
    left = finding.count - len(kept)
    items = [element("li", element("code", _short(one))) for one in kept]
    items += [element("li", f"and {left:,} more")] if left > 0 else []
    summary = f"{count(finding.count, 'event')}, the last in {_short(place(finding))}"
    return element("details", element("summary", summary), element("ul", *items), class_="events")


def _gaps(hunt: Hunt, most: int) -> Iterator[Markup]:
    """What could not be read, equal reasons together."""
    if not hunt.gaps:
        return
    together = alike(hunt.gaps)
    yield _start("gaps", "Gaps", f"{count(len(hunt.gaps), 'thing')} could not be read: nothing is said of them")
    yield opening("ul", class_="resources")
    for kind, reason, members in together[:most]:
        places = [gap.where for gap in members if gap.where]
        said: list[str] = [element("b", kind), f": {_short(reason)} "]
        said.append(joined((element("span", _short(one), class_="place") for one in places[:EXAMPLES_SHOWN]), " "))
        if len(places) > EXAMPLES_SHOWN:
            said.append(f" and {len(places) - EXAMPLES_SHOWN:,} more")
        yield element("li", *said)
    if len(together) > most:
        yield element("li", f"and {len(together) - most:,} more: -f json writes them all", class_="quiet")
    yield Markup("</ul></section>")


def _asides(asides: Sequence[Aside], most: int) -> Iterator[Markup]:
    """The rules that judged nothing, by the reason."""
    if not asides:
        return
    reasons: dict[str, list[Aside]] = {}
    for aside in asides:
        reasons.setdefault(aside.reason, []).append(aside)
    yield _start("asides", "Aside", f"{count(len(asides), 'rule')} that judged nothing, by the reason")
    for reason, members in sorted(reasons.items(), key=lambda item: (-len(item[1]), item[0])):
        yield opening("details")
        yield element("summary", element("h3", _short(reason)), element("span", f"{len(members):,}", class_="count"))
        yield opening("ul", class_="resources")
        yield from (element("li", element("code", one.id), " ", _short(one.title)) for one in members[:most])
        if len(members) > most:
            yield element("li", f"and {len(members) - most:,} more: -f json writes them all", class_="quiet")
        yield Markup("</ul></details>")
    yield Markup("</section>")


def _remarks(hunt: Hunt, most: int) -> Iterator[Markup]:
    if not hunt.remarks:
        return
    yield _start("remarks", "Remarks", count(len(hunt.remarks), "remark"))
    yield element("ul", *(element("li", _short(str(one))) for one in hunt.remarks[:most]), class_="resources")
    yield Markup("</section>")


def _short(words: str) -> str:
    return words if len(words) <= LONGEST else words[: LONGEST - 4] + " ..."
