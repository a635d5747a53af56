"""One directory of Terraform files as a configuration: what is declared in it, before anything is evaluated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from mainstay.documents import decode
from mainstay.model.findings import Gap
from mainstay.model.places import Place
from mainstay.sources import files
from mainstay.sources.terraform import expressions, json_syntax, syntax
from mainstay.sources.terraform.syntax import Attribute, Block, Body

SUFFIXES = (".tf", ".tofu", ".tf.json", ".tofu.json")
LARGEST_FILE = 4_000_000
LARGEST_JSON = 10_000_000

Address = tuple[str, str]
"""A resource's type and name; a provider's name and alias."""

Key = TypeVar("Key", str, Address)


@dataclass(slots=True)
class Configuration:
    """A module's declarations by name, its files' Gaps, and the names of its files."""

    directory: Path
    shown: str
    variables: dict[str, Block] = field(default_factory=dict)
    locals: dict[str, Attribute] = field(default_factory=dict)
    outputs: dict[str, Block] = field(default_factory=dict)
    managed: dict[Address, Block] = field(default_factory=dict)
    data: dict[Address, Block] = field(default_factory=dict)
    calls: dict[str, Block] = field(default_factory=dict)
    providers: dict[Address, Block] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    file_count: int = 0


def is_terraform(name: str) -> bool:
    return name.endswith(SUFFIXES) and not name.startswith((".", "#"))


def _is_override(name: str) -> bool:
    stem = name.split(".", 1)[0]
    return stem == "override" or stem.endswith("_override")


def load(directory: Path, shown: str, files: Iterable[str]) -> Configuration:
    """Reads the named files of a directory; override files change what the others declare."""
    configuration = Configuration(directory, shown)
    names = sorted(name for name in files if is_terraform(name))
    names = [name for name in names if not _shadowed(name, names)]
    ordinary = [name for name in names if not _is_override(name)]
    for name in [*ordinary, *(name for name in names if _is_override(name))]:
        body, gaps = read_file(directory / name, f"{shown}/{name}" if shown not in ("", ".") else name)
        configuration.gaps.extend(gaps)
        configuration.file_count += 1
        for block in body.blocks:
            _declare(configuration, block, override=name not in ordinary)
    return configuration


def _shadowed(name: str, names: list[str]) -> bool:
    """OpenTofu reads `x.tofu` instead of an `x.tf` beside it, and so with JSON."""
    stem, dot, ending = name.rpartition(".tf")
    return dot != "" and ending in ("", ".json") and f"{stem}.tofu{ending}" in names


def read_file(path: Path, shown: str) -> tuple[Body, list[Gap]]:
    """A file's top level; a file that cannot be read is an empty one with a Gap."""
    place = Place(shown, 1, 1)
    files.note(path)
    try:
        most = LARGEST_JSON if path.name.endswith(".json") else LARGEST_FILE
        if path.stat().st_size > most:
            reason = f"has more than {most // 1_000_000} MB, the most that is read; the file is left out"
            return Body(), [Gap("limit", reason, place)]
        text = path.read_bytes()
    except OSError as error:
        return Body(), [Gap("unreadable", f"cannot be read: {error.strerror}", place)]
    if path.name.endswith(".json"):
        return json_syntax.parse(text, shown, expressions.compile)
    decoded, fault = decode(text, shown)
    body, gaps = syntax.parse(decoded.encode(), shown, expressions.compile)
    return body, gaps if fault is None else [Gap("syntax", f"is {fault.message}", fault.place), *gaps]


def _declare(configuration: Configuration, block: Block, override: bool) -> None:
    labels = block.labels
    if block.type == "locals":
        configuration.locals.update(block.body.attributes)
    elif block.type == "provider" and labels:
        alias = block.body.attributes.get("alias")
        name = _literal(alias) if alias is not None else ""
        _put(configuration, configuration.providers, (labels[0], name), block, override)
    elif block.type in ("resource", "data") and len(labels) == 2:
        table = configuration.managed if block.type == "resource" else configuration.data
        _put(configuration, table, (labels[0], labels[1]), block, override)
    elif block.type in ("variable", "output", "module") and len(labels) == 1:
        tables = {"variable": configuration.variables, "output": configuration.outputs, "module": configuration.calls}
        _put(configuration, tables[block.type], labels[0], block, override)


def _put(configuration: Configuration, table: dict[Key, Block], key: Key, block: Block, override: bool) -> None:
    known = table.get(key)
    table[key] = _overridden(known, block) if known is not None and override else block
    if known is not None and not override:
        what = " ".join([block.type, *(f'"{label}"' for label in block.labels)])
        reason = f"{what} is declared twice, first at {known.place}; the last one is taken"
        configuration.gaps.append(Gap("syntax", reason, block.place))


def _literal(attribute: Attribute) -> str:
    """A name that Terraform wants written out."""
    return attribute.words.strip('"')


def _overridden(block: Block, other: Block) -> Block:
    """Attributes replace their namesakes; blocks of a type replace all the blocks of that type."""
    replaced = {_kind(inner) for inner in other.body.blocks}
    body = Body(
        {**block.body.attributes, **other.body.attributes},
        [inner for inner in block.body.blocks if _kind(inner) not in replaced] + other.body.blocks,
        {**block.body.marks, **other.body.marks},
    )
    return Block(block.type, block.labels, body, block.place)


def _kind(block: Block) -> str:
    """The type of the blocks that a nested block is, or generates."""
    return block.labels[0] if block.type == "dynamic" and block.labels else block.type
