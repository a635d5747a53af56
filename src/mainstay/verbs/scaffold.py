"""`new control`: a control file to begin with, which loads and whose examples run."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from mainstay.catalog import home, load, load_shapes
from mainstay.documents import did_you_mean
from mainstay.model.errors import UsageError
from mainstay.model.resources import Origin, Resource
from mainstay.model.shapes import Shape, names, step
from mainstay.model.values import Record, Value

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
_SAFEGUARDS = ("encrypt", "protect", "logging", "require", "enforce", "enabled", "enable")
"""What names of safeguards have in them, the likeliest first."""
_ATTRIBUTE = re.compile("(Arn|Id|Url|State|Status)$")
_DEPTH = 3
_LONGEST_ID = 80
_SAMPLES: Mapping[str, Value] = {
    "string": "example",
    "integer": 1,
    "number": 1,
    "boolean": True,
    "json": {"Key": "value"},
}

Prepare = Callable[[Resource], Resource]

_SKELETON = """\
# One control of your catalogue. `mainstay test --catalog {directory}` runs its examples.
- id: {id}
  # The same as a sentence that is true when the control passes: at most 80 characters, no full stop.
  title: {title}
  applies_to: {type}
  # Where `when` does not hold, the control is not applicable:
  # when: {{{property}|exists: true}}
  expect: {{{property}{modifier}: true}}
  severity: medium # low, medium, high or critical
  # edge, network, load-balancer, compute, os, application, code, identity, data or operations
  layer: operations
  # The Well-Architected practices that it proves; `mainstay explain OPS05-BP03` shows one.
  practices: [OPS05-BP03]
  why: Say in a sentence or two what goes wrong without it.
  fix: Set `{property}`, and say what the change costs or interrupts.
  examples:
    pass:
{passing}
    fail:
{failing}
"""


@dataclass(frozen=True, slots=True)
class _Proposal:
    """What the new control judges: that a property is true, or (`value` is not a boolean) that it is there."""

    path: tuple[str, ...]
    value: Value

    @property
    def modifier(self) -> str:
        return "" if self.value is True else "|exists"


def new_control(directory: Path, id: str, type: str, *, prepare: Prepare = lambda resource: resource) -> Path:
    """Write a control for resources of the type into the catalogue in `directory`, which is made if it is not there.

    It judges a property that the type has, a yes-or-no one where there is one. `prepare` fills in what services do
    when nothing is said, so that the examples come out right. Raises UsageError rather than overwrite anything.
    """
    _check(id, type)
    bare = prepare(Resource(type, "example", Record(), Origin("example", "", None))).properties
    proposal = _propose(type, bare)
    passing, failing = [_example(proposal.path, proposal.value)], []
    if proposal.value is True:
        failing.append(_example(proposal.path, False))
    (passing if _at(bare, proposal.path) is True else failing).append({})
    file = home(directory) / f"{id}.yaml"
    text = _SKELETON.format(
        directory=directory,
        id=id,
        title=id.replace("-", " ").capitalize(),
        type=type,
        property=".".join(proposal.path),
        modifier=proposal.modifier,
        passing=_listed(passing),
        failing=_listed(failing),
    )
    _write(file, text)
    return file


def _write(file: Path, text: str) -> None:
    if file.exists():
        raise UsageError(f"{file} is there already; it stays as it is")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as out:
            out.write(text)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from error


def _check(id: str, type: str) -> None:
    if not _ID.fullmatch(id) or len(id) > _LONGEST_ID:
        raise UsageError(f"'{id}' is no kebab-case sentence of {_LONGEST_ID} letters at most, like 's3-keeps-versions'")
    if id in _builtin_ids():
        raise UsageError(f"the built-in catalogue has a control '{id}'; `mainstay explain {id}` shows it")
    shapes = load_shapes()
    if type not in shapes:
        hint = did_you_mean(type, shapes)
        raise UsageError(f"there is no resource type '{type}'" + (f"; {hint}" if hint else ""))


@lru_cache(maxsize=1)
def _builtin_ids() -> frozenset[str]:
    return frozenset(control.id for control in load().controls)


def _propose(type: str, bare: Record) -> _Proposal:
    """The likeliest property of the type: a boolean that sounds like a safeguard, then any boolean, then anything."""
    shape = load_shapes()[type]
    switches = sorted(
        (path for path, leaf in _leaves(shape) if leaf == "boolean"),
        key=lambda path: (_promise(path[-1]), len(path), path),
    )
    if switches:
        return _Proposal(switches[0], True)
    others = [name for name in names(shape) if _at(bare, (name,)) is None]
    if not others:
        raise UsageError(f"{type} has no property that a control could judge")
    name = min(others, key=lambda name: (bool(_ATTRIBUTE.search(name)), name))
    return _Proposal((name,), _sample(step(shape, name) or "string"))


def _promise(name: str) -> int:
    """How little a name sounds like a safeguard."""
    lower = name.lower()
    return next((rank for rank, word in enumerate(_SAFEGUARDS) if word in lower), len(_SAFEGUARDS))


def _leaves(shape: Shape, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Shape]]:
    """The properties that are no lists or in lists, down to a depth that people still read."""
    if isinstance(shape, str):
        yield path, shape
    elif isinstance(shape, Mapping) and len(path) < _DEPTH:
        for name in names(shape):
            yield from _leaves(shape[name], (*path, name))


def _sample(shape: Shape) -> Value:
    if isinstance(shape, str):
        return _SAMPLES[shape]
    if isinstance(shape, Mapping):
        name, inner = next(iter(shape.items()))
        return {"Name" if name == "*" else name: _sample(inner)}
    return [_sample(shape[0])]


def _example(path: Sequence[str], value: Value) -> Value:
    for name in reversed(path):
        value = {name: value}
    return value


def _at(value: Value, path: Sequence[str]) -> Value:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _listed(examples: Sequence[Value]) -> str:
    """Examples as lines of YAML, which JSON is."""
    return "\n".join(f"      - {json.dumps(example)}" for example in examples)
