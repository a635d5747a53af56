"""What `explain` and `test` show: plain text, wrapped to the terminal."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from mainstay.model.controls import Control, Example
from mainstay.model.detections import Detection
from mainstay.model.practices import Answerable
from mainstay.model.values import Value
from mainstay.outputs.wording import count
from mainstay.verbs.examples import ExampleReport
from mainstay.verbs.explain import ControlExplanation, DetectionExplanation, Explanation, PracticeExplanation
from mainstay.verbs.fixing import Fixes, Outcome
from mainstay.verbs.proving import ProofReport

INDENT = " " * 12

ANSWERED: Mapping[Answerable, str] = {
    "machine": "a machine can decide it",
    "machine-assisted": "a machine decides most, a person confirms",
    "records": "records of work decide it",
    "human-assisted": "a person answers, evidence supports",
    "human": "only a person can answer",
}


def explanation(found: Explanation, width: int) -> str:
    """A control, a detection or a practice, on a page."""
    if isinstance(found, ControlExplanation):
        return "\n".join(_control(found, width))
    if isinstance(found, DetectionExplanation):
        return "\n".join(_detection(found, width))
    return "\n".join(_practice(found, width))


def _practice(found: PracticeExplanation, width: int) -> Iterator[str]:
    practice = found.practice
    yield f"{practice.id}  {practice.title}"
    yield ""
    yield from _row("question", f"{practice.question}  {practice.question_title}", width)
    yield from _row("risk", practice.risk, width)
    yield from _row("evidence", f"{', '.join(practice.evidence)} ({ANSWERED[practice.answerable]})", width)
    yield from _row("how", practice.how, width)
    yield from _row("more", practice.url, width)
    yield ""
    if not found.controls:
        yield "No control proves it" + (" yet." if "config" in practice.evidence else ": configuration can't tell.")
        yield from _told_by(found, width)
        return
    rest = [kind for kind in practice.evidence if kind != "config"]
    more = f"; it needs evidence of other kinds as well: {', '.join(rest)}" if rest else ""
    yield from _wrapped("", f"Proved by {count(len(found.controls), 'control')}{more}.", "", width)
    yield ""
    yield from _list([(control.id, control.severity, control.title) for control in found.controls], width)
    yield from _told_by(found, width)


def _told_by(found: PracticeExplanation, width: int) -> Iterator[str]:
    if found.detections:
        yield ""
        yield from _wrapped("", f"Watched by {count(len(found.detections), 'detection')}.", "", width)
        yield ""
        rows = [(rule.about.id, rule.about.severity, rule.about.title) for rule in found.detections]
        yield from _list(rows, width)


def _list(rows: Sequence[tuple[str, str, str]], width: int) -> Iterator[str]:
    """Ids, severities and titles: in columns where they fit."""
    longest = max(len(id) for id, _, _ in rows)
    for id, severity, title in rows:
        if longest + len(title) + 14 <= width:
            yield f"  {id:{longest}}  {severity:8}  {title}"
        else:
            yield f"  {id}  {severity}"
            yield from _wrapped("    ", title, "    ", width)


def _control(found: ControlExplanation, width: int) -> Iterator[str]:
    control = found.control
    yield control.title
    yield ""
    yield from _row("control", control.id, width)
    yield from _row("severity", control.severity, width)
    yield from _row("layer", control.layer, width)
    yield from _row("applies to", ", ".join(control.applies_to), width)
    if found.applies_when:
        yield from _row("when", found.applies_when, width)
    yield from _row("expects", found.expects, width)
    yield from _row("why", control.why, width)
    yield from _row("fix", control.fix, width)
    for position, practice in enumerate(found.practices):
        yield from _row("practices" if position == 0 else "", f"{practice.id}  {practice.title}", width)
    for position, (scanner, ids) in enumerate(control.also.items()):
        yield from _row("also known" if position == 0 else "", f"{scanner}: {', '.join(ids)}", width)
    yield from _row("defined in", str(control.place), width)
    yield from _examples(control, width)


def _detection(found: DetectionExplanation, width: int) -> Iterator[str]:
    about = found.rule.about
    yield about.title
    yield ""
    yield from _row("detection", about.id, width)
    yield from _row("severity", about.severity, width)
    yield from _row("author", about.author, width)
    yield from _row("fires on" if isinstance(found.rule, Detection) else "counts", found.fires, width)
    yield from _row("and", found.beside, width)
    yield from _row("unless", found.unless, width)
    yield from _row("why", " ".join(about.description.split()), width)
    yield from _row("response", about.response, width)
    yield from _row("not when", "; ".join(about.falsepositives), width)
    yield from _row("ATT&CK", ", ".join(about.attack), width)
    for position, practice in enumerate(found.practices):
        yield from _row("practices" if position == 0 else "", f"{practice.id}  {practice.title}", width)
    yield from _row("defined in", str(about.place), width)


def _examples(control: Control, width: int) -> Iterator[str]:
    for verdict in ("pass", "fail"):
        chosen = [example for example in control.examples if example.verdict == verdict]
        if chosen:
            yield ""
            yield f"{verdict}es" if verdict == "pass" else f"{verdict}s"
        for example in chosen:
            yield from _wrapped("  - ", _flow(example.properties), "    ", width)


def _row(name: str, text: str, width: int) -> list[str]:
    """A named line; none where there is nothing to say."""
    return _wrapped(f"{name:12}", text, INDENT, width)


def _wrapped(first: str, text: str, hanging: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=first, subsequent_indent=hanging,
                         break_long_words=False, break_on_hyphens=False)  # fmt: skip


def _flow(value: Value) -> str:
    """A value as one line of YAML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else str(value)


