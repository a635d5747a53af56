"""The documentation is run: its commands, its links, and its claim to name everything there is."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import get_args

import click
import pytest

from mainstay.catalog import load
from mainstay.catalog.sigma import declared_lists, read_rules
from mainstay.cli.app import mainstay
from mainstay.cli.commands import COMMANDS
from mainstay.cli.exits import Exit
from mainstay.engine.modifiers import NAMES, QUANTIFIERS
from mainstay.exports import EXPORTS
from mainstay.model.controls import LAYERS, SEVERITIES
from mainstay.model.findings import GapKind, Verdict
from mainstay.outputs import FORMATS
from mainstay.sources.spelling.tables import KEYS

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
GENERATED = {DOCS / "controls", DOCS / "detections"}
WRITTEN = sorted(path for path in DOCS.rglob("*.md") if path.parent not in GENERATED)
"""The pages that people wrote."""
LINK = re.compile(r"(?<!`)\[[^\]]*\]\(([^)\s]+)\)")


def tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


build_docs = tool("build_docs")
run_docs = tool("run_docs")


def read(path: Path) -> str:
    return path.read_text("utf-8")


# -- the commands


@pytest.mark.parametrize("name", run_docs.PAGES)
def test_the_commands_of_a_page_print_what_it_shows(name: str, tmp_path: Path) -> None:
    run_docs.copy_examples(tmp_path)
    ran = 0
    for block in run_docs.blocks(read(ROOT / name)):
        if block.title and not (ROOT / block.title).is_file():
            run_docs.write(tmp_path / block.title, block.text)
        if block.language != "console":
            continue
        steps = run_docs.steps(block.text)
        printed = run_docs.run([step.command for step in steps], tmp_path)
        for step, output in zip(steps, printed, strict=True):
            assert run_docs.as_shown(step.shown, output), (
                f"`{step.command}` prints (tools/run_docs.py writes it down):\n{output}\n\nthe page says:\n{step.shown}"
            )
            ran += 1
    assert ran


@pytest.mark.parametrize("name", run_docs.PAGES)
def test_a_file_that_a_page_shows_is_the_file_in_the_repository(name: str) -> None:
    for block in run_docs.blocks(read(ROOT / name)):
        if block.title and (ROOT / block.title).is_file():
            assert block.text == read(ROOT / block.title), f"{block.title} reads otherwise"


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a\nb", "a\nb", True),
        ("a\nb", "a\nc", False),
        ("a", "a\nb", False),
        ("", "a", False),
        ("a\n[...]\nc", "a\nb\nb\nc", True),
        ("a\n[...]\nc", "a\nc", True),
        ("a\n[...]\nc", "b\nc", False),
        ("a\n[...]\nc", "a\nb\nc\nd", False),
        ("a\n[...]", "a\nb", True),
        ("a\n[...]", "b", False),
        ("[...]\nc", "a\nb\nc", True),
    ],
)
def test_what_is_left_out_may_be_any_lines_and_the_rest_has_to_be_there(shown: str, printed: str, same: bool) -> None:
    assert run_docs.as_shown(shown, printed) is same


def test_every_console_block_stands_on_a_page_that_is_run() -> None:
    for path in [*ROOT.glob("*.md"), *WRITTEN]:
        if "```console" in read(path):
            assert path.relative_to(ROOT).as_posix() in run_docs.PAGES


# -- the README


def test_the_readme_fits_in_150_lines() -> None:
    assert len(read(ROOT / "README.md").splitlines()) < 150


def test_the_readme_shows_one_review() -> None:
    example = re.search(r"<!-- review-output -->\n(.*?)<!-- /review-output -->", read(ROOT / "README.md"), re.DOTALL)
    assert example is not None
    [block] = run_docs.blocks(example.group(1))
    [step] = run_docs.steps(block.text)
    assert step.command.startswith("mainstay review examples/")
    assert "found" in step.shown


# -- links


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as the site makes them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", read(path), flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", heading.lower()).strip()) for heading in headings}


@pytest.mark.parametrize("path", [*ROOT.glob("*.md"), *WRITTEN], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_to_files_and_headings_that_are_there(path: Path) -> None:
    generated = {
        DOCS / name
        for name in ("controls/index.md", "controls/by-pillar.md", "detections/index.md", "detections/by-technique.md")
    }
    for link in LINK.findall(read(path)):
        target, _, anchor = link.partition("#")
        if target.startswith(("https://", "http://")):
            continue
        file = (path.parent / target).resolve() if target else path
        assert file.exists() or file in generated, f"{link} leads nowhere"
        assert not anchor or anchor in anchors(file), f"{link} leads to no heading"


def test_the_files_that_the_architecture_names_are_there() -> None:
    package = ROOT / "src" / "mainstay"
    named = re.findall(r"`([\w/]+(?:\.py|\.zip|\.yaml|/))`", read(DOCS / "architecture.md"))
    assert len(named) > 30
    for name in named:
        there = (package / name).exists() or (ROOT / name).exists() or any(package.rglob(name))
        assert there, f"there is no {name}"


FILLERS = re.compile(
    r"\b(?:simply|just|obviously|easily|easy|powerful|seamless\w*|leverage\w*|robust|blazing\w*)\b", re.I
)


@pytest.mark.parametrize("path", [*ROOT.glob("*.md"), *WRITTEN], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_prose_has_no_filler_and_no_praise(path: Path) -> None:
    prose = re.sub(r"```.*?```|`[^`]*`", "", read(path), flags=re.DOTALL)
    assert not FILLERS.findall(prose)


def test_every_page_is_in_the_navigation() -> None:
    navigation = read(ROOT / "mkdocs.yml").partition("\nnav:\n")[2]
    for path in WRITTEN:
        assert path.relative_to(DOCS).as_posix() in navigation


# -- everything has its mention


def sections(page: str) -> dict[str, str]:
    """The text under each heading of the second level."""
    parts = re.split(r"^## (.+)$", page, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def commands(group: click.Group | None = None, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    for command in group.commands.values() if group else COMMANDS:
        name = f"{prefix}{command.name}"
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} ")
        else:
            yield name, command


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=[name for name, _ in commands()])
def test_the_command_line_reference_has_every_option_with_its_choices_and_its_default(
    name: str, command: click.Command
) -> None:
    found = sections(read(REFERENCE / "cli.md"))
    section = found[name] + found.get(name.partition(" ")[0], "")  # what all commands of a group take stands with it
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            assert str(parameter.metavar) in section
            continue
        assert isinstance(parameter, click.Option)
        for spelling in parameter.opts:
            assert f"`{spelling}" in section, f"{name} {spelling}"
        if parameter.metavar:
            assert f"{parameter.opts[-1]} {parameter.metavar}" in section
        if isinstance(parameter.type, click.Choice):
            for choice in parameter.type.choices:
                assert f"`{choice}`" in section, f"{name} {parameter.opts[-1]} {choice}"
        if isinstance(parameter.default, str):
            assert f"`{parameter.default}`" in section


def test_the_command_line_reference_has_no_option_that_is_not_there() -> None:
    real = {one for _, command in commands() for each in command.params for one in (*each.opts, *each.secondary_opts)}
    real |= {spelling for each in mainstay.params for spelling in each.opts} | {"-h", "--help"}
    for page in (
        REFERENCE / "cli.md",
        REFERENCE / "verdicts.md",
        DOCS / "guides" / "getting-started.md",
        ROOT / "README.md",
    ):
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", read(page)):
            assert option in real, f"{page.name}: {option}"


def test_the_command_line_reference_lists_every_command() -> None:
    page = read(REFERENCE / "cli.md")
    for name, _ in commands():
        assert f"[`{name}`](#{name.replace(' ', '-')})" in page
    groups = {name.partition(" ")[0] for name, _ in commands()}
    assert set(sections(page)) - groups == {name for name, _ in commands()} - groups


def test_every_exit_code_is_told() -> None:
    section = sections(read(REFERENCE / "verdicts.md"))["Exit codes"]
    assert set(re.findall(r"^\| (\d+) \|", section, re.MULTILINE)) == {str(int(code)) for code in Exit}


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("verdicts.md", get_args(Verdict)),
        ("verdicts.md", get_args(GapKind)),
        ("json.md", get_args(Verdict)),
        ("json.md", get_args(GapKind)),
        ("conditions.md", [name for name in NAMES if name not in "ims"]),
        ("conditions.md", [f"re\\|{flag}" for flag in "ims"]),
        ("spelling.md", KEYS),
        ("severity.md", SEVERITIES),
        ("controls.md", [*LAYERS, *SEVERITIES]),
        ("cli.md", FORMATS),
        ("formats.md", FORMATS),
        ("exports.md", EXPORTS),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_name_has_its_mention(page: str, names: list[str]) -> None:
    told = read(REFERENCE / page)
    for name in names:
        mentioned = re.search(rf"`[^`\n]*(?<![\w-]){re.escape(name)}(?![\w-])[^`\n]*`", told)
        assert mentioned or f"| {name} |" in told or (name in (*QUANTIFIERS, "count") and f"&#124;{name}" in told), name


def test_every_operator_of_the_spelling_tables_has_its_row() -> None:
    page = read(REFERENCE / "spelling.md")
    for key in (*KEYS, "identity", "links"):
        assert f"| `{key}` |" in page


# -- the generated pages


def test_there_is_a_page_for_every_control_and_both_indexes_lead_to_it() -> None:
    catalog = load()
    made = build_docs.pages(catalog)
    assert set(made) == {"index.md", "by-pillar.md", *(f"{control.id}.md" for control in catalog.controls)}
    for control in catalog.controls:
        for index in ("index.md", "by-pillar.md"):
            assert f"({control.id}.md)" in made[index]


def test_a_page_has_the_whole_entry_of_its_control_and_no_other() -> None:
    for control in load().controls:
        entry = build_docs.entry(control)
        assert entry.startswith(f"- id: {control.id}\n")
        assert entry.count("\n  examples:") == 1
        assert "\n- id:" not in entry


def test_there_is_a_page_for_every_detection_and_both_indexes_lead_to_those_that_fire() -> None:
    rules = read_rules([]).rules
    made = build_docs.detection_pages(load(), rules)
    assert set(made) == {"index.md", "by-technique.md", *(f"{rule.about.id}.md" for rule in rules)}
    for rule in rules:
        for index in ("index.md", "by-technique.md"):
            assert (f"({rule.about.id}.md)" in made[index]) is not rule.quiet
        assert f"\nid: {rule.about.uuid}\n" in made[f"{rule.about.id}.md"]


def test_the_lists_of_the_configuration_are_documented() -> None:
    page = read(REFERENCE / "detections.md")
    table = page.partition("<!-- lists of the configuration -->\n")[2].partition("<!-- end -->")[0]
    assert table.splitlines()[2:] == [
        f"| `{name}` | {one.holds} | {', '.join(f'`{entry}`' for entry in one.default) or 'nothing'} |"
        for name, one in declared_lists().items()
    ]


def test_the_pages_are_the_same_each_time() -> None:
    assert build_docs.pages(load()) == build_docs.pages(load())


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("a * and a [b]", r"a \* and a \[b\]"),
        ("set `Tags[*]`", "set `Tags[*]`"),
        ("a < b", "a &lt; b"),
    ],
)
def test_words_of_the_catalogue_are_shown_as_they_are(words: str, shown: str) -> None:
    assert build_docs.text(words) == shown


def test_a_bar_in_a_table_does_not_end_its_cell() -> None:
    assert build_docs.cell("`x|y` is `` or `z`") == '<code>x&#124;y</code> is <code>""</code> or <code>z</code>'
