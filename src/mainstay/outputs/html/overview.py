"""What a manager looks at first and asks for last: pillars, layers, other scanners, and the practices one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from mainstay.analysis.practices import Answer, Coverage, State
from mainstay.model.controls import PILLARS, SEVERITIES, Pillar
from mainstay.model.findings import Review
from mainstay.model.practices import Practice
from mainstay.model.reports import Report, Result
from mainstay.outputs.html.markup import Markup, element, identifier, joined, opening
from mainstay.outputs.style import Style
from mainstay.outputs.summary import Summary, Tally
from mainstay.outputs.wording import count

STATES: Mapping[State, str] = {"met": "met", "partial": "partly met", "not_met": "not met", "unknown": "unknown"}
RESULTS_SHOWN = 25
RESULTS_SHOWN_VERBOSE = 1_000


def pillars(summary: Summary) -> Iterator[Markup]:
    """A card a pillar: its practices as a bar with numbers, how far the bar reaches, and the verdicts behind it."""
    rows = summary.coverage.values()
    yield opening("section", aria_labelledby="pillars")
    yield element("h2", "Pillars", id="pillars")
    yield element(
        "p",
        f"Of {sum(row.practices for row in rows)} practices of the framework, configuration can speak to "
        f"{sum(row.answerable for row in rows)}, the catalogue knows {sum(row.served for row in rows)} of them, and "
        f"this review judged {sum(row.judged for row in rows)}. What nothing here speaks to is unknown, never met.",
    )
    yield opening("div", class_="cards")
    for pillar, coverage in summary.coverage.items():
        yield _card(pillar, coverage, summary.pillars[pillar])
    yield Markup("</div></section>")


def _card(pillar: Pillar, coverage: Coverage, tally: Tally) -> Markup:
    verdicts = tally.verdicts
    counted = [
        element("li", element("span", class_=f"key {state}"), element("b", f"{coverage.states[state]:,}"), f" {said}")
        for state, said in STATES.items()
    ]
    judged = f"{coverage.judged} of {count(coverage.practices, 'practice')} judged; configuration can speak to "
    failed = f"{verdicts['fail']:,} not met" + (f" (worst: {tally.worst})" if tally.worst else "")
    more = f", {verdicts['waived']:,} waived" if verdicts["waived"] else ""
    spoken = f"{verdicts['pass']:,} passed, {failed}, {verdicts['unknown']:,} undecided{more}"
    return element(
        "article",
        element("h3", PILLARS[pillar]),
        _bar(coverage),
        element("ul", *counted, class_="states"),
        element("p", f"{judged}{coverage.answerable}."),
        element("p", f"{count(tally.controls, 'control')}: {spoken}." if tally.controls else "No control applied."),
        class_="card",
    )


def _bar(coverage: Coverage) -> Markup:
    """A stacked bar. An SVG because its widths are attributes: the page's policy lets no style stand in an element."""
    pieces, start = [], 0
    for state in STATES:
        width = coverage.states[state]
        if width:
            pieces.append(element("rect", x=str(start), width=str(width), height="8", class_=state))
        start += width
    shape = {"viewBox": f"0 0 {coverage.practices or 1} 8", "preserveAspectRatio": "none"}
    return element("svg", *pieces, class_="bar", aria_hidden="true", **shape)


def layers(summary: Summary) -> Iterator[Markup]:
    """The layers of the workload, beside what other scanners found in them where their reports are there."""
    shown = {layer: tally for layer, tally in summary.layers.items() if tally.controls or layer in summary.results}
    if not shown:
        return
    others = ["other scanners"] if summary.results else []
    rows = []
    for layer, tally in shown.items():
        verdicts = tally.verdicts
        numbers = [f"{verdicts[one]:,}" for one in ("pass", "fail", "unknown")]
        if others:
            numbers.append(f"{summary.results[layer]:,}" if layer in summary.results else "not looked at")
        rows.append([layer, *numbers])
    yield opening("section", aria_labelledby="layers")
    yield element("h2", "Layers", id="layers")
    yield table(["Layer", "passed", "not met", "undecided", *others], rows, "Verdicts by layer")
    yield Markup("</section>")


