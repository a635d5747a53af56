"""What an export leaves out, and why: a control is exported as it is meant, or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from mainstay.catalog.shapes import EXTENSIONS
from mainstay.documents import read_yaml
from mainstay.engine import interpret, reads
from mainstay.engine.walk import split
from mainstay.model.conditions import All, Any, Condition, Count, Each, Keywords, Not, Path, Test
from mainstay.model.controls import Control
from mainstay.model.values import Record, Value
from mainstay.sources.spelling import load_tables

STAR = "*"
ALWAYS, NEVER = All(()), Any(())
DATES = frozenset({"minute", "hour", "day", "week", "month", "year"})


@dataclass(frozen=True, slots=True)
class Left:
    """A control that a format cannot say. `reason` is a clause: "it asks for ..."."""

    control: str
    reason: str


class Inexpressible(Exception):
    """Raised on the way through a condition where the format has no words for a part of it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A template's resource type that is a part of another: an element of the list at `path` of `owner`."""

    type: str
    owner: str
    path: Path


def check_template(control: Control) -> None:
    """Raises Inexpressible for what no policy over one resource of a template can tell."""
    if control.when == NEVER or control.expect == ALWAYS:
        raise Inexpressible("it asks for attributes of Terraform alone")
    for type in control.applies_to:
        if type in without_schema():
            raise Inexpressible(f"CloudFormation has no resource type {type}")
        encoded = [dotted(path) for path in encoded_paths(type)]
        for path in sorted(read_paths(control)):
            if path.startswith("related."):
                raise Inexpressible(f"it asks for other resources ({path.split('.')[1]})")
            if path.startswith("derived."):
                raise Inexpressible(f"it asks for a derived fact ({path.split('.')[1]})")
            if path.startswith("raw."):
                raise Inexpressible("it reads the template as it is written")
            if any(path == known or path.startswith(f"{known}.") for known in encoded):
                raise Inexpressible(f"{path} is base64 in a template")
    for condition in conditions(control):
        for part in parts(condition):
            if isinstance(part, Keywords):
                raise Inexpressible("it looks for words anywhere in the resource")
            if isinstance(part, Test) and part.operator in DATES:
                raise Inexpressible("it compares parts of a date")
            if isinstance(part, Test) and part.operator == "expand":
                raise Inexpressible("it has a placeholder that configuration fills in")


def for_templates(control: Control) -> Control:
    """The control without what it asks of Terraform's own attributes: no template has any."""
    when = None if control.when is None else _without_terraform(control.when)
    return replace(control, when=when, expect=_without_terraform(control.expect))


def _without_terraform(condition: Condition) -> Condition:
    """The condition with such parts decided, and what they decide: ALWAYS, NEVER, or what is left to ask."""
    match condition:
        case All(inner):
            parts = tuple(part for part in map(_without_terraform, inner) if part != ALWAYS)
            return NEVER if NEVER in parts else All(parts)
        case Any(inner):
            parts = tuple(part for part in map(_without_terraform, inner) if part != NEVER)
            return ALWAYS if ALWAYS in parts else Any(parts)
        case Not(part):
            decided = _without_terraform(part)
            return NEVER if decided == ALWAYS else ALWAYS if decided == NEVER else Not(decided)
        case Test(path) | Each(path) | Count(path) if path[:1] == ("raw",) and path[1:] and path[1].islower():
            return ALWAYS if interpret(condition, Record()) else NEVER
    return condition


def conditions(control: Control) -> tuple[Condition, ...]:
    return (control.expect,) if control.when is None else (control.when, control.expect)


def read_paths(control: Control) -> frozenset[str]:
    return frozenset().union(*(reads(condition) for condition in conditions(control)))


def parts(condition: Condition) -> Iterator[Condition]:
    """The condition and all that it is made of."""
    yield condition
    match condition:
        case All(inner) | Any(inner):
            for part in inner:
                yield from parts(part)
        case Not(part) | Each(_, _, part):
            yield from parts(part)


def dotted(path: Sequence[str]) -> str:
    return ".".join(path)


def default_at(type: str, path: Path) -> Value:
    """What the service does where nothing stands at `path`; None where nothing is known of it."""
    facts = load_tables().types.get(type)
    default = facts.default.get(path) if facts is not None else None
    return None if default is None else default.value


def encoded_paths(type: str) -> tuple[Path, ...]:
    facts = load_tables().types.get(type)
    return facts.encoded if facts is not None else ()


@lru_cache(maxsize=1)
def pieces() -> Mapping[str, tuple[Piece, ...]]:
    """The pieces of each type that has some."""
    found: dict[str, tuple[Piece, ...]] = {}
    for table in load_tables().cloudformation.values():
        if table.merge is not None and table.merge.append:
            piece = Piece(table.name, table.type, table.merge.append)
            found[table.type] = (*found.get(table.type, ()), piece)
    return found


@lru_cache(maxsize=1)
def without_schema() -> frozenset[str]:
    """The types of the model that no template can have."""
    return frozenset(read_yaml(EXTENSIONS.read_text("utf-8"), EXTENSIONS.name).value)


def names(dotted_path: str) -> Path:
    return split(dotted_path)
