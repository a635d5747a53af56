"""What an expression sees of the world: the names in scope, and the run that it is evaluated in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from mainstay.model.findings import Gap
from mainstay.model.places import Place
from mainstay.model.values import Value
from mainstay.sources.terraform.facts import Facts
from mainstay.sources.terraform.functions import Context
from mainstay.sources.terraform.types import EvaluationError

MOST_STEPS = 200_000


class Names(Protocol):
    """A module, as its expressions see it."""

    @property
    def run(self) -> Run: ...

    def variable(self, name: str, place: Place) -> Value: ...

    def local(self, name: str, place: Place) -> Value: ...

    def call(self, name: str, place: Place) -> Value: ...

    def managed(self, type: str, name: str, place: Place) -> Value: ...

    def data(self, type: str, name: str, place: Place) -> Value: ...

    def path(self, name: str, place: Place) -> Value: ...


@dataclass(slots=True)
class Run:
    """What the evaluation of one root module keeps while it goes on.

    `touched` collects the addresses of the resources that the expression at hand reads. `doubts` counts the accesses
    that may fail in Terraform and may not (an element of a list of unknown length): `try` looks at it.
    """

    context: Context
    workspace: str
    facts: Facts = field(default_factory=Facts)
    place: Place | None = None
    """The root module's directory, for what is true of the whole of it."""
    gaps: dict[Gap, None] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    doubts: int = 0
    steps: int = 0
    modules: int = 0

    def step(self, count: int = 1) -> None:
        """Counts the rounds of loops, so that code that multiplies them comes to an end."""
        self.steps += count
        if self.steps > MOST_STEPS:
            reason = f"loops take more than {MOST_STEPS} rounds; what they would give is left unknown"
            self.gap(Gap("limit", reason, self.place))
            raise EvaluationError("the loops of this root module take too many rounds")

    def gap(self, gap: Gap) -> None:
        """Records a gap, once."""
        self.gaps.setdefault(gap)

    def collecting(self, evaluate: Callable[[], Value]) -> tuple[Value, frozenset[str]]:
        """Evaluates, and gives the addresses that were read on the way beside the value."""
        outer, self.touched = self.touched, set()
        try:
            value = evaluate()
            return value, frozenset(self.touched)
        finally:
            self.touched = outer

    def touch(self, addresses: Iterable[str]) -> None:
        self.touched.update(addresses)


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that an expression may use besides its module's: `each`, `count`, `self` and those of `for`."""

    names: Names
    iteration: Mapping[str, Value] = field(default_factory=dict)
    bindings: Mapping[str, Value] = field(default_factory=dict)

    def bind(self, bindings: Mapping[str, Value]) -> Scope:
        return Scope(self.names, self.iteration, {**self.bindings, **bindings})


class NoNames:
    """The module that literals and templates see: none. All the names that they may use are bindings."""

    def __init__(self, run: Run) -> None:
        self._run = run

    @property
    def run(self) -> Run:
        return self._run

    def _refuse(self, *_: object) -> Value:
        raise EvaluationError("no variables, locals or resources may be used here")

    variable = local = call = managed = data = path = _refuse


def literal_scope(directory: Path) -> Scope:
    """A scope for what Terraform wants written out: functions work in it, names do not."""
    return Scope(NoNames(Run(Context(directory, directory, _no_template), "default")))


def _no_template(text: str, names: Mapping[str, Value]) -> Value:
    raise EvaluationError("no template may be used here")
