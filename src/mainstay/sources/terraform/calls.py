"""Function calls, and the two functions that look at how their arguments are evaluated: `try` and `can`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tree_sitter import Node

from mainstay.model.findings import Gap
from mainstay.model.places import Place
from mainstay.model.values import ABSENT, Items, OneOf, Record, Ref, Unknown, Value, is_known, unknowns
from mainstay.sources.alternatives import each_option, one_of
from mainstay.sources.terraform import functions
from mainstay.sources.terraform.scope import Scope
from mainstay.sources.terraform.syntax import Source
from mainstay.sources.terraform.types import EvaluationError, is_open
from mainstay.sources.terraform.weight import check_weight

Closure = Callable[[Scope], Value]
Compile = Callable[[Node, Source], Closure]


def compile_call(node: Node, source: Source, compile: Compile) -> Closure:
    """A closure for a call."""
    children = [child for child in node.children if child.type != "comment"]
    name, place = (children[0].text or b"").decode("utf-8", "replace"), source.place(node)
    parameters = next((child for child in children if child.type == "function_arguments"), None)
    nodes = [] if parameters is None else [child for child in parameters.named_children if child.type == "expression"]
    arguments = [compile(child, source) for child in nodes]
    spread = parameters is not None and any(child.type == "ellipsis" for child in parameters.children)
    if name == "try":
        return lambda scope: _try(arguments, scope, place)
    if name == "can":
        return lambda scope: _can(arguments, scope)

    def call(scope: Scope) -> Value:
        values = [argument(scope) for argument in arguments]
        if spread:
            last = values.pop()
            if isinstance(last, Unknown):
                return Unknown(last.reason, last.place or place, last.settle)
            if not isinstance(last, list):
                raise EvaluationError("what `...` spreads must be a list")
            if isinstance(last, Items) and last.rest is not ABSENT:
                return _spread_open(name, values, last, place)
            values.extend(last)
        return _apply(name, values, scope, place)

    return call


def _spread_open(name: str, values: Sequence[Value], last: Items, place: Place) -> Value:
    """A call with any number of further arguments: of a merge, what its keys may be is known at least."""
    doubt = next(unknowns(last.rest), None) or Unknown("how many arguments there are is not known", place)
    doubt = Unknown(doubt.reason, doubt.place or place, doubt.settle)
    known = [value for value in [*values, *last] if value is not None]
    if name != "merge" or not all(isinstance(value, dict) for value in known):
        return doubt
    further = list(last.rest.values()) if isinstance(last.rest, dict) and not is_open(last.rest) else [doubt]
    result = Record(rest=one_of([*further, *(value.rest for value in known if is_open(value))] or [doubt], doubt))
    for value in known:
        for key, inner in value.items():
            result[key] = one_of([inner, *further], doubt)
    return result


def _apply(name: str, values: list[Value], scope: Scope, place: Place) -> Value:
    """Calls a function; over the options of the one argument that is one of several values."""
    scope.names.run.step(1 + check_weight(values) // 10)
    uncertain = [position for position, value in enumerate(values) if isinstance(value, OneOf)]
    if len(uncertain) == 1:
        position = uncertain[0]
        chosen = values[position]

        def with_option(option: Value) -> Value:
            try:
                return _apply(name, [*values[:position], option, *values[position + 1 :]], scope, place)
            except EvaluationError as error:
                scope.names.run.doubts += 1
                return Unknown(str(error), place, chosen.settle)

        return each_option(chosen, with_option)
    run = scope.names.run
    try:
        result = functions.call(name, values, run.context, place)
        run.step(len(result) // 10 if isinstance(result, list) else 0)
        run.doubts += isinstance(result, Unknown) and not result.is_set  # with known arguments it might fail
        return result
    except functions.Refused as refusal:
        run.gap(Gap("refused", str(refusal), place))
        return Unknown(str(refusal), place)


def _try(arguments: Sequence[Closure], scope: Scope, place: Place) -> Value:
    """The first argument that evaluates; one of several where it is not certain which one does."""
    run = scope.names.run
    candidates: list[Value] = []
    for argument in arguments:
        before = run.doubts
        try:
            value = argument(scope)
        except EvaluationError:
            continue
        doubtful, run.doubts = run.doubts > before, before
        candidates.append(value)
        if not doubtful:
            break
    if not candidates:
        raise EvaluationError("none of the arguments of try() can be evaluated")
    cause = next(unknowns(candidates), None) or Unknown("which argument of try() is taken is not known", place)
    return one_of(candidates, cause, place)


def _can(arguments: Sequence[Closure], scope: Scope) -> Value:
    run = scope.names.run
    before = run.doubts
    try:
        value = arguments[0](scope)
    except EvaluationError:
        return False
    doubtful, run.doubts = run.doubts > before, before
    if not doubtful and (is_known(value) or isinstance(value, Ref)):
        return True
    leaf = next(unknowns(value), None) or Unknown("whether it can be evaluated is not known")
    return Unknown(leaf.reason, leaf.place, leaf.settle)
