"""Lists of what the ledger knows, in the formats of `mainstay show`: console, JSON, CSV and Markdown.

A Page is made once and written in any of them. Its rows hold what JSON holds; a Column says how people see a value.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from json import JSONEncoder
from typing import Any, Final, TextIO

from mainstay.outputs.csv import FORMULA
from mainstay.outputs.paint import Line, Tone, cells, painter, visible, wrap
from mainstay.outputs.style import Style

CHUNK: Final = 2_000
NARROWEST: Final = 40
BLANK: Final[Line] = ()
encode = JSONEncoder().encode

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]()#+!|<>~])")


def said(value: Any) -> str:
    """A value as people read it: nothing for None, thousands with commas, a list with commas between."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return ", ".join(map(said, value)) if isinstance(value, list | tuple) else str(value)


def minute(value: str | None) -> str:
    """A time of the ledger to the minute, in UTC."""
    return value[:16].replace("T", " ") if value else ""


def share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the key of its values in the rows, and how they are shown.

    On a console a column with `lines` has lines of its own below the row, `machine` ones are left out there and in
    Markdown. `tone` is the colour, by the value where it is a function. `inside` is the key of a map in the row that
    has the value; with `whole`, `lines` are made of the row.
    """

    key: str
    heading: str
    show: Callable[[Any], str] = said
    tone: Callable[[Any], Tone] | Tone = "plain"
    number: bool = False
    machine: bool = False
    lines: Callable[[Any], Iterable[tuple[str, Tone]]] | None = None
    inside: str = ""
    whole: bool = False

    def value(self, row: Mapping[str, Any]) -> Any:
        return (row[self.inside] if self.inside else row).get(self.key)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a title; `empty` is said in their place where there are none. `name` is the key in JSON."""

    name: str
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Any]]
    title: str = ""
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """What one `mainstay show` answers. `facts` are its single values in JSON, `lead` says them to people.

    CSV has the first table only; all of them, told apart by a column `list`, where they are `alike`. `notes` come last
    on the console. `left` says how many rows are not here, which no format keeps to itself.
    """

    kind: str
    facts: Mapping[str, Any]
    tables: Sequence[Table]
    lead: Sequence[Line] = ()
    notes: Sequence[str] = ()
    left: int = 0
    alike: bool = False

    @property
    def schema(self) -> str:
        return f"mainstay/show-{self.kind}/v1"

    @property
    def more(self) -> str:
        """That rows are left out; empty where none are."""
        return f"and {self.left:,} more: --all shows them, --limit as many as you like" if self.left else ""


def write_console(page: Page, stream: TextIO, style: Style) -> None:
    """Write the page for a person: aligned where the terminal is wide enough, otherwise row by row."""
    paint = painter(style.color)
    encoding = getattr(stream, "encoding", None) or "utf-8"
    for line in _lines(page, max(style.width, NARROWEST)):
        stream.write(paint(line).encode(encoding, "backslashreplace").decode(encoding) + "\n")


def write_json(page: Page, stream: TextIO, style: Style) -> None:
    """Write the page for a program, one row a line; `show.schema.json` is the contract."""
    head = encode({"schema": page.schema, **page.facts, "left_out": page.left})
    stream.write(head[:-1])
    for table in page.tables:
        stream.write(f",\n{encode(table.name)}: [")
        rows = map(encode, table.rows)
        separator = "\n"
        while chunk := list(islice(rows, CHUNK)):
            stream.write(separator + ",\n".join(chunk))
            separator = ",\n"
        stream.write("\n]" if table.rows else "]")
    stream.write("}\n")


def write_csv(page: Page, stream: TextIO, style: Style) -> None:
    """Write a table for a spreadsheet."""
    tables = page.tables if page.alike else page.tables[:1]
    columns = tables[0].columns
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([*(["list"] if page.alike else []), *(column.key for column in columns)])
    for table in tables:
        first = [table.name] if page.alike else []
        for row in table.rows:
            writer.writerow([*first, *(_cell(_raw(column, column.value(row))) for column in columns)])


def write_markdown(page: Page, stream: TextIO, style: Style) -> None:
    """Write the page for an issue or a report."""
    text = "\n".join(_markdown(page)) + "\n"
    stream.write(text.encode("utf-8", "backslashreplace").decode("utf-8"))


LISTINGS: Final[Mapping[str, Callable[[Page, TextIO, Style], None]]] = {
    "console": write_console,
    "json": write_json,
    "csv": write_csv,
    "markdown": write_markdown,
}


# -- console


def _lines(page: Page, width: int) -> Iterator[Line]:
    for line in page.lead:
        yield from _fitted(line, width)
    before = bool(page.lead)
    for number, table in enumerate(page.tables):
        if not table.rows and not table.empty:
            continue
        if before:
            yield BLANK
        before = True
        if table.title:
            yield from (((text, "strong"),) for text in wrap(table.title, width))
        if table.rows:
            yield from _rows(table, width)
        else:
            yield from (((text, "plain"),) for text in wrap(table.empty, width, "  "))
        if number == 0 and page.more:
            yield from (((text, "quiet"),) for text in wrap(page.more, width, "  "))
    if page.notes:
        yield BLANK
    for note in page.notes:
        yield from (((text, "quiet"),) for text in wrap(note, width, "  "))


