"""Writes the pages that are made of the catalogue: one a control and one a detection, and indexes of both.

They go to docs/controls/ and docs/detections/, which git ignores; `make docs` makes them before it builds the site.
"""

from __future__ import annotations

import html
import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import mainstay
from mainstay.catalog import Catalog, in_words, load
from mainstay.catalog.sigma import PACK, read_rules
from mainstay.model.controls import PILLARS, SEVERITIES, Control, Severity
from mainstay.model.detections import Detection, Rule
from mainstay.verbs.explain import ControlExplanation, DetectionExplanation, explain

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "docs" / "controls"
DETECTIONS = ROOT / "docs" / "detections"
PACKAGE = Path(mainstay.__file__).parent
SCANNERS = {
    "checkov": "Checkov",
    "trivy": "Trivy",
    "kics": "KICS",
    "prowler": "Prowler",
    "guard": "CloudFormation Guard",
}


def pages(catalog: Catalog) -> Mapping[str, str]:
    """The text of every page, by file name; the same catalogue gives the same pages."""
    made = {"index.md": by_service(catalog), "by-pillar.md": by_pillar(catalog)}
    for control in catalog.controls:
        found = explain(control.id, catalog)
        assert isinstance(found, ControlExplanation)
        made[f"{control.id}.md"] = "\n".join(control_page(found)) + "\n"
    return made


def control_page(found: ControlExplanation) -> Iterator[str]:
    """One control: what it asks, why, what to do, and its entry as it is written."""
    control = found.control
    yield f"# {text(control.title)}\n"
    yield f"`{control.id}`{{ .control }}\n"
    yield "| | |\n|---|---|"
    yield f"| Severity | {severity(control.severity)} |"
    yield f"| Layer | {control.layer} |"
    yield f"| Applies to | {'<br>'.join(f'`{name}`' for name in control.applies_to)} |"
    if found.applies_when:
        yield f"| When | {cell(found.applies_when)} |"
    yield f"| Expects | {cell(found.expects)} |"
    yield f"\n## Why\n\n{text(control.why)}\n\n## Fix\n\n{text(control.fix)}\n\n## Practices\n"
    for practice in found.practices:
        yield f"- [{practice.id}]({practice.url}) {text(practice.title)}"
    if control.also:
        yield "\n## Known elsewhere as\n\n| Scanner | Ids |\n|---|---|"
        for scanner, ids in control.also.items():
            yield f"| {SCANNERS.get(scanner, scanner)} | {', '.join(f'`{name}`' for name in ids)} |"
    yield "\n## The entry\n"
    yield f'```yaml title="{control.place.file if control.place else ""}"\n{entry(control)}\n```'


def entry(control: Control) -> str:
    """The lines of the catalogue that the control is written in."""
    assert control.place is not None
    lines = (PACKAGE / control.place.file).read_text("utf-8").splitlines()[control.place.line - 1 :]
    end = next((number for number, line in enumerate(lines) if number and re.match(r"- |#|\S", line)), len(lines))
    return "\n".join(lines[:end]).rstrip()


def by_service(catalog: Catalog) -> str:
    """The index: services by name, their controls by severity."""
    services: dict[str, list[Control]] = {}
    for control in catalog.controls:
        for service in sorted({name.split("::")[1] for name in control.applies_to}):
            services.setdefault(service, []).append(control)
    lines = [
        "# Controls by service\n",
        f"{len(catalog.controls)} controls, each with its condition, its reason and its examples."
        " The same [by pillar](by-pillar.md). `mainstay explain ID` shows one in the terminal.\n",
    ]
    for service, controls in sorted(services.items(), key=lambda item: item[0].lower()):
        lines += [f"\n## {service}\n", *table(controls)]
    return "\n".join(lines) + "\n"


def by_pillar(catalog: Catalog) -> str:
    """The index by pillar and question, the practices that no control proves left out but counted."""
    lines = ["# Controls by pillar\n", "A control stands under every practice that it names.\n"]
    for pillar, name in PILLARS.items():
        practices = [practice for practice in catalog.practices.values() if practice.pillar == pillar]
        proving = {
            practice.id: [control for control in catalog.controls if practice.id in control.practices]
            for practice in practices
        }
        touched = [practice for practice in practices if proving[practice.id]]
        lines.append(f"\n## {name}\n\nControls prove {len(touched)} of {len(practices)} practices in part.\n")
        question = ""
        for practice in touched:
            if practice.question != question:
                question = practice.question
                lines.append(f"\n### {question} {text(practice.question_title)}\n")
            lines.append(f"\n**[{practice.id}]({practice.url})** {text(practice.title)}\n")
            lines += table(proving[practice.id])
    return "\n".join(lines) + "\n"


def table(controls: Sequence[Control]) -> Iterator[str]:
    """Controls as rows, the most severe first."""
    yield "| Control | Severity |\n|---|---|"
    for control in sorted(controls, key=lambda each: (-SEVERITIES.index(each.severity), each.id)):
        yield f"| [{text(control.title)}]({control.id}.md)<br>`{control.id}` | {severity(control.severity)} |"
    yield ""


def detection_pages(catalog: Catalog, rules: Sequence[Rule]) -> Mapping[str, str]:
    """The pages of detections, by file name, those that only serve others too: what is built on them links there."""
    made = {"index.md": detections_by_service(rules), "by-technique.md": by_technique(rules)}
    for rule in rules:
        found = explain(rule.about.id, catalog, [rule])
        assert isinstance(found, DetectionExplanation)
        made[f"{rule.about.id}.md"] = "\n".join(detection_page(found)) + "\n"
    return made


