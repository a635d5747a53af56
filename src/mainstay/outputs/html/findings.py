"""The lists of the page: what is not met, by control; what is undecided, by what would settle it; and the rest."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from mainstay.model.controls import PILLARS, SEVERITIES, Control
from mainstay.model.decisions import Known
from mainstay.model.findings import Finding, Gap, Review
from mainstay.model.patches import Patch
from mainstay.model.places import Place
from mainstay.model.practices import Practice
from mainstay.outputs.html.markup import Markup, element, identifier, joined, opening
from mainstay.outputs.html.overview import practice_link, severity
from mainstay.outputs.style import Style
from mainstay.outputs.wording import by_place, count, found, settling, waived, where

SHOWN = 25
SHOWN_VERBOSE = 1_000
EXAMPLES_SHOWN = 5
TYPES_SHOWN = 40
LONGEST = 600


def not_met(review: Review, known: Mapping[str, Practice], style: Style) -> Iterator[Markup]:
    """The failures by control, the worst control first, what is new before what was known."""
    by_control: dict[str, list[Finding]] = defaultdict(list)
    for finding in review.findings:
        if finding.verdict == "fail":
            by_control[finding.control.id].append(finding)
    total = sum(map(len, by_control.values()))
    yield _start("not-met", "Not met", _extent(total, len(by_control)))
    for findings in sorted(by_control.values(), key=_worst_first):
        yield from _control(findings, known, _most(style))
    yield Markup("</section>")


def _extent(findings: int, controls: int) -> str:
    if not findings:
        return "Nothing that was judged fails."
    return (
        f"{count(findings, 'finding')} of {count(controls, 'control')}. Each line says what should hold and does not."
    )


def _worst_first(findings: Sequence[Finding]) -> tuple[int, int, str]:
    control = findings[0].control
    return -SEVERITIES.index(control.severity), -len(findings), control.id


def _most(style: Style) -> int:
    return SHOWN_VERBOSE if style.verbose else SHOWN


def _start(id: str, title: str, said: str) -> Markup:
    return joined(
        [opening("section", aria_labelledby=id), element("h2", title, id=id), element("p", said, class_="count")]
    )


def _control(findings: list[Finding], known: Mapping[str, Practice], most: int) -> Iterator[Markup]:
    control = findings[0].control
    new = sum(1 for finding in findings if finding.change == "new")
    ordered = sorted(findings, key=lambda finding: (finding.change == "unchanged", by_place(finding)))
    said = count(len(findings), "resource") + (f", {new:,} new" if new else "")
    yield opening(
        "details",
        class_="item",
        id=identifier("control", control.id),
        **_filtered([control], "fail new" if new else "fail"),
    )
    yield element(
        "summary",
        severity(control.severity),
        element("h3", control.title),
        element("span", said, class_="count"),
    )
    yield element("p", element("b", "Why "), control.why)
    yield element("p", element("b", "Fix "), control.fix)
    links = [element("li", practice_link(one, known.get(one))) for one in control.practices]
    yield element("ul", *links, class_="links", aria_label="Practices")
    yield element("p", element("code", control.id), f" · layer: {control.layer}", class_="quiet")
    yield opening("ul", class_="resources")
    for finding in ordered[:most]:
        yield _failure(finding)
    yield from _left(len(ordered), most)
    yield Markup("</ul></details>")


def _filtered(controls: Sequence[Control], verdicts: str) -> dict[str, str]:
    """What the filters look at: all pillars, the highest severity, and the verdicts that an entry stands for."""
    pillars = [pillar for pillar in PILLARS if any(pillar in control.pillars for control in controls)]
    worst = max((SEVERITIES.index(control.severity) for control in controls), default=0)
    return {"data_pillars": " ".join(pillars), "data_severity": SEVERITIES[worst], "data_verdicts": verdicts}


def _left(length: int, shown: int) -> Iterator[Markup]:
    if length > shown:
        yield element("li", f"and {length - shown:,} more: -f csv or -f json writes them all", class_="quiet")


def _failure(finding: Finding) -> Markup:
    marks = {"new": "new", "unchanged": "known"}
    said = [_resource(finding)]
    if finding.change is not None:
        said.append(element("span", marks[finding.change], class_="mark"))
    said.append(element("p", _short(found(finding))))
    if finding.waiver is not None:
        said.append(element("p", f"Expired: {waived(finding.waiver)}"))
    if isinstance(finding.patch, Patch):
        said.append(element("p", f"A patch is there (--fix): {finding.patch.summary}"))
    elif finding.patch is not None:
        said.append(element("p", f"Needs a person: {finding.patch.reason}"))
    return element("li", *said)


def _resource(finding: Finding) -> Markup:
    """The resource, and where to look; a path that its address does not tell is told."""
    subject = finding.subject
    said = [element("code", subject.address), _place(where(finding))]
    if subject.construct:
        said.append(element("span", f"construct {subject.construct}", class_="place"))
    return joined(said, " ")


def _place(place: Place | None) -> Markup:
    return element("span", f"{place.file}:{place.line}", class_="place") if place else Markup()


def _short(words: str) -> str:
    return words if len(words) <= LONGEST else words[: LONGEST - 4] + " ..."


def undecided(review: Review, style: Style) -> Iterator[Markup]:
    """The unknown verdicts by the fact that would settle them, the fact that settles most first."""
    doubts: dict[str, list[Finding]] = defaultdict(list)
    for finding in review.findings:
        if finding.verdict == "unknown":
            doubts[settling(finding)].append(finding)
    if not doubts:
        return
    total = sum(map(len, doubts.values()))
    yield _start("undecided", "Undecided", f"{count(total, 'verdict')}, by what would settle them")
    ordered = sorted(doubts.items(), key=lambda doubt: (-len(doubt[1]), doubt[0]))
    for fact, findings in ordered[: _most(style)]:
        controls = list({finding.control.id: finding.control for finding in findings}.values())
        yield opening("details", class_="item", **_filtered(controls, "unknown"))
        yield element("summary", element("h3", _short(fact)), element("span", f"{len(findings):,}", class_="count"))
        yield opening("ul", class_="resources")
        for finding in sorted(findings, key=by_place)[: _most(style)]:
            yield element("li", element("code", finding.control.id), " on ", _resource(finding))
        yield from _left(len(findings), _most(style))
        yield Markup("</ul></details>")
    if len(ordered) > _most(style):
        left = sum(len(findings) for _, findings in ordered[_most(style) :])
        yield element("p", f"and {left:,} more that other facts would settle: -f csv or -f json writes them all")
    yield Markup("</section>")


def gaps(review: Review, style: Style) -> Iterator[Markup]:
    """What could not be read, equal reasons together."""
    if not review.gaps:
        return
    alike: dict[tuple[str, str], list[Gap]] = defaultdict(list)
    for gap in review.gaps:
        alike[gap.kind, gap.reason].append(gap)
    yield _start("gaps", "Gaps", f"{count(len(review.gaps), 'thing')} could not be read: nothing is said of them")
    yield opening("ul", class_="resources")
    for (kind, reason), members in list(alike.items())[: _most(style)]:
        places = [gap.where for gap in members if gap.where]
        said: list[str] = [element("b", kind), f": {_short(reason)} "]
        if all(gap in review.known_gaps for gap in members):
            said.append(element("span", "known", class_="mark"))
        said.append(joined((element("span", one, class_="place") for one in places[:EXAMPLES_SHOWN]), " "))
        if len(places) > EXAMPLES_SHOWN:
            said.append(f" and {len(places) - EXAMPLES_SHOWN:,} more")
        yield element("li", *said)
    yield from _left(len(alike), _most(style))
    yield Markup("</ul></section>")


def decided(review: Review, style: Style) -> Iterator[Markup]:
    """What people live with, and what is gone since it was last compared."""
    lived_with = sorted((one for one in review.findings if one.verdict == "waived"), key=by_place)
    if lived_with:
        yield _start("waived", "Waived", count(len(lived_with), "finding"))
        yield opening("ul", class_="resources")
        for finding in lived_with[: _most(style)]:
            why = element("p", waived(finding.waiver)) if finding.waiver else ""
            named = [severity(finding.control.severity), finding.control.title, ": ", _resource(finding), why]
            yield element("li", *named, class_="item", **_filtered([finding.control], "waived"))
        yield from _left(len(lived_with), _most(style))
        yield Markup("</ul></section>")
    if review.fixed:
        controls = {control.id: control for control in review.controls}
        yield _start("fixed", "Fixed", count(len(review.fixed), "finding"))
        yield opening("ul", class_="resources")
        for known in review.fixed[: _most(style)]:
            yield _gone(known, controls.get(known.control))
        yield from _left(len(review.fixed), _most(style))
        yield Markup("</ul></section>")


def _gone(known: Known, control: Control | None) -> Markup:
    filtered = _filtered([control] if control else [], "fixed")
    title = control.title if control else known.control
    return element("li", title, ": ", element("code", known.address), class_="item", **filtered)


def remarks(review: Review, style: Style) -> Iterator[Markup]:
    """What is to be said of what the user gave."""
    if not review.remarks:
        return
    yield _start("remarks", "Remarks", count(len(review.remarks), "remark"))
    yield element(
        "ul",
        *(element("li", str(remark)) for remark in review.remarks[: _most(style)]),
        *_left(len(review.remarks), _most(style)),
        class_="resources",
    )
    yield Markup("</section>")


def unjudged(review: Review) -> Iterator[Markup]:
    """The types that no control knows: silence about them is no praise."""
    if not review.unjudged_types:
        return
    types = Counter(review.unjudged_types)
    yield _start("unjudged", "Not judged", f"{count(types.total(), 'resource')} of types that no control knows")
    named = sorted(types.items(), key=lambda item: (-item[1], item[0]))
    more = f", and {count(len(named) - TYPES_SHOWN, 'more type')}" if len(named) > TYPES_SHOWN else ""
    listed = joined([joined([element("code", name), f" ({number:,})"]) for name, number in named[:TYPES_SHOWN]], ", ")
    yield element("p", listed, more)
    yield Markup("</section>")
