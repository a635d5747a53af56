"""Differences between two views of a resource: of the code and the account, or of the account at two moments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mainstay.documents import decode_json
from mainstay.model.values import ABSENT, Document, Record, Unknown, Value

KEYS = ("Key", "Name", "Id", "Sid", "RuleName", "AttributeName", "IndexName", "DeviceName", "ParameterName")
"""What tells the elements of a list apart, where each has one of its own."""

COMPLETED = (
    "BlockDeviceMappings",
    "ListenerAttributes",
    "LoadBalancerAttributes",
    "Parameters",
    "TargetGroupAttributes",
)
"""Lists that AWS completes: with the settings that nobody set, with the volumes that were attached later."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A property that differs: its path, `Tags[owner].Value` for one in a list with keys, and both values.

    `steps` is the path as `find_mark` takes it in the first view.
    """

    path: str
    before: Value
    after: Value
    steps: tuple[str, ...] = ()


def differences(before: Value, after: Value, declared_only: bool = False) -> list[Difference]:
    """Where the second view surely says something else than the first. What is not known in either differs in nothing.

    With `declared_only`, what only the second view says is no difference: it was left open by the first.
    """
    return list(_differ("", (), before, after, declared_only))


def same(one: Value, other: Value) -> bool:
    """Whether two known values mean the same: `true` and `"true"`, 443 and `"443"`, lists in any order."""
    return bool(_plain(one) == _plain(other))


def _differ(path: str, steps: tuple[str, ...], one: Value, other: Value, declared_only: bool) -> Iterator[Difference]:
    one, other = _alike(decoded(one), decoded(other))
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        return
    if isinstance(one, dict) and isinstance(other, dict):
        yield from _maps(path, steps, one, other, declared_only)
    elif isinstance(one, list) and isinstance(other, list):
        yield from _lists(path, steps, one, other, declared_only)
    elif not same(one, other):
        yield Difference(path, one, other, steps)


def _alike(one: Value, other: Value) -> tuple[Value, Value]:
    """A list of one beside what is no list stands for its element, as AWS writes it in policies."""
    if isinstance(one, list) and len(one) == 1 and isinstance(other, str | dict):
        return one[0], other
    if isinstance(other, list) and len(other) == 1 and isinstance(one, str | dict):
        return one, other[0]
    return one, other


def _maps(
    path: str, steps: tuple[str, ...], one: Mapping[str, Value], other: Mapping[str, Value], declared_only: bool
) -> Iterator[Difference]:
    for key in [*one, *(key for key in other if key not in one and not declared_only)]:
        inner = f"{path}.{key}" if path else key
        yield from _differ(inner, (*steps, key), _look_up(one, key), _look_up(other, key), declared_only)


def _look_up(record: Mapping[str, Value], key: str) -> Value:
    return record.look_up(key) if isinstance(record, Record) else record.get(key, ABSENT)


def _lists(
    path: str, steps: tuple[str, ...], one: list[Value], other: list[Value], declared_only: bool
) -> Iterator[Difference]:
    name = _key(one, other)
    if name is not None:
        theirs = {str(element[name]): element for element in other}
        mine = {str(element[name]): (index, element) for index, element in enumerate(one)}
        for key, (index, element) in mine.items():
            inner = (*steps, str(index))
            yield from _differ(f"{path}[{key}]", inner, element, theirs.get(key, ABSENT), declared_only)
        completed = declared_only and steps[-1:] and steps[-1] in COMPLETED
        for key, element in theirs.items():
            if key not in mine and not key.startswith("aws:") and not completed:
                yield Difference(f"{path}[{key}]", ABSENT, element, steps)
        return
    left = list(other)
    unmatched = []
    for index, element in enumerate(one):
        alike = (at for at, there in enumerate(left) if not list(_differ("", (), element, there, declared_only)))
        found = next(alike, None)
        if found is None:
            unmatched.append((index, element))
        else:
            del left[found]
    if len(unmatched) == len(left) == 1:
        index, element = unmatched[0]
        yield from _differ(f"{path}[{index}]", (*steps, str(index)), element, left[0], declared_only)
        return
    for index, element in unmatched:
        yield Difference(f"{path}[{index}]", element, ABSENT, (*steps, str(index)))
    for element in left:
        yield Difference(f"{path}[]", ABSENT, element, steps)


def _key(one: list[Value], other: list[Value]) -> str | None:
    """What tells the elements of both lists apart."""
    elements = [*one, *other]
    if not elements or not all(isinstance(element, dict) for element in elements):
        return None
    for name in KEYS:
        if all(isinstance(element.get(name), str) for element in elements) and all(
            len({element[name] for element in each}) == len(each) for each in (one, other)
        ):
            return name
    return None


def decoded(value: Value) -> Value:
    """JSON text as what it says: a policy is written now as text, now as a document."""
    if isinstance(value, Document):
        return value.value
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return decode_json(value)
        except ValueError:
            return value
    return value


def _plain(value: Value) -> Value:
    if value is ABSENT or value is None or value == [] or value == {}:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list):
        return sorted((_plain(element) for element in value), key=repr)
    if isinstance(value, dict):
        return {key: inner for key, item in value.items() if (inner := _plain(item)) is not None}
    return value