def example_report(report: ExampleReport) -> str:
    """How the examples went, mismatch by mismatch."""
    lines = []
    for mismatch in report.mismatches:
        example: Example = mismatch.example
        said = f"{mismatch.control.id} says {mismatch.actual}, the example says {example.verdict}"
        lines.append(f"{example.place}: {said}")
        lines += [f"    {reason.path}: {reason.actual}, expected {reason.expected}" for reason in mismatch.reasons]
    bad = len(report.mismatches)
    lines.append(
        f"{count(report.example_count, 'example')} of {count(report.control_count, 'control')}: "
        + (f"{bad} differ" if bad else "all as they say")
    )
    return "\n".join(lines)


def proof_report(report: ProofReport) -> str:
    """How the cases of detections went, and which rules nothing can fire."""
    lines = [f"error: {fault}" for fault in report.faults]
    for wrong in report.wrong:
        said = "fires nothing" if wrong.case.fires else f"fires {', '.join(wrong.fired)} on {', '.join(wrong.on)}"
        lines.append(f"{wrong.case.place}: the case {said}: {wrong.case.why}")
    lines += [f"{place}: nothing was found that could fire {id}" for id, place in report.cannot_fire]
    lines += [f"{id} has no cases; a made-up event fires it" for id in report.unproven]
    lines += [f"{id} waits for a list of the configuration" for id in report.unfilled]
    bad = len(report.wrong) + len(report.cannot_fire) + len(report.faults)
    lines.append(
        f"{count(report.case_count, 'case')} of {count(report.rule_count, 'detection')}: "
        + (f"{bad} wrong" if bad else "all as they say")
    )
    return "\n".join(lines)


def fix_report(found: Fixes, outcome: Outcome | None) -> str:
    """What a fix run changed, or would change, and why the rest is left to people."""
    edits = sum(len(edits) for edits in found.edits.values())
    extent = f"{count(edits, 'edit')} in {count(len(found.edits), 'file')} for {count(len(found.fixed), 'finding')}"
    lines = [f"would make {extent}" if outcome is None else f"made {extent}"]
    if outcome is not None and outcome.still:
        lines.append(f"{count(len(outcome.still), 'finding')} did not go away by it:")
        lines += [f"  {finding.control.id} on {finding.subject.address}" for finding in outcome.still]
    reasons = Counter(refusal.reason for _, refusal in found.left)
    if reasons:
        lines.append(f"left to you: {count(len(found.left), 'finding')}")
        lines += [f"  {number:>4,}  {reason}" for reason, number in reasons.most_common()]
    return "\n".join(lines)
