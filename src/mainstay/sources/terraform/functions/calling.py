"""How a function is called: its signature, what it does with arguments that are not known, and what it may see.

A *strict* function computes on known values, converted to its parameters' types; anything unknown in its arguments
makes the result unknown. A *structural* one takes its arguments as they are and keeps what is known. An *opaque* one
has a result that nobody can know before Terraform runs. One that is *reading* is strict, and gets the Context first.
An argument that is one of a few values gives one of a few results, whatever the kind.
"""

from __future__ import annotations

import itertools
import math
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mainstay.model.places import Place
from mainstay.model.values import OneOf, Text, Unknown, Value, unknowns
from mainstay.sources.alternatives import MOST_OPTIONS, one_of
from mainstay.sources.terraform.types import Constraint, EvaluationError, convert

Kind = Literal["strict", "structural", "reading", "rendering", "opaque"]


class Refused(EvaluationError):
    """A file that the review does not read although Terraform would: outside the tree, or too large."""


@dataclass(frozen=True, slots=True)
class Context:
    """What functions may see of the world: the files under `root`, and the evaluator's templates.

    `directory` is the root module's: relative paths start there. `render` evaluates template text with variables.
    """

    root: Path
    directory: Path
    render: Callable[[str, Mapping[str, Value]], Value]


@dataclass(frozen=True, slots=True)
class Function:
    """One function of Terraform's: what computes it, and its parameters' types.

    `variadic` is the type of any further arguments, at most `most` of them. Null is refused unless `nullable`.
    A structural or rendering function converts and checks its arguments itself.
    """

    call: Callable[..., Value]
    parameters: tuple[Constraint, ...] = ()
    variadic: Constraint | None = None
    kind: Kind = "strict"
    most: int | None = None
    nullable: bool = False


def blurred(value: Value) -> Unknown:
    """A plain unknown with the reason of the first unknown leaf in `value`."""
    leaf = next(unknowns(value), Unknown("the value can't be told"))
    return Unknown(leaf.reason, leaf.place, leaf.settle)


def apply(function: Function, arguments: list[Value], context: Context, place: Place | None) -> Value:
    """The result of one call; raises EvaluationError where Terraform would."""
    _check_count(function, len(arguments))
    if any(isinstance(argument, OneOf) for argument in arguments):
        branches = [argument.options if isinstance(argument, OneOf) else (argument,) for argument in arguments]
        if math.prod(len(options) for options in branches) <= MOST_OPTIONS:
            return _distribute(function, arguments, branches, context, place)
    return _KINDS[function.kind](function, arguments, context, place)


def _check_count(function: Function, given: int) -> None:
    least = len(function.parameters)
    most = math.inf if function.variadic is not None and function.most is None else least + (function.most or 0)
    if not least <= given <= most:
        wanted = str(least) if most == least else f"{least} or more" if most == math.inf else f"{least} to {most}"
        raise EvaluationError(f"the function takes {wanted} arguments, not {given}")


def _distribute(
    function: Function,
    arguments: list[Value],
    branches: list[tuple[Value, ...]],
    context: Context,
    place: Place | None,
) -> Value:
    cause = next(argument for argument in arguments if isinstance(argument, OneOf))
    try:
        results = [apply(function, list(choice), context, place) for choice in itertools.product(*branches)]
    except EvaluationError:
        return blurred(cause)
    return one_of(results, cause)


def _strict(function: Function, arguments: list[Value], *_: object) -> Value:
    unknown = next(unknowns(arguments), None)
    if unknown is not None:
        return Unknown(unknown.reason, unknown.place, unknown.settle)
    return _normal(function.call(*_converted(function, arguments)))


def _reading(function: Function, arguments: list[Value], context: Context, *_: object) -> Value:
    unknown = next(unknowns(arguments), None)
    if unknown is not None:
        return Unknown(unknown.reason, unknown.place, unknown.settle)
    return _normal(function.call(context, *_converted(function, arguments)))


def _structural(function: Function, arguments: list[Value], *_: object) -> Value:
    return function.call(*arguments)


def _rendering(function: Function, arguments: list[Value], context: Context, *_: object) -> Value:
    return function.call(context, *arguments)


def _opaque(function: Function, arguments: list[Value], _: Context, place: Place | None) -> Value:
    return Text([Unknown(function.call(*arguments), place, "pass a plan")], place)


_KINDS: Mapping[Kind, Callable[[Function, list[Value], Context, Place | None], Value]] = {
    "strict": _strict,
    "structural": _structural,
    "reading": _reading,
    "rendering": _rendering,
    "opaque": _opaque,
}


def _converted(function: Function, arguments: list[Value]) -> list[Value]:
    further = len(arguments) - len(function.parameters)
    types = [*function.parameters, *[function.variadic or "any"] * further]
    if not function.nullable and any(argument is None for argument in arguments):
        raise EvaluationError("an argument must not be null")
    return [convert(argument, kind) for argument, kind in zip(arguments, types, strict=True)]


def _normal(result: Value) -> Value:
    """Terraform keeps every string in Unicode's composed form."""
    if isinstance(result, str) and not result.isascii():
        return unicodedata.normalize("NFC", result)
    return result
