"""Reads conditions: what stands in YAML becomes the condition tree, or a list of everything wrong in it.

`docs/reference/conditions.md` is the grammar.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import Literal, cast

from mainstay.engine.detection import DetectionFault, combine
from mainstay.engine.matching import DATE_PARTS, ORDERS, network, number
from mainstay.engine.modifiers import (
    ALIASES,
    COMPARISONS,
    ENCODINGS,
    FLAGS,
    NAMES,
    OPERATORS,
    QUANTIFIERS,
    EncodingFault,
    encode,
)
from mainstay.engine.walk import split
from mainstay.model.conditions import (
    All,
    Any,
    Comparison,
    Condition,
    Count,
    Each,
    Keywords,
    Not,
    Operator,
    Path,
    Quantifier,
    Scalar,
    Test,
)
from mainstay.model.errors import DataError, Fault
from mainstay.model.places import Place
from mainstay.model.values import Record, Value

_POSITIONS = ("contains", "startswith", "endswith")
_DENIED = (*_POSITIONS, "re", "cidr", "fieldref", "expand")  # what `neq` may deny besides equality
_PLACEHOLDER = re.compile(r"(?<!\\)%[\w-]+%")
_NOTHING = All(())  # stands where a fault was found; never leaves the parser


def parse(document: Value, place: Place | None = None) -> Condition:
    """The condition that a document says; `place` is where it stands, if it has no place of its own.

    Raises DataError with all the faults that are found.
    """
    parser = _Parser()
    condition = parser.condition(document, place)
    if parser.faults:
        raise DataError(parser.faults)
    return condition


class _Parser:
    """Walks one document and collects its faults."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def fault(self, message: str, place: Place | None, hint: str = "") -> Condition:
        self.faults.append(Fault(message, place, hint))
        return _NOTHING

    def condition(self, document: Value, place: Place | None) -> Condition:
        """A map, a list of maps or a detection block."""
        if isinstance(document, dict):
            place = _place_of(document) or place
            if not document:
                return self.fault("the condition is an empty map", place)
            if "condition" in document:
                return self.detection(document, place)
            return _all([self.entry(key, value, _mark(document, key) or place) for key, value in document.items()])
        if isinstance(document, list) and document:
            if not all(isinstance(element, dict) for element in document):
                return self.fault(
                    "a condition is a map or a list of maps", place, "plain strings are selections of a detection block"
                )
            return _any([self.condition(element, place) for element in document])
        return self.fault(f"a condition is a map or a list of maps, not {_kind(document)}", place)

    def detection(self, block: dict[str, Value], place: Place | None) -> Condition:
        """Named selections and the `condition` over them."""
        selections = {
            name: self.selection(name, value, _mark(block, name) or place)
            for name, value in block.items()
            if name != "condition"
        }
        text, where = block["condition"], _mark(block, "condition") or place
        if not isinstance(text, list) or not text:
            return self.combined(text, selections, where)
        return _any([self.combined(each, selections, where) for each in text])  # several are alternatives

    def combined(self, text: Value, selections: dict[str, Condition], where: Place | None) -> Condition:
        if not isinstance(text, str):
            return self.fault(
                f"the condition of a detection block is a string, not {_kind(text)}", where, "such as 'all of them'"
            )
        try:
            return combine(text, selections, where)
        except DetectionFault as found:
            self.faults.append(found.fault)
            return _NOTHING

    def selection(self, name: str, value: Value, place: Place | None) -> Condition:
        """A condition, or keywords: strings that are looked for everywhere."""
        elements = value if isinstance(value, list) else [value]
        words = [element for element in elements if not isinstance(element, dict | list) and element is not None]
        if words and len(words) == len(elements):
            return Keywords(tuple(words), place=place)
        maps = [element for element in elements if isinstance(element, dict)]
        if words and len(words) + len(maps) == len(elements):
            return _any([Keywords(tuple(words), place=place), *(self.condition(each, place) for each in maps)])
        if words:
            return self.fault(f"the selection {name!r} holds what is neither a map nor a keyword", place)
        if isinstance(value, dict | list):
            return self.condition(value, place)
        return self.fault(f"the selection {name!r} is empty", place)

    def entry(self, key: str, value: Value, place: Place | None) -> Condition:
        """One entry of a map: `path|modifier|modifier: value`."""
        written, *modifiers = key.split("|")
        modifiers = [ALIASES.get(name, name) for name in modifiers]
        unknown = [name for name in modifiers if name not in NAMES]
        for name in unknown:
            close = difflib.get_close_matches(name.lower(), NAMES, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(NAMES)}"
            self.fault(f"there is no modifier {name!r}", place, hint)
        if unknown:
            return _NOTHING
        if len(set(modifiers)) < len(modifiers):
            return self.fault(f"{key!r} says a modifier twice", place)
        if not written:
            return self.every_keyword(modifiers, value, place)
        path = split(written)
        if not all(path):
            return self.fault(f"the path {written!r} has an empty name", place, r"a dot inside a name is written \.")
        return self.modified(path, modifiers, value, place)

    def every_keyword(self, modifiers: Sequence[str], value: Value, place: Place | None) -> Condition:
        """Sigma's `'|all': [...]`: keywords all of which occur."""
        if list(modifiers) != ["all"]:
            return self.fault("an entry begins with a path", place, "only '|all', for keywords, has none")
        if not isinstance(value, list) or not value or not all(isinstance(word, str | int | float) for word in value):
            return self.fault("'|all' takes a list of strings", place)
        return Keywords(tuple(value), every_word=True, place=place)

    def modified(self, path: Path, modifiers: Sequence[str], value: Value, place: Place | None) -> Condition:
        for name in modifiers[1:]:
            if name in QUANTIFIERS or name == "count":
                return self.fault(f"{name!r} stands behind {modifiers[0]!r}", place, f"{name!r} comes first")
        first = modifiers[0] if modifiers else ""
        if first == "count":
            return self.count(path, modifiers[1:], value, place)
        if first not in QUANTIFIERS:
            return _Entry(self, path, modifiers, value, place).test()
        if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(part, dict) for part in value)):
            if len(modifiers) > 1:
                return self.fault(f"{modifiers[1]!r} compares strings and numbers, and the value is a condition", place)
            inner = self.condition(value, place)
        else:
            inner = _Entry(self, (), modifiers[1:], value, place).test()
        return Each(path, cast(Quantifier, first), inner, place)

    def count(self, path: Path, modifiers: Sequence[str], value: Value, place: Place | None) -> Condition:
        comparison = modifiers[0] if modifiers else "equals"
        if comparison not in (*COMPARISONS, "equals") or len(modifiers) > 1:
            wrong = modifiers[-1]
            return self.fault(f"'count' can't be followed by {wrong!r}", place, f"use {', '.join(COMPARISONS)}")
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            return self.fault(f"'count' compares with a whole number, not {_shown(value)}", place)
        return Count(path, cast(Comparison, comparison), value, place)