def table(heads: Iterable[str], rows: Iterable[Iterable[str]], caption: str) -> Markup:
    """A table whose first column names its rows; it scrolls by itself where the screen is too narrow for it."""
    head = element("tr", *(element("th", one, scope="col") for one in heads))
    body = []
    for first, *others in rows:
        body.append(element("tr", element("th", first, scope="row"), *(element("td", one) for one in others)))
    whole = element("table", element("thead", head), element("tbody", *body))
    return element("div", whole, class_="wide", role="region", aria_label=caption, tabindex="0")


def scanners(review: Review, style: Style) -> Iterator[Markup]:
    """The reports of other scanners, each with its worst results."""
    if not review.reports:
        return
    yield opening("section", aria_labelledby="scanners")
    yield element("h2", "Other scanners", id="scanners")
    for report in review.reports:
        yield _report(report, RESULTS_SHOWN_VERBOSE if style.verbose else RESULTS_SHOWN)
    yield Markup("</section>")


def _report(report: Report, most: int) -> Markup:
    found = [result for result in report.results if not result.suppressed]
    hidden = len(report.results) - len(found)
    said = count(len(found), "result") + (f", {hidden:,} suppressed" if hidden else "")
    named = f"{report.tool} {report.version}".strip()
    worst = sorted(found, key=lambda result: -SEVERITIES.index(result.severity))[:most]
    listed = [element("li", *_result(result)) for result in worst]
    if len(found) > len(worst):
        listed.append(element("li", f"and {len(found) - len(worst):,} more: -f json has them all"))
    return element(
        "details",
        element("summary", element("h3", named), f" {said}"),
        element("p", f"{', '.join(report.layers)}, from ", element("code", report.file)),
        element("ul", *listed, class_="results") if listed else "",
    )


def _result(result: Result) -> Iterator[str]:
    yield severity(result.severity)
    yield element("code", result.rule)
    yield f" {result.message}"
    if result.place is not None:
        yield element("span", f"{result.place.file}:{result.place.line}", class_="place")
    if result.resource:
        yield element("span", "on ", element("code", result.resource), class_="place")


def severity(name: str) -> Markup:
    """A severity as a badge, told by its word and not by its colour alone."""
    return joined([element("span", name, class_=f"severity {name}"), " "])


def practices(summary: Summary, review: Review) -> Iterator[Markup]:
    """Every practice by pillar and question: its state, what failed it, and the evidence that it still needs."""
    failing = {finding.control.id for finding in review.findings if finding.verdict == "fail"}
    yield opening("section", aria_labelledby="practices")
    yield element("h2", "Practices", id="practices")
    answers = summary.answers.values()
    for pillar, own in groupby(answers, key=lambda answer: answer.practice.pillar):
        states = summary.coverage[pillar].states
        said = ", ".join(f"{states[state]:,} {word}" for state, word in STATES.items() if states[state])
        yield opening("details", data_pillar=pillar)
        yield element("summary", element("h3", PILLARS[pillar]), f" {said}")
        for question, asked in groupby(own, key=lambda answer: answer.practice.question):
            rows = list(asked)
            yield element("h4", f"{question} {rows[0].practice.question_title}")
            yield element("ul", *(_answer(answer, failing) for answer in rows), class_="practices")
        yield Markup("</details>")
    yield Markup("</section>")


def _answer(answer: Answer, failing: set[str]) -> Markup:
    said: list[str] = [
        element("span", STATES[answer.state], class_=f"state {answer.state}"),
        " ",
        practice_link(answer.practice.id, answer.practice),
    ]
    if answer.failing:
        links = [element("a", one, href=f"#{identifier('control', one)}") for one in answer.failing if one in failing]
        said.append(element("p", "Not met: ", joined(links, ", ")))
    if answer.open:
        said.append(element("p", f"Open: {', '.join(answer.open)}"))
    if answer.lacking:
        needs = "Needs besides" if answer.controls else "Needs"
        said.append(element("p", f"{needs}: {', '.join(answer.lacking)}. {answer.practice.how}"))
    return element("li", *said)


def practice_link(name: str, practice: Practice | None) -> Markup:
    """A practice with its title, and a link to its page in the documentation where the framework has it."""
    if practice is None:
        return element("code", name)
    return element("a", f"{name} {practice.title}", href=practice.url, rel="noreferrer")
