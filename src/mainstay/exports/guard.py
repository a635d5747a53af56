"""Guard: one rule for each control and type, over a CloudFormation template."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from mainstay.catalog import load_shapes
from mainstay.exports.clauses import FALSE, TRUE, Formula, negated, written
from mainstay.exports.guard_conditions import Spot, sides
from mainstay.exports.left import Inexpressible, Left, Piece, check_template, for_templates, pieces
from mainstay.model.controls import Control

INTRODUCTION = """\
# Written by `mainstay export guard`, for cfn-guard 3 and CloudFormation templates. A property that an intrinsic
# function makes is not decided here: it fails no rule.
"""


def write_guard(controls: Sequence[Control], stream: TextIO) -> list[Left]:
    """Writes a rule for each control and type; what Guard cannot say comes back."""
    left: list[Left] = []
    stream.write(INTRODUCTION)
    for control in map(for_templates, controls):
        try:
            check_template(control)
            rules = [_rules(control, type) for type in control.applies_to]
        except Inexpressible as error:
            left.append(Left(control.id, str(error)))
            continue
        stream.write("".join(rules))
    return left


def rule_name(control: Control, type: str) -> str:
    """The rule's name: the control's id, and the type where the control has several."""
    name = control.id.replace("-", "_")
    return name if len(control.applies_to) == 1 else f"{name}__{type.replace('::', '_').lower()}"


def clauses(
    control: Control, type: str, root: str, piece: Piece | None = None, intrinsics: bool = True
) -> tuple[Formula, Formula]:
    """When the control surely applies, and what must be so that it does not surely fail.

    With `piece`, of a resource that is a piece of one of `type`.
    """
    spot = Spot(
        names=(root,),
        shape=load_shapes()[type],
        above=(),
        root=1,
        intrinsics=intrinsics,
        open=frozenset(each.path[0] for each in pieces().get(type, ())),
        piece=piece.path[0] if piece is not None else "",
    )
    applies = TRUE if control.when is None else sides(control.when, spot, type).holds
    return applies, negated(sides(control.expect, spot, type).fails)


def block(control: Control, applies: Formula, allowed: Formula, indent: str) -> str:
    """The clauses of a rule; the first line that does not hold says the control's title."""
    title = f"{control.title} ({control.id}, {control.severity})".replace(">>", "> >")
    inner = indent if applies == TRUE else f"{indent}  "
    body = "".join(f"{inner}{_fit(line, inner)}\n{inner}  <<{title}>>\n" for line in _lines(allowed))
    if applies == TRUE:
        return body
    when = f"\n{indent}  ".join(_fit(line, inner) for line in _lines(applies))
    return f"{indent}when {when} {{\n{body}{indent}}}\n"


def _rules(control: Control, type: str) -> str:
    """The rule for the type, and those for the types of its pieces."""
    rules = [_rule(rule_name(control, type), type, control, clauses(control, type, "Properties"))]
    for piece in pieces().get(type, ()):
        name = f"{rule_name(control, type)}__{piece.type.rpartition('::')[2].lower()}"
        rules.append(_rule(name, piece.type, control, clauses(control, type, "Properties", piece)))
    if not any(rules):
        raise Inexpressible("nothing in one resource of a template can fail it")
    return "".join(rules)


def _rule(name: str, type: str, control: Control, said: tuple[Formula, Formula]) -> str:
    """The rule, or nothing where it could not fail."""
    applies, allowed = said
    if applies == FALSE or allowed == TRUE:
        return ""
    return (
        f"\nlet {name}_resources = Resources.*[ Type == '{type}' ]\n"
        f"rule {name} when %{name}_resources !empty {{\n"
        f"  %{name}_resources {{\n{block(control, applies, allowed, '    ')}  }}\n}}\n"
    )


def _lines(formula: Formula) -> list[str]:
    return written(formula, "\x00").split("\x00")


def _fit(line: str, indent: str) -> str:
    return line.replace("\n", f"\n{indent}  ")
