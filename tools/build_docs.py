"""Writes the pages that are made of the catalogue: one a control, an index by service and one by pillar.

They go to docs/controls/, which git ignores; `make docs` makes them before it builds the site.
"""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import mainstay
from mainstay.catalog import Catalog, load
from mainstay.model.controls import PILLARS, SEVERITIES, Control
from mainstay.verbs.explain import ControlExplanation, explain

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "docs" / "controls"
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
    yield f"| Severity | {severity(control)} |"
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
        yield f"| [{text(control.title)}]({control.id}.md)<br>`{control.id}` | {severity(control)} |"
    yield ""


def severity(control: Control) -> str:
    return f'<span class="severity {control.severity}">{control.severity}</span>'


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
    made = pages(load())
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True)
    for name, page in made.items():
        (TARGET / name).write_text(page, "utf-8")
    print(f"{len(made)} pages in {TARGET.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
