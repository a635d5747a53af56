"""`for` expressions, over collections that may go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tree_sitter import Node

from mainstay.model.values import ABSENT, Items, OneOf, Record, Set, Unknown, Value
from mainstay.sources.alternatives import one_of
from mainstay.sources.terraform.operators import each_answer, to_bool
from mainstay.sources.terraform.scope import Scope
from mainstay.sources.terraform.syntax import Source
from mainstay.sources.terraform.types import EvaluationError, convert

Closure = Callable[[Scope], Value]
Compile = Callable[[Node, Source], Closure]


@dataclass(frozen=True, slots=True)
class _Loop:
    """`for key, value in collection : [new_key =>] result [...] [if test]`."""

    names: tuple[str, ...]
    collection: Closure
    result: Closure
    new_key: Closure | None
    test: Closure | None
    grouping: bool


def compile_for(node: Node, source: Source, compile: Compile) -> Closure:
    """A closure for a `for_tuple_expr` or a `for_object_expr`."""
    intro = next(child for child in node.named_children if child.type == "for_intro")
    names = tuple((child.text or b"").decode() for child in intro.named_children if child.type == "identifier")
    collection = next(child for child in intro.named_children if child.type == "expression")
    condition = next((child for child in node.named_children if child.type == "for_cond"), None)
    bodies = [compile(child, source) for child in node.named_children if child.type == "expression"]
    is_object = node.type == "for_object_expr"
    loop = _Loop(
        names,
        compile(collection, source),
        bodies[-1],
        bodies[0] if is_object else None,
        compile(next(c for c in condition.named_children if c.type == "expression"), source) if condition else None,
        any(child.type == "ellipsis" for child in node.children),
    )
    build = _object if is_object else _tuple

    def run(scope: Scope) -> Value:
        scope.names.run.step()
        return _over(loop, loop.collection(scope), scope, build)

    return run


def _over(loop: _Loop, collection: Value, scope: Scope, build: Callable[[_Loop, Value, Scope], Value]) -> Value:
    if isinstance(collection, OneOf):
        return each_answer(collection, lambda option: _over(loop, option, scope, build))
    if isinstance(collection, Unknown):
        scope.names.run.doubts += 1  # it may be nothing that a loop takes
        return Unknown(collection.reason, collection.place, collection.settle)
    if not isinstance(collection, dict | list):
        raise EvaluationError("`for` takes a list, a set or a map")
    return build(loop, collection, scope)


def _rounds(loop: _Loop, collection: Value, scope: Scope) -> Iterator[tuple[Scope, bool | Unknown]]:
    """The scope of each round, and whether there surely is such a round (an Unknown where that is not known)."""
    for key, value, certain in elements_of(collection):
        scope.names.run.step()
        names = {loop.names[-1]: value} if len(loop.names) == 1 else {loop.names[0]: key, loop.names[1]: value}
        inner = scope.bind(names)
        taken: bool | Unknown = True if certain is None else certain
        if loop.test is not None:
            verdict = to_bool(loop.test(inner))
            scope.names.run.doubts += isinstance(verdict, Unknown)
            if verdict is False:
                continue
            taken = verdict if taken is True else taken
        yield inner, taken


def elements_of(collection: Value) -> Iterator[tuple[Value, Value, Unknown | None]]:
    """Key, value and, for what only may be there, the reason of the doubt."""
    if isinstance(collection, dict):
        for key in sorted(collection):
            yield key, collection[key], None
    else:
        for position, value in enumerate(collection):
            yield (value if isinstance(collection, Set) else position), value, None
    if isinstance(collection, Items | Record) and collection.rest is not ABSENT:
        rest, doubt = collection.rest, collection.why
        key = rest if isinstance(collection, Set) else Unknown(doubt.reason, doubt.place, doubt.settle)
        yield key, rest, doubt


def _tuple(loop: _Loop, collection: Value, scope: Scope) -> Value:
    sure: list[Value] = []
    perhaps: list[Value] = []
    doubt: Unknown | None = None
    for inner, taken in _rounds(loop, collection, scope):
        value = loop.result(inner)
        if taken is True:
            sure.append(value)
        else:
            assert isinstance(taken, Unknown)
            doubt = doubt or taken
            perhaps.append(value)
    return Items(sure, one_of(perhaps, doubt), doubt) if doubt is not None else sure


def _object(loop: _Loop, collection: Value, scope: Scope) -> Value:
    assert loop.new_key is not None
    result, perhaps = Record(), []
    doubt: Unknown | None = None
    for inner, taken in _rounds(loop, collection, scope):
        key, value = loop.new_key(inner), loop.result(inner)
        if isinstance(key, Unknown) or taken is not True:
            reason = key if isinstance(key, Unknown) else taken
            assert isinstance(reason, Unknown)
            doubt = doubt or reason
            perhaps.append([value] if loop.grouping else value)
            continue
        name = key if isinstance(key, str) else str(convert(key, "string"))
        if loop.grouping:
            result.setdefault(name, []).append(value)
        elif name in result:
            raise EvaluationError(f"two elements have the key {name!r}; `...` would group them")
        else:
            result[name] = value
    if doubt is not None:
        result.rest, result.doubt = one_of(perhaps, doubt), doubt
    return result
