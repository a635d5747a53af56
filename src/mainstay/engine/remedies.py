"""Remedies: which properties a failing resource has to have, where a control's condition says so in plain facts.

A condition that is a conjunction of plain facts (`StorageEncrypted: true`, `BackupRetentionPeriod|gte: 7`) can be read
backwards. What depends on the reader's world, a key, a subnet, which of several ways, never is invented.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mainstay.engine.interpret import interpret
from mainstay.engine.walk import STAR, split
from mainstay.model.conditions import All, Any, Condition, Count, Each, Keywords, Not, Path, Scalar, Test
from mainstay.model.controls import Control
from mainstay.model.findings import Reason
from mainstay.model.patches import NoPatch
from mainstay.model.places import Mark

_KEY = re.compile(r"(?:Key(?:I[dD]|Arn|ARN)|K[mM][sS]Key|EncryptionKey)$")


@dataclass(frozen=True, slots=True)
class Assignment:
    """The property at `path` has to become `value`. The path has the indexes of the lists on its way.

    With `fields`, a pair of key and value for example, an element of the list at `path` has to hold them all; the
    first of them says which element it is.
    """

    path: Path
    value: Scalar | tuple[Scalar, ...] = None
    fields: Mapping[str, Scalar] | None = None
    mark: Mark | None = None

    @property
    def plain(self) -> Path:
        """The path without indexes."""
        return without_indexes(self.path)


@dataclass(frozen=True, slots=True)
class _Fact:
    """What a property has to be; `tests` are all that is asked of it."""

    value: Scalar | tuple[Scalar, ...] = None
    tests: tuple[Test, ...] = ()
    fields: Mapping[str, Scalar] | None = None


@dataclass(slots=True)
class _Facts:
    """A condition taken apart: what it asks plainly, what a person has to answer, and what need not be looked at."""

    plain: dict[Path, _Fact]
    hard: dict[Path, str]
    spare: set[Path]
    pairs: dict[Path, Mapping[str, Scalar]]


def remedy(control: Control, reasons: Sequence[Reason]) -> tuple[Assignment, ...] | NoPatch:
    """What makes a failing finding pass, from the reasons that it was given."""
    facts = _Facts({}, {}, set(), {})
    _take(control.expect, (), facts)
    found: dict[tuple[Path, tuple[str, ...]], Assignment] = {}
    for reason in reasons:
        steps = split(reason.path)
        made = _assignment(steps, reason, facts)
        if isinstance(made, NoPatch):
            return made
        if made is not None:
            found.setdefault((made.path, tuple(made.fields or ())), made)
    return tuple(found.values()) or NoPatch("it takes more than to set a property that the control names")


def can_remedy(control: Control) -> bool:
    """Whether anything that the control asks for can be set at all."""
    facts = _Facts({}, {}, set(), {})
    _take(control.expect, (), facts)
    return bool(facts.plain or facts.pairs)


def without_indexes(path: Iterable[str]) -> Path:
    return tuple(step for step in path if not step.isdigit())


def _holder(path: Path, depth: int) -> Path:
    """As much of a path as has `depth` names."""
    names = 0
    for position, step in enumerate(path):
        names += not step.isdigit()
        if names == depth:
            return path[: position + 1]
    return path


def agreed(controls: Iterable[Control], path: Path, values: Iterable[Scalar]) -> Scalar:
    """The one of `values` with which every control that asks for the property is content; None where there is none."""
    tests: list[Test] = []
    for control in controls:
        facts = _Facts({}, {}, set(), {})
        _take(control.expect, (), facts)
        fact = facts.plain.get(path)
        tests.extend(fact.tests if fact is not None else ())
    return next((value for value in values if all(interpret(test, value) for test in tests)), None)


def _assignment(steps: Path, reason: Reason, facts: _Facts) -> Assignment | NoPatch | None:
    plain = without_indexes(steps)
    for pair, fields in facts.pairs.items():
        if plain == pair or (plain[:-1] == pair and plain[-1] in fields):
            # an element that comes near may be another pair altogether: the list is what the fields belong to
            return Assignment(_holder(steps, len(pair)), fields=fields, mark=reason.mark)
    fact = facts.plain.get(plain)
    if fact is not None:
        return Assignment(steps, fact.value, mark=reason.mark)
    for hard, why in facts.hard.items():
        if plain[: len(hard)] == hard or hard[: len(plain)] == plain:
            return NoPatch(why)
    if any(plain[: len(spare)] == spare or spare[: len(plain)] == plain for spare in facts.spare):
        return None
    return NoPatch("it takes more than to set a property that the control names")


# -- taking a condition apart


def _take(condition: Condition, at: Path, facts: _Facts) -> None:
    match condition:
        case All(parts):
            for part in parts:
                _take(part, at, facts)
        case Any(parts):
            _take_any(parts, at, facts)
        case Not(part):
            _take_not(part, at, facts)
        case Test():
            _take_test(condition, at, facts)
        case Each():
            _take_each(condition, at, facts)
        case Count(path, _, _):
            why = _outside(at + path) or f"which {_name(at + path)}, and how many, is yours to decide"
            facts.hard.setdefault(at + path, why)
        case Keywords():
            facts.hard.setdefault(at, "what is written there is yours to change")


def _take_test(test: Test, at: Path, facts: _Facts) -> None:
    path = at + test.path
    outside = _outside(path) or _many(path)
    value = None if outside else _value(test)
    if value is None and path in facts.plain and not outside:
        facts.plain[path] = replace(facts.plain[path], tests=(*facts.plain[path].tests, replace(test, path=())))
        return
    if value is None:
        facts.hard.setdefault(path, outside or _why(test, path))
        return
    known = facts.plain.get(path)
    tests = (replace(test, path=()), *(known.tests if known is not None else ()))
    # of a range the upper end is the nearer one, to what has no end as well as to what is above it
    values = [value] if known is None else [known.value, value] if test.operator != "lte" else [value, known.value]
    for candidate in values:
        if isinstance(candidate, tuple) or all(interpret(each, candidate) for each in tests):
            facts.plain[path] = _Fact(candidate, tests)
            return
    facts.plain.pop(path, None)
    facts.hard[path] = f"which value {_name(path)} takes is yours to decide"


def _take_not(part: Condition, at: Path, facts: _Facts) -> None:
    match part:
        case Any(parts):
            for each in parts:
                _take_not(each, at, facts)
        case Test(operator="equals", values=(bool() as value,)):
            _take_test(replace(part, values=(not value,)), at, facts)
        case _:
            for path in _paths(part, at):
                facts.hard.setdefault(
                    path, "what is there has to be taken away or narrowed; how far is yours to decide"
                )


def _take_each(each: Each, at: Path, facts: _Facts) -> None:
    path = at + each.path
    fields = _fields(each.condition) if each.quantifier == "any" and not _outside(path) else None
    if fields is not None and STAR not in path:
        facts.pairs[path] = fields
    elif each.quantifier == "every":
        _take(each.condition, path, facts)
    elif each.quantifier == "none":
        _take_not(each.condition, path, facts)
    elif isinstance(each.condition, Test) and each.condition.path:
        _take(each.condition, path, facts)
    else:
        for inner in (path, *_paths(each.condition, path)):
            outside = _outside(inner)
            facts.hard.setdefault(inner, outside or f"what {_name(path)} holds is yours to decide")


def _take_any(parts: Sequence[Condition], at: Path, facts: _Facts) -> None:
    """One way of several is taken where it is the first, the author's, and the only one that needs no answer."""
    plain = [part for part in parts if _is_plain(part, at)]
    if len(plain) == 1 and plain[0] is parts[0] and _is_single(parts[0]):
        _take(parts[0], at, facts)
        for part in parts[1:]:
            facts.spare.update(_paths(part, at))
        return
    for path in (path for part in parts for path in _paths(part, at)):
        facts.hard.setdefault(path, _outside(path) or "there is more than one way to meet it; which is yours to decide")