def _fitted(line: Line, width: int) -> Iterator[Line]:
    """The line, broken between its words where it is too long. Behind a label, which ends with two spaces, it hangs."""
    if sum(cells(visible(text)) for text, _ in line) <= width:
        yield line
        return
    first = line[0][0]
    indent = cells(first) if first.endswith("  ") and cells(first) <= width // 3 else 2
    out: list[tuple[str, Tone]] = []
    used = 0
    for text, tone in line:
        for word in re.findall(r"\S+\s*|\s+", visible(text)):
            if used > indent and used + cells(word.rstrip()) > width:
                yield tuple(out)
                out, used = [(" " * indent, "plain")], indent
            out.append((word, tone))
            used += cells(word)
    yield tuple(out)


def _rows(table: Table, width: int) -> Iterator[Line]:
    shown = [column for column in table.columns if not column.machine and column.lines is None]
    texts = [[visible(column.show(column.value(row))) for column in shown] for row in table.rows]
    used = [at for at in range(len(shown)) if any(text[at] for text in texts)]
    shown = [shown[at] for at in used]
    texts = [[text[at] for at in used] for text in texts]
    widths = [max(len(column.heading), *(cells(text[at]) for text in texts)) for at, column in enumerate(shown)]
    below = [(column, column.lines) for column in table.columns if column.lines and not column.machine]
    aligned = sum(widths) + 2 * (len(widths) - 1) <= width
    indent = widths[0] + 2 if aligned and len(widths) > 1 and widths[0] < width // 4 else 4
    if aligned and any(column.heading for column in shown):
        heads = (_pad(column.heading, size, column.number) for column, size in zip(shown, widths, strict=True))
        yield (("  ".join(heads), "quiet"),)
    for row, text in zip(table.rows, texts, strict=True):
        if aligned:
            yield _aligned(row, text, shown, widths)
        else:
            yield from _flowing(row, text, shown, width)
        for column, lines in below:
            for part, tone in lines(row if column.whole else column.value(row)):
                for line in wrap(part, width - indent, "  "):
                    yield (" " * indent, "plain"), (line, tone)


def _aligned(row: Mapping[str, Any], texts: list[str], columns: list[Column], widths: list[int]) -> Line:
    spans: list[tuple[str, Tone]] = []
    for column, text, size in zip(columns, texts, widths, strict=True):
        padding = " " * (size - cells(text))
        tone = _tone(column, row)
        spans += [(padding, "plain"), (text, tone)] if column.number else [(text, tone), (padding, "plain")]
        spans.append(("  ", "plain"))
    return tuple(spans[:-1])


def _flowing(row: Mapping[str, Any], texts: list[str], columns: list[Column], width: int) -> Iterator[Line]:
    """The cells of a row one after the other, numbers with their headings; the first keeps its tone."""
    first, *others = zip(columns, texts, strict=True)
    begin = f"{first[0].heading} {first[1]}".strip() if first[0].number else first[1]
    told = [f"{text} {column.heading}" if column.number else text for column, text in others if text not in ("", "-")]
    lines = wrap(", ".join([begin, *told]), width, "    ")
    lead = begin if lines[0].startswith(begin) else ""
    yield (lead, _tone(first[0], row)), (lines[0][len(lead) :], "plain")
    yield from (((line, "plain"),) for line in lines[1:])


def _tone(column: Column, row: Mapping[str, Any]) -> Tone:
    return column.tone if isinstance(column.tone, str) else column.tone(column.value(row))


def _pad(text: str, size: int, right: bool) -> str:
    return f"{text:>{size}}" if right else f"{text:<{size}}"


# -- CSV and Markdown


def _raw(column: Column, value: Any) -> str:
    """A value that a spreadsheet counts with stays plain."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float | str) else column.show(value)


def _cell(text: str) -> str:
    """What would be a formula to a spreadsheet is kept from being one; control characters become escapes."""
    shown = "\n".join(map(visible, text.split("\n")))
    safe = f"'{shown}" if text.startswith(FORMULA) and not _is_number(text) else shown
    return safe.encode("utf-8", "backslashreplace").decode("utf-8")


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None


def _markdown(page: Page) -> Iterator[str]:
    for line in page.lead:
        text = " ".join("".join(part for part, _ in line).split())
        yield _plain(text) + "  " if text else ""
    for number, table in enumerate(page.tables):
        if not table.rows and not table.empty:
            continue
        if table.title:
            yield from ("", f"### {_plain(table.title)}")
        yield ""
        if not table.rows:
            yield _plain(table.empty)
            continue
        columns = [column for column in table.columns if not column.machine]
        yield "| " + " | ".join(column.heading or column.key for column in columns) + " |"
        yield "|" + "|".join("--:" if column.number else "---" for column in columns) + "|"
        for row in table.rows:
            yield "| " + " | ".join(_plain(column.show(column.value(row))) for column in columns) + " |"
        if number == 0 and page.more:
            yield from ("", _plain(page.more))


def _plain(text: str) -> str:
    """Text that Markdown shows as it is, and that calls nobody by an @."""
    return _SPECIAL.sub(r"\\\1", visible(" ".join(text.split()))).replace("@", "@\N{ZERO WIDTH SPACE}")
