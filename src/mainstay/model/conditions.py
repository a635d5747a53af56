"""The condition tree: what a control asks of a resource, and a detection of an event. Plain data, no behaviour.

    Condition = All | Any | Not        combine conditions
              | Test                   compares what stands at a path with values
              | Each                   asks a condition of the elements of a list
              | Count                  compares the number of elements
              | Keywords               looks for strings anywhere in the subject

`docs/reference/conditions.md` is the grammar; `engine` parses, compiles and explains the tree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Union

from mainstay.model.places import Place

Scalar = Union[str, int, float, bool, None]
Path = tuple[str, ...]
"""Property names from the subject down. `*` steps into every value of a map. Empty: the subject itself."""

Operator = Literal[
    "equals", "neq", "contains", "startswith", "endswith", "re", "cidr", "gt", "gte", "lt", "lte", "exists",
    "fieldref", "expand", "minute", "hour", "day", "week", "month", "year",
]  # fmt: skip
Quantifier = Literal["any", "every", "none"]
Comparison = Literal["equals", "neq", "gt", "gte", "lt", "lte"]


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds. Without parts it holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """One part holds, or more. Without parts it does not hold."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Condition


@dataclass(frozen=True, slots=True)
class Test:
    """An element at `path` compares with one of `values` (with all of them where `every_value`).

    `values` of the operator `fieldref` are dotted paths, of `exists` one boolean. `flags` are those of `re` (`i`,
    `m`, `s`), and for `fieldref` the comparison that stands behind it (`startswith`, ...). `written` asks `re` of what
    people write: names and ids that AWS makes up never are, or complete, what it looks for.
    """

    path: Path
    operator: Operator
    values: tuple[Scalar, ...]
    every_value: bool = False
    cased: bool = False
    flags: str = ""
    place: Place | None = None
    written: bool = False


@dataclass(frozen=True, slots=True)
class Each:
    """`condition` holds of any, of every or of none of the elements at `path`; an absent list has no elements."""

    path: Path
    quantifier: Quantifier
    condition: Condition
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """The number of elements at `path` compares with `number`; an absent list has none, a single value counts one."""

    path: Path
    comparison: Comparison
    number: int
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Keywords:
    """One of `words` (all of them where `every_word`) occurs in a string anywhere in the subject."""

    words: tuple[Scalar, ...]
    every_word: bool = False
    place: Place | None = None


Condition = Union[All, Any, Not, Test, Each, Count, Keywords]
