"""Templates as text in, and values in a notation that shows what is unknown about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

from mainstay.model.findings import Gap
from mainstay.model.resources import Resource
from mainstay.model.values import ABSENT, Document, Items, OneOf, Record, Ref, Text, Unknown, Value
from mainstay.sources.cloudformation import Options, read


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a template gave."""

    resources: Mapping[str, Resource]
    gaps: tuple[Gap, ...]

    @property
    def messages(self) -> list[str]:
        return [f"{gap.kind} {gap.place}: {gap.reason}" for gap in self.gaps]


def show(value: Value) -> Value:
    """A value with its unknowns as strings: `?`, `<Address.path>`, `a-?-b`, `one of a, b`; `...` ends an open list."""
    if value is ABSENT:
        return "ABSENT"
    if isinstance(value, Ref):
        return f"<{value.address}.{value.path}>"
    if isinstance(value, Text):
        return "".join(str(show(part)) for part in value.parts)
    if isinstance(value, OneOf):
        return "one of " + ", ".join(map(str, map(show, value.options)))
    if isinstance(value, Document):
        return {"document": show(value.value)}
    if isinstance(value, Unknown):
        return "?"
    if isinstance(value, dict):
        rest = {"...": show(value.rest)} if isinstance(value, Record) and value.rest is not ABSENT else {}
        return {**{key: show(child) for key, child in value.items()}, **rest}
    if isinstance(value, list):
        rest_list = ["..."] if isinstance(value, Items) and value.rest is not ABSENT else []
        return [*map(show, value), *rest_list]
    return value


@pytest.fixture
def showing() -> Callable[[Value], Value]:
    return show


@pytest.fixture
def reading(tmp_path: Path) -> Callable[..., Reading]:
    """Reads the first of the files given by name and text; keyword arguments are Options."""

    def run(files: str | Mapping[str, str], **options: Value) -> Reading:
        named = {"t.yaml": files} if isinstance(files, str) else files
        for name, text in named.items():
            path = tmp_path / "tree" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), encoding="utf-8")
        first = next(iter(named))
        items = list(read(tmp_path / "tree" / first, first, Options(**options), tmp_path / "tree"))
        resources = [item for item in items if isinstance(item, Resource)]
        assert len({resource.address for resource in resources}) == len(resources)
        gaps = tuple(item for item in items if isinstance(item, Gap))
        return Reading({resource.address: resource for resource in resources}, gaps)

    return run