def _is_plain(condition: Condition, at: Path) -> bool:
    facts = _Facts({}, {}, set(), {})
    _take(condition, at, facts)
    return bool(facts.plain or facts.pairs) and not facts.hard


def _is_single(condition: Condition) -> bool:
    """Whether it names one value for each property: of a list of them, the choice may hang on what else there is."""
    match condition:
        case Test(values=values):
            return len(values) == 1
        case All(parts) | Any(parts):
            return all(_is_single(part) for part in parts)
        case Not(part):
            return _is_single(part)
        case Each(_, _, inner):
            return _is_single(inner)
    return False


def _fields(condition: Condition) -> Mapping[str, Scalar] | None:
    """The fields of an element that a conjunction of equalities asks for; None where it asks for anything else."""
    parts = condition.parts if isinstance(condition, All) else ()
    fields: dict[str, Scalar] = {}
    for part in parts:
        value = _value(part) if isinstance(part, Test) and part.operator == "equals" and len(part.path) == 1 else None
        if value is None or isinstance(value, tuple) or not isinstance(part, Test):
            return None
        fields[part.path[0]] = value
    return fields if len(fields) > 1 else None


def _value(test: Test) -> Scalar | tuple[Scalar, ...]:
    """The value that a test names outright, of several the first that is written; None where there is none."""
    first = test.values[0] if test.values else None
    match test.operator:
        case "equals" if all(_is_literal(value) for value in test.values):
            return test.values if test.every_value and len(test.values) > 1 else first
        case "neq" if len(test.values) == 1 and isinstance(first, bool):
            return not first
        case "gte" if isinstance(first, int | float) and first > 1 and len(test.values) == 1:
            return first  # `gte: 1` asks for any at all: how many is no fact
        case "lte" if isinstance(first, int | float) and first > 0 and len(test.values) == 1:
            return first
        case "gt" if isinstance(first, int) and first > 0 and len(test.values) == 1:
            return first + 1
        case "lt" if isinstance(first, int) and len(test.values) == 1:
            return first - 1
    return None


