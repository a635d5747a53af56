"""Which element of a planned list is which block of the code: sets have another order in a plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from mainstay.model.values import ABSENT, Items, Unknown, Value
from mainstay.sources.plan.document import Json

MOST_PAIRED = 100


class Nothing:
    """The type of NOTHING."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "NOTHING"


NOTHING: Final = Nothing()
"""Stands for a value of which the Terraform files say nothing."""

UNSURE: Final[Json] = {"references": []}
"""Stands for the expression of something that was generated: a dynamic block is not in the configuration."""


def paired(after: Sequence[Json], unknown: Sequence[Json], hcl: Value) -> list[Value]:
    """For each element of a planned list, that of the evaluated one; NOTHING throughout where they do not match."""
    nothing: list[Value] = [NOTHING] * len(after)
    if not isinstance(hcl, list) or len(hcl) != len(after) or len(after) > MOST_PAIRED:
        return nothing
    if isinstance(hcl, Items) and hcl.rest is not ABSENT:
        return nothing
    order = _order(len(after), lambda at, other: _fits(after[at], unknown[at], hcl[other]))
    return nothing if order is None else [hcl[other] for other in order]


def paired_blocks(after: Sequence[Json], node: Json) -> list[Json]:
    """For each nested block, its expressions; the expression of the whole where it is an attribute."""
    unsure: list[Json] = [UNSURE] * len(after)
    if not isinstance(node, list):
        return [node] * len(after) if node is not None else unsure
    if len(node) != len(after) or len(after) > MOST_PAIRED:
        return unsure
    order = _order(len(after), lambda at, other: _written_so(after[at], node[other]))
    return unsure if order is None else [node[other] for other in order]


def _order(length: int, fits: Callable[[int, int], bool]) -> list[int] | None:
    """The same order where that fits; otherwise any in which all fit, found without turning back."""
    if all(fits(at, at) for at in range(length)):
        return list(range(length))
    left = list(range(length))
    order: list[int] = []
    for at in range(length):
        chosen = next((other for other in left if fits(at, other)), None)
        if chosen is None:
            return None
        left.remove(chosen)
        order.append(chosen)
    return order


def _fits(after: Json, unknown: Json, hcl: Value) -> bool:
    if unknown is True:
        return isinstance(hcl, Unknown | dict | list)
    if isinstance(hcl, Unknown):
        return True
    if isinstance(after, dict):
        marks = unknown if isinstance(unknown, dict) else {}
        return isinstance(hcl, dict) and all(
            _fits(after[name], marks.get(name), value)
            for name, value in hcl.items()
            if name in after and after[name] is not None
        )
    if isinstance(after, list):
        return isinstance(hcl, list)
    return _text(after) == _text(hcl)


def _written_so(after: Json, node: Json) -> bool:
    if not isinstance(after, dict) or not isinstance(node, dict):
        return True
    for name, expression in node.items():
        if isinstance(expression, dict) and "constant_value" in expression and name in after:
            value = expression["constant_value"]
            if not isinstance(value, list | dict) and _text(value) != _text(after[name]):
                return False
    return True


def _text(value: Value) -> str:
    """A scalar as Terraform converts it to a string: `true` and `"true"` are one."""
    return str(value).lower() if isinstance(value, bool) else str(value)