class _Entry:
    """One comparison of a path with values: its modifiers in their kinds, and what its values have to be."""

    def __init__(
        self, parser: _Parser, path: Path, modifiers: Sequence[str], value: Value, place: Place | None
    ) -> None:
        self.parser = parser
        self.path = path
        self.modifiers = modifiers
        self.value = value
        self.place = place
        self.operators = [name for name in modifiers if name in OPERATORS]
        self.denied = "neq" in modifiers and any(name in _DENIED for name in modifiers)
        if self.denied:
            self.operators.remove("neq")
        self.encodings = [name for name in modifiers if name in ENCODINGS or name == "windash"]
        self.flags = "".join(name for name in modifiers if name in FLAGS)
        self.every_value = "all" in modifiers
        self.cased = "cased" in modifiers
        self.written = "written" in modifiers

    def test(self) -> Condition:
        before = len(self.parser.faults)
        operator = self.operator()
        values = self.values()
        if len(self.parser.faults) == before:
            self.check_combination(operator)
            for value in values:
                self.check_value(operator, value)
        if len(self.parser.faults) > before:
            return _NOTHING
        found = self.encoded(operator, values)
        return Not(found) if self.denied else found

    def fault(self, message: str, hint: str = "") -> None:
        self.parser.fault(message, self.place, hint)

    def operator(self) -> Operator:
        """The one operator; a comparison beside `fieldref` or `expand` is kept in the flags."""
        operators = list(self.operators)
        for outer, inner in (("fieldref", _POSITIONS), ("expand", (*_POSITIONS, "cidr"))):
            others = [name for name in operators if name != outer]
            if outer in operators and len(others) == 1 and others[0] in inner:
                self.flags += others[0]
                return cast(Operator, outer)
        if len(operators) > 1:
            self.fault(f"{operators[0]!r} and {operators[1]!r} can't stand in one entry")
        return cast(Operator, operators[0] if operators else "equals")

    def values(self) -> list[Scalar]:
        values = self.value if isinstance(self.value, list) else [self.value]
        if isinstance(self.value, dict):
            dotted = ".".join(self.path) or "it"
            self.fault(
                "the value is a map, and no quantifier says of which elements it should hold",
                f"write '{dotted}|any', '{dotted}|every' or '{dotted}|none', or step into it with a dot",
            )
        elif not values:
            self.fault("the list of values is empty", "null stands for absent or empty")
        elif any(isinstance(value, dict | list) for value in values):
            self.fault("the values are scalars", "a list of maps needs 'any', 'every' or 'none'")
        return values

    def check_combination(self, operator: str) -> None:
        if self.flags and operator not in ("re", "fieldref", "expand"):
            self.fault(f"{self.flags[0]!r} is a flag of 're'", "write 're|i'")
        if self.every_value and (self.denied or operator in ("exists", "neq", *ORDERS, *DATE_PARTS)):
            denied = self.denied or operator == "neq"
            hint = "'neq' with a list already means none of them" if denied else ""
            self.fault(f"'all' and {'neq' if denied else operator!r} can't stand in one entry", hint)
        if self.every_value and not isinstance(self.value, list):
            self.fault("'all' takes a list of values")
        if self.written and operator != "re":
            self.fault(f"'written' and {operator!r} can't stand in one entry", "it goes with 're'")
        if self.cased and (
            operator not in ("equals", "neq", "fieldref", "expand", *_POSITIONS) or self.flags == "cidr"
        ):
            self.fault(f"'cased' and {operator!r} can't stand in one entry")
        if self.encodings and operator not in ("equals", "neq", *_POSITIONS):
            self.fault(f"{self.encodings[0]!r} and {operator!r} can't stand in one entry")
        if "base64offset" in self.encodings and operator != "contains":
            self.fault("'base64offset' finds a value inside a longer text", "write 'base64offset|contains'")
        if operator in ("exists", *ORDERS) and isinstance(self.value, list):
            self.fault(f"{operator!r} takes one value, not a list")

    def check_value(self, operator: str, value: Scalar) -> None:
        problem = _problem(operator, value)
        if problem:
            self.fault(problem)
        elif (self.cased or self.encodings) and operator != "fieldref" and not isinstance(value, str):
            self.fault(f"{(self.encodings or ['cased'])[0]!r} takes strings, not {_shown(value)}")

    def encoded(self, operator: Operator, values: Sequence[Scalar]) -> Condition:
        """The test. Values with several spellings, all of which have to be there, each become a test of their own."""
        if not self.encodings:
            return self.made(operator, values, self.every_value)
        try:
            spellings = [encode(str(value), self.encodings) for value in values]
        except EncodingFault as found:
            self.fault(str(found))
            return _NOTHING
        if self.every_value:
            return _all([self.made(operator, each, False) for each in spellings])
        return self.made(operator, [spelling for each in spellings for spelling in each], False)

    def made(self, operator: Operator, values: Sequence[Scalar], every_value: bool) -> Condition:
        return Test(self.path, operator, tuple(values), every_value, self.cased, self.flags, self.place, self.written)


