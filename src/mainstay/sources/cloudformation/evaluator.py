"""Evaluates a template's values: what is known of them, and why the rest is not.

`assume` is the set of scenarios (see `conditions`) that a value is evaluated for: all of them, or those in which the
resource around it exists. ABSENT is the value of `AWS::NoValue`: what has it is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

from mainstay.model.findings import GapKind
from mainstay.model.places import Place
from mainstay.model.values import ABSENT, OneOf, Record, Ref, Unknown, Value
from mainstay.sources.cloudformation.alternatives import Shifting, one_of
from mainstay.sources.cloudformation.budget import Budget, TooMuch, Wrong
from mainstay.sources.cloudformation.conditions import Conditions
from mainstay.sources.cloudformation.functions import FUNCTIONS
from mainstay.sources.cloudformation.loops import PREFIX, expand
from mainstay.sources.cloudformation.texts import compose, plain_text, text_of

_CONDITION_FUNCTIONS = frozenset(("Fn::And", "Fn::Equals", "Fn::Not", "Fn::Or"))
_SUBSTITUTION = re.compile(r"\$\{([^{}]*)\}")
_MISSING = object()


class Surroundings(Protocol):
    """What an evaluator asks of the stack that it works for."""

    def fault(self, reason: str, place: Place | None, kind: GapKind = "evaluation") -> Unknown: ...

    def attribute(self, logical_id: str, name: str, place: Place | None, assume: int) -> Value: ...

    def fragment(self, transform: Value, place: Place | None, then: Callable[[Value], Value]) -> Value: ...


class Evaluator:
    """The values of one stack."""

    def __init__(self, stack: Surroundings, parameters: dict[str, Value], budget: Budget) -> None:
        self.stack = stack
        self.parameters = parameters
        self.mappings = Record()
        self.resource_ids: set[str] = set()
        self.budget = budget
        self.conditions: Conditions | None = None
        self.special: dict[str, Callable[[Value, Place | None, int], Value]] = {
            "Ref": self.ref,
            "Fn::FindInMap": self.find_in_map,
            "Fn::GetAtt": self.get_att,
            "Fn::If": self.choose,
            "Fn::Sub": self.sub,
            "Fn::Transform": self.transform,
        }

    def evaluate(self, value: Value, place: Place | None, assume: int) -> Value:
        """The value of anything that stands in a template; never raises."""
        if isinstance(value, str):
            return plain_text(value, place)
        if not isinstance(value, (dict, list)):
            return value
        try:
            with self.budget.levels:
                if isinstance(value, list):
                    return self.sequence(value, place, assume)
                place = getattr(value, "place", None) or place
                if len(value) == 1:
                    ((name, arguments),) = value.items()
                    if name == "Ref" or (name.startswith("Fn::") and not name.startswith(PREFIX)):
                        return self.call(name, arguments, place, assume)
                return self.record(value, place, assume)
        except TooMuch as error:
            return self.stack.fault(str(error), place, error.kind)

    def sequence(self, values: list[Value], place: Place | None, assume: int) -> Value:
        result = []
        uncertain: list[OneOf] = []
        for value in values:
            element = self.evaluate(value, place, assume)
            if isinstance(element, OneOf) and any(option is None for option in element.options):
                uncertain.append(element)
            elif element is not ABSENT:
                result.append(element)
        if not uncertain:
            return result
        options = [option for element in uncertain for option in element.options if option is not None]
        first = uncertain[0]
        return Shifting(result, one_of(options, first.reason, first.place, first.settle))

    def record(self, value: dict[str, Value], place: Place | None, assume: int) -> Value:
        given = value.marks if isinstance(value, Record) else {}
        result = Record((), place, given)
        for key, child in value.items():
            if key.startswith(PREFIX) or key == "Fn::Transform":
                made = self.made(key, child, place, assume)
                if isinstance(made, Record):
                    result.update(made)
                    result.marks = {**result.marks, **made.marks}
                    result.rest = made.rest if made.rest is not ABSENT else result.rest
                elif made is not ABSENT:
                    leaf = made if isinstance(made, Unknown) else self.stack.fault(f"{key} has to make a map", place)
                    result.rest = leaf
            elif _is_plain(child):
                result[key] = child
            else:
                mark = given.get(key)
                element = self.evaluate(child, mark if isinstance(mark, Place) else place, assume)
                if element is not ABSENT:
                    result[key] = element
        return result

    def made(self, key: str, arguments: Value, place: Place | None, assume: int) -> Value:
        """What a loop or a transform among the keys of a map adds to it."""
        if key == "Fn::Transform":
            return self.transform(arguments, place, assume)
        try:
            expanded = expand(key, arguments, self.collection, self.budget)
        except Wrong as error:
            return self.stack.fault(f"{key}: {error}", place, error.kind)
        return self.evaluate(expanded, place, assume)

    def collection(self, value: Value) -> list[str]:
        """The elements that a loop goes over."""
        elements = self.evaluate(value, None, self.everything)
        if isinstance(elements, str):
            elements = elements.split(",")
        if not isinstance(elements, list):
            raise Wrong(elements.reason if isinstance(elements, Unknown) else "a loop needs a list")
        unknown = next((element for element in elements if isinstance(element, Unknown)), None)
        if unknown is not None:
            raise Wrong(
                f"{unknown.reason}, so that it is not known what the loop makes"
                + (f" ({unknown.settle})" if unknown.settle else "")
            )
        return [str(text_of(element)) for element in elements]

    @property
    def everything(self) -> int:
        return self.conditions.all if self.conditions else 0

    def call(self, name: str, arguments: Value, place: Place | None, assume: int) -> Value:
        try:
            special = self.special.get(name)
            function = FUNCTIONS.get(name)
            if special is not None:
                return special(arguments, place, assume)
            if function is not None:
                evaluated = self.evaluate(arguments, place, assume)
                self.budget.take_text(_size(evaluated))
                result = function(evaluated, place)
                self.budget.take_text(len(result) if isinstance(result, (str, list)) else 0)
                return result
        except Wrong as error:
            return self.stack.fault(f"{name}: {error}", place, error.kind)
        if name in _CONDITION_FUNCTIONS:
            return self.stack.fault(f"{name} can only stand in Conditions", place)
        return self.stack.fault(f"the function {name} is not known", place, "unsupported")

    def ref(self, name: Value, place: Place | None, assume: int) -> Value:
        if not isinstance(name, str):
            raise Wrong("the name has to be a string")
        value = self.parameters.get(name, _MISSING)
        if value is _MISSING:
            if name in self.resource_ids:
                return self.stack.attribute(name, "", place, assume)
            raise Wrong(f"there is no parameter or resource {name}")
        if isinstance(value, Unknown) and self.conditions:
            return self.conditions.refine(name, value, assume)
        return value

    def get_att(self, arguments: Value, place: Place | None, assume: int) -> Value:
        if isinstance(arguments, str):
            logical_id, _, name = arguments.partition(".")
        elif isinstance(arguments, list) and len(arguments) >= 2 and isinstance(arguments[0], str):
            logical_id = arguments[0]
            pieces = [self.evaluate(piece, place, assume) for piece in arguments[1:]]
            unknown = next((piece for piece in pieces if isinstance(piece, Unknown)), None)
            if unknown is not None:
                return Unknown(f"which attribute of {logical_id} is not known: {unknown.reason}", place, unknown.settle)
            name = ".".join(str(text_of(piece)) for piece in pieces)
        else:
            raise Wrong("a logical id and an attribute are needed")
        if logical_id not in self.resource_ids:
            raise Wrong(f"there is no resource {logical_id}")
        if not name:
            raise Wrong(f"an attribute of {logical_id} is needed")
        return self.stack.attribute(logical_id, name, place, assume)

    def sub(self, arguments: Value, place: Place | None, assume: int) -> Value:
        own: dict[str, Value] = {}
        template = arguments
        if isinstance(arguments, list) and len(arguments) == 2:
            template = arguments[0]
            given = self.evaluate(arguments[1], place, assume)
            if not isinstance(given, dict):
                raise Wrong("the second argument has to be a map of variables")
            own = given
        if not isinstance(template, str):
            raise Wrong("a string is needed, or a string and a map")
        parts: list[str | Unknown] = []
        end = 0
        for match in _SUBSTITUTION.finditer(template):
            parts.append(template[end : match.start()])
            parts.append(self.substitution(match[1].strip(), own, place, assume))
            end = match.end()
        parts.append(template[end:])
        result = compose(parts, place)
        self.budget.take_text(len(result) if isinstance(result, str) else 0)
        return result

    def substitution(self, name: str, own: dict[str, Value], place: Place | None, assume: int) -> str | Unknown:
        """What `${name}` becomes."""
        if name.startswith("!"):
            return f"${{{name[1:]}}}"
        try:
            if name in own:
                value = own[name]
            elif "." in name and not name.startswith("AWS::"):
                value = self.get_att(name, place, assume)
            else:
                value = self.ref(name, place, assume)
            if value is ABSENT:
                return ""
            if isinstance(value, list):
                self.budget.take_text(10 * len(value))
                value = FUNCTIONS["Fn::Join"]([",", value], place)
            return text_of(value)
        except Wrong as error:
            return self.stack.fault(f"Fn::Sub: ${{{name}}}: {error}", place, error.kind)

    def find_in_map(self, arguments: Value, place: Place | None, assume: int) -> Value:
        if not isinstance(arguments, list) or len(arguments) not in (3, 4):
            raise Wrong("the name of a map and two keys are needed")
        keys = [self.evaluate(argument, place, assume) for argument in arguments[:3]]
        default: Value = _MISSING
        if len(arguments) == 4:
            if not isinstance(arguments[3], dict) or set(arguments[3]) != {"DefaultValue"}:
                raise Wrong("the fourth argument has to be a map with a DefaultValue")
            default = self.evaluate(arguments[3]["DefaultValue"], place, assume)
        candidates: list[Value] = [self.mappings]
        reason: Unknown | None = None
        for key in keys:
            if isinstance(key, Unknown):
                reason = reason or key
                names = None if not isinstance(key, OneOf) else [_key(option) for option in key.options]
            else:
                names = [_key(key)]
            candidates = [found for candidate in candidates for found in _step(candidate, names)]
            self.budget.take_text(10 * len(candidates))
        if not candidates and default is _MISSING:
            raise Wrong("there is no " + " / ".join(_key(key) or "?" for key in keys) + " in Mappings")
        if default is not _MISSING and (not candidates or reason is not None):
            candidates.append(default)
        if reason is None:
            return candidates[0]
        return one_of(candidates, reason.reason, place, reason.settle)

    def choose(self, arguments: Value, place: Place | None, assume: int) -> Value:
        if not isinstance(arguments, list) or len(arguments) != 3:
            raise Wrong("the name of a condition and two values are needed")
        name, when_true, when_false = arguments
        if self.conditions is None:
            raise Wrong("conditions cannot be asked here")
        if isinstance(name, dict) and set(name) == {"Condition"}:
            name = name["Condition"]
        truth = self.conditions.truth(name, place)
        if not assume & ~truth.sure:
            return self.evaluate(when_true, place, assume)
        if not assume & truth.maybe:
            return self.evaluate(when_false, place, assume)
        reason, settle = self.conditions.why(name) if isinstance(name, str) else ("the condition has no name", "")
        options = [
            self.evaluate(when_true, place, assume & truth.maybe),
            self.evaluate(when_false, place, assume & ~truth.sure),
        ]
        if all(option is ABSENT for option in options):
            return ABSENT
        return one_of(options, reason, place, settle)

    def transform(self, arguments: Value, place: Place | None, assume: int) -> Value:
        return self.stack.fragment(arguments, place, lambda fragment: self.evaluate(fragment, place, assume))


def known_after_deployment(address: str, path: str, place: Place | None) -> Ref:
    """An attribute of a resource, which only a deployed stack knows."""
    return Ref(address, path, place, settle="review the deployed stack")


def _size(arguments: Value) -> int:
    """How much work a function's arguments are, about: the element of a list as much as ten characters."""
    if not isinstance(arguments, list):
        return len(arguments) if isinstance(arguments, str) else 0
    texts = sum(len(argument) for argument in arguments if isinstance(argument, str))
    return texts + 10 * sum(len(argument) for argument in arguments if isinstance(argument, list))


def _is_plain(value: Value) -> bool:
    """True where a value means what it says: a scalar without a dynamic reference."""
    return "{{" not in value if isinstance(value, str) else not isinstance(value, (dict, list))


def _key(value: Value) -> str | None:
    if isinstance(value, (Unknown, list, dict)) or value is None or value is ABSENT:
        return None
    return str(text_of(value))


def _step(value: Value, names: list[str | None] | None) -> list[Value]:
    """The entries of a map under these names; under all of its names where none are known."""
    if not isinstance(value, dict):
        return []
    if names is None or None in names:
        return list(value.values())
    return [value[name] for name in names if name in value]
