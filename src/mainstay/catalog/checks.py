"""What a well-formed control may still have wrong: types, properties and practices that do not exist, thin examples.

It needs schemas and practices, which take longer to read than the controls: a review does without for the built-in
catalogue, whose entries were checked when it was made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from mainstay.catalog.entries import SPECIAL_KEYS, VERDICTS
from mainstay.catalog.practices import load_practices
from mainstay.catalog.shapes import load_shapes
from mainstay.documents import did_you_mean, place_of
from mainstay.engine import reads
from mainstay.engine.walk import split
from mainstay.model.conditions import Path
from mainstay.model.controls import Control, Example
from mainstay.model.errors import Fault
from mainstay.model.facts import FACTS
from mainstay.model.places import Place
from mainstay.model.shapes import Shape, names, step
from mainstay.model.values import Record, Value


def check_control(control: Control, entry: Record) -> Iterator[Fault]:
    """Everything wrong with the control that its entry alone does not show; `entry` has the places."""
    yield from _check_practices(control, place_of(entry, "practices"))
    yield from _check_types(control.applies_to, place_of(entry, "applies_to"))
    for key, condition in (("when", control.when), ("expect", control.expect)):
        if condition is not None:
            place = place_of(entry, key)
            paths = sorted(map(split, reads(condition)))
            faults = (_check_path(kind, path, place) for kind in control.applies_to for path in paths)
            yield from dict.fromkeys(chain.from_iterable(faults))  # what is wrong for every type is told once
    if "examples" in entry:
        yield from _check_examples(control, place_of(entry, "examples"))


def _check_practices(control: Control, place: Place | None) -> Iterator[Fault]:
    known = load_practices()
    for practice in control.practices:
        if practice not in known:
            yield Fault(f"there is no practice '{practice}'", place, did_you_mean(practice, known))


def _check_types(types: Iterable[str], place: Place | None) -> Iterator[Fault]:
    shapes = load_shapes()
    for kind in types:
        if kind not in shapes:
            yield Fault(f"there is no resource type '{kind}'", place, did_you_mean(kind, shapes))


def _check_path(kind: str, path: Path, place: Place | None) -> Iterator[Fault]:
    """A path of a condition on resources of the type; a type that does not exist was reported already."""
    shapes = load_shapes()
    if path[:1] == ("related",):
        if len(path) < 2 or path[1] not in shapes:
            named = path[1] if len(path) > 1 else ""
            yield Fault(f"there is no resource type '{named}' to be related", place, did_you_mean(named, shapes))
            return
        kind, path = path[1], path[2:]
    if kind in shapes and path[:1] == ("derived",):
        yield from _check_fact(kind, path, place)
    elif kind in shapes and path[:1] != ("raw",):
        yield from _follow(kind, shapes[kind], path, place)


def _check_fact(kind: str, path: Path, place: Place | None) -> Iterator[Fault]:
    """A derived fact: by its name, and as one of the type; there is nothing inside of it."""
    name = ".".join(path[1:])
    fact = FACTS.get(name)
    if fact is None:
        yield Fault(f"there is no derived fact '{name}'", place, did_you_mean(name, FACTS))
    elif kind not in fact.types:
        others = [name for name, other in FACTS.items() if kind in other.types]
        hint = f"its facts are {', '.join(others)}" if others else "no fact is derived of that type"
        yield Fault(f"'derived.{name}' is not a fact of {kind}", place, hint)


def _follow(kind: str, shape: Shape, path: Path, place: Place | None) -> Iterator[Fault]:
    for depth, name in enumerate(path):
        inner = step(shape, name)
        if inner is None:
            yield _no_property(kind, path[: depth + 1], shape, place)
            return
        shape = inner


def _no_property(kind: str, path: Path, around: Shape, place: Place | None) -> Fault:
    return Fault(f"{kind} has no property '{'.'.join(path)}'", place, did_you_mean(path[-1], names(around)))


def _check_examples(control: Control, place: Place | None) -> Iterator[Fault]:
    for verdict in VERDICTS:
        if not any(example.verdict == verdict for example in control.examples):
            yield Fault(f"the control has no example that has to {verdict}", place)
    asked = reads(control.when) if control.when is not None else frozenset()
    paths = set(map(split, reads(control.expect) - asked))  # what `when` asks for is never lacking
    if paths and control.examples and not any(_lacks(example, paths) for example in control.examples):
        yield Fault("no example lacks a property that the control judges", place)
    for example in control.examples:
        yield from _check_example(example)


def _lacks(example: Example, paths: Iterable[Path]) -> bool:
    return any(not _stands(example.properties, path) for path in paths)


def _stands(value: Value, path: Path) -> bool:
    """True where something that is not null stands at the path, in one element of every list on the way."""
    if isinstance(value, list):
        return any(_stands(element, path) for element in value)
    if not path:
        return value is not None
    if not isinstance(value, dict):
        return False
    if path[0] == "*":
        return any(_stands(child, path[1:]) for child in value.values())
    return path[0] in value and _stands(value[path[0]], path[1:])


def _check_example(example: Example) -> Iterator[Fault]:
    shapes = load_shapes()
    for name, value in example.properties.items():
        place = place_of(example.properties, name)
        if name == "related":
            yield from _check_related(value, place)
        elif name == "derived":
            yield from _check_derived(example.type, value, place)
        elif name not in SPECIAL_KEYS and example.type in shapes:
            yield from _check_value(example.type, shapes[example.type], (name,), value, place)


def _check_related(related: Value, place: Place | None) -> Iterator[Fault]:
    if not isinstance(related, Record):
        yield Fault("'related' is a map from resource types to lists of resources", place)
        return
    yield from _check_types(related, place)
    shapes = load_shapes()
    for kind, resources in related.items():
        for resource in resources if isinstance(resources, list) else [resources]:
            for name, value in resource.items() if isinstance(resource, Record) and kind in shapes else ():
                if name == "derived":
                    yield from _check_derived(kind, value, place_of(resource, name))
                else:
                    yield from _check_value(kind, shapes[kind], (name,), value, place_of(resource, name))


def _check_derived(kind: str, derived: Value, place: Place | None) -> Iterator[Fault]:
    if not isinstance(derived, Record):
        yield Fault("'derived' is a map from the names of facts to their values", place)
        return
    for name in derived:
        yield from _check_fact(kind, ("derived", name), place_of(derived, name))


def _check_value(kind: str, around: Shape, path: Path, value: Value, place: Place | None) -> Iterator[Fault]:
    """The value at the path's last name, which stands in something of the shape `around`."""
    shape = step(around, path[-1])
    if shape is None:
        yield _no_property(kind, path, around, place)
    elif shape == "json":
        return
    elif isinstance(value, list) and isinstance(shape, (str, dict)):
        yield Fault(f"'{'.'.join(path)}' of {kind} is no list", place)
    else:
        for element in value if isinstance(value, list) else [value]:
            if isinstance(element, Record):
                for name, child in element.items():
                    yield from _check_value(kind, shape, (*path, name), child, place_of(element, name))
