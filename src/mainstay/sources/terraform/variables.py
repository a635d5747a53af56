"""Input variables: their declarations, and the values that a root module is given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tree_sitter import Node

from mainstay.documents import decode, read_json
from mainstay.model.findings import Gap
from mainstay.model.places import Place
from mainstay.model.values import ABSENT, OneOf, Unknown, Value
from mainstay.sources import files
from mainstay.sources.terraform import expressions, syntax
from mainstay.sources.terraform.bodies import evaluate
from mainstay.sources.terraform.configuration import read_file
from mainstay.sources.terraform.operators import each_answer
from mainstay.sources.terraform.scope import Scope
from mainstay.sources.terraform.syntax import Attribute, Block
from mainstay.sources.terraform.type_syntax import read_constraint
from mainstay.sources.terraform.types import Constraint, EvaluationError, convert


@dataclass(frozen=True, slots=True)
class Variable:
    """A declared variable. `default` is ABSENT where a value must be given, converted to the type where not."""

    name: str
    place: Place
    constraint: Constraint
    default: Value
    nullable: bool

    def convert(self, value: Value, module: str = "") -> Value:
        """A given value as the module sees it; Unknown where Terraform would refuse it."""
        if value is None and not self.nullable:
            return self.default if self.default is not ABSENT else self.missing(module)
        if isinstance(value, OneOf) and None in value.options and not self.nullable:
            return each_answer(value, lambda option: self.convert(option, module))
        try:
            return convert(value, self.constraint)
        except EvaluationError as error:
            where = f"{module}." if module else ""
            return Unknown(f"{where}var.{self.name}: {error}", self.place, f"mend the value of {where}var.{self.name}")

    def missing(self, module: str = "") -> Unknown:
        """The value that nobody gives: of a root module the user can, of a called one the call must."""
        if module:
            reason = f"{module}.var.{self.name} has no value"
            return Unknown(reason, self.place, f"set {self.name} in the call of {module}")
        return Unknown(f"var.{self.name} has no value", self.place, f"set var.{self.name} or pass a plan")


def declare(name: str, block: Block, scope: Scope) -> Variable:
    """Reads a `variable` block. Faults in it make the type `any`, or the default Unknown."""
    attributes = block.body.attributes
    constraint: Constraint = "any"
    typed = attributes.get("type")
    node = _type_node(typed)
    if node is not None:
        # nodes count bytes from the start of their file, of which only the type is at hand
        source = syntax.Source(block.place.file, b" " * node.start_byte + (node.text or b""))
        try:
            constraint = read_constraint(node, lambda inner: expressions.compile(inner, source)(scope))
        except (EvaluationError, RecursionError):
            constraint = "any"
    default: Value = ABSENT
    if "default" in attributes:
        default = evaluate(attributes["default"].expression, scope)
        try:
            default = convert(default, constraint)
        except EvaluationError as error:
            default = Unknown(f"the default of var.{name}: {error}", attributes["default"].place)
    nullable = attributes.get("nullable")
    given = evaluate(nullable.expression, scope) if nullable is not None else True
    return Variable(name, block.place, constraint, default, given is not False)


def _type_node(typed: Attribute | None) -> Node | None:
    """The syntax of a type; in JSON it is the text of a string."""
    if typed is None or typed.node is not None:
        return typed.node if typed is not None else None
    body, _ = syntax.parse(f"x = {typed.words}\n".encode(), "type", expressions.compile)
    return body.attributes["x"].node if "x" in body.attributes else None


def read_values(path: Path, shown: str, scope: Scope) -> tuple[dict[str, Value], list[Gap]]:
    """The values of a `.tfvars` file, or a `.tfvars.json` one."""
    if path.name.endswith(".json"):
        return _read_json_values(path, shown)
    body, gaps = read_file(path, shown)
    values: dict[str, Value] = {}
    for name, attribute in body.attributes.items():
        values[name] = evaluate(attribute.expression, scope)
    return values, gaps


def _read_json_values(path: Path, shown: str) -> tuple[dict[str, Value], list[Gap]]:
    """Values in JSON are literal: no template is looked for in them."""
    files.note(path)
    try:
        parsed = read_json(decode(path.read_bytes(), shown)[0], shown)
    except OSError as error:
        return {}, [Gap("unreadable", f"cannot be read: {error.strerror}", Place(shown, 1, 1))]
    gaps = [Gap("syntax", fault.message, fault.place) for fault in parsed.faults]
    return dict(parsed.value) if isinstance(parsed.value, dict) else {}, gaps


def automatic_files(directory: Path, names: Iterable[str]) -> list[Path]:
    """The files whose values Terraform takes without being asked, in its order: the later ones win."""
    first = ("terraform.tfvars", "terraform.tfvars.json")
    there = sorted(names)
    ordered = [name for name in there if name in first]
    ordered += [name for name in there if name.endswith((".auto.tfvars", ".auto.tfvars.json"))]
    return [directory / name for name in ordered]


def parse_option(text: str, constraint: Constraint, scope: Scope) -> Value:
    """The value of `--var name=text`: HCL where the type wants a collection, plain text otherwise."""
    if constraint in ("string", "number", "bool") or (constraint == "any" and not text.lstrip().startswith(("[", "{"))):
        return text
    body, gaps = syntax.parse(f"x = {text}\n".encode(), "--var", expressions.compile)
    if gaps or "x" not in body.attributes:
        raise EvaluationError(f"{text[:40]!r} is not an HCL value")
    return evaluate(body.attributes["x"].expression, scope)