def _problem(operator: str, value: Scalar) -> str:
    """What is wrong with a value of an operator; empty where nothing is."""
    if operator in ("equals", "neq"):
        return ""
    if operator == "exists":
        return "" if isinstance(value, bool) else f"'exists' takes true or false, not {_shown(value)}"
    if operator in ORDERS:
        known = number(value) is not None and not isinstance(value, str)
        return "" if known else f"{operator!r} takes a number, not {_shown(value)}"
    if operator in DATE_PARTS:
        whole = isinstance(value, int) and not isinstance(value, bool)
        return "" if whole else f"{operator!r} takes a whole number, not {_shown(value)}"
    if operator in _POSITIONS and isinstance(value, int | float) and not isinstance(value, bool):
        return ""
    if not isinstance(value, str):
        return f"{operator!r} takes strings, not {_shown(value)}"
    if operator == "cidr" and network(value) is None:
        return f"{value!r} is no network"
    if operator == "expand" and not _PLACEHOLDER.search(value):
        return f"{value!r} holds no placeholder such as %name%"
    if operator == "fieldref" and not all(split(value) or ("",)):
        return f"{value!r} is no path"
    if operator == "re":
        try:
            re.compile(value)
        except (re.error, OverflowError, RecursionError) as error:
            return f"{value!r} is no regular expression: {error}"
    return ""


def _all(parts: list[Condition]) -> Condition:
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def _any(parts: list[Condition]) -> Condition:
    return parts[0] if len(parts) == 1 else Any(tuple(parts))


def _place_of(document: Value) -> Place | None:
    return document.place if isinstance(document, Record) else None


def _mark(document: Value, key: str) -> Place | None:
    mark = document.marks.get(key) if isinstance(document, Record) else None
    return mark if isinstance(mark, Place) else None


def _kind(document: Value) -> Literal["a list", "an empty list", "a string", "a number", "nothing", "a boolean"]:
    if isinstance(document, list):
        return "a list" if document else "an empty list"
    if document is None:
        return "nothing"
    if isinstance(document, bool):
        return "a boolean"
    return "a string" if isinstance(document, str) else "a number"


def _shown(value: Value) -> str:
    if isinstance(value, dict):
        return "a map"
    return _kind(value) if isinstance(value, list) or value is None else repr(value).lower()
