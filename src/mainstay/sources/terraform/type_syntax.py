"""Type constraints, `object({port = optional(number, 443)})`, from syntax to the data that `types` converts by."""

from __future__ import annotations

from collections.abc import Callable

from tree_sitter import Node

from mainstay.model.values import ABSENT, Value
from mainstay.sources.terraform.types import Constraint, EvaluationError

Evaluate = Callable[[Node], Value]


def read_constraint(node: Node, evaluate: Evaluate) -> Constraint:
    """The constraint that an expression node spells. `evaluate` gives the defaults of optional attributes."""
    children = [child for child in node.children if child.type != "comment"]
    if node.type == "expression" and len(children) == 1:
        return read_constraint(children[0], evaluate)
    if node.type in ("variable_expr", "literal_value"):
        text = (node.text or b"").decode().strip('"')
        if text in ("string", "number", "bool", "any"):
            return text
        return {"list": ("list", "any"), "map": ("map", "any"), "set": ("set", "any")}.get(text, "any")
    if node.type == "function_call":
        return _constructed(node, evaluate)
    if node.type == "template_expr":
        return "any"
    raise EvaluationError("the type constraint is not understood")


def _arguments(node: Node) -> list[Node]:
    parameters = next((child for child in node.named_children if child.type == "function_arguments"), None)
    if parameters is None:
        return []
    return [child for child in parameters.named_children if child.type == "expression"]


def _constructed(node: Node, evaluate: Evaluate) -> Constraint:
    name = (node.named_children[0].text or b"").decode()
    arguments = _arguments(node)
    if name in ("list", "set", "map") and arguments:
        return (name, read_constraint(arguments[0], evaluate))
    if name == "tuple" and arguments:
        elements = _inside(arguments[0], "tuple")
        return ("tuple", tuple(read_constraint(child, evaluate) for child in elements))
    if name == "object" and arguments:
        return ("object", _attributes(arguments[0], evaluate))
    if name == "optional" and arguments:
        return read_constraint(arguments[0], evaluate)
    raise EvaluationError(f"there is no type {name!r}")


def _inside(node: Node, kind: str) -> list[Node]:
    """The elements of the literal collection that an argument is."""
    while node.type != kind:
        inner = [child for child in node.named_children if child.type != "comment"]
        if len(inner) != 1:
            raise EvaluationError(f"the type constraint wants {kind} here")
        node = inner[0]
    wanted = "expression" if kind == "tuple" else "object_elem"
    return [child for child in node.named_children if child.type == wanted]


def _attributes(node: Node, evaluate: Evaluate) -> dict[str, tuple[Constraint, bool, Value]]:
    attributes: dict[str, tuple[Constraint, bool, Value]] = {}
    for element in _inside(node, "object"):
        key, value = element.child_by_field_name("key"), element.child_by_field_name("val")
        if key is None or value is None:
            continue
        name = (key.text or b"").decode().strip('"')
        call = next((child for child in value.named_children if child.type == "function_call"), None)
        optional = call is not None and call.named_children[0].text == b"optional"
        default: Value = ABSENT
        if optional and call is not None:
            arguments = _arguments(call)
            if len(arguments) > 1:
                default = evaluate(arguments[1])
        attributes[name] = (read_constraint(value, evaluate), optional, default)
    return attributes
