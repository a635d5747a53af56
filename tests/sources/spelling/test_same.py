"""The same resources as Terraform and as CloudFormation: what controls read of them is equal, and what they say."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from mainstay import sources
from mainstay.analysis import Links, relate
from mainstay.catalog import load, load_shapes
from mainstay.engine import evaluate
from mainstay.model.resources import Resource
from mainstay.model.values import Items, Record, Ref, Unknown, Value
from mainstay.sources import Options
from mainstay.sources.spelling import Spelling
from mainstay.verbs.judging import reads_by_type

PAIRS = sorted(path.stem for path in Path(__file__).with_name("same").glob("*.tf"))
CONTROLS = load().controls
READS = reads_by_type(CONTROLS)
WANTED = {
    type: related
    for type, paths in READS.items()
    if (related := frozenset(path.split(".")[1] for path in paths if path.startswith("related.")))
}
Key = tuple[str, str]


@cache
def resources(file: str) -> Mapping[Key, Resource]:
    """By type and name, the resources of one file of `same/`; names are compared without regard to case."""
    spelling = Spelling(load_shapes(), READS)
    links = {name: Links(facts.links, facts.identity) for name, facts in spelling.tables.types.items()}
    found: dict[Key, Resource] = {}
    for scope in sources.read([Path(file)], Options(region="eu-west-1", account="111122223333"), spelling):
        assert scope.gaps == []
        for one in relate(scope.resources, WANTED, links):
            found[one.type, one.address.rpartition(".")[2].lower()] = one
    return found


@pytest.fixture(scope="module")
def both(
    tmp_path_factory: pytest.TempPathFactory,
) -> Mapping[str, tuple[Mapping[Key, Resource], Mapping[Key, Resource]]]:
    """By the name of the pair, its resources as Terraform and as CloudFormation."""
    made = {}
    for name in PAIRS:
        roots = {suffix: tmp_path_factory.mktemp(f"{name}-{suffix}") for suffix in ("tf", "yaml")}
        for suffix, root in roots.items():
            shutil.copy(Path(__file__).with_name("same") / f"{name}.{suffix}", root)
        made[name] = resources(str(roots["tf"])), resources(str(roots["yaml"]))
    return made


def at(value: Value, path: list[str]) -> Iterator[Value]:
    """The plain values at a path, in the words of both sources: a reference is only that."""
    if isinstance(value, list):
        for element in value:
            yield from at(element, path)
        if isinstance(value, Items) and isinstance(value.rest, Unknown):
            yield "further elements"
    elif isinstance(value, Ref):
        yield "a reference"
    elif isinstance(value, Unknown):
        yield f"unknown: {value.reason}"
    elif isinstance(value, Record | dict):
        if path:
            children = value.values() if path[0] == "*" else [value.get(path[0])]
            for child in children:
                yield from at(child, path[1:])
        else:
            yield "a map"  # what is in it, controls read by its own path
    elif value is not None:
        yield str(value).lower()


def seen(resource: Resource) -> dict[str, list[Value]]:
    # the order of list elements is no source's to keep: attributes become pairs as they stand
    return {
        path: sorted(at(resource.properties, path.split(".")))
        for path in sorted(READS[resource.type])
        if path.split(".")[0] not in ("related", "derived", "raw")
    }


@pytest.mark.parametrize("pair", PAIRS)
def test_controls_read_the_same_of_both(both: Mapping[str, Value], pair: str) -> None:
    terraform, cloudformation = both[pair]
    judged = {key: one for key, one in cloudformation.items() if one.type in READS}
    assert {key for key, one in terraform.items() if one.type in READS} == set(judged)
    for key, resource in judged.items():
        assert seen(terraform[key]) == seen(resource), key


@pytest.mark.parametrize("pair", PAIRS)
def test_controls_say_the_same_of_both(both: Mapping[str, Value], pair: str) -> None:
    terraform, cloudformation = (
        {
            (
                finding.subject.type,
                finding.subject.address.rpartition(".")[2].lower(),
                finding.control.id,
            ): finding.verdict
            for finding in evaluate(CONTROLS, found.values(), datetime.now(UTC))
        }
        for found in both[pair]
    )
    assert terraform == cloudformation
    assert {"pass", "fail"} <= set(terraform.values())


def test_the_pairs_are_of_many_types(both: Mapping[str, Value]) -> None:
    assert len({type for _, found in both.values() for type, _ in found if type in READS}) >= 40
