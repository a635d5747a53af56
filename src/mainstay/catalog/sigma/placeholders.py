"""Placeholders (`%own_accounts%`), filled in from the lists of the configuration."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import cast

from mainstay.catalog.sigma.trees import Leaf, leaves, rebuilt
from mainstay.documents import read_yaml
from mainstay.model.conditions import All, Any, Condition, Operator, Test
from mainstay.model.detections import Detection
from mainstay.model.errors import DataError

LISTS = Path(__file__).parents[1] / "detections" / "lists.yaml"
Lists = Mapping[str, Sequence[str]]

_PLACEHOLDER = re.compile(r"(?<!\\)%([\w-]+)%")
_ESCAPED = re.compile(r"\\%")


@dataclass(frozen=True, slots=True)
class Declared:
    """A list that mainstay's own rules ask for: what it holds, as a phrase, and what is in it from the beginning."""

    holds: str
    default: tuple[str, ...]


@lru_cache(maxsize=1)
def declared_lists() -> Mapping[str, Declared]:
    """The lists of the pack, by name."""
    document = read_yaml(LISTS.read_text("utf-8"), f"catalog/detections/{LISTS.name}")
    if document.faults:
        raise DataError(document.faults)
    return {name: Declared(entry["holds"], tuple(entry["default"])) for name, entry in document.value.items()}


def placeholders(condition: Condition) -> tuple[str, ...]:
    """The names of the placeholders that the condition still has, in its order."""
    tests = (leaf for leaf in leaves(condition) if isinstance(leaf, Test) and leaf.operator == "expand")
    found = (name for test in tests for value in test.values for name in _PLACEHOLDER.findall(str(value)))
    return tuple(dict.fromkeys(found))


def filled(detection: Detection, lists: Lists) -> Detection:
    """The detection with its placeholders filled in; `needs` names those that no list of `lists` fills."""
    if not detection.needs:
        return detection
    condition = rebuilt(detection.condition, lambda leaf: _filled(leaf, lists))
    unless = detection.unless and rebuilt(detection.unless, lambda leaf: _filled(leaf, lists))
    needs = dict.fromkeys((*placeholders(condition), *(placeholders(unless) if unless else ())))
    return replace(detection, condition=condition, unless=unless, needs=tuple(needs))


def _filled(leaf: Leaf, lists: Lists) -> Condition:
    """A test with each value spelled out. An empty list gives a value no spelling: nothing equals it."""
    if not isinstance(leaf, Test) or leaf.operator != "expand":
        return leaf
    spelled = [_spellings(str(value), lists) for value in leaf.values]
    open_values = tuple(value for value, each in zip(leaf.values, spelled, strict=True) if each is None)
    known = [tuple(each) for each in spelled if each is not None]
    parts: list[Condition] = [_test(leaf, values) for values in known]
    if open_values:
        parts.append(replace(leaf, values=open_values))
    if leaf.every_value:
        return parts[0] if len(parts) == 1 else All(tuple(parts))
    if not open_values:
        return _test(leaf, tuple(itertools.chain.from_iterable(known)))
    return parts[0] if len(parts) == 1 else Any(tuple(parts))


def _test(leaf: Test, values: tuple[str, ...]) -> Condition:
    if not values:
        return Any(())
    return replace(leaf, operator=cast(Operator, leaf.flags or "equals"), values=values, every_value=False, flags="")


def _spellings(value: str, lists: Lists) -> list[str] | None:
    r"""The value with each entry of the lists in the place of its name, in every combination; None where a list is
    missing. `\%` is a plain percent sign, and an entry may have wildcards, as any value."""
    pieces = _PLACEHOLDER.split(value)
    texts, names = pieces[::2], pieces[1::2]
    if any(name not in lists for name in names):
        return None
    found = []
    for entries in itertools.product(*(lists[name] for name in names)):
        joined = itertools.chain.from_iterable(zip(map(_plain_percent, texts), (*entries, ""), strict=True))
        found.append("".join(joined))
    return found


def _plain_percent(text: str) -> str:
    return _ESCAPED.sub("%", text)
