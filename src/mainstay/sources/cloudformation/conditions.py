"""Conditions: for which values of the unknown inputs each of them holds.

An unknown input is a parameter without a value, or a comparison that cannot be told. Its possible values (the
constants that conditions compare it with, and "anything else") times those of the others are the scenarios, and
a condition's truth is the set of scenarios in which it holds, as the bits of an integer. So conditions that look at
the same parameter never contradict each other, and under a resource's own condition `Fn::If` is decided as deployed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import reduce
from operator import and_, or_

from mainstay.model.findings import GapKind
from mainstay.model.places import Place
from mainstay.model.values import OneOf, Unknown, Value, unknowns
from mainstay.sources.cloudformation.alternatives import equal, one_of
from mainstay.sources.cloudformation.budget import Budget, TooMuch, Wrong
from mainstay.sources.cloudformation.texts import text_of

MAX_SCENARIOS = 4096

OTHER = None
"""The key in a domain of whatever no condition asks about."""

MAX_NAMED = 3
"""How many inputs are named as the reason why a condition cannot be told."""


@dataclass(frozen=True, slots=True)
class Truth:
    """The scenarios in which a condition surely holds, and in which it may: the same, unless inputs were too many."""

    sure: int
    maybe: int


@dataclass(slots=True)
class Input:
    """Something unknown that conditions depend on: its possible values by their text, and the scenarios of each."""

    name: str
    value: Unknown
    domain: dict[str | None, Value]
    uses: int = 0
    masks: dict[str | None, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Comparison:
    """An `Fn::Equals`: an input is `wanted`; without an input it is `answer` (None: it cannot be told)."""

    input: Input | None
    wanted: str = ""
    answer: bool | None = None


class Conditions:
    """The conditions of one stack. `evaluate` gives the value of an argument, `fault` notes what is wrong."""

    def __init__(
        self,
        expressions: dict[str, Value],
        evaluate: Callable[[Value], Value],
        fault: Callable[[str, Place | None, GapKind], Unknown],
        budget: Budget,
    ) -> None:
        self.expressions = expressions
        self.evaluate = evaluate
        self.fault = fault
        self.budget = budget
        self.inputs: dict[str, Input] = {}
        self.comparisons: dict[int, Comparison] = {}
        self.truths: dict[str, Truth] = {}
        self.dependencies: dict[str, dict[str, Input]] = {}
        self.open: list[str] = []
        self.all = 1
        for expression in expressions.values():
            try:
                self.plan(expression, None)
            except TooMuch as error:
                fault(str(error), _place(expression), error.kind)
        self.lay_out()

    def plan(self, expression: Value, place: Place | None) -> None:
        """Find every well-formed `Fn::Equals` in a condition, and what it depends on."""
        if not isinstance(expression, dict) or len(expression) != 1:
            return
        place = _place(expression) or place
        ((function, arguments),) = expression.items()
        if not isinstance(arguments, list):
            return
        if function == "Fn::Equals":
            if len(arguments) == 2:
                self.comparisons[id(arguments)] = self.compare(arguments, place)
            return
        with self.budget.levels:
            for argument in arguments:
                self.plan(argument, place)

    def compare(self, arguments: list[Value], place: Place | None) -> Comparison:
        """What an `Fn::Equals` compares; notes the input that it depends on."""
        values = [self.evaluate(argument) for argument in arguments]
        self.budget.take_text(sum(len(value) for value in values if isinstance(value, list)))
        answer = equal(*values)
        if answer is not None:
            return Comparison(None, answer=answer)
        for (argument, value), other in zip(zip(arguments, values, strict=True), reversed(values), strict=True):
            name = argument.get("Ref") if isinstance(argument, dict) and len(argument) == 1 else None
            if isinstance(name, str) and isinstance(value, Unknown) and isinstance(other, (str, int, float)):
                entry = self.inputs.setdefault(name, Input(name, value, _domain(value)))
                entry.uses += 1
                wanted = str(text_of(other))
                if OTHER in entry.domain:
                    entry.domain.setdefault(wanted, other)
                return Comparison(entry, wanted)
        leaf = next((leaf for value in values for leaf in unknowns(value)), None)
        reason, settle = (leaf.reason, leaf.settle) if leaf else ("the comparison cannot be told", "")
        key = f"?{arguments!r}"  # the same comparison written twice has the same outcome
        entry = self.inputs.setdefault(key, Input(key, Unknown(reason, place, settle), {"true": True, "false": False}))
        entry.uses += 1
        return Comparison(entry, "true")

    def lay_out(self) -> None:
        """Number the scenarios: the inputs used most come first, those that would make too many are left out."""
        count = 1
        chosen: list[tuple[Input, int]] = []
        for entry in sorted(self.inputs.values(), key=lambda entry: -entry.uses):
            if count * len(entry.domain) <= MAX_SCENARIOS:
                chosen.append((entry, count))
                count *= len(entry.domain)
        self.all = (1 << count) - 1
        for entry, stride in chosen:
            for index, text in enumerate(entry.domain):
                mask = 0
                for offset in range(index * stride, count, stride * len(entry.domain)):
                    mask |= ((1 << stride) - 1) << offset
                entry.masks[text] = mask

    def truth(self, name: Value, place: Place | None) -> Truth:
        """When the condition called `name` holds. An unknown name, a cycle and a wrong shape are noted; then it may."""
        if not isinstance(name, str) or name not in self.expressions:
            shown = name if isinstance(name, str) else "without a name"
            self.fault(f"there is no condition {shown}", place, "evaluation")
            return Truth(0, self.all)
        if name not in self.truths:
            if name in self.open:
                chain = " -> ".join([*self.open[self.open.index(name) :], name])
                raise Wrong(f"it depends on itself: {chain}")
            self.dependencies[name] = {}
            self.open.append(name)
            try:
                self.truths[name] = self.holds(self.expressions[name], place)
            except Wrong as error:
                self.fault(f"condition {name}: {error}", _place(self.expressions[name]) or place, error.kind)
                self.truths[name] = Truth(0, self.all)
            finally:
                self.open.pop()
        if self.open:
            for entry in self.dependencies[name].values():
                self.depend_on(entry)
        return self.truths[name]

    def holds(self, expression: Value, place: Place | None) -> Truth:
        """When a condition's expression holds."""
        if isinstance(expression, bool) or expression in ("true", "false"):
            return self.certain(expression in (True, "true"))
        if not isinstance(expression, dict) or len(expression) != 1:
            raise Wrong("a condition function is needed")
        place = _place(expression) or place
        ((function, arguments),) = expression.items()
        if function == "Condition":
            with self.budget.levels:
                return self.truth(arguments, place)
        if not isinstance(arguments, list):
            raise Wrong(f"{function} needs a list")
        if function == "Fn::Equals":
            if id(arguments) not in self.comparisons:
                raise Wrong("Fn::Equals needs two arguments")
            return self.outcome(self.comparisons[id(arguments)])
        right = len(arguments) == 1 if function == "Fn::Not" else function in ("Fn::And", "Fn::Or") and arguments
        if not right:
            raise Wrong(f"{function} is no condition function, or has the wrong number of arguments")
        with self.budget.levels:
            parts = [self.holds(argument, place) for argument in arguments]
        if function == "Fn::Not":
            return Truth(self.all & ~parts[0].maybe, self.all & ~parts[0].sure)
        operator = and_ if function == "Fn::And" else or_
        return Truth(reduce(operator, (part.sure for part in parts)), reduce(operator, (part.maybe for part in parts)))

    def certain(self, answer: bool) -> Truth:
        return Truth(self.all, self.all) if answer else Truth(0, 0)

    def outcome(self, comparison: Comparison) -> Truth:
        entry = comparison.input
        if entry is None:
            return Truth(0, self.all) if comparison.answer is None else self.certain(comparison.answer)
        self.depend_on(entry)
        if not entry.masks:
            return Truth(0, self.all)
        mask = entry.masks.get(comparison.wanted, 0)
        return Truth(mask, mask)

    def depend_on(self, entry: Input) -> None:
        """Remember the first inputs of the condition that is being asked."""
        if self.open and len(self.dependencies[self.open[-1]]) < MAX_NAMED:
            self.dependencies[self.open[-1]][entry.name] = entry

    def refine(self, name: str, value: Value, assume: int) -> Value:
        """The value of a parameter where only the scenarios `assume` are left."""
        entry = self.inputs.get(name)
        if entry is None or not entry.masks or assume == self.all or not isinstance(value, Unknown):
            return value
        left = [text for text, mask in entry.masks.items() if mask & assume]
        if not left or OTHER in left:
            return value
        return one_of([entry.domain[text] for text in left], value.reason, value.place, value.settle)

    def why(self, name: str) -> tuple[str, str]:
        """Why a condition cannot be told, and what would settle it."""
        inputs = list(self.dependencies.get(name, {}).values())
        if not inputs:
            return f"condition {name} cannot be told", ""
        reason = f"condition {name} depends on " + ", and ".join(_describe(entry) for entry in inputs)
        return reason, next((entry.value.settle for entry in inputs if entry.value.settle), "")


def _describe(entry: Input) -> str:
    if entry.name.startswith("AWS::"):
        return entry.name
    return entry.value.reason if entry.name.startswith("?") else f"parameter {entry.name}"


def _domain(value: Unknown) -> dict[str | None, Value]:
    if isinstance(value, OneOf) and all(isinstance(option, (str, int, float)) for option in value.options):
        return {str(text_of(option)): option for option in value.options}
    return {OTHER: value}


def _place(value: Value) -> Place | None:
    return getattr(value, "place", None)
