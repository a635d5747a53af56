"""Rules as they are loaded: those that judge, those that mainstay has no logs for, and what is wrong with the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mainstay.catalog.sigma.documents import Document
from mainstay.catalog.sigma.logsources import Log
from mainstay.catalog.sigma.placeholders import Lists, declared_lists, filled
from mainstay.model.detections import Detection, Rule
from mainstay.model.errors import Fault


@dataclass(frozen=True, slots=True)
class Other:
    """A rule that judges nothing here, and why: it is for logs that mainstay does not read."""

    rule: Rule
    reason: str


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of the pack and of some folders; a correlation comes after what it refers to.

    `faults` are those of the folders: what has one is not among the rules. `counts` has the numbers of `files`,
    `detections`, `correlations`, `filters`, `others`, `faults`, and of files with `no rules`.
    """

    rules: tuple[Rule, ...]
    others: tuple[Other, ...] = ()
    faults: tuple[Fault, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)

    def filled(self, lists: Lists) -> Rules:
        """The rules with their placeholders filled in from `lists`, and those of the pack's lists that are not given
        by what these hold from the beginning."""
        known = {**{name: each.default for name, each in declared_lists().items()}, **lists}
        rules = tuple(filled(rule, known) if isinstance(rule, Detection) else rule for rule in self.rules)
        return replace(self, rules=rules)


@dataclass(slots=True)
class Draft:
    """A rule on its way: what its document says, its references as they are written.

    `log` is that of a detection which judges; a rule with a `reason` does not. What a correlation refers to in its own
    directory has no findings of its own unless it says `generate`, or the rule itself says that it is not `quiet`: a
    user's correlation silences no rule of the pack.
    """

    rule: Rule
    document: Document
    quiet: bool | None = None
    generate: bool = False
    reason: str = ""
    log: Log | None = None

    @property
    def uuid(self) -> str:
        return self.rule.about.uuid.lower()