def detection_page(found: DetectionExplanation) -> Iterator[str]:
    """One detection: what it fires on, why, what to do, and the rule with its cases as they are written."""
    rule, about = found.rule, found.rule.about
    assert about.place is not None
    yield f"# {text(about.title)}\n"
    yield f"`{about.id}`{{ .control }}\n"
    if rule.quiet:
        yield "It has no findings of its own: other rules are built on it.\n"
    yield "| | |\n|---|---|"
    yield f"| Severity | {severity(about.severity)} |"
    yield f"| {'Fires on' if isinstance(rule, Detection) else 'Counts'} | {cell(found.fires)} |"
    if found.beside:
        yield f"| And | {cell(found.beside)} |"
    if isinstance(rule, Detection) and rule.unless is not None:
        yield f"| Learns only where | {cell(in_words(rule.unless))} |"
    if not isinstance(rule, Detection):
        yield f"| Built on | {'<br>'.join(f'[{name}]({name}.md)' for name in rule.rules)} |"
    if about.attack:
        yield f"| ATT&CK | {', '.join(f'[{name}]({technique(name)})' for name in about.attack)} |"
    yield f"| Author | {text(about.author)} |"
    for heading, words in (("Why", about.description), ("Response", about.response)):
        if words:
            yield f"\n## {heading}\n\n{text(' '.join(words.split()))}"
    if about.falsepositives:
        yield "\n## What else it may be\n"
        yield from (f"- {text(each)}" for each in about.falsepositives)
    if found.practices:
        yield "\n## Practices\n"
        yield from (f"- [{practice.id}]({practice.url}) {text(practice.title)}" for practice in found.practices)
    yield f'\n## The rule\n\n```yaml title="{about.place.file}"\n{rule_file(rule).read_text("utf-8").rstrip()}\n```'
    cases = rule_file(rule).with_suffix(".events.jsonl")
    if cases.is_file():
        yield "\n## Its cases\n\n| Fires | Why |\n|---|---|"
        for line in cases.read_text("utf-8").splitlines():
            case = json.loads(line)
            yield f"| {'yes' if case['fires'] else 'no'} | {cell(case['why'])} |"
        place = f"{about.place.file.rpartition('.')[0]}.events.jsonl"
        yield f'\n```json title="{place}"\n{cases.read_text("utf-8").rstrip()}\n```'


def rule_file(rule: Rule) -> Path:
    """The file of a rule of the pack."""
    assert rule.about.place is not None
    return PACKAGE / rule.about.place.file


def technique(name: str) -> str:
    """The page of an ATT&CK technique."""
    return f"https://attack.mitre.org/techniques/{name.replace('.', '/')}/"


def detections_by_service(rules: Sequence[Rule]) -> str:
    """The index: services by name, what fires in them by severity."""
    services: dict[str, list[Rule]] = {}
    for rule in rules:
        if not rule.quiet:
            services.setdefault(rule_file(rule).parent.relative_to(PACK).as_posix(), []).append(rule)
    count = sum(map(len, services.values()))
    lines = [
        "# Detections by service\n",
        f"{count} detections, each with its rule, its reason and its cases. The same [by technique](by-technique.md)."
        " `mainstay explain ID` shows one in the terminal; [Detections](../reference/detections.md) says how they are"
        " written.\n",
    ]
    for service, found in sorted(services.items()):
        lines += [f"\n## {service}\n", *rule_table(found)]
    return "\n".join(lines) + "\n"


def by_technique(rules: Sequence[Rule]) -> str:
    """The index by ATT&CK technique; a rule stands under every one that it names."""
    named = sorted({name for rule in rules if not rule.quiet for name in rule.about.attack})
    lines = ["# Detections by ATT&CK technique\n", "A detection stands under every technique that it names.\n"]
    for name in named:
        found = [rule for rule in rules if not rule.quiet and name in rule.about.attack]
        lines += [f"\n## {name}\n", f"[{name} in ATT&CK]({technique(name)})\n", *rule_table(found)]
    rest = [rule for rule in rules if not rule.quiet and not rule.about.attack]
    if rest:
        lines += ["\n## Of no technique\n", *rule_table(rest)]
    return "\n".join(lines) + "\n"


def rule_table(rules: Sequence[Rule]) -> Iterator[str]:
    """Detections as rows, the most severe first."""
    yield "| Detection | Severity |\n|---|---|"
    for rule in sorted(rules, key=lambda each: (-SEVERITIES.index(each.about.severity), each.about.id)):
        about = rule.about
        yield f"| [{text(about.title)}]({about.id}.md)<br>`{about.id}` | {severity(about.severity)} |"
    yield ""


def severity(name: Severity) -> str:
    return f'<span class="severity {name}">{name}</span>'


def text(words: str) -> str:
    """Words of the catalogue as Markdown that shows them as they are, code spans kept."""
    pieces = re.split(r"(`[^`]*`)", words)
    return "".join(piece if piece.startswith("`") else plain(piece) for piece in pieces)


def plain(words: str) -> str:
    return re.sub(r"([*_\[\]|])", r"\\\1", html.escape(words, quote=False))


def cell(words: str) -> str:
    """Words for a table's cell: a bar in a code span would end the cell, and an empty code span would not show."""
    pieces = re.split(r"`([^`]*)`", words)
    return "".join(f"<code>{code(piece)}</code>" if number % 2 else plain(piece) for number, piece in enumerate(pieces))


def code(piece: str) -> str:
    return html.escape(piece, quote=False).replace("|", "&#124;") or '""'


def main() -> None:
    """Writes all pages anew."""
    catalog = load()
    for target, made in ((TARGET, pages(catalog)), (DETECTIONS, detection_pages(catalog, read_rules([]).rules))):
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for name, page in made.items():
            (target / name).write_text(page, "utf-8")
        print(f"{len(made)} pages in {target.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
