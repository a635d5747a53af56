"""Terraform's functions, evaluated over values that are known in part.

`try` and `can` are not here: they take expressions, not values, and are the evaluator's.
"""

from __future__ import annotations

import difflib

from mainstay.model.places import Place
from mainstay.model.values import Value
from mainstay.sources.terraform.functions.calling import Context, Function, Refused, apply
from mainstay.sources.terraform.functions.table import FUNCTIONS
from mainstay.sources.terraform.types import EvaluationError

__all__ = ["FUNCTIONS", "Context", "EvaluationError", "Function", "Refused", "call"]


def call(name: str, arguments: list[Value], context: Context, place: Place | None) -> Value:
    """What the function `name` makes of `arguments`.

    Raises EvaluationError where Terraform would refuse the call, and Refused for a file that the review does not read.
    """
    function = FUNCTIONS.get(name.removeprefix("core::"))
    if function is None:
        near = difflib.get_close_matches(name, FUNCTIONS, 1)
        raise EvaluationError(f"there is no function {name}" + (f"; did you mean {near[0]}?" if near else ""))
    try:
        return apply(function, arguments, context, place)
    except Refused as refusal:
        raise Refused(f"{name}: {refusal}") from None
    except EvaluationError as error:
        raise EvaluationError(f"{name}: {error}") from None
