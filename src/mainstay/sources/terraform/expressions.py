"""Expressions to closures: `compile` makes of a syntax node a function from a scope to a value.

An expression that Terraform would refuse raises EvaluationError; whoever asked for the value (an attribute, a local,
an output) turns it into an Unknown with its place, and `try` and `can` see it as Terraform's own do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import Decimal

from tree_sitter import Node

from mainstay.model.places import Place
from mainstay.model.values import ABSENT, Record, Unknown, Value
from mainstay.sources.alternatives import one_of
from mainstay.sources.terraform import access, calls, loops, operators, templates
from mainstay.sources.terraform.scope import Scope
from mainstay.sources.terraform.syntax import Source
from mainstay.sources.terraform.types import EvaluationError, convert, tidy

Closure = Callable[[Scope], Value]

ELEMENT = "*"
"""The name under which the steps behind a splat find their element: no identifier."""


def compile(node: Node, source: Source) -> Closure:
    """A closure for an expression node."""
    return _sequence(_children(node) if node.type == "expression" else [node], source)


def _children(node: Node) -> list[Node]:
    return [child for child in node.children if child.type != "comment"]


def _sequence(nodes: Sequence[Node], source: Source) -> Closure:
    """A primary expression followed by steps: the grammar leaves them side by side."""
    first = nodes[0]
    if first.type == "(":
        return _steps(compile(nodes[1], source), nodes[3:], source)
    if first.type == "variable_expr":
        return _traversal(nodes, source)
    primary = _PRIMARY.get(first.type)
    if primary is None:
        raise EvaluationError(f"`{_text(first)[:40]}` is not understood")
    return _steps(primary(first, source), nodes[1:], source)


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


# -- literals and collections


def _literal(node: Node, source: Source) -> Closure:
    child = _children(node)[0]
    if child.type == "string_lit":
        return templates.compile_quoted(child, source, compile)
    value = _constant(child)
    return lambda scope: value


def _constant(node: Node) -> Value:
    text = _text(node)
    if node.type == "numeric_lit":
        try:
            number = float(text)
        except ValueError:
            raise EvaluationError(f"{text[:40]} is not a number") from None
        if math.isinf(number):
            raise EvaluationError(f"{text[:40]} is too large a number")
        return tidy(Decimal(text))
    return {"true": True, "false": False}.get(text)


def _collection(node: Node, source: Source) -> Closure:
    child = _children(node)[0]
    return _tuple(child, source) if child.type == "tuple" else _object(child, source)


def _tuple(node: Node, source: Source) -> Closure:
    elements = [compile(child, source) for child in node.named_children if child.type == "expression"]
    return lambda scope: [element(scope) for element in elements]


def _object(node: Node, source: Source) -> Closure:
    entries: list[tuple[Closure, Closure, Place]] = []
    for element in node.named_children:
        if element.type == "object_elem":
            key, value = element.child_by_field_name("key"), element.child_by_field_name("val")
            if key is None or value is None:
                raise EvaluationError("an object's element has no key or no value")
            entries.append((_object_key(key, source), compile(value, source), source.place(element)))
    place = source.place(node)

    def build(scope: Scope) -> Value:
        result, marks = Record(place=place), {}
        unsure: list[Value] = []
        for key_of, value_of, mark in entries:
            key = key_of(scope)
            if key is None:
                raise EvaluationError("a key must not be null")
            if isinstance(key, Unknown):
                result.rest = Unknown(key.reason, mark, key.settle)
                unsure = list(result)
                continue
            key = key if isinstance(key, str) else str(convert(key, "string"))
            result[key] = value_of(scope)
            marks[key] = mark
        for key in unsure:
            result[key] = one_of([result[key], result.rest], result.rest)  # the unknown key may be this one
        result.marks = marks
        return result

    return build


def _object_key(node: Node, source: Source) -> Closure:
    """A bare word is a string; anything else, also in parentheses, is an expression."""
    children = _children(node)
    if len(children) == 1 and children[0].type == "variable_expr":
        word = _text(children[0])
        return lambda scope: word
    return _sequence(children, source)


# -- traversals


def _traversal(nodes: Sequence[Node], source: Source) -> Closure:
    root, place = _text(nodes[0]), source.place(nodes[0])
    reader = _ROOTS.get(root)
    if reader is not None and len(nodes) > 1 and nodes[1].type == "get_attr":
        name = _attribute_name(nodes[1])
        rest = nodes[2:]
        if root == "data" and rest and rest[0].type == "get_attr":
            second, rest = _attribute_name(rest[0]), rest[1:]
            free = _steps(lambda scope: scope.names.data(name, second, place), rest, source)
        else:
            free = _steps(reader(name, place), rest, source)
        return _shadowed(root, free, _steps(lambda scope: scope.bindings[root], nodes[1:], source))
    if len(nodes) > 1 and nodes[1].type == "get_attr":
        name = _attribute_name(nodes[1])
        managed = lambda scope: scope.names.managed(root, name, place)  # noqa: E731
        bound = _steps(lambda scope: scope.bindings[root], nodes[1:], source)
        free = _steps(managed, nodes[2:], source)
        return _shadowed(root, free, bound)
    return _steps(lambda scope: _binding(scope, root), nodes[1:], source)


def _shadowed(root: str, free: Closure, bound: Closure) -> Closure:
    """The name of a `for` or a dynamic block hides whatever else is called so."""
    return lambda scope: bound(scope) if scope.bindings and root in scope.bindings else free(scope)


def _binding(scope: Scope, name: str) -> Value:
    value = scope.bindings.get(name, ABSENT)
    if value is ABSENT:
        raise EvaluationError(f"there is nothing named {name!r} here")
    return value


def _iteration(root: str) -> Callable[[str, Place], Closure]:
    def reader(name: str, place: Place) -> Closure:
        key = f"{root}.{name}"

        def read(scope: Scope) -> Value:
            value = scope.iteration.get(key, ABSENT)
            if value is ABSENT:
                raise EvaluationError(f"{key} has no meaning here")
            return value

        return read

    return reader


_ROOTS: dict[str, Callable[[str, Place], Closure]] = {
    "var": lambda name, place: lambda scope: scope.names.variable(name, place),
    "local": lambda name, place: lambda scope: scope.names.local(name, place),
    "module": lambda name, place: lambda scope: scope.names.call(name, place),
    "data": lambda name, place: lambda scope: Unknown(f"data.{name} is incomplete", place),
    "path": lambda name, place: lambda scope: scope.names.path(name, place),
    "terraform": lambda name, place: lambda scope: scope.names.path(f"terraform.{name}", place),
    "tofu": lambda name, place: lambda scope: scope.names.path(f"terraform.{name}", place),
    "each": _iteration("each"),
    "count": _iteration("count"),
    "self": lambda name, place: lambda scope: Unknown("self is known at apply only", place),
    "ephemeral": lambda name, place: lambda scope: Unknown(f"ephemeral.{name} is never stored", place),
}


def _attribute_name(node: Node) -> str:
    return _text(_children(node)[-1])


def _steps(start: Closure, nodes: Sequence[Node], source: Source) -> Closure:
    """`start` followed by `.name`, `[key]` and splats."""
    closure = start
    for node in nodes:
        closure = _step(closure, node, source)
    return closure


def _step(start: Closure, node: Node, source: Source) -> Closure:
    kind = node.type
    if kind == "get_attr":
        name = _attribute_name(node)
        return lambda scope: access.attribute(start(scope), name, scope.names.run)
    if kind == "index":
        child = _children(node)[0]
        if child.type == "legacy_index":
            position = int(_text(child).lstrip(". "))
            return lambda scope: access.index(start(scope), position, scope.names.run)
        key = compile(next(part for part in child.named_children if part.type == "expression"), source)
        return lambda scope: access.index(start(scope), key(scope), scope.names.run)
    if kind == "splat":
        return _splat(start, _children(node)[0], source)
    raise EvaluationError(f"`{_text(node)[:40]}` is not understood")


def _splat(start: Closure, node: Node, source: Source) -> Closure:
    """`[*]` takes all that follows from each element; `.*` only the names, and an index is one of the result."""
    steps = _children(node)[1:]
    names = len(steps)
    if node.type == "attr_splat":
        names = next((at for at, step in enumerate(steps) if _is_bracket(step)), names)
    inner = _steps(lambda scope: scope.bindings[ELEMENT], steps[:names], source)

    def apply(scope: Scope) -> Value:
        step = lambda element, run: inner(scope.bind({ELEMENT: element}))  # noqa: E731
        return access.splat(start(scope), step, scope.names.run)

    return _steps(apply, steps[names:], source)


def _is_bracket(step: Node) -> bool:
    return step.type == "index" and _children(step)[0].type != "legacy_index"


# -- operators


def _call(node: Node, source: Source) -> Closure:
    return calls.compile_call(node, source, compile)


def _conditional(node: Node, source: Source) -> Closure:
    test_node, yes_node, no_node = (child for child in node.named_children if child.type == "expression")
    yes, no = compile(yes_node, source), compile(no_node, source)
    text = _is_text(yes_node) or _is_text(no_node)
    while _children(test_node)[0].type == "conditional":
        # The grammar takes `a ? b : c ? d : e` for `(a ? b : c) ? d : e`; Terraform takes the last two for one.
        first, other, last = (child for child in _children(test_node)[0].named_children if child.type == "expression")
        no = _choice(compile(last, source), yes, no, text, source.place(last))
        test_node, yes, text = first, compile(other, source), text or _is_text(other)
    return _choice(compile(test_node, source), yes, no, text, source.place(test_node))


def _choice(test: Closure, yes: Closure, no: Closure, text: bool, place: Place | None) -> Closure:
    """`text`: one of the branches is a string that is written out."""

    def choose(scope: Scope) -> Value:
        decision = _doubtful(operators.to_bool(test(scope)), scope)
        if not isinstance(decision, Unknown):
            value = yes(scope) if decision else no(scope)
            # both branches have one type: beside a string, a number is one too
            return convert(value, "string") if text and isinstance(value, bool | int | float) else value
        return one_of([_branch(yes, scope), _branch(no, scope)], decision, place)

    return choose


def _is_text(node: Node) -> bool:
    """True of a string that is written out."""
    child = _children(node)[0]
    return child.type == "literal_value" and _children(child)[0].type == "string_lit"


def _branch(branch: Closure, scope: Scope) -> Value:
    """A branch that may not be taken: an error in it says nothing yet."""
    try:
        return branch(scope)
    except EvaluationError as error:
        return Unknown(str(error))


def _doubtful(value: Value, scope: Scope) -> Value:
    """A result that is unknown may be an error in the end: what it was computed from may be of a wrong type."""
    if isinstance(value, Unknown):
        scope.names.run.doubts += 1
    return value


def _operation(node: Node, source: Source) -> Closure:
    child = _children(node)[0]
    parts = _children(child)
    if child.type == "unary_operation":
        operand = _sequence(parts[1:], source)
        apply = operators.negate if parts[0].type == "!" else operators.minus
        return lambda scope: _doubtful(apply(operand(scope)), scope)
    position = next(i for i, part in enumerate(parts) if not part.is_named and part.type not in "()")
    left, right = _sequence(parts[:position], source), _sequence(parts[position + 1 :], source)
    symbol = parts[position].type
    if symbol == "&&":
        return lambda scope: _doubtful(operators.both(left(scope), lambda: right(scope)), scope)
    if symbol == "||":
        return lambda scope: _doubtful(operators.either(left(scope), lambda: right(scope)), scope)
    compute = operators.BINARY[symbol]
    return lambda scope: _doubtful(compute(left(scope), right(scope)), scope)


def _template(node: Node, source: Source) -> Closure:
    child = _children(node)[0]
    if child.type == "heredoc_template":
        return templates.compile_heredoc(child, source, compile)
    return templates.compile_quoted(child, source, compile)


def _for(node: Node, source: Source) -> Closure:
    return loops.compile_for(_children(node)[0], source, compile)


_PRIMARY: dict[str, Callable[[Node, Source], Closure]] = {
    "literal_value": _literal,
    "collection_value": _collection,
    "function_call": _call,
    "conditional": _conditional,
    "operation": _operation,
    "template_expr": _template,
    "for_expr": _for,
    "expression": compile,
}