def _is_literal(value: Scalar) -> bool:
    return value is not None and not (isinstance(value, str) and (value == "" or any(sign in value for sign in "*?\\")))


def _why(test: Test, path: Path) -> str:
    name = _name(path)
    if test.operator == "exists":
        if not test.values[0]:
            return f"whether {name} can go is yours to decide"
        what = "key" if _KEY.search(name) else name
        return f"which {what} to use is yours to decide"
    if test.operator in ("equals", "neq") and None in test.values:
        return f"whether {name} can go is yours to decide"
    return f"which value {name} takes is yours to decide"


def _outside(path: Path) -> str:
    """Why a path cannot be set: it is no property of the resource itself."""
    if path[:1] == ("related",):
        return f"it takes another resource ({path[1]}), which is yours to declare"
    if path[:1] in (("derived",), ("raw",)):
        return "it follows from more than one property"
    return ""


def _many(path: Path) -> str:
    return f"what {_name(path)} holds is yours to decide" if STAR in path else ""


def _name(path: Path) -> str:
    return ".".join(step for step in path if step != STAR) or "it"


def _paths(condition: Condition, at: Path) -> Iterator[Path]:
    """Every path that a condition looks at."""
    match condition:
        case All(parts) | Any(parts):
            for part in parts:
                yield from _paths(part, at)
        case Not(part):
            yield from _paths(part, at)
        case Test(path) | Count(path, _, _):
            yield at + path
        case Each(path, _, inner):
            yield at + path
            yield from _paths(inner, at + path)
        case Keywords():
            yield at
