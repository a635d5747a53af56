"""Rego for conftest and OPA: one rule for each control and type, over a CloudFormation template.

`prelude.rego` has the functions that the rules call, and the three values in which they answer. Between them they say
what `engine/interpret.py` says, except of what an intrinsic function makes: that is undecided, and nothing is denied.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path as File
from typing import TextIO

from mainstay.engine.matching import network, number, spell
from mainstay.engine.patterns import Wild, plain, tokens
from mainstay.engine.walk import split
from mainstay.exports.expressions import plain_regex, portable
from mainstay.exports.left import STAR, Inexpressible, Left, Piece, check_template, default_at, for_templates, pieces
from mainstay.model.conditions import All, Any, Condition, Count, Each, Not, Path, Scalar, Test
from mainstay.model.controls import Control

PRELUDE = File(__file__).with_name("prelude.rego")
WIDTH = 100
ORDERS = ("gt", "gte", "lt", "lte")


def write_rego(controls: Sequence[Control], stream: TextIO) -> list[Left]:
    """Writes a package `main` that denies what fails one of the controls; what cannot be said comes back."""
    left: list[Left] = []
    stream.write(PRELUDE.read_text("utf-8"))
    owners = {type for control in controls for type in control.applies_to if type in pieces()}
    for owner in sorted(owners):
        stream.write(_with_pieces(owner, pieces()[owner]))
    for control in map(for_templates, controls):
        try:
            rules = [_rule(control, type) for type in control.applies_to]
        except Inexpressible as error:
            left.append(Left(control.id, str(error)))
            continue
        stream.write("".join(rules))
    return left


def _rule(control: Control, type: str) -> str:
    check_template(control)
    compiler = _Compiler(type)
    lines = [f"\n# {control.title}\n", f"deny contains denial({', '.join(_denial(control))}, name) if {{\n"]
    of_type = "subjects_with_pieces" if type in pieces() else "subjects"
    lines.append(f"\tsome [name, resource] in {of_type}({_quoted(type)})\n")
    if control.when is not None:
        lines.append(f"\t{_indented(compiler.answer(control.when, SUBJECT, ()))} == true\n")
    lines.append(f"\t{_indented(compiler.answer(control.expect, SUBJECT, ()))} == false\n}}\n")
    return "".join(lines)


SUBJECT = "[resource]"


def _denial(control: Control) -> Iterator[str]:
    return map(_quoted, (control.id, control.severity, control.title))


@dataclass(slots=True)
class _Compiler:
    """Makes expressions of conditions; each has the value true, false or null, and is never undefined."""

    type: str
    depth: int = 0

    def answer(self, condition: Condition, subject: str, above: Path) -> str:
        """The expression for a condition on `subject`, an array of values; `above` is the path to them."""
        match condition:
            case All((part,)) | Any((part,)):
                return self.answer(part, subject, above)
            case All(parts):
                return f"both({self._list(parts, subject, above)})"
            case Any(parts):
                return f"either({self._list(parts, subject, above)})"
            case Not(part):
                return f"negated({self.answer(part, subject, above)})"
            case Test():
                return self._test(condition, subject, above)
            case Each(path, quantifier, inner):
                return self._each(self._at(subject, path, above), quantifier, inner, above + path)
            case Count(path, how, number):
                return f"counts({self._at(subject, path, above)}, {_quoted(how)}, {number})"
        raise Inexpressible("it looks for words anywhere in the resource")

    def _list(self, parts: Sequence[Condition], subject: str, above: Path) -> str:
        return _laid_out([self.answer(part, subject, above) for part in parts])

    def _at(self, subject: str, path: Path, above: Path) -> str:
        """The values at `path` of those of `subject`, the service's defaults among them."""
        found = subject
        for at, name in enumerate(path):
            if name == STAR:
                found = f"under_all({found})"
            else:
                usual = default_at(self.type, above + path[: at + 1])
                found = f"under({found}, {_quoted(name)}, {json.dumps(usual)})"
        return found

    def _each(self, values: str, quantifier: str, inner: Condition, above: Path) -> str:
        self.depth += 1
        element = f"element_{self.depth}"
        held = self.answer(inner, f"[{element}]", above)
        self.depth -= 1
        held = f"negated({held})" if quantifier == "every" else held
        answer = f"answer_{self.depth + 1}"
        some = f"either([{answer} | some {element} in {values}; {answer} := perhaps({element}, {held})])"
        return some if quantifier == "any" else f"negated({some})"

    def _test(self, test: Test, subject: str, above: Path) -> str:
        values = self._at(subject, test.path, above)
        if test.operator == "exists":
            return f"exists({values})" if test.values[0] else f"negated(exists({values}))"
        if test.operator == "fieldref":
            return self._field_reference(test, values, subject, above)
        if test.every_value:
            each = [_compared(values, test, (value,)) for value in test.values]
            return f"both({_laid_out(each)})"
        compared = _compared(values, test, tuple(value for value in test.values if value is not None))
        if None in test.values and test.operator in ("equals", "neq"):
            absent = f"negated(exists({values}))"
            compared = absent if test.values == (None,) else f"either([{compared}, {absent}])"
        return f"negated({compared})" if test.operator == "neq" else compared

    def _field_reference(self, test: Test, values: str, subject: str, above: Path) -> str:
        position = test.flags or "equals"
        how = f"{_quoted(position)}, {_truth(test.cased)}"
        each = [f"same({values}, {self._at(subject, split(str(path)), above)}, {how})" for path in test.values]
        return each[0] if len(each) == 1 else f"either({_laid_out(each)})"


