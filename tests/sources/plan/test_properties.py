"""Whatever a file says of itself, reading it as a plan ends, and what it hides stays hidden."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mainstay.catalog import load_shapes
from mainstay.model.findings import Gap
from mainstay.sources import plan, terraform
from mainstay.sources.raw import RawResource
from mainstay.sources.spelling import Spelling

DATA = Path(__file__).parent / "data"
JUNK: list[Any] = [
    None,
    True,
    -1,
    1e300,
    "",
    "x",
    "module.a",
    "[",
    "data.",
    [],
    {},
    [None],
    {"a": []},
    {"references": [0]},
]


@cache
def spelling() -> Spelling:
    return Spelling(load_shapes())


@cache
def original(name: str) -> Any:
    return json.loads((DATA / f"{name}.json").read_text())


@cache
def spots(name: str) -> list[tuple[str | int, ...]]:
    return list(_spots(original(name), ()))


def _spots(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield (*path, key)
        yield from _spots(inner, (*path, key))


def changed(document: Any, path: tuple[Any, ...], value: Any, drop: bool) -> None:
    for step in path[:-1]:
        if not isinstance(document, dict | list) or (isinstance(document, dict) and step not in document):
            return
        if isinstance(document, list) and not (isinstance(step, int) and step < len(document)):
            return
        document = document[step]
    last = path[-1]
    if isinstance(document, dict) and last in document:
        if drop:
            del document[last]
        else:
            document[last] = value
    elif isinstance(document, list) and isinstance(last, int) and last < len(document):
        document[last] = value


def read_through(text: str, files: plan.Files | None = None) -> list[RawResource]:
    loaded = plan.load(text, "plan.json")
    if loaded is None:
        return []
    found = [one for one in plan.read(loaded, "plan.json", files) if not isinstance(one, Gap)]
    spelling().resources(found)
    return found


@cache
def files() -> plan.Files:
    loaded = plan.load(json.dumps(original("create")), "plan.json")
    assert loaded is not None
    library = terraform.Library(DATA, str)
    return plan.read_files(loaded, DATA / "site", library, terraform.Options())


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_plan_with_anything_in_it_is_read_without_an_exception(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["create", "change", "state"]))
    document = copy.deepcopy(original(name))
    for _ in range(data.draw(st.integers(1, 4))):
        path = data.draw(st.sampled_from(spots(name)))
        changed(document, path, data.draw(st.sampled_from(JUNK)), data.draw(st.booleans()))
    read_through(json.dumps(document), data.draw(st.sampled_from([None, files()])))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 27_000))
def test_a_plan_that_breaks_off_is_a_gap(length: int) -> None:
    text = (DATA / "create.json").read_text()[:length]
    loaded = plan.load(text, "plan.json")
    assert loaded is not None
    assert [gap.kind for gap in loaded.gaps] == ["syntax"]
    assert list(plan.read(loaded, "plan.json")) == loaded.gaps


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_what_is_marked_as_sensitive_is_not_in_any_value(data: st.DataObject) -> None:
    document = copy.deepcopy(original("create"))
    change = data.draw(st.sampled_from([one["change"] for one in document["resource_changes"]]))
    name = data.draw(st.sampled_from(sorted(name for name, value in change["after"].items() if value is not None)))
    secret = data.draw(st.sampled_from(["hunter2", ["hunter2"], {"k": "hunter2"}, [{"k": ["hunter2"]}]]))
    change["after"][name] = secret
    change["after_sensitive"] = {name: True}
    beside = data.draw(st.sampled_from([None, files()]))
    assert "hunter2" not in repr([(one.body, one.links) for one in read_through(json.dumps(document), beside)])
