"""Tables written in the test, raw resources as a reader would hand them over, and values that show what is unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

import pytest

from mainstay.model.places import Place
from mainstay.model.resources import Origin, Resource
from mainstay.model.shapes import Shape
from mainstay.model.values import ABSENT, Document, Items, OneOf, Record, Ref, Text, Unknown, Value
from mainstay.sources.raw import RawResource
from mainstay.sources.spelling import Spelling, read_tables

SHAPES: Mapping[str, Shape] = {
    "T::T::Thing": {
        "Name": "string",
        "KmsKeyARN": "string",
        "Status": "string",
        "Count": "integer",
        "Rules": [{"Id": "string", "Cidr": "string", "Days": "integer", "Filter": {"Prefix": "string", "Tag": "string"},
                   "Steps": [{"Name": "string", "Days": "integer"}]}],
        "Encryption": {
            "Enabled": "boolean", "Key": "string", "Entries": [{"Algorithm": "string", "Bucket": "boolean"}],
        },
        "Attributes": [{"Key": "string", "Value": "string"}],
        "Tags": [{"Key": "string", "Value": "string"}],
        "Arns": ["string"],
        "Policy": "json",
        "Options": {"*": {"Group": "string", "On": "boolean"}},
        "Parameters": {"*": "string"},
        "Containers": [{"Name": "string", "Ports": [{"HostPort": "integer"}], "Labels": {"*": "string"}}],
        "Outer": {"Inner": {"Name": "string", "Size": "integer"}},
        "ParentId": "string",
    },
    "T::T::Policy": {"Thing": "string", "Document": "json", "Number": "integer", "Cidr": "string"},
}  # fmt: skip


@dataclass
class Workbench:
    """Tables under test, and the resources that they make of raw ones."""

    directory: Path
    reads: Mapping[str, frozenset[str]] = field(default_factory=dict)
    spelling: Spelling | None = None

    def tables(self, text: str, reads: Mapping[str, frozenset[str]] | None = None) -> None:
        file = self.directory / "tables.yaml"
        file.write_text(dedent(text), encoding="utf-8")
        self.spelling = Spelling(SHAPES, reads, read_tables([file]))

    def resources(self, *raws: RawResource) -> dict[str, Resource]:
        assert self.spelling is not None
        return {one.address: one for one in self.spelling.resources(raws)}

    def spell(self, **body: Value) -> Record:
        """The properties that a `t_thing` with this body gets."""
        return self.resources(raw("t_thing", "a", **body))["t_thing.a"].properties


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path)


def place(line: int) -> Place:
    return Place("main.tf", line, 1)


def raw(
    type: str,
    label: str,
    /,
    line: int = 1,
    links: Mapping[str, frozenset[str]] | None = None,
    may_exist: Unknown | None = None,
    condition: str = "",
    module: str = "",
    source: str = "terraform",
    **body: Value,
) -> RawResource:
    """A raw resource; attribute number n of its body stands n lines below its head."""
    address = f"{module}.{type}.{label}" if module else f"{type}.{label}"
    marks = {key: place(line + number) for number, key in enumerate(body, 1)}
    origin = Origin(source, "root", place(line), module, type)
    return RawResource(type, address, Record(body, place(line), marks), origin, links or {}, may_exist, condition)


def show(value: Value) -> Value:
    """A value with its unknowns as strings; `...` stands for what an open list or map may go on with."""
    if value is ABSENT:
        return "ABSENT"
    if isinstance(value, Ref):
        return f"<{value.address}.{value.path}>"
    if isinstance(value, OneOf):
        return ("one of", *map(show, value.options))
    if isinstance(value, Text):
        return "".join(str(show(part)) for part in value.parts)
    if isinstance(value, Document):
        return {"document": show(value.value)}
    if isinstance(value, Unknown):
        return "?"
    if isinstance(value, dict):
        rest = {"...": show(value.rest)} if isinstance(value, Record) and value.rest is not ABSENT else {}
        return {**{key: show(child) for key, child in value.items()}, **rest}
    if isinstance(value, list):
        rest_list = [("...", show(value.rest))] if isinstance(value, Items) and value.rest is not ABSENT else []
        return [*map(show, value), *rest_list]
    return value


@pytest.fixture
def showing() -> Callable[[Value], Value]:
    return show


@pytest.fixture
def raws() -> Callable[..., RawResource]:
    return raw


@pytest.fixture(scope="session")
def shapes() -> Mapping[str, Shape]:
    return SHAPES