def _indented(text: str) -> str:
    return text.replace("\n", "\n\t")


def _laid_out(items: Sequence[str]) -> str:
    """An array, on lines of their own where they are long."""
    on_one_line = f"[{', '.join(items)}]"
    if len(on_one_line) <= WIDTH and "\n" not in on_one_line:
        return on_one_line
    return "[\n" + "".join(f"\t{_indented(item)},\n" for item in items) + "]"


def _compared(values: str, test: Test, wanted: Sequence[Scalar]) -> str:
    if test.operator in ("equals", "neq", "contains", "startswith", "endswith"):
        return _strings(values, test, [text for value in wanted if (text := spell(value)) is not None])
    if test.operator == "re":
        found = [portable(str(value), test.flags) for value in wanted]
        return f'positioned({values}, "matches", {_set(found)}, true)'
    if test.operator in ORDERS:
        limits = [limit for value in wanted if (limit := number(value)) is not None]
        return f"compares({values}, {_quoted(test.operator)}, {_set(limits)})"
    if test.operator == "cidr":
        nets = [str(net) for value in wanted if (net := network(str(value))) is not None]
        raise Inexpressible(f"it asks whether an address lies in {' or '.join(nets)}")
    raise Inexpressible(f"it has the modifier {test.operator}")


def _strings(values: str, test: Test, wanted: Sequence[str]) -> str:
    cased = _truth(test.cased)
    fold: Callable[[str], str] = str if test.cased else str.lower
    texts = [fold(text) for value in wanted if (text := plain(value)) is not None]
    wild = [_wildcards(value, test.operator, fold) for value in wanted if plain(value) is None]
    position = "equals" if test.operator == "neq" else test.operator
    found: list[str] = []
    if texts or not wild:
        same = f"equals({values}, {_set(texts)}, {cased})"
        found.append(
            same if position == "equals" else f"positioned({values}, {_quoted(position)}, {_set(texts)}, {cased})"
        )
    if wild:
        found.append(f'positioned({values}, "matches", {_set(wild)}, {cased})')
    return found[0] if len(found) == 1 else f"either({_laid_out(found)})"


def _wildcards(written: str, position: str, fold: Callable[[str], str]) -> str:
    """The regular expression, in the syntax that all evaluators have, for a pattern with wildcards."""
    spelled = {Wild.ANY: "(.|\\n)*", Wild.ONE: "(.|\\n)"}
    made = [spelled[token] if isinstance(token, Wild) else plain_regex(fold(token)) for token in tokens(written)]
    before = "" if position in ("contains", "endswith") else "^"
    after = "" if position in ("contains", "startswith") else "$"
    return f"{before}{''.join(made)}{after}"


def _with_pieces(owner: str, made_of: Sequence[Piece]) -> str:
    """Subjects of a type that other resources add to: itself, perhaps with more, and each of those by itself."""
    kinds = {piece.type: piece.path[0] for piece in made_of}
    return f"\nsubjects_with_pieces({_quoted(owner)}) := with_pieces({_quoted(owner)}, {json.dumps(kinds)})\n"


def _set(values: Sequence[object]) -> str:
    """A set, its members on lines of their own where there are many."""
    if not values:
        return "set()"
    members = [json.dumps(value) for value in values]
    on_one_line = ", ".join(members)
    return f"{{{on_one_line}}}" if len(on_one_line) <= 4 * WIDTH else "{\n\t" + ",\n\t".join(members) + ",\n}"


def _quoted(text: str) -> str:
    return json.dumps(text)


def _truth(value: bool) -> str:
    return "true" if value else "false"
